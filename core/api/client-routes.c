/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Desktops: started, idle, locked, ended, each for as long as its lease runs. */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"
#include "api/rfc3339.h"
#include "api/routes.h"
#include "api/server.h"
#include "model/error.h"

#define LEASE (5 * MUSTERD_MINUTE) /* where nobody says how long */

typedef enum
{
  DESK_START,
  DESK_CHANGE,
  DESK_SHOW,
  DESK_END,
  DESK_LIST
} DeskAction;

typedef struct
{
  DeskAction         action;
  char              *user, *id;
  MusterdClientState state; /* NONE: as it is */
  MusterdTime        since; /* 0: not said */
  gint64             lease; /* 0: as it is */
  /* The way back. */
  GPtrArray         *clients;  /* nullable; MusterdClient */
  MusterdSettings   *settings; /* nullable */
  MusterdTime        now;
} Desk;

static void
desk_free (gpointer data)
{
  Desk *desk = data;

  g_free (desk->user);
  g_free (desk->id);
  g_clear_pointer (&desk->clients, g_ptr_array_unref);
  g_clear_pointer (&desk->settings, musterd_settings_unref);
  g_free (desk);
}

/* On the engine's thread. */

static gboolean
act (Desk *desk, MusterdEngine *engine, GError **error)
{
  MusterdClient *before = NULL;
  gboolean done;

  if (desk->action == DESK_LIST)
    {
      desk->clients = musterd_engine_get_clients (engine, desk->user, error);
      return desk->clients != NULL;
    }
  desk->clients = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_client_free);
  before = musterd_engine_dup_client (engine, MUSTERD_SOURCE_CLIENTS, desk->user, desk->id);
  if (before != NULL)
    g_ptr_array_add (desk->clients, before);
  else if (desk->action != DESK_START)
    {
      g_autofree char *shown = musterd_error_word (desk->id);

      /* Of somebody who is not there, too: who asks for another's learns nothing. */
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND,
                   "there is no client '%s': 'POST /v1/clients' and 'musterctl client start' say that one has started", shown);
      return FALSE;
    }
  if (desk->action == DESK_SHOW)
    return TRUE;

  if (desk->state == MUSTERD_CLIENT_NONE && before != NULL)
    desk->state = before->state;
  if (desk->lease == 0)
    desk->lease = before != NULL && before->lease > 0 ? before->lease : LEASE;
  g_ptr_array_set_size (desk->clients, 0);
  done = musterd_engine_client (engine, MUSTERD_SOURCE_CLIENTS, desk->user, desk->id, desk->state, desk->since,
                                desk->lease, error);
  if (done && desk->action != DESK_END)
    g_ptr_array_add (desk->clients,
                     musterd_engine_dup_client (engine, MUSTERD_SOURCE_CLIENTS, desk->user, desk->id));
  return done;
}

static void
run_desk (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Desk *desk = value;
  GError *error = NULL;

  if (act (desk, services->engine, &error))
    desk->settings = musterd_settings_ref (musterd_engine_get_settings (services->engine, desk->user));
  desk->now = musterd_engine_now (services->engine);
  musterd_call_return (call, error);
}

/* On the api's thread. */

static void
on_desk_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  const Desk *desk = value;
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  if (desk->action == DESK_END)
    {
      musterd_request_done (request);
      return;
    }
  json = g_string_new (NULL);
  if (desk->action == DESK_LIST)
    {
      musterd_json_open (json, NULL, '{');
      musterd_json_open (json, "clients", '[');
    }
  for (guint i = 0; i < desk->clients->len; i++)
    musterd_json_client (json, NULL, desk->user, desk->clients->pdata[i], desk->settings, desk->now);
  if (desk->action == DESK_LIST)
    {
      musterd_json_close (json, ']');
      musterd_json_close (json, '}');
    }
  musterd_request_reply (request, desk->action == DESK_START ? SOUP_STATUS_CREATED : SOUP_STATUS_OK, json);
}

static void
call_desk (MusterdRequest *request, Desk *desk)
{
  musterd_bridge_call (request->server->bridge, request, run_desk, on_desk_returned, desk, desk_free);
}

/* Whose desktops: of the one who is named, else of the caller. */
static const char *
find_owner (const MusterdCaller *caller, const char *named, GError **error)
{
  const char *owner = named != NULL ? named : caller->user;

  if (owner == NULL)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "'user' is missing (musterctl: --user): whose client is it?");
  else if (!musterd_caller_owns (caller, owner))
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                         "only this user and administrators may do this");
  else
    return owner;
  return NULL;
}

static gboolean
read_state (JsonObject *body, MusterdClientState *state, GError **error)
{
  const char *name = musterd_body_get_string (body, "state");

  if (name == NULL)
    return TRUE;
  if (musterd_client_state_from_string (name, state)
      && (*state == MUSTERD_CLIENT_ACTIVE || *state == MUSTERD_CLIENT_IDLE || *state == MUSTERD_CLIENT_LOCKED))
    return TRUE;

  g_autofree char *shown = musterd_error_word (name);

  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
               "member 'state': there is no state '%s': there are active, idle, locked; DELETE says that a client has "
               "ended",
               shown);
  return FALSE;
}

static gboolean
read_desk (JsonObject *body, Desk *desk, GError **error)
{
  const char *since = musterd_body_get_string (body, "since");
  gint64 seconds = musterd_body_get_integer (body, "lease", 0);

  if (!read_state (body, &desk->state, error))
    return FALSE;
  if (since != NULL && !musterd_rfc3339_parse (since, &desk->since, error))
    {
      g_prefix_error (error, "member 'since': ");
      return FALSE;
    }
  if (json_object_has_member (body, "lease") && (seconds < 1 || seconds > MUSTERD_LEASE_MAX / MUSTERD_SECOND))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "member 'lease' must be from 1 to %d seconds",
                   (int) (MUSTERD_LEASE_MAX / MUSTERD_SECOND));
      return FALSE;
    }
  desk->lease = seconds * MUSTERD_SECOND;
  return TRUE;
}

static Desk *
desk_new (DeskAction action, const char *user, const char *id)
{
  Desk *desk = g_new0 (Desk, 1);

  desk->action = action;
  desk->user = g_strdup (user);
  desk->id = g_strdup (id);
  return desk;
}

void
musterd_clients_start (MusterdRequest *request)
{
  static const MusterdMember members[] = {
    { "user", MUSTERD_MEMBER_STRING, FALSE }, { "id", MUSTERD_MEMBER_TEXT_OR_NULL, FALSE },
    { "state", MUSTERD_MEMBER_STRING, TRUE }, { "since", MUSTERD_MEMBER_STRING, FALSE },
    { "lease", MUSTERD_MEMBER_INTEGER, FALSE },
  };
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  g_autoptr(GError) error = NULL;
  g_autofree char *drawn = NULL;
  const char *user, *id;
  Desk *desk;

  if (body == NULL)
    return;
  user = find_owner (&request->caller, musterd_body_get_string (body, "user"), &error);
  if (user == NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  id = musterd_body_get_string (body, "id");
  if (id == NULL)
    id = drawn = g_uuid_string_random ();
  desk = desk_new (DESK_START, user, id);
  if (read_desk (body, desk, &error))
    call_desk (request, desk);
  else
    {
      musterd_request_fail (request, error);
      desk_free (desk);
    }
}

/* The one that the path names; NULL: answered already. */
static Desk *
named_desk (MusterdRequest *request, DeskAction action)
{
  g_autoptr(GError) error = NULL;
  const char *id = request->args[0];
  const char *user = find_owner (&request->caller, musterd_query_get (request->query, "user"), &error);

  if (user != NULL)
    return desk_new (action, user, id);
  if (g_error_matches (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN))
    {
      g_autofree char *shown = musterd_error_word (id);
      g_autofree char *why = g_strdup_printf ("there is no client '%s'", shown);

      /* What is somebody else's is not told from what there is not. */
      musterd_request_problem (request, SOUP_STATUS_NOT_FOUND, why);
    }
  else
    musterd_request_fail (request, error);
  return NULL;
}

void
musterd_clients_change (MusterdRequest *request)
{
  static const MusterdMember members[] = {
    { "state", MUSTERD_MEMBER_STRING, FALSE },
    { "since", MUSTERD_MEMBER_STRING, FALSE },
    { "lease", MUSTERD_MEMBER_INTEGER, FALSE },
  };
  g_autoptr(JsonObject) body = musterd_request_parse (request, members, G_N_ELEMENTS (members));
  g_autoptr(GError) error = NULL;
  Desk *desk = body != NULL ? named_desk (request, DESK_CHANGE) : NULL;

  if (desk == NULL)
    return;
  if (read_desk (body, desk, &error))
    call_desk (request, desk);
  else
    {
      musterd_request_fail (request, error);
      desk_free (desk);
    }
}

void
musterd_clients_show (MusterdRequest *request)
{
  Desk *desk = named_desk (request, DESK_SHOW);

  if (desk != NULL)
    call_desk (request, desk);
}

void
musterd_clients_end (MusterdRequest *request)
{
  Desk *desk = named_desk (request, DESK_END);

  if (desk == NULL)
    return;
  desk->state = MUSTERD_CLIENT_ENDED;
  call_desk (request, desk);
}

void
musterd_clients_list (MusterdRequest *request)
{
  g_autoptr(GError) error = NULL;
  const char *user = find_owner (&request->caller, musterd_query_get (request->query, "user"), &error);

  if (user != NULL)
    call_desk (request, desk_new (DESK_LIST, user, NULL));
  else
    musterd_request_fail (request, error);
}
