/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was done in others' names: pages, what is too old, and what goes with its user. */
#include <string.h>

#include "store-test.h"

#define ALICE "alice@example.com"
#define BOB "bob@example.com"

static void
add (MusterdStore *store, const char *user, MusterdTime time, const char *what)
{
  MusterdBatch *batch = musterd_batch_new ();

  musterd_batch_add_delegation (batch, user, time, "carol", what);
  test_write (store, batch, TRUE);
}

static void
forget (MusterdStore *store, MusterdTime before)
{
  MusterdBatch *batch = musterd_batch_new ();

  musterd_batch_forget_delegations (batch, before);
  test_write (store, batch, FALSE);
}

typedef struct
{
  volatile int done;
  GPtrArray   *page;
} Reading;

static void
on_read (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  Reading *reading = user_data;
  g_autoptr(GError) error = NULL;

  reading->page = musterd_store_delegations_finish (NULL, result, &error);
  g_assert_no_error (error);
  reading->done = 1;
}

static GPtrArray *
read_page (MusterdStore *store, const char *user, MusterdTime since, guint64 after, guint limit)
{
  Reading reading = { 0 };

  musterd_store_delegations_async (store, user, since, after, limit, on_read, &reading);
  test_wait (&reading.done);
  return reading.page;
}

/* "user:what@time …" */
static char *
describe (MusterdStore *store, const char *user, MusterdTime since, guint64 after, guint limit)
{
  g_autoptr(GPtrArray) page = read_page (store, user, since, after, limit);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < page->len; i++)
    {
      const MusterdDelegation *delegation = page->pdata[i];

      g_assert_cmpstr (delegation->by, ==, "carol");
      g_string_append_printf (text, "%s%.*s:%s@%" G_GINT64_FORMAT, i > 0 ? " " : "",
                              (int) (strchr (delegation->user, '@') - delegation->user), delegation->user,
                              delegation->what, delegation->time);
    }
  return g_string_free (text, FALSE);
}

#define assert_page(store, user, since, after, limit, expected)                    \
  G_STMT_START                                                                     \
  {                                                                                \
    g_autofree char *described = describe (store, user, since, after, limit);      \
    g_assert_cmpstr (described, ==, expected);                                     \
  }                                                                                \
  G_STMT_END

static void
test_pages (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);

  test_put_user (store, ALICE);
  test_put_user (store, BOB);
  add (store, ALICE, 1000, "one");
  add (store, BOB, 2000, "two");
  add (store, ALICE, 2000, "three"); /* at the same moment */
  add (store, ALICE, 500, "four");   /* the clock was set back */
  assert_page (store, NULL, 0, 0, 10, "alice:one@1000 bob:two@2000 alice:three@2000 alice:four@500");
  assert_page (store, ALICE, 0, 0, 10, "alice:one@1000 alice:three@2000 alice:four@500");
  assert_page (store, ALICE, 0, 0, 2, "alice:one@1000 alice:three@2000");
  assert_page (store, ALICE, 0, 2001, 2, "alice:four@500");
  assert_page (store, ALICE, 0, G_MAXUINT64, 2, "");
  assert_page (store, NULL, 1500, 0, 10, "bob:two@2000 alice:three@2000");
  assert_page (store, "nobody", 0, 0, 10, "");

  musterd_store_close (store);
  store = test_open (dir);
  assert_page (store, BOB, 0, 0, 10, "bob:two@2000");
  musterd_store_close (store);
  test_dir_remove (dir);
}

/* Who has read up to there is told of all that follows, also where the last ones have gone. */
static void
test_serials (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);
  MusterdBatch *batch = musterd_batch_new ();
  g_autoptr(GPtrArray) page = NULL;

  test_put_user (store, ALICE);
  test_put_user (store, BOB);
  add (store, ALICE, 1000, "one");
  add (store, BOB, 2000, "two");
  page = read_page (store, NULL, 0, 0, 10);
  g_assert_cmpuint (page->len, ==, 2);
  musterd_batch_remove_user (batch, BOB);
  test_write (store, batch, TRUE);
  assert_page (store, NULL, 0, 0, 10, "alice:one@1000");
  add (store, ALICE, 3000, "three");
  assert_page (store, NULL, 0, ((MusterdDelegation *) page->pdata[1])->serial, 10, "alice:three@3000");
  musterd_store_close (store);
  test_dir_remove (dir);
}

static void
test_nobody (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);
  MusterdBatch *batch = musterd_batch_new ();
  TestAnswer answer = { 0 };

  musterd_batch_add_delegation (batch, ALICE, 1000, "carol", "one");
  musterd_store_write (store, batch, TRUE, on_test_answer, &answer);
  test_wait (&answer.done);
  g_assert_error (answer.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  test_answer_clear (&answer);
  musterd_store_close (store);
  test_dir_remove (dir);
}

/* However much there is, a page and a sweep are bounded. */
static void
test_bounded (void)
{
  const guint n = MUSTERD_DELEGATIONS_FORGET_MAX + 500;
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);
  MusterdBatch *batch = musterd_batch_new ();
  g_autoptr(GPtrArray) page = NULL;

  test_put_user (store, ALICE);
  for (guint i = 1; i <= n; i++)
    musterd_batch_add_delegation (batch, ALICE, i, "carol", "x");
  test_write (store, batch, TRUE);
  page = read_page (store, ALICE, 0, 0, n);
  g_assert_cmpuint (page->len, ==, MUSTERD_DELEGATIONS_PAGE_MAX);

  forget (store, n);
  assert_page (store, ALICE, 0, 0, 1, "alice:x@1001");
  forget (store, n);
  assert_page (store, ALICE, 0, 0, 10, "alice:x@1500");
  musterd_store_close (store);
  test_dir_remove (dir);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/store/delegations/pages", test_pages);
  g_test_add_func ("/store/delegations/serials", test_serials);
  g_test_add_func ("/store/delegations/nobody", test_nobody);
  g_test_add_func ("/store/delegations/bounded", test_bounded);
  return g_test_run ();
}
