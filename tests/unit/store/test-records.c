/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "store-test.h"

typedef struct
{
  GPtrArray   *records;
  volatile int done;
} Page;

static void
on_page (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Page *page = user_data;
  g_autoptr(GError) error = NULL;

  g_assert_null (object);
  page->records = musterd_store_records_finish (NULL, result, &error);
  g_assert_no_error (error);
  page->done = TRUE;
}

static GPtrArray *
read_page (MusterdStore *store, const char *instance, const MusterdRecord *after, guint limit)
{
  Page page = { NULL, FALSE };

  musterd_store_records_async (store, instance, after, limit, on_page, &page);
  test_wait (&page.done);
  return page.records;
}

/* All records of an instance as a text, read `limit` at a time; `on_turn` (nullable) is called between pages. */
static char *
read_all (MusterdStore *store, const char *instance, guint limit, void (*on_turn) (MusterdStore *))
{
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GPtrArray) page = read_page (store, instance, NULL, limit);

  while (page->len > 0)
    {
      g_autoptr(GPtrArray) before = g_steal_pointer (&page);

      g_assert_cmpuint (before->len, <=, limit);
      for (guint i = 0; i < before->len; i++)
        {
          MusterdRecord *record = before->pdata[i];
          gsize size = 0;
          const char *bytes = g_bytes_get_data (record->value, &size);

          g_string_append_printf (text, "%s/%s=%.*s ", record->user != NULL ? record->user : "", record->key,
                                  (int) size, size > 0 ? bytes : "");
        }
      if (on_turn != NULL)
        on_turn (store);
      page = read_page (store, instance, before->pdata[before->len - 1], limit);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
put (MusterdBatch *batch, const char *instance, const char *user, const char *key, const char *value)
{
  g_autoptr(GBytes) bytes = value != NULL ? g_bytes_new (value, strlen (value)) : NULL;

  musterd_batch_put_record (batch, instance, user, key, bytes);
}

static MusterdStore *
open_filled (const char *dir)
{
  static const char *const users[] = { "bob@example.com", "alice@example.com", "carol@example.com" };
  MusterdStore *store = test_open (dir);
  MusterdBatch *batch = musterd_batch_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (users); i++)
    test_put_user (store, users[i]);
  put (batch, "pbx", "carol@example.com", "saved:1", "c1");
  put (batch, "pbx", "bob@example.com", "saved:2", "b2");
  put (batch, "pbx", "bob@example.com", "saved:1", "");
  put (batch, "pbx", NULL, "watermark", "w");
  put (batch, "pbx", "alice@example.com", "saved:1", "a1");
  put (batch, "pbx", "alice@example.com", "saved:9", "gone");
  put (batch, "pbx", "alice@example.com", "saved:9", NULL);
  put (batch, "pbx", "alice@example.com", "never-there", NULL);
  put (batch, "pbx", "nobody@example.com", "never-there", NULL);
  put (batch, "pbx:2", "alice@example.com", "saved:1", "other");
  put (batch, "ews", NULL, "sync", "s");
  test_write (store, batch, TRUE);
  return store;
}

static const char all[] = "/watermark=w alice@example.com/saved:1=a1 bob@example.com/saved:1= "
                          "bob@example.com/saved:2=b2 carol@example.com/saved:1=c1 ";

static void
test_pages (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = open_filled (dir);

  for (guint limit = 1; limit < 8; limit++)
    {
      g_autofree char *text = read_all (store, "pbx", limit, NULL);

      g_assert_cmpstr (text, ==, all);
    }

  g_autofree char *none = read_all (store, "pb", 10, NULL);
  g_autofree char *other = read_all (store, "pbx:2", G_MAXUINT, NULL);

  g_assert_cmpstr (none, ==, "");
  g_assert_cmpstr (other, ==, "alice@example.com/saved:1=other ");
  musterd_store_close (store);
  test_dir_remove (dir);
}

static void
on_turn_remove_bob (MusterdStore *store)
{
  MusterdBatch *batch = musterd_batch_new ();

  musterd_batch_remove_user (batch, "bob@example.com");
  test_write (store, batch, TRUE);
}

/* The user at whom a page ended is removed before the next one. */
static void
test_pages_of_removed (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = open_filled (dir);
  g_autofree char *text = read_all (store, "pbx", 3, on_turn_remove_bob);

  g_assert_cmpstr (text, ==,
                   "/watermark=w alice@example.com/saved:1=a1 bob@example.com/saved:1= carol@example.com/saved:1=c1 ");
  musterd_store_close (store);
  test_dir_remove (dir);
}

/* What was put a moment ago, not yet answered, is read. */
static void
test_read_own_writes (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = open_filled (dir);
  MusterdBatch *batch = musterd_batch_new ();

  put (batch, "ews", NULL, "sync", "newer");
  musterd_store_write (store, batch, FALSE, NULL, NULL);

  g_autofree char *text = read_all (store, "ews", 10, NULL);

  g_assert_cmpstr (text, ==, "/sync=newer ");
  musterd_store_close (store);
  test_dir_remove (dir);
}

static void
test_large_value (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = test_open (dir);
  MusterdBatch *batch = musterd_batch_new ();
  g_autofree char *bytes = g_malloc0 (4096);
  g_autoptr(GBytes) value = g_bytes_new (bytes, 4096);
  g_autoptr(GPtrArray) page = NULL;

  musterd_batch_put_record (batch, "pbx", NULL, "k", value);
  test_write (store, batch, TRUE);
  page = read_page (store, "pbx", NULL, 10);
  g_assert_cmpuint (page->len, ==, 1);
  g_assert_true (g_bytes_equal (((MusterdRecord *) page->pdata[0])->value, value));
  musterd_store_close (store);
  test_dir_remove (dir);
}

typedef struct
{
  const char *prefix;
  guint       pbx, pbx2, ews;
} Count;

static const Count counts[] = {
  { "saved:", 4, 1, 0 }, { "", 5, 1, 1 }, { "sync", 0, 0, 1 }, { "SAVED:", 0, 0, 0 }, { "saved%", 0, 0, 0 },
};

static void
test_count (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = open_filled (dir);

  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      const Count *c = &counts[i];
      g_autoptr(GError) error = NULL;
      g_autoptr(GHashTable) table = musterd_store_count_records (store, c->prefix, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (GPOINTER_TO_UINT (g_hash_table_lookup (table, "pbx")), ==, c->pbx);
      g_assert_cmpuint (GPOINTER_TO_UINT (g_hash_table_lookup (table, "pbx:2")), ==, c->pbx2);
      g_assert_cmpuint (GPOINTER_TO_UINT (g_hash_table_lookup (table, "ews")), ==, c->ews);
      g_assert_cmpuint (g_hash_table_size (table), ==, (c->pbx > 0) + (c->pbx2 > 0) + (c->ews > 0));
    }
  musterd_store_close (store);
  test_dir_remove (dir);
}

/* A question that is still open when the store is closed is answered afterwards, from what was read. */
static void
test_close_with_question (void)
{
  char *dir = test_dir_new ();
  MusterdStore *store = open_filled (dir);
  Page page = { NULL, FALSE };

  musterd_store_records_async (store, "pbx", NULL, 100, on_page, &page);
  musterd_store_close (store);
  test_wait (&page.done);
  g_assert_cmpuint (page.records->len, ==, 5);
  g_ptr_array_unref (page.records);
  test_dir_remove (dir);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/store/records/pages", test_pages);
  g_test_add_func ("/store/records/pages-of-removed", test_pages_of_removed);
  g_test_add_func ("/store/records/read-own-writes", test_read_own_writes);
  g_test_add_func ("/store/records/large-value", test_large_value);
  g_test_add_func ("/store/records/count", test_count);
  g_test_add_func ("/store/records/close-with-question", test_close_with_question);
  return g_test_run ();
}
