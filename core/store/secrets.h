/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where secrets come from, by name, in order: the service's credentials ($CREDENTIALS_DIRECTORY/NAME), the Secret
 * Service of the session (built with libsecret, and where there is a session's bus), the state directory
 * (DIR/secrets/NAME, mode 0600, owned by us; sealed with the credential muster-secret-key where there is one). put()
 * writes to the first of these that can be written. Never blocks the caller; never logs a value.
 *
 * All calls about one name are served in their order; a place that does not answer delays only those that need it, and
 * them for a few seconds. MUSTERD_ERROR_FORBIDDEN: the name muster-secret-key, in every call. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _MusterdSecrets MusterdSecrets;

/* A name: 1 to 128 of [A-Za-z0-9._-], not beginning with a dot. */
gboolean        musterd_secret_name_is_valid (const char *name);
/* Makes known, while there is one thread, what the Secret Service needs of the type system; nothing where there is no
 * session's bus. */
void            musterd_secrets_prepare (void);
MusterdSecrets *musterd_secrets_new    (const char *state_dir);
/* Waits for what was put, two seconds at most for a Secret Service that does not answer. */
void            musterd_secrets_free   (MusterdSecrets *secrets);
void            musterd_secrets_get_async  (MusterdSecrets *secrets, const char *name, GAsyncReadyCallback callback,
                                            gpointer user_data);
/* The secret (of a file: one trailing line end removed), to be wiped with musterd_secret_free().
 * MUSTERD_ERROR_NOT_FOUND says where it was looked for; LOCKED: it is, or may be, in a locked key ring; UNAVAILABLE: it
 * is there but cannot be used, or who may have it does not answer. */
char           *musterd_secrets_get_finish (GAsyncResult *result, GError **error);

typedef enum
{
  MUSTERD_SECRET_NOWHERE,
  MUSTERD_SECRET_CREDENTIAL,
  MUSTERD_SECRET_KEY_RING,
  MUSTERD_SECRET_FILE,        /* plain */
  MUSTERD_SECRET_SEALED_FILE,
  MUSTERD_SECRET_UNREAD_FILE  /* plain or sealed: it cannot be read */
} MusterdSecretPlace;

/* "credential", "secret-service", "file" (whatever it is); NULL: nowhere. */
const char     *musterd_secret_place_to_string (MusterdSecretPlace place);

void            musterd_secrets_put_async  (MusterdSecrets *secrets, const char *name, const char *secret,
                                            GAsyncReadyCallback callback, gpointer user_data);
/* Where it is now, and nowhere else that can be written and looked into: `ring_locked` (nullable) says that the default
 * key ring is locked, and so may have another one of that name. NOWHERE: with an error, and everything is as it was;
 * only where the Secret Service did not answer in time (UNAVAILABLE) it may yet have taken it. CONFLICT: something
 * read-only would hide it, or it would stand in plain beside what is, or may be, sealed. */
MusterdSecretPlace musterd_secrets_put_finish (GAsyncResult *result, gboolean *ring_locked, GError **error);

void            musterd_secrets_remove_async  (MusterdSecrets *secrets, const char *name, GAsyncReadyCallback callback,
                                               gpointer user_data);
/* From everywhere, but for a key ring that is locked (`ring_locked`, nullable) and may have another one of that name;
 * NOT_FOUND where it is nowhere, CONFLICT where it is a credential. */
gboolean        musterd_secrets_remove_finish (GAsyncResult *result, gboolean *ring_locked, GError **error);

typedef struct
{
  char              *name;
  MusterdSecretPlace place;
  gboolean           locked;
  char              *fault; /* nullable: why it cannot be used, which is not that it is locked */
  gboolean           hides; /* a later place has the name, too, and is not asked */
} MusterdSecretItem;

typedef enum
{
  MUSTERD_RING_ABSENT,
  MUSTERD_RING_OPEN,
  MUSTERD_RING_LOCKED, /* there may be more in it than is told */
  MUSTERD_RING_SILENT
} MusterdSecretRing;

typedef struct
{
  GPtrArray        *items; /* MusterdSecretItem, by name */
  MusterdSecretRing ring;
  gboolean          has_key, key_is_faulty;
} MusterdSecretList;

/* `names` (nullable, NULL at its end): of special interest; only so is it known that one is in a locked key ring. */
void               musterd_secrets_list_async  (MusterdSecrets *secrets, const char *const *names,
                                                GAsyncReadyCallback callback, gpointer user_data);
MusterdSecretList *musterd_secrets_list_finish (GAsyncResult *result, GError **error);
void               musterd_secret_list_free    (MusterdSecretList *list);

void            musterd_secret_free    (char *secret); /* nullable */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdSecretList, musterd_secret_list_free)

G_END_DECLS
