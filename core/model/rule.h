/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calendar rules: which entries take which template, or have no effect, before the settings of what counts are asked.
 * The first of the ordered list that matches decides.
 *
 * A rule has two halves. What a claim keeps (free/busy, response, all-day) is compared whenever it is resolved.
 * Categories, subject and attendees are not kept: these are judged once, at the door, and what is kept of them is one
 * bit for each rule, with a stamp of the rules that were asked. Bits with another stamp say nothing. */
#pragma once

#include "model/claim.h"

G_BEGIN_DECLS

#define MUSTERD_RULES_MAX 64 /* a claim has one bit for each */

typedef enum
{
  MUSTERD_ALL_DAY_ANY,
  MUSTERD_ALL_DAY_YES,
  MUSTERD_ALL_DAY_NO
} MusterdAllDay;

typedef struct
{
  char         *name;
  guint32       free_busy, responses; /* bits, 1 << value; 0: any */
  MusterdAllDay all_day;
  char         *category;             /* nullable: any; as musterd_rule_fold() has it, like the next one */
  char         *subject;              /* nullable: any; what is to be in the subject */
  guint         n_attendees;          /* at least so many; 0: any number, and none */
  char         *template_ref;         /* NULL: no effect */
} MusterdRule;

/* An empty list of rules (MusterdRule, owned). Not to be changed once others can see it. */
GArray  *musterd_rules_new     (void);
/* Text as it is compared: without case, and however its accents are written. */
char    *musterd_rule_fold     (const char *text);
/* Of what these rules ask at the door, and in which order; 0: nothing. */
guint32  musterd_rules_stamp   (const GArray *rules);
/* At the door: puts what these rules (nullable) find in the place of what they ask for. The subject of a private entry
 * is nobody's business, nor are its categories: rules that ask for one pass it over, so that no presence tells them. */
void     musterd_rules_judge   (const GArray *rules, guint32 stamp, MusterdClaim *claim);
/* Whether the rule at place `i` of the rules with this stamp takes in a claim of a calendar. */
gboolean musterd_rule_matches  (const MusterdRule *rule, guint i, guint32 stamp, const MusterdClaim *claim);

G_END_DECLS
