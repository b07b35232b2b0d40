/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The JSON object that came with a request, checked against a table of what may be in it. */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef enum
{
  MUSTERD_MEMBER_STRING,
  MUSTERD_MEMBER_TEXT_OR_NULL, /* a string, or null to clear */
  MUSTERD_MEMBER_BOOLEAN,
  MUSTERD_MEMBER_INTEGER,
  MUSTERD_MEMBER_OBJECT,       /* its own members are the handler's to check */
  MUSTERD_MEMBER_ANY           /* its type is, too */
} MusterdMemberType;

typedef struct
{
  const char       *name;
  MusterdMemberType type;
  gboolean          required;
} MusterdMember;

/* An empty body is an empty object. MUSTERD_ERROR_INVALID names what is wrong: text that is no JSON, a member twice,
 * one that nobody knows, of another type, or missing. */
JsonObject *musterd_body_parse (const char *text, gsize length, const MusterdMember *members, gsize n_members,
                                GError **error);
/* NULL where the member is absent or null. */
const char *musterd_body_get_string (JsonObject *body, const char *name);
/* A copy, to be wiped with musterd_secret_free(); what the body holds of it is wiped. NULL: absent or null. */
char       *musterd_body_take_secret (JsonObject *body, const char *name);
/* One beyond what fits is the greatest or the least that does. */
gint64      musterd_body_get_integer (JsonObject *body, const char *name, gint64 fallback);
gboolean    musterd_body_get_boolean (JsonObject *body, const char *name, gboolean fallback);

G_END_DECLS
