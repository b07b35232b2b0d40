/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What instances have to say: floods of it, and whoever waits for a line. */
#define G_LOG_DOMAIN "test-host"

#include "fixture.h"

static guint
n_notes (Fixture *f, const char *instance)
{
  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, instance);

  return info->notes->len;
}

static void
test_flood_of_lines (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdLogPage) page = NULL;
  g_autoptr(MusterdInstanceInfo) info = NULL;

  fixture_install (f, "floods");
  fixture_apply (f, "[floods]\nwhat=logs\nn=50000\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "floods"), "online"));
  musterd_host_sync (f->host, "floods", NULL, &error);
  g_assert_no_error (error);
  WAIT_FOR (f, n_notes (f, "floods") > 0);

  /* A burst, then 200 a second; the ring holds the last 500. */
  info = fixture_info (f, "floods");
  g_assert_cmpuint (info->n_messages, <, 40000);
  page = fixture_read (f, "floods");
  g_assert_cmpuint (page->lines->len, ==, MUSTERD_LOG_LINES);
}

/* The instance goes before its time to say how many lines were left out: it is said then. */
static void
test_flood_before_the_end (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const MusterdHostLimits limits = { .busy = 60 * G_TIME_SPAN_SECOND, .stop = 5 * G_TIME_SPAN_SECOND,
                                     .test = 30 * G_TIME_SPAN_SECOND, .summary = G_TIME_SPAN_HOUR };
  g_autoptr(GError) error = NULL;

  fixture_install (f, "floods");
  musterd_host_set_limits (f->host, &limits);
  fixture_apply (f, "[floods]\nwhat=logs\nn=5000\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "floods"), "online"));
  musterd_host_sync (f->host, "floods", NULL, &error);
  g_assert_no_error (error);
  WAIT_FOR (f, n_notes (f, "floods") > 0);
  g_assert_cmpuint (fixture_n_logged ("floods", "*more lines of its own (info) in the last * were not written"), ==, 0);
  fixture_apply (f, "");
  WAIT_FOR (f, fixture_n_logged ("floods", "*more lines of its own (info) in the last * were not written") == 1);
}

/* Its state is said as often as is good for a disk, and how it ended always. */
static void
test_flapping (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const MusterdHostLimits limits = { .busy = 60 * G_TIME_SPAN_SECOND, .stop = 5 * G_TIME_SPAN_SECOND,
                                     .test = 30 * G_TIME_SPAN_SECOND, .summary = G_TIME_SPAN_MILLISECOND };
  g_autoptr(GError) error = NULL;

  fixture_install (f, "floods");
  musterd_host_set_limits (f->host, &limits);
  fixture_apply (f, "[floods]\nwhat=health\nn=3000\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "floods"), "online"));
  musterd_host_sync (f->host, "floods", NULL, &error);
  g_assert_no_error (error);
  WAIT_FOR (f, g_str_equal (fixture_state (f, "floods"), "degraded"));
  WAIT_FOR (f, fixture_count (f, "floods", "*changes of its state in the last * s were not written; now it is degraded")
                   == 1);
  g_assert_cmpuint (fixture_count (f, "floods", "offline") + fixture_count (f, "floods", "online"), <=, 40);
}

/* Whoever waits for a line. */

typedef struct
{
  guint           n_done;
  MusterdLogPage *page;  /* nullable */
  GError         *error; /* nullable */
} Reader;

static void
on_page (MusterdLogPage *page, const GError *error, gpointer user_data)
{
  Reader *reader = user_data;

  reader->n_done++;
  g_clear_pointer (&reader->page, musterd_log_page_free);
  reader->page = page;
  g_clear_error (&reader->error);
  reader->error = error != NULL ? g_error_copy (error) : NULL;
}

static void
test_follow (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  Reader reader = { 0 }, second = { 0 };
  g_autoptr(GError) error = NULL;
  guint64 last;

  fixture_install (f, "floods");
  fixture_apply (f, "[floods]\nwhat=logs\nn=1\n");
  WAIT_FOR (f, g_str_equal (fixture_state (f, "floods"), "online"));
  musterd_host_follow_log (f->host, "floods", 0, G_TIME_SPAN_MINUTE, on_page, &reader);
  g_assert_cmpuint (reader.n_done, ==, 1);
  g_assert_cmpuint (reader.page->lines->len, >, 0);
  last = reader.page->last;

  musterd_host_follow_log (f->host, "floods", last, G_TIME_SPAN_MINUTE, on_page, &reader);
  musterd_host_follow_log (f->host, "floods", last, G_TIME_SPAN_MILLISECOND, on_page, &second);
  g_assert_cmpuint (reader.n_done, ==, 1);
  WAIT_FOR (f, second.n_done == 1);
  g_assert_cmpuint (second.page->lines->len, ==, 0);
  g_assert_cmpuint (second.page->last, ==, last);
  g_assert_cmpuint (reader.n_done, ==, 1);

  musterd_host_sync (f->host, "floods", NULL, &error);
  g_assert_no_error (error);
  WAIT_FOR (f, reader.n_done == 2);
  g_assert_cmpuint (reader.page->lines->len, ==, 1);
  g_assert_cmpstr (((MusterdLogLine *) g_ptr_array_index (reader.page->lines, 0))->text, ==, "line 0");
  g_assert_cmpuint (((MusterdLogLine *) g_ptr_array_index (reader.page->lines, 0))->serial, ==, last + 1);

  /* It goes while somebody waits; stopping says one line more. */
  musterd_host_follow_log (f->host, "floods", last + 1, G_TIME_SPAN_MINUTE, on_page, &reader);
  fixture_apply (f, "");
  WAIT_FOR (f, reader.n_done == 3);
  if (reader.error == NULL)
    {
      musterd_host_follow_log (f->host, "floods", reader.page->last, G_TIME_SPAN_MINUTE, on_page, &reader);
      WAIT_FOR (f, reader.error != NULL);
    }
  g_assert_error (reader.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  musterd_host_follow_log (f->host, "floods", 0, 0, on_page, &second);
  g_assert_error (second.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_clear_error (&reader.error);
  g_clear_error (&second.error);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("/host/lines/flood", test_flood_of_lines);
  ADD ("/host/lines/flood-before-the-end", test_flood_before_the_end);
  ADD ("/host/lines/flapping", test_flapping);
  ADD ("/host/lines/follow", test_follow);
  return g_test_run ();
}
