/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-scenario"

#include "world.h"

#include <glib/gstdio.h>
#include <stdio.h>

static void
seen_free (gpointer data)
{
  Seen *seen = data;

  g_clear_pointer (&seen->shown, musterd_presence_unref);
  g_free (seen);
}

Seen *
world_seen (World *world, const char *user)
{
  Seen *seen = g_hash_table_lookup (world->seen, user);

  if (seen == NULL)
    {
      seen = g_new0 (Seen, 1);
      g_hash_table_insert (world->seen, g_strdup (user), seen);
    }
  return seen;
}

static gboolean
takes (G_GNUC_UNUSED MusterdUser *user, G_GNUC_UNUSED gpointer data)
{
  return TRUE;
}

typedef struct
{
  World  *world;
  guint64 delivery;
} Answer;

static gboolean
on_answer_due (gpointer data)
{
  const Answer *answer = data;

  if (answer->world->sink != NULL)
    musterd_sink_complete (answer->world->sink, answer->delivery, MUSTERD_DELIVERY_APPLIED, NULL, NULL);
  return G_SOURCE_REMOVE;
}

/* A sink that shows everything at once, and says so a turn later. */
static void
apply (MusterdUser *user, MusterdPresence *desired, guint64 delivery, gpointer data)
{
  World *world = data;
  Seen *seen = world_seen (world, user->id);
  g_autoptr(GSource) source = g_idle_source_new ();
  Answer *answer = g_new (Answer, 1);

  g_clear_pointer (&seen->shown, musterd_presence_unref);
  seen->shown = musterd_presence_ref (desired);
  *answer = (Answer){ world, delivery };
  g_source_set_callback (source, on_answer_due, answer, g_free);
  g_source_attach (source, world->context);
}

static void
on_changed (const MusterdChange *changes, gsize n_changes, gpointer data)
{
  World *world = data;

  for (gsize i = 0; i < n_changes; i++)
    {
      const MusterdPresence *before = changes[i].before, *after = changes[i].after;

      if (before == NULL || after == NULL || before->status != after->status
          || g_strcmp0 (before->text, after->text) != 0
          || g_strcmp0 (before->template_name, after->template_name) != 0)
        world_seen (world, changes[i].user->id)->n_changes++;
    }
}

World *
world_new (void)
{
  World *world = g_new0 (World, 1);

  world->dir = g_dir_make_tmp ("muster-scenario-XXXXXX", NULL);
  g_assert_nonnull (world->dir);
  world->context = g_main_context_new ();
  g_main_context_push_thread_default (world->context);
  world->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, seen_free);
  world->zone = g_strdup ("Europe/Berlin");
  world->claims = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_claim_unref);
  world->year = 2026;
  world->month = 3;
  world->day = 2; /* a Monday */
  world->clock = musterd_clock_new_virtual (world_time (world, "00:00"));
  return world;
}

void
world_start (World *world)
{
  g_autoptr(GError) error = NULL;
  const MusterdSinkPort port = { .instance = "recorder",
                                 .needs = (MusterdParts) 0x3ff,
                                 .max_in_flight = 1,
                                 .deadline = 30 * MUSTERD_SECOND,
                                 .view = MUSTERD_RELATION_TEAM_COLLEAGUE,
                                 .takes = takes,
                                 .apply = apply,
                                 .data = world };

  world->store = musterd_store_open (world->dir, &error);
  g_assert_no_error (error);
  world->engine = musterd_engine_new (world->clock, world->store, NULL, &error);
  g_assert_no_error (error);
  world->dispatch = musterd_dispatch_new (world->engine, world->clock);
  musterd_engine_listen (world->engine, on_changed, NULL, world);
  world->sink = musterd_dispatch_add_sink (world->dispatch, &port);
  world->begun = TRUE;
  world_rest (world);
}

void
world_stop (World *world)
{
  if (world->engine == NULL)
    return;
  world_rest (world);
  musterd_dispatch_free (g_steal_pointer (&world->dispatch));
  musterd_engine_free (g_steal_pointer (&world->engine));
  musterd_store_close (g_steal_pointer (&world->store));
  world->sink = NULL;
}

static gboolean
on_watchdog (G_GNUC_UNUSED gpointer data)
{
  g_error ("the store has not answered for 30 s");
  return G_SOURCE_REMOVE;
}

static void
on_barrier (G_GNUC_UNUSED const GError *error, gpointer data)
{
  *(gboolean *) data = TRUE;
}

void
world_rest (World *world)
{
  g_autoptr(GSource) watchdog = g_timeout_source_new_seconds (30);

  g_source_set_callback (watchdog, on_watchdog, NULL, NULL);
  g_source_attach (watchdog, world->context);
  /* An answer of the store may lead to another write (a choice that has ended is taken out): thrice is enough for all
   * there are. Answers come in the order of the writes, so that an empty one marks the end. */
  for (guint i = 0; i < 3; i++)
    {
      gboolean answered = FALSE;

      while (g_main_context_iteration (world->context, FALSE))
        ;
      musterd_store_write (world->store, musterd_batch_new (), TRUE, on_barrier, &answered);
      while (!answered)
        g_main_context_iteration (world->context, TRUE);
    }
  while (g_main_context_iteration (world->context, FALSE))
    ;
  g_source_destroy (watchdog);
}

void
world_go (World *world, MusterdTime to)
{
  MusterdTime now = musterd_clock_now (world->clock);

  if (world->engine == NULL)
    {
      musterd_clock_set (world->clock, to);
      return;
    }
  while (now < to)
    {
      now = MIN (now - now % MUSTERD_MINUTE + MUSTERD_MINUTE, to);
      musterd_clock_set (world->clock, now);
      while (g_main_context_iteration (world->context, FALSE))
        ;
    }
  world_rest (world);
}

MusterdTime
world_time (World *world, const char *text)
{
  g_autoptr(GTimeZone) zone = g_time_zone_new_identifier (world->zone);
  g_autoptr(GDateTime) when = NULL;
  int hour, minute, second = 0;
  int n = sscanf (text, "%2d:%2d:%2d", &hour, &minute, &second);
  g_autoptr(GDateTime) midnight = NULL;

  if (zone == NULL || n < 2)
    g_error ("'%s' is not a time of day", text);
  midnight = g_date_time_new (zone, world->year, world->month, world->day, 0, 0, 0);
  /* 24:00 and beyond is the next day by the clock on the wall. */
  g_autoptr(GDateTime) day = g_date_time_add_days (midnight, hour / 24);
  when = g_date_time_new (zone, g_date_time_get_year (day), g_date_time_get_month (day),
                          g_date_time_get_day_of_month (day), hour % 24, minute, second);
  g_assert_nonnull (when);
  return g_date_time_to_unix (when) * MUSTERD_SECOND;
}

void
world_free (World *world)
{
  static const char *const files[] = { "muster.db", "muster.db-wal", "muster.db-shm", "lock" };

  world_stop (world);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (world->dir, files[i], NULL);

      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (world->dir), ==, 0);
  g_hash_table_unref (world->seen);
  g_ptr_array_unref (world->claims);
  musterd_clock_unref (world->clock);
  g_main_context_pop_thread_default (world->context);
  g_main_context_unref (world->context);
  g_free (world->zone);
  g_free (world->dir);
  g_free (world);
}
