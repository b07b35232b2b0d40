/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where secrets come from, by name, in order: the service's credentials ($CREDENTIALS_DIRECTORY/NAME), the state
 * directory (DIR/secrets/NAME, mode 0600, owned by us). put() writes to the latter. Never blocks the caller; never
 * logs a value. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _MusterdSecrets MusterdSecrets;

/* A name: 1 to 128 of [A-Za-z0-9._-], not beginning with a dot. */
gboolean        musterd_secret_name_is_valid (const char *name);
MusterdSecrets *musterd_secrets_new    (const char *state_dir);
void            musterd_secrets_free   (MusterdSecrets *secrets);
void            musterd_secrets_get_async  (MusterdSecrets *secrets, const char *name, GAsyncReadyCallback callback,
                                            gpointer user_data);
/* The secret (one trailing line end removed), to be wiped with musterd_secret_free(); MUSTERD_ERROR_NOT_FOUND says
 * where it was looked for. */
char           *musterd_secrets_get_finish (MusterdSecrets *secrets, GAsyncResult *result, GError **error);
void            musterd_secrets_put_async  (MusterdSecrets *secrets, const char *name, const char *secret,
                                            GAsyncReadyCallback callback, gpointer user_data);
gboolean        musterd_secrets_put_finish (MusterdSecrets *secrets, GAsyncResult *result, GError **error);
void            musterd_secret_free    (char *secret);

G_END_DECLS
