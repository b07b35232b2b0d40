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

/* NULL without an error: there is no such file. */
char    *musterd_secret_file_read  (const char *dir, const char *name, MusterdSecretFileKind kind, GError **error);
/* Makes DIR, whose parent exists, where it is missing. Not for two threads at a time. */
gboolean musterd_secret_file_write (const char *dir, const char *name, const char *secret, GError **error);

G_END_DECLS
