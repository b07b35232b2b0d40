/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* With everything in it. */
void bench_folder_remove (const char *path);

G_END_DECLS
