/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What owners grant viewers, as both sides say it. Whoever is no administrator learns of viewers what they may see
 * anyway, and what stands in their own list. */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"
#include "api/routes.h"
#include "api/server.h"
#include "model/error.h"

#define PIECE 500 /* entries in one piece of a list */

static void
fail_unknown (MusterdRequest *request, const char *user)
{
  g_autofree char *shown = musterd_error_word (user);
  g_autofree char *why = g_strdup_printf ("there is no user '%s'", shown);

  musterd_request_problem (request, SOUP_STATUS_NOT_FOUND, why);
}

/* Lists. */

typedef struct
{
  MusterdUser   *owner;
  MusterdGrants *grants; /* keeps the grant */
  const MusterdGrant *grant;
} Row;

typedef struct
{
  GPtrArray *rows; /* Row */
  guint      next;
  gboolean   begun;
} RowList;

static void
row_free (gpointer data)
{
  Row *row = data;

  musterd_user_unref (row->owner);
  musterd_grants_unref (row->grants);
  g_free (row);
}

static void
row_list_free (gpointer data)
{
  RowList *list = data;

  g_ptr_array_unref (list->rows);
  g_free (list);
}

static void
add_row (GPtrArray *rows, const MusterdAccess *owner, const MusterdGrant *grant)
{
  Row *row = g_new0 (Row, 1);

  row->owner = musterd_user_ref (owner->user);
  row->grants = musterd_grants_ref (owner->grants);
  row->grant = grant;
  g_ptr_array_add (rows, row);
}

static GBytes *
next_rows (gpointer data, GError **error G_GNUC_UNUSED)
{
  RowList *list = data;
  g_autoptr(GString) json = g_string_new (list->begun ? NULL : "{\"relationships\":[");

  if (list->next > list->rows->len)
    return NULL;
  for (guint n = 0; n < PIECE && list->next < list->rows->len; n++, list->next++)
    {
      const Row *row = list->rows->pdata[list->next];
      g_autoptr(GString) one = g_string_new (NULL);

      musterd_json_grant (one, NULL, row->owner->id, row->grant);
      g_string_append_printf (json, "%s%s", list->next > 0 ? "," : "", one->str);
    }
  if (list->next == list->rows->len)
    {
      g_string_append (json, "]}");
      list->next++;
    }
  list->begun = TRUE;
  return g_string_free_to_bytes (g_steal_pointer (&json));
}

/* Takes the rows. */
static void
send_rows (MusterdRequest *request, GPtrArray *rows)
{
  RowList *list = g_new0 (RowList, 1);

  list->rows = rows;
  musterd_request_stream (request, "application/json", -1, next_rows, list, row_list_free);
}

static void
list_of_owner (MusterdRequest *request, const char *owner)
{
  MusterdReplica *replica = request->server->replica;
  const MusterdAccess *access
      = musterd_replica_get_user (replica, owner) != NULL ? musterd_replica_get_access (replica, owner) : NULL;
  GPtrArray *rows;

  if (!musterd_caller_owns (&request->caller, owner))
    {
      musterd_request_problem (request, SOUP_STATUS_FORBIDDEN, "only this user and administrators may do this");
      return;
    }
  if (access == NULL)
    {
      fail_unknown (request, owner);
      return;
    }
  rows = g_ptr_array_new_with_free_func (row_free);
  for (guint i = 0; access->grants != NULL && i < access->grants->n; i++)
    add_row (rows, access, &access->grants->entries[i]);
  send_rows (request, rows);
}

static void
list_of_viewer (MusterdRequest *request, const char *viewer)
{
  MusterdReplica *replica = request->server->replica;
  g_autoptr(GPtrArray) users = NULL;
  g_autoptr(GError) error = NULL;
  MusterdViewerKind kind = MUSTERD_VIEWER_USER;
  const char *name = NULL;
  GPtrArray *rows;

  if (!request->caller.admin)
    {
      musterd_request_problem (request, SOUP_STATUS_FORBIDDEN, "only administrators may ask whom a viewer may see");
      return;
    }
  if (!musterd_viewer_parse (viewer, &kind, &name, &error))
    {
      musterd_request_fail (request, error);
      return;
    }
  users = musterd_replica_list_users (replica);
  rows = g_ptr_array_new_with_free_func (row_free);
  for (guint i = 0; i < users->len; i++)
    {
      const MusterdAccess *access = musterd_replica_get_access (replica, ((MusterdUser *) users->pdata[i])->id);

      for (guint own_word = 0; access->grants != NULL && own_word < 2; own_word++)
        {
          const MusterdGrant *grant = musterd_grants_find (access->grants, kind, name, own_word == 1);

          if (grant != NULL)
            add_row (rows, access, grant);
        }
    }
  send_rows (request, rows);
}

void
musterd_relationships_list (MusterdRequest *request)
{
  const char *owner = musterd_query_get (request->query, "owner");
  const char *viewer = musterd_query_get (request->query, "viewer");

  if ((owner == NULL) == (viewer == NULL))
    musterd_request_problem (request, SOUP_STATUS_BAD_REQUEST, "say either 'owner' or 'viewer', one of them");
  else if (owner != NULL)
    list_of_owner (request, owner);
  else
    list_of_viewer (request, viewer);
}

/* One pair. */

static gboolean
read_viewer (MusterdRequest *request, MusterdGrant *grant, GError **error)
{
  MusterdViewerKind kind = MUSTERD_VIEWER_USER;
  const char *name = NULL;

  if (!musterd_viewer_parse (request->args[1], &kind, &name, error))
    return FALSE;
  grant->kind = kind;
  grant->name = (char *) name; /* in the request's path */
  return TRUE;
}

static gboolean
is_named (const MusterdAccess *owner, const MusterdGrant *grant)
{
  return musterd_grants_find (owner->grants, grant->kind, grant->name, TRUE) != NULL
         || musterd_grants_find (owner->grants, grant->kind, grant->name, FALSE) != NULL;
}

/* Who a viewer is, as far as the caller may know. FALSE: they do not even know that there is one. */
static gboolean
know_viewer (MusterdRequest *request, const MusterdAccess *owner, const MusterdGrant *grant, MusterdViewer *viewer)
{
  MusterdReplica *replica = request->server->replica;
  MusterdUser *user;

  *viewer = musterd_viewer_of_grant (grant);
  if (grant->kind != MUSTERD_VIEWER_USER)
    return TRUE;
  user = musterd_replica_get_user (replica, grant->name);
  if (user == NULL || musterd_caller_relation (&request->caller, replica, grant->name) == MUSTERD_RELATION_BLOCKED)
    return is_named (owner, grant);
  *viewer = musterd_viewer_of_user (user);
  return TRUE;
}

/* FALSE: the request has its answer. */
static gboolean
find_pair (MusterdRequest *request, MusterdAccess *owner, MusterdGrant *grant, MusterdViewer *viewer)
{
  MusterdReplica *replica = request->server->replica;
  g_autoptr(GError) error = NULL;

  if (!read_viewer (request, grant, &error))
    {
      musterd_request_fail (request, error);
      return FALSE;
    }
  if (musterd_replica_get_user (replica, request->args[0]) == NULL)
    {
      fail_unknown (request, request->args[0]);
      return FALSE;
    }
  *owner = *musterd_replica_get_access (replica, request->args[0]); /* as long as nothing is applied */
  if (know_viewer (request, owner, grant, viewer))
    return TRUE;
  fail_unknown (request, grant->name);
  return FALSE;
}

static void
reply_pair (MusterdRequest *request)
{
  g_autofree char *shown = NULL;
  MusterdGrant grant = { NULL };
  MusterdAccess owner;
  MusterdViewer viewer;
  GString *json;

  if (!find_pair (request, &owner, &grant, &viewer))
    return;
  shown = musterd_viewer_to_string (grant.kind, grant.name);
  json = g_string_new (NULL);
  musterd_json_relation (json, NULL, &owner, shown, &viewer);
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_relationships_show (MusterdRequest *request)
{
  reply_pair (request);
}

/* Changing. */

typedef struct
{
  char        *owner;
  MusterdGrant grant; /* with a name of its own */
  char        *by;    /* nullable: the owner */
} Change;

static void
change_free (gpointer data)
{
  Change *change = data;

  g_free (change->owner);
  g_free (change->grant.name);
  g_free (change->by);
  g_free (change);
}

static Change *
change_new (MusterdRequest *request, const MusterdGrant *grant)
{
  Change *change = g_new0 (Change, 1);

  change->owner = g_strdup (request->args[0]);
  change->grant = *grant;
  change->grant.name = g_strdup (grant->name);
  change->by = g_strdup (musterd_caller_get_by (&request->caller, change->owner));
  return change;
}

/* In whose name it is said: that of who says it, where nobody says otherwise. */
static gboolean
read_side (const MusterdRequest *request, const char *as, MusterdGrant *grant, GError **error)
{
  gboolean self = g_strcmp0 (request->caller.user, request->args[0]) == 0;

  if (as == NULL)
    grant->own_word = self;
  else if (g_str_equal (as, "owner"))
    grant->own_word = TRUE;
  else if (!g_str_equal (as, "administrator"))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "'as' is 'owner' or 'administrator'");
      return FALSE;
    }
  else if (!request->caller.admin)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                           "only administrators speak as such: leave 'as' out to say it yourself");
      return FALSE;
    }
  else
    grant->own_word = FALSE;
  return TRUE;
}

static gboolean
read_level (JsonObject *body, MusterdGrant *grant, GError **error)
{
  const char *level = musterd_body_get_string (body, "level");
  MusterdRelation value = MUSTERD_RELATION_OWNER;

  if (!musterd_relation_from_string (level, &value) || value >= MUSTERD_RELATION_OWNER)
    {
      g_autofree char *shown = musterd_error_word (level);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                   "there is no level '%s' to grant: there are blocked, employee, team-colleague, assistant, "
                   "assistant-plus",
                   shown);
      return FALSE;
    }
  grant->level = value;
  return TRUE;
}

static void
run_put (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Change *change = value;

  musterd_engine_grant (services->engine, change->owner, &change->grant, change->by, musterd_call_on_done, call);
}

static void
on_put_returned (MusterdRequest *request, gpointer value G_GNUC_UNUSED, const GError *error)
{
  /* The change has come here before its answer. */
  if (error != NULL)
    musterd_request_fail (request, error);
  else
    reply_pair (request);
}

void
musterd_relationships_put (MusterdRequest *request)
{
  static const MusterdMember members[] = {
    { "level", MUSTERD_MEMBER_STRING, TRUE },
    { "as", MUSTERD_MEMBER_STRING, FALSE },
  };
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  g_autoptr(GError) error = NULL;
  MusterdGrant grant = { NULL };
  MusterdAccess owner;
  MusterdViewer viewer;

  if (body == NULL)
    return;
  if (!read_level (body, &grant, &error)
      || !read_side (request, musterd_body_get_string (body, "as"), &grant, &error))
    {
      musterd_request_fail (request, error);
      return;
    }
  if (find_pair (request, &owner, &grant, &viewer))
    musterd_bridge_call (request->server->bridge, request, run_put, on_put_returned, change_new (request, &grant),
                         change_free);
}

static void
run_remove (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Change *change = value;

  musterd_engine_revoke (services->engine, change->owner, &change->grant, change->by, musterd_call_on_done, call);
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
musterd_relationships_remove (MusterdRequest *request)
{
  g_autoptr(GError) error = NULL;
  MusterdGrant grant = { NULL };

  if (!read_viewer (request, &grant, &error)
      || !read_side (request, musterd_query_get (request->query, "as"), &grant, &error))
    musterd_request_fail (request, error);
  else
    musterd_bridge_call (request->server->bridge, request, run_remove, on_remove_returned,
                         change_new (request, &grant), change_free);
}
