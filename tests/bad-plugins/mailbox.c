/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A calendar source as it should be. What it is to say comes as the answer to its one action, "command"; what it is told
 * it logs. */
#include <muster/muster-plugin.h>

#define WINDOW (30 * G_TIME_SPAN_DAY)

static gpointer
mailbox_start (MusterContext *ctx, GError **error G_GNUC_UNUSED)
{
  muster_context_action_needed (ctx, NULL, "command", "Say what to do", NULL, NULL);
  muster_context_health (ctx, MUSTER_HEALTH_ONLINE, NULL);
  return ctx;
}

static void
mailbox_users (gpointer ctx, MusterUser *const *changed, gsize n_changed, const char *const *removed, gsize n_removed,
               gboolean complete)
{
  for (gsize i = 0; i < n_changed; i++)
    {
      MusterTable *rows = muster_user_get_table (changed[i], "rows");

      muster_context_log (ctx, MUSTER_LOG_INFO, "user %s zone=%s language=%s days=%u colour=%s rows=%d",
                          muster_user_get_id (changed[i]), muster_user_get_zone (changed[i]),
                          muster_user_get_language (changed[i]) != NULL ? muster_user_get_language (changed[i]) : "-",
                          muster_user_get_days_ahead (changed[i]), muster_user_get_string (changed[i], "colour"),
                          (int) muster_table_get_n_rows (rows));
    }
  for (gsize i = 0; i < n_removed; i++)
    muster_context_log (ctx, MUSTER_LOG_INFO, "gone %s", removed[i]);
  if (complete)
    muster_context_log (ctx, MUSTER_LOG_INFO, "complete");
}

static void
mailbox_sync (gpointer ctx, const char *user)
{
  muster_context_log (ctx, MUSTER_LOG_INFO, "sync %s", user != NULL ? user : "all");
}

/* calendar USER KEY…: the whole calendar, every entry from now on for an hour; not-here USER; microphone USER. */
static void
mailbox_action_answer (gpointer ctx, const char *user G_GNUC_UNUSED, const char *id G_GNUC_UNUSED, const char *answer)
{
  g_auto(GStrv) words = g_strsplit (answer, " ", -1);
  const gint64 now = muster_context_now (ctx);

  if (g_str_equal (words[0], "calendar"))
    {
      g_autoptr(MusterReplace) replace = muster_context_replace_begin (ctx, words[1], "calendar", now, now + WINDOW);

      for (guint i = 2; words[i] != NULL; i++)
        {
          const MusterClaim claim = { .struct_size = sizeof claim, .key = words[i], .kind = MUSTER_CLAIM_APPOINTMENT,
                                      .from = now, .until = now + G_TIME_SPAN_HOUR,
                                      .free_busy = MUSTER_FREE_BUSY_BUSY };

          muster_replace_add (replace, &claim, 1);
        }
      muster_replace_commit (g_steal_pointer (&replace));
    }
  else if (g_str_equal (words[0], "not-here"))
    muster_context_user_state (ctx, words[1], MUSTER_USER_NOT_HERE, "no such mailbox");
  else if (g_str_equal (words[0], "microphone"))
    {
      const MusterClaim claim = { .struct_size = sizeof claim, .key = "mic", .kind = MUSTER_CLAIM_MICROPHONE,
                                  .from = MUSTER_NOW, .until = MUSTER_OPEN_ENDED };

      muster_context_claim_put (ctx, words[1], "mic", &claim);
    }
}

static void
mailbox_stop (gpointer ctx, gint64 deadline G_GNUC_UNUSED)
{
  muster_context_stopped (ctx);
}

static const MusterColumn columns[] = {
  { "name", MUSTER_OPTION_STRING, NULL, "a name" },
  { "count", MUSTER_OPTION_INTEGER, "1", "a number" },
};
static const MusterOption user_options[] = {
  { .name = "colour", .type = MUSTER_OPTION_CHOICE, .choices = "blue|red|green", .default_value = "blue",
    .doc = "A setting per user" },
  { .name = "rows", .type = MUSTER_OPTION_TABLE, .default_value = "a|1;b|2", .doc = "A table per user",
    MUSTER_COLUMNS (columns) },
};
static const MusterSourceOps source_ops = { .struct_size = sizeof source_ops,
                                            .kinds = MUSTER_KINDS_APPOINTMENT | MUSTER_KINDS_ABSENCE,
                                            .start = mailbox_start,
                                            .users = mailbox_users,
                                            .sync = mailbox_sync,
                                            .action_answer = mailbox_action_answer,
                                            .stop = mailbox_stop };

MUSTER_PLUGIN_DEFINE (.id = "mailbox", .version = "1", .license = "LGPL-2.1-or-later",
                      .summary = "Has the calendars it is told to have", MUSTER_USER_OPTIONS (user_options),
                      .source = &source_ops)
