/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "ledger.h"

G_BEGIN_DECLS

/* All that is known of a user, and a presence, for people. */
char *report_facts    (const MusterdFacts *facts);
char *report_presence (const MusterdPresence *presence); /* nullable */
char *report_time     (MusterdTime time);

G_END_DECLS
