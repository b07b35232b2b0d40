/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/sight.h"

#define EVERYTHING ((MusterdSight) (2 * MUSTERD_SIGHT_INSIDE - 1))

MusterdSight
musterd_sight_of_claim (const MusterdClaim *claim, MusterdRelation relation)
{
  guint sight = MUSTERD_SIGHT_TIMES;

  if (relation == MUSTERD_RELATION_BLOCKED)
    return (MusterdSight) 0;
  if (relation >= MUSTERD_RELATION_OWNER)
    return EVERYTHING;
  if (relation < MUSTERD_RELATION_TEAM_COLLEAGUE)
    return claim->kind == MUSTERD_CLAIM_APPOINTMENT || claim->kind == MUSTERD_CLAIM_ABSENCE ? MUSTERD_SIGHT_TIMES
                                                                                           : (MusterdSight) 0;
  sight |= MUSTERD_SIGHT_LOOK;
  if (!claim->is_private)
    sight |= MUSTERD_SIGHT_WORDS;
  if (relation >= MUSTERD_RELATION_ASSISTANT_PLUS)
    sight |= MUSTERD_SIGHT_HANDLE;
  return (MusterdSight) sight;
}

MusterdSight
musterd_sight_of_user (MusterdRelation relation)
{
  if (relation >= MUSTERD_RELATION_OWNER)
    return EVERYTHING;
  return relation >= MUSTERD_RELATION_ASSISTANT ? MUSTERD_SIGHT_CHOICES : (MusterdSight) 0;
}
