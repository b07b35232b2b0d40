/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/complaints.h"

#include "model/bucket.h"
#include "model/event.h"

#define BURST 5
#define INTERVAL (10 * G_TIME_SPAN_SECOND)
/* Of all peers together. */
#define BURST_OF_ALL 50
#define INTERVAL_OF_ALL G_TIME_SPAN_SECOND
#define PEERS_MAX 1000
#define SUMMARY_AFTER_S 10

typedef struct
{
  GMainContext *context;
  MusterdBucket all[MUSTERD_N_COMPLAINTS]; /* counts what is left out, of whomever */
  GHashTable   *peers[MUSTERD_N_COMPLAINTS]; /* peer → MusterdBucket; those who have no burst left, among others */
  GSource      *summary; /* nullable: nothing was left out */
  guint64       n_left_out;
} Complaints;

static GPrivate own;

static const char *const names[] = {
  [MUSTERD_COMPLAINT_CONNECTION] = "connections",
  [MUSTERD_COMPLAINT_ANSWER] = "answers",
};
G_STATIC_ASSERT (G_N_ELEMENTS (names) == MUSTERD_N_COMPLAINTS);

void
musterd_complaints_begin (GMainContext *context)
{
  Complaints *complaints = g_new0 (Complaints, 1);

  complaints->context = g_main_context_ref (context);
  for (guint i = 0; i < MUSTERD_N_COMPLAINTS; i++)
    complaints->peers[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_private_set (&own, complaints);
}

static void
end_summary (Complaints *complaints)
{
  if (complaints->summary == NULL)
    return;
  g_source_destroy (complaints->summary);
  g_clear_pointer (&complaints->summary, g_source_unref);
}

void
musterd_complaints_end (void)
{
  Complaints *complaints = g_private_get (&own);

  musterd_complaints_summarise ();
  g_private_set (&own, NULL);
  for (guint i = 0; i < MUSTERD_N_COMPLAINTS; i++)
    g_hash_table_unref (complaints->peers[i]);
  g_main_context_unref (complaints->context);
  g_free (complaints);
}

static gboolean
is_full_again (gpointer key G_GNUC_UNUSED, gpointer value, gpointer now)
{
  return ((const MusterdBucket *) value)->paid_until <= *(const gint64 *) now;
}

void
musterd_complaints_summarise (void)
{
  Complaints *complaints = g_private_get (&own);
  gint64 now = g_get_monotonic_time ();

  end_summary (complaints);
  for (guint i = 0; i < MUSTERD_N_COMPLAINTS; i++)
    {
      guint seconds = 0;
      const guint64 n = musterd_bucket_left_out (&complaints->all[i], now, &seconds);

      g_hash_table_foreach_remove (complaints->peers[i], is_full_again, &now);
      if (n > 0)
        musterd_event_log (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, MUSTERD_EVENT_LINES_LEFT_OUT,
                           "%" G_GUINT64_FORMAT " more lines about %s in the last %u s were not written", n, names[i],
                           seconds);
    }
}

static gboolean
on_summary_due (gpointer data G_GNUC_UNUSED)
{
  musterd_complaints_summarise ();
  return G_SOURCE_REMOVE;
}

/* NULL: there are too many peers already to hold this one apart. */
static MusterdBucket *
find_peer (Complaints *complaints, MusterdComplaint kind, const char *peer)
{
  MusterdBucket *bucket = g_hash_table_lookup (complaints->peers[kind], peer);

  if (bucket != NULL || g_hash_table_size (complaints->peers[kind]) >= PEERS_MAX)
    return bucket;
  bucket = g_new0 (MusterdBucket, 1);
  g_hash_table_insert (complaints->peers[kind], g_strdup (peer), bucket);
  return bucket;
}

/* What a peer may not say costs the others nothing of what all may. */
static gboolean
may_complain (Complaints *complaints, MusterdComplaint kind, const char *peer)
{
  const gint64 now = g_get_monotonic_time ();
  MusterdBucket *all = &complaints->all[kind];
  MusterdBucket *mine = find_peer (complaints, kind, peer != NULL ? peer : "");

  if (mine == NULL || musterd_bucket_take (mine, now, BURST, INTERVAL))
    return musterd_bucket_take (all, now, BURST_OF_ALL, INTERVAL_OF_ALL);
  if (all->n_left_out++ == 0)
    all->left_out_from = now;
  return FALSE;
}

void
musterd_complain (MusterdComplaint kind, const char *peer, GLogLevelFlags level, const char *format, ...)
{
  Complaints *complaints = g_private_get (&own);
  va_list args;

  if (complaints != NULL && !may_complain (complaints, kind, peer))
    complaints->n_left_out++;
  else
    {
      va_start (args, format);
      g_autofree char *text = g_strdup_vprintf (format, args);
      va_end (args);
      musterd_event_log_fields (G_LOG_DOMAIN, level, &(MusterdLogFields){ 0 }, text);
    }
  /* Also to forget peers who have been quiet. */
  if (complaints == NULL || complaints->summary != NULL)
    return;
  complaints->summary = g_timeout_source_new_seconds (SUMMARY_AFTER_S);
  g_source_set_callback (complaints->summary, on_summary_due, NULL, NULL);
  g_source_attach (complaints->summary, complaints->context);
}

guint64
musterd_complaints_get_n_left_out (void)
{
  const Complaints *complaints = g_private_get (&own);

  return complaints != NULL ? complaints->n_left_out : 0;
}
