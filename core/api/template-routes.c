/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Templates: those of a scope, those a user has, and making, changing and removing them. */
#define G_LOG_DOMAIN "muster-api"

#include "api/json-template.h"
#include "api/routes.h"
#include "api/server.h"
#include "api/template-edit.h"
#include "model/error.h"
#include "settings/usage.h"

/* One question or order, and what came of it. */
typedef struct
{
  char                *scope;   /* nullable: where the template of `id` stands */
  char                *id;      /* nullable: all of them */
  char                *as_user; /* nullable: an administrator */
  char                *by;
  MusterdTemplateEdit *edit;    /* nullable */
  MusterdScopeView    *view;    /* nullable */
} Order;

static void
order_free (gpointer data)
{
  Order *order = data;

  g_free (order->scope);
  g_free (order->id);
  g_free (order->as_user);
  g_free (order->by);
  g_clear_pointer (&order->edit, musterd_template_edit_free);
  g_clear_pointer (&order->view, musterd_scope_view_free);
  g_free (order);
}

static Order *
order_new (const MusterdCaller *caller, const char *scope, const char *id)
{
  Order *order = g_new0 (Order, 1);

  order->scope = g_strdup (scope);
  order->id = g_strdup (id);
  order->as_user = caller->admin ? NULL : g_strdup (caller->user);
  order->by = g_strdup (musterd_caller_get_by (caller, ""));
  return order;
}

static void
take_view (Order *order, MusterdEngine *engine, GError **error)
{
  guint position;
  const MusterdSettingScope *stands = order->scope == NULL && order->as_user == NULL
                                          ? musterd_engine_find_template (engine, order->id, &position)
                                          : NULL;

  /* A user sees a central one as they have it. */
  if (order->scope == NULL && order->as_user != NULL)
    order->scope = musterd_setting_scope_make_id (MUSTERD_LAYER_USER, order->as_user);
  else if (stands != NULL)
    order->scope = g_strdup (stands->id);
  if (order->scope != NULL)
    order->view = musterd_scope_view_new (engine, order->scope, order->as_user == NULL, error);
  else
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND,
                         "it was done, but the template has been removed since");
}

/* Writing the answer. */

static const MusterdTemplate *
find_in_force (GPtrArray *templates, const char *id)
{
  for (guint i = 0; i < templates->len; i++)
    if (g_str_equal (((MusterdTemplate *) templates->pdata[i])->id, id))
      return templates->pdata[i];
  return NULL;
}

static void
fill_item (MusterdTemplateItem *item, GPtrArray *in_force, GHashTable *uses)
{
  const MusterdTemplate *found = find_in_force (in_force, item->own->id);

  item->offered = found != NULL && found->active;
  item->tmpl = found != NULL ? found : item->own;
  item->used_by = g_hash_table_lookup (uses, item->own->id);
}

/* Those of one scope, or the one of them. */
static gboolean
add_scope (GString *json, const MusterdSettingScope *scope, const char *only, GPtrArray *in_force, GHashTable *uses)
{
  for (guint i = 0; scope != NULL && i < scope->templates->len; i++)
    {
      MusterdTemplateItem item = { .own = scope->templates->pdata[i], .scope = scope, .position = i };

      if (only != NULL && !g_str_equal (only, item.own->id))
        continue;
      fill_item (&item, in_force, uses);
      musterd_json_template (json, NULL, &item);
      if (only != NULL)
        return TRUE;
    }
  return FALSE;
}

/* In the order in which the user has them. */
static void
add_in_force (GString *json, const MusterdScopeView *view, gboolean only_offered, GPtrArray *in_force, GHashTable *uses)
{
  for (guint i = 0; i < in_force->len; i++)
    {
      const MusterdTemplate *tmpl = g_ptr_array_index (in_force, i);

      if (only_offered && !tmpl->active)
        continue;
      for (guint layer = MUSTERD_N_LAYERS; layer > 0; layer--)
        if (add_scope (json, view->scopes.layers[layer - 1], tmpl->id, in_force, uses))
          break;
    }
}

/* An assistant looks at the list of somebody else. */
static gboolean
is_anothers (const Order *order)
{
  g_autofree char *own = order->as_user != NULL
                             ? musterd_setting_scope_make_id (MUSTERD_LAYER_USER, order->as_user)
                             : NULL;

  return own != NULL && !g_str_equal (own, order->view->id);
}

/* What others use of a central template is no user's business; one's own can only be used by one's own settings, which
 * an assistant does not see. */
static GHashTable *
list_uses (const Order *order)
{
  if (is_anothers (order))
    return g_hash_table_new (NULL, NULL);
  return musterd_usage_list (order->view->blocks, order->view->all);
}

static void
on_listed (MusterdRequest *request, gpointer value, const GError *error, gboolean whole)
{
  const Order *order = value;
  g_autoptr(GPtrArray) in_force = NULL;
  g_autoptr(GHashTable) uses = NULL;
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  in_force = musterd_scopes_list_templates (order->view->blocks, &order->view->scopes);
  uses = list_uses (order);
  json = g_string_new (NULL);
  musterd_json_open (json, NULL, '{');
  musterd_json_open (json, "templates", '[');
  if (whole)
    add_in_force (json, order->view, is_anothers (order), in_force, uses);
  else
    add_scope (json, musterd_scope_view_get_own (order->view), NULL, in_force, uses);
  musterd_json_close (json, ']');
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

static void
on_scope_listed (MusterdRequest *request, gpointer value, const GError *error)
{
  on_listed (request, value, error, FALSE);
}

static void
on_user_listed (MusterdRequest *request, gpointer value, const GError *error)
{
  on_listed (request, value, error, TRUE);
}

/* Looking. */

static void
run_list (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  GError *error = NULL;

  take_view (value, services->engine, &error);
  musterd_call_return (call, error);
}

static gboolean
owns_scope (const MusterdCaller *caller, const char *scope)
{
  g_autofree char *own = caller->user != NULL ? musterd_setting_scope_make_id (MUSTERD_LAYER_USER, caller->user) : NULL;

  return caller->admin || g_strcmp0 (own, scope) == 0;
}

static void
list_of_scope (MusterdRequest *request, const char *scope)
{
  if (!owns_scope (&request->caller, scope))
    musterd_request_problem (request, SOUP_STATUS_FORBIDDEN,
                             "only administrators may look at the templates of this scope: yours is user: and your id");
  else
    musterd_bridge_call (request->server->bridge, request, run_list, on_scope_listed,
                         order_new (&request->caller, scope, NULL), order_free);
}

/* Who may choose a template for somebody must know those there are. Of all others nobody learns anything, not even
 * whether there is such a user. */
static void
list_of_user (MusterdRequest *request, const char *user)
{
  g_autofree char *scope = musterd_setting_scope_make_id (MUSTERD_LAYER_USER, user);

  if (musterd_caller_relation (&request->caller, request->server->replica, user)
      < MUSTERD_RELATION_ASSISTANT_PLUS)
    musterd_request_problem (request, SOUP_STATUS_FORBIDDEN,
                             "only this user, who assists them with templates, and administrators may do this");
  else
    musterd_bridge_call (request->server->bridge, request, run_list, on_user_listed,
                         order_new (&request->caller, scope, NULL), order_free);
}

void
musterd_templates_list (MusterdRequest *request)
{
  const char *scope = musterd_query_get (request->query, "scope");
  const char *user = musterd_query_get (request->query, "user");

  if (scope != NULL && user != NULL)
    musterd_request_problem (request, SOUP_STATUS_BAD_REQUEST,
                             "'scope' and 'user' contradict each other: a scope has its own templates, a user also "
                             "those of all, their location and group");
  else if (scope != NULL)
    list_of_scope (request, scope);
  else if (user != NULL || !request->caller.admin)
    list_of_user (request, user != NULL ? user : request->caller.user);
  else
    list_of_scope (request, "all");
}

/* Changing. */

static void
on_done (const GError *error, gpointer user_data)
{
  MusterdCall *call = user_data;
  const MusterdApiServices *services = musterd_call_get_services (call);
  GError *local_error = error != NULL ? g_error_copy (error) : NULL;

  if (error == NULL && services != NULL)
    take_view (musterd_call_get_value (call), services->engine, &local_error);
  musterd_call_return (call, local_error);
}

static void
reply_one (MusterdRequest *request, const Order *order, guint status)
{
  g_autoptr(GPtrArray) in_force = musterd_scopes_list_templates (order->view->blocks, &order->view->scopes);
  g_autoptr(GHashTable) uses = list_uses (order);
  GString *json = g_string_new (NULL);
  gboolean found = FALSE;

  for (guint i = 0; i < MUSTERD_N_LAYERS && !found; i++)
    found = add_scope (json, order->view->scopes.layers[i], order->id, in_force, uses);
  if (found)
    {
      musterd_request_reply (request, status, json);
      return;
    }
  g_string_free (json, TRUE);
  musterd_request_problem (request, SOUP_STATUS_NOT_FOUND, "it was done, but the template has been removed since");
}

static void
on_changed (MusterdRequest *request, gpointer value, const GError *error)
{
  if (error != NULL)
    musterd_request_fail (request, error);
  else
    reply_one (request, value, SOUP_STATUS_OK);
}

static void
on_added (MusterdRequest *request, gpointer value, const GError *error)
{
  if (error != NULL)
    musterd_request_fail (request, error);
  else
    reply_one (request, value, SOUP_STATUS_CREATED);
}

static void
run_add (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Order *order = value;

  musterd_engine_add_template (services->engine, order->scope, g_steal_pointer (&order->edit), order->by, on_done,
                               call);
}

/* NULL: answered already. */
static MusterdTemplateEdit *
read_edit (MusterdRequest *request, JsonObject *body)
{
  g_autoptr(GError) error = NULL;
  MusterdTemplateEdit *edit = musterd_template_edit_read (body, &error);

  if (edit == NULL)
    musterd_request_fail (request, error);
  return edit;
}

void
musterd_templates_add (MusterdRequest *request)
{
  gsize n = 0;
  const MusterdMember *members = musterd_template_members (TRUE, &n);
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, n);
  const MusterdCaller *caller = &request->caller;
  g_autofree char *own = caller->admin ? NULL : musterd_setting_scope_make_id (MUSTERD_LAYER_USER, caller->user);
  const char *scope = body != NULL ? musterd_body_get_string (body, "scope") : NULL;
  MusterdTemplateEdit *edit;
  Order *order;

  if (body == NULL)
    return;
  if (scope == NULL)
    scope = own != NULL ? own : "all";
  if (!owns_scope (caller, scope))
    {
      musterd_request_problem (request, SOUP_STATUS_FORBIDDEN,
                               "only administrators may make templates of this scope: yours is user: and your id");
      return;
    }
  edit = read_edit (request, body);
  if (edit == NULL)
    return;
  edit->tmpl->id = musterd_template_make_id ();
  order = order_new (caller, scope, edit->tmpl->id);
  order->edit = edit;
  musterd_bridge_call (request->server->bridge, request, run_add, on_added, order, order_free);
}

static void
run_change (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Order *order = value;

  musterd_engine_edit_template (services->engine, order->id, order->as_user, g_steal_pointer (&order->edit),
                                order->by, on_done, call);
}

void
musterd_templates_change (MusterdRequest *request)
{
  gsize n = 0;
  const MusterdMember *members = musterd_template_members (FALSE, &n);
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, n);
  MusterdTemplateEdit *edit = body != NULL ? read_edit (request, body) : NULL;
  Order *order;

  if (edit == NULL)
    return;
  order = order_new (&request->caller, NULL, request->args[0]);
  order->edit = edit;
  musterd_bridge_call (request->server->bridge, request, run_change, on_changed, order, order_free);
}

static void
run_remove (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Order *order = value;

  musterd_engine_remove_template (services->engine, order->id, order->as_user, order->by, musterd_call_on_done, call);
}

static void
on_removed (MusterdRequest *request, gpointer value G_GNUC_UNUSED, const GError *error)
{
  if (error != NULL)
    musterd_request_fail (request, error);
  else
    musterd_request_done (request);
}

void
musterd_templates_remove (MusterdRequest *request)
{
  musterd_bridge_call (request->server->bridge, request, run_remove, on_removed,
                       order_new (&request->caller, NULL, request->args[0]), order_free);
}
