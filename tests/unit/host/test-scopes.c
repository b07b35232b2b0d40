/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What scopes say of a user, as plugins see it. */
#define G_LOG_DOMAIN "test-host"

#include "engine/scopes.h"
#include "fixture.h"

#define ALICE "alice@example.com"

/* `option`, `value`, …, NULL. */
static MusterdSettings *
settings_new (const char *option, ...)
{
  MusterdSettings *settings = musterd_settings_new_default ();
  va_list args;

  settings->options = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  va_start (args, option);
  for (const char *name = option; name != NULL; name = va_arg (args, const char *))
    g_hash_table_insert (settings->options, g_strdup (name), g_strdup (va_arg (args, const char *)));
  va_end (args);
  return settings;
}

static guint
seen (Fixture *f, const char *what)
{
  g_autofree char *pattern = g_strdup_printf ("user " ALICE " %s", what);

  return fixture_count (f, "mailbox", pattern);
}

static void
begin (Fixture *f, const char *keyfile)
{
  fixture_install (f, "mailbox good");
  fixture_add_user (f, ALICE, NULL);
  fixture_apply (f, keyfile);
  WAIT_FOR (f, fixture_count (f, "mailbox", "complete") == 1);
}

static void
test_options (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, "[mailbox]\nEnabled=optional\ncolour=red\nrows=c|3\n");
  g_assert_cmpuint (seen (f, "* colour=red rows=3"), ==, 1);

  fixture_set_settings (f, settings_new ("mailbox.colour", "green", "good.colour", "pink", NULL));
  WAIT_FOR (f, seen (f, "* colour=green rows=3") == 1);
  /* Rows lie over those of the instance, which lie over the default's. */
  fixture_set_settings (f, settings_new ("mailbox.rows", "a|7;d|4", NULL));
  WAIT_FOR (f, seen (f, "* colour=red rows=4") == 1);

  /* What does not fit is as if it were not there, and is said once. */
  fixture_set_settings (f, settings_new ("mailbox.colour", "purple", NULL));
  WAIT_FOR (f, seen (f, "* colour=red rows=3") == 2);
  fixture_set_settings (f, settings_new ("mailbox.colour", "pink", NULL));
  WAIT_FOR (f, seen (f, "* colour=red rows=3") == 3);
  g_assert_cmpuint (fixture_n_logged ("mailbox", "*mailbox.colour that does not fit*"), ==, 1);
}

static void
on_set (const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

/* The options of a plugin are blocks of the engine's scopes as soon as it is opened. */
static void
test_blocks (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  GPtrArray *changes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);
  gboolean set = FALSE;

  begin (f, "[mailbox]\nEnabled=optional\n");
  fixture_add_user (f, ALICE, "location", "Berlin", NULL);
  g_ptr_array_add (changes, musterd_setting_change_new ("mailbox", "colour", "green", MUSTERD_POLICY_INHERIT));
  musterd_engine_change_settings (f->engine, "location:Berlin", changes, NULL, on_set, &set);
  WAIT_FOR (f, set && seen (f, "* colour=green *") == 1);

  fixture_restart (f);
  fixture_apply (f, "[mailbox]\nEnabled=optional\n");
  WAIT_FOR (f, seen (f, "* colour=green *") == 1);
}

/* Who sees nothing different is told nothing. */
static void
test_told_of_changes (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, "[mailbox]\nEnabled=optional\n[good]\nEnabled=optional\n");
  WAIT_FOR (f, fixture_count (f, "good", "user " ALICE "*") == 1);
  fixture_set_settings (f, settings_new ("good.colour", "red", NULL));
  WAIT_FOR (f, fixture_count (f, "good", "user " ALICE " * colour=red") == 1);
  fixture_set_settings (f, settings_new ("good.colour", "red", "mailbox.colour", "red", NULL));
  WAIT_FOR (f, seen (f, "*") == 2);
  g_assert_cmpuint (fixture_count (f, "good", "user " ALICE "*"), ==, 2);
}

static void
test_zone_and_days (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  MusterdSettings *settings = settings_new (NULL, NULL);

  begin (f, "[mailbox]\nEnabled=optional\n");
  settings->zone = "Asia/Tokyo";
  settings->language = "ja";
  settings->days_ahead = 7;
  fixture_set_settings (f, settings);
  WAIT_FOR (f, seen (f, "zone=Asia/Tokyo language=ja days=7 *") == 1);
  /* It may have sent too much, or too little. */
  WAIT_FOR (f, fixture_count (f, "mailbox", "sync " ALICE) == 1);
  fixture_add_user (f, ALICE, "zone", "Europe/Berlin", "language", "de", NULL);
  WAIT_FOR (f, seen (f, "zone=Europe/Berlin language=de days=7 *") == 1);
  g_assert_cmpuint (fixture_count (f, "mailbox", "sync *"), ==, 1);

  settings = settings_new (NULL, NULL);
  settings->days_ahead = 7;
  settings->subject_as_text = TRUE;
  fixture_set_settings (f, settings);
  WAIT_FOR (f, fixture_count (f, "mailbox", "sync " ALICE) == 2);

  /* What a rule asks of a subject was judged when the claim came. */
  settings = settings_new (NULL, NULL);
  settings->days_ahead = 7;
  settings->subject_as_text = TRUE;
  settings->rules_stamp = 1;
  fixture_set_settings (f, settings);
  WAIT_FOR (f, fixture_count (f, "mailbox", "sync " ALICE) == 3);
  g_assert_cmpuint (seen (f, "*"), ==, 3);
}

/* Switched off for the user: sources and sinks alike have the user no more. */
static void
test_not_in_use (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  MusterdSettings *settings = settings_new (NULL, NULL);

  begin (f, "[mailbox]\nEnabled=optional\n[good]\nEnabled=optional\n");
  WAIT_FOR (f, fixture_count (f, "good", "apply " ALICE "*") == 1);
  fixture_tell (f, "mailbox", "calendar " ALICE " a");
  WAIT_FOR (f, fixture_n_claims (f, ALICE, "mailbox") == 1);
  WAIT_FOR (f, fixture_count (f, "good", "apply " ALICE "*") == 2);

  settings->in_use = FALSE;
  fixture_set_settings (f, settings);
  WAIT_FOR (f, fixture_count (f, "mailbox", "gone " ALICE) == 1 && fixture_count (f, "good", "gone " ALICE) == 1);
  g_assert_cmpuint (fixture_n_claims (f, ALICE, "mailbox"), ==, 0);

  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, "good");

  g_assert_cmpuint (info->sink.n_slots, ==, 0);
  g_assert_cmpuint (info->n_users, ==, 0);
  fixture_set_settings (f, musterd_settings_new_default ());
  WAIT_FOR (f, seen (f, "*") == 2 && fixture_count (f, "good", "apply " ALICE "*") == 3);
}

int
main (int argc, char *argv[])
{
  fixture_init (&argc, &argv);
#define TEST(name, func) g_test_add ("/host/scopes/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  TEST ("options", test_options);
  TEST ("blocks", test_blocks);
  TEST ("told-of-changes", test_told_of_changes);
  TEST ("zone-and-days", test_zone_and_days);
  TEST ("not-in-use", test_not_in_use);
#undef TEST
  return g_test_run ();
}
