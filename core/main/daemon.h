/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's parts and the order in which they start and end. All of it on the main thread, which is the engine's. */
#pragma once

#include "api/api.h"
#include "main/options.h"

G_BEGIN_DECLS

typedef struct
{
  const MusterdOptions *options;
  MusterdConfig        *config;     /* in force */
  char                 *plugin_dir; /* in force since the start */
  GTlsCertificate      *certificate;       /* nullable */
  char                 *certificate_stamp; /* of its files when they were read */
  MusterdClock         *clock;
  MusterdStore         *store;
  MusterdSecrets       *secrets;
  MusterdEngine        *engine;
  MusterdDispatch      *dispatch;
  MusterdHost          *host;
  GPtrArray            *plugins; /* nullable; MusterPluginDescriptor: those whose settings there are */
  MusterdApi           *api;
  GSource              *signals[3];
  GSource              *watchdog; /* nullable: nobody watches */
  gboolean              stopping, stopped, restarting;
  guint                 n_terminate, n_interrupt; /* signals taken */
  int                   exit_code;
} MusterdDaemon;

/* Until it is told to stop; the exit code. Where a restore asks for it, starts the program anew instead. */
int musterd_daemon_run (const MusterdOptions *options);
/* --check: 0 where the configuration could be started. Reads nothing but keyfiles and plugins. */
int musterd_check_run  (const MusterdOptions *options);

/* configure.c */

/* The folders to look for plugins in, for this configuration. */
char    *musterd_daemon_plugin_dir  (const MusterdOptions *options, const MusterdConfig *config);
/* Where to listen over TCP, for this configuration (GInetSocketAddress; NULL: nowhere). */
gboolean musterd_daemon_find_doors  (const MusterdOptions *options, const MusterdConfig *config, GPtrArray **addresses,
                                     GError **error);
/* NULL without an error: nothing is encrypted. */
gboolean musterd_daemon_load_certificate (const MusterdConfig *config, GTlsCertificate **certificate, GError **error);
void     musterd_daemon_log_options (const MusterdOptions *options, const MusterdConfig *config);
/* Makes `config` the one in force, or changes nothing. Warnings are logged. */
gboolean musterd_daemon_apply       (MusterdDaemon *daemon, MusterdConfig *config, GError **error);
/* Reads the files again. On an error everything is as it was. */
gboolean musterd_daemon_reload      (MusterdDaemon *daemon, GError **error);
/* MusterdApiServices.set_enabled: writes the drop-in and reloads; takes the drop-in back where that fails. */
void     musterd_daemon_set_enabled (const char *instance, MusterdEnabled enabled, MusterdDone done,
                                     gpointer done_data, gpointer user_data);
/* One warning for each line. */
void     musterd_daemon_log_lines   (const char *text);

G_END_DECLS
