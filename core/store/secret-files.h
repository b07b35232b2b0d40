/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A secret as a file: who may own it and see it, and how it is replaced so that at no moment there is none. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUSTERD_SECRET_MAX 16384 /* bytes */

typedef enum
{
  MUSTERD_SECRET_FILE_CREDENTIAL, /* as a service manager makes them: an access list may show as rights of the group */
  MUSTERD_SECRET_FILE_OWN         /* for nobody but its owner, and in a directory that nobody else can change */
} MusterdSecretFileKind;

/* The file's bytes (at most `max`; of more, error), to be wiped with musterd_secret_bytes_free(). NULL without an
 * error: there is no such file. */
guchar    *musterd_secret_file_read   (const char *dir, const char *name, MusterdSecretFileKind kind, gsize max,
                                       gsize *length, GError **error);
/* Makes DIR, whose parent exists, where it is missing. Not for two threads at a time. */
gboolean   musterd_secret_file_write  (const char *dir, const char *name, const guchar *bytes, gsize length,
                                       GError **error);
/* FALSE without an error: there was none. */
gboolean   musterd_secret_file_remove (const char *dir, const char *name, GError **error);
/* The names of secrets in DIR, in order; what is called otherwise is left out. NULL: with an error. */
GPtrArray *musterd_secret_file_list   (const char *dir, MusterdSecretFileKind kind, GError **error);
/* An error about one file: its path, then what is wrong. */
void       musterd_secret_file_fail   (GError **error, const char *dir, const char *name, const char *what);
void       musterd_secret_bytes_free  (guchar *bytes, gsize length); /* nullable */

/* A secret as people write it into a file: without its one line end. NULL with what is wrong in `fault`. */
char      *musterd_secret_from_text   (const guchar *bytes, gsize length, const char **fault);
/* And so that it comes back as it is: the reader takes one line end away, so one that belongs to the secret needs
 * another. */
guchar    *musterd_secret_to_text     (const char *secret, gsize *length);

G_END_DECLS
