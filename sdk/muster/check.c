/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

#include <string.h>

#define REFUSALS_LOGGED 10 /* a minute and instance */

static void
send_warning (MusterContext *ctx, char *text)
{
  MusterMessage *message = muster_message_new (MUSTER_VERB_LOG);

  message->value = MUSTER_LOG_WARNING;
  message->text = text;
  muster_context_send (ctx, message);
}

/* Counts one more; says how many of the minute before were not logged. 0: not to be logged. */
static guint
count_refusal (MusterContext *ctx, guint *n_silent)
{
  /* The host's clock may stand still or jump; the limit is one of real time. */
  const gint64 now = g_get_monotonic_time ();
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&ctx->mutex);

  *n_silent = 0;
  if (ctx->closed)
    return 0;
  if (ctx->n_refusals > 0 && now - ctx->refusals_since >= G_TIME_SPAN_MINUTE)
    {
      *n_silent = ctx->n_refusals > REFUSALS_LOGGED ? ctx->n_refusals - REFUSALS_LOGGED : 0;
      ctx->n_refusals = 0;
    }
  if (ctx->n_refusals == 0)
    ctx->refusals_since = now;
  ctx->n_refusals++;
  return ctx->n_refusals <= REFUSALS_LOGGED ? ctx->n_refusals : 0;
}

void
muster_refuse (const MusterCheck *check, const char *format, ...)
{
  guint n_silent = 0;
  const guint n = count_refusal (check->ctx, &n_silent);
  va_list args;

  if (n_silent > 0)
    send_warning (check->ctx, g_strdup_printf ("%u more calls of the plugin were refused before this one", n_silent));
  if (n == 0)
    return;

  va_start (args, format);
  g_autofree char *reason = g_strdup_vprintf (format, args);
  va_end (args);
  g_autofree char *fitting = muster_text_fit (reason, MUSTER_TEXT_MAX);
  g_autofree char *where = check->claim >= 0 ? g_strdup_printf ("claim %" G_GSSIZE_FORMAT ": ", check->claim) : NULL;

  send_warning (check->ctx, g_strdup_printf ("%s() refused: %s%s%s", check->verb, where != NULL ? where : "", fitting,
                                             n == REFUSALS_LOGGED ? "; more of this minute are only counted" : ""));
}

gboolean
muster_check_id (const MusterCheck *check, const char *what, const char *value, gsize max)
{
  if (value == NULL || *value == '\0')
    {
      muster_refuse (check, "no %s", what);
      return FALSE;
    }
  if (!muster_check_text (check, what, value, max))
    return FALSE;
  if (muster_text_has_control (value))
    {
      muster_refuse (check, "control characters in %s", what);
      return FALSE;
    }
  return TRUE;
}

gboolean
muster_check_id_or_null (const MusterCheck *check, const char *what, const char *value, gsize max)
{
  return value == NULL || muster_check_id (check, what, value, max);
}

gboolean
muster_check_text (const MusterCheck *check, const char *what, const char *value, gsize max)
{
  if (value == NULL)
    return TRUE;

  /* Never more than one byte past the bound is read: what is too long may not end at all. */
  const gsize length = strnlen (value, max + 1);

  if (length > max)
    {
      muster_refuse (check, "%s has more than %" G_GSIZE_FORMAT " bytes", what, max);
      return FALSE;
    }
  if (!g_utf8_validate_len (value, length, NULL))
    {
      muster_refuse (check, "%s is not UTF-8", what);
      return FALSE;
    }
  return TRUE;
}

gboolean
muster_check_enum (const MusterCheck *check, const char *what, guint value, guint last)
{
  if (value <= last)
    return TRUE;
  muster_refuse (check, "%s %u out of range (0 to %u)", what, value, last);
  return FALSE;
}

gboolean
muster_check_span (const MusterCheck *check, gint64 from, gint64 until)
{
  if (until > from)
    return TRUE;
  muster_refuse (check, "'until' (%" G_GINT64_FORMAT ") is not after 'from' (%" G_GINT64_FORMAT ")", until, from);
  return FALSE;
}

gboolean
muster_check_lease (const MusterCheck *check, gint64 lease)
{
  if (lease >= 0)
    return TRUE;
  muster_refuse (check, "lease %" G_GINT64_FORMAT " is negative", lease);
  return FALSE;
}
