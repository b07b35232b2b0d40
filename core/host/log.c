/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/log.h"

#include <string.h>

static const struct
{
  guint  burst;
  gint64 interval;
} limits[MUSTERD_N_LOG_KINDS] = {
  [MUSTERD_LOG_OWN] = { 500, G_TIME_SPAN_SECOND },
  [MUSTERD_LOG_NOISE] = { 20, G_TIME_SPAN_SECOND },
  [MUSTERD_LOG_STATE] = { 20, 10 * G_TIME_SPAN_SECOND },
  [MUSTERD_LOG_THREAD] = { 20, 10 * G_TIME_SPAN_SECOND },
  [MUSTERD_LOG_ACTION] = { 20, G_TIME_SPAN_SECOND },
};

static void
line_free (gpointer data)
{
  MusterdLogLine *line = data;

  g_free (line->user);
  g_free (line->text);
  g_free (line);
}

static MusterdLogLine *
line_new (guint64 serial, MusterdTime time, MusterLogLevel level, const char *user, const char *text)
{
  MusterdLogLine *line = g_new0 (MusterdLogLine, 1);

  line->serial = serial;
  line->time = time;
  line->level = level;
  line->user = g_strdup (user);
  line->text = g_strdup (text);
  return line;
}

void
musterd_log_init (MusterdLog *log, gint64 now)
{
  memset (log, 0, sizeof *log);
  g_queue_init (&log->lines);
  /* Milliseconds: no instance says a thousand lines a second for long. */
  log->last = (guint64) MAX (now, 0) / 1000;
}

void
musterd_log_clear (MusterdLog *log)
{
  g_queue_clear_full (&log->lines, line_free);
}

/* One line stays one line, or a plugin (or what it talks to) could write lines in another's name. */
static char *
one_line (const char *text)
{
  const gsize length = strnlen (text, MUSTERD_LOG_TEXT_MAX);
  g_autofree char *cut = g_strndup (text, length);
  char *valid = g_utf8_make_valid (cut, -1);

  for (char *p = valid; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  return valid;
}

static GLogLevelFlags
log_flags (MusterLogLevel level)
{
  switch (level)
    {
    case MUSTER_LOG_DEBUG:
      return G_LOG_LEVEL_DEBUG;
    case MUSTER_LOG_INFO:
      return G_LOG_LEVEL_INFO;
    case MUSTER_LOG_MESSAGE:
      return G_LOG_LEVEL_MESSAGE;
    case MUSTER_LOG_WARNING:
    default:
      return G_LOG_LEVEL_WARNING;
    }
}

static MusterdBucket *
find_bucket (MusterdLog *log, MusterdLogKind kind, MusterLogLevel level)
{
  return &log->buckets[kind == MUSTERD_LOG_OWN ? (guint) MUSTERD_N_LOG_KINDS + (guint) level : (guint) kind];
}

static void
write_line (MusterdLog *log, MusterLogLevel level, MusterdTime now, const MusterdLogFields *fields, const char *text)
{
  g_autofree char *line = one_line (text != NULL ? text : "");
  g_autofree char *marked = g_strdup_printf ("[%s] %s", fields->instance, line);

  log->n_written++;
  /* Lines for developers may hold what nobody else should read, and would push out those for administrators. */
  if (level != MUSTER_LOG_DEBUG)
    {
      if (g_queue_get_length (&log->lines) >= MUSTERD_LOG_LINES)
        line_free (g_queue_pop_head (&log->lines));
      g_queue_push_tail (&log->lines, line_new (++log->last, now, level, fields->user, line));
    }
  musterd_event_log_fields (G_LOG_DOMAIN, log_flags (level), fields, marked);
}

gboolean
musterd_log_add (MusterdLog *log, MusterdLogKind kind, MusterLogLevel level, MusterdTime now,
                 const MusterdLogFields *fields, const char *text)
{
  if (kind != MUSTERD_LOG_RARE && level != MUSTER_LOG_DEBUG
      && !musterd_bucket_take (find_bucket (log, kind, level), g_get_monotonic_time (), limits[kind].burst,
                               limits[kind].interval))
    {
      log->n_left_out++;
      return FALSE;
    }
  write_line (log, level, now, fields, text);
  return TRUE;
}

void
musterd_log_add_left_out (MusterdLog *log, guint64 n)
{
  MusterdBucket *bucket = find_bucket (log, MUSTERD_LOG_OWN, MUSTER_LOG_INFO);

  if (bucket->n_left_out == 0)
    bucket->left_out_from = g_get_monotonic_time ();
  bucket->n_left_out += n;
  log->n_left_out += n;
}

/* The text of what was left out; `fields` and `level` are those of any such line, to be made those of an event. */
static char *
summary_new (guint bucket, guint64 n, guint seconds, const MusterdLogStanding *standing, MusterdLogFields *fields,
             MusterLogLevel *level)
{
  static const char *const level_names[] = { [MUSTER_LOG_DEBUG] = "debug",
                                             [MUSTER_LOG_INFO] = "info",
                                             [MUSTER_LOG_MESSAGE] = "message",
                                             [MUSTER_LOG_WARNING] = "warning" };

  switch (bucket)
    {
    case MUSTERD_LOG_STATE:
      fields->event = MUSTERD_EVENT_INSTANCE_STATE;
      fields->state = standing->state;
      *level = standing->is_alarming ? MUSTER_LOG_WARNING : MUSTER_LOG_MESSAGE;
      return g_strdup_printf ("%" G_GUINT64_FORMAT " more changes of its state in the last %u s were not written; now "
                              "it is %s", n, seconds, standing->state);
    case MUSTERD_LOG_THREAD:
      fields->event = standing->is_stuck ? MUSTERD_EVENT_INSTANCE_STUCK : MUSTERD_EVENT_INSTANCE_RESPONDS;
      *level = standing->is_stuck ? MUSTER_LOG_WARNING : MUSTER_LOG_MESSAGE;
      return g_strdup_printf ("%" G_GUINT64_FORMAT " more lines about its thread in the last %u s were not written; "
                              "now it %s", n, seconds, standing->is_stuck ? "does not respond" : "responds");
    case MUSTERD_LOG_ACTION:
      if (standing->n_actions > 0)
        {
          fields->event = MUSTERD_EVENT_ACTION_NEEDED;
          *level = MUSTER_LOG_MESSAGE;
        }
      return g_strdup_printf ("%" G_GUINT64_FORMAT " more lines about what a person must do in the last %u s were not "
                              "written; now %u wait (\"plugin show %s\" says which)", n, seconds, standing->n_actions,
                              standing->instance);
    case MUSTERD_LOG_NOISE:
      return g_strdup_printf ("%" G_GUINT64_FORMAT " more lines about what it did wrong in the last %u s were not "
                              "written", n, seconds);
    default:
      return g_strdup_printf ("%" G_GUINT64_FORMAT " more lines of its own (%s) in the last %u s were not written", n,
                              level_names[bucket - MUSTERD_N_LOG_KINDS], seconds);
    }
}

void
musterd_log_summarise (MusterdLog *log, MusterdTime now, const MusterdLogStanding *standing)
{
  for (guint i = 0; i < G_N_ELEMENTS (log->buckets); i++)
    {
      MusterdLogFields fields = { .event = MUSTERD_EVENT_LINES_LEFT_OUT, .instance = standing->instance };
      MusterLogLevel level = MUSTER_LOG_WARNING;
      guint seconds = 0;
      const guint64 n = musterd_bucket_left_out (&log->buckets[i], g_get_monotonic_time (), &seconds);
      g_autofree char *text = n > 0 ? summary_new (i, n, seconds, standing, &fields, &level) : NULL;

      if (text != NULL)
        write_line (log, level, now, &fields, text);
    }
}

MusterdLogPage *
musterd_log_read (const MusterdLog *log, guint64 after)
{
  MusterdLogPage *page = g_new0 (MusterdLogPage, 1);
  const GList *first = log->lines.tail;

  page->lines = g_ptr_array_new_with_free_func (line_free);
  page->last = log->last;
  if (after > log->last)
    after = 0;
  while (first != NULL && ((const MusterdLogLine *) first->data)->serial > after)
    first = first->prev;
  for (const GList *l = first != NULL ? first->next : log->lines.head; l != NULL; l = l->next)
    {
      const MusterdLogLine *line = l->data;

      g_ptr_array_add (page->lines, line_new (line->serial, line->time, line->level, line->user, line->text));
    }
  return page;
}

void
musterd_log_page_free (MusterdLogPage *page)
{
  if (page == NULL)
    return;
  g_ptr_array_unref (page->lines);
  g_free (page);
}
