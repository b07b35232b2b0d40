/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What others do in a user's name is kept with the change, without its text, for as long as is said, and is told to the
 * log. */
#include <glib/gstdio.h>
#include <string.h>

#include "engine/scopes.h"
#include "fixture.h"

#define ALICE "alice"

typedef struct
{
  char            *dir;
  MusterdClock    *clock;
  MusterdSettings *settings;
  MusterdStore    *store;
  MusterdEngine   *engine;
  GPtrArray       *page; /* nullable; of the last reading */
  gboolean         done;
  GError          *error; /* nullable: of the last command */
} World;

static GString *told; /* lines of the event, as "USER: text" */

static void
open_world (World *world)
{
  g_autoptr(GError) error = NULL;

  world->store = musterd_store_open (world->dir, &error);
  g_assert_no_error (error);
  world->engine = musterd_engine_new (world->clock, world->store, world->settings, &error);
  g_assert_no_error (error);
}

static void
close_world (World *world)
{
  g_clear_pointer (&world->engine, musterd_engine_free);
  g_clear_pointer (&world->store, musterd_store_close);
  fixture_rest ();
}

static void
on_command (const GError *error, gpointer data)
{
  World *world = data;

  g_clear_error (&world->error);
  world->error = error != NULL ? g_error_copy (error) : NULL;
  world->done = TRUE;
}

static void
wait_done (World *world)
{
  while (!world->done)
    g_main_context_iteration (NULL, TRUE);
  world->done = FALSE;
}

static void
set_up (World *world, G_GNUC_UNUSED gconstpointer data)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) alice = musterd_user_new (ALICE, fields, NULL, &error);

  g_assert_no_error (error);
  g_string_truncate (told, 0);
  world->dir = g_dir_make_tmp ("muster-delegations-XXXXXX", NULL);
  world->clock = musterd_clock_new_virtual (T0);
  world->settings = musterd_settings_new_default ();
  open_world (world);
  musterd_engine_put_users (world->engine, &alice, 1, MUSTERD_PUT_NEW, on_command, world);
  wait_done (world);
  g_assert_no_error (world->error);
}

static void
tear_down (World *world, G_GNUC_UNUSED gconstpointer data)
{
  g_autofree char *db = g_build_filename (world->dir, "muster.db", NULL);
  g_autofree char *lock = g_build_filename (world->dir, "lock", NULL);

  close_world (world);
  g_clear_pointer (&world->page, g_ptr_array_unref);
  g_clear_error (&world->error);
  musterd_settings_unref (world->settings);
  musterd_clock_unref (world->clock);
  g_remove (db);
  g_remove (lock);
  g_assert_cmpint (g_rmdir (world->dir), ==, 0);
  g_free (world->dir);
}

static void
on_read (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer data)
{
  World *world = data;
  g_autoptr(GError) error = NULL;

  g_clear_pointer (&world->page, g_ptr_array_unref);
  world->page = musterd_store_delegations_finish (NULL, result, &error);
  g_assert_no_error (error);
  world->done = TRUE;
}

/* "by: what; …" of all that is in the file, whether or not it is still to be shown. */
static char *
read_all (World *world)
{
  GString *text = g_string_new (NULL);

  musterd_store_delegations_async (world->store, NULL, MUSTERD_TIME_ALWAYS, 0, 100, on_read, world);
  wait_done (world);
  for (guint i = 0; i < world->page->len; i++)
    {
      const MusterdDelegation *delegation = world->page->pdata[i];

      g_assert_cmpstr (delegation->user, ==, ALICE);
      g_string_append_printf (text, "%s%s: %s", i > 0 ? "; " : "", delegation->by, delegation->what);
    }
  return g_string_free (text, FALSE);
}

#define assert_kept(world, expected)                   \
  G_STMT_START                                         \
  {                                                    \
    g_autofree char *kept = read_all (world);          \
    g_assert_cmpstr (kept, ==, expected);              \
  }                                                    \
  G_STMT_END

static void
choose (World *world, const char *tmpl, MusterdStatus status, MusterdTime until, const char *by)
{
  musterd_engine_choose (world->engine, ALICE, tmpl, status, "a secret text", until, by, on_command, world);
  wait_done (world);
}

static void
test_kinds (World *world, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr(MusterdClaim) claim = musterd_claim_new ("ews", "calendar", "key", MUSTERD_CLAIM_APPOINTMENT);
  g_autofree char *expected = NULL;
  char id[13];

  /* Nothing to go back from: nothing was done. */
  musterd_engine_automatic (world->engine, ALICE, "bob", on_command, world);
  wait_done (world);
  g_assert_no_error (world->error);
  choose (world, NULL, MUSTERD_STATUS_BUSY, MUSTERD_TIME_NEVER, "bob");
  choose (world, "Out of office", MUSTERD_STATUS_NONE, T0 + MUSTERD_HOUR, "root");
  choose (world, "no such template", MUSTERD_STATUS_NONE, MUSTERD_TIME_NEVER, "bob"); /* refused */
  choose (world, NULL, MUSTERD_STATUS_AVAILABLE, MUSTERD_TIME_NEVER, NULL);           /* by herself */
  musterd_engine_automatic (world->engine, ALICE, "bob", on_command, world);
  wait_done (world);
  claim->from = T0 + MUSTERD_HOUR;
  claim->until = T0 + 2 * MUSTERD_HOUR;
  claim->free_busy = MUSTERD_FREE_BUSY_BUSY;
  g_assert_true (musterd_engine_claim_put (world->engine, ALICE, claim, NULL));
  musterd_engine_ignore (world->engine, ALICE, "key", "bob", on_command, world);
  wait_done (world);
  musterd_engine_ignore (world->engine, ALICE, "key", NULL, on_command, world);
  wait_done (world);
  g_assert_no_error (world->error);

  musterd_claim_get_id (claim, id);
  expected = g_strdup_printf ("bob: status busy; root: template Out of office until 2026-03-02T09:00:00Z; "
                              "bob: automatic; bob: ignore %s",
                              id);
  assert_kept (world, expected);
  g_assert_cmpstr (told->str, ==,
                   "alice: bob chose in the name of alice\nalice: root chose in the name of alice\n"
                   "alice: bob went back to automatic in the name of alice\n"
                   "alice: bob left out an entry in the name of alice\n");
  close_world (world);
  open_world (world);
  assert_kept (world, expected);
}

/* What is said as an administrator's is theirs; what is said as the user's is kept. */
static void
test_grants (World *world, G_GNUC_UNUSED gconstpointer data)
{
  MusterdGrant grant = { .kind = MUSTERD_VIEWER_GROUP, .name = (char *) "Sales", .level = MUSTERD_RELATION_ASSISTANT };

  musterd_engine_grant (world->engine, ALICE, &grant, "root", on_command, world);
  wait_done (world);
  grant.own_word = TRUE;
  musterd_engine_grant (world->engine, ALICE, &grant, NULL, on_command, world);
  wait_done (world);
  musterd_engine_grant (world->engine, ALICE, &grant, "root", on_command, world);
  wait_done (world);
  musterd_engine_revoke (world->engine, ALICE, &grant, "root", on_command, world);
  wait_done (world);
  g_assert_no_error (world->error);
  assert_kept (world, "root: grant assistant group:Sales; root: revoke group:Sales");
}

static void
change_setting (World *world, const char *scope, const char *option, const char *by)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);

  g_ptr_array_add (changes, musterd_setting_change_new ("activation", option, "break", MUSTERD_POLICY_INHERIT));
  musterd_engine_change_settings (world->engine, scope, changes, by, on_command, world);
  wait_done (world);
  g_assert_no_error (world->error);
}

/* Of a user's own scope; what is set for all is an administrator's in their own name. */
static void
test_settings (World *world, G_GNUC_UNUSED gconstpointer data)
{
  MusterdTemplateEdit *edit = musterd_template_edit_new ();

  change_setting (world, "user:" ALICE, "idle", "root");
  change_setting (world, "user:" ALICE, "locked", ALICE);
  change_setting (world, "all", "idle", "root");
  musterd_engine_reset_settings (world->engine, "user:" ALICE, NULL, "root", on_command, world);
  wait_done (world);
  edit->fields = MUSTERD_TEMPLATE_NAME | MUSTERD_TEMPLATE_STATUS;
  edit->tmpl->id = g_strdup ("t-1");
  edit->tmpl->name = g_strdup ("Lab");
  edit->tmpl->status = MUSTERD_STATUS_BUSY;
  musterd_engine_add_template (world->engine, "user:" ALICE, edit, "root", on_command, world);
  wait_done (world);
  musterd_engine_remove_template (world->engine, "t-1", ALICE, ALICE, on_command, world);
  wait_done (world);
  g_assert_no_error (world->error);
  assert_kept (world, "root: settings activation.idle; root: settings reset; root: template 'Lab'");
}

/* Forgotten without anybody doing anything, and at once where less is to be kept. */
static void
test_retention (World *world, G_GNUC_UNUSED gconstpointer data)
{
  choose (world, NULL, MUSTERD_STATUS_BUSY, MUSTERD_TIME_NEVER, "bob");
  musterd_clock_set (world->clock, T0 + 89 * MUSTERD_DAY);
  fixture_rest ();
  choose (world, NULL, MUSTERD_STATUS_AVAILABLE, MUSTERD_TIME_NEVER, "bob");
  assert_kept (world, "bob: status busy; bob: status available");
  musterd_clock_set (world->clock, T0 + 90 * MUSTERD_DAY + MUSTERD_SECOND);
  fixture_rest ();
  assert_kept (world, "bob: status available");
  g_assert_cmpint (musterd_engine_get_delegations_since (world->engine), ==, T0 + MUSTERD_SECOND);

  musterd_engine_set_delegations_kept (world->engine, MUSTERD_HOUR);
  fixture_rest ();
  assert_kept (world, "");
}

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  const char *event = NULL, *user = NULL, *text = NULL;

  for (gsize i = 0; i < n_fields; i++)
    {
      if (g_str_equal (fields[i].key, "MUSTER_EVENT"))
        event = fields[i].value;
      if (g_str_equal (fields[i].key, "MUSTER_USER"))
        user = fields[i].value;
      if (g_str_equal (fields[i].key, "MESSAGE"))
        text = fields[i].value;
    }
  if (g_strcmp0 (event, "delegated") == 0)
    g_string_append_printf (told, "%s: %s\n", user, text);
  return g_log_writer_default (level, fields, n_fields, data);
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  told = g_string_new (NULL);
  g_log_set_writer_func (write_log, NULL, NULL);
  g_test_add ("/engine/delegations/kinds", World, NULL, set_up, test_kinds, tear_down);
  g_test_add ("/engine/delegations/grants", World, NULL, set_up, test_grants, tear_down);
  g_test_add ("/engine/delegations/settings", World, NULL, set_up, test_settings, tear_down);
  g_test_add ("/engine/delegations/retention", World, NULL, set_up, test_retention, tear_down);
  result = g_test_run ();
  g_string_free (told, TRUE);
  return result;
}
