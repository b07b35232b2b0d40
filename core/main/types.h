/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Registers the types that several threads are going to use. Before the first of them begins. */
void musterd_types_prepare (void);

G_END_DECLS
