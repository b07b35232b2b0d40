/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets: which there are, and setting and removing them. No value ever leaves by this door. */
#define G_LOG_DOMAIN "muster-api"

#include "api/json-text.h"
#include "api/routes.h"
#include "api/server.h"
#include "api/token-make.h"

#include <string.h>

/* One question or order, and what came of it. */
typedef struct
{
  char                *name;   /* nullable: all */
  char                *secret; /* nullable; wiped */
  MusterdSecretPlace   place;
  gboolean             ring_locked;
  GPtrArray           *restarted; /* nullable; char * */
  MusterdSecretReport *report;    /* nullable */
} Order;

static void
order_free (gpointer data)
{
  Order *order = data;

  g_free (order->name);
  musterd_secret_free (order->secret);
  g_clear_pointer (&order->restarted, g_ptr_array_unref);
  g_clear_pointer (&order->report, musterd_secret_report_free);
  g_free (order);
}

static Order *
order_new (MusterdRequest *request)
{
  Order *order = g_new0 (Order, 1);

  order->name = g_strdup (request->args[0]);
  return order;
}

/* Looking. */

static void
on_listed (MusterdSecretReport *report, const GError *error, gpointer user_data)
{
  MusterdCall *call = user_data;
  Order *order = musterd_call_get_value (call);

  order->report = report;
  musterd_call_on_done (error, call);
}

static void
run_list (MusterdCall *call, const MusterdApiServices *services, gpointer value G_GNUC_UNUSED)
{
  musterd_host_list_secrets (services->host, on_listed, call);
}

static void
add_uses (GString *json, const GPtrArray *uses, const char *name)
{
  musterd_json_open (json, "used_by", '[');
  for (guint i = 0; i < uses->len; i++)
    {
      const MusterdSecretUse *use = uses->pdata[i];

      if (!g_str_equal (use->name, name))
        continue;
      musterd_json_open (json, NULL, '{');
      musterd_json_string (json, "instance", use->instance);
      musterd_json_string (json, "option", use->option);
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, ']');
}

static void
add_place (GString *json, MusterdSecretPlace place)
{
  musterd_json_string (json, "where", musterd_secret_place_to_string (place));
  /* null also of a file that cannot be read. */
  if (place == MUSTERD_SECRET_FILE || place == MUSTERD_SECRET_SEALED_FILE)
    musterd_json_bool (json, "sealed", place == MUSTERD_SECRET_SEALED_FILE);
  else
    musterd_json_null (json, "sealed");
}

static void
add_item (GString *json, const MusterdSecretItem *item, const GPtrArray *uses)
{
  const char *state = item->locked ? "locked" : item->fault != NULL ? "unusable" : "ready";

  musterd_json_open (json, NULL, '{');
  musterd_json_string (json, "name", item->name);
  add_place (json, item->place);
  musterd_json_string (json, "state", state);
  musterd_json_string (json, "text", item->fault);
  musterd_json_bool (json, "hides", item->hides);
  add_uses (json, uses, item->name);
  musterd_json_close (json, '}');
}

static gboolean
is_listed (const MusterdSecretList *list, const char *name)
{
  for (guint i = 0; i < list->items->len; i++)
    if (g_str_equal (((const MusterdSecretItem *) list->items->pdata[i])->name, name))
      return TRUE;
  return FALSE;
}

/* What somebody refers to, and nobody has. */
static void
add_missing (GString *json, const MusterdSecretReport *report)
{
  g_autoptr(GHashTable) told = g_hash_table_new (g_str_hash, g_str_equal);
  const char *text = NULL;

  if (report->list->ring == MUSTERD_RING_LOCKED)
    text = "the default key ring is locked and may have it";
  else if (report->list->ring == MUSTERD_RING_SILENT)
    text = "the Secret Service does not answer and may have it";
  for (guint i = 0; i < report->uses->len; i++)
    {
      const MusterdSecretUse *use = report->uses->pdata[i];

      if (is_listed (report->list, use->name) || !g_hash_table_add (told, use->name))
        continue;
      musterd_json_open (json, NULL, '{');
      musterd_json_string (json, "name", use->name);
      add_place (json, MUSTERD_SECRET_NOWHERE);
      musterd_json_string (json, "state", text != NULL ? "unknown" : "missing");
      musterd_json_string (json, "text", text);
      musterd_json_bool (json, "hides", FALSE);
      add_uses (json, report->uses, use->name);
      musterd_json_close (json, '}');
    }
}

static void
on_list_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  static const char *const rings[] = { "absent", "open", "locked", "silent" };
  const Order *order = value;
  const MusterdSecretList *list = NULL;
  GString *json = NULL;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  list = order->report->list;
  json = g_string_new (NULL);
  musterd_json_open (json, NULL, '{');
  musterd_json_open (json, "secrets", '[');
  for (guint i = 0; i < list->items->len; i++)
    add_item (json, list->items->pdata[i], order->report->uses);
  add_missing (json, order->report);
  musterd_json_close (json, ']');
  musterd_json_string (json, "key_ring", rings[list->ring]);
  musterd_json_string (json, "sealing", list->key_is_faulty ? "faulty" : list->has_key ? "on" : "off");
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_secret_list (MusterdRequest *request)
{
  musterd_bridge_call (request->server->bridge, request, run_list, on_list_returned, order_new (request), order_free);
}

/* Changing. */

static void
on_changed (const MusterdSecretChange *change, const GError *error, gpointer user_data)
{
  MusterdCall *call = user_data;
  Order *order = musterd_call_get_value (call);

  order->place = change->place;
  order->ring_locked = change->ring_locked;
  order->restarted = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < change->restarted->len; i++)
    g_ptr_array_add (order->restarted, g_strdup (change->restarted->pdata[i]));
  musterd_call_on_done (error, call);
}

static void
run_set (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Order *order = value;

  musterd_host_set_secret (services->host, order->name, order->secret, on_changed, call);
}

static void
run_remove (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Order *order = value;

  musterd_host_remove_secret (services->host, order->name, on_changed, call);
}

static void
on_change_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  const Order *order = value;
  g_autofree char *by = NULL;
  GString *json = NULL;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  by = musterd_token_name_maker (&request->caller);
  g_message ("the secret '%s' was %s by %s", order->name,
             order->place != MUSTERD_SECRET_NOWHERE ? "set" : "removed", by);
  json = g_string_new (NULL);
  musterd_json_open (json, NULL, '{');
  musterd_json_string (json, "name", order->name);
  add_place (json, order->place);
  musterd_json_bool (json, "key_ring_locked", order->ring_locked);
  musterd_json_open (json, "restarted", '[');
  for (guint i = 0; i < order->restarted->len; i++)
    musterd_json_string (json, NULL, order->restarted->pdata[i]);
  musterd_json_close (json, ']');
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_secret_set (MusterdRequest *request)
{
  static const MusterdMember members[] = { { "value", MUSTERD_MEMBER_STRING, TRUE } };
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  Order *order = NULL;

  if (body == NULL)
    return;
  order = order_new (request);
  order->secret = musterd_body_take_secret (body, "value");
  if (strlen (order->secret) > MUSTER_SECRET_MAX)
    {
      order_free (order);
      musterd_request_problem (request, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE,
                               "a secret has at most " G_STRINGIFY (MUSTER_SECRET_MAX) " bytes");
      return;
    }
  musterd_bridge_call (request->server->bridge, request, run_set, on_change_returned, order, order_free);
}

void
musterd_secret_remove (MusterdRequest *request)
{
  musterd_bridge_call (request->server->bridge, request, run_remove, on_change_returned, order_new (request),
                       order_free);
}
