/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a caller of the core can do about a failure. api maps each to one HTTP status, musterctl to its exit code. */
typedef enum
{
  MUSTERD_ERROR_INVALID,     /* the request itself is wrong: mend it (400) */
  MUSTERD_ERROR_FORBIDDEN,   /* not for this caller (403) */
  MUSTERD_ERROR_NOT_FOUND,   /* no such user, claim, template, instance (404) */
  MUSTERD_ERROR_CONFLICT,    /* exists already, in use, wrong state (409) */
  MUSTERD_ERROR_LIMIT,       /* a bound was reached (429 or 413) */
  MUSTERD_ERROR_UNAVAILABLE, /* cannot be done now: store failed, stopping (503) */
  MUSTERD_ERROR_CONFIG,      /* the keyfile is wrong (musterd --check names file and line) */
  MUSTERD_ERROR_FAILED,      /* anything else (500) */
  MUSTERD_ERROR_UNKNOWN_CALLER, /* nobody is signed in (401) */
  MUSTERD_ERROR_LOCKED       /* in a key ring that its owner must unlock (409) */
} MusterdError;

#define MUSTERD_ERROR (musterd_error_quark ())
GQuark musterd_error_quark (void);
/* A word of strangers for a message: valid, on one line, and cut to some 64 bytes, with "…" where more follows. */
char  *musterd_error_word (const char *word);

G_END_DECLS
