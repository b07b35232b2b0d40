/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line, and where things are when it does not say so. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  char   **argv;        /* as it was, to start anew with */
  char    *config;      /* nullable: the embedded default */
  char    *state_dir;
  char    *socket;
  char    *listen;      /* nullable: the configuration's */
  char    *plugin_dirs; /* nullable: the configuration's, else those of the build */
  gboolean check, verbose;
} MusterdOptions;

/* -1: go on; otherwise the program is done, with this exit code. */
int  musterd_options_parse (MusterdOptions *options, int argc, char **argv);
void musterd_options_clear (MusterdOptions *options);

G_END_DECLS
