/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of the house's three locations, twice: as an administrator orders them of the engine, and as they are to
 * come out of it, made by hand. */
#pragma once

#include "engine/engine.h"

G_BEGIN_DECLS

#define HOUSE_LOCATIONS 3

/* The place of a location's settings; "later" is after the house has changed its mind. */
typedef struct
{
  MusterdSettings *settings[HOUSE_LOCATIONS][2][2]; /* location, with the template of their own, later */
} House;

House       *house_new        (void);
void         house_free       (House *house);
const char  *house_name       (guint location);
guint        house_of         (const MusterdUser *user);
/* Each returns how many commands it gave: `done` is called for each. */
guint        house_order      (MusterdEngine *engine, MusterdDone done, gpointer data);
guint        house_order_later (MusterdEngine *engine, MusterdDone done, gpointer data);
guint        house_order_own  (MusterdEngine *engine, const char *user, MusterdDone done, gpointer data);

G_END_DECLS
