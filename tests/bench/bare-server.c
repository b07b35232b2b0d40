/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-bench"

#include "bare-server.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct _BenchBareServer
{
  BenchCrowdPlan plan;
  BenchWatchers *watchers;
  int           *fds;
  int            epoll;
};

BenchBareServer *
bench_bare_server_new (const BenchCrowdPlan *plan)
{
  BenchBareServer *server = g_new0 (BenchBareServer, 1);
  g_autofree int *theirs = g_new (int, plan->n_watchers);

  server->plan = *plan;
  server->fds = g_new (int, plan->n_watchers);
  server->epoll = epoll_create1 (EPOLL_CLOEXEC);
  for (guint i = 0; i < plan->n_watchers; i++)
    {
      struct epoll_event event = { .data.u32 = i };
      int pair[2];

      if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 || fcntl (pair[0], F_SETFL, O_NONBLOCK) != 0
          || epoll_ctl (server->epoll, EPOLL_CTL_ADD, pair[0], &event) != 0)
        g_error ("making a bare server: %s", g_strerror (errno));
      server->fds[i] = pair[0];
      theirs[i] = pair[1];
    }
  server->watchers = bench_watchers_new (theirs, plan->n_watchers);
  return server;
}

void
bench_bare_server_free (BenchBareServer *server)
{
  bench_watchers_free (server->watchers);
  for (guint i = 0; i < server->plan.n_watchers; i++)
    close (server->fds[i]);
  close (server->epoll);
  g_free (server->fds);
  g_free (server);
}

/* All of it; where the reader is slow, when it can take more. */
static void
write_all (BenchBareServer *server, guint reader, const char *data, gsize size)
{
  int fd = server->fds[reader];

  while (size > 0)
    {
      ssize_t n = write (fd, data, size);

      if (n > 0)
        {
          data += n;
          size -= (gsize) n;
        }
      else if (errno == EAGAIN)
        {
          struct epoll_event event = { .events = EPOLLOUT, .data.u32 = reader };

          epoll_ctl (server->epoll, EPOLL_CTL_MOD, fd, &event);
          epoll_wait (server->epoll, &event, 1, -1);
          event.events = 0;
          epoll_ctl (server->epoll, EPOLL_CTL_MOD, fd, &event);
        }
      else if (errno != EINTR)
        g_error ("writing to a reader: %s", g_strerror (errno));
    }
}

static gint64
wait_all (BenchBareServer *server, gint64 began)
{
  return bench_watchers_wait_presences (server->watchers, bench_crowd_get_n_presences (&server->plan)) - began;
}

gint64
bench_bare_server_write_each (BenchBareServer *server, const char *text)
{
  gsize size = strlen (text);
  gint64 began;

  bench_watchers_begin (server->watchers);
  began = g_get_monotonic_time ();
  for (guint i = 0; i < server->plan.n_watchers; i++)
    write_all (server, i, text, size);
  return wait_all (server, began);
}

gint64
bench_bare_server_write_change (BenchBareServer *server, const char *text)
{
  const BenchCrowdPlan *plan = &server->plan;
  guint n = plan->n_watched / plan->every;
  g_autofree const char **events = g_new0 (const char *, n + 1);
  gint64 began;

  /* Which change of one reader it is says how long it is; all are about the same. */
  events[0] = text;
  for (guint i = 0; i < n; i++)
    {
      const char *end = strstr (events[i], "\n\n");

      if (end == NULL)
        g_error ("a reader got fewer than %u events", n);
      events[i + 1] = end + 2;
    }
  bench_watchers_begin (server->watchers);
  began = g_get_monotonic_time ();
  for (guint user = 0; user < plan->n_users; user += plan->every)
    for (guint reader = user / plan->n_watched; reader < plan->n_watchers;
         reader += plan->n_users / plan->n_watched)
      {
        guint i = user % plan->n_watched / plan->every;

        write_all (server, reader, events[i], (gsize) (events[i + 1] - events[i]));
      }
  return wait_all (server, began);
}
