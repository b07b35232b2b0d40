/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "week.h"

#include "report.h"

#define MAX_REPORTS 3

char *
week_id (guint user)
{
  return g_strdup_printf ("u%05u", user);
}

void
week_forget_told (Week *week)
{
  for (guint i = 0; i < week->to_compare->len; i++)
    week->told[g_array_index (week->to_compare, guint, i)] = FALSE;
  g_array_set_size (week->to_compare, 0);
}

static void
note_told (Week *week, guint user)
{
  if (!week->told[user] && !week->commanded[user])
    g_array_append_val (week->to_compare, user);
  week->n_passing += week->told[user] && !week->is_ordering;
  week->told[user] = TRUE;
}

static void
on_changed (const MusterdChange *changes, gsize n_changes, gpointer data)
{
  Week *week = data;

  for (gsize i = 0; i < n_changes; i++)
    {
      if (changes[i].before == changes[i].after)
        continue;
      week->n_told++;
      note_told (week, (guint) g_ascii_strtoull (changes[i].user->id + 1, NULL, 10));
    }
}

void
week_start (Week *week)
{
  g_autoptr(GError) error = NULL;

  week->store = musterd_store_open (week->dir, &error);
  g_assert_no_error (error);
  week->engine = musterd_engine_new (week->clock, week->store, NULL, &error);
  g_assert_no_error (error);
  musterd_engine_listen (week->engine, on_changed, NULL, week);
}

static void
on_written (G_GNUC_UNUSED const GError *error, gpointer data)
{
  ((Week *) data)->n_waiting--;
}

void
week_stop (Week *week)
{
  /* Answers come in the order of the writes; one may lead to another, the end of a choice, which leads to none. */
  for (guint i = 0; i < 2; i++)
    {
      week->n_waiting++;
      musterd_store_write (week->store, musterd_batch_new (), TRUE, on_written, week);
      week_rest (week);
    }
  musterd_engine_free (g_steal_pointer (&week->engine));
  musterd_store_close (g_steal_pointer (&week->store));
}

static gboolean
on_watchdog (G_GNUC_UNUSED gpointer data)
{
  g_error ("the store has not answered for a minute");
  return G_SOURCE_REMOVE;
}

void
week_rest (Week *week)
{
  g_autoptr(GSource) watchdog = g_timeout_source_new_seconds (60);

  g_source_set_callback (watchdog, on_watchdog, NULL, NULL);
  g_source_attach (watchdog, week->context);
  while (week->n_waiting > 0)
    g_main_context_iteration (week->context, TRUE);
  while (g_main_context_iteration (week->context, FALSE))
    ;
  g_source_destroy (watchdog);
}

/* ---- comparing ---- */

static gboolean
is_the_same (const MusterdPresence *got, const MusterdPresence *want)
{
  if (got == NULL || want == NULL)
    return got == want;
  return naive_same_moment (got, want) && got->since == want->since && got->until == want->until
         && got->next_free == want->next_free && got->stale == want->stale;
}

static void
report (Week *week, guint user, const char *when, const MusterdPresence *got, const MusterdPresence *want)
{
  g_autofree char *moment = report_time (week->now);
  g_autofree char *facts = want != NULL ? report_facts (&week->ledger->users[user].facts) : g_strdup ("    nothing\n");
  g_autofree char *got_text = report_presence (got), *want_text = report_presence (want);

  g_test_message ("u%05u differs at %s, %s; repeat with MUSTER_SEED=%u MUSTER_WEEK_USER=%u\n"
                  "  known is:\n%s  engine: %s\n  naive:  %s",
                  user, moment, when, week->plan->seed, user, facts, got_text, want_text);
  if (++week->n_reports == MAX_REPORTS)
    g_error ("%u presences differ from the naive ones: enough", week->n_reports);
}

void
week_compare (Week *week, guint user, const char *when)
{
  gint64 begun = g_get_monotonic_time ();
  g_autofree char *id = week_id (user);
  const MusterdPresence *got = musterd_engine_get_presence (week->engine, id);
  g_autoptr(MusterdPresence) want = NULL;

  if (week->ledger->users[user].exists)
    want = ledger_presence (week->ledger, user, week->now);
  if (!is_the_same (got, want))
    report (week, user, when, got, want);
  if (user % WEEK_WATCH == 0)
    week->look_at[user / WEEK_WATCH] = ledger_boundary (week->ledger, user, week->now);
  week->n_compared++;
  week->naive_time += g_get_monotonic_time () - begun;
}

void
week_compare_told (Week *week, gboolean all, const char *when)
{
  guint kept = 0;

  for (guint i = 0; i < week->to_compare->len; i++)
    {
      guint user = g_array_index (week->to_compare, guint, i);

      if (week->commanded[user] && !all)
        {
          g_array_index (week->to_compare, guint, kept++) = user;
          continue;
        }
      week_compare (week, user, when);
      week->told[user] = week->commanded[user] = FALSE;
    }
  g_array_set_size (week->to_compare, kept);
}
