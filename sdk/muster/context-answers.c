/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

static gboolean
wants_answer (const MusterPending *pending)
{
  return pending->on_kept != NULL || pending->on_secret != NULL;
}

/* With the mutex held. */
static guint64
remember (MusterContext *ctx, const MusterPending *pending)
{
  guint64 *serial = g_new (guint64, 1);

  *serial = ++ctx->last_serial;
  g_hash_table_insert (ctx->pending, serial, g_memdup2 (pending, sizeof *pending));
  return *serial;
}

gboolean
muster_context_expect (const MusterCheck *check, const MusterPending *pending, guint64 *serial)
{
  MusterContext *ctx = check->ctx;
  gboolean full = FALSE;

  *serial = 0;
  if (!wants_answer (pending))
    return TRUE;

  g_mutex_lock (&ctx->mutex);
  if (!ctx->closed && !ctx->ended)
    {
      full = g_hash_table_size (ctx->pending) >= MUSTER_PENDING_MAX;
      if (!full)
        *serial = remember (ctx, pending);
    }
  g_mutex_unlock (&ctx->mutex);

  if (full)
    muster_refuse (check, "%d answers are waited for already", MUSTER_PENDING_MAX);
  return !full;
}

typedef struct
{
  MusterContext *ctx; /* a reference */
  guint64        serial;
  char          *message;
} Refusal;

static void
refusal_free (gpointer data)
{
  Refusal *refusal = data;

  muster_context_unref (refusal->ctx);
  g_free (refusal->message);
  g_free (refusal);
}

static gboolean
on_refusal_due (gpointer data)
{
  Refusal *refusal = data;
  g_autoptr(GError) error = g_error_new_literal (MUSTER_ERROR, MUSTER_ERROR_FAILED, refusal->message);

  muster_context_answer (refusal->ctx, refusal->serial, NULL, error);
  return G_SOURCE_REMOVE;
}

void
muster_context_expect_refused (MusterContext *ctx, const MusterPending *pending, const char *message)
{
  guint64 serial = 0;

  if (!wants_answer (pending))
    return;

  g_mutex_lock (&ctx->mutex);
  if (!ctx->closed && !ctx->ended)
    serial = remember (ctx, pending);
  g_mutex_unlock (&ctx->mutex);
  if (serial == 0)
    return;

  Refusal *refusal = g_new0 (Refusal, 1);
  refusal->ctx = muster_context_ref (ctx);
  refusal->serial = serial;
  refusal->message = g_strdup (message);

  /* An own source and not g_main_context_invoke(), which would call at once on the instance's own thread. */
  g_autoptr(GSource) source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_refusal_due, refusal, refusal_free);
  g_source_set_static_name (source, "muster refusal");
  g_source_attach (source, ctx->thread);
}

static void
call_back (const MusterPending *pending, const char *secret, const GError *error)
{
  if (pending->on_kept != NULL)
    {
      pending->on_kept (error, pending->user_data);
      return;
    }
  if (secret == NULL && error == NULL)
    {
      g_autoptr(GError) nothing
          = g_error_new_literal (MUSTER_ERROR, MUSTER_ERROR_FAILED, "reading secret: the host gave no answer");

      pending->on_secret (NULL, nothing, pending->user_data);
      return;
    }
  pending->on_secret (error == NULL ? secret : NULL, error, pending->user_data);
}

void
muster_context_answer (MusterContext *ctx, guint64 serial, const char *secret, const GError *error)
{
  g_autofree MusterPending *pending = NULL;
  g_autofree guint64 *key = NULL;

  g_mutex_lock (&ctx->mutex);
  g_hash_table_steal_extended (ctx->pending, &serial, (gpointer *) &key, (gpointer *) &pending);
  g_mutex_unlock (&ctx->mutex);

  if (pending != NULL)
    call_back (pending, secret, error);
}
