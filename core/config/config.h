/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keyfile and its drop-ins, read into a value; every error with file and line. Knows no plugin: an instance's
 * options are kept as text with their places, and are checked against the plugin's tables by
 * musterd_instance_config_check(). */
#pragma once

#include "model/error.h"
#include "muster/muster-host.h"

G_BEGIN_DECLS

#define MUSTERD_CONFIG_FILE_MAX (1024 * 1024) /* bytes of one keyfile */
#define MUSTERD_CONFIG_FILES_MAX 256
#define MUSTERD_INSTANCES_MAX 256

typedef enum
{
  MUSTERD_ENABLED_NO,
  MUSTERD_ENABLED_OPTIONAL, /* absent or failing: a warning */
  MUSTERD_ENABLED_REQUIRED  /* absent or misconfigured: the daemon does not start */
} MusterdEnabled;

/* One key = value, and where it stands. */
typedef struct
{
  char *key, *value;
  char *file;
  guint line;
} MusterdEntry;

typedef struct
{
  char          *name;   /* "micsync", "ews-stream:hq": the instance id everywhere */
  char          *plugin; /* "micsync" */
  MusterdEnabled enabled;
  char          *users;  /* canonical: "all", "location:X", "group:X", "domain:X", several separated by ';' */
  char          *view;   /* relation name for sinks; "employee" by default */
  gboolean       drain;  /* set by host: disabled or gone but still holds phones */
  char          *file;   /* where the group begins */
  guint          line;
  char          *enabled_file; /* where Enabled= was set last; NULL: nowhere */
  guint          enabled_line;
  GPtrArray     *entries; /* MusterdEntry: the plugin's own options, in order, the last one of a key only */
} MusterdInstanceConfig;

typedef struct
{
  char      *origin;     /* what --config named */
  char      *dropin_dir; /* where enable and disable write; NULL: the embedded default has none */
  GPtrArray *files;      /* char *: what was read, in order */
  char      *plugin_dir; /* [daemon] plugin-dir, nullable: folders separated by ':' */
  char      *log_level;  /* [daemon] log-level: warning | message | info | debug */
  char      *socket_group; /* [api] group, default "muster" */
  char      *listen;       /* [api] listen, nullable: see config/listen.h */
  char      *listen_file;  /* where it was set last */
  guint      listen_line;
  char      *certificate, *key;    /* [api]; nullable, both or none: PEM files */
  char      *connections_per_peer; /* [api], nullable: a number */
  char      *delegations_kept; /* [store] delegations-kept: days, as "90d" */
  GPtrArray *instances;  /* MusterdInstanceConfig, in order of appearance */
} MusterdConfig;

/* `path` nullable: the embedded default (no instance). A directory means its muster.conf and every .conf in conf.d; a
 * file muster.conf its conf.d beside it, any other FILE its FILE.d. All problems are reported (`problems`, nullable:
 * char *, "file:line: what was wrong and what to do"), not only the first; then NULL with MUSTERD_ERROR_CONFIG that
 * holds them all. */
MusterdConfig *musterd_config_load (const char *path, GPtrArray *problems, GError **error);
MusterdConfig *musterd_config_ref  (MusterdConfig *config);
void           musterd_config_unref (MusterdConfig *config);
const MusterdInstanceConfig *musterd_config_find (const MusterdConfig *config, const char *instance);
/* Same plugin, options, users, view, enabled: it need not restart. */
gboolean musterd_instance_config_equal (const MusterdInstanceConfig *a, const MusterdInstanceConfig *b);

/* Checks the entries against the plugin's option and user-option tables: unknown keys (with the nearest known one),
 * missing required ones, wrong values, literal secrets; appends "file:line: …" to `problems`. Where `ctx` is not NULL
 * and nothing is wrong, sets every option on it. TRUE if nothing is wrong. */
gboolean musterd_instance_config_check (const MusterdInstanceConfig *instance,
                                        const MusterPluginDescriptor *descriptor, MusterContext *ctx,
                                        GPtrArray *problems);
/* The value the keyfile gives a user option for the whole instance; NULL: none. */
const char *musterd_instance_config_get (const MusterdInstanceConfig *instance, const char *key);

/* [store] delegations-kept. */
gint64 musterd_config_get_delegations_kept (const MusterdConfig *config); /* µs */

/* Writes DROPIN_DIR/90-INSTANCE.conf with Enabled=, atomically; the file says that musterctl wrote it. */
gboolean musterd_config_write_enabled (const MusterdConfig *config, const char *instance, MusterdEnabled enabled,
                                       GError **error);
/* The drop-in that it writes. NULL: there is no place for one. */
char       *musterd_config_dropin_path (const MusterdConfig *config, const char *instance);
const char *musterd_enabled_to_string (MusterdEnabled enabled);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdConfig, musterd_config_unref)

G_END_DECLS
