/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/bucket.h"

gboolean
musterd_bucket_take (MusterdBucket *bucket, gint64 now, guint burst, gint64 interval)
{
  const gint64 paid = MAX (bucket->paid_until, now);

  if (paid - now > (gint64) (burst - 1) * interval)
    {
      if (bucket->n_left_out++ == 0)
        bucket->left_out_from = now;
      return FALSE;
    }
  bucket->paid_until = paid + interval;
  return TRUE;
}

guint64
musterd_bucket_left_out (MusterdBucket *bucket, gint64 now, guint *seconds)
{
  const guint64 n = bucket->n_left_out;

  *seconds = (guint) MAX ((now - bucket->left_out_from + G_TIME_SPAN_SECOND - 1) / G_TIME_SPAN_SECOND, 1);
  bucket->n_left_out = 0;
  return n;
}
