/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Everything that can be asked. One file of handlers for each subject. */
#pragma once

#include "api/replica.h"
#include "api/router.h"

G_BEGIN_DECLS

const MusterdRoute *musterd_routes_get (gsize *n_routes);

void musterd_presence_list   (MusterdRequest *request);
void musterd_presence_show   (MusterdRequest *request);
void musterd_presence_choose (MusterdRequest *request);
void musterd_presence_reset  (MusterdRequest *request);
void musterd_presence_why    (MusterdRequest *request);
void musterd_events_stream   (MusterdRequest *request);

void musterd_appointments_list   (MusterdRequest *request);
void musterd_appointments_ignore (MusterdRequest *request);

void musterd_clients_list   (MusterdRequest *request);
void musterd_clients_start  (MusterdRequest *request);
void musterd_clients_show   (MusterdRequest *request);
void musterd_clients_change (MusterdRequest *request);
void musterd_clients_end    (MusterdRequest *request);

void musterd_delegations_list (MusterdRequest *request);

void musterd_users_list   (MusterdRequest *request);
void musterd_users_show   (MusterdRequest *request);
void musterd_users_add    (MusterdRequest *request);
void musterd_users_change (MusterdRequest *request);
void musterd_users_remove (MusterdRequest *request);
void musterd_users_import (MusterdRequest *request);

void musterd_relationships_list   (MusterdRequest *request);
void musterd_relationships_show   (MusterdRequest *request);
void musterd_relationships_put    (MusterdRequest *request);
void musterd_relationships_remove (MusterdRequest *request);

void musterd_plugins_list    (MusterdRequest *request);
void musterd_plugins_show    (MusterdRequest *request);
void musterd_plugins_log     (MusterdRequest *request);
void musterd_plugins_sync    (MusterdRequest *request);
void musterd_plugins_pause   (MusterdRequest *request);
void musterd_plugins_drain   (MusterdRequest *request);
void musterd_plugins_enable  (MusterdRequest *request);
void musterd_plugins_disable (MusterdRequest *request);
void musterd_plugins_test    (MusterdRequest *request);
void musterd_plugins_actions (MusterdRequest *request);
void musterd_plugins_answer  (MusterdRequest *request);

void musterd_settings_list   (MusterdRequest *request);
void musterd_settings_show   (MusterdRequest *request);
void musterd_settings_change (MusterdRequest *request);
void musterd_settings_reset  (MusterdRequest *request);

void musterd_templates_list   (MusterdRequest *request);
void musterd_templates_add    (MusterdRequest *request);
void musterd_templates_change (MusterdRequest *request);
void musterd_templates_remove (MusterdRequest *request);

void musterd_token_list    (MusterdRequest *request);
void musterd_token_create  (MusterdRequest *request);
void musterd_token_revoke  (MusterdRequest *request);
void musterd_sign_in_offer (MusterdRequest *request);
void musterd_sign_in_take  (MusterdRequest *request);

void musterd_secret_list   (MusterdRequest *request);
void musterd_secret_set    (MusterdRequest *request);
void musterd_secret_remove (MusterdRequest *request);

void musterd_store_send   (MusterdRequest *request);
void musterd_store_take   (MusterdRequest *request);
void musterd_status_show  (MusterdRequest *request);
void musterd_metrics_show (MusterdRequest *request);
void musterd_health_show  (MusterdRequest *request);

G_END_DECLS
