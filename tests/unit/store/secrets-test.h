/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of secrets share: folders, the secrets in them, and requests that are waited for. */
#pragma once

#include "store-test.h"

/* Of one request; to be cleared. */
typedef struct
{
  char              *secret; /* nullable */
  MusterdSecretPlace place;
  gboolean           ring_locked; /* of what was put or removed */
  MusterdSecretList *list;  /* nullable */
  GError            *error; /* nullable */
  volatile int       done;
} Reply;

void reply_clear (Reply *reply);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reply, reply_clear)

typedef struct
{
  char           *state, *credentials;
  gboolean        ring;           /* for secrets_open() */
  gint64          timeout, pause; /* the same */
  MusterdSecrets *secrets;
} Secrets;

void  secrets_set_up    (Secrets *f, gconstpointer data);
void  secrets_tear_down (Secrets *f, gconstpointer data);
/* Closes them where they are open. */
void  secrets_open      (Secrets *f);

/* For calls that are not waited for. */
void  on_secret_got     (GObject *object, GAsyncResult *result, gpointer reply);
void  on_secret_put     (GObject *object, GAsyncResult *result, gpointer reply);

void  secrets_get       (Secrets *f, const char *name, Reply *reply);
void  secrets_put       (Secrets *f, const char *name, const char *secret, Reply *reply);
void  secrets_remove    (Secrets *f, const char *name, Reply *reply);
/* With an interest in "lamps" and "nowhere". */
void  secrets_list      (Secrets *f, Reply *reply);

void  secrets_assert    (Secrets *f, const char *name, const char *expected);
void  secrets_assert_put (Secrets *f, const char *name, const char *secret, MusterdSecretPlace place);
/* Must fail with `code` and a message that matches. */
void  secrets_refuse_get (Secrets *f, const char *name, MusterdError code, const char *pattern);
void  secrets_refuse_put (Secrets *f, const char *name, MusterdError code, const char *pattern);
/* A line for each: "NAME PLACE[ locked][ hides][: FAULT]". */
char *secrets_describe  (const MusterdSecretList *list);

/* A file by hand, in the state directory's secrets/ or among the credentials; its path, to be freed. */
char *secrets_path      (Secrets *f, gboolean credential, const char *name);
void  secrets_write     (Secrets *f, gboolean credential, const char *name, const char *bytes, gssize length,
                         guint mode);
