/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "programs.h"

#include <string.h>

typedef struct
{
  const char *name, *raw, *shown, *key; /* shown, key: NULL where nothing is left */
} NameCase;

static const NameCase names[] = {
  { "plain", "zoom", "zoom", "zoom" },
  { "case", "Zoom", "Zoom", "zoom" },
  { "exe", "ZOOM.EXE", "ZOOM", "zoom" },
  { "only-exe", ".exe", ".exe", ".exe" },
  { "exe-inside", "zoom.exe.bin", "zoom.exe.bin", "zoom.exe.bin" },
  { "path", "/opt/zoom/zoom", "zoom", "zoom" },
  { "windows-path", "C:\\Program Files\\Zoom\\bin\\Zoom.exe", "Zoom", "zoom" },
  { "directory", "/opt/zoom/", NULL, NULL },
  { "blanks", "  Amazon   Chime ", "Amazon Chime", "amazon chime" },
  { "blank-before-exe", "zoom .exe", "zoom", "zoom" },
  { "umlaut", "TÖNE", "TÖNE", "töne" },
  { "empty", "", NULL, NULL },
  { "none", NULL, NULL, NULL },
  { "controls", "zo\x1b[31mom\n\x07", "zo [31mom", "zo [31mom" },
  { "only-controls", "\x01\x02\n", NULL, NULL },
  { "direction", "zoom\u202egnp.exe", "zoom gnp", "zoom gnp" },
  { "not-utf8", "zo\xffom", "zo\uFFFDom", "zo\uFFFDom" },
};

static void
test_name (gconstpointer data)
{
  const NameCase *c = data;
  g_autofree char *shown = micsync_process_name (c->raw);
  g_autofree char *key = micsync_program_key (c->raw);

  g_assert_cmpstr (shown, ==, c->shown);
  g_assert_cmpstr (key, ==, c->key);
}

static void
test_bounds (void)
{
  g_autofree char *long_name = g_strnfill (1 << 20, 'a');
  g_autofree char *umlauts = g_malloc0 (1001);

  for (int i = 0; i < 500; i++)
    memcpy (umlauts + 2 * i, "ä", 2);

  g_autofree char *shown = micsync_process_name (long_name);
  g_autofree char *cut = micsync_clean_text (umlauts, 5);
  g_autofree char *exact = micsync_clean_text ("abcde", 5);
  g_autofree char *blank = micsync_clean_text ("abcd e", 5);

  g_assert_cmpuint (strlen (shown), ==, MICSYNC_NAME_MAX);
  g_assert_cmpstr (cut, ==, "ää");
  g_assert_cmpstr (exact, ==, "abcde");
  g_assert_cmpstr (blank, ==, "abcd");
}

static void
test_table (void)
{
  g_autoptr(MicsyncPrograms) programs = micsync_programs_new ();
  const MicsyncProgram *program = NULL;

  micsync_programs_add (programs, "Zoom", "Zoom", TRUE);
  micsync_programs_add (programs, "Audacity", NULL, TRUE);
  micsync_programs_add (programs, "obs.exe", "", FALSE);
  micsync_programs_add (programs, "  ", "nobody", TRUE);

  program = micsync_programs_find (programs, "/usr/bin/zoom");
  g_assert_nonnull (program);
  g_assert_cmpstr (program->key, ==, "zoom");
  g_assert_cmpstr (program->text, ==, "Zoom");
  g_assert_true (program->active);

  program = micsync_programs_find (programs, "audacity");
  g_assert_nonnull (program);
  g_assert_cmpstr (program->text, ==, "Audacity");

  program = micsync_programs_find (programs, "OBS");
  g_assert_nonnull (program);
  g_assert_cmpstr (program->text, ==, "obs");
  g_assert_false (program->active);

  g_assert_null (micsync_programs_find (programs, "zoo"));
  g_assert_null (micsync_programs_find (programs, ""));

  /* What an administrator writes comes after the built-in rows. */
  micsync_programs_add (programs, "zoom.exe", "Meeting", FALSE);
  program = micsync_programs_find (programs, "zoom");
  g_assert_nonnull (program);
  g_assert_cmpstr (program->text, ==, "Meeting");
  g_assert_false (program->active);
}

/* The names that the documentation promises, by every spelling that a system uses. */
static void
test_defaults (void)
{
  static const char *const known[][2] = {
    { "Amazon Chime", "Amazon Chime" }, { "BlueJeans", "BlueJeans" }, { "Circuit", "Circuit" },
    { "CiscoCollabHost.exe", "Cisco Webex" }, { "webex", "Cisco Webex" }, { "Discord", "Discord" },
    { "chrome", "Chrome" }, { "chromium", "Chromium" }, { "g2mcomm", "GoTo Meeting" }, { "firefox", "Firefox" },
    { "firefox-esr", "Firefox" }, { "msedge", "Microsoft Edge" }, { "iexplore", "Internet Explorer" },
    { "teams", "Microsoft Teams" }, { "ms-teams.exe", "Microsoft Teams" }, { "teams-for-linux", "Microsoft Teams" },
    { "ringcentral", "RingCentral" }, { "slack", "Slack" }, { "TeamViewerMeeting", "TeamViewer Meeting" },
    { "Unify Office", "Unify Office" }, { "zoom", "Zoom" }, { "Zoom.exe", "Zoom" },
  };
  g_autoptr(MicsyncPrograms) programs = micsync_programs_new ();
  g_auto(GStrv) rows = g_strsplit (micsync_default_programs, ";", -1);
  g_autoptr(GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (char **row = rows; *row != NULL; row++)
    {
      g_auto(GStrv) cells = g_strsplit (*row, "|", -1);

      g_assert_cmpuint (g_strv_length (cells), ==, 3);
      g_assert_cmpstr (cells[2], ==, "true");
      g_assert_true (g_hash_table_add (keys, micsync_program_key (cells[0])));
      micsync_programs_add (programs, cells[0], cells[1], TRUE);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    {
      const MicsyncProgram *program = micsync_programs_find (programs, known[i][0]);

      g_assert_nonnull (program);
      g_assert_cmpstr (program->text, ==, known[i][1]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strconcat ("/micsync/programs/name/", names[i].name, NULL);

      g_test_add_data_func (path, &names[i], test_name);
    }
  g_test_add_func ("/micsync/programs/bounds", test_bounds);
  g_test_add_func ("/micsync/programs/table", test_table);
  g_test_add_func ("/micsync/programs/defaults", test_defaults);
  return g_test_run ();
}
