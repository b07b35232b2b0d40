/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json-text.h"
#include "api/routes.h"
#include "api/server.h"

typedef struct
{
  guint64 revision;
  guint   n_users;
  guint   n_instances[MUSTERD_N_INSTANCE_STATES];
} Status;

static void
run_status (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Status *status = value;
  g_autoptr(GPtrArray) infos = musterd_host_list (services->host);

  status->revision = musterd_engine_get_revision (services->engine);
  status->n_users = musterd_engine_get_n_users (services->engine);
  for (guint i = 0; i < infos->len; i++)
    {
      const MusterdInstanceInfo *info = infos->pdata[i];

      if ((guint) info->state < MUSTERD_N_INSTANCE_STATES)
        status->n_instances[info->state]++;
    }
  musterd_call_return (call, NULL);
}

static void
on_status_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  const Status *status = value;
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  json = g_string_new (NULL);
  musterd_json_open (json, NULL, '{');
  musterd_json_string (json, "version", MUSTER_VERSION);
  musterd_json_uint (json, "revision", status->revision);
  musterd_json_uint (json, "users", status->n_users);
  musterd_json_open (json, "instances", '{');
  for (guint i = 0; i < MUSTERD_N_INSTANCE_STATES; i++)
    if (status->n_instances[i] > 0)
      musterd_json_uint (json, musterd_instance_state_to_string ((MusterdInstanceState) i), status->n_instances[i]);
  musterd_json_close (json, '}');
  if (request->caller.admin)
    {
      const char *const *urls = request->server->urls;

      musterd_json_open (json, "listening", '[');
      for (gsize i = 0; urls[i] != NULL; i++)
        musterd_json_string (json, NULL, urls[i]);
      musterd_json_close (json, ']');
    }
  musterd_json_open (json, "you", '{');
  musterd_json_string (json, "user", request->caller.user);
  musterd_json_bool (json, "admin", request->caller.admin);
  musterd_json_close (json, '}');
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_status_show (MusterdRequest *request)
{
  musterd_bridge_call (request->server->bridge, request, run_status, on_status_returned, g_new0 (Status, 1), g_free);
}
