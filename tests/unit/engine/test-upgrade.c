/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first start over a store that knows of no templates: who is away stays away. */
#include "engine/engine.h"

#include <glib/gstdio.h>

#include "store/schema.h"
#include "store/sql.h"

#define T0 (G_GINT64_CONSTANT (1772438400) * MUSTERD_SECOND) /* Monday 2026-03-02 08:00 UTC */
#define STEPS_WITHOUT_TEMPLATES 2

/* Chosen three weeks ago, until further notice. */
static void
make_store (const char *dir)
{
  g_autofree char *path = g_build_filename (dir, "muster.db", NULL);
  g_autofree char *rows = g_strdup_printf (
      "INSERT INTO users (user, id) VALUES (1, 'alice'), (2, 'bob');"
      "INSERT INTO choices VALUES (1, 0, 'out-of-office', %d, 'at sea', %" G_GINT64_FORMAT ", NULL, NULL)",
      MUSTERD_STATUS_UNAVAILABLE, T0 - 21 * MUSTERD_DAY);
  g_autoptr(GError) error = NULL;
  sqlite3 *db = NULL;
  gsize n_steps;
  const MusterdSchemaStep *steps = musterd_schema_get_steps (&n_steps);

  g_assert_cmpuint (n_steps, >, STEPS_WITHOUT_TEMPLATES);
  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  musterd_schema_migrate (db, steps, STEPS_WITHOUT_TEMPLATES, &error);
  g_assert_no_error (error);
  musterd_sql_exec (db, rows, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
}

static void
assert_shown (MusterdEngine *engine, const char *user, const char *template_name, const char *text)
{
  const MusterdPresence *presence = musterd_engine_get_presence (engine, user);

  g_assert_cmpstr (presence->template_name, ==, template_name);
  g_assert_cmpstr (presence->text, ==, text);
}

static void
test_templates (void)
{
  g_autofree char *dir = g_dir_make_tmp ("muster-upgrade-XXXXXX", NULL);
  g_autoptr(GError) error = NULL;
  MusterdClock *clock = musterd_clock_new_virtual (T0);
  g_autoptr(GDir) entries = NULL;
  const char *name;

  make_store (dir);
  for (guint start = 0; start < 2; start++)
    {
      MusterdStore *store = musterd_store_open (dir, &error);
      MusterdEngine *engine;

      g_assert_no_error (error);
      engine = musterd_engine_new (clock, store, NULL, &error);
      g_assert_no_error (error);
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_assert_cmpuint (musterd_engine_get_settings (engine, "bob")->templates->len, ==, 12);
      assert_shown (engine, "alice", "Out of office", "at sea");
      assert_shown (engine, "bob", "Available", NULL);
      musterd_engine_free (engine);
      musterd_store_close (store);
    }
  musterd_clock_unref (clock);
  entries = g_dir_open (dir, 0, NULL);
  while ((name = g_dir_read_name (entries)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      g_unlink (path);
    }
  g_rmdir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upgrade/templates", test_templates);
  return g_test_run ();
}
