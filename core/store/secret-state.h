/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The secrets of the state directory: plain files, or sealed ones where the service has a key for them. With a key,
 * nothing stays plain that was once looked at; without it, nothing that is sealed is replaced by something plain. */
#pragma once

#include "store/secret-files.h"
#include "store/secrets.h"

G_BEGIN_DECLS

/* The credential that seals. Not a secret of anybody: it is neither given nor taken by this name. */
#define MUSTERD_SECRET_KEY_NAME "muster-secret-key"

typedef struct
{
  char *dir;         /* DIR/secrets */
  char *credentials; /* nullable: where the key would be */
} MusterdSecretState;

typedef enum
{
  MUSTERD_SECRET_KEY_ABSENT,
  MUSTERD_SECRET_KEY_READY,
  MUSTERD_SECRET_KEY_FAULTY /* there, but cannot be used */
} MusterdSecretKey;

/* `fault` nullable; set where it is faulty, to be freed. */
MusterdSecretKey musterd_secret_state_get_key (const MusterdSecretState *state, char **fault);
/* NULL without an error: not here. `place` nullable; what the file is now, also where it cannot be used. */
char            *musterd_secret_state_read    (const MusterdSecretState *state, const char *name,
                                               MusterdSecretPlace *place, GError **error);
/* CONFLICT: there is no key, and something is sealed or, since it cannot be read, may be. */
gboolean         musterd_secret_state_write   (const MusterdSecretState *state, const char *name, const char *secret,
                                               gboolean *is_sealed, GError **error);
/* With a key, every file that is still plain; each is said in the log. */
void             musterd_secret_state_seal    (const MusterdSecretState *state);

G_END_DECLS
