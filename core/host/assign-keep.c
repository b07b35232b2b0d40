/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of an assignment: the record "calendar" about the user, one line for each thing:
 *
 *   holder INSTANCE
 *   refused SINCE AGAIN INSTANCE TEXT
 *
 * Written behind: where the last of it is lost, a source is asked once more than it had to be. */
#define G_LOG_DOMAIN "muster-host"

#include "host/assign.h"

#include <string.h>

#define KEY "calendar"
#define PAGE 1000

void
musterd_assign_save (MusterdHost *host, const char *user, const MusterdAssignment *assignment)
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GBytes) value = NULL;
  MusterdBatch *batch;

  if (host->services.store == NULL)
    return;
  if (assignment != NULL && assignment->holder != NULL)
    g_string_append_printf (text, "holder %s\n", assignment->holder);
  for (guint i = 0; assignment != NULL && assignment->refusals != NULL && i < assignment->refusals->len; i++)
    {
      const MusterdRefusing *refusing = g_ptr_array_index (assignment->refusals, i);
      const gsize before = text->len;

      if (refusing->node.at == MUSTERD_TIME_NEVER)
        continue;
      g_string_append_printf (text, "refused %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %s %s\n", refusing->since,
                              refusing->node.at, refusing->instance, refusing->text);
      if (text->len > MUSTER_RECORD_MAX)
        g_string_truncate (text, before); /* it will be asked again after a restart */
    }
  if (text->len > 0)
    value = g_bytes_new (text->str, text->len);
  batch = musterd_batch_new ();
  musterd_batch_put_record (batch, MUSTERD_OWN_INSTANCE, user, KEY, value);
  musterd_store_write (host->services.store, batch, FALSE, NULL, NULL);
}

static void
load_line (MusterdHost *host, MusterdAssignment *assignment, const char *line)
{
  g_auto(GStrv) words = g_strsplit (line, " ", 5);
  const guint n = g_strv_length (words);

  if (n == 2 && g_str_equal (words[0], "holder"))
    {
      g_clear_pointer (&assignment->holder, musterd_intern_release);
      assignment->holder = musterd_intern (words[1]);
    }
  else if (n == 5 && g_str_equal (words[0], "refused"))
    {
      const MusterdTime now = musterd_clock_now (host->services.clock);
      const MusterdTime again = g_ascii_strtoll (words[2], NULL, 10);

      musterd_assignment_refuse (host->assignments, assignment, words[3], g_ascii_strtoll (words[1], NULL, 10),
                                 CLAMP (again, now, now + 2 * MUSTERD_DAY), words[4]);
    }
}

static void
load_record (MusterdHost *host, const MusterdRecord *record)
{
  gsize size = 0;
  const char *bytes = g_bytes_get_data (record->value, &size);
  g_autofree char *text = g_strndup (bytes, size);
  g_auto(GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      load_line (host, musterd_assignment_get (host->assignments, record->user), lines[i]);
}

static void on_read (GObject *object, GAsyncResult *result, gpointer user_data);

static void
read_page (MusterdHost *host, const MusterdRecord *after)
{
  musterd_store_records_async (host->services.store, MUSTERD_OWN_INSTANCE, after, PAGE, on_read,
                               musterd_host_link_ref (host->link));
}

static void
on_read (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  MusterdHostLink *link = user_data;
  MusterdHost *host = link->host;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) records = NULL;

  musterd_host_link_unref (link);
  if (host == NULL)
    return;
  records = musterd_store_records_finish (host->services.store, result, &error);
  if (records == NULL)
    g_warning ("reading which source has whose calendar: %s; the sources are asked again", error->message);
  for (guint i = 0; records != NULL && i < records->len; i++)
    {
      const MusterdRecord *record = g_ptr_array_index (records, i);

      if (record->user != NULL && g_str_equal (record->key, KEY)
          && musterd_engine_get_user (host->services.engine, record->user) != NULL)
        load_record (host, record);
    }
  if (records != NULL && records->len > 0)
    read_page (host, g_ptr_array_index (records, records->len - 1));
  else
    musterd_assign_known (host);
}

void
musterd_assign_load (MusterdHost *host)
{
  if (host->services.store != NULL)
    read_page (host, NULL);
  else
    musterd_assign_known (host);
}
