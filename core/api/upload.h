/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files of the api in the state directory that live for one request: an upload as it comes in, a copy as it goes
 * out. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _MusterdUpload MusterdUpload;

MusterdUpload *musterd_upload_new   (const char *dir, GError **error);
gboolean       musterd_upload_write (MusterdUpload *upload, GBytes *bytes, GError **error);
/* Closes the file and gives it away: the path, to be removed by whoever takes it. */
char          *musterd_upload_steal (MusterdUpload *upload, GError **error);
/* Removes the file unless it was given away. */
void           musterd_upload_free  (MusterdUpload *upload);

/* A path in `dir` that does not exist, for a copy to be sent. */
char *musterd_upload_path  (const char *dir);
/* Removes what a killed daemon left. */
void  musterd_upload_sweep (const char *dir);

G_END_DECLS
