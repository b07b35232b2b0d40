/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which settings there are: the core's own blocks and those that plugins declare as user options, in one list, checked,
 * documented and layered alike. Immutable, atomically ref-counted. */
#pragma once

#include "muster/muster-host.h"
#include "settings/scope.h"

G_BEGIN_DECLS

typedef enum
{
  MUSTERD_SETTING_PLAIN,     /* what the option's type says is all */
  MUSTERD_SETTING_TEMPLATE,  /* refers to a template */
  MUSTERD_SETTING_ZONE,
  MUSTERD_SETTING_LANGUAGE,
  MUSTERD_SETTING_STATUSES,  /* statuses, with those that cannot be left out */
  MUSTERD_SETTING_RULES      /* of the calendar, whose last column refers to a template */
} MusterdSettingKind;

typedef struct
{
  MusterOption       option; /* first; a plugin's is the plugin's own, whose modules stay */
  MusterdSettingKind kind;
  gboolean           central; /* users cannot have their own, whatever the policy */
} MusterdSetting;

typedef struct
{
  const char *name, *doc;
  gboolean    central;   /* the whole block is; there is no policy */
  gboolean    may;       /* the policy where no scope has one */
  GPtrArray  *settings;  /* MusterdSetting, owned */
} MusterdBlock;

typedef struct _MusterdBlocks MusterdBlocks;

/* The name of the block of users' own forwardings of central templates: its options are the templates' ids, and the
 * templates themselves have the policy. Not in the list of blocks. */
#define MUSTERD_BLOCK_FORWARDING "forwarding"

/* `plugins` (nullable): the descriptors of those loaded; one whose id is a block of the core adds to it. */
MusterdBlocks        *musterd_blocks_new   (const MusterPluginDescriptor *const *plugins, gsize n_plugins);
MusterdBlocks        *musterd_blocks_ref   (MusterdBlocks *blocks);
void                  musterd_blocks_unref (MusterdBlocks *blocks);
guint                 musterd_blocks_get_n (const MusterdBlocks *blocks);
const MusterdBlock   *musterd_blocks_nth   (const MusterdBlocks *blocks, guint i);
const MusterdBlock   *musterd_blocks_find  (const MusterdBlocks *blocks, const char *block); /* NULL: none */
const MusterdSetting *musterd_block_find   (const MusterdBlock *block, const char *option);  /* NULL: none */

/* The canonical text of a value. What it refers to is not looked at. NULL with MUSTERD_ERROR_INVALID: no such block or
 * option (and the nearest there is), or not a value of it. */
char *musterd_blocks_check (const MusterdBlocks *blocks, const char *block, const char *option, const char *value,
                            GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdBlocks, musterd_blocks_unref)

G_END_DECLS
