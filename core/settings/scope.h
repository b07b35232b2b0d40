/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one scope says: its own values, policies and templates, and nothing of what it inherits. Immutable once
 * others can see it and atomically ref-counted: a change is a copy. */
#pragma once

#include "model/settings.h"
#include "model/user.h"

G_BEGIN_DECLS

#define MUSTERD_SETTING_SCOPE_MAX (MUSTERD_USER_FIELD_MAX + 16)
#define MUSTERD_TEMPLATES_MAX 100 /* in one scope */

/* From the farthest to the nearest. */
typedef enum
{
  MUSTERD_LAYER_ALL,
  MUSTERD_LAYER_LOCATION,
  MUSTERD_LAYER_GROUP,
  MUSTERD_LAYER_USER,
  MUSTERD_N_LAYERS
} MusterdLayer;

typedef enum
{
  MUSTERD_POLICY_INHERIT,
  MUSTERD_POLICY_MAY,   /* users may change it for themselves */
  MUSTERD_POLICY_CANNOT,
  MUSTERD_N_POLICIES
} MusterdPolicy;

MUSTERD_DECLARE_NAMES (MusterdPolicy, policy);

typedef struct
{
  char        *id; /* "all", "location:NAME", "group:NAME", "user:ID" */
  MusterdLayer layer;
  const char  *name;      /* the part after the colon; "" of all */
  GHashTable  *values;    /* "block.option" → canonical text */
  GHashTable  *policies;  /* block → MusterdPolicy, never INHERIT */
  GPtrArray   *templates; /* MusterdTemplate, in order */
} MusterdSettingScope;

/* NULL with MUSTERD_ERROR_INVALID: not the name of a scope. */
MusterdSettingScope *musterd_setting_scope_new   (const char *id, GError **error);
MusterdSettingScope *musterd_setting_scope_ref   (MusterdSettingScope *scope);
void          musterd_setting_scope_unref (MusterdSettingScope *scope);
MusterdSettingScope *musterd_setting_scope_copy  (const MusterdSettingScope *scope);
gboolean      musterd_setting_scope_is_empty (const MusterdSettingScope *scope);
/* "location:Berlin" of a layer and a name; of ALL, "all". */
char         *musterd_setting_scope_make_id (MusterdLayer layer, const char *name);

const char   *musterd_setting_scope_get_value (const MusterdSettingScope *scope, const char *block, const char *option); /* nullable */
/* `value` NULL: says nothing of it any more. FALSE: it was so already. */
gboolean      musterd_setting_scope_set_value (MusterdSettingScope *scope, const char *block, const char *option, const char *value);
MusterdPolicy musterd_setting_scope_get_policy (const MusterdSettingScope *scope, const char *block);
gboolean      musterd_setting_scope_set_policy (MusterdSettingScope *scope, const char *block, MusterdPolicy policy);
/* Its place; -1: none of this id. */
int           musterd_setting_scope_find_template (const MusterdSettingScope *scope, const char *id);
/* The same of a name, without case. */
int           musterd_setting_scope_find_template_name (const MusterdSettingScope *scope, const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdSettingScope, musterd_setting_scope_unref)

G_END_DECLS
