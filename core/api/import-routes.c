/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/import.h"
#include "api/json-text.h"
#include "api/routes.h"
#include "api/server.h"
#include "model/error.h"

/* A list in the answer is for people's eyes: the counts say all. */
#define IDS_MAX 1000

typedef struct
{
  MusterdImport *import;
  gboolean       sync, dry_run, force;
} Import;

static void
import_free (gpointer data)
{
  Import *job = data;

  g_clear_pointer (&job->import, musterd_import_free);
  g_free (job);
}

static void
add_words (GString *json, const char *name, GPtrArray *words, guint max)
{
  musterd_json_open (json, name, '[');
  for (guint i = 0; i < words->len && i < max; i++)
    musterd_json_string (json, NULL, words->pdata[i]);
  musterd_json_close (json, ']');
}

static void
add_counts (GString *json, const MusterdImport *import)
{
  musterd_json_open (json, "counts", '{');
  musterd_json_uint (json, "added", import->added->len);
  musterd_json_uint (json, "changed", import->changed->len);
  musterd_json_uint (json, "removed", import->removed->len);
  musterd_json_uint (json, "unchanged", import->unchanged);
  musterd_json_close (json, '}');
}

static void
reply (MusterdRequest *request, const Import *job)
{
  const MusterdImport *import = job->import;
  g_autoptr(GPtrArray) removed = g_ptr_array_new ();
  g_autoptr(GPtrArray) kept = g_ptr_array_new ();
  g_autoptr(GPtrArray) warnings = musterd_import_warn (import);
  GString *json = g_string_new (NULL);

  for (guint i = 0; i < import->removed->len && i < IDS_MAX; i++)
    g_ptr_array_add (removed, ((MusterdUser *) g_ptr_array_index (import->removed, i))->id);
  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    if (!import->named[i])
      g_ptr_array_add (kept, (gpointer) musterd_user_field_to_string ((MusterdUserField) i));

  musterd_json_open (json, NULL, '{');
  musterd_json_bool (json, "dry_run", job->dry_run);
  add_counts (json, import);
  add_words (json, "added", import->added, IDS_MAX);
  add_words (json, "changed", import->changed, IDS_MAX);
  add_words (json, "removed", removed, IDS_MAX);
  musterd_json_uint (json, "unchanged", import->unchanged);
  add_words (json, "kept", kept, kept->len);
  add_words (json, "warnings", warnings, warnings->len);
  musterd_json_close (json, '}');
  musterd_request_reply (request, SOUP_STATUS_OK, json);
}

static void
run_import (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  const Import *job = value;
  const MusterdImport *import = job->import;

  if (job->sync)
    musterd_engine_sync_users (services->engine, import->users, import->removed, import->known, musterd_call_on_done,
                               call);
  else
    musterd_engine_put_users (services->engine, (MusterdUser *const *) import->users->pdata, import->users->len,
                              MUSTERD_PUT_ANY, musterd_call_on_done, call);
}

static void
on_import_returned (MusterdRequest *request, gpointer value, const GError *error)
{
  if (error != NULL)
    musterd_request_fail (request, error);
  else
    reply (request, value);
}

static gboolean
read_query (Import *job, MusterdRequest *request, GError **error)
{
  if (!musterd_query_get_boolean (request->query, "sync", &job->sync, error)
      || !musterd_query_get_boolean (request->query, "dry-run", &job->dry_run, error)
      || !musterd_query_get_boolean (request->query, "force", &job->force, error))
    return FALSE;
  if (!job->force || job->sync)
    return TRUE;
  g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                       "parameter 'force' is for 'sync': without it nobody is removed");
  return FALSE;
}

void
musterd_users_import (MusterdRequest *request)
{
  Import *job = g_new0 (Import, 1);
  g_autoptr(GError) error = NULL;

  if (read_query (job, request, &error))
    job->import = musterd_import_read ((const char *) request->body->data, request->body->len,
                                       request->server->replica, &error);
  if (job->import != NULL && job->sync)
    musterd_import_sync (job->import, job->force, &error);

  if (g_error_matches (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT))
    /* Not 429: it is as long the next time. */
    musterd_request_problem (request, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, error->message);
  else if (error != NULL)
    musterd_request_fail (request, error);
  else if (job->dry_run || job->import->users->len + job->import->removed->len == 0)
    reply (request, job);
  else
    {
      musterd_bridge_call (request->server->bridge, request, run_import, on_import_returned, job, import_free);
      return;
    }
  import_free (job);
}
