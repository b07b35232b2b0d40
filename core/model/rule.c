/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/rule.h"

#include <string.h>

static void
rule_clear (gpointer data)
{
  MusterdRule *rule = data;

  g_free (rule->name);
  g_free (rule->category);
  g_free (rule->subject);
  g_free (rule->template_ref);
}

GArray *
musterd_rules_new (void)
{
  GArray *rules = g_array_new (FALSE, TRUE, sizeof (MusterdRule));

  g_array_set_clear_func (rules, rule_clear);
  return rules;
}

/* Folding takes letters apart ("ß" is "ss") and may leave accents beside them: composed before and after. */
char *
musterd_rule_fold (const char *text)
{
  g_autofree char *composed = g_utf8_normalize (text, -1, G_NORMALIZE_ALL_COMPOSE);
  g_autofree char *folded = NULL;

  if (composed == NULL)
    return NULL; /* no UTF-8, which nothing is equal to */
  folded = g_utf8_casefold (composed, -1);
  return g_utf8_normalize (folded, -1, G_NORMALIZE_ALL_COMPOSE);
}

static gboolean
asks_at_door (const MusterdRule *rule)
{
  return rule->category != NULL || rule->subject != NULL || rule->n_attendees > 0;
}

/* FNV-1a, with the end of each text, so that a/b and ab/ differ. */
static guint32
mix (guint32 hash, gconstpointer data, gsize size)
{
  const guchar *bytes = data;

  for (gsize i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

static guint32
mix_text (guint32 hash, const char *text)
{
  return text != NULL ? mix (hash, text, strlen (text) + 1) : mix (hash, "\xff", 2);
}

guint32
musterd_rules_stamp (const GArray *rules)
{
  guint32 hash = 2166136261u;
  gboolean any = FALSE;

  for (guint i = 0; rules != NULL && i < rules->len; i++)
    {
      const MusterdRule *rule = &g_array_index (rules, MusterdRule, i);
      /* It is stored: the same on every machine. */
      const guint32 numbers[] = { GUINT32_TO_LE (i), GUINT32_TO_LE (rule->n_attendees) };

      if (!asks_at_door (rule))
        continue;
      any = TRUE;
      hash = mix (hash, numbers, sizeof numbers);
      hash = mix_text (hash, rule->category);
      hash = mix_text (hash, rule->subject);
    }
  if (!any)
    return 0;
  return hash != 0 ? hash : 1;
}

/* The categories as they are compared. Split first: folding makes the separator of other signs. */
static char **
fold_categories (const char *categories)
{
  g_auto(GStrv) split = g_strsplit (categories != NULL ? categories : "", ";", -1);
  g_autoptr(GPtrArray) folded = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; split[i] != NULL; i++)
    {
      char *one = musterd_rule_fold (g_strstrip (split[i]));

      if (one != NULL)
        g_ptr_array_add (folded, one);
    }
  g_ptr_array_add (folded, NULL);
  return (char **) g_ptr_array_steal (folded, NULL);
}

/* What is known of an entry, folded for the first rule that asks: most houses have none. */
typedef struct
{
  const char *subject, *categories; /* nullable: unknown */
  char       *folded_subject;
  char      **folded_categories;
} Known;

static void
known_clear (Known *known)
{
  g_free (known->folded_subject);
  g_strfreev (known->folded_categories);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Known, known_clear)

static gboolean
has_category (Known *known, const char *category)
{
  if (known->folded_categories == NULL)
    known->folded_categories = fold_categories (known->categories);
  return g_strv_contains ((const char *const *) known->folded_categories, category);
}

static gboolean
has_subject (Known *known, const char *part)
{
  if (known->folded_subject == NULL && known->subject != NULL)
    known->folded_subject = musterd_rule_fold (known->subject);
  return known->folded_subject != NULL && strstr (known->folded_subject, part) != NULL;
}

void
musterd_rules_judge (const GArray *rules, guint32 stamp, MusterdClaim *claim)
{
  const MusterdClaimRules *asked = claim->rules;
  const guint n_attendees = asked != NULL ? asked->n_attendees : 0;
  g_auto(Known) known = { NULL, NULL, NULL, NULL };
  guint64 met = 0;

  if (!claim->is_private)
    {
      known.subject = claim->text;
      known.categories = asked != NULL ? asked->categories : NULL;
    }
  if (musterd_claim_kind_is_calendar ((MusterdClaimKind) claim->kind))
    for (guint i = 0; rules != NULL && i < rules->len; i++)
      {
        const MusterdRule *rule = &g_array_index (rules, MusterdRule, i);

        if (asks_at_door (rule) && n_attendees >= rule->n_attendees
            && (rule->category == NULL || has_category (&known, rule->category))
            && (rule->subject == NULL || has_subject (&known, rule->subject)))
          met |= G_GUINT64_CONSTANT (1) << i;
      }
  musterd_claim_set_met (claim, stamp, met);
}

/* An entry whose source says nothing is busy, as everywhere; an absence that is no entry is shown as nothing. */
static MusterdFreeBusy
shown_as (const MusterdClaim *claim)
{
  if (claim->free_busy == MUSTERD_FREE_BUSY_NONE && claim->kind == MUSTERD_CLAIM_APPOINTMENT)
    return MUSTERD_FREE_BUSY_BUSY;
  return (MusterdFreeBusy) claim->free_busy;
}

gboolean
musterd_rule_matches (const MusterdRule *rule, guint i, guint32 stamp, const MusterdClaim *claim)
{
  if (rule->free_busy != 0 && (rule->free_busy & 1u << shown_as (claim)) == 0)
    return FALSE;
  if (rule->responses != 0 && (rule->responses & 1u << claim->response) == 0)
    return FALSE;
  if (rule->all_day != MUSTERD_ALL_DAY_ANY && (rule->all_day == MUSTERD_ALL_DAY_YES) != claim->all_day)
    return FALSE;
  return !asks_at_door (rule)
         || (claim->rules != NULL && claim->rules->stamp == stamp && (claim->rules->met >> i & 1) != 0);
}
