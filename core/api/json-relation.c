/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/json.h"

static const char *
say_by (gboolean own_word)
{
  return own_word ? "owner" : "administrator";
}

void
musterd_json_grant (GString *json, const char *name, const char *owner, const MusterdGrant *grant)
{
  g_autofree char *viewer = musterd_viewer_to_string (grant->kind, grant->name);

  musterd_json_open (json, name, '{');
  musterd_json_string (json, "owner", owner);
  musterd_json_string (json, "viewer", viewer);
  musterd_json_string (json, "level", musterd_relation_to_string (grant->level));
  musterd_json_string (json, "by", say_by (grant->own_word));
  musterd_json_close (json, '}');
}

void
musterd_json_relation (GString *json, const char *name, const MusterdAccess *owner, const char *shown,
                       const MusterdViewer *viewer)
{
  MusterdRelationPaths paths;
  MusterdRelation level = musterd_relation_resolve (owner, viewer, &paths);

  musterd_json_open (json, name, '{');
  musterd_json_string (json, "owner", owner->user->id);
  musterd_json_string (json, "viewer", shown);
  musterd_json_string (json, "level", musterd_relation_to_string (level));
  musterd_json_string (json, "decided_by", musterd_relation_path_to_string (paths.by));
  musterd_json_string (json, "users_may", musterd_extension_to_string (owner->settings->users_may));
  musterd_json_bool (json, "in_use", owner->settings->in_use);
  musterd_json_open (json, "paths", '[');
  for (guint i = 0; i < MUSTERD_N_PATHS; i++)
    {
      if (!paths.open[i])
        continue;
      musterd_json_open (json, NULL, '{');
      musterd_json_string (json, "path", musterd_relation_path_to_string ((MusterdRelationPath) i));
      musterd_json_string (json, "level", musterd_relation_to_string (paths.levels[i]));
      musterd_json_close (json, '}');
    }
  musterd_json_close (json, ']');
  musterd_json_close (json, '}');
}
