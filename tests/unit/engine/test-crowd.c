/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Many users who have all said something of their own: what one change costs must not grow with their number squared.
 * Where it does, nothing comes of it before the watchdog. */
#include "engine/scopes.h"

#define T0 (G_GINT64_CONSTANT (1772438400) * MUSTERD_SECOND) /* Monday 2026-03-02 08:00 UTC */
#define WATCHDOG_SECONDS 100
#define N 30000

static void
on_done (const GError *error, gpointer data)
{
  g_assert_no_error (error);
  (*(guint *) data)++;
}

static void
await (const guint *n_done, guint n)
{
  while (*n_done < n)
    g_main_context_iteration (NULL, TRUE);
}

static void
change (MusterdEngine *engine, const char *scope, const char *option, MusterdPolicy policy, guint *n_done)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);
  const guint n = *n_done + 1;

  g_ptr_array_add (changes, musterd_setting_change_new ("calendar", option, "true", policy));
  musterd_engine_change_settings (engine, scope, changes, NULL, on_done, n_done);
  await (n_done, n);
}

static gboolean
on_watchdog (gpointer data)
{
  g_error ("%s: one change costs too much", (const char *) data);
  return G_SOURCE_REMOVE;
}

static void
test_policy (void)
{
  g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_user_unref);
  g_autoptr(GError) error = NULL;
  MusterdClock *clock = musterd_clock_new_virtual (T0);
  MusterdEngine *engine = musterd_engine_new (clock, NULL, NULL, &error);
  const MusterdSettings *first, *last;
  guint n_done = 0, watchdog;

  g_assert_no_error (error);
  watchdog = g_timeout_add_seconds (WATCHDOG_SECONDS, on_watchdog, (gpointer) g_test_get_path ());
  for (guint i = 0; i < N; i++)
    {
      const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
      g_autofree char *id = g_strdup_printf ("user%u", i);

      g_ptr_array_add (users, musterd_user_new (id, fields, NULL, NULL));
    }
  musterd_engine_put_users (engine, (MusterdUser *const *) users->pdata, users->len, MUSTERD_PUT_NEW, on_done, &n_done);
  await (&n_done, 1);
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *scope = g_strdup_printf ("user:user%u", i);

      change (engine, scope, "elsewhere", MUSTERD_POLICY_INHERIT, &n_done);
    }
  first = musterd_engine_get_settings (engine, "user0");
  last = musterd_engine_get_settings (engine, "user1");
  g_assert_true (first->count_elsewhere && last->count_elsewhere && first != last);
  g_assert_true (first->templates == last->templates); /* most of a value, and nobody's own */

  change (engine, "all", NULL, MUSTERD_POLICY_CANNOT, &n_done);
  first = musterd_engine_get_settings (engine, "user0");
  g_assert_false (first->count_elsewhere);
  g_assert_true (first == musterd_engine_get_settings (engine, "user1"));
  g_assert_cmpuint (g_hash_table_size (musterd_engine_get_scopes (engine)), ==, 1);

  g_source_remove (watchdog);
  musterd_engine_free (engine);
  musterd_clock_unref (clock);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/crowd/policy", test_policy);
  return g_test_run ();
}
