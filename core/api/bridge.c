/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/bridge.h"

#include "api/request.h"

struct _MusterdBridge
{
  gatomicrefcount refs;
  GMainContext   *engine, *api;

  const MusterdApiServices *services; /* the engine's thread only; NULL: closed */
  GQueue      turns; /* the engine's thread only; MusterdCall: the first is being run, the others wait for it */

  GHashTable *waiting; /* the api's thread only: serial → Waiting */
  guint64     last;
  gboolean    abandoned;
};

typedef struct
{
  guint64         serial;
  MusterdRequest *request; /* held */
  MusterdCallDone done;
} Waiting;

struct _MusterdCall
{
  MusterdBridge *bridge;
  guint64        serial;
  MusterdCallRun run;
  gboolean       in_turn;
  gpointer       value;
  GDestroyNotify free_value;
  GError        *error;
};

MusterdBridge *
musterd_bridge_new (const MusterdApiServices *services, GMainContext *context)
{
  MusterdBridge *bridge = g_new0 (MusterdBridge, 1);

  g_atomic_ref_count_init (&bridge->refs);
  bridge->engine = g_main_context_ref_thread_default ();
  bridge->api = g_main_context_ref (context);
  bridge->services = services;
  g_queue_init (&bridge->turns);
  bridge->waiting = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  return bridge;
}

MusterdBridge *
musterd_bridge_ref (MusterdBridge *bridge)
{
  g_atomic_ref_count_inc (&bridge->refs);
  return bridge;
}

void
musterd_bridge_unref (MusterdBridge *bridge)
{
  if (!g_atomic_ref_count_dec (&bridge->refs))
    return;
  g_hash_table_unref (bridge->waiting);
  g_clear_pointer (&bridge->engine, g_main_context_unref);
  g_clear_pointer (&bridge->api, g_main_context_unref);
  g_free (bridge);
}

void
musterd_bridge_part (MusterdBridge *bridge)
{
  g_clear_pointer (&bridge->engine, g_main_context_unref);
  g_clear_pointer (&bridge->api, g_main_context_unref);
}

static void
call_free (gpointer data)
{
  MusterdCall *call = data;

  if (call->value != NULL && call->free_value != NULL)
    call->free_value (call->value);
  g_clear_error (&call->error);
  musterd_bridge_unref (call->bridge);
  g_free (call);
}

void
musterd_bridge_close (MusterdBridge *bridge)
{
  bridge->services = NULL;
  /* The first is still being run, and ends by its return. */
  while (g_queue_get_length (&bridge->turns) > 1)
    call_free (g_queue_pop_tail (&bridge->turns));
}

/* Never g_main_context_invoke(): where the other side's loop does not run at the moment, that would call on this
 * thread what belongs to the other. */
static void
post (GMainContext *context, GSourceFunc func, MusterdCall *call)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, call, call_free);
  g_source_set_static_name (source, "muster-api-bridge");
  g_source_attach (source, context);
}

static gboolean
on_returned (gpointer data)
{
  MusterdCall *call = data;
  Waiting *waiting = g_hash_table_lookup (call->bridge->waiting, &call->serial);
  MusterdCallDone done;
  MusterdRequest *request;

  if (waiting == NULL)
    return G_SOURCE_REMOVE;
  request = waiting->request;
  done = waiting->done;
  g_hash_table_remove (call->bridge->waiting, &call->serial);
  done (request, call->value, call->error);
  musterd_request_release (request);
  return G_SOURCE_REMOVE;
}

static void
run_next_turn (MusterdBridge *bridge)
{
  MusterdCall *call;

  g_queue_pop_head (&bridge->turns);
  call = g_queue_peek_head (&bridge->turns);
  if (call != NULL && bridge->services != NULL)
    call->run (call, bridge->services, call->value);
}

void
musterd_call_return (MusterdCall *call, GError *error)
{
  MusterdBridge *bridge = musterd_bridge_ref (call->bridge);
  gboolean in_turn = call->in_turn;

  call->error = error;
  if (call->bridge->services == NULL)
    call_free (call); /* the api has ended: nobody waits */
  else
    post (call->bridge->api, on_returned, call);
  if (in_turn)
    run_next_turn (bridge);
  musterd_bridge_unref (bridge);
}

void
musterd_call_on_done (const GError *error, gpointer user_data)
{
  musterd_call_return (user_data, error != NULL ? g_error_copy (error) : NULL);
}

gpointer
musterd_call_get_value (MusterdCall *call)
{
  return call->value;
}

const MusterdApiServices *
musterd_call_get_services (MusterdCall *call)
{
  return call->bridge->services;
}

/* The source's notify frees the call when nobody ran it; a call that runs is its own until it returns. */
typedef struct
{
  MusterdCall *call;
} Passage;

static void
passage_free (gpointer data)
{
  Passage *passage = data;

  g_clear_pointer (&passage->call, call_free);
  g_free (passage);
}

static gboolean
on_arrived (gpointer data)
{
  Passage *passage = data;
  MusterdCall *call;

  if (passage->call->bridge->services == NULL)
    return G_SOURCE_REMOVE;
  call = g_steal_pointer (&passage->call);
  if (call->in_turn)
    {
      g_queue_push_tail (&call->bridge->turns, call);
      if (g_queue_get_length (&call->bridge->turns) > 1)
        return G_SOURCE_REMOVE;
    }
  call->run (call, call->bridge->services, call->value);
  return G_SOURCE_REMOVE;
}

static gboolean
begin_call (MusterdBridge *bridge, MusterdRequest *request, MusterdCallRun run, MusterdCallDone done, gpointer value,
            GDestroyNotify free_value, gboolean in_turn)
{
  g_autoptr(GSource) source = NULL;
  MusterdCall *call;
  Waiting *waiting;
  Passage *passage;

  if (bridge->abandoned || g_hash_table_size (bridge->waiting) >= MUSTERD_BRIDGE_CALLS_MAX)
    {
      if (value != NULL && free_value != NULL)
        free_value (value);
      musterd_request_problem (request, 503, bridge->abandoned ? "the daemon is stopping: try again when it runs"
                                                               : "too many requests wait already: try again later");
      return FALSE;
    }

  call = g_new0 (MusterdCall, 1);
  call->bridge = musterd_bridge_ref (bridge);
  call->serial = ++bridge->last;
  call->run = run;
  call->in_turn = in_turn;
  call->value = value;
  call->free_value = free_value;

  waiting = g_new0 (Waiting, 1);
  waiting->serial = call->serial;
  waiting->request = request;
  waiting->done = done;
  g_hash_table_insert (bridge->waiting, &waiting->serial, waiting);
  musterd_request_hold (request);

  passage = g_new0 (Passage, 1);
  passage->call = call;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_arrived, passage, passage_free);
  g_source_set_static_name (source, "muster-api-call");
  g_source_attach (source, bridge->engine);
  return TRUE;
}

gboolean
musterd_bridge_call (MusterdBridge *bridge, MusterdRequest *request, MusterdCallRun run, MusterdCallDone done,
                     gpointer value, GDestroyNotify free_value)
{
  return begin_call (bridge, request, run, done, value, free_value, FALSE);
}

void
musterd_bridge_call_in_turn (MusterdBridge *bridge, MusterdRequest *request, MusterdCallRun run, MusterdCallDone done,
                             gpointer value, GDestroyNotify free_value)
{
  begin_call (bridge, request, run, done, value, free_value, TRUE);
}

guint
musterd_bridge_get_n_waiting (MusterdBridge *bridge)
{
  return g_hash_table_size (bridge->waiting);
}

void
musterd_bridge_abandon (MusterdBridge *bridge)
{
  g_autoptr(GPtrArray) requests = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  bridge->abandoned = TRUE;
  g_hash_table_iter_init (&iter, bridge->waiting);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (requests, ((Waiting *) value)->request);
  g_hash_table_remove_all (bridge->waiting);
  for (guint i = 0; i < requests->len; i++)
    {
      musterd_request_problem (requests->pdata[i], 503,
                               "the daemon is stopping: whether this was done is not known; look again when it runs");
      musterd_request_release (requests->pdata[i]);
    }
}
