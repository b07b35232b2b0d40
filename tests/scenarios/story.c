/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plays the stories beside this file: a folder per case, in it `story`, one thing that happens or is expected per line.
 * The language is explained in README.md. */
#define G_LOG_DOMAIN "muster-scenario"

#include <stdio.h>
#include <string.h>

#include "line.h"

static void
line_free (gpointer data)
{
  Line *line = data;

  g_free (line->whom);
  g_strfreev (line->words);
  g_free (line);
}

static void
play (const Line *line)
{
  const Verb *const tables[] = { line_happen_verbs, line_manage_verbs, line_expect_verbs };

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const Verb *verb = tables[i]; verb->name != NULL; verb++)
      if (g_str_equal (verb->name, line->words[0]))
        {
          verb->func (line);
          return;
        }
  line_reject (line, "nobody knows how to '%s'", line->words[0]);
}

static void
set_day (World *world, const char *text)
{
  if (sscanf (text, "%d-%d-%d", &world->year, &world->month, &world->day) != 3)
    g_error ("'%s' is not a day", text);
}

/* The word, which is the first, is taken away. */
static char *
take_word (char **words)
{
  char *word = words[0];

  memmove (words, words + 1, sizeof *words * g_strv_length (words));
  return word;
}

/* Where and when; FALSE: the line says no more. */
static gboolean
set_scene (World *world, const Line *line)
{
  if (g_str_equal (line->words[0], "zone"))
    {
      g_free (world->zone);
      world->zone = g_strdup (line_word (line, 1));
      return FALSE;
    }
  if (g_str_equal (line->words[0], "day"))
    {
      set_day (world, line_word (line, 1));
      return FALSE;
    }
  if (!world->begun)
    {
      musterd_clock_set (world->clock, world_time (world, "00:00"));
      world_start (world);
    }
  if (g_ascii_isdigit (line->words[0][0]))
    {
      g_autofree char *text = take_word (line->words);
      MusterdTime when = world_time (world, text);

      if (musterd_clock_now (world->clock) > when && !g_str_equal (line_word (line, 0), "clock"))
        line_reject (line, "%s is past", text);
      if (musterd_clock_now (world->clock) < when)
        world_go (world, when);
    }
  return TRUE;
}

static Line *
read_line (World *world, const char *file, guint number, const char *text)
{
  g_autoptr(GError) error = NULL;
  char **words = NULL;
  Line *line;
  guint n;

  if (!g_shell_parse_argv (text, NULL, &words, &error))
    {
      if (!g_error_matches (error, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING))
        g_error ("%s:%u: %s", file, number, error->message);
      return NULL;
    }
  line = g_new0 (Line, 1);
  *line = (Line){ .world = world, .file = file, .number = number, .words = words };
  n = g_strv_length (words);
  line->hurried = g_str_equal (words[n - 1], "and");
  if (line->hurried)
    g_clear_pointer (&words[n - 1], g_free);
  return line;
}

static void
test_story (gconstpointer data)
{
  const char *path = data;
  g_autofree char *text = NULL;
  g_autoptr(GError) error = NULL;
  g_auto(GStrv) texts = NULL;
  g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func (line_free);
  World *world = world_new ();

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  texts = g_strsplit (text, "\n", -1);
  for (guint i = 0; texts[i] != NULL; i++)
    {
      Line *line = read_line (world, path, i + 1, texts[i]);

      if (line == NULL)
        continue;
      g_ptr_array_add (lines, line); /* answers may come later */
      if (!set_scene (world, line))
        continue;
      if (g_str_has_suffix (line_word (line, 0), ":"))
        {
          line->whom = take_word (line->words);
          line->whom[strlen (line->whom) - 1] = '\0';
        }
      else
        line->whom = g_strdup ("alice");
      line_word (line, 0);
      play (line);
      if (world->engine != NULL && !line->hurried)
        world_rest (world);
    }
  world_free (world);
}

int
main (int argc, char **argv)
{
  const char *root = g_getenv ("MUSTER_SCENARIOS");
  g_autoptr(GDir) dir = NULL;
  g_autoptr(GError) error = NULL;
  const char *name;

  g_test_init (&argc, &argv, NULL);
  g_assert_nonnull (root);
  dir = g_dir_open (root, 0, &error);
  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (root, name, "story", NULL);
      g_autofree char *test = g_strconcat ("/scenario/", name, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        g_test_add_data_func_full (test, g_steal_pointer (&path), test_story, g_free);
    }
  return g_test_run ();
}
