/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the naive twin have in common. */
#pragma once

#include "model/resolve.h"

G_BEGIN_DECLS

typedef struct
{
  MusterdOrigin          origin; /* DEFAULT, CLIENT or CHOICE */
  const MusterdChoice   *choice; /* nullable: with origin CHOICE */
  gboolean               timed;
  const MusterdTemplate *tmpl; /* nullable */
  MusterdStatus          status;
  const char            *text; /* nullable */
} NaiveBase;

/* In all of these the end of a standing choice has been written into its `until`. */

const MusterdTemplate *naive_find_template           (const MusterdSettings *settings, const char *role_or_name);
const MusterdTemplate *naive_find_template_by_status (const MusterdSettings *settings, MusterdStatus status);
const MusterdTemplate *naive_choice_template         (const MusterdSettings *settings, const MusterdChoice *choice);
MusterdTime            naive_client_ripens           (const MusterdClient *client, const MusterdSettings *settings);
MusterdClientState     naive_client_state            (const MusterdFacts *facts, const MusterdSettings *settings,
                                                      MusterdTime now);
NaiveBase              naive_find_base               (const MusterdFacts *facts, const MusterdSettings *settings,
                                                      MusterdTime now);
gboolean               naive_base_stays              (const NaiveBase *base);

/* An absence, or an entry of the calendar that is shown as out of office. */
gboolean               naive_is_absence              (const MusterdClaim *claim);
/* In force, with effect and not ignored: it speaks, whether or not it is heard. */
gboolean               naive_claim_speaks            (const MusterdClaim *claim, const MusterdFacts *facts,
                                                      const MusterdSettings *settings, MusterdTime now);
/* Of two pointers to claims: negative if the first is the stronger. */
gint                   naive_compare_strength        (gconstpointer a, gconstpointer b);
/* The claims that could show over this base, strongest first. */
GPtrArray             *naive_able_to_win             (const NaiveBase *base, const MusterdFacts *facts,
                                                      const MusterdSettings *settings, MusterdTime now);
const MusterdTemplate *naive_claim_template          (const MusterdClaim *claim, const MusterdSettings *settings);
MusterdStatus          naive_claim_status            (const MusterdClaim *claim, const MusterdTemplate *tmpl);
char                  *naive_claim_text              (const MusterdClaim *claim, const MusterdTemplate *tmpl,
                                                      const MusterdSettings *settings);

MusterdPresence       *naive_moment_of               (const MusterdFacts *facts, const MusterdSettings *settings,
                                                      MusterdTime now);

G_END_DECLS
