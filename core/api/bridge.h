/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way from the api's thread to the engine's and back. A call carries a value there, is run, and comes back with
 * the value filled in; the request that waits for it never leaves the api's thread. Whatever ends first (the client,
 * the api, the engine's answer), each value is freed once. */
#pragma once

#include "api/api.h"
#include "api/router.h"

G_BEGIN_DECLS

#define MUSTERD_BRIDGE_CALLS_MAX 1000 /* on their way at a time */

typedef struct _MusterdBridge MusterdBridge;
typedef struct _MusterdCall   MusterdCall;

/* On the engine's thread; ends, now or later, with musterd_call_return(). */
typedef void (*MusterdCallRun)  (MusterdCall *call, const MusterdApiServices *services, gpointer value);
/* On the api's thread. Replies to the request. */
typedef void (*MusterdCallDone) (MusterdRequest *request, gpointer value, const GError *error);

/* `services` must live until musterd_bridge_close(); `context` is the api's, the engine's is the thread-default one of
 * the caller. */
MusterdBridge *musterd_bridge_new   (const MusterdApiServices *services, GMainContext *context);
/* On the engine's thread: calls that have not begun are dropped, answers still due go nowhere. */
void           musterd_bridge_close (MusterdBridge *bridge);
/* On the engine's thread, when the api's has ended: lets go of both contexts, in which calls may still lie. */
void           musterd_bridge_part  (MusterdBridge *bridge);
MusterdBridge *musterd_bridge_ref   (MusterdBridge *bridge);
void           musterd_bridge_unref (MusterdBridge *bridge);

/* On the api's thread. Takes `value`; holds the request until `done`. FALSE: it cannot be begun, the request has been
 * answered, and `done` is not called. */
gboolean musterd_bridge_call (MusterdBridge *bridge, MusterdRequest *request, MusterdCallRun run, MusterdCallDone done,
                              gpointer value, GDestroyNotify free_value);
/* The same, but begun only when the one called in turn before has returned: for what reads before it writes. */
void musterd_bridge_call_in_turn (MusterdBridge *bridge, MusterdRequest *request, MusterdCallRun run,
                                  MusterdCallDone done, gpointer value, GDestroyNotify free_value);
/* On the api's thread, at its end: everybody who still waits is answered 503. */
void musterd_bridge_abandon (MusterdBridge *bridge);

/* On the api's thread. */
guint musterd_bridge_get_n_waiting (MusterdBridge *bridge);

/* On the engine's thread; takes the error (nullable). */
void musterd_call_return  (MusterdCall *call, GError *error);
/* The same as a MusterdDone; `user_data` is the call. */
void musterd_call_on_done (const GError *error, gpointer user_data);
gpointer musterd_call_get_value (MusterdCall *call);
/* NULL: the api has ended meanwhile. */
const MusterdApiServices *musterd_call_get_services (MusterdCall *call);

G_END_DECLS
