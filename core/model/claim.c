/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/claim.h"

#include <string.h>

#include "model/intern.h"

MusterdClaim *
musterd_claim_new (const char *source, const char *set, const char *key, MusterdClaimKind kind)
{
  MusterdClaim *claim = g_atomic_rc_box_new0 (MusterdClaim);

  /* Few sources and sets, many claims: one string each for all of them. */
  claim->source = musterd_intern (source);
  claim->set = musterd_intern (set);
  claim->key = g_strdup (key);
  claim->kind = kind;
  claim->lease_until = MUSTERD_TIME_NEVER;
  return claim;
}

static void
more_free (MusterdClaimMore *more)
{
  if (more == NULL)
    return;
  g_free (more->link);
  g_free (more->greeting_internal);
  g_free (more->greeting_external);
  g_free (more);
}

static void
rules_free (MusterdClaimRules *rules)
{
  if (rules == NULL)
    return;
  g_free (rules->categories);
  g_free (rules);
}

static void
claim_clear (gpointer data)
{
  MusterdClaim *claim = data;

  musterd_intern_release (claim->source);
  musterd_intern_release (claim->set);
  g_free (claim->key);
  g_clear_pointer (&claim->role, musterd_intern_release);
  g_clear_pointer (&claim->text, g_ref_string_release);
  more_free (claim->more);
  rules_free (claim->rules);
}

MusterdClaim *
musterd_claim_ref (MusterdClaim *claim)
{
  return g_atomic_rc_box_acquire (claim);
}

void
musterd_claim_unref (MusterdClaim *claim)
{
  g_atomic_rc_box_release_full (claim, claim_clear);
}

MusterdClaim *
musterd_claim_copy (const MusterdClaim *claim)
{
  MusterdClaim *copy = g_atomic_rc_box_dup (sizeof *claim, (MusterdClaim *) claim);

  copy->source = musterd_intern_acquire (claim->source);
  copy->set = musterd_intern_acquire (claim->set);
  copy->key = g_strdup (claim->key);
  copy->role = claim->role != NULL ? musterd_intern_acquire (claim->role) : NULL;
  copy->text = claim->text != NULL ? g_ref_string_acquire (claim->text) : NULL;
  copy->more = NULL;
  if (claim->more != NULL)
    musterd_claim_set_more (copy, claim->more->link, claim->more->greeting_internal, claim->more->greeting_external);
  if (claim->rules != NULL)
    {
      copy->rules = g_memdup2 (claim->rules, sizeof *claim->rules);
      copy->rules->categories = g_strdup (claim->rules->categories);
    }
  return copy;
}

void
musterd_claim_set_role (MusterdClaim *claim, const char *role)
{
  g_clear_pointer (&claim->role, musterd_intern_release);
  if (role != NULL && *role != '\0')
    claim->role = musterd_intern (role);
}

void
musterd_claim_set_text (MusterdClaim *claim, const char *text)
{
  g_clear_pointer (&claim->text, g_ref_string_release);
  if (text != NULL && *text != '\0')
    claim->text = g_ref_string_new (text);
}

void
musterd_claim_set_more (MusterdClaim *claim, const char *link, const char *greeting_internal,
                        const char *greeting_external)
{
  g_clear_pointer (&claim->more, more_free);
  if (link == NULL && greeting_internal == NULL && greeting_external == NULL)
    return;
  claim->more = g_new0 (MusterdClaimMore, 1);
  claim->more->link = g_strdup (link);
  claim->more->greeting_internal = g_strdup (greeting_internal);
  claim->more->greeting_external = g_strdup (greeting_external);
}

void
musterd_claim_set_asked (MusterdClaim *claim, const char *categories, guint32 n_attendees)
{
  g_clear_pointer (&claim->rules, rules_free);
  if ((categories == NULL || *categories == '\0') && n_attendees == 0)
    return;
  claim->rules = g_new0 (MusterdClaimRules, 1);
  claim->rules->categories = g_strdup (categories);
  claim->rules->n_attendees = n_attendees;
}

void
musterd_claim_set_met (MusterdClaim *claim, guint32 stamp, guint64 met)
{
  g_clear_pointer (&claim->rules, rules_free);
  if (met == 0)
    return;
  claim->rules = g_new0 (MusterdClaimRules, 1);
  claim->rules->stamp = stamp;
  claim->rules->met = met;
}

/* Of SHA-256, 128 bits: no two keys that anybody could find have the same. */
char *
musterd_claim_dup_short_key (const char *key)
{
  g_autoptr(GChecksum) sum = NULL;
  g_autofree char *text = NULL;
  guint8 digest[32];
  gsize size = sizeof digest;

  if (strlen (key) <= MUSTERD_CLAIM_KEY_KEPT)
    return g_strdup (key);
  sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_checksum_update (sum, (const guchar *) key, -1);
  g_checksum_get_digest (sum, digest, &size);
  text = g_base64_encode (digest, 16);
  /* Nothing that a path of the API, or the "source/key" by which people name a claim, gives a meaning of its own. */
  g_strdelimit (text, "/", '-');
  g_strdelimit (text, "+", '_');
  text[strcspn (text, "=")] = '\0';
  return g_strconcat ("~", text, NULL);
}

gboolean
musterd_claim_shorten_key (MusterdClaim *claim)
{
  char *key;

  if (strlen (claim->key) <= MUSTERD_CLAIM_KEY_KEPT)
    return FALSE;
  key = musterd_claim_dup_short_key (claim->key);
  g_free (claim->key);
  claim->key = key;
  return TRUE;
}

gboolean
musterd_claim_kind_is_leased (MusterdClaimKind kind)
{
  return kind == MUSTERD_CLAIM_DND || kind == MUSTERD_CLAIM_SHARING || kind == MUSTERD_CLAIM_CALL
         || kind == MUSTERD_CLAIM_MICROPHONE;
}

gboolean
musterd_claim_kind_is_calendar (MusterdClaimKind kind)
{
  return kind == MUSTERD_CLAIM_ABSENCE || kind == MUSTERD_CLAIM_APPOINTMENT;
}

MusterdTime
musterd_claim_get_end (const MusterdClaim *claim)
{
  return MIN (claim->until, claim->lease_until);
}

gboolean
musterd_claim_in_force (const MusterdClaim *claim, MusterdTime now)
{
  return claim->from <= now && now < musterd_claim_get_end (claim);
}

gboolean
musterd_claim_equal (const MusterdClaim *a, const MusterdClaim *b)
{
  const MusterdClaimMore none = { NULL, NULL, NULL };
  const MusterdClaimMore *more_a = a->more != NULL ? a->more : &none;
  const MusterdClaimMore *more_b = b->more != NULL ? b->more : &none;
  const MusterdClaimRules unasked = { NULL, 0, 0, 0 };
  const MusterdClaimRules *rules_a = a->rules != NULL ? a->rules : &unasked;
  const MusterdClaimRules *rules_b = b->rules != NULL ? b->rules : &unasked;

  return g_str_equal (a->source, b->source) && g_str_equal (a->set, b->set) && g_str_equal (a->key, b->key)
         && a->from == b->from && a->until == b->until && a->began == b->began && a->lease == b->lease
         && a->kind == b->kind && a->free_busy == b->free_busy && a->response == b->response
         && a->all_day == b->all_day && a->cancelled == b->cancelled && a->is_private == b->is_private
         && rules_a->stamp == rules_b->stamp && rules_a->met == rules_b->met
         && g_strcmp0 (a->role, b->role) == 0 && g_strcmp0 (a->text, b->text) == 0
         && g_strcmp0 (more_a->link, more_b->link) == 0
         && g_strcmp0 (more_a->greeting_internal, more_b->greeting_internal) == 0
         && g_strcmp0 (more_a->greeting_external, more_b->greeting_external) == 0;
}

/* FNV-1a: not secret, only short and the same for ever; two claims of one user will hardly share 48 bits. */
void
musterd_claim_get_id (const MusterdClaim *claim, char id[13])
{
  guint64 hash = G_GUINT64_CONSTANT (14695981039346656037);
  const char *parts[] = { claim->source, claim->key };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    for (gsize n = 0; n <= strlen (parts[i]); n++) /* the end of the string too, so that a/b and ab/ differ */
      hash = (hash ^ (guchar) parts[i][n]) * G_GUINT64_CONSTANT (1099511628211);
  g_snprintf (id, 13, "%012" G_GINT64_MODIFIER "x", (hash ^ (hash >> 48)) & G_GUINT64_CONSTANT (0xffffffffffff));
}
