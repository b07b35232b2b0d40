/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/relation.h"

#include "model/error.h"

static const char *const path_names[] = { "same-group", "same-location", "others",    "user",        "group",
                                          "location",   "own-user",      "own-group", "own-location" };
G_STATIC_ASSERT (G_N_ELEMENTS (path_names) == MUSTERD_N_PATHS);

const char *
musterd_relation_path_to_string (MusterdRelationPath path)
{
  return (guint) path < MUSTERD_N_PATHS ? path_names[path] : NULL;
}

void
musterd_access_copy (MusterdAccess *to, const MusterdAccess *from)
{
  to->user = from->user != NULL ? musterd_user_ref (from->user) : NULL;
  to->settings = from->settings != NULL ? musterd_settings_ref (from->settings) : NULL;
  to->grants = from->grants != NULL ? musterd_grants_ref (from->grants) : NULL;
}

void
musterd_access_clear (MusterdAccess *access)
{
  g_clear_pointer (&access->user, musterd_user_unref);
  g_clear_pointer (&access->settings, musterd_settings_unref);
  g_clear_pointer (&access->grants, musterd_grants_unref);
}

gboolean
musterd_access_in_use (const MusterdAccess *access)
{
  return access->settings == NULL || access->settings->in_use;
}

MusterdViewer
musterd_viewer_of_user (const MusterdUser *user)
{
  return (MusterdViewer){ user->id, user->fields[MUSTERD_USER_GROUP], user->fields[MUSTERD_USER_LOCATION] };
}

MusterdViewer
musterd_viewer_of_grant (const MusterdGrant *grant)
{
  return (MusterdViewer){ grant->kind == MUSTERD_VIEWER_USER ? grant->name : NULL,
                          grant->kind == MUSTERD_VIEWER_GROUP ? grant->name : NULL,
                          grant->kind == MUSTERD_VIEWER_LOCATION ? grant->name : NULL };
}

static gboolean
is_same (const char *a, const char *b)
{
  return a != NULL && b != NULL && g_str_equal (a, b);
}

static void
open_path (MusterdRelationPaths *paths, MusterdRelationPath path, MusterdRelation level)
{
  paths->open[path] = TRUE;
  paths->levels[path] = level;
}

static void
open_defaults (MusterdRelationPaths *paths, const MusterdAccess *owner, const MusterdViewer *viewer)
{
  const MusterdSettings *settings = owner->settings;

  if (is_same (owner->user->fields[MUSTERD_USER_GROUP], viewer->group))
    open_path (paths, MUSTERD_PATH_SAME_GROUP, settings->same_group);
  if (is_same (owner->user->fields[MUSTERD_USER_LOCATION], viewer->location))
    open_path (paths, MUSTERD_PATH_SAME_LOCATION, settings->same_location);
  if (!paths->open[MUSTERD_PATH_SAME_GROUP] && !paths->open[MUSTERD_PATH_SAME_LOCATION])
    open_path (paths, MUSTERD_PATH_OTHERS, settings->others);
}

static void
open_granted (MusterdRelationPaths *paths, const MusterdGrants *grants, const MusterdViewer *viewer, gboolean own_word)
{
  const char *const names[MUSTERD_N_VIEWERS] = { viewer->id, viewer->group, viewer->location };
  const guint first = own_word ? MUSTERD_PATH_OWN_USER : MUSTERD_PATH_USER;

  for (guint i = 0; i < MUSTERD_N_VIEWERS; i++)
    {
      const MusterdGrant *grant
          = names[i] != NULL ? musterd_grants_find (grants, (MusterdViewerKind) i, names[i], own_word) : NULL;

      if (grant != NULL)
        open_path (paths, (MusterdRelationPath) (first + i), grant->level);
    }
}

/* The most permissive wins, whoever says it. */
static void
find_central (MusterdRelationPaths *paths)
{
  paths->central = MUSTERD_RELATION_BLOCKED;
  for (guint i = MUSTERD_PATH_SAME_GROUP; i < MUSTERD_PATH_OWN_USER; i++)
    if (paths->open[i] && (paths->by == MUSTERD_N_PATHS || paths->levels[i] > paths->central))
      {
        paths->central = paths->levels[i];
        paths->by = (MusterdRelationPath) i;
      }
  paths->level = paths->central;
}

static void
hear_owner (MusterdRelationPaths *paths, MusterdExtension users_may)
{
  for (guint i = MUSTERD_PATH_OWN_USER; i < MUSTERD_N_PATHS; i++)
    {
      if (!paths->open[i])
        continue;
      if (users_may == MUSTERD_EXTENSION_EXTEND_AND_RESTRICT
          || (users_may == MUSTERD_EXTENSION_EXTEND && paths->levels[i] > paths->central))
        {
          paths->level = paths->levels[i];
          paths->by = (MusterdRelationPath) i;
        }
      return; /* the less exact ones do not count any more */
    }
}

MusterdRelation
musterd_relation_resolve (const MusterdAccess *owner, const MusterdViewer *viewer, MusterdRelationPaths *paths)
{
  *paths = (MusterdRelationPaths){ .by = MUSTERD_N_PATHS };
  if (is_same (owner->user->id, viewer->id))
    {
      paths->central = paths->level = MUSTERD_RELATION_OWNER;
      return paths->level;
    }
  if (owner->settings == NULL)
    return MUSTERD_RELATION_BLOCKED;
  open_defaults (paths, owner, viewer);
  if (owner->grants != NULL)
    {
      open_granted (paths, owner->grants, viewer, FALSE);
      open_granted (paths, owner->grants, viewer, TRUE);
    }
  find_central (paths);
  hear_owner (paths, owner->settings->users_may);
  if (!owner->settings->in_use)
    {
      paths->level = MUSTERD_RELATION_BLOCKED;
      paths->by = MUSTERD_N_PATHS;
    }
  return paths->level;
}

gboolean
musterd_relation_check_own_word (const MusterdAccess *owner, const MusterdViewer *viewer, MusterdRelation level,
                                 GError **error)
{
  MusterdRelationPaths paths;

  musterd_relation_resolve (owner, viewer, &paths);
  switch (owner->settings->users_may)
    {
    case MUSTERD_EXTENSION_NEITHER:
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                           "the setting relationships.users-may is 'neither': only administrators change "
                           "relationships here");
      return FALSE;
    case MUSTERD_EXTENSION_EXTEND:
      if (level >= paths.central)
        return TRUE;
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                   "the setting relationships.users-may is 'extend': users may grant more than others have by default, here "
                   "'%s', and not less",
                   musterd_relation_to_string (paths.central));
      return FALSE;
    case MUSTERD_EXTENSION_EXTEND_AND_RESTRICT:
    case MUSTERD_N_EXTENSIONS:
    default:
      return TRUE;
    }
}

/* What the settings say of those about whom no entry says anything. */
static gboolean
has_same_defaults (const MusterdAccess *before, const MusterdAccess *after)
{
  const MusterdSettings *old = before->settings, *now = after->settings;
  const gboolean stays = g_strcmp0 (before->user->fields[MUSTERD_USER_GROUP], after->user->fields[MUSTERD_USER_GROUP])
                                 == 0
                         && g_strcmp0 (before->user->fields[MUSTERD_USER_LOCATION],
                                       after->user->fields[MUSTERD_USER_LOCATION])
                                == 0;

  if (old->same_group != now->same_group || old->same_location != now->same_location || old->others != now->others)
    return FALSE;
  /* Whoever is in no group of theirs any more is one of the others: the same, where all have the same. */
  return stays || (now->same_group == now->others && now->same_location == now->others);
}

static gboolean
has_own_word (const MusterdGrants *grants)
{
  for (guint i = 0; grants != NULL && i < grants->n; i++)
    if (grants->entries[i].own_word)
      return TRUE;
  return FALSE;
}

gboolean
musterd_access_is_like (const MusterdAccess *before, const MusterdAccess *after)
{
  if (before->settings != after->settings)
    {
      if (before->settings == NULL || after->settings == NULL || before->settings->in_use != after->settings->in_use)
        return FALSE;
      if (before->settings->users_may != after->settings->users_may
          && (has_own_word (before->grants) || has_own_word (after->grants)))
        return FALSE;
    }
  return before->settings == NULL || has_same_defaults (before, after);
}
