/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

#include <string.h>

void
muster_claim_clear (MusterClaim *claim)
{
  g_free ((char *) claim->key);
  g_free ((char *) claim->template_role);
  g_free ((char *) claim->text);
  g_free ((char *) claim->link);
  g_free ((char *) claim->greeting_internal);
  g_free ((char *) claim->greeting_external);
  g_free ((char *) claim->categories);
}

static void
on_claim_cleared (gpointer claim)
{
  muster_claim_clear (claim);
}

GArray *
muster_claims_new (void)
{
  GArray *claims = g_array_new (FALSE, FALSE, sizeof (MusterClaim));

  g_array_set_clear_func (claims, on_claim_cleared);
  return claims;
}

static gsize
text_bytes (const char *text)
{
  return text != NULL ? strlen (text) + 1 : 0;
}

gsize
muster_claim_bytes (const MusterClaim *claim)
{
  return sizeof *claim + text_bytes (claim->key) + text_bytes (claim->template_role) + text_bytes (claim->text)
         + text_bytes (claim->link) + text_bytes (claim->greeting_internal) + text_bytes (claim->greeting_external)
         + text_bytes (claim->categories);
}

static gboolean
check_stride (const MusterCheck *check, gsize size)
{
  if (size >= MUSTER_CLAIM_SIZE_1 && size <= MUSTER_STRUCT_SIZE_MAX && size % G_ALIGNOF (MusterClaim) == 0)
    return TRUE;
  muster_refuse (check, "struct_size is %" G_GSIZE_FORMAT ", expected sizeof (MusterClaim), %" G_GSIZE_FORMAT
                        " at API level 1",
                 size, (gsize) MUSTER_CLAIM_SIZE_1);
  return FALSE;
}

static gboolean
check_claim (const MusterCheck *check, const MusterClaim *claim)
{
  return muster_check_id (check, "key", claim->key, MUSTER_KEY_MAX)
         && muster_check_enum (check, "kind", claim->kind, MUSTER_CLAIM_APPOINTMENT)
         && muster_check_span (check, claim->from, claim->until) && muster_check_lease (check, claim->lease)
         && muster_check_enum (check, "free_busy", claim->free_busy, MUSTER_FREE_BUSY_OUT_OF_OFFICE)
         && muster_check_enum (check, "response", claim->response, MUSTER_RESPONSE_UNANSWERED)
         && muster_check_text (check, "template_role", claim->template_role, MUSTER_KEY_MAX);
}

/* A link that was cut leads nowhere: one that does not fit is left out. */
static char *
link_or_null (const char *link)
{
  if (link == NULL || strnlen (link, MUSTER_LINK_MAX + 1) > MUSTER_LINK_MAX || !g_utf8_validate (link, -1, NULL)
      || muster_text_has_control (link))
    return NULL;
  return g_strdup (link);
}

/* Subjects, greetings and categories are written by strangers: a long one is cut, and must not cost a calendar. */
static void
copy_claim (const MusterClaim *in, MusterClaim *out)
{
  *out = (MusterClaim){
    .struct_size = sizeof *out,
    .key = g_strdup (in->key),
    .kind = in->kind,
    .from = in->from,
    .until = in->until,
    .lease = in->lease,
    .free_busy = in->free_busy,
    .response = in->response,
    .template_role = muster_text_clean (in->template_role, FALSE),
    .text = muster_text_fit (in->text, MUSTER_TEXT_MAX),
    .link = link_or_null (in->link),
    .greeting_internal = muster_text_fit_lines (in->greeting_internal, MUSTER_GREETING_MAX),
    .greeting_external = muster_text_fit_lines (in->greeting_external, MUSTER_GREETING_MAX),
    .categories = muster_text_fit (in->categories, MUSTER_LONG_TEXT_MAX),
    .n_attendees = in->n_attendees,
    .all_day = in->all_day != FALSE,
    .cancelled = in->cancelled != FALSE,
    .is_private = in->is_private != FALSE,
  };
}

/* By the stride that the first claim names; whole or not at all. */
static gboolean
append_all (const MusterCheck *outer, const MusterClaim *claims, gsize n, GArray *out)
{
  const gsize stride = claims->struct_size;
  MusterCheck check = *outer;

  if (!check_stride (&check, stride))
    return FALSE;
  for (gsize i = 0; i < n; i++)
    {
      const MusterClaim *claim = (gconstpointer) ((const char *) claims + i * stride);
      MusterClaim copy;

      if (n > 1)
        check.claim = i;
      /* An array has one stride: an element that says otherwise was not filled in. */
      if (claim->struct_size != stride)
        {
          muster_refuse (&check, "struct_size is %" G_GSIZE_FORMAT ", the first one's %" G_GSIZE_FORMAT,
                         claim->struct_size, stride);
          return FALSE;
        }
      if (!check_claim (&check, claim))
        return FALSE;
      copy_claim (claim, &copy);
      g_array_append_val (out, copy);
    }
  return TRUE;
}

gboolean
muster_claims_copy (const MusterCheck *check, const MusterClaim *claims, gsize n, GArray *out)
{
  const guint before = out->len;

  if (n == 0)
    return TRUE;
  if (claims == NULL)
    {
      muster_refuse (check, "no claims, but a number of %" G_GSIZE_FORMAT, n);
      return FALSE;
    }
  if (append_all (check, claims, n, out))
    return TRUE;
  g_array_set_size (out, before);
  return FALSE;
}
