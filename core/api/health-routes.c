/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GET /healthz: whether the daemon can do its work. Anybody may ask, so nothing of a person, and none of a plugin's
 * words, is in the answer. */
#define G_LOG_DOMAIN "muster-api"

#include "api/json-text.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/server.h"

#define ANSWER_WITHIN_MS 2000
/* Anybody may ask, as often as they like: within this time they get the same answer, and the engine no work. */
#define GOOD_FOR G_TIME_SPAN_SECOND

typedef struct
{
  GPtrArray *reasons; /* char *: why it cannot; empty: it can */
} Health;

static Health *
health_new (void)
{
  Health *health = g_new0 (Health, 1);

  health->reasons = g_ptr_array_new_with_free_func (g_free);
  return health;
}

static void
health_free (gpointer data)
{
  Health *health = data;

  g_ptr_array_unref (health->reasons);
  g_free (health);
}

/* An outside system that cannot be reached is no reason to send people away from a daemon that can still tell them what
 * it knows: that is what the instance's own figures and states are for. */
static void
look_at_instance (Health *health, const MusterdInstanceFigures *instance)
{
  const gboolean up = instance->state == MUSTERD_INSTANCE_ONLINE || instance->state == MUSTERD_INSTANCE_DEGRADED
                      || instance->state == MUSTERD_INSTANCE_OFFLINE;

  if (instance->enabled != MUSTERD_ENABLED_REQUIRED)
    return;
  if (!up)
    g_ptr_array_add (health->reasons, g_strdup_printf ("the required instance %s is %s", instance->name,
                                                       musterd_instance_state_to_string (instance->state)));
  else if (!instance->responding)
    g_ptr_array_add (health->reasons,
                     g_strdup_printf ("the required instance %s does not respond", instance->name));
}

static void
on_store_tried (const GError *error, gpointer user_data)
{
  MusterdCall *call = user_data;
  Health *health = musterd_call_get_value (call);

  if (error != NULL)
    g_ptr_array_add (health->reasons, g_strdup ("the store cannot be written: the daemon's log says why"));
  musterd_call_return (call, NULL);
}

static void
run_health (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  g_autoptr(GPtrArray) instances = musterd_host_get_figures (services->host);
  MusterdStoreFigures store = { 0 };

  for (guint i = 0; i < instances->len; i++)
    look_at_instance (value, g_ptr_array_index (instances, i));
  if (services->store != NULL)
    musterd_store_get_figures (services->store, &store);
  /* The trouble may have been mended since, and nobody may have written anything. */
  if (store.failing)
    musterd_engine_try_store (services->engine, on_store_tried, call);
  else
    musterd_call_return (call, NULL);
}

static void
answer (MusterdRequest *request, GPtrArray *reasons)
{
  const gboolean ready = reasons->len == 0;
  GString *json = g_string_new (NULL);

  musterd_json_open (json, NULL, '{');
  if (!ready)
    {
      g_autoptr(GString) detail = g_string_new (NULL);

      for (guint i = 0; i < reasons->len; i++)
        g_string_append_printf (detail, "%s%s", i > 0 ? "; " : "", (const char *) g_ptr_array_index (reasons, i));
      musterd_problem_add (json, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL, detail->str);
    }
  musterd_json_bool (json, "ready", ready);
  musterd_json_open (json, "reasons", '[');
  for (guint i = 0; i < reasons->len; i++)
    musterd_json_string (json, NULL, g_ptr_array_index (reasons, i));
  musterd_json_close (json, ']');
  musterd_json_close (json, '}');
  musterd_request_reply (request, ready ? SOUP_STATUS_OK : SOUP_STATUS_SERVICE_UNAVAILABLE, json);
}

static void
on_health_known (MusterdRequest *request, gpointer value, const GError *error)
{
  const Health *health = value;
  MusterdServer *server = request->server;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  g_clear_pointer (&server->reasons, g_ptr_array_unref);
  server->reasons = g_ptr_array_ref (health->reasons);
  server->reasons_at = g_get_monotonic_time ();
  answer (request, server->reasons);
}

static void
on_health_late (MusterdRequest *request)
{
  g_autoptr(GPtrArray) reasons = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (reasons, g_strdup_printf ("the engine or the store has not answered for %d s",
                                             ANSWER_WITHIN_MS / 1000));
  answer (request, reasons);
}

void
musterd_health_show (MusterdRequest *request)
{
  MusterdServer *server = request->server;

  if (server->reasons != NULL && g_get_monotonic_time () - server->reasons_at < GOOD_FOR)
    {
      answer (request, server->reasons);
      return;
    }
  musterd_request_limit (request, ANSWER_WITHIN_MS, on_health_late);
  musterd_bridge_call (server->bridge, request, run_health, on_health_known, health_new (), health_free);
}
