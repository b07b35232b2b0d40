/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One table of what can be asked: method, path, who may, what may come with it, and who answers. */
#pragma once

#include "api/caller.h"

G_BEGIN_DECLS

#define MUSTERD_ROUTE_ARGS_MAX 2

typedef struct _MusterdRequest MusterdRequest;

typedef enum
{
  MUSTERD_MAY_EVERYBODY, /* who can connect; nobody asks for a name */
  MUSTERD_MAY_ANYBODY,   /* users and administrators */
  /* By what the user named first in the path grants, each with those below it and administrators: */
  MUSTERD_MAY_EMPLOYEE,
  MUSTERD_MAY_ASSISTANT,
  MUSTERD_MAY_ASSISTANT_PLUS,
  MUSTERD_MAY_OWNER,     /* that user, */
  MUSTERD_MAY_ADMIN,     /* and nobody but administrators */
  MUSTERD_MAY_AGENT,     /* users, their agents, and administrators */
  MUSTERD_MAY_MONITOR    /* who watches over the daemon, and administrators */
} MusterdMay;

typedef enum
{
  MUSTERD_BODY_NONE,
  MUSTERD_BODY_JSON, /* ≤ 1 MiB; of strangers ≤ 1 KiB */
  MUSTERD_BODY_CSV,  /* ≤ 64 MiB */
  MUSTERD_BODY_FILE  /* ≤ 4 GiB, never whole in memory */
} MusterdBodyKind;

typedef struct
{
  const char     *method;
  const char     *path; /* "{}" stands for one segment; "{name}" too, with any '/' encoded in it */
  MusterdMay      may;
  MusterdBodyKind body;
  const char     *query; /* nullable; names of parameters, separated by spaces */
  void          (*handle) (MusterdRequest *request);
} MusterdRoute;

/* Splits and decodes the path (still percent-encoded) and looks it up. On success the decoded values of "{}" are in
 * `args` (owned by the caller). NULL with NOT_FOUND or INVALID; or with `allow` (transfer full): the path is there, but
 * not with this method. HEAD is GET. */
const MusterdRoute *
musterd_route_find (const MusterdRoute *routes, gsize n_routes, const char *method, const char *path,
                    char *args[MUSTERD_ROUTE_ARGS_MAX], char **allow, GError **error);

G_END_DECLS
