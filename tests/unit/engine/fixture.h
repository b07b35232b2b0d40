/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An engine without a disk, under a virtual clock. */
#pragma once

#include "engine/engine.h"

#define T0 (G_GINT64_CONSTANT (1772438400) * MUSTERD_SECOND) /* Monday 2026-03-02 08:00 UTC */

typedef struct
{
  MusterdClock    *clock;
  MusterdSettings *settings;
  MusterdEngine   *engine;
  guint            n_done, n_changed, n_told;
  GError          *error; /* nullable: of the last command */
} Fixture;

G_GNUC_UNUSED static void
fixture_rest (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

G_GNUC_UNUSED static void
on_done (const GError *error, gpointer data)
{
  Fixture *fixture = data;

  fixture->n_done++;
  g_clear_error (&fixture->error);
  fixture->error = error != NULL ? g_error_copy (error) : NULL;
}

G_GNUC_UNUSED static void
on_changed (const MusterdChange *changes, gsize n_changes, gpointer data)
{
  Fixture *fixture = data;

  fixture->n_told++;
  for (gsize i = 0; i < n_changes; i++)
    if (changes[i].before != changes[i].after)
      fixture->n_changed++;
}

G_GNUC_UNUSED static void
fixture_add_user (Fixture *fixture, const char *id)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = musterd_user_new (id, fields, NULL, &error);

  g_assert_no_error (error);
  musterd_engine_put_users (fixture->engine, &user, 1, MUSTERD_PUT_NEW, on_done, fixture);
  fixture_rest ();
}

G_GNUC_UNUSED static void
fixture_set_up (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(GError) error = NULL;

  fixture->clock = musterd_clock_new_virtual (T0);
  fixture->settings = musterd_settings_new_default ();
  fixture->engine = musterd_engine_new (fixture->clock, NULL, fixture->settings, &error);
  g_assert_no_error (error);
  musterd_engine_listen (fixture->engine, on_changed, NULL, fixture);
  fixture_add_user (fixture, "alice");
  g_assert_no_error (fixture->error);
}

G_GNUC_UNUSED static void
fixture_tear_down (Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
  musterd_engine_free (fixture->engine);
  musterd_settings_unref (fixture->settings);
  musterd_clock_unref (fixture->clock);
  g_clear_error (&fixture->error);
  fixture_rest ();
}

#define FIXTURE_TEST(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
