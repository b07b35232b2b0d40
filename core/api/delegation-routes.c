/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What assistants and administrators did in a user's name, for that user and administrators. */
#define G_LOG_DOMAIN "muster-api"

#include "api/json-text.h"
#include "api/rights.h"
#include "api/routes.h"
#include "api/server.h"

typedef struct
{
  char      *user; /* nullable: of everybody */
  guint64    after;
  GPtrArray *delegations; /* nullable until read; MusterdDelegation */
} Reading;

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  g_free (reading->user);
  g_clear_pointer (&reading->delegations, g_ptr_array_unref);
  g_free (reading);
}

static void
on_delegations_read (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  MusterdCall *call = user_data;
  Reading *reading = musterd_call_get_value (call);
  GError *error = NULL;

  /* Where the answer comes from does not matter: the store may be gone. */
  reading->delegations = musterd_store_delegations_finish (NULL, result, &error);
  musterd_call_return (call, error);
}

static void
run_read (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Reading *reading = value;

  if (reading->user != NULL && musterd_engine_get_user (services->engine, reading->user) == NULL)
    {
      g_autofree char *shown = musterd_error_word (reading->user);

      musterd_call_return (call, g_error_new (MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no user '%s'", shown));
      return;
    }
  musterd_store_delegations_async (services->store, reading->user,
                                   musterd_engine_get_delegations_since (services->engine), reading->after,
                                   MUSTERD_DELEGATIONS_PAGE_MAX, on_delegations_read, call);
}

static void
on_read_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  const Reading *reading = value;
  guint64 last = reading->after;
  GString *json;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  json = g_string_new (NULL);
  musterd_json_open (json, NULL, '{');
  musterd_json_open (json, "delegations", '[');
  for (guint i = 0; i < reading->delegations->len; i++)
    {
      const MusterdDelegation *delegation = reading->delegations->pdata[i];

      musterd_json_open (json, NULL, '{');
      musterd_json_uint (json, "serial", delegation->serial);
      musterd_json_string (json, "user", delegation->user);
      musterd_json_time (json, "time", delegation->time);
      musterd_json_string (json, "by", delegation->by);
      musterd_json_string (json, "what", delegation->what);
      musterd_json_close (json, '}');
      last = delegation->serial;
    }
  musterd_json_close (json, ']');
  musterd_json_uint (json, "last", last);
  musterd_json_bool (json, "more", reading->delegations->len == MUSTERD_DELEGATIONS_PAGE_MAX);
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

void
musterd_delegations_list (MusterdRequest *request)
{
  const MusterdCaller *caller = &request->caller;
  const char *user = musterd_query_get (request->query, "user");
  g_autoptr(GError) error = NULL;
  guint64 after = 0;
  Reading *reading;

  if (user == NULL && !caller->admin)
    user = caller->user;
  if (!musterd_query_get_number (request->query, "after", G_MAXINT64, &after, &error)
      || (user != NULL
          && !musterd_rights_check_relation (caller, request->server->replica, user, MUSTERD_RELATION_OWNER, NULL,
                                             &error)))
    {
      musterd_request_fail (request, error);
      return;
    }
  reading = g_new0 (Reading, 1);
  reading->user = g_strdup (user);
  reading->after = after;
  musterd_bridge_call (request->server->bridge, request, run_read, on_read_returned, reading, reading_free);
}
