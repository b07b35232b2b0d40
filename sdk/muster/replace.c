/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

struct _MusterReplace
{
  MusterContext *ctx;  /* a reference: a replace may be built while the instance ends */
  char          *user, *set;
  gint64         from, until;
  GArray        *claims;
  gboolean       refused; /* something was out of bounds: nothing of it will be sent */
};

static MusterReplace *
replace_new (const MusterCheck *check, const char *user, const char *set, gint64 from, gint64 until)
{
  MusterReplace *replace = g_new0 (MusterReplace, 1);

  replace->ctx = muster_context_ref (check->ctx);
  replace->refused = !muster_check_id (check, "user", user, MUSTER_USER_ID_MAX)
                     || !muster_check_id (check, "set", set, MUSTER_SET_MAX) || !muster_check_span (check, from, until);
  replace->claims = muster_claims_new ();
  replace->from = from;
  replace->until = until;
  if (!replace->refused)
    {
      replace->user = g_strdup (user);
      replace->set = g_strdup (set);
    }
  return replace;
}

static void
replace_add (const MusterCheck *check, MusterReplace *replace, const MusterClaim *claims, gsize n_claims)
{
  if (replace->refused)
    return;
  if (n_claims > MUSTER_REPLACE_MAX - replace->claims->len)
    {
      muster_refuse (check, "more than %d claims at once; nothing was changed", MUSTER_REPLACE_MAX);
      replace->refused = TRUE;
    }
  else
    replace->refused = !muster_claims_copy (check, claims, n_claims, replace->claims);

  if (replace->refused)
    g_array_set_size (replace->claims, 0);
}

void
muster_context_claims_replace (MusterContext *ctx, const char *user, const char *set, gint64 from, gint64 until,
                               const MusterClaim *claims, gsize n_claims)
{
  const MusterCheck check = MUSTER_CHECK (ctx);
  MusterReplace *replace = replace_new (&check, user, set, from, until);

  replace_add (&check, replace, claims, n_claims);
  muster_replace_commit (replace);
}

MusterReplace *
muster_context_replace_begin (MusterContext *ctx, const char *user, const char *set, gint64 from, gint64 until)
{
  const MusterCheck check = MUSTER_CHECK (ctx);

  return replace_new (&check, user, set, from, until);
}

void
muster_replace_add (MusterReplace *replace, const MusterClaim *claims, gsize n_claims)
{
  const MusterCheck check = MUSTER_CHECK (replace->ctx);

  replace_add (&check, replace, claims, n_claims);
}

void
muster_replace_commit (MusterReplace *replace)
{
  if (!replace->refused)
    {
      MusterMessage *message = muster_message_new (MUSTER_VERB_CLAIMS_REPLACE);

      message->user = g_steal_pointer (&replace->user);
      message->set = g_steal_pointer (&replace->set);
      message->from = replace->from;
      message->until = replace->until;
      message->claims = (MusterClaim *) (gpointer) g_array_steal (replace->claims, &message->n_claims);
      muster_context_send (replace->ctx, message);
    }
  muster_replace_abort (replace);
}

void
muster_replace_abort (MusterReplace *replace)
{
  if (replace == NULL)
    return;
  g_free (replace->user);
  g_free (replace->set);
  g_array_unref (replace->claims);
  muster_context_unref (replace->ctx);
  g_free (replace);
}
