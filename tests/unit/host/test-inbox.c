/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "test-host"

#include "host/inbox.h"

#include <string.h>

#define PATIENCE (60 * G_TIME_SPAN_SECOND)

typedef struct
{
  GMainContext *context;
  MusterdInbox *inbox;
  MusterdQueue *a, *b;
  GString      *seen; /* 'a' or 'b' for each message, '!' for a line of the host, '?' for lines left out */
  guint         n_left_out;
  gboolean      close_a; /* within the next item */
} Fixture;

/* Made as the library makes them. */
static MusterMessage *
message_new (MusterVerb verb, gsize size)
{
  MusterMessage *message = g_new0 (MusterMessage, 1);

  message->verb = verb;
  message->size = size;
  message->text = g_strdup ("x");
  return message;
}

static void
on_item_of_a (MusterdItem *item, gpointer user_data)
{
  Fixture *f = user_data;

  g_string_append_c (f->seen, item->kind == MUSTERD_ITEM_LOG ? '!' : item->kind == MUSTERD_ITEM_LEFT_OUT ? '?' : 'a');
  if (item->kind == MUSTERD_ITEM_LEFT_OUT)
    f->n_left_out += item->flags;
  if (f->close_a)
    musterd_queue_close (f->a);
}

static void
on_item_of_b (MusterdItem *item G_GNUC_UNUSED, gpointer user_data)
{
  Fixture *f = user_data;

  g_string_append_c (f->seen, 'b');
}

static void
set_up (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  f->context = g_main_context_new ();
  f->inbox = musterd_inbox_new (f->context);
  f->a = musterd_queue_new (f->inbox, on_item_of_a, f);
  f->b = musterd_queue_new (f->inbox, on_item_of_b, f);
  f->seen = g_string_new (NULL);
}

static void
tear_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  musterd_queue_detach (f->a);
  musterd_queue_detach (f->b);
  musterd_queue_unref (f->a);
  musterd_queue_unref (f->b);
  musterd_inbox_free (f->inbox);
  g_main_context_unref (f->context);
  g_string_free (f->seen, TRUE);
}

static void
run_dry (Fixture *f)
{
  while (g_main_context_iteration (f->context, FALSE))
    ;
}

static void
test_turns (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const char *first;

  for (guint i = 0; i < 1000; i++)
    musterd_queue_send (f->a, message_new (MUSTER_VERB_CLAIM_DROP, 100));
  for (guint i = 0; i < 3; i++)
    musterd_queue_send (f->b, message_new (MUSTER_VERB_CLAIM_DROP, 100));
  g_assert_cmpuint (musterd_queue_get_length (f->a), ==, 1000);
  run_dry (f);
  g_assert_cmpuint (f->seen->len, ==, 1003);
  first = strchr (f->seen->str, 'b');
  g_assert_nonnull (first);
  g_assert_cmpint (first - f->seen->str, <=, MUSTERD_QUEUE_TURN);
  g_assert_true (strncmp (first, "bbb", 3) == 0);
  g_assert_cmpuint (musterd_queue_get_length (f->a), ==, 0);
}

typedef struct
{
  MusterdQueue *queue;
  guint         n;
  gsize         size;
  gint          n_sent; /* atomic */
} Sender;

static gpointer
send_many (gpointer data)
{
  Sender *sender = data;

  for (guint i = 0; i < sender->n; i++)
    {
      musterd_queue_send (sender->queue, message_new (MUSTER_VERB_CLAIM_DROP, sender->size));
      g_atomic_int_inc (&sender->n_sent);
    }
  return NULL;
}

typedef struct
{
  const char *name;
  gsize       size;
  guint       most; /* that fit */
} BoundCase;

static const BoundCase bound_cases[] = {
  { "number", 100, MUSTERD_QUEUE_MESSAGES },
  { "bytes", 1024 * 1024, 16 },
  { "huge", 64 * 1024 * 1024, 1 },
};

/* A sender waits while its queue is full, and goes on as the engine takes. */
static void
test_bound (Fixture *f, gconstpointer data)
{
  const BoundCase *c = data;
  const gint64 patience = g_get_monotonic_time () + PATIENCE;
  Sender sender = { f->a, c->most + 200, c->size, 0 };
  GThread *thread = g_thread_new ("sender", send_many, &sender);

  while (g_atomic_int_get (&sender.n_sent) < (gint) c->most)
    {
      g_thread_yield ();
      if (g_get_monotonic_time () > patience)
        g_error ("/host/inbox/bound/%s: waited in vain for a full queue", c->name);
    }
  g_assert_cmpint (g_atomic_int_get (&sender.n_sent), ==, c->most);
  g_assert_cmpuint (musterd_queue_get_length (f->a), ==, c->most);
  while (f->seen->len < sender.n)
    {
      g_main_context_iteration (f->context, FALSE);
      if (g_get_monotonic_time () > patience)
        g_error ("/host/inbox/bound/%s: waited in vain for all messages", c->name);
    }
  g_thread_join (thread);
}

/* One that waits in a full queue is let go when the instance is closed. */
static void
test_close_frees_sender (Fixture *f, gconstpointer data)
{
  const gint64 patience = g_get_monotonic_time () + PATIENCE;
  Sender sender = { f->a, MUSTERD_QUEUE_MESSAGES + 10, 100, 0 };
  GThread *thread = g_thread_new ("sender", send_many, &sender);

  while (g_atomic_int_get (&sender.n_sent) < MUSTERD_QUEUE_MESSAGES)
    {
      g_thread_yield ();
      if (g_get_monotonic_time () > patience)
        g_error ("/host/inbox/close: waited in vain for a full queue");
    }
  if (data != NULL)
    musterd_queue_detach (f->a);
  else
    musterd_queue_close (f->a);
  g_thread_join (thread);
  run_dry (f);
  g_assert_cmpstr (f->seen->str, ==, "");
  g_assert_cmpuint (musterd_queue_get_length (f->a), ==, 0);
}

/* Closed: what the plugin says is dropped, what the host says passes. */
static void
test_closed (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  const MusterdItem line = { .kind = MUSTERD_ITEM_LOG, .text = g_strdup ("x") };
  const MusterdItem other = { .kind = MUSTERD_ITEM_LOG, .text = g_strdup ("y") };

  musterd_queue_send (f->a, message_new (MUSTER_VERB_CLAIM_DROP, 100));
  musterd_queue_post (f->a, &line);
  musterd_queue_close (f->a);
  musterd_queue_send (f->a, message_new (MUSTER_VERB_CLAIM_DROP, 100));
  run_dry (f);
  g_assert_cmpstr (f->seen->str, ==, "!");
  musterd_queue_detach (f->a);
  musterd_queue_post (f->a, &other);
  run_dry (f);
  g_assert_cmpstr (f->seen->str, ==, "!");
}

static void
test_close_within (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  for (guint i = 0; i < 10; i++)
    musterd_queue_send (f->a, message_new (MUSTER_VERB_CLAIM_DROP, 100));
  f->close_a = TRUE;
  run_dry (f);
  g_assert_cmpstr (f->seen->str, ==, "a");
}

/* Lines beyond the burst are dropped, and it is said how many. */
static void
test_lines (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  guint n_taken = 0;

  for (guint i = 0; i < 3000; i++)
    musterd_queue_send (f->a, message_new (MUSTER_VERB_LOG, 100));
  run_dry (f);
  for (const char *p = f->seen->str; *p != '\0'; p++)
    n_taken += *p == 'a';
  g_assert_cmpuint (n_taken, >=, MUSTERD_LOG_BURST);
  g_assert_cmpuint (n_taken, <, 2000);
  /* None is lost from the count, although no line came after them. */
  g_assert_cmpuint (n_taken + f->n_left_out, ==, 3000);
  /* Claims are not held up by any of it. */
  musterd_queue_send (f->a, message_new (MUSTER_VERB_CLAIM_DROP, 100));
  run_dry (f);
  g_assert_cmpint (f->seen->str[f->seen->len - 1], ==, 'a');
}

/* Where claims have to wait already, lines do not take their room. */
static void
test_lines_give_way (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  for (guint i = 0; i <= MUSTERD_QUEUE_MESSAGES / 2; i++)
    musterd_queue_send (f->a, message_new (MUSTER_VERB_CLAIM_DROP, 100));
  for (guint i = 0; i < 100; i++)
    musterd_queue_send (f->a, message_new (MUSTER_VERB_LOG, 100));
  /* And one item that says how many. */
  g_assert_cmpuint (musterd_queue_get_length (f->a), ==, MUSTERD_QUEUE_MESSAGES / 2 + 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/host/inbox/turns", Fixture, NULL, set_up, test_turns, tear_down);
  for (gsize i = 0; i < G_N_ELEMENTS (bound_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/host/inbox/bound/", bound_cases[i].name, NULL);

      g_test_add (path, Fixture, &bound_cases[i], set_up, test_bound, tear_down);
    }
  g_test_add ("/host/inbox/close-frees-sender", Fixture, NULL, set_up, test_close_frees_sender, tear_down);
  g_test_add ("/host/inbox/detach-frees-sender", Fixture, "detach", set_up, test_close_frees_sender, tear_down);
  g_test_add ("/host/inbox/closed", Fixture, NULL, set_up, test_closed, tear_down);
  g_test_add ("/host/inbox/close-within", Fixture, NULL, set_up, test_close_within, tear_down);
  g_test_add ("/host/inbox/lines", Fixture, NULL, set_up, test_lines, tear_down);
  g_test_add ("/host/inbox/lines-give-way", Fixture, NULL, set_up, test_lines_give_way, tear_down);
  return g_test_run ();
}
