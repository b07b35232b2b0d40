/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A secret under a key: unreadable without the key, and neither changed nor given another name unnoticed. Values in,
 * values out; knows no files.
 *
 * What is sealed: 16 bytes that say so and which version this is, 32 random bytes of salt, the secret encrypted by
 * AES-256-GCM, 16 bytes of tag. Key and nonce of each sealing come from the key and its salt by HKDF-SHA256; the first
 * 16 bytes and the secret's name are authenticated with it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUSTERD_SEAL_KEY_MIN 32   /* bytes; a key of fewer could be guessed */
#define MUSTERD_SEAL_OVERHEAD 64  /* bytes beside the secret */

/* By its first bytes, whatever the version. A text never looks like this: there is a zero byte among them. */
gboolean musterd_seal_is_sealed (const guchar *bytes, gsize length);
/* To be freed; `length` is set. NULL: the library refuses to encrypt, with the reason in `fault`. */
guchar  *musterd_seal_close     (const guchar *key, gsize key_length, const char *name, const char *secret,
                                 gsize *length, const char **fault);
/* The secret, to be wiped with musterd_secret_free(); NULL with the reason in `fault`. */
char    *musterd_seal_open      (const guchar *key, gsize key_length, const char *name, const guchar *bytes,
                                 gsize length, const char **fault);

G_END_DECLS
