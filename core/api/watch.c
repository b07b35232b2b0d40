/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/watch.h"

#include "api/routes.h"
#include "api/server.h"

typedef struct
{
  MusterdRequest *request; /* held */
  guint64         after;
  GHashTable     *only;     /* nullable */
  gint64          deadline; /* monotonic */
} Waiter;

struct _MusterdWatch
{
  MusterdServer *server;
  GPtrArray     *waiters;
  GSource       *timer; /* one for all, at the earliest deadline */
  gboolean       stopped;
};

static void
waiter_free (gpointer data)
{
  Waiter *waiter = data;

  musterd_request_release (waiter->request);
  g_clear_pointer (&waiter->only, g_hash_table_unref);
  g_free (waiter);
}

static void
arm (MusterdWatch *watch)
{
  gint64 earliest = -1;

  for (guint i = 0; i < watch->waiters->len; i++)
    {
      const Waiter *waiter = watch->waiters->pdata[i];

      if (earliest < 0 || waiter->deadline < earliest)
        earliest = waiter->deadline;
    }
  g_source_set_ready_time (watch->timer, earliest);
}

/* What happened since then: most who wait for everybody have read equally far, and share one answer. */
static MusterdReplicaNews *
get_news (MusterdWatch *watch, const Waiter *waiter, MusterdReplicaNews **shared, guint64 *shared_after)
{
  if (waiter->only != NULL)
    return musterd_replica_list (watch->server->replica, waiter->after, waiter->only);
  if (*shared == NULL || *shared_after != waiter->after)
    {
      g_clear_pointer (shared, musterd_replica_news_unref);
      *shared = musterd_replica_list (watch->server->replica, waiter->after, NULL);
      *shared_after = waiter->after;
    }
  return musterd_replica_news_ref (*shared);
}

/* Answers those who have news, whose time is over, or whose client has hung up. */
static void
look (MusterdWatch *watch)
{
  gint64 now = g_get_monotonic_time ();
  g_autoptr(MusterdReplicaNews) shared = NULL;
  guint64 shared_after = 0;
  guint i = 0;

  while (i < watch->waiters->len)
    {
      Waiter *waiter = watch->waiters->pdata[i];
      g_autoptr(MusterdReplicaNews) news = get_news (watch, waiter, &shared, &shared_after);

      if (waiter->request->gone || watch->stopped || now >= waiter->deadline || !musterd_replica_news_is_empty (news))
        {
          musterd_presence_send (waiter->request, g_steal_pointer (&news));
          g_ptr_array_remove_index_fast (watch->waiters, i);
        }
      else
        i++;
    }
  arm (watch);
}

static gboolean
on_deadline (gpointer data)
{
  look (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
timer_dispatch (GSource *source G_GNUC_UNUSED, GSourceFunc callback, gpointer data)
{
  return callback (data);
}

static GSourceFuncs timer_funcs = { .dispatch = timer_dispatch };

MusterdWatch *
musterd_watch_new (MusterdServer *server)
{
  MusterdWatch *watch = g_new0 (MusterdWatch, 1);

  watch->server = server;
  watch->waiters = g_ptr_array_new_with_free_func (waiter_free);
  watch->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_callback (watch->timer, on_deadline, watch, NULL);
  g_source_set_static_name (watch->timer, "muster-api-watch");
  g_source_attach (watch->timer, server->context);
  return watch;
}

void
musterd_watch_free (MusterdWatch *watch)
{
  g_source_destroy (watch->timer);
  g_source_unref (watch->timer);
  g_ptr_array_unref (watch->waiters);
  g_free (watch);
}

void
musterd_watch_stop (MusterdWatch *watch)
{
  watch->stopped = TRUE;
  look (watch);
}

/* A message that waits does not notice that its client hung up; when places are short it is worth asking. */
static void
drop_hung_up (MusterdWatch *watch)
{
  guint i = 0;

  while (i < watch->waiters->len)
    {
      Waiter *waiter = watch->waiters->pdata[i];
      GSocket *socket = musterd_server_get_socket (waiter->request->message);

      if (socket == NULL || (g_socket_condition_check (socket, G_IO_HUP | G_IO_ERR) & (G_IO_HUP | G_IO_ERR)) != 0)
        {
          musterd_request_problem (waiter->request, SOUP_STATUS_REQUEST_TIMEOUT, "the client has hung up");
          g_ptr_array_remove_index_fast (watch->waiters, i);
        }
      else
        i++;
    }
}

void
musterd_watch_add (MusterdWatch *watch, MusterdRequest *request, guint64 after, GHashTable *only, guint seconds)
{
  Waiter *waiter;

  if (watch->waiters->len >= MUSTERD_WATCH_MAX)
    drop_hung_up (watch);
  if (watch->waiters->len >= MUSTERD_WATCH_MAX)
    {
      g_clear_pointer (&only, g_hash_table_unref);
      musterd_request_problem (request, 429, "too many requests wait for changes already: try again later");
      return;
    }
  waiter = g_new0 (Waiter, 1);
  waiter->request = request;
  waiter->after = after;
  waiter->only = only;
  waiter->deadline = g_get_monotonic_time () + seconds * G_TIME_SPAN_SECOND;
  musterd_request_hold (request);
  g_ptr_array_add (watch->waiters, waiter);
  look (watch);
}

void
musterd_watch_wake (MusterdWatch *watch)
{
  look (watch);
}
