/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opens plugins: the one place that does. Only by a name from the keyfile, only from the plugin directory, only files
 * that nobody but root or ourselves can have written. A module stays in memory until the process ends. */
#pragma once

#include "model/error.h"
#include "muster/muster-host.h"

G_BEGIN_DECLS

#define MUSTERD_PLUGIN_ID_MAX 64

typedef struct _MusterdLoader MusterdLoader;

typedef struct
{
  char                         *id;
  char                         *path;
  const MusterPluginDescriptor *descriptor; /* checked; lives in the module */
} MusterdModule;

/* `dir`: one absolute path, or several separated by ':'. */
MusterdLoader       *musterd_loader_new  (const char *dir);
void                 musterd_loader_free (MusterdLoader *loader); /* modules stay mapped */
gboolean             musterd_plugin_id_is_valid (const char *id);
/* The module, opened now or before; owned by the loader. The error tells an administrator what to do. */
const MusterdModule *musterd_loader_open (MusterdLoader *loader, const char *id, GError **error);

G_END_DECLS
