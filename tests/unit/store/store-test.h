/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of the store share: a directory that disappears, a store in it, waiting with a watchdog, and a reader
 * that keeps everything it is given as text. */
#pragma once

#include <sqlite3.h>

#include "store/inside.h"

/* g_test_init(), and a log writer that keeps warnings for test_take_warnings() instead of ending the test. */
void          test_init            (int *argc, char ***argv);
/* How many warnings there were since the last call; all must hold this pattern (NULL: there must be none). */
guint         test_take_warnings   (const char *pattern);

char         *test_dir_new         (void);
void          test_dir_remove      (char *dir); /* and what is in it; frees */
char         *test_path            (const char *dir, const char *name);
char         *test_read            (const char *path, gsize *length);
MusterdStore *test_open            (const char *dir);
/* Opening must fail; the message, to be freed. */
char         *test_open_fails      (const char *dir);

/* Runs the default context until `*flag` is not 0; a watchdog ends the test after 60 s. */
void          test_wait            (const volatile int *flag);

/* A write and its answer. */
typedef struct
{
  volatile int  done;
  int           order; /* of the answer, among all of the test */
  GError       *error; /* nullable */
} TestAnswer;

void          test_answer_clear    (TestAnswer *answer);
void          on_test_answer       (const GError *error, gpointer user_data);
/* Writes and waits; must succeed. */
void          test_write           (MusterdStore *store, MusterdBatch *batch, gboolean durable);

MusterdUser  *test_user            (const char *id, const char *name);
void          test_put_user        (MusterdStore *store, const char *id);
MusterdClaim *test_claim           (const char *source, const char *key, MusterdTime from, MusterdTime until);
void          test_choice          (MusterdBatch *batch, const char *user, MusterdTime made, const char *text);

/* Every row of the store, one line each, in the order in which it was reported. */
char         *test_dump            (MusterdStore *store);
char         *test_dump_dir        (const char *dir); /* opens and closes */

/* Runs SQL on DIR/muster.db from outside; the first column of the first row as a text, to be freed. */
char         *test_sql             (const char *dir, const char *sql);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdStore, musterd_store_close)
