/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what is known to what is shown: a pure function of facts, settings and a moment. No I/O, no clock, no state:
 * the same question has the same answer for ever. */
#pragma once

#include "model/facts.h"
#include "model/presence.h"

G_BEGIN_DECLS

/* Fills a new presence for `now`, but for `since`, `stale` and `revision`, which need memory and are the engine's.
 * `without` (nullable) leaves out the claims, devices and clients of one source: what that instance, as a sink, is to
 * show, so that nothing it wrote comes back through it.
 * Leases that run at `now` count as renewed in `until` and `next_free` (that a heartbeat is due then is not what is
 * known of a meeting), and not in `next`.
 * `next` (nullable) receives the next moment after `now` at which the outcome can change; NEVER = at none. */
MusterdPresence *musterd_resolve (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now,
                                  const char *without, MusterdTime *next);

/* One claim's part in the outcome. */
typedef struct
{
  MusterdClaim  *claim;
  MusterdOutcome outcome;
  char          *other;  /* nullable: the other side, "source/key", "choice" or "timed choice" */
  const char    *reason; /* nullable, static: why it has no effect ("free", "declined", "rule", "ended", …) */
  const char    *template_name; /* nullable, owned by the settings: the template it takes when in force */
  const char    *rule;          /* nullable, owned by the settings: the calendar rule that decides over it */
  gboolean       ignored; /* by hand, whether or not that is what decides */
} MusterdVerdict;

void       musterd_verdict_free (MusterdVerdict *verdict);
/* All claims in their order of time, each with its outcome (MusterdVerdict, owned). The settings must outlive it. */
GPtrArray *musterd_explain (const MusterdFacts *facts, const MusterdSettings *settings, MusterdTime now);

G_END_DECLS
