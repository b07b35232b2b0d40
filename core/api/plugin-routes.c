/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"
#include "api/routes.h"
#include "api/server.h"
#include "model/error.h"

/* One order about one instance, and what came of it. */
typedef struct
{
  char          *instance, *user, *id, *answer; /* nullable but for instance */
  gboolean       paused;
  MusterdEnabled enabled;
  GPtrArray     *infos;  /* nullable; MusterdInstanceInfo */
  GString       *report; /* nullable; JSON: the lines are the host's and go with its callback */
} Order;

static Order *
order_new (MusterdRequest *request)
{
  Order *order = g_new0 (Order, 1);

  order->instance = g_strdup (request->args[0]);
  order->id = g_strdup (request->args[1]);
  return order;
}

static void
order_free (gpointer data)
{
  Order *order = data;

  g_free (order->instance);
  g_free (order->user);
  g_free (order->id);
  g_free (order->answer);
  g_clear_pointer (&order->infos, g_ptr_array_unref);
  if (order->report != NULL)
    g_string_free (order->report, TRUE);
  g_free (order);
}

static void
send_order (MusterdRequest *request, MusterdCallRun run, MusterdCallDone done, Order *order)
{
  musterd_bridge_call (request->server->bridge, request, run, done, order, order_free);
}

static void
on_order_done (MusterdRequest *request, gpointer value G_GNUC_UNUSED, const GError *error)
{
  if (error != NULL)
    musterd_request_fail (request, error);
  else
    musterd_request_done (request);
}

/* Looking. */

static void
run_list (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Order *order = value;

  order->infos = musterd_host_list (services->host);
  musterd_call_return (call, NULL);
}

static void
on_listed (MusterdRequest *request, gpointer value, const GError *error)
{
  const Order *order = value;
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  json = g_string_new (NULL);
  musterd_json_open (json, NULL, '{');
  musterd_json_open (json, "plugins", '[');
  for (guint i = 0; i < order->infos->len; i++)
    musterd_json_instance (json, NULL, order->infos->pdata[i]);
  musterd_json_close (json, ']');
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_plugins_list (MusterdRequest *request)
{
  send_order (request, run_list, on_listed, order_new (request));
}

static const MusterdInstanceInfo *
find_info (const Order *order)
{
  for (guint i = 0; i < order->infos->len; i++)
    if (g_str_equal (((const MusterdInstanceInfo *) order->infos->pdata[i])->name, order->instance))
      return order->infos->pdata[i];
  return NULL;
}

/* NULL: answered already. */
static const MusterdInstanceInfo *
require_info (MusterdRequest *request, const Order *order, const GError *error)
{
  const MusterdInstanceInfo *info = error == NULL ? find_info (order) : NULL;
  g_autoptr(GString) why = NULL;

  if (error != NULL)
    musterd_request_fail (request, error);
  if (error != NULL || info != NULL)
    return info;
  why = g_string_new (NULL);
  g_string_printf (why, "there is no instance '%s'%s", order->instance,
                   order->infos->len > 0 ? ": there are " : ": the keyfile has none");
  for (guint i = 0; i < order->infos->len; i++)
    g_string_append_printf (why, "%s%s", i > 0 ? ", " : "",
                            ((const MusterdInstanceInfo *) order->infos->pdata[i])->name);
  musterd_request_problem (request, SOUP_STATUS_NOT_FOUND, why->str);
  return NULL;
}

static void
on_shown (MusterdRequest *request, gpointer value, const GError *error)
{
  const MusterdInstanceInfo *info = require_info (request, value, error);
  GString *json;

  if (info == NULL)
    return;
  json = g_string_new (NULL);
  musterd_json_instance (json, NULL, info);
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_plugins_show (MusterdRequest *request)
{
  send_order (request, run_list, on_shown, order_new (request));
}

static void
on_actions_listed (MusterdRequest *request, gpointer value, const GError *error)
{
  const MusterdInstanceInfo *info = require_info (request, value, error);
  GString *json;

  if (info == NULL)
    return;
  json = g_string_new (NULL);
  musterd_json_open (json, NULL, '{');
  musterd_json_string (json, "instance", info->name);
  musterd_json_open (json, "actions", '[');
  for (guint i = 0; info->actions != NULL && i < info->actions->len; i++)
    musterd_json_action (json, NULL, info->actions->pdata[i]);
  musterd_json_close (json, ']');
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_plugins_actions (MusterdRequest *request)
{
  send_order (request, run_list, on_actions_listed, order_new (request));
}

/* Orders. */

static void
run_sync (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Order *order = value;
  GError *error = NULL;

  musterd_host_sync (services->host, order->instance, order->user, &error);
  musterd_call_return (call, error);
}

void
musterd_plugins_sync (MusterdRequest *request)
{
  static const MusterdMember members[] = { { "user", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE } };
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  Order *order;

  if (body == NULL)
    return;
  order = order_new (request);
  order->user = g_strdup (musterd_body_get_string (body, "user"));
  send_order (request, run_sync, on_order_done, order);
}

static void
run_pause (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Order *order = value;

  musterd_host_pause (services->host, order->instance, order->paused, musterd_call_on_done, call);
}

void
musterd_plugins_pause (MusterdRequest *request)
{
  static const MusterdMember members[] = { { "paused", MUSTERD_MEMBER_BOOLEAN, FALSE } };
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  Order *order;

  if (body == NULL)
    return;
  order = order_new (request);
  order->paused = musterd_body_get_boolean (body, "paused", TRUE);
  send_order (request, run_pause, on_order_done, order);
}

static void
run_drain (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Order *order = value;

  musterd_host_drain (services->host, order->instance, musterd_call_on_done, call);
}

void
musterd_plugins_drain (MusterdRequest *request)
{
  g_autoptr(JsonObject) body = musterd_request_parse (request, NULL, 0);

  if (body != NULL)
    send_order (request, run_drain, on_order_done, order_new (request));
}

static void
run_enabled (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Order *order = value;

  services->set_enabled (order->instance, order->enabled, musterd_call_on_done, call, services->user_data);
}

void
musterd_plugins_enable (MusterdRequest *request)
{
  static const MusterdMember members[] = { { "required", MUSTERD_MEMBER_BOOLEAN, FALSE } };
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  Order *order;

  if (body == NULL)
    return;
  order = order_new (request);
  order->enabled
      = musterd_body_get_boolean (body, "required", FALSE) ? MUSTERD_ENABLED_REQUIRED : MUSTERD_ENABLED_OPTIONAL;
  send_order (request, run_enabled, on_order_done, order);
}

void
musterd_plugins_disable (MusterdRequest *request)
{
  g_autoptr(JsonObject) body = musterd_request_parse (request, NULL, 0);
  Order *order;

  if (body == NULL)
    return;
  order = order_new (request);
  order->enabled = MUSTERD_ENABLED_NO;
  send_order (request, run_enabled, on_order_done, order);
}

static const char *
result_name (MusterReportResult result)
{
  switch (result)
    {
    case MUSTER_REPORT_OK:
      return "ok";
    case MUSTER_REPORT_NOTE:
      return "note";
    case MUSTER_REPORT_PROBLEM:
    default:
      return "problem";
    }
}

static void
on_tested (GPtrArray *lines, const GError *error, gpointer user_data)
{
  MusterdCall *call = user_data;
  Order *order = musterd_call_get_value (call);
  GString *json = g_string_new (NULL);

  musterd_json_open (json, NULL, '{');
  musterd_json_string (json, "instance", order->instance);
  musterd_json_open (json, "lines", '[');
  for (guint i = 0; lines != NULL && i < lines->len; i++)
    {
      const MusterdReportLine *line = lines->pdata[i];

      musterd_json_open (json, NULL, '{');
      musterd_json_string (json, "result", result_name (line->result));
      musterd_json_string (json, "subject", line->subject);
      musterd_json_string (json, "text", line->text);
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, ']');
  musterd_json_close (json, '}');
  order->report = json;
  musterd_call_on_done (error, call);
}

static void
run_test (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Order *order = value;

  musterd_host_test (services->host, order->instance, order->user, on_tested, call);
}

static void
on_test_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  Order *order = value;

  if (error != NULL)
    musterd_request_fail (request, error);
  else
    musterd_request_reply (request, SOUP_STATUS_OK, g_steal_pointer (&order->report));
}

void
musterd_plugins_test (MusterdRequest *request)
{
  static const MusterdMember members[] = { { "user", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE } };
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  Order *order;

  if (body == NULL)
    return;
  order = order_new (request);
  order->user = g_strdup (musterd_body_get_string (body, "user"));
  send_order (request, run_test, on_test_returned, order);
}

static void
run_answer (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Order *order = value;
  GError *error = NULL;

  musterd_host_answer (services->host, order->instance, order->user, order->id, order->answer, &error);
  musterd_call_return (call, error);
}

void
musterd_plugins_answer (MusterdRequest *request)
{
  static const MusterdMember members[] = {
    { "user", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE },
    { "answer", MUSTERD_MEMBER_STRING, TRUE },
  };
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  Order *order;

  if (body == NULL)
    return;
  order = order_new (request);
  order->user = g_strdup (musterd_body_get_string (body, "user"));
  order->answer = g_strdup (musterd_body_get_string (body, "answer"));
  send_order (request, run_answer, on_order_done, order);
}
