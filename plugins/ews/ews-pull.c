/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A source that polls the mailboxes of an Exchange server, each at its time, a few at once. */
#define G_LOG_DOMAIN "muster-ews"

#include "mailbox.h"
#include "trial.h"

#include <string.h>

#define WEB_PATH "/owa/"

typedef struct
{
  MusterContext *ctx;
  EwsClient *client;
  EwsMailboxSettings settings;
  GHashTable *mailboxes; /* id of the user → EwsMailbox */
  GHashTable *records;   /* id → GBytes: kept from before, until the user comes */
  GSequence *queue;      /* EwsMailbox, by when they are due */
  MusterTimer *timer;    /* nullable */
  GSource *turn;         /* nullable: something changed, which is looked at once in a turn */
  char *told;            /* nullable: the text of the health that was told last */
  gboolean is_complete, is_online, is_stopping, is_running;
  guint n_trials;
} Pull;

static int
by_due (gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer user_data)
{
  const gint64 first = ews_mailbox_get_due ((EwsMailbox *) a), second = ews_mailbox_get_due ((EwsMailbox *) b);

  return first < second ? -1 : first > second;
}

static void
pull_free (Pull *self)
{
  g_clear_pointer (&self->client, ews_client_free);
  g_sequence_free (self->queue);
  g_hash_table_unref (self->mailboxes);
  g_hash_table_unref (self->records);
  g_free (self->settings.web);
  g_free (self->told);
  g_free (self);
}

static void
end_if_idle (Pull *self)
{
  if (!self->is_stopping || self->is_running || self->n_trials > 0 || ews_client_get_n_active (self->client) > 0)
    return;

  MusterContext *ctx = self->ctx;
  g_clear_pointer (&self->timer, muster_timer_free);
  if (self->turn != NULL)
    g_source_destroy (self->turn);
  g_clear_pointer (&self->turn, g_source_unref);
  pull_free (self);
  muster_context_stopped (ctx);
}

static void
tell_health (Pull *self, MusterHealth health, const char *text)
{
  g_autofree char *told = g_strdup_printf ("%d %s", (int) health, text);

  if (g_strcmp0 (told, self->told) == 0)
    return;
  g_free (self->told);
  self->told = g_steal_pointer (&told);
  muster_context_health (self->ctx, health, text);
}

/* ONLINE promises that everything true has been said, so the first time all calendars must have been tried. */
static void
report_health (Pull *self)
{
  const char *problem = ews_client_get_problem (self->client);
  const char *version = ews_client_get_version (self->client);
  guint n_untried = 0, n_read = 0;
  EwsMailbox *mailbox;
  GHashTableIter iter;

  if (problem != NULL)
    {
      tell_health (self, MUSTER_HEALTH_OFFLINE, problem);
      return;
    }
  g_hash_table_iter_init (&iter, self->mailboxes);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &mailbox))
    {
      n_untried += ews_mailbox_is_tried (mailbox) ? 0 : 1;
      n_read += ews_mailbox_is_tried (mailbox) && !ews_mailbox_is_failing (mailbox) ? 1 : 0;
    }
  if (!self->is_complete || (!self->is_online && n_untried > 0))
    return;

  const guint n = g_hash_table_size (self->mailboxes);
  g_autofree char *text = NULL;
  if (version != NULL)
    text = g_strdup_printf ("connected to Exchange %s: %u of %u mailboxes can be read", version, n_read, n);
  else
    text = g_strdup_printf ("%u of %u mailboxes can be read", n_read, n);
  if (!self->is_online)
    muster_context_log (self->ctx, MUSTER_LOG_MESSAGE, "%s", text);
  self->is_online = TRUE;
  tell_health (self, MUSTER_HEALTH_ONLINE, text);
}

static void
on_time (gpointer user_data);

static void
arm (Pull *self)
{
  g_clear_pointer (&self->timer, muster_timer_free);
  if (self->is_stopping || g_sequence_is_empty (self->queue) || ews_client_get_room (self->client) == 0)
    return; /* whoever makes room calls pull_run() */

  gint64 due = ews_mailbox_get_due (g_sequence_get (g_sequence_get_begin_iter (self->queue)));
  if (due != G_MAXINT64)
    self->timer = muster_context_timer_add (self->ctx, due, on_time, self);
}

static void
pull_run (Pull *self)
{
  const gint64 now = muster_context_now (self->ctx);

  while (!self->is_stopping && !g_sequence_is_empty (self->queue) && ews_client_get_room (self->client) > 0)
    {
      GSequenceIter *first = g_sequence_get_begin_iter (self->queue);
      EwsMailbox *mailbox = g_sequence_get (first);

      if (ews_mailbox_get_due (mailbox) > now)
        break;
      ews_mailbox_step (mailbox);
      g_sequence_sort_changed (first, by_due, NULL);
    }
  arm (self);
}

static gboolean
on_turn (gpointer user_data)
{
  Pull *self = user_data;

  g_clear_pointer (&self->turn, g_source_unref);
  if (!self->is_stopping)
    {
      report_health (self);
      pull_run (self);
    }
  end_if_idle (self);
  return G_SOURCE_REMOVE;
}

/* Looks at everything once the loop turns: many answers of one turn cost one look, and nobody is freed under a caller.
 */
static void
look_soon (Pull *self)
{
  if (self->turn != NULL)
    return;
  self->turn = g_idle_source_new ();
  g_source_set_priority (self->turn, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->turn, on_turn, self, NULL);
  g_source_attach (self->turn, g_main_context_get_thread_default ());
}

static void
on_time (gpointer user_data)
{
  pull_run (user_data);
}

static void
on_client_changed (gpointer user_data)
{
  look_soon (user_data);
}

static void
on_mailbox_changed (EwsMailbox *mailbox, gpointer user_data)
{
  Pull *self = user_data;

  if (ews_mailbox_get_place (mailbox) != NULL)
    g_sequence_sort_changed (ews_mailbox_get_place (mailbox), by_due, NULL);
  look_soon (self);
}

static void
pull_kept (gpointer data, const char *user, const char *key, GBytes *value)
{
  Pull *self = data;

  if (user != NULL && strcmp (key, "pull") == 0)
    g_hash_table_replace (self->records, g_strdup (user), g_bytes_ref (value));
}

static void
take_user (Pull *self, MusterUser *user)
{
  const char *id = muster_user_get_id (user);
  EwsMailbox *mailbox = g_hash_table_lookup (self->mailboxes, id);

  if (mailbox != NULL)
    {
      ews_mailbox_set_user (mailbox, user);
      g_sequence_sort_changed (ews_mailbox_get_place (mailbox), by_due, NULL);
      return;
    }

  GBytes *record = g_hash_table_lookup (self->records, id);
  mailbox = ews_mailbox_new (&self->settings, user);
  if (record != NULL)
    ews_mailbox_restore (mailbox, record);
  g_hash_table_remove (self->records, id);
  g_hash_table_insert (self->mailboxes, g_strdup (id), mailbox);
  ews_mailbox_set_place (mailbox, g_sequence_insert_sorted (self->queue, mailbox, by_due, NULL));
}

static void
drop_user (Pull *self, const char *id)
{
  g_autofree char *key = NULL;
  EwsMailbox *mailbox = NULL;

  if (!g_hash_table_steal_extended (self->mailboxes, id, (gpointer *) &key, (gpointer *) &mailbox))
    return;
  g_sequence_remove (ews_mailbox_get_place (mailbox));
  ews_mailbox_leave (mailbox);
}

static void
pull_users (gpointer data, MusterUser *const *changed, gsize n_changed, const char *const *removed, gsize n_removed,
            gboolean complete)
{
  Pull *self = data;

  for (gsize i = 0; i < n_removed; i++)
    drop_user (self, removed[i]);
  for (gsize i = 0; i < n_changed; i++)
    take_user (self, changed[i]);
  if (complete && !self->is_complete)
    {
      self->is_complete = TRUE;
      g_hash_table_remove_all (self->records);
      muster_context_log (self->ctx, MUSTER_LOG_MESSAGE, "reading %u mailboxes at %s",
                          g_hash_table_size (self->mailboxes), ews_client_get_origin (self->client));
    }
  look_soon (self);
}

static void
sync_one (EwsMailbox *mailbox)
{
  ews_mailbox_sync (mailbox);
  g_sequence_sort_changed (ews_mailbox_get_place (mailbox), by_due, NULL);
}

static void
pull_sync (gpointer data, const char *user)
{
  Pull *self = data;
  EwsMailbox *mailbox = user != NULL ? g_hash_table_lookup (self->mailboxes, user) : NULL;
  GHashTableIter iter;

  if (mailbox != NULL)
    sync_one (mailbox);
  g_hash_table_iter_init (&iter, self->mailboxes);
  while (user == NULL && g_hash_table_iter_next (&iter, NULL, (gpointer *) &mailbox))
    sync_one (mailbox);
  look_soon (self);
}

static void
on_tried (gpointer user_data)
{
  Pull *self = user_data;

  self->n_trials--;
  look_soon (self);
}

static void
pull_test (gpointer data, MusterUser *user, MusterReport *report)
{
  Pull *self = data;

  if (user == NULL)
    {
      const char *problem = ews_client_get_problem (self->client);
      const char *version = ews_client_get_version (self->client);

      if (problem != NULL)
        muster_report_add (report, MUSTER_REPORT_PROBLEM, "reach and sign-in", "%s", problem);
      else if (version != NULL)
        muster_report_add (report, MUSTER_REPORT_OK, "version", "Exchange %s at %s", version,
                           ews_client_get_origin (self->client));
      muster_report_add (report, MUSTER_REPORT_NOTE, "rights", "name a user to try one mailbox");
      muster_report_done (report);
      return;
    }
  self->n_trials++;
  ews_trial_start (self->ctx, self->client, self->settings.impersonates, user, report, on_tried, self);
}

static gpointer
pull_start (MusterContext *ctx, GError **error)
{
  Pull *self = g_new0 (Pull, 1);

  self->ctx = ctx;
  self->mailboxes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->records = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  self->queue = g_sequence_new (NULL);
  self->client = ews_client_new (ctx, on_client_changed, self, error);
  if (self->client == NULL)
    {
      pull_free (self);
      return NULL;
    }
  self->settings = (EwsMailboxSettings){
    .ctx = ctx,
    .client = self->client,
    .impersonates = muster_context_get_boolean (ctx, "impersonation"),
    .interval = muster_context_get_duration (ctx, "interval"),
    .absence_interval = muster_context_get_duration (ctx, "absence-interval"),
    .refresh = muster_context_get_duration (ctx, "refresh"),
    .quiet = muster_context_get_duration (ctx, "quiet-time"),
    .web = g_strconcat (ews_client_get_origin (self->client), WEB_PATH, NULL),
    .on_changed = on_mailbox_changed,
    .user_data = self,
  };
  return self;
}

static void
pull_stop (gpointer data, G_GNUC_UNUSED gint64 deadline)
{
  Pull *self = data;
  EwsMailbox *mailbox;
  GHashTableIter iter;

  /* What is under way ends in the next turns of the loop; whatever of it comes last frees. The subscriptions stay: the
   * next start goes on with them, and otherwise they end by themselves. */
  self->is_stopping = TRUE;
  g_clear_pointer (&self->timer, muster_timer_free);
  ews_client_stop (self->client);
  g_hash_table_iter_init (&iter, self->mailboxes);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &mailbox))
    {
      g_sequence_remove (ews_mailbox_get_place (mailbox));
      ews_mailbox_release (mailbox);
    }
  g_hash_table_remove_all (self->mailboxes);
  end_if_idle (self);
}

static const MusterOption options[] = {
  { .name = "url",
    .type = MUSTER_OPTION_URL,
    .doc = "address of Exchange Web Services, as in https://mail.example.com/EWS/Exchange.asmx",
    .flags = MUSTER_OPTION_REQUIRED },
  { .name = "auth",
    .type = MUSTER_OPTION_CHOICE,
    .default_value = "ntlm",
    .doc = "how to sign in; negotiate takes the Kerberos ticket of the daemon",
    .choices = "ntlm|negotiate|basic|bearer" },
  { .name = "username",
    .type = MUSTER_OPTION_STRING,
    .doc = "service account: DOMAIN\\user, or a UPN for basic; for ntlm and basic" },
  { .name = "password",
    .type = MUSTER_OPTION_SECRET,
    .doc = "its password, or the token for bearer; for all but negotiate" },
  { .name = "impersonation",
    .type = MUSTER_OPTION_BOOLEAN,
    .default_value = "true",
    .doc = "act as the owner of each mailbox; otherwise as a reader of calendars, without subscriptions and absences" },
  { .name = "interval",
    .type = MUSTER_OPTION_DURATION,
    .default_value = "2min",
    .doc = "how often each mailbox is asked for changes",
    .min = 5 * G_TIME_SPAN_SECOND,
    .max = 4 * G_TIME_SPAN_HOUR },
  { .name = "absence-interval",
    .type = MUSTER_OPTION_DURATION,
    .default_value = "30min",
    .doc = "how often each mailbox is asked for automatic replies",
    .min = G_TIME_SPAN_MINUTE,
    .max = G_TIME_SPAN_DAY },
  { .name = "quiet-time",
    .type = MUSTER_OPTION_DURATION,
    .default_value = "2s",
    .doc = "how long after a change a calendar is read, as one change makes several events",
    .min = 0,
    .max = G_TIME_SPAN_MINUTE },
  { .name = "refresh",
    .type = MUSTER_OPTION_DURATION,
    .default_value = "22h",
    .doc = "how often each calendar is read without a change; at most a day, as new occurrences come without one",
    .min = G_TIME_SPAN_MINUTE,
    .max = 24 * G_TIME_SPAN_HOUR },
  { .name = "requests",
    .type = MUSTER_OPTION_INTEGER,
    .default_value = "8",
    .doc = "how many requests may be under way at once",
    .min = 1,
    .max = 27 },
  { .name = "timeout",
    .type = MUSTER_OPTION_DURATION,
    .default_value = "60s",
    .doc = "how long one request may take as a whole",
    .min = G_TIME_SPAN_SECOND,
    .max = 5 * G_TIME_SPAN_MINUTE },
  { .name = "ca-file",
    .type = MUSTER_OPTION_PATH,
    .doc = "PEM file of the authorities to trust instead of the system's" },
};

static const MusterOption user_options[] = {
  { .name = "calendar",
    .type = MUSTER_OPTION_BOOLEAN,
    .default_value = "true",
    .doc = "take appointments from the mailbox" },
  { .name = "absence",
    .type = MUSTER_OPTION_BOOLEAN,
    .default_value = "true",
    .doc = "take automatic replies from the mailbox" },
};

static const MusterSourceOps ops = {
  .struct_size = sizeof ops,
  .kinds = MUSTER_KINDS_APPOINTMENT | MUSTER_KINDS_ABSENCE,
  .start = pull_start,
  .kept = pull_kept,
  .users = pull_users,
  .sync = pull_sync,
  .test = pull_test,
  .stop = pull_stop,
};

MUSTER_PLUGIN_DEFINE (.id = "ews-pull", .version = MUSTER_VERSION, .license = "LGPL-2.1-or-later",
                      .summary = "Calendars and absences of Exchange on premises, polled", MUSTER_OPTIONS (options),
                      MUSTER_USER_OPTIONS (user_options), .source = &ops)
