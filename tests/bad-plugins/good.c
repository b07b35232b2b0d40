/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin as it should be, source and sink on one `self`, that uses every verb. What it is to do comes as the answer
 * to its one action, "command": a verb and its arguments, separated by blanks. Whatever happens to it, it logs. */
#include <muster/muster-plugin.h>

#include <string.h>

typedef struct
{
  MusterContext *ctx;
  MusterTimer   *timer; /* nullable */
  gboolean       hold;  /* deliveries are kept until "release" */
  GArray        *held;  /* MusterDelivery */
  GHashTable    *saved; /* user id → what stood there before */
} Good;

typedef void (*GoodCommand) (Good *self, char **words);

/* Claims, telephony, clients. */

static void
good_claim (Good *self, char **words)
{
  const MusterClaim claim = { .struct_size = sizeof claim, .key = words[2], .kind = MUSTER_CLAIM_MICROPHONE,
                              .from = MUSTER_NOW, .until = MUSTER_OPEN_ENDED, .text = words[3] };

  muster_context_claim_put (self->ctx, words[1], "good", &claim);
}

static void
good_drop (Good *self, char **words)
{
  muster_context_claim_drop (self->ctx, words[1], words[2]);
}

/* replace USER FROM UNTIL KEY…: appointments of one hour each, from FROM on. */
static void
good_replace (Good *self, char **words)
{
  const gint64 from = g_ascii_strtoll (words[2], NULL, 10);
  const gint64 until = g_ascii_strtoll (words[3], NULL, 10);
  g_autoptr(MusterReplace) replace = muster_context_replace_begin (self->ctx, words[1], "calendar", from, until);

  for (guint i = 4; words[i] != NULL; i++)
    {
      const MusterClaim claim = { .struct_size = sizeof claim, .key = words[i], .kind = MUSTER_CLAIM_APPOINTMENT,
                                  .from = from + (i - 4) * G_TIME_SPAN_HOUR,
                                  .until = from + (i - 3) * G_TIME_SPAN_HOUR, .free_busy = MUSTER_FREE_BUSY_BUSY };

      muster_replace_add (replace, &claim, 1);
    }
  muster_replace_commit (g_steal_pointer (&replace));
}

/* absence USER: from in an hour for an hour, with greetings as a mail server has them. */
static void
good_absence (Good *self, char **words)
{
  const gint64 from = muster_context_now (self->ctx) + G_TIME_SPAN_HOUR;
  const MusterClaim claim = { .struct_size = sizeof claim, .key = "oof", .kind = MUSTER_CLAIM_ABSENCE, .from = from,
                              .until = from + G_TIME_SPAN_HOUR,
                              .greeting_internal = "<html><body><p>Back&nbsp;on Monday,<br>A.</p></body></html>",
                              .greeting_external = "<p>Write to <a href=\"mailto:desk@example.com\">the desk</a></p>" };

  muster_context_claim_put (self->ctx, words[1], "absence", &claim);
}

static void
good_telephony (Good *self, char **words)
{
  muster_context_telephony (self->ctx, words[1], words[2], MUSTER_TELEPHONY_ON_THE_PHONE, words[3], 0);
}

static void
good_client (Good *self, char **words)
{
  muster_context_client (self->ctx, words[1], words[2],
                         g_str_equal (words[3], "idle")    ? MUSTER_CLIENT_IDLE
                         : g_str_equal (words[3], "ended") ? MUSTER_CLIENT_ENDED
                                                           : MUSTER_CLIENT_ACTIVE,
                         0, 0);
}

/* What administrators see. */

static void
good_health (Good *self, char **words)
{
  muster_context_health (self->ctx,
                         g_str_equal (words[1], "online")     ? MUSTER_HEALTH_ONLINE
                         : g_str_equal (words[1], "degraded") ? MUSTER_HEALTH_DEGRADED
                                                              : MUSTER_HEALTH_OFFLINE,
                         words[2]);
}

static void
good_user_state (Good *self, char **words)
{
  muster_context_user_state (self->ctx, words[1],
                             g_str_equal (words[2], "ok")         ? MUSTER_USER_OK
                             : g_str_equal (words[2], "not-here") ? MUSTER_USER_NOT_HERE
                                                                  : MUSTER_USER_SIGN_IN,
                             words[3]);
}

static void
good_note (Good *self, char **words)
{
  muster_context_note (self->ctx, words[1], words[2], words[3]);
}

static void
good_ask (Good *self, char **words)
{
  muster_context_action_needed (self->ctx, words[1], words[2], "Sign in", "https://login.example.com/device",
                                "ABC-123");
}

static void
good_asked (Good *self, char **words)
{
  muster_context_action_done (self->ctx, words[1], words[2]);
}

/* Records and secrets. */

static void
on_kept (const GError *error, gpointer user_data)
{
  Good *self = user_data;

  muster_context_log (self->ctx, MUSTER_LOG_INFO, "kept: %s", error != NULL ? error->message : "yes");
}

static void
good_keep (Good *self, char **words)
{
  const char *user = g_str_equal (words[1], "-") ? NULL : words[1];
  g_autoptr(GBytes) value = words[3] != NULL ? g_bytes_new (words[3], strlen (words[3])) : NULL;

  muster_context_keep (self->ctx, user, words[2], value, MUSTER_DURABLE, on_kept, self);
}

static void
on_secret (const char *secret, const GError *error, gpointer user_data)
{
  Good *self = user_data;

  /* Only its length: a secret never stands in a log. */
  muster_context_log (self->ctx, MUSTER_LOG_INFO, "secret: %d %s", secret != NULL ? (int) strlen (secret) : -1,
                      error != NULL ? error->message : "");
}

static void
good_secret_get (Good *self, char **words)
{
  muster_context_secret_get (self->ctx, words[1], on_secret, self);
}

static void
good_secret_put (Good *self, char **words)
{
  muster_context_secret_put (self->ctx, words[1], words[2], on_kept, self);
}

/* Time. */

static void
on_timer (gpointer user_data)
{
  Good *self = user_data;

  g_clear_pointer (&self->timer, muster_timer_free);
  muster_context_log (self->ctx, MUSTER_LOG_INFO, "timer");
}

static void
good_timer (Good *self, char **words)
{
  g_clear_pointer (&self->timer, muster_timer_free);
  self->timer = muster_context_timer_add (
      self->ctx, muster_context_now (self->ctx) + g_ascii_strtoll (words[1], NULL, 10), on_timer, self);
  muster_context_log (self->ctx, MUSTER_LOG_INFO, "timer armed");
}

/* The sink. */

static void
good_hold (Good *self, char **words G_GNUC_UNUSED)
{
  self->hold = TRUE;
  muster_context_log (self->ctx, MUSTER_LOG_INFO, "holding");
}

static void
good_release (Good *self, char **words G_GNUC_UNUSED)
{
  self->hold = FALSE;
  for (guint i = 0; i < self->held->len; i++)
    muster_context_delivery_complete (self->ctx, g_array_index (self->held, MusterDelivery, i),
                                      MUSTER_DELIVERY_APPLIED, NULL, NULL);
  g_array_set_size (self->held, 0);
}

static const struct
{
  const char *name;
  guint       n_words;
  GoodCommand func;
} commands[] = {
  { "absence", 2, good_absence },
  { "claim", 4, good_claim },         { "drop", 3, good_drop },
  { "replace", 4, good_replace },     { "telephony", 4, good_telephony },
  { "client", 4, good_client },       { "health", 2, good_health },
  { "user-state", 3, good_user_state }, { "note", 3, good_note },
  { "ask", 3, good_ask },             { "asked", 3, good_asked },
  { "keep", 3, good_keep },           { "secret-get", 2, good_secret_get },
  { "secret-put", 3, good_secret_put }, { "timer", 2, good_timer },
  { "hold", 1, good_hold },           { "release", 1, good_release },
};

/* Operations. */

static gpointer
good_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  Good *self = g_new0 (Good, 1);

  self->ctx = ctx;
  self->held = g_array_new (FALSE, FALSE, sizeof (MusterDelivery));
  self->saved = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  muster_context_log (ctx, MUSTER_LOG_INFO, "start %s %s", muster_context_get_instance (ctx),
                      muster_context_get_string (ctx, "greeting"));
  muster_context_action_needed (ctx, NULL, "command", "Say what to do", NULL, NULL);
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return self;
}

static void
good_kept (gpointer data, const char *user, const char *key, GBytes *value)
{
  Good *self = data;
  gsize size = 0;
  const char *text = g_bytes_get_data (value, &size);

  muster_context_log (self->ctx, MUSTER_LOG_INFO, "record %s %s=%.*s", user != NULL ? user : "-", key, (int) size,
                      text);
  if (user != NULL && g_str_has_prefix (key, "saved"))
    g_hash_table_replace (self->saved, g_strdup (user), g_strndup (text, size));
}

static void
good_users (gpointer data, MusterUser *const *changed, gsize n_changed, const char *const *removed, gsize n_removed,
            gboolean complete)
{
  Good *self = data;

  for (gsize i = 0; i < n_changed; i++)
    muster_context_log (self->ctx, MUSTER_LOG_INFO, "user %s ext=%s attribute=%s colour=%s",
                        muster_user_get_id (changed[i]),
                        muster_user_get_number (changed[i], MUSTER_NUMBER_EXTENSION) != NULL
                            ? muster_user_get_number (changed[i], MUSTER_NUMBER_EXTENSION)
                            : "-",
                        muster_user_get_attribute (changed[i], "mailbox") != NULL
                            ? muster_user_get_attribute (changed[i], "mailbox")
                            : "-",
                        muster_user_get_string (changed[i], "colour"));
  for (gsize i = 0; i < n_removed; i++)
    muster_context_log (self->ctx, MUSTER_LOG_INFO, "gone %s", removed[i]);
  muster_context_log (self->ctx, MUSTER_LOG_INFO, "users %d %d %s", (int) n_changed, (int) n_removed,
                      complete ? "complete" : "more");
}

static void
good_sync (gpointer data, const char *user)
{
  Good *self = data;

  muster_context_log (self->ctx, MUSTER_LOG_INFO, "sync %s", user != NULL ? user : "all");
}

static void
good_action_answer (gpointer data, const char *user, const char *id, const char *answer)
{
  Good *self = data;
  g_auto(GStrv) words = g_strsplit (answer, " ", -1);

  if (!g_str_equal (id, "command"))
    {
      muster_context_log (self->ctx, MUSTER_LOG_INFO, "answer %s %s", user != NULL ? user : "-", id);
      muster_context_action_done (self->ctx, user, id);
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (commands[i].name, words[0]) && g_strv_length (words) >= commands[i].n_words)
      {
        commands[i].func (self, words);
        return;
      }
  muster_context_log (self->ctx, MUSTER_LOG_WARNING, "unknown command");
}

static void
good_test (gpointer data G_GNUC_UNUSED, MusterUser *user, MusterReport *report)
{
  muster_report_add (report, MUSTER_REPORT_OK, "sign-in", "as %s",
                     user != NULL ? muster_user_get_id (user) : "the service account");
  muster_report_add (report, MUSTER_REPORT_NOTE, "version", "%d.%d", 15, 2);
  muster_report_done (report);
}

/* Of an absence: in one line of the log. */
static void
log_greeting (Good *self, MusterUser *user, MusterDesired *desired, MusterGreeting which, const char *name)
{
  g_autofree char *text = g_strdup (muster_desired_get_greeting (desired, which));

  if (text != NULL)
    muster_context_log (self->ctx, MUSTER_LOG_INFO, "greeting %s %s=%s", muster_user_get_id (user), name,
                        g_strdelimit (text, "\n", '/'));
}

static void
good_apply (gpointer data, MusterUser *user, MusterDesired *desired, MusterDelivery delivery)
{
  Good *self = data;
  static const char *const detail[] = { "owner", "good", "colour", "green", NULL };

  muster_context_log (self->ctx, MUSTER_LOG_INFO, "apply %s %s text=%s", muster_user_get_id (user),
                      muster_status_to_string (muster_desired_get_status (desired)),
                      muster_desired_get_text (desired) != NULL ? muster_desired_get_text (desired) : "-");
  log_greeting (self, user, desired, MUSTER_GREETING_INTERNAL, "internal");
  log_greeting (self, user, desired, MUSTER_GREETING_EXTERNAL, "external");
  if (self->hold)
    g_array_append_val (self->held, delivery);
  else
    muster_context_delivery_complete (self->ctx, delivery, MUSTER_DELIVERY_APPLIED, NULL, detail);
}

static void
good_drain (gpointer data)
{
  Good *self = data;
  GHashTableIter iter;
  gpointer user, before;

  g_hash_table_iter_init (&iter, self->saved);
  while (g_hash_table_iter_next (&iter, &user, &before))
    {
      muster_context_log (self->ctx, MUSTER_LOG_INFO, "restore %s %s", (const char *) user, (const char *) before);
      muster_context_keep (self->ctx, user, "saved", NULL, MUSTER_DURABLE, NULL, NULL);
    }
  g_hash_table_remove_all (self->saved);
  muster_context_drained (self->ctx);
}

static void
good_stop (gpointer data, gint64 deadline G_GNUC_UNUSED)
{
  Good *self = data;
  MusterContext *ctx = self->ctx;

  muster_context_log (ctx, MUSTER_LOG_INFO, "stop");
  g_clear_pointer (&self->timer, muster_timer_free);
  g_array_unref (self->held);
  g_hash_table_unref (self->saved);
  g_free (self);
  muster_context_stopped (ctx);
}

static const MusterOption options[] = {
  { .name = "greeting", .type = MUSTER_OPTION_STRING, .default_value = "hello", .doc = "What it says at the start" },
  { .name = "password", .type = MUSTER_OPTION_SECRET, .doc = "A secret of an administrator" },
};
static const MusterOption user_options[] = {
  { .name = "colour", .type = MUSTER_OPTION_STRING, .default_value = "blue", .doc = "A setting per user" },
};
static const MusterSourceOps source_ops = { .struct_size = sizeof source_ops,
                                            .start = good_start,
                                            .kept = good_kept,
                                            .users = good_users,
                                            .sync = good_sync,
                                            .action_answer = good_action_answer,
                                            .test = good_test,
                                            .stop = good_stop };
static const MusterSinkOps sink_ops = { .struct_size = sizeof sink_ops,
                                        .needs = MUSTER_NEEDS_STATUS | MUSTER_NEEDS_TEXT | MUSTER_NEEDS_GREETING,
                                        .max_in_flight = 4,
                                        .apply = good_apply,
                                        .drain = good_drain };

MUSTER_PLUGIN_DEFINE (.id = "good", .version = "1.2.3", .license = "LGPL-2.1-or-later",
                      .summary = "Does everything as it should", MUSTER_OPTIONS (options),
                      MUSTER_USER_OPTIONS (user_options), .source = &source_ops, .sink = &sink_ops)
