/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include <string.h>

#include "api/json.h"
#include "api/routes.h"
#include "api/server.h"
#include "api/user-edit.h"
#include "model/error.h"

/* Listing. */

typedef struct
{
  GPtrArray *users;
  guint      next;
  char       last; /* what the piece before ended with; 0: there was none */
} UserList;

#define PIECE 500

static void
user_list_free (gpointer data)
{
  UserList *list = data;

  g_ptr_array_unref (list->users);
  g_free (list);
}

static GBytes *
next_users (gpointer data, GError **error G_GNUC_UNUSED)
{
  UserList *list = data;
  g_autoptr(GString) json = g_string_new (NULL);

  if (list->next > list->users->len)
    return NULL;
  if (list->last != 0)
    g_string_append_c (json, list->last);
  else
    {
      musterd_json_open (json, NULL, '{');
      musterd_json_open (json, "users", '[');
    }
  for (guint n = 0; n < PIECE && list->next < list->users->len; n++, list->next++)
    musterd_json_user (json, NULL, list->users->pdata[list->next]);
  if (list->next == list->users->len)
    {
      musterd_json_close (json, ']');
      musterd_json_close (json, '}');
      list->next++;
    }
  if (list->last != 0)
    g_string_erase (json, 0, 1);
  list->last = json->str[json->len - 1];
  return g_bytes_new (json->str, json->len);
}

void
musterd_users_list (MusterdRequest *request)
{
  UserList *list = g_new0 (UserList, 1);

  list->users = musterd_replica_list_users (request->server->replica);
  musterd_request_stream (request, "application/json", -1, next_users, list, user_list_free);
}

static void
reply_user (MusterdRequest *request, guint status, const MusterdUser *user)
{
  GString *json = g_string_new (NULL);

  musterd_json_user (json, NULL, user);
  musterd_request_reply (request, status, json);
}

void
musterd_users_show (MusterdRequest *request)
{
  MusterdUser *user = musterd_replica_get_user (request->server->replica, request->args[0]);

  if (user == NULL)
    {
      g_autofree char *why = g_strdup_printf ("there is no user '%s'", request->args[0]);

      musterd_request_problem (request, SOUP_STATUS_NOT_FOUND, why);
      return;
    }
  reply_user (request, SOUP_STATUS_OK, user);
}

/* Adding and changing. What was asked goes to the engine's thread as it is and is laid over the user there, one change
 * after the other, so that two that name different fields both count. */

typedef struct
{
  char        *id;
  GPtrArray   *values; /* name, value (nullable), name, … */
  MusterdPut   how;
  MusterdUser *user;   /* what came of it; nullable */
} Edit;

static void
edit_free (gpointer data)
{
  Edit *edit = data;

  g_free (edit->id);
  g_ptr_array_unref (edit->values);
  g_clear_pointer (&edit->user, musterd_user_unref);
  g_free (edit);
}

static const MusterdMember *
user_members (gboolean with_id, gsize *n)
{
  static MusterdMember members[MUSTERD_N_USER_FIELDS + 2];

  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    members[i] = (MusterdMember) { musterd_user_field_to_string ((MusterdUserField) i), MUSTERD_MEMBER_TEXT_OR_NULL,
                                   FALSE };
  members[MUSTERD_N_USER_FIELDS] = (MusterdMember) { "attributes", MUSTERD_MEMBER_OBJECT, FALSE };
  members[MUSTERD_N_USER_FIELDS + 1] = (MusterdMember) { "id", MUSTERD_MEMBER_STRING, TRUE };
  *n = MUSTERD_N_USER_FIELDS + (with_id ? 2 : 1);
  return members;
}

static void
add_value (Edit *edit, const char *name, const char *value)
{
  g_ptr_array_add (edit->values, g_strdup (name));
  g_ptr_array_add (edit->values, g_strdup (value));
}

static gboolean
read_attributes (Edit *edit, JsonObject *attributes, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  json_object_iter_init (&iter, attributes);
  while (json_object_iter_next (&iter, &name, &node))
    {
      gboolean is_string = JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
      g_autofree char *shown = musterd_error_word (name);

      if (!is_string && !JSON_NODE_HOLDS_NULL (node))
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "attribute '%s' must be a string or null", shown);
          return FALSE;
        }
      if (strchr (name, '.') == NULL)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                       "attribute '%s' must be named after its plugin: plugin.name", shown);
          return FALSE;
        }
      add_value (edit, name, is_string ? json_node_get_string (node) : NULL);
    }
  return TRUE;
}

static Edit *
read_edit (JsonObject *body, const char *id, MusterdPut how, GError **error)
{
  g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func (g_free);
  Edit *edit = g_new0 (Edit, 1);

  edit->id = g_strdup (id);
  edit->values = g_steal_pointer (&values);
  edit->how = how;
  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    {
      const char *name = musterd_user_field_to_string ((MusterdUserField) i);

      if (json_object_has_member (body, name))
        add_value (edit, name, musterd_body_get_string (body, name));
    }
  if (json_object_has_member (body, "attributes")
      && !read_attributes (edit, json_object_get_object_member (body, "attributes"), error))
    {
      edit_free (edit);
      return NULL;
    }
  return edit;
}

static void
run_edit (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Edit *edit = value;
  MusterdUser *known = musterd_engine_get_user (services->engine, edit->id);
  g_autofree char *shown = musterd_error_word (edit->id);
  g_autoptr(MusterdUserEdit) change = NULL;
  GError *error = NULL;

  if (edit->how == MUSTERD_PUT_EXISTING && known == NULL)
    error = g_error_new (MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no user '%s'", shown);
  else if (edit->how == MUSTERD_PUT_NEW && known != NULL)
    error = g_error_new (MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "the user '%s' exists already", shown);
  else
    {
      change = musterd_user_edit_new (edit->id, known);
      for (guint i = 0; i + 1 < edit->values->len && error == NULL; i += 2)
        musterd_user_edit_set (change, edit->values->pdata[i], edit->values->pdata[i + 1], &error);
      if (error == NULL)
        edit->user = musterd_user_edit_finish (change, &error);
    }
  if (error != NULL)
    {
      musterd_call_return (call, error);
      return;
    }
  musterd_engine_put_users (services->engine, &edit->user, 1, edit->how, musterd_call_on_done, call);
}

static void
on_edit_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  const Edit *edit = value;
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->message);

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  if (edit->how == MUSTERD_PUT_NEW)
    {
      g_autofree char *escaped = g_uri_escape_string (edit->id, "@", FALSE);
      g_autofree char *location = g_strconcat ("/v1/users/", escaped, NULL);

      soup_message_headers_replace (headers, "Location", location);
    }
  reply_user (request, edit->how == MUSTERD_PUT_NEW ? SOUP_STATUS_CREATED : SOUP_STATUS_OK, edit->user);
}

static void
begin_edit (MusterdRequest *request, MusterdPut how)
{
  gsize n_members = 0;
  const MusterdMember *members = user_members (how == MUSTERD_PUT_NEW, &n_members);
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, n_members);
  g_autoptr(GError) error = NULL;
  Edit *edit;

  if (body == NULL)
    return;
  edit = read_edit (body, how == MUSTERD_PUT_NEW ? musterd_body_get_string (body, "id") : request->args[0], how,
                    &error);
  if (edit == NULL)
    musterd_request_fail (request, error);
  else
    musterd_bridge_call_in_turn (request->server->bridge, request, run_edit, on_edit_returned, edit, edit_free);
}

void
musterd_users_add (MusterdRequest *request)
{
  begin_edit (request, MUSTERD_PUT_NEW);
}

void
musterd_users_change (MusterdRequest *request)
{
  begin_edit (request, MUSTERD_PUT_EXISTING);
}

static void
run_remove (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  musterd_engine_remove_user (services->engine, value, musterd_call_on_done, call);
}

static void
on_remove_returned (MusterdRequest *request, gpointer value G_GNUC_UNUSED, const GError *error)
{
  if (error != NULL)
    musterd_request_fail (request, error);
  else
    musterd_request_done (request);
}

void
musterd_users_remove (MusterdRequest *request)
{
  musterd_bridge_call (request->server->bridge, request, run_remove, on_remove_returned, g_strdup (request->args[0]),
                       g_free);
}
