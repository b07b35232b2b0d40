/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-bench"

#include "watchers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define PATIENCE (120 * G_TIME_SPAN_SECOND)

typedef enum
{
  EVENT_PRESENCE,
  EVENT_SYNCED,
  N_EVENTS
} Event;

/* Each is as long as the other, so that what a read cuts off is as long, too. */
static const char *const marks[N_EVENTS] = { "event: presenc", "event: synced\n" };
#define MARK_LENGTH 14

typedef struct
{
  int  fd;
  char tail[MARK_LENGTH - 1]; /* of what was read before: a mark may be cut in two */
  guint n_tail;
} Reader;

struct _BenchWatchers
{
  Reader  *readers;
  guint    n_readers;
  int      epoll, quit;
  GThread *thread;
  GMutex   lock;
  GCond    counted;
  /* Under the lock. */
  guint    counts[N_EVENTS];
  gint64   last[N_EVENTS]; /* monotonic: when the last was counted */
  GString *text;
};

static guint
count_marks (const char *data, gsize size, const char *mark)
{
  guint n = 0;

  for (const char *p = memmem (data, size, mark, MARK_LENGTH); p != NULL;
       p = memmem (p + MARK_LENGTH, size - (gsize) (p + MARK_LENGTH - data), mark, MARK_LENGTH))
    n++;
  return n;
}

/* FALSE: the other side has closed. */
static gboolean
read_some (BenchWatchers *watchers, Reader *reader)
{
  static char buffer[256 * 1024];
  guint counts[N_EVENTS];
  gint64 now;
  ssize_t size;

  memcpy (buffer, reader->tail, reader->n_tail);
  size = read (reader->fd, buffer + reader->n_tail, sizeof buffer - reader->n_tail);
  if (size <= 0)
    return size < 0 && (errno == EAGAIN || errno == EINTR);
  now = g_get_monotonic_time ();
  for (guint i = 0; i < N_EVENTS; i++)
    counts[i] = count_marks (buffer, reader->n_tail + (gsize) size, marks[i]);

  g_mutex_lock (&watchers->lock);
  for (guint i = 0; i < N_EVENTS; i++)
    if (counts[i] > 0)
      {
        watchers->counts[i] += counts[i];
        watchers->last[i] = now;
      }
  if (reader == watchers->readers)
    g_string_append_len (watchers->text, buffer + reader->n_tail, size);
  g_cond_broadcast (&watchers->counted);
  g_mutex_unlock (&watchers->lock);

  size += reader->n_tail;
  reader->n_tail = (guint) MIN (size, MARK_LENGTH - 1);
  memcpy (reader->tail, buffer + size - reader->n_tail, reader->n_tail);
  return TRUE;
}

static gpointer
run (gpointer data)
{
  BenchWatchers *watchers = data;
  struct epoll_event events[64];

  for (;;)
    {
      int n = epoll_wait (watchers->epoll, events, G_N_ELEMENTS (events), -1);

      for (int i = 0; i < n; i++)
        {
          Reader *reader = events[i].data.ptr;

          if (reader == NULL)
            return NULL;
          if (!read_some (watchers, reader))
            epoll_ctl (watchers->epoll, EPOLL_CTL_DEL, reader->fd, NULL);
        }
    }
}

BenchWatchers *
bench_watchers_new (const int *fds, guint n_fds)
{
  BenchWatchers *watchers = g_new0 (BenchWatchers, 1);
  struct epoll_event event = { .events = EPOLLIN };

  watchers->readers = g_new0 (Reader, n_fds);
  watchers->n_readers = n_fds;
  watchers->epoll = epoll_create1 (EPOLL_CLOEXEC);
  watchers->quit = eventfd (0, EFD_CLOEXEC);
  watchers->text = g_string_new (NULL);
  if (watchers->epoll < 0 || watchers->quit < 0
      || epoll_ctl (watchers->epoll, EPOLL_CTL_ADD, watchers->quit, &event) != 0)
    g_error ("making readers: %s", g_strerror (errno));
  for (guint i = 0; i < n_fds; i++)
    {
      watchers->readers[i].fd = fds[i];
      event.data.ptr = &watchers->readers[i];
      if (fcntl (fds[i], F_SETFL, O_NONBLOCK) != 0 || epoll_ctl (watchers->epoll, EPOLL_CTL_ADD, fds[i], &event) != 0)
        g_error ("making a reader: %s", g_strerror (errno));
    }
  watchers->thread = g_thread_new ("bench readers", run, watchers);
  return watchers;
}

void
bench_watchers_free (BenchWatchers *watchers)
{
  const guint64 one = 1;

  if (write (watchers->quit, &one, sizeof one) != sizeof one)
    g_error ("ending readers: %s", g_strerror (errno));
  g_thread_join (watchers->thread);
  for (guint i = 0; i < watchers->n_readers; i++)
    close (watchers->readers[i].fd);
  close (watchers->quit);
  close (watchers->epoll);
  g_string_free (watchers->text, TRUE);
  g_free (watchers->readers);
  g_free (watchers);
}

void
bench_watchers_begin (BenchWatchers *watchers)
{
  g_mutex_lock (&watchers->lock);
  memset (watchers->counts, 0, sizeof watchers->counts);
  g_string_truncate (watchers->text, 0);
  g_mutex_unlock (&watchers->lock);
}

static gint64
wait_for (BenchWatchers *watchers, Event event, guint n)
{
  gint64 deadline = g_get_monotonic_time () + PATIENCE, last;

  g_mutex_lock (&watchers->lock);
  while (watchers->counts[event] < n)
    if (!g_cond_wait_until (&watchers->counted, &watchers->lock, deadline))
      g_error ("%u of %u events came", watchers->counts[event], n);
  if (watchers->counts[event] > n)
    g_error ("%u events came instead of %u", watchers->counts[event], n);
  last = watchers->last[event];
  g_mutex_unlock (&watchers->lock);
  return last;
}

gint64
bench_watchers_wait_presences (BenchWatchers *watchers, guint n)
{
  return wait_for (watchers, EVENT_PRESENCE, n);
}

gint64
bench_watchers_wait_synced (BenchWatchers *watchers, guint n)
{
  return wait_for (watchers, EVENT_SYNCED, n);
}

char *
bench_watchers_dup_text (BenchWatchers *watchers)
{
  char *text;

  g_mutex_lock (&watchers->lock);
  text = g_strdup (watchers->text->str);
  g_mutex_unlock (&watchers->lock);
  return text;
}
