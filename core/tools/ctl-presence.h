/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A presence in words. */
#pragma once

#include "ctl-output.h"
#include "ctl.h"

G_BEGIN_DECLS

CtlTable *ctl_presence_table    (void);
void      ctl_presence_add      (CtlTable *table, JsonObject *presence);
char     *ctl_presence_sentence (JsonObject *presence);
/* Where it comes from, and what else is known. */
void      ctl_presence_details  (JsonObject *presence);

G_END_DECLS
