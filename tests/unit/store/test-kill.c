/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A process that writes durable choices, says each that was acknowledged, and is killed in the middle of it, thirty
 * times: what it said is there, and the file is whole. (A killed process leaves the kernel's memory of the file alone:
 * that the disk was waited for before the answer is the matter of test-writer.) */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "store-test.h"

#define ROUNDS 30
#define USERS 5

static const char *self;

/* The child. */

typedef struct
{
  MusterdStore *store;
  int           next;
} Child;

typedef struct
{
  Child *child;
  int    number;
} Said;

static void write_next (Child *child);

static void
on_child_written (const GError *error, gpointer user_data)
{
  g_autofree Said *said = user_data;

  if (error != NULL)
    g_error ("not written: %s", error->message);
  printf ("%d\n", said->number);
  fflush (stdout);
  write_next (said->child);
}

static void
write_next (Child *child)
{
  MusterdBatch *batch = musterd_batch_new ();
  g_autofree char *user = g_strdup_printf ("user%d@example.com", child->next % USERS);
  g_autofree char *text = g_strdup_printf ("%d", child->next);
  g_autofree char *key = g_strdup_printf ("claim-%d", child->next % 100);
  g_autoptr(MusterdClaim) claim = test_claim ("ews", key, 1, 2);
  Said *said = g_new (Said, 1);

  said->child = child;
  said->number = child->next++;
  test_choice (batch, user, said->number, text);
  musterd_store_write (child->store, batch, TRUE, on_child_written, said);

  /* And something behind it, so that transactions of both sorts are cut through. */
  batch = musterd_batch_new ();
  musterd_batch_put_claim (batch, user, claim);
  musterd_store_write (child->store, batch, FALSE, NULL, NULL);
}

static void
run_child (const char *dir, int first)
{
  Child child = { NULL, first };

  prctl (PR_SET_PDEATHSIG, SIGKILL); /* nothing is left running */
  child.store = test_open (dir);
  for (int i = 0; i < USERS; i++)
    {
      MusterdBatch *batch = musterd_batch_new ();
      g_autofree char *id = g_strdup_printf ("user%d@example.com", i);
      g_autoptr(MusterdUser) user = test_user (id, NULL);

      musterd_batch_put_user (batch, user);
      musterd_store_write (child.store, batch, TRUE, NULL, NULL);
    }
  /* Several at a time, so that commits are shared. */
  for (int i = 0; i < USERS; i++)
    write_next (&child);
  while (TRUE)
    g_main_context_iteration (NULL, TRUE);
}

/* The parent. */

static gboolean
on_too_long (gpointer user_data)
{
  (void) user_data;
  g_error ("the writing process said nothing for too long");
  return G_SOURCE_REMOVE;
}

/* Starts a child, listens until it has said `n` numbers, kills it, and returns the last of each user in `last`. */
static int
run_round (const char *dir, int first, int n, int last[USERS])
{
  g_autoptr(GError) error = NULL;
  g_autofree char *from = g_strdup_printf ("%d", first);
  g_autoptr(GSubprocess) child = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, self, "--child", dir, from,
                                                   NULL);
  g_autoptr(GDataInputStream) stream = NULL;
  guint watchdog = g_timeout_add_seconds (60, on_too_long, NULL);
  int heard = 0, highest = first;

  g_assert_no_error (error);
  stream = g_data_input_stream_new (g_subprocess_get_stdout_pipe (child));
  while (TRUE)
    {
      g_autofree char *line = g_data_input_stream_read_line (stream, NULL, NULL, &error);
      int number = 0;

      g_assert_no_error (error);
      if (line == NULL)
        break;
      if (!g_ascii_isdigit (*line))
        continue; /* the test frame's own first lines */
      number = atoi (line);
      last[number % USERS] = MAX (last[number % USERS], number);
      highest = MAX (highest, number);
      if (++heard == n)
        g_subprocess_send_signal (child, SIGKILL);
    }
  g_subprocess_wait (child, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_signaled (child));
  g_assert_cmpint (g_subprocess_get_term_sig (child), ==, SIGKILL);
  g_source_remove (watchdog);
  /* Up to here the child may have written without saying so. */
  return highest + 10 * USERS;
}

typedef struct
{
  int found[USERS];
} Found;

static void
on_user (gpointer data, MusterdUser *user)
{
  (void) data;
  musterd_user_unref (user);
}

static void
on_choice (gpointer data, const char *user, MusterdChoice *choice)
{
  Found *found = data;

  found->found[atoi (user + strlen ("user"))] = atoi (choice->text);
  musterd_choice_free (choice);
}

static void
on_claim (gpointer data, const char *user, MusterdClaim *claim)
{
  (void) data;
  (void) user;
  musterd_claim_unref (claim);
}

static void
test_kill (void)
{
  static const MusterdStoreReader reader = { .user = on_user, .choice = on_choice, .claim = on_claim };
  char *dir = test_dir_new ();
  int last[USERS] = { -1, -1, -1, -1, -1 };
  int next = 0;

  for (int round = 0; round < ROUNDS; round++)
    {
      g_autoptr(GError) error = NULL;
      Found found = { { -1, -1, -1, -1, -1 } };
      int n = g_test_rand_int_range (1, 120);

      next = run_round (dir, next, n, last);

      g_autoptr(MusterdStore) store = test_open (dir);

      g_assert_true (musterd_store_load (store, &reader, &found, &error));
      g_assert_no_error (error);
      for (int i = 0; i < USERS; i++)
        g_assert_cmpint (found.found[i], >=, last[i]);

      g_autofree char *integrity = test_sql (dir, "PRAGMA integrity_check");

      g_assert_cmpstr (integrity, ==, "ok");
    }
  g_test_message ("%d rounds, about %d acknowledged choices", ROUNDS, next);
  g_assert_cmpuint (test_take_warnings (NULL), ==, 0);
  test_dir_remove (dir);
}

int
main (int argc, char **argv)
{
  const char *dir = argc == 4 && g_str_equal (argv[1], "--child") ? argv[2] : NULL;
  int first = dir != NULL ? atoi (argv[3]) : 0;

  self = argv[0];
  if (dir != NULL)
    argc = 1;
  test_init (&argc, &argv);
  if (dir != NULL)
    run_child (dir, first);
  g_test_add_func ("/store/kill", test_kill);
  return g_test_run ();
}
