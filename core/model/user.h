/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A person whose presence is known: who they are and how to reach them. Immutable and atomically ref-counted, so
 * that the api and the plugins' threads may hold one. */
#pragma once

#include "model/types.h"

G_BEGIN_DECLS

#define MUSTERD_USER_MAX 256         /* bytes of an id */
#define MUSTERD_USER_FIELD_MAX 512   /* bytes of any other field or attribute */
#define MUSTERD_USER_ATTRIBUTES_MAX 64

typedef enum
{
  MUSTERD_USER_NAME,
  MUSTERD_USER_EMAIL,
  MUSTERD_USER_EXTENSION,
  MUSTERD_USER_HOME,
  MUSTERD_USER_MOBILE,
  MUSTERD_USER_VOICEMAIL,
  MUSTERD_USER_ZONE,      /* IANA name; NULL: that of the location, else the daemon's own */
  MUSTERD_USER_LANGUAGE,
  MUSTERD_USER_LOCATION,
  MUSTERD_USER_GROUP,
  MUSTERD_USER_UNIX_USER, /* the OS account that is this person on the Unix socket */
  MUSTERD_N_USER_FIELDS
} MusterdUserField;

typedef struct
{
  char       *id;
  char       *fields[MUSTERD_N_USER_FIELDS]; /* each nullable */
  GHashTable *attributes;                    /* nullable; "plugin.name" → value */
} MusterdUser;

/* The field's name in JSON, CSV and on the command line ("unix-user"), and back. */
MUSTERD_DECLARE_NAMES (MusterdUserField, user_field);

/* Checks and copies; `fields` is indexed by MusterdUserField, entries NULL or "" mean "not set"; `attributes` is
 * nullable. Fails with MUSTERD_ERROR_INVALID, naming the field: id empty, too long, not UTF-8, with white space,
 * control characters or '/'; zone unknown; a number with characters that no number has; … */
MusterdUser *musterd_user_new   (const char *id, const char *const fields[MUSTERD_N_USER_FIELDS],
                                 GHashTable *attributes, GError **error);
MusterdUser *musterd_user_ref   (MusterdUser *user);
void         musterd_user_unref (MusterdUser *user);
gboolean     musterd_user_equal (const MusterdUser *a, const MusterdUser *b);
/* The number a forwarding target means for this user; NULL where the field is empty. */
const char  *musterd_user_get_target (const MusterdUser *user, MusterdForwardTarget target);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdUser, musterd_user_unref)

G_END_DECLS
