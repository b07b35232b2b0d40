/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

struct _MusterDesired
{
  gatomicrefcount     refs;
  MusterStatus        status;
  char               *text, *template_name, *template_role, *kind; /* nullable */
  MusterForwardAction forward_action;
  MusterForwardScope  forward_scope;
  char               *forward_number; /* nullable */
  MusterTelephony     telephony;
  char               *telephony_label; /* nullable */
  MusterReach         reach;
  gint64              since, until, next_free;
  char               *greetings[2]; /* by MusterGreeting; nullable */
  guint64             revision;
};

MusterDesired *
muster_desired_new (const MusterDesiredData *data, guint64 needs)
{
  MusterDesired *desired = g_new0 (MusterDesired, 1);

  g_atomic_ref_count_init (&desired->refs);
  desired->revision = data->revision;
  if ((needs & MUSTER_NEEDS_STATUS) != 0)
    desired->status = data->status;
  if ((needs & MUSTER_NEEDS_TEXT) != 0)
    desired->text = g_strdup (data->text);
  if ((needs & MUSTER_NEEDS_TEMPLATE) != 0)
    {
      desired->template_name = g_strdup (data->template_name);
      desired->template_role = g_strdup (data->template_role);
    }
  if ((needs & MUSTER_NEEDS_KIND) != 0)
    desired->kind = g_strdup (data->kind);
  if ((needs & MUSTER_NEEDS_FORWARDING) != 0)
    {
      desired->forward_action = data->forward_action;
      desired->forward_scope = data->forward_scope;
      desired->forward_number = g_strdup (data->forward_number);
    }
  if ((needs & MUSTER_NEEDS_TELEPHONY) != 0)
    desired->telephony = data->telephony;
  if ((needs & MUSTER_NEEDS_LABEL) != 0)
    desired->telephony_label = g_strdup (data->telephony_label);
  if ((needs & MUSTER_NEEDS_REACH) != 0)
    desired->reach = data->reach;
  if ((needs & MUSTER_NEEDS_TIMES) != 0)
    {
      desired->since = data->since;
      desired->until = data->until;
      desired->next_free = data->next_free;
    }
  if ((needs & MUSTER_NEEDS_GREETING) != 0)
    for (gsize i = 0; i < G_N_ELEMENTS (desired->greetings); i++)
      desired->greetings[i] = g_strdup (data->greetings[i]);
  return desired;
}

MusterDesired *
muster_desired_ref (MusterDesired *desired)
{
  g_atomic_ref_count_inc (&desired->refs);
  return desired;
}

void
muster_desired_unref (MusterDesired *desired)
{
  if (!g_atomic_ref_count_dec (&desired->refs))
    return;
  g_free (desired->text);
  g_free (desired->template_name);
  g_free (desired->template_role);
  g_free (desired->kind);
  g_free (desired->forward_number);
  g_free (desired->telephony_label);
  for (gsize i = 0; i < G_N_ELEMENTS (desired->greetings); i++)
    g_free (desired->greetings[i]);
  g_free (desired);
}

MusterStatus
muster_desired_get_status (MusterDesired *desired)
{
  return desired->status;
}

const char *
muster_desired_get_text (MusterDesired *desired)
{
  return desired->text;
}

const char *
muster_desired_get_template_name (MusterDesired *desired)
{
  return desired->template_name;
}

const char *
muster_desired_get_template_role (MusterDesired *desired)
{
  return desired->template_role;
}

const char *
muster_desired_get_kind (MusterDesired *desired)
{
  return desired->kind;
}

MusterForwardAction
muster_desired_get_forward_action (MusterDesired *desired)
{
  return desired->forward_action;
}

MusterForwardScope
muster_desired_get_forward_scope (MusterDesired *desired)
{
  return desired->forward_scope;
}

const char *
muster_desired_get_forward_number (MusterDesired *desired)
{
  return desired->forward_number;
}

MusterTelephony
muster_desired_get_telephony (MusterDesired *desired)
{
  return desired->telephony;
}

const char *
muster_desired_get_telephony_label (MusterDesired *desired)
{
  return desired->telephony_label;
}

MusterReach
muster_desired_get_reach (MusterDesired *desired)
{
  return desired->reach;
}

gint64
muster_desired_get_since (MusterDesired *desired)
{
  return desired->since;
}

gint64
muster_desired_get_until (MusterDesired *desired)
{
  return desired->until;
}

gint64
muster_desired_get_next_free (MusterDesired *desired)
{
  return desired->next_free;
}

const char *
muster_desired_get_greeting (MusterDesired *desired, MusterGreeting which)
{
  return (gsize) which < G_N_ELEMENTS (desired->greetings) ? desired->greetings[which] : NULL;
}

guint64
muster_desired_get_revision (MusterDesired *desired)
{
  return desired->revision;
}
