/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A host of one instance, for tests of plugins. It runs the plugin's operations on the test's own thread, with a main
 * context of the instance that runs only inside the functions below; its clock moves only when the test says so; what
 * the plugin says is collected. Records and secrets live in memory and are answered at once unless held back.
 *
 * Everything that waits has a watchdog: after a minute of real time it aborts the test and names what it waited for.
 */
#pragma once

#include "muster/muster-host.h"

G_BEGIN_DECLS

/* The clock's first moment: 2026-03-02 09:00 UTC, a Monday. */
#define MUSTER_TESTING_EPOCH (G_GINT64_CONSTANT (1772442000) * G_TIME_SPAN_SECOND)

typedef struct _MusterTesting MusterTesting;

/* Aborts the test where muster_descriptor_check() refuses the plugin. */
MusterTesting *muster_testing_new  (const MusterPluginDescriptor *descriptor, const char *instance);
/* Ends what still runs, waits for it, and frees. */
void           muster_testing_free (MusterTesting *testing);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterTesting, muster_testing_free)

/* The life of the instance. */

/* As the keyfile would set it; before start. MUSTER_ERROR_CONFIG for what a keyfile could not say either. */
gboolean       muster_testing_set_option  (MusterTesting *testing, const char *name, const char *value,
                                           GError **error);
/* Fills in the defaults; `start` of the source, then `open` of the sink. */
gboolean       muster_testing_start       (MusterTesting *testing, GError **error);
/* `stop` and `close`; returns once both were answered, and every delivery as well. The context is closed then. */
void           muster_testing_stop        (MusterTesting *testing);
MusterContext *muster_testing_get_context (MusterTesting *testing);

/* Operations; each aborts the test where the plugin has no such member. */

/* A user with the user options at their defaults; muster_testing_user_set() lays a keyfile text over one of them. */
MusterUser    *muster_testing_user_new      (MusterTesting *testing, const MusterUserData *data);
void           muster_testing_user_set      (MusterTesting *testing, MusterUser *user, const char *name,
                                             const char *value);
void           muster_testing_users         (MusterTesting *testing, MusterUser *const *changed, gsize n_changed,
                                             const char *const *removed, gsize n_removed, gboolean complete);
void           muster_testing_kept          (MusterTesting *testing, const char *user, const char *key, GBytes *value);
void           muster_testing_sync          (MusterTesting *testing, const char *user);
void           muster_testing_action_answer (MusterTesting *testing, const char *user, const char *id,
                                             const char *answer);
MusterDelivery muster_testing_apply         (MusterTesting *testing, MusterUser *user, const MusterDesiredData *data);
void           muster_testing_drain         (MusterTesting *testing);
guint64        muster_testing_test          (MusterTesting *testing, MusterUser *user); /* user nullable */

/* Time. */

gint64 muster_testing_now     (MusterTesting *testing);
/* Moves the clock, stopping at each timer that becomes due on the way. */
void   muster_testing_advance (MusterTesting *testing, gint64 duration);
/* Runs what is due now, without waiting for anything. */
void   muster_testing_settle  (MusterTesting *testing);

typedef gboolean (*MusterTestingCondition) (MusterTesting *testing, gpointer user_data);
void   muster_testing_run_until (MusterTesting *testing, MusterTestingCondition condition, gpointer user_data,
                                 const char *what);

/* What the plugin said, oldest first. */

/* Runs until a message of that verb is there and takes it out; the others stay. (transfer full) */
MusterMessage *muster_testing_wait  (MusterTesting *testing, MusterVerb verb);
/* The same without running; nullable. */
MusterMessage *muster_testing_take  (MusterTesting *testing, MusterVerb verb);
guint          muster_testing_count (MusterTesting *testing, MusterVerb verb);
guint          muster_testing_total (MusterTesting *testing);
/* Forgets all that was said so far. */
void           muster_testing_clear (MusterTesting *testing);

/* Records and secrets. */

void        muster_testing_set_secret   (MusterTesting *testing, const char *name, const char *secret);
/* Nullable. */
const char *muster_testing_get_secret   (MusterTesting *testing, const char *name);
/* Held back, KEEP, SECRET_GET and SECRET_PUT are only collected, and the test answers with
 * muster_context_answer() by way of muster_testing_answer(). */
void        muster_testing_hold_answers (MusterTesting *testing, gboolean hold);
void        muster_testing_answer       (MusterTesting *testing, const MusterMessage *message, const char *secret,
                                         const GError *error);

G_END_DECLS
