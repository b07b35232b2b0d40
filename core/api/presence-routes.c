/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include <string.h>

#include "api/json.h"
#include "api/rfc3339.h"
#include "api/rights.h"
#include "api/routes.h"
#include "api/server.h"
#include "model/error.h"

#define PIECE 500 /* presences in one piece of a list */

/* FALSE: there is none to be seen or set, and the request has its answer. */
static gboolean
check_presence (MusterdRequest *request)
{
  g_autoptr(GError) error = NULL;

  if (musterd_caller_check_presence (&request->caller, request->server->replica, request->args[0], &error))
    return TRUE;
  musterd_request_fail (request, error);
  return FALSE;
}

/* Lists. */

typedef struct
{
  MusterdRequest     *request;
  MusterdReplicaNews *news;
  guint               next;
  char                last; /* what the piece before ended with; 0: there was none */
  gboolean            ended;
} List;

static void
list_free (gpointer data)
{
  List *list = data;

  musterd_replica_news_free (list->news);
  g_free (list);
}

/* As it is by now: a slow reader may be granted more since they asked, but not of what was before, which may have been
 * somebody else's. */
static void
add_visible (GString *json, const MusterdCaller *caller, MusterdReplica *replica, const MusterdReplicaItem *item)
{
  const MusterdAccess *access = musterd_replica_get_access (replica, item->user->id);
  MusterdUser *user = musterd_replica_get_user (replica, item->user->id);
  MusterdPresence *presence = musterd_replica_get_presence (replica, item->user->id);
  g_autoptr(MusterdPresence) view = NULL;

  if (user == NULL || presence == NULL)
    return;
  view = musterd_presence_view (presence, musterd_caller_view (caller, replica, access));
  if (view != NULL)
    musterd_json_presence (json, NULL, user, view);
}

static void
add_end (GString *json, const MusterdCaller *caller, MusterdReplica *replica, const MusterdReplicaNews *news)
{
  musterd_json_close (json, ']');
  musterd_json_open (json, "removed", '[');
  for (guint i = 0; i < news->removed->len; i++)
    {
      const MusterdAccess *gone = news->removed->pdata[i];

      if (musterd_caller_view (caller, replica, gone) != MUSTERD_RELATION_BLOCKED)
        musterd_json_string (json, NULL, gone->user->id);
    }
  musterd_json_close (json, ']');
  musterd_json_bool (json, "complete", news->complete);
  musterd_json_uint (json, "revision", news->revision);
  musterd_json_close (json, '}');
}

static GBytes *
next_piece (gpointer data, GError **error G_GNUC_UNUSED)
{
  List *list = data;
  const MusterdCaller *caller = &list->request->caller;
  MusterdReplica *replica = list->request->server->replica;
  g_autoptr(GString) json = g_string_new (NULL);

  if (list->ended)
    return NULL;
  if (list->last != 0)
    g_string_append_c (json, list->last); /* so that a comma is put where one is due; taken away again below */
  else
    {
      musterd_json_open (json, NULL, '{');
      musterd_json_open (json, "presences", '[');
    }
  for (guint n = 0; (n < PIECE || json->len <= 1) && list->next < list->news->items->len; n++, list->next++)
    add_visible (json, caller, replica, list->news->items->pdata[list->next]);
  list->ended = list->next >= list->news->items->len;
  if (list->ended)
    add_end (json, caller, replica, list->news);
  if (list->last != 0)
    g_string_erase (json, 0, 1);
  list->last = json->str[json->len - 1];
  return g_bytes_new (json->str, json->len);
}

/* Takes `news`. */
static void
send_list (MusterdRequest *request, MusterdReplicaNews *news)
{
  List *list = g_new0 (List, 1);

  list->request = request;
  list->news = news;
  musterd_request_stream (request, "application/json", -1, next_piece, list, list_free);
}

static gboolean
read_only (MusterdQuery *query, GHashTable **only)
{
  g_autoptr(GPtrArray) users = musterd_query_get_all (query, "user");

  if (users->len == 0)
    return FALSE;
  *only = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < users->len; i++)
    g_hash_table_add (*only, g_strdup (users->pdata[i]));
  return TRUE;
}

void
musterd_presence_list (MusterdRequest *request)
{
  g_autoptr(GHashTable) named = NULL;
  g_autofree gpointer *only = NULL;
  g_autoptr(GError) error = NULL;
  guint64 after = 0;

  if (!musterd_query_get_number (request->query, "after", G_MAXINT64, &after, &error))
    {
      musterd_request_fail (request, error);
      return;
    }
  if (read_only (request->query, &named))
    only = g_hash_table_get_keys_as_array (named, NULL);
  send_list (request, musterd_replica_list (request->server->replica,
                                            musterd_caller_get_viewer (&request->caller), after,
                                            (const char *const *) only));
}

void
musterd_presence_show (MusterdRequest *request)
{
  MusterdReplica *replica = request->server->replica;
  const char *id = request->args[0];
  g_autoptr(MusterdPresence) view = NULL;
  GString *json;

  if (!check_presence (request))
    return;
  view = musterd_presence_view (musterd_replica_get_presence (replica, id), request->relation);
  json = g_string_new (NULL);
  musterd_json_presence (json, NULL, musterd_replica_get_user (replica, id), view);
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

/* Choices. */

typedef struct
{
  char         *user;
  char         *tmpl; /* nullable: the status alone */
  MusterdStatus status;
  char         *text, *by; /* nullable */
  MusterdTime   until;
  /* The way back. */
  MusterdUser     *now;      /* nullable */
  MusterdPresence *presence; /* nullable */
} Choose;

static void
choose_free (gpointer data)
{
  Choose *choose = data;

  g_free (choose->user);
  g_free (choose->tmpl);
  g_free (choose->text);
  g_free (choose->by);
  g_clear_pointer (&choose->now, musterd_user_unref);
  g_clear_pointer (&choose->presence, musterd_presence_unref);
  g_free (choose);
}

/* What it came to: the engine has it in force when it says done. */
static void
take_outcome (Choose *choose, MusterdEngine *engine)
{
  MusterdUser *user = musterd_engine_get_user (engine, choose->user);
  MusterdPresence *presence = musterd_engine_get_presence (engine, choose->user);

  if (user == NULL || presence == NULL)
    return;
  choose->now = musterd_user_ref (user);
  choose->presence = musterd_presence_ref (presence);
}

typedef struct
{
  MusterdCall   *call;
  MusterdEngine *engine;
} Chosen;

static void
on_chosen (const GError *error, gpointer user_data)
{
  g_autofree Chosen *chosen = user_data;

  if (error == NULL)
    take_outcome (musterd_call_get_value (chosen->call), chosen->engine);
  musterd_call_on_done (error, chosen->call);
}

static Chosen *
chosen_new (MusterdCall *call, MusterdEngine *engine)
{
  Chosen *chosen = g_new0 (Chosen, 1);

  chosen->call = call;
  chosen->engine = engine;
  return chosen;
}

static void
run_choose (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Choose *choose = value;

  musterd_engine_choose (services->engine, choose->user, choose->tmpl, choose->status, choose->text, choose->until,
                         choose->by, on_chosen, chosen_new (call, services->engine));
}

static void
run_reset (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Choose *choose = value;

  musterd_engine_automatic (services->engine, choose->user, choose->by, on_chosen,
                            chosen_new (call, services->engine));
}

static void
on_choose_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  const Choose *choose = value;
  g_autoptr(MusterdPresence) view = NULL;
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  if (choose->presence == NULL)
    {
      musterd_request_done (request);
      return;
    }
  view = musterd_presence_view (choose->presence, request->relation);
  json = g_string_new (NULL);
  musterd_json_presence (json, NULL, choose->now, view);
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

static gboolean
check_text (const char *text, GError **error)
{
  if (text == NULL)
    return TRUE;
  if (strlen (text) > MUSTERD_CLAIM_TEXT_MAX)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member 'text' is longer than %d bytes",
                   MUSTERD_CLAIM_TEXT_MAX);
      return FALSE;
    }
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      {
        g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member 'text' has a control character");
        return FALSE;
      }
  return TRUE;
}

static Choose *
read_choice (MusterdRequest *request, JsonObject *body, GError **error)
{
  const char *tmpl = musterd_body_get_string (body, "template");
  const char *status = musterd_body_get_string (body, "status");
  const char *text = musterd_body_get_string (body, "text");
  const char *until = musterd_body_get_string (body, "until");
  MusterdTime end = MUSTERD_TIME_NEVER;
  MusterdStatus value = MUSTERD_STATUS_NONE;
  Choose *choose;

  if ((tmpl == NULL) == (status == NULL))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                           "say either 'template' or 'status', one of them");
      return NULL;
    }
  if (status != NULL && (!musterd_status_from_string (status, &value) || value == MUSTERD_STATUS_NONE))
    {
      g_autofree char *shown = musterd_error_word (status);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                   "there is no status '%s': there are available, be-right-back, busy, do-not-disturb, unavailable, "
                   "logged-off",
                   shown);
      return NULL;
    }
  /* A template may move telephones; a status never does. */
  if (tmpl != NULL
      && !musterd_rights_check_relation (&request->caller, request->server->replica, request->args[0],
                                         MUSTERD_RELATION_ASSISTANT_PLUS, NULL, error))
    {
      g_prefix_error (error, "choosing a template: ");
      return NULL;
    }
  if (!check_text (text, error))
    return NULL;
  if (until != NULL && !musterd_rfc3339_parse (until, &end, error))
    {
      g_prefix_error (error, "member 'until': ");
      return NULL;
    }
  choose = g_new0 (Choose, 1);
  choose->user = g_strdup (request->args[0]);
  choose->tmpl = g_strdup (tmpl);
  choose->status = value;
  choose->text = text != NULL && *text != '\0' ? g_strdup (text) : NULL;
  choose->by = g_strdup (musterd_caller_get_by (&request->caller, choose->user));
  choose->until = end;
  return choose;
}

void
musterd_presence_choose (MusterdRequest *request)
{
  static const MusterdMember members[] = {
    { "template", MUSTERD_MEMBER_STRING, FALSE },
    { "status", MUSTERD_MEMBER_STRING, FALSE },
    { "text", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE },
    { "until", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE },
  };
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  g_autoptr(GError) error = NULL;
  Choose *choose;

  if (body == NULL || !check_presence (request))
    return;
  choose = read_choice (request, body, &error);
  if (choose == NULL)
    musterd_request_fail (request, error);
  else
    musterd_bridge_call (request->server->bridge, request, run_choose, on_choose_returned, choose, choose_free);
}

void
musterd_presence_reset (MusterdRequest *request)
{
  Choose *choose;

  if (!check_presence (request))
    return;
  choose = g_new0 (Choose, 1);
  choose->user = g_strdup (request->args[0]);
  choose->by = g_strdup (musterd_caller_get_by (&request->caller, choose->user));
  choose->until = MUSTERD_TIME_NEVER;
  musterd_bridge_call (request->server->bridge, request, run_reset, on_choose_returned, choose, choose_free);
}

/* Why. */

typedef struct
{
  char       *user;
  MusterdWhy *why;   /* nullable */
  GPtrArray  *sinks; /* nullable; MusterdSinkWhy */
  MusterdCalendarOrder *order; /* nullable */
} Why;

static void
why_free (gpointer data)
{
  Why *why = data;

  g_free (why->user);
  g_clear_pointer (&why->why, musterd_why_free);
  g_clear_pointer (&why->sinks, g_ptr_array_unref);
  g_clear_pointer (&why->order, musterd_calendar_order_free);
  g_free (why);
}

static void
run_why (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Why *why = value;
  GError *error = NULL;

  why->why = musterd_engine_why (services->engine, why->user, &error);
  if (why->why != NULL)
    {
      why->sinks = musterd_dispatch_explain (services->dispatch, why->user);
      why->order = musterd_host_explain_order (services->host, why->user);
    }
  musterd_call_return (call, error);
}

static void
on_why_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  const Why *why = value;
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  json = g_string_new (NULL);
  musterd_json_why (json, NULL, why->why, why->sinks, why->order, request->relation);
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_presence_why (MusterdRequest *request)
{
  Why *why;

  if (!check_presence (request))
    return;
  why = g_new0 (Why, 1);
  why->user = g_strdup (request->args[0]);
  musterd_bridge_call (request->server->bridge, request, run_why, on_why_returned, why, why_free);
}
