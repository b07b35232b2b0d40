/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The user as one instance's plugin sees them: who they are, their numbers, this plugin's attributes alone, and the
 * plugin's user options with the values in force. */
#pragma once

#include "config/config.h"
#include "model/settings.h"
#include "model/user.h"

G_BEGIN_DECLS

/* A user and what holds for them, at one moment. Immutable and atomically counted. */
typedef struct
{
  MusterdUser     *user;
  MusterdSettings *settings; /* nullable: those of the instance alone */
} MusterdPerson;

MusterdPerson *musterd_person_new   (MusterdUser *user, MusterdSettings *settings);
MusterdPerson *musterd_person_ref   (MusterdPerson *person);
void           musterd_person_unref (MusterdPerson *person);

typedef struct _MusterdPersons MusterdPersons;

/* Resolves the user options of the instance: built-in default ← keyfile group. Fails with MUSTERD_ERROR_CONFIG where a
 * value is wrong. */
MusterdPersons *musterd_persons_new   (const MusterdInstanceConfig *config, const MusterPluginDescriptor *descriptor,
                                       GError **error);
MusterdPersons *musterd_persons_ref   (MusterdPersons *persons);
void            musterd_persons_unref (MusterdPersons *persons);
/* On the instance's thread alone: lays the user's settings over the instance's options. Users of whom the settings say
 * the same share what comes of it. A value that does not fit is left out, with one warning for each option. */
MusterUser     *musterd_persons_make  (MusterdPersons *persons, const MusterdPerson *person);
/* Any thread. Whether the plugin is to hear that the one has become the other. */
gboolean        musterd_persons_differ (const MusterdPersons *persons, const MusterdPerson *before,
                                        const MusterdPerson *after);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdPerson, musterd_person_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdPersons, musterd_persons_unref)

G_END_DECLS
