/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two parts of the plan share. */
#pragma once

#include "plan.h"

G_BEGIN_DECLS

#define HOUR 60 /* minutes */

typedef enum
{
  PERSON_DESK,   /* a desktop that is started in the morning and ended in the evening */
  PERSON_ROAMER, /* several desktops, short leases; some vanish */
  PERSON_PHONE,  /* no desktop: a telephone, and choices by hand */
  PERSON_AWAY,   /* absent for most of the week */
} PlanPerson;

PlanPerson plan_person     (guint user);
/* The minute of the week at which that day begins for the user; the days count from 0. */
gint32     plan_midnight   (guint user, gint day);
gboolean   plan_is_workday (gint day);
/* The same for ever for the same three. */
GRand     *plan_rand       (guint32 seed, guint user, guint what);
gboolean   plan_chance     (GRand *rand, double of_all);

G_END_DECLS
