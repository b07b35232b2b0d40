/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-ews"

#include "reading.h"

#include "calendar.h"

#include <string.h>

#define SET "calendar"
#define CLAIMS_MAX 10000 /* that the host takes in one replace */
/* An hour with more entries than one answer holds is read as far as it goes. */
#define PART_MIN G_TIME_SPAN_HOUR
/* So many entries whose attendees are asked for; the others are taken as their display lists say. */
#define ASKED_MAX 50

typedef struct
{
  MusterContext *ctx;
  EwsClient *client;
  char *version, *mailbox, *user, *web; /* the last nullable */
  EwsCaller caller;
  gint64 from, until;
  gint64 part_from, part_until; /* what is being asked for */
  GPtrArray *parts;             /* EwsEntries */
  guint n_claims, n_masters;
  GPtrArray *unclear;     /* MusterClaim, borrowed of parts: to ask the attendees of */
  GPtrArray *unclear_ids; /* their ids, borrowed of parts */
  guint n_asked;          /* of the unclear */
  guint n_asking;
  EwsReadingFunc done;
  gpointer user_data;
} Reading;

static void
reading_end (Reading *self, EwsAction action, gint64 back_off, const char *text)
{
  const EwsReadingResult result = { action, back_off, text, self->n_masters };

  self->done (&result, self->user_data);
  g_ptr_array_unref (self->unclear);
  g_ptr_array_unref (self->unclear_ids);
  g_ptr_array_unref (self->parts);
  g_free (self->version);
  g_free (self->mailbox);
  g_free (self->user);
  g_free (self->web);
  g_free (self);
}

/* TRUE: ended. */
static gboolean
end_if_failed (Reading *self, const EwsReply *reply)
{
  if (reply->response == NULL)
    {
      reading_end (self, EWS_ACTION_RETRY, 0, reply->problem);
      return TRUE;
    }

  const EwsMessage *message = ews_response_first (reply->response);
  EwsAction action = ews_message_get_action (message);
  if (action == EWS_ACTION_NONE)
    return FALSE;

  g_autofree char *why = ews_message_explain (message);
  g_autofree char *text = g_strdup_printf ("reading the calendar of %s: %s", self->mailbox, why);
  reading_end (self, action, message->back_off, text);
  return TRUE;
}

static void
commit (Reading *self)
{
  g_autoptr(MusterReplace) replace = muster_context_replace_begin (self->ctx, self->user, SET, G_MININT64, G_MAXINT64);

  for (guint i = 0; i < self->parts->len; i++)
    {
      const EwsEntries *part = g_ptr_array_index (self->parts, i);
      if (part->claims->len > 0)
        muster_replace_add (replace, (const MusterClaim *) part->claims->data, part->claims->len);
    }
  muster_replace_commit (g_steal_pointer (&replace));
  reading_end (self, EWS_ACTION_NONE, 0, NULL);
}

static void
ask_attendees (Reading *self);

static void
on_attendees (const EwsReply *reply, gpointer user_data)
{
  Reading *self = user_data;

  if (reply->response == NULL)
    {
      reading_end (self, EWS_ACTION_RETRY, 0, reply->problem);
      return;
    }
  /* One that is gone meanwhile has an error of its own, and keeps what its display list says. */
  const GPtrArray *messages = reply->response->messages;
  for (guint i = 0; i < self->n_asking && i < messages->len; i++)
    {
      MusterClaim *claim = g_ptr_array_index (self->unclear, self->n_asked + i);
      guint n = ews_attendees_count (g_ptr_array_index (messages, i));
      claim->n_attendees = MAX (claim->n_attendees, n);
    }
  self->n_asked += self->n_asking;
  ask_attendees (self);
}

static void
ask_attendees (Reading *self)
{
  const guint most = MIN (self->unclear->len, ASKED_MAX);

  self->n_asking = MIN (most - self->n_asked, EWS_ITEMS_MAX);
  if (self->n_asking == 0)
    {
      commit (self);
      return;
    }

  const char *const *ids = (const char *const *) self->unclear_ids->pdata + self->n_asked;
  g_autoptr(GBytes) request = ews_request_get_attendees (&self->caller, ids, self->n_asking);
  ews_client_send (self->client, self->mailbox, request, TRUE, on_attendees, self);
}

static void
find_unclear (Reading *self)
{
  for (guint i = 0; i < self->parts->len; i++)
    {
      const EwsEntries *part = g_ptr_array_index (self->parts, i);
      for (guint k = 0; k < part->items->len; k++)
        if (g_ptr_array_index (part->items, k) != NULL)
          {
            g_ptr_array_add (self->unclear, &g_array_index (part->claims, MusterClaim, k));
            g_ptr_array_add (self->unclear_ids, g_ptr_array_index (part->items, k));
          }
    }
}

static void
on_part (const EwsReply *reply, gpointer user_data);

static void
ask_part (Reading *self)
{
  g_autoptr(GBytes) request = ews_request_find_item (&self->caller, self->part_from, self->part_until);

  ews_client_send (self->client, self->mailbox, request, TRUE, on_part, self);
}

/* TRUE: less is asked for. */
static gboolean
halve (Reading *self)
{
  const gint64 length = self->part_until - self->part_from;

  if (length / 2 < PART_MIN)
    return FALSE;
  self->part_until = self->part_from + length / 2;
  ask_part (self);
  return TRUE;
}

static void
on_part (const EwsReply *reply, gpointer user_data)
{
  Reading *self = user_data;

  if (reply->response != NULL && ews_message_get_action (ews_response_first (reply->response)) == EWS_ACTION_HALVE
      && halve (self))
    return;
  if (end_if_failed (self, reply))
    return;

  EwsEntries *part = ews_entries_new (ews_response_first (reply->response), self->web,
                                      self->part_from > self->from ? self->part_from : G_MININT64);
  if (part->is_partial && halve (self))
    {
      ews_entries_free (part);
      return;
    }
  g_ptr_array_add (self->parts, part);
  self->n_claims += part->claims->len;
  self->n_masters += part->n_masters;
  if (self->n_claims > CLAIMS_MAX)
    {
      reading_end (self, EWS_ACTION_NEVER, 0,
                   "reading the calendar: it has more than 10000 entries in the days wanted");
      return;
    }

  const gint64 length = self->part_until - self->part_from;
  self->part_from = self->part_until;
  self->part_until = MIN (self->part_from + 2 * length, self->until);
  if (self->part_from < self->until)
    {
      ask_part (self);
      return;
    }
  find_unclear (self);
  ask_attendees (self);
}

void
ews_reading_start (MusterContext *ctx, const EwsReadingOrder *order, EwsReadingFunc done, gpointer user_data)
{
  Reading *self = g_new0 (Reading, 1);

  self->ctx = ctx;
  self->client = order->client;
  self->version = g_strdup (order->caller.version);
  self->mailbox = g_strdup (order->caller.mailbox);
  self->user = g_strdup (order->user);
  self->web = g_strdup (order->web);
  self->caller = (EwsCaller){ self->version, self->mailbox, order->caller.impersonates };
  self->from = self->part_from = order->from;
  self->until = self->part_until = order->until;
  self->parts = g_ptr_array_new_with_free_func ((GDestroyNotify) ews_entries_free);
  self->unclear = g_ptr_array_new ();
  self->unclear_ids = g_ptr_array_new ();
  self->done = done;
  self->user_data = user_data;
  ask_part (self);
}
