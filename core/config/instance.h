/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One instance's group while the files are read: what the host understands is taken out, the rest is the plugin's. */
#pragma once

#include "config/keyfile.h"

G_BEGIN_DECLS

/* The keys of a group that are the host's, in every plugin. */
#define MUSTERD_N_HOST_KEYS 5
extern const char *const musterd_host_keys[MUSTERD_N_HOST_KEYS];

/* NULL, with a problem, where the group's name is none. */
MusterdInstanceConfig *musterd_instance_config_new  (const MusterdKeyfileGroup *group, const char *file,
                                                     GPtrArray *problems);
void                   musterd_instance_config_free (MusterdInstanceConfig *instance);
/* Lays the group's keys over what is known from earlier files. */
void                   musterd_instance_config_merge (MusterdInstanceConfig *instance,
                                                      const MusterdKeyfileGroup *group, GPtrArray *problems);

G_END_DECLS
