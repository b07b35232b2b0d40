/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The calendar rules of a scope (model/rule.h) as the text of a table: a row for each, in the order in which they are
 * asked, "name|free-busy|all-day|response|category|subject|attendees|template". A column left empty asks nothing; no
 * template: no effect. */
#pragma once

#include "model/rule.h"
#include "muster/muster-host.h"

G_BEGIN_DECLS

#define MUSTERD_N_RULE_COLUMNS 8

extern const MusterColumn musterd_rule_columns[MUSTERD_N_RULE_COLUMNS];

/* NULL with MUSTERD_ERROR_INVALID: no such table, or a row that is no rule. */
GArray *musterd_rules_parse (const char *text, GError **error);

/* What is to stand in the place of this reference to a template; NULL with an error. */
typedef char *(*MusterdRuleTemplateFunc) (const char *reference, gpointer data, GError **error);

/* The same rules with other references to their templates, as text; NULL with an error of the function's, too. */
char   *musterd_rules_rewrite (const char *text, MusterdRuleTemplateFunc func, gpointer data, GError **error);

G_END_DECLS
