/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The log of one instance: what is kept, what is written with which fields, and what is too much. */
#define G_LOG_DOMAIN "test-host"

#include "host/log.h"

#include <string.h>

static GPtrArray *written; /* char *: "FIELD=value" of each line, a line break between fields */

static GLogWriterOutput
on_written (GLogLevelFlags level G_GNUC_UNUSED, const GLogField *fields, gsize n_fields,
            gpointer user_data G_GNUC_UNUSED)
{
  g_autoptr(GString) line = g_string_new ("\n");

  for (gsize i = 0; i < n_fields; i++)
    g_string_append_printf (line, "%s=%s\n", fields[i].key, (const char *) fields[i].value);
  g_ptr_array_add (written, g_strdup (line->str));
  return G_LOG_WRITER_HANDLED;
}

static guint
n_written (const char *part)
{
  guint n = 0;

  for (guint i = 0; i < written->len; i++)
    n += strstr (g_ptr_array_index (written, i), part) != NULL;
  return n;
}

static gboolean
add (MusterdLog *log, MusterdLogKind kind, MusterLogLevel level, const char *text)
{
  return musterd_log_add (log, kind, level, 1, &(MusterdLogFields){ .instance = "good" }, text);
}

static const char *
text_of (const MusterdLogPage *page, guint i)
{
  return ((const MusterdLogLine *) g_ptr_array_index (page->lines, i))->text;
}

static void
test_kept (void)
{
  g_autofree char *long_text = g_strnfill (3 * MUSTERD_LOG_TEXT_MAX, 'x');
  g_autoptr(MusterdLogPage) page = NULL;
  MusterdLog log;

  musterd_log_init (&log, 5000);
  for (guint i = 0; i < MUSTERD_LOG_LINES; i++)
    add (&log, MUSTERD_LOG_RARE, MUSTER_LOG_INFO, "line");
  add (&log, MUSTERD_LOG_RARE, MUSTER_LOG_WARNING, "one\n[other] line\r\x1b[2J");
  add (&log, MUSTERD_LOG_RARE, MUSTER_LOG_WARNING, "\xff");
  add (&log, MUSTERD_LOG_RARE, MUSTER_LOG_WARNING, long_text);
  add (&log, MUSTERD_LOG_RARE, MUSTER_LOG_DEBUG, "for developers only");
  page = musterd_log_read (&log, 0);
  g_assert_cmpuint (page->lines->len, ==, MUSTERD_LOG_LINES);
  g_assert_cmpuint (((MusterdLogLine *) g_ptr_array_index (page->lines, 0))->serial, ==, 5 + 4);
  g_assert_cmpuint (page->last, ==, 5 + MUSTERD_LOG_LINES + 3);
  /* One line stays one line, whatever a server answers. */
  g_assert_cmpstr (text_of (page, MUSTERD_LOG_LINES - 3), ==, "one [other] line  [2J");
  g_assert_true (g_utf8_validate (text_of (page, MUSTERD_LOG_LINES - 2), -1, NULL));
  g_assert_cmpuint (strlen (text_of (page, MUSTERD_LOG_LINES - 1)), ==, MUSTERD_LOG_TEXT_MAX);
  musterd_log_clear (&log);
}

static void
test_read (void)
{
  static const struct
  {
    guint64 after;
    guint   n;
  } cases[] = { { 0, 3 }, { 4, 3 }, { 5, 3 }, { 6, 2 }, { 7, 1 }, { 8, 0 }, { 9, 3 }, { G_MAXINT64, 3 } };
  MusterdLog log;

  musterd_log_init (&log, 5999);
  for (guint i = 0; i < 3; i++)
    add (&log, MUSTERD_LOG_RARE, MUSTER_LOG_INFO, "line");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr(MusterdLogPage) page = musterd_log_read (&log, cases[i].after);

      g_assert_cmpuint (page->lines->len, ==, cases[i].n);
      g_assert_cmpuint (page->last, ==, 8);
    }
  musterd_log_clear (&log);
}

static void
test_fields (void)
{
  const MusterdLogFields fields = { .event = MUSTERD_EVENT_INSTANCE_STATE, .instance = "good", .user = "alice",
                                    .state = "online" };
  g_autofree char *id = g_strdup_printf ("\nMESSAGE_ID=%s\n", musterd_event_get_id (MUSTERD_EVENT_INSTANCE_STATE));
  MusterdLog log;

  musterd_log_init (&log, 0);
  musterd_log_add (&log, MUSTERD_LOG_STATE, MUSTER_LOG_WARNING, 1, &fields, "offline");
  g_assert_cmpuint (written->len, ==, 1);
  g_assert_cmpuint (n_written ("\nMESSAGE=[good] offline\n"), ==, 1);
  g_assert_cmpuint (n_written ("\nPRIORITY=4\n"), ==, 1);
  g_assert_cmpuint (n_written ("\nMUSTER_INSTANCE=good\n"), ==, 1);
  g_assert_cmpuint (n_written ("\nMUSTER_USER=alice\n"), ==, 1);
  g_assert_cmpuint (n_written ("\nMUSTER_STATE=online\n"), ==, 1);
  g_assert_cmpuint (n_written ("\nMUSTER_EVENT=instance-state\n"), ==, 1);
  g_assert_cmpuint (n_written (id), ==, 1);
  /* What is about nobody and is no event has no such field, not an empty one. */
  add (&log, MUSTERD_LOG_OWN, MUSTER_LOG_INFO, "plain");
  g_assert_cmpuint (n_written ("MUSTER_USER="), ==, 1);
  g_assert_cmpuint (n_written ("MUSTER_EVENT="), ==, 1);
  g_assert_cmpuint (n_written ("MESSAGE_ID="), ==, 1);
  musterd_log_clear (&log);
}

/* What one of them floods takes nothing from the others, none is lost from the count, and it is said how many. */
static void
test_limits (void)
{
  const MusterdLogStanding offline = { .instance = "good", .state = "offline", .is_alarming = TRUE };
  MusterdLog log;

  musterd_log_init (&log, 0);
  for (guint i = 0; i < 10000; i++)
    add (&log, MUSTERD_LOG_OWN, MUSTER_LOG_INFO, "chatter");
  for (guint i = 0; i < 10000; i++)
    add (&log, MUSTERD_LOG_NOISE, MUSTER_LOG_WARNING, "refused");
  for (guint i = 0; i < 10000; i++)
    add (&log, MUSTERD_LOG_OWN, MUSTER_LOG_DEBUG, "debug");
  g_assert_true (add (&log, MUSTERD_LOG_OWN, MUSTER_LOG_WARNING, "its own warning"));
  g_assert_true (add (&log, MUSTERD_LOG_STATE, MUSTER_LOG_WARNING, "offline"));
  g_assert_true (add (&log, MUSTERD_LOG_THREAD, MUSTER_LOG_WARNING, "stuck"));
  g_assert_true (add (&log, MUSTERD_LOG_ACTION, MUSTER_LOG_MESSAGE, "a person must act"));
  g_assert_true (add (&log, MUSTERD_LOG_RARE, MUSTER_LOG_MESSAGE, "paused"));
  /* A machine that is slow lets a few more through, one for each second. */
  g_assert_cmpuint (n_written ("] chatter\n"), >=, 500);
  g_assert_cmpuint (n_written ("] chatter\n"), <, 700);
  g_assert_cmpuint (n_written ("] refused\n"), >=, 20);
  g_assert_cmpuint (n_written ("] refused\n"), <, 220);
  g_assert_cmpuint (n_written ("] debug\n"), ==, 10000);
  g_assert_cmpuint (log.n_written, ==, written->len);
  g_assert_cmpuint (log.n_written + log.n_left_out, ==, 30005);

  musterd_log_summarise (&log, 2, &offline);
  g_assert_cmpuint (n_written ("more lines of its own (info) in the last "), ==, 1);
  g_assert_cmpuint (n_written ("more lines about what it did wrong in the last "), ==, 1);
  g_assert_cmpuint (n_written ("\nMUSTER_EVENT=lines-left-out\n"), ==, 2);
  musterd_log_summarise (&log, 3, &offline);
  g_assert_cmpuint (n_written ("\nMUSTER_EVENT=lines-left-out\n"), ==, 2);

  musterd_log_add_left_out (&log, 17);
  musterd_log_summarise (&log, 5, &offline);
  g_assert_cmpuint (n_written ("17 more lines of its own (info) in the last 1 s were not written\n"), ==, 1);
  musterd_log_clear (&log);
}

static const char *
last_written (void)
{
  return g_ptr_array_index (written, written->len - 1);
}

/* Of what flaps, the last word is an event as any other, with the fields and the level of how it is now. */
static void
test_last_word (void)
{
  static const struct
  {
    MusterdLogKind     kind;
    MusterdLogStanding standing;
    const char        *parts[4];
  } cases[] = {
    { MUSTERD_LOG_STATE, { "good", "failed", TRUE, FALSE, 0 },
      { "\nMUSTER_EVENT=instance-state\n", "\nMUSTER_STATE=failed\n", "\nPRIORITY=4\n", "now it is failed\n" } },
    { MUSTERD_LOG_STATE, { "good", "degraded", FALSE, FALSE, 0 },
      { "\nMUSTER_EVENT=instance-state\n", "\nMUSTER_STATE=degraded\n", "\nPRIORITY=5\n", "now it is degraded\n" } },
    { MUSTERD_LOG_THREAD, { "good", "online", FALSE, TRUE, 0 },
      { "\nMUSTER_EVENT=instance-stuck\n", "\nPRIORITY=4\n", "now it does not respond\n",
        "\nMUSTER_INSTANCE=good\n" } },
    { MUSTERD_LOG_THREAD, { "good", "online", FALSE, FALSE, 0 },
      { "\nMUSTER_EVENT=instance-responds\n", "\nPRIORITY=5\n", "now it responds\n", "\nMUSTER_INSTANCE=good\n" } },
    { MUSTERD_LOG_ACTION, { "good", "online", FALSE, FALSE, 3 },
      { "\nMUSTER_EVENT=action-needed\n", "\nPRIORITY=5\n", "now 3 wait ", "\nMUSTER_INSTANCE=good\n" } },
    { MUSTERD_LOG_ACTION, { "good", "online", FALSE, FALSE, 0 },
      { "\nMUSTER_EVENT=lines-left-out\n", "\nPRIORITY=4\n", "now 0 wait ", "\nMUSTER_INSTANCE=good\n" } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      MusterdLog log;

      musterd_log_init (&log, 0);
      for (guint n = 0; n < 1000; n++)
        add (&log, cases[i].kind, MUSTER_LOG_MESSAGE, "flaps");
      musterd_log_summarise (&log, 4, &cases[i].standing);
      for (gsize k = 0; k < G_N_ELEMENTS (cases[i].parts); k++)
        g_assert_nonnull (strstr (last_written (), cases[i].parts[k]));
      musterd_log_clear (&log);
    }
}

static void
run (gconstpointer data)
{
  g_ptr_array_set_size (written, 0);
  ((void (*) (void)) (gpointer) data) ();
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  written = g_ptr_array_new_with_free_func (g_free);
  g_log_set_writer_func (on_written, NULL, NULL);
  g_test_add_data_func ("/host/log/kept", (gconstpointer) test_kept, run);
  g_test_add_data_func ("/host/log/read", (gconstpointer) test_read, run);
  g_test_add_data_func ("/host/log/fields", (gconstpointer) test_fields, run);
  g_test_add_data_func ("/host/log/last-word", (gconstpointer) test_last_word, run);
  g_test_add_data_func ("/host/log/limits", (gconstpointer) test_limits, run);
  result = g_test_run ();
  g_ptr_array_unref (written);
  return result;
}
