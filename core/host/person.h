/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user as one instance's plugin sees them: who they are, their numbers, this plugin's attributes alone, and the
 * plugin's user options with the values in force. Made on any thread. */
#pragma once

#include "config/config.h"
#include "model/user.h"

G_BEGIN_DECLS

typedef struct _MusterdPersons MusterdPersons;

/* Resolves the user options once for the instance: built-in default ← keyfile group. Fails with MUSTERD_ERROR_CONFIG
 * where a value is wrong. Immutable; referenced by whoever makes users of it. */
MusterdPersons *musterd_persons_new   (const MusterdInstanceConfig *config, const MusterPluginDescriptor *descriptor,
                                       GError **error);
MusterdPersons *musterd_persons_ref   (MusterdPersons *persons);
void            musterd_persons_unref (MusterdPersons *persons);
MusterUser     *musterd_persons_make  (MusterdPersons *persons, const MusterdUser *user);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdPersons, musterd_persons_unref)

G_END_DECLS
