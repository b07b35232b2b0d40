/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A core around the host, real but for its clock: store, secrets, engine and dispatch in a folder of the test's own. */
#pragma once

#include "host/instance.h"

G_BEGIN_DECLS

/* Monday, 2 March 2026, 09:00 UTC. */
#define NINE (G_GINT64_CONSTANT (1772442000) * G_USEC_PER_SEC)

typedef struct
{
  char            *dir;
  char            *plugin_dir;
  MusterdStore    *store;
  MusterdSecrets  *secrets;
  MusterdClock    *clock;
  MusterdEngine   *engine;
  MusterdDispatch *dispatch;
  MusterdHost     *host;
  MusterdSettings *settings; /* nullable: what scopes say; of every user, also after a restart */
  GSource         *tick;     /* so that a wait looks again and again */
  gint64           deadline; /* of the wait */
  const char      *waiting;  /* what for */
} Fixture;

/* Instead of g_test_init(): warnings are what these tests are about. */
void fixture_init (int *argc, char ***argv);
void fixture_set_up    (Fixture *f, gconstpointer data);
void fixture_tear_down (Fixture *f, gconstpointer data);
/* Everything down and up again on the same folder, as by a restart of the daemon. */
void fixture_restart   (Fixture *f);
void fixture_stop_host (Fixture *f, gint64 timeout);

/* `plugins`: names separated by blanks, copied from the build with mode 0644. */
void     fixture_install   (Fixture *f, const char *plugins);
void     fixture_apply     (Fixture *f, const char *keyfile);
gboolean fixture_try_apply (Fixture *f, const char *keyfile, GError **error);
MusterdConfig *fixture_load (Fixture *f, const char *keyfile);
/* `fields`: name, value, …, NULL: names of MusterdUserField, or "plugin.attribute". */
void     fixture_add_user  (Fixture *f, const char *id, ...) G_GNUC_NULL_TERMINATED;
void     fixture_remove_user (Fixture *f, const char *id);
/* From now on these hold for everybody, and the engine says so. Takes them. */
void     fixture_set_settings (Fixture *f, MusterdSettings *settings);
void     fixture_move      (Fixture *f, gint64 by); /* the clock */

/* The state's name; "" where there is no such instance. */
const char          *fixture_state (Fixture *f, const char *instance);
MusterdInstanceInfo *fixture_info  (Fixture *f, const char *instance);
/* How many lines of the instance's log match; and where the first stands, or -1. */
/* All of its lines there still are; NULL: no such instance. */
MusterdLogPage *fixture_read (Fixture *f, const char *instance);
guint    fixture_count (Fixture *f, const char *instance, const char *pattern);
int      fixture_find  (Fixture *f, const char *instance, const char *pattern);
/* Pauses a sink or lets it go on, and waits until that is on disk. */
gboolean fixture_pause (Fixture *f, const char *instance, gboolean paused, GError **error);
/* A command to the plugin "good". */
void     fixture_tell  (Fixture *f, const char *instance, const char *command);
guint    fixture_n_claims (Fixture *f, const char *user, const char *source);
/* Lines that reached the daemon's log with this value of MUSTER_INSTANCE. */
guint    fixture_n_logged (const char *instance, const char *pattern);

void     fixture_begin_wait (Fixture *f, const char *what);
void     fixture_turn       (Fixture *f);

/* Turns the main loop until it is so; says by name what it waited for in vain. */
#define WAIT_FOR(f, condition)               \
  do                                         \
    {                                        \
      fixture_begin_wait ((f), #condition);  \
      while (!(condition))                   \
        fixture_turn (f);                    \
    }                                        \
  while (FALSE)

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdInstanceInfo, musterd_instance_info_free)

G_END_DECLS
