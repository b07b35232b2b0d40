/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"
#include "api/routes.h"
#include "api/server.h"

typedef struct
{
  char       *user;
  gboolean    all;
  MusterdWhy *why; /* nullable */
} Agenda;

static void
agenda_free (gpointer data)
{
  Agenda *agenda = data;

  g_free (agenda->user);
  g_clear_pointer (&agenda->why, musterd_why_free);
  g_free (agenda);
}

static void
run_agenda (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Agenda *agenda = value;
  GError *error = NULL;

  agenda->why = musterd_engine_why (services->engine, agenda->user, &error);
  musterd_call_return (call, error);
}

static void
on_agenda_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  const Agenda *agenda = value;
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  json = g_string_new (NULL);
  musterd_json_open (json, NULL, '{');
  musterd_json_string (json, "user", agenda->user);
  musterd_json_open (json, "appointments", '[');
  for (guint i = 0; i < agenda->why->claims->len; i++)
    {
      const MusterdVerdict *verdict = agenda->why->claims->pdata[i];

      if (agenda->all || verdict->claim->kind == MUSTERD_CLAIM_APPOINTMENT
          || verdict->claim->kind == MUSTERD_CLAIM_ABSENCE)
        musterd_json_verdict (json, NULL, verdict, request->relation);
    }
  musterd_json_close (json, ']');
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_appointments_list (MusterdRequest *request)
{
  g_autoptr(GError) error = NULL;
  gboolean all = FALSE;
  Agenda *agenda;

  if (!musterd_query_get_boolean (request->query, "all", &all, &error)
      || !musterd_caller_check_presence (&request->caller, request->server->replica, request->args[0], &error))
    {
      musterd_request_fail (request, error);
      return;
    }
  agenda = g_new0 (Agenda, 1);
  agenda->user = g_strdup (request->args[0]);
  agenda->all = all;
  musterd_bridge_call (request->server->bridge, request, run_agenda, on_agenda_returned, agenda, agenda_free);
}

typedef struct
{
  char *user, *claim;
  char *by; /* nullable: the user */
} Ignore;

static void
ignore_free (gpointer data)
{
  Ignore *ignore = data;

  g_free (ignore->user);
  g_free (ignore->claim);
  g_free (ignore->by);
  g_free (ignore);
}

static void
run_ignore (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Ignore *ignore = value;

  musterd_engine_ignore (services->engine, ignore->user, ignore->claim, ignore->by, musterd_call_on_done, call);
}

static void
on_ignore_returned (MusterdRequest *request, gpointer value G_GNUC_UNUSED, const GError *error)
{
  if (error != NULL)
    musterd_request_fail (request, error);
  else
    musterd_request_done (request);
}

void
musterd_appointments_ignore (MusterdRequest *request)
{
  g_autoptr(JsonObject) body = musterd_request_parse (request, NULL, 0);
  g_autoptr(GError) error = NULL;
  Ignore *ignore;

  if (body == NULL)
    return;
  if (!musterd_caller_check_presence (&request->caller, request->server->replica, request->args[0], &error))
    {
      musterd_request_fail (request, error);
      return;
    }
  ignore = g_new0 (Ignore, 1);
  ignore->user = g_strdup (request->args[0]);
  ignore->claim = g_strdup (request->args[1]);
  ignore->by = g_strdup (musterd_caller_get_by (&request->caller, ignore->user));
  musterd_bridge_call (request->server->bridge, request, run_ignore, on_ignore_returned, ignore, ignore_free);
}
