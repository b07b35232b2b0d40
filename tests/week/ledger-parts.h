/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two parts of the ledger share. */
#pragma once

#include "ledger.h"

G_BEGIN_DECLS

/* The user at that moment, what is over taken out; NULL: there is none. */
LedgerUser  *ledger_at           (Ledger *ledger, guint user, MusterdTime now);
gboolean     ledger_is_leased    (const MusterdClaim *claim);
LedgerSource ledger_source_named (const char *name);

G_END_DECLS
