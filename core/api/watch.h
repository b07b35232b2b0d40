/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests that wait for something to change (GET /v1/presence?after=…&wait=…), each for at most a minute. */
#pragma once

#include "api/router.h"

G_BEGIN_DECLS

#define MUSTERD_WATCH_MAX 1000 /* waiting at a time */
#define MUSTERD_WATCH_SECONDS_MAX 60

typedef struct _MusterdWatch MusterdWatch;
typedef struct _MusterdServer MusterdServer;

MusterdWatch *musterd_watch_new  (MusterdServer *server);
void          musterd_watch_free (MusterdWatch *watch);
/* Answers all, and waits for nobody any more. */
void          musterd_watch_stop (MusterdWatch *watch);
/* Answers once something after the revision `after` is known of `only` (nullable: of anybody; taken), at the latest
 * after `seconds`. */
void          musterd_watch_add  (MusterdWatch *watch, MusterdRequest *request, guint64 after, GHashTable *only,
                                  guint seconds);
/* The replica has something new. */
void          musterd_watch_wake (MusterdWatch *watch);

G_END_DECLS
