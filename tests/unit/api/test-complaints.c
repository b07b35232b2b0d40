/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One peer's flood: few lines, a sum, and room for the others. */
#include "api/complaints.h"

#include <string.h>

static GPtrArray *written; /* char * */

static GLogWriterOutput
on_written (GLogLevelFlags level G_GNUC_UNUSED, const GLogField *fields, gsize n_fields,
            gpointer user_data G_GNUC_UNUSED)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_ptr_array_add (written, g_strdup (fields[i].value));
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

static void
complain (MusterdComplaint kind, const char *peer, const char *text)
{
  musterd_complain (kind, peer, G_LOG_LEVEL_WARNING, "%s", text);
}

static void
test_flood (void)
{
  musterd_complaints_begin (g_main_context_default ());
  for (guint i = 0; i < 10000; i++)
    complain (MUSTERD_COMPLAINT_CONNECTION, "192.0.2.1", "flood");
  complain (MUSTERD_COMPLAINT_CONNECTION, "192.0.2.2", "other peer");
  complain (MUSTERD_COMPLAINT_ANSWER, "192.0.2.1", "other kind");
  /* One more for each ten seconds that this has taken. */
  g_assert_cmpuint (n_written ("flood"), >=, 5);
  g_assert_cmpuint (n_written ("flood"), <, 20);
  g_assert_cmpuint (n_written ("other peer"), ==, 1);
  g_assert_cmpuint (n_written ("other kind"), ==, 1);
  g_assert_cmpuint (musterd_complaints_get_n_left_out () + written->len, ==, 10002);
  musterd_complaints_summarise ();
  g_assert_cmpuint (n_written ("more lines about connections in the last "), ==, 1);
  g_assert_cmpuint (n_written ("more lines about answers"), ==, 0);
  musterd_complaints_end ();
  g_assert_cmpuint (n_written ("more lines"), ==, 1);
}

/* From everywhere at once. */
static void
test_many_peers (void)
{
  musterd_complaints_begin (g_main_context_default ());
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *peer = g_strdup_printf ("peer %u", i);

      complain (MUSTERD_COMPLAINT_CONNECTION, peer, "flood");
    }
  g_assert_cmpuint (n_written ("flood"), >=, 50);
  g_assert_cmpuint (n_written ("flood"), <, 200);
  /* Said at the end, too. */
  musterd_complaints_end ();
  g_assert_cmpuint (n_written ("more lines about connections in the last "), ==, 1);
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
  g_test_add_data_func ("/api/complaints/flood", (gconstpointer) test_flood, run);
  g_test_add_data_func ("/api/complaints/many-peers", (gconstpointer) test_many_peers, run);
  result = g_test_run ();
  g_ptr_array_unref (written);
  return result;
}
