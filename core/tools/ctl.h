/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the commands of musterctl share: where the daemon is, what was given on the command line, and the table of all
 * commands. */
#pragma once

#include <glib/gi18n.h>
#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Exit codes. */
#define CTL_DONE 0
#define CTL_REFUSED 1
#define CTL_WRONG_USE 2

#define CTL_ERROR (ctl_error_quark ())
GQuark ctl_error_quark (void);
typedef enum
{
  CTL_ERROR_REFUSED,     /* the daemon says no, or cannot be reached */
  CTL_ERROR_NOT_FOUND,   /* the daemon knows no such thing */
  CTL_ERROR_WRONG_USE,   /* the command line is wrong */
  CTL_ERROR_UNREACHABLE  /* nobody answers at the socket, or somebody who is not ready (any more) */
} CtlError;

typedef struct
{
  char         *socket;
  char         *url;           /* nullable: spoken to over its socket; else without a '/' at its end */
  char         *authorization; /* nullable; the header's value */
  GTlsDatabase *trust;         /* nullable: what the system trusts */
  gboolean      json;
  GPtrArray    *args;    /* char *, what follows the command's words */
  GHashTable   *options; /* name → GPtrArray of char *, "" for one without a value */
  SoupSession  *session; /* nullable until something is asked */
  guint         timeout; /* s of silence; 0: wait for ever */
} Ctl;

typedef struct
{
  const char *name;
  const char *value; /* NULL: takes none; else what stands for it in the help */
  const char *help;
  char        letter; /* 0: has no short form */
} CtlOption;

typedef struct
{
  const char      *words;   /* "user add" */
  const char      *usage;   /* of its arguments */
  const char      *help;    /* one line */
  guint            min_args, max_args;
  const CtlOption *options; /* nullable; ends with a name of NULL */
  int            (*run) (Ctl *ctl);
} CtlCommand;

/* The commands of each subject, ended by one without words. */
extern const CtlCommand ctl_presence_commands[];
extern const CtlCommand ctl_watch_commands[];
extern const CtlCommand ctl_why_commands[];
extern const CtlCommand ctl_appointment_commands[];
extern const CtlCommand ctl_desktop_commands[];
extern const CtlCommand ctl_delegation_commands[];
extern const CtlCommand ctl_user_commands[];
extern const CtlCommand ctl_relation_commands[];
extern const CtlCommand ctl_token_commands[];
extern const CtlCommand ctl_plugin_commands[];
extern const CtlCommand ctl_secret_commands[];
extern const CtlCommand ctl_settings_commands[];
extern const CtlCommand ctl_template_commands[];
extern const CtlCommand ctl_daemon_commands[];

/* The n-th argument, NULL: not given. */
const char *ctl_get_arg     (Ctl *ctl, guint n);
/* The last value given, NULL: not given. */
const char *ctl_get_option  (Ctl *ctl, const char *name);
GPtrArray  *ctl_get_options (Ctl *ctl, const char *name); /* nullable; not owned */
gboolean    ctl_has_option  (Ctl *ctl, const char *name);
/* Prints why, and returns the exit code. */
int         ctl_fail        (const GError *error);

G_END_DECLS
