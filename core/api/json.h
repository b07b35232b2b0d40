/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the house's values look like as JSON: one function a value, appended to the text (json-text.h says what `name`
 * is). */
#pragma once

#include "api/json-text.h"
#include "host/host.h"
#include "model/sight.h"

G_BEGIN_DECLS

/* `user`: as they are now; the presence may be of before. */
void musterd_json_presence (GString *json, const char *name, const MusterdUser *user, const MusterdPresence *presence);
void musterd_json_user     (GString *json, const char *name, const MusterdUser *user);
void musterd_json_grant    (GString *json, const char *name, const char *owner, const MusterdGrant *grant);
/* What holds between an owner and a viewer, and how that comes. `shown`: how the viewer is named. */
void musterd_json_relation (GString *json, const char *name, const MusterdAccess *owner, const char *shown,
                            const MusterdViewer *viewer);
/* As far as a viewer of this relation may see it; nothing at all where they may not know that there is one. */
void musterd_json_verdict  (GString *json, const char *name, const MusterdVerdict *verdict, MusterdRelation relation);
/* `sinks`: MusterdSinkWhy; `order` nullable. `relation`: as above, not MUSTERD_RELATION_BLOCKED. */
void musterd_json_why      (GString *json, const char *name, const MusterdWhy *why, GPtrArray *sinks,
                            const MusterdCalendarOrder *order, MusterdRelation relation);
void musterd_json_calendar (GString *json, const char *name, const MusterdCalendarOrder *order);
void musterd_json_sink     (GString *json, const char *name, const MusterdSinkWhy *why);
void musterd_json_instance (GString *json, const char *name, const MusterdInstanceInfo *info);
/* `secret` nullable: it is shown once, to who made it. */
void musterd_json_token    (GString *json, const char *name, const MusterdToken *token, const char *secret);
/* `now` decides what it counts as. */
void musterd_json_client   (GString *json, const char *name, const char *user, const MusterdClient *client,
                            const MusterdSettings *settings, MusterdTime now);
void musterd_json_action   (GString *json, const char *name, const MusterdAction *action);

G_END_DECLS
