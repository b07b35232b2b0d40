/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/presence.h"

#include "model/intern.h"

MusterdPresence *
musterd_presence_new (MusterdUser *user)
{
  MusterdPresence *presence = g_atomic_rc_box_new0 (MusterdPresence);

  presence->user = musterd_user_ref (user);
  presence->until = MUSTERD_TIME_NEVER;
  presence->next_free = MUSTERD_TIME_NEVER;
  presence->stale = MUSTERD_TIME_NEVER;
  return presence;
}

MusterdPresence *
musterd_presence_ref (MusterdPresence *presence)
{
  return g_atomic_rc_box_acquire (presence);
}

static void
presence_clear (gpointer data)
{
  MusterdPresence *presence = data;

  musterd_user_unref (presence->user);
  g_free (presence->text);
  g_clear_pointer (&presence->template_name, musterd_intern_release);
  g_clear_pointer (&presence->template_role, musterd_intern_release);
  g_free (presence->telephony_label);
  g_clear_pointer (&presence->source, musterd_intern_release);
  g_free (presence->greeting_internal);
  g_free (presence->greeting_external);
  g_free (presence->forwarding.number);
  g_free (presence->forwarding.from);
}

void
musterd_presence_unref (MusterdPresence *presence)
{
  g_atomic_rc_box_release_full (presence, presence_clear);
}

gboolean
musterd_presence_equal (const MusterdPresence *a, const MusterdPresence *b)
{
  return a == b
         || (musterd_user_equal (a->user, b->user) && a->status == b->status && g_strcmp0 (a->text, b->text) == 0
             && g_strcmp0 (a->template_name, b->template_name) == 0
             && g_strcmp0 (a->template_role, b->template_role) == 0 && a->since == b->since && a->until == b->until
             && a->next_free == b->next_free && a->stale == b->stale && a->telephony == b->telephony
             && g_strcmp0 (a->telephony_label, b->telephony_label) == 0 && a->reach == b->reach
             && a->origin == b->origin && a->kind == b->kind && g_strcmp0 (a->source, b->source) == 0
             && g_strcmp0 (a->greeting_internal, b->greeting_internal) == 0
             && g_strcmp0 (a->greeting_external, b->greeting_external) == 0
             && a->forwarding.action == b->forwarding.action && a->forwarding.scope == b->forwarding.scope
             && a->forwarding.target == b->forwarding.target
             && g_strcmp0 (a->forwarding.number, b->forwarding.number) == 0
             && g_strcmp0 (a->forwarding.from, b->forwarding.from) == 0);
}

const char *
musterd_presence_get_kind (const MusterdPresence *presence)
{
  return presence->origin == MUSTERD_ORIGIN_CLAIM ? musterd_claim_kind_to_string (presence->kind)
                                                  : musterd_origin_to_string (presence->origin);
}

static MusterdPresence *
presence_copy (MusterdPresence *presence)
{
  MusterdPresence *copy = g_atomic_rc_box_dup (sizeof *presence, presence);

  musterd_user_ref (copy->user);
  copy->text = g_strdup (presence->text);
  copy->template_name = presence->template_name != NULL ? musterd_intern_acquire (presence->template_name) : NULL;
  copy->template_role = presence->template_role != NULL ? musterd_intern_acquire (presence->template_role) : NULL;
  copy->telephony_label = g_strdup (presence->telephony_label);
  copy->source = presence->source != NULL ? musterd_intern_acquire (presence->source) : NULL;
  copy->greeting_internal = g_strdup (presence->greeting_internal);
  copy->greeting_external = g_strdup (presence->greeting_external);
  copy->forwarding.number = g_strdup (presence->forwarding.number);
  copy->forwarding.from = g_strdup (presence->forwarding.from);
  return copy;
}

static void
clear_forwarding (MusterdPresence *presence)
{
  g_clear_pointer (&presence->forwarding.number, g_free);
  g_clear_pointer (&presence->forwarding.from, g_free);
  presence->forwarding.action = MUSTERD_FORWARD_DO_NOT_CHANGE;
  presence->forwarding.scope = MUSTERD_SCOPE_ALL;
  presence->forwarding.target = MUSTERD_TARGET_NUMBER;
}

static void
clear_greetings (MusterdPresence *presence)
{
  g_clear_pointer (&presence->greeting_internal, g_free);
  g_clear_pointer (&presence->greeting_external, g_free);
}

/* Says which layer speaks, never which source: what a viewer below team colleague may know of the origin is nothing,
 * and "default" is what nothing looks like. */
static void
clear_origin (MusterdPresence *presence)
{
  g_clear_pointer (&presence->source, musterd_intern_release);
  presence->origin = MUSTERD_N_ORIGINS;
  presence->kind = MUSTERD_CLAIM_DND;
}

/* What an employee sees is the status and whether somebody is on the phone; why is not their business. */
static void
clear_words (MusterdPresence *presence)
{
  g_clear_pointer (&presence->text, g_free);
  g_clear_pointer (&presence->template_name, musterd_intern_release);
  g_clear_pointer (&presence->template_role, musterd_intern_release);
  g_clear_pointer (&presence->telephony_label, g_free);
  clear_origin (presence);
}

MusterdPresence *
musterd_presence_view (MusterdPresence *presence, MusterdRelation relation)
{
  MusterdPresence *view;

  if (relation == MUSTERD_RELATION_BLOCKED)
    return NULL;
  if (relation >= MUSTERD_RELATION_OWNER)
    return musterd_presence_ref (presence);

  view = presence_copy (presence);
  clear_forwarding (view);
  clear_greetings (view);
  if (relation < MUSTERD_RELATION_TEAM_COLLEAGUE)
    clear_words (view);
  return view;
}

MusterdPresence *
musterd_presence_for_sink (MusterdPresence *presence, MusterdRelation relation, MusterdParts parts)
{
  MusterdPresence *view = presence_copy (presence);

  if (relation < MUSTERD_RELATION_TEAM_COLLEAGUE)
    clear_words (view);
  if ((parts & MUSTERD_PART_FORWARDING) == 0)
    clear_forwarding (view);
  if ((parts & MUSTERD_PART_GREETING) == 0)
    clear_greetings (view);
  if ((parts & MUSTERD_PART_STATUS) == 0)
    view->status = MUSTERD_STATUS_NONE;
  if ((parts & MUSTERD_PART_TEXT) == 0)
    g_clear_pointer (&view->text, g_free);
  if ((parts & MUSTERD_PART_TEMPLATE) == 0)
    {
      g_clear_pointer (&view->template_name, musterd_intern_release);
      g_clear_pointer (&view->template_role, musterd_intern_release);
    }
  if ((parts & MUSTERD_PART_KIND) == 0)
    clear_origin (view);
  if ((parts & MUSTERD_PART_TELEPHONY) == 0)
    view->telephony = MUSTERD_TELEPHONY_NONE;
  if ((parts & MUSTERD_PART_LABEL) == 0)
    g_clear_pointer (&view->telephony_label, g_free);
  if ((parts & MUSTERD_PART_REACH) == 0)
    view->reach = MUSTERD_REACH_FREE;
  if ((parts & MUSTERD_PART_TIMES) == 0)
    {
      view->since = 0;
      view->until = MUSTERD_TIME_NEVER;
      view->next_free = MUSTERD_TIME_NEVER;
    }
  /* No sink is told of it: it changes nothing that a telephone or a lamp should do. */
  view->stale = MUSTERD_TIME_NEVER;
  return view;
}
