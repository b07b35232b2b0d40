/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings by scope: what there is to set, what holds where and who says so, and changing it. */
#define G_LOG_DOMAIN "muster-api"

#include "api/json-settings.h"
#include "api/routes.h"
#include "api/server.h"
#include "api/setting-value.h"
#include "model/error.h"

/* One question or order, and what came of it. */
typedef struct
{
  char             *scope;
  gboolean          all;     /* the others are asked for, too */
  JsonObject       *body;    /* nullable; the engine's thread reads it and the api's frees it */
  char             *block;   /* nullable; of a reset */
  char             *by;
  MusterdScopeView *view;    /* nullable */
} Order;

static void
order_free (gpointer data)
{
  Order *order = data;

  g_free (order->scope);
  g_free (order->block);
  g_free (order->by);
  g_clear_pointer (&order->body, json_object_unref);
  g_clear_pointer (&order->view, musterd_scope_view_free);
  g_free (order);
}

/* Takes `body` (nullable). */
static Order *
order_new (const MusterdRequest *request, const char *scope, JsonObject *body)
{
  Order *order = g_new0 (Order, 1);

  order->scope = g_strdup (scope);
  order->body = body;
  order->by = g_strdup (musterd_caller_get_by (&request->caller, ""));
  return order;
}

/* Users have their own scope; of others they do not even learn whether they are there. */
static gboolean
check_scope (MusterdRequest *request, const char *scope)
{
  const MusterdCaller *caller = &request->caller;
  g_autofree char *own = caller->user != NULL ? musterd_setting_scope_make_id (MUSTERD_LAYER_USER, caller->user) : NULL;

  if (caller->admin || g_strcmp0 (own, scope) == 0)
    return TRUE;
  musterd_request_problem (request, SOUP_STATUS_FORBIDDEN,
                           "only administrators may look at and change this scope: yours is user: and your id");
  return FALSE;
}

static guint
count_users (MusterdRequest *request, const MusterdScopeView *view)
{
  g_autoptr(GHashTable) counts = NULL;

  if (view->layer == MUSTERD_LAYER_USER)
    return 1;
  if (view->layer == MUSTERD_LAYER_ALL)
    return musterd_replica_get_n_users (request->server->replica);
  counts = musterd_settings_count_users (request->server->replica);
  return GPOINTER_TO_UINT (g_hash_table_lookup (counts, view->id));
}

static void
take_view (Order *order, MusterdEngine *engine, GError **error)
{
  order->view = musterd_scope_view_new (engine, order->scope, order->all, error);
}

static void
run_show (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  GError *error = NULL;

  take_view (value, services->engine, &error);
  musterd_call_return (call, error);
}

static void
on_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  const Order *order = value;
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  json = g_string_new (NULL);
  musterd_json_settings (json, NULL, order->view, count_users (request, order->view));
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

/* Looking. */

static void
on_listed (MusterdRequest *request, gpointer value, const GError *error)
{
  const Order *order = value;
  g_autoptr(GHashTable) counts = NULL;
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  if (request->caller.admin)
    counts = musterd_settings_count_users (request->server->replica);
  json = g_string_new (NULL);
  musterd_json_open (json, NULL, '{');
  musterd_json_scopes (json, "scopes", order->view, counts);
  musterd_json_blocks (json, "blocks", order->view->blocks);
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_settings_list (MusterdRequest *request)
{
  const MusterdCaller *caller = &request->caller;
  g_autofree char *scope = caller->admin ? g_strdup ("all")
                                         : musterd_setting_scope_make_id (MUSTERD_LAYER_USER, caller->user);
  Order *order = order_new (request, scope, NULL);

  order->all = caller->admin;
  musterd_bridge_call (request->server->bridge, request, run_show, on_listed, order, order_free);
}

void
musterd_settings_show (MusterdRequest *request)
{
  if (check_scope (request, request->args[0]))
    musterd_bridge_call (request->server->bridge, request, run_show, on_returned, order_new (request, request->args[0], NULL),
                         order_free);
}

/* Changing. */

static gboolean
add_values (GPtrArray *changes, const MusterdBlocks *blocks, const char *block_name, JsonObject *values,
            GError **error)
{
  const MusterdBlock *block = musterd_blocks_find (blocks, block_name);
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, values);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      const MusterdSetting *setting = block != NULL ? musterd_block_find (block, name) : NULL;
      g_autoptr(GError) local_error = NULL;
      g_autofree char *text = musterd_setting_read (block_name, name, setting, node, &local_error);

      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      g_ptr_array_add (changes, musterd_setting_change_new (block_name, name, text, MUSTERD_POLICY_INHERIT));
    }
  return TRUE;
}

static gboolean
read_values (GPtrArray *changes, const MusterdBlocks *blocks, JsonObject *values, GError **error)
{
  JsonObjectIter iter;
  const char *block;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, values);
  while (json_object_iter_next_ordered (&iter, &block, &node))
    {
      if (!JSON_NODE_HOLDS_OBJECT (node))
        {
          g_autofree char *shown = musterd_error_word (block);

          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                       "member '%s' of 'values' must be an object: a block with its options", shown);
          return FALSE;
        }
      if (!add_values (changes, blocks, block, json_node_get_object (node), error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
read_policies (GPtrArray *changes, JsonObject *policies, GError **error)
{
  JsonObjectIter iter;
  const char *block;
  JsonNode *node;

  json_object_iter_init_ordered (&iter, policies);
  while (json_object_iter_next_ordered (&iter, &block, &node))
    {
      MusterdPolicy policy = MUSTERD_POLICY_INHERIT;
      gboolean is_string = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;

      if (!is_string || !musterd_policy_from_string (json_node_get_string (node), &policy))
        {
          g_autofree char *shown = musterd_error_word (block);

          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                       "the policy of '%s' must be may-change, cannot-change or inherit", shown);
          return FALSE;
        }
      g_ptr_array_add (changes, musterd_setting_change_new (block, NULL, NULL, policy));
    }
  return TRUE;
}

/* What is told is how it is afterwards. */
static void
on_changed (const GError *error, gpointer user_data)
{
  MusterdCall *call = user_data;
  const MusterdApiServices *services = musterd_call_get_services (call);
  GError *local_error = error != NULL ? g_error_copy (error) : NULL;

  if (error == NULL && services != NULL)
    take_view (musterd_call_get_value (call), services->engine, &local_error);
  musterd_call_return (call, local_error);
}

static void
run_change (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Order *order = value;
  g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);
  MusterdBlocks *blocks = musterd_engine_get_blocks (services->engine);
  GError *error = NULL;

  if ((json_object_has_member (order->body, "policies")
       && !read_policies (changes, json_object_get_object_member (order->body, "policies"), &error))
      || (json_object_has_member (order->body, "values")
          && !read_values (changes, blocks, json_object_get_object_member (order->body, "values"), &error)))
    musterd_call_return (call, error);
  else
    musterd_engine_change_settings (services->engine, order->scope, g_steal_pointer (&changes), order->by, on_changed,
                                    call);
}

void
musterd_settings_change (MusterdRequest *request)
{
  static const MusterdMember members[] = { { "values", MUSTERD_MEMBER_OBJECT, FALSE },
                                           { "policies", MUSTERD_MEMBER_OBJECT, FALSE } };
  g_autoptr(JsonObject) body = NULL;

  if (!check_scope (request, request->args[0]))
    return;
  body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  if (body == NULL)
    return;
  if (!request->caller.admin && json_object_has_member (body, "policies"))
    musterd_request_problem (request, SOUP_STATUS_FORBIDDEN, "only administrators may change policies");
  else
    musterd_bridge_call (request->server->bridge, request, run_change, on_returned,
                         order_new (request, request->args[0], g_steal_pointer (&body)), order_free);
}

static void
run_reset (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Order *order = value;

  musterd_engine_reset_settings (services->engine, order->scope, order->block, order->by, on_changed, call);
}

void
musterd_settings_reset (MusterdRequest *request)
{
  static const MusterdMember members[] = { { "block", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE } };
  g_autoptr(JsonObject) body = NULL;
  Order *order;

  if (!check_scope (request, request->args[0]))
    return;
  body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  if (body == NULL)
    return;
  order = order_new (request, request->args[0], NULL);
  order->block = g_strdup (musterd_body_get_string (body, "block"));
  musterd_bridge_call (request->server->bridge, request, run_reset, on_returned, order, order_free);
}
