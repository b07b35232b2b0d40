/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/routes.h"

#define ANYBODY MUSTERD_MAY_ANYBODY
#define EMPLOYEE MUSTERD_MAY_EMPLOYEE
#define ASSISTANT MUSTERD_MAY_ASSISTANT
#define ASSISTANT_PLUS MUSTERD_MAY_ASSISTANT_PLUS
#define OWNER MUSTERD_MAY_OWNER
#define ADMIN MUSTERD_MAY_ADMIN
#define AGENT MUSTERD_MAY_AGENT
#define NONE MUSTERD_BODY_NONE
#define JSON MUSTERD_BODY_JSON

static const MusterdRoute routes[] = {
  { "GET", "/v1/presence", ANYBODY, NONE, "after user", musterd_presence_list },
  { "GET", "/v1/presence/{}", EMPLOYEE, NONE, NULL, musterd_presence_show },
  { "PUT", "/v1/presence/{}", ASSISTANT, JSON, NULL, musterd_presence_choose },
  { "DELETE", "/v1/presence/{}", ASSISTANT, NONE, NULL, musterd_presence_reset },
  { "GET", "/v1/presence/{}/why", EMPLOYEE, NONE, NULL, musterd_presence_why },
  { "GET", "/v1/events", ANYBODY, NONE, "after users", musterd_events_stream },
  { "GET", "/v1/clients", AGENT, NONE, "user", musterd_clients_list },
  { "POST", "/v1/clients", AGENT, JSON, NULL, musterd_clients_start },
  { "GET", "/v1/clients/{}", AGENT, NONE, "user", musterd_clients_show },
  { "PATCH", "/v1/clients/{}", AGENT, JSON, "user", musterd_clients_change },
  { "DELETE", "/v1/clients/{}", AGENT, NONE, "user", musterd_clients_end },
  { "GET", "/v1/users/{}/appointments", EMPLOYEE, NONE, "all", musterd_appointments_list },
  { "POST", "/v1/users/{}/appointments/{}/ignore", ASSISTANT_PLUS, JSON, NULL, musterd_appointments_ignore },
  { "GET", "/v1/delegations", ANYBODY, NONE, "after user", musterd_delegations_list },
  { "GET", "/v1/users", ADMIN, NONE, NULL, musterd_users_list },
  { "POST", "/v1/users", ADMIN, JSON, NULL, musterd_users_add },
  { "POST", "/v1/users/import", ADMIN, MUSTERD_BODY_CSV, "dry-run force sync", musterd_users_import },
  { "GET", "/v1/users/{}", OWNER, NONE, NULL, musterd_users_show },
  { "PATCH", "/v1/users/{}", ADMIN, JSON, NULL, musterd_users_change },
  { "DELETE", "/v1/users/{}", ADMIN, NONE, NULL, musterd_users_remove },
  { "GET", "/v1/relationships", ANYBODY, NONE, "owner viewer", musterd_relationships_list },
  { "GET", "/v1/relationships/{}/{name}", OWNER, NONE, NULL, musterd_relationships_show },
  { "PUT", "/v1/relationships/{}/{name}", OWNER, JSON, NULL, musterd_relationships_put },
  { "DELETE", "/v1/relationships/{}/{name}", OWNER, NONE, "as", musterd_relationships_remove },
  { "GET", "/v1/plugins", ADMIN, NONE, NULL, musterd_plugins_list },
  { "GET", "/v1/plugins/{}", ADMIN, NONE, NULL, musterd_plugins_show },
  { "GET", "/v1/plugins/{}/log", ADMIN, NONE, "after lines wait", musterd_plugins_log },
  { "POST", "/v1/plugins/{}/sync", ADMIN, JSON, NULL, musterd_plugins_sync },
  { "POST", "/v1/plugins/{}/pause", ADMIN, JSON, NULL, musterd_plugins_pause },
  { "POST", "/v1/plugins/{}/drain", ADMIN, JSON, NULL, musterd_plugins_drain },
  { "POST", "/v1/plugins/{}/enable", ADMIN, JSON, NULL, musterd_plugins_enable },
  { "POST", "/v1/plugins/{}/disable", ADMIN, JSON, NULL, musterd_plugins_disable },
  { "POST", "/v1/plugins/{}/test", ADMIN, JSON, NULL, musterd_plugins_test },
  { "GET", "/v1/plugins/{}/actions", ADMIN, NONE, NULL, musterd_plugins_actions },
  { "POST", "/v1/plugins/{}/actions/{}", ADMIN, JSON, NULL, musterd_plugins_answer },
  { "GET", "/v1/settings", ANYBODY, NONE, NULL, musterd_settings_list },
  { "GET", "/v1/settings/{name}", ANYBODY, NONE, NULL, musterd_settings_show },
  { "PATCH", "/v1/settings/{name}", ANYBODY, JSON, NULL, musterd_settings_change },
  { "POST", "/v1/settings/{name}/reset", ANYBODY, JSON, NULL, musterd_settings_reset },
  { "GET", "/v1/templates", ANYBODY, NONE, "scope user", musterd_templates_list },
  { "POST", "/v1/templates", ANYBODY, JSON, NULL, musterd_templates_add },
  { "PATCH", "/v1/templates/{}", ANYBODY, JSON, NULL, musterd_templates_change },
  { "DELETE", "/v1/templates/{}", ANYBODY, NONE, NULL, musterd_templates_remove },
  { "GET", "/v1/secrets", ADMIN, NONE, NULL, musterd_secret_list },
  { "PUT", "/v1/secrets/{}", ADMIN, JSON, NULL, musterd_secret_set },
  { "DELETE", "/v1/secrets/{}", ADMIN, NONE, NULL, musterd_secret_remove },
  { "GET", "/v1/backup", ADMIN, NONE, NULL, musterd_store_send },
  { "PUT", "/v1/backup", ADMIN, MUSTERD_BODY_FILE, NULL, musterd_store_take },
  { "GET", "/v1/tokens", ANYBODY, NONE, "user", musterd_token_list },
  { "POST", "/v1/tokens", ANYBODY, JSON, NULL, musterd_token_create },
  { "DELETE", "/v1/tokens/{}", ANYBODY, NONE, NULL, musterd_token_revoke },
  { "POST", "/v1/sign-in-links", ANYBODY, JSON, NULL, musterd_sign_in_offer },
  { "POST", "/v1/sign-in", MUSTERD_MAY_EVERYBODY, JSON, NULL, musterd_sign_in_take },
  { "GET", "/v1/status", AGENT, NONE, NULL, musterd_status_show },
  { "GET", "/metrics", MUSTERD_MAY_MONITOR, NONE, NULL, musterd_metrics_show },
  { "GET", "/healthz", MUSTERD_MAY_EVERYBODY, NONE, NULL, musterd_health_show },
};

const MusterdRoute *
musterd_routes_get (gsize *n_routes)
{
  *n_routes = G_N_ELEMENTS (routes);
  return routes;
}
