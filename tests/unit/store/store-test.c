/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store-test.h"

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#define WATCHDOG_SECONDS 60

static GMutex log_lock;
static GPtrArray *warnings; /* char * */
static int n_answers;

static GLogWriterOutput
on_logged (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  (void) user_data;
  if ((level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)) == 0)
    return g_log_writer_default (level, fields, n_fields, NULL);
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE") && (level & G_LOG_LEVEL_WARNING) != 0)
      {
        g_mutex_lock (&log_lock);
        g_ptr_array_add (warnings, g_strdup (fields[i].value));
        g_mutex_unlock (&log_lock);
      }
  return G_LOG_WRITER_HANDLED;
}

void
test_init (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  warnings = g_ptr_array_new_with_free_func (g_free);
  g_log_set_writer_func (on_logged, NULL, NULL);
}

guint
test_take_warnings (const char *pattern)
{
  g_autofree char *whole = pattern != NULL ? g_strconcat ("*", pattern, "*", NULL) : NULL;
  guint n = 0;

  g_mutex_lock (&log_lock);
  for (guint i = 0; i < warnings->len; i++)
    {
      if (whole == NULL || !g_pattern_match_simple (whole, warnings->pdata[i]))
        g_error ("unexpected warning: %s", (char *) warnings->pdata[i]);
      g_test_message ("warning: %s", (char *) warnings->pdata[i]);
      n++;
    }
  g_ptr_array_set_size (warnings, 0);
  g_mutex_unlock (&log_lock);
  return n;
}

char *
test_dir_new (void)
{
  g_autoptr(GError) error = NULL;
  char *dir = g_dir_make_tmp ("muster-store-XXXXXX", &error);

  g_assert_no_error (error);
  return dir;
}

static void
remove_tree (const char *path)
{
  g_autoptr(GDir) dir = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);

  for (const char *name = dir != NULL ? g_dir_read_name (dir) : NULL; name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_assert_cmpint (g_remove (path), ==, 0);
}

void
test_dir_remove (char *dir)
{
  remove_tree (dir);
  g_free (dir);
}

char *
test_path (const char *dir, const char *name)
{
  return g_build_filename (dir, name, NULL);
}

char *
test_read (const char *path, gsize *length)
{
  g_autoptr(GError) error = NULL;
  char *bytes = NULL;

  g_file_get_contents (path, &bytes, length, &error);
  g_assert_no_error (error);
  return bytes;
}

MusterdStore *
test_open (const char *dir)
{
  g_autoptr(GError) error = NULL;
  MusterdStore *store = musterd_store_open (dir, &error);

  g_assert_no_error (error);
  g_assert_nonnull (store);
  return store;
}

char *
test_open_fails (const char *dir)
{
  g_autoptr(GError) error = NULL;
  MusterdStore *store = musterd_store_open (dir, &error);

  g_assert_null (store);
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_test_message ("%s", error->message);
  return g_strdup (error->message);
}

static gboolean
on_watchdog (gpointer user_data)
{
  (void) user_data;
  g_error ("%s: nothing came within %d s", g_test_get_path (), WATCHDOG_SECONDS);
  return G_SOURCE_REMOVE;
}

void
test_wait (const volatile int *flag)
{
  g_autoptr(GSource) watchdog = g_timeout_source_new_seconds (WATCHDOG_SECONDS);

  g_source_set_callback (watchdog, on_watchdog, NULL, NULL);
  g_source_attach (watchdog, NULL);
  while (*flag == 0)
    g_main_context_iteration (NULL, TRUE);
  g_source_destroy (watchdog);
}

void
test_answer_clear (TestAnswer *answer)
{
  g_clear_error (&answer->error);
  *answer = (TestAnswer){ 0 };
}

void
on_test_answer (const GError *error, gpointer user_data)
{
  TestAnswer *answer = user_data;

  g_assert_false (answer->done);
  answer->error = error != NULL ? g_error_copy (error) : NULL;
  answer->order = ++n_answers;
  answer->done = TRUE;
}

void
test_write (MusterdStore *store, MusterdBatch *batch, gboolean durable)
{
  TestAnswer answer = { 0 };

  musterd_store_write (store, batch, durable, on_test_answer, &answer);
  test_wait (&answer.done);
  g_assert_no_error (answer.error);
}

MusterdUser *
test_user (const char *id, const char *name)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GError) error = NULL;

  fields[MUSTERD_USER_NAME] = name;
  MusterdUser *user = musterd_user_new (id, fields, NULL, &error);

  g_assert_no_error (error);
  return user;
}

void
test_put_user (MusterdStore *store, const char *id)
{
  MusterdBatch *batch = musterd_batch_new ();
  g_autoptr(MusterdUser) user = test_user (id, NULL);

  musterd_batch_put_user (batch, user);
  test_write (store, batch, TRUE);
}

MusterdClaim *
test_claim (const char *source, const char *key, MusterdTime from, MusterdTime until)
{
  MusterdClaim *claim = musterd_claim_new (source, "calendar", key, MUSTERD_CLAIM_APPOINTMENT);

  claim->from = from;
  claim->until = until;
  claim->began = from;
  claim->free_busy = MUSTERD_FREE_BUSY_BUSY;
  claim->lease_until = MUSTERD_TIME_NEVER;
  return claim;
}

void
test_choice (MusterdBatch *batch, const char *user, MusterdTime made, const char *text)
{
  MusterdChoice choice
      = { .status = MUSTERD_STATUS_BUSY, .text = (char *) text, .made = made, .until = MUSTERD_TIME_NEVER };

  musterd_batch_put_choice (batch, user, &choice);
}

static const char *
or_dash (const char *text)
{
  return text != NULL ? text : "-";
}

/* NEVER as a word, so that a table of expectations can be read. */
static char *
time_text (MusterdTime time)
{
  return time == MUSTERD_TIME_NEVER ? g_strdup ("never") : g_strdup_printf ("%" G_GINT64_FORMAT, time);
}

static void
dump_user (gpointer data, MusterdUser *user)
{
  g_string_append_printf (data, "user %s", user->id);
  for (int i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    if (user->fields[i] != NULL)
      g_string_append_printf (data, " %s=%s", musterd_user_field_to_string ((MusterdUserField) i), user->fields[i]);
  if (user->attributes != NULL)
    {
      g_autoptr(GList) names = g_list_sort (g_hash_table_get_keys (user->attributes), (GCompareFunc) strcmp);

      for (GList *l = names; l != NULL; l = l->next)
        g_string_append_printf (data, " %s=%s", (char *) l->data,
                                (char *) g_hash_table_lookup (user->attributes, l->data));
    }
  g_string_append_c (data, '\n');
  musterd_user_unref (user);
}

static void
dump_choice (gpointer data, const char *user, MusterdChoice *choice)
{
  g_autofree char *until = time_text (choice->until);

  g_string_append_printf (data, "choice %s %s %s %s %" G_GINT64_FORMAT " %s %s\n", user, or_dash (choice->template_id),
                          musterd_status_to_string (choice->status), or_dash (choice->text), choice->made, until,
                          or_dash (choice->by));
  musterd_choice_free (choice);
}

static void
dump_ignore (gpointer data, const char *user, MusterdIgnore *ignore)
{
  g_string_append_printf (data, "ignore %s %s %s %" G_GINT64_FORMAT "\n", user, ignore->source, ignore->key,
                          ignore->from);
  musterd_ignore_free (ignore);
}

static void
dump_claim (gpointer data, const char *user, MusterdClaim *claim)
{
  g_autofree char *until = time_text (claim->until);
  g_autofree char *lease_until = time_text (claim->lease_until);
  const MusterdClaimMore *more = claim->more;

  g_assert_cmpint (claim->run, ==, 0);
  g_string_append_printf (data, "claim %s %s/%s/%s %s %s %s %d%d%d %" G_GINT64_FORMAT "..%s %" G_GINT64_FORMAT
                          " %" G_GINT64_FORMAT "..%s %s %s %s %s %s\n",
                          user, claim->source, claim->set, claim->key,
                          musterd_claim_kind_to_string ((MusterdClaimKind) claim->kind),
                          musterd_free_busy_to_string ((MusterdFreeBusy) claim->free_busy),
                          musterd_response_to_string ((MusterdResponse) claim->response), claim->all_day,
                          claim->cancelled, claim->is_private, claim->from, until, claim->began, claim->lease,
                          lease_until, or_dash (claim->role), or_dash (claim->text),
                          or_dash (more != NULL ? more->link : NULL),
                          or_dash (more != NULL ? more->greeting_internal : NULL),
                          or_dash (more != NULL ? more->greeting_external : NULL));
  if (claim->rules != NULL)
    g_string_append_printf (data, "  rules %08x %" G_GINT64_MODIFIER "x\n", claim->rules->stamp, claim->rules->met);
  musterd_claim_unref (claim);
}

static void
dump_client (gpointer data, const char *user, MusterdClient *client)
{
  g_autofree char *lease_until = time_text (client->lease_until);

  g_string_append_printf (data, "client %s %s/%s %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
                          "..%s\n",
                          user, client->source, client->id, musterd_client_state_to_string (client->state),
                          client->since, client->seen, client->lease, lease_until);
  musterd_client_free (client);
}

static void
dump_device (gpointer data, const char *user, MusterdDevice *device)
{
  g_autofree char *lease_until = time_text (device->lease_until);

  g_string_append_printf (data, "device %s %s/%s %s %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT "..%s\n", user,
                          device->source, device->id, musterd_telephony_to_string (device->state),
                          or_dash (device->label), device->since, device->lease, lease_until);
  musterd_device_free (device);
}

static void
dump_shown (gpointer data, const char *user, MusterdStatus status, const char *template_name, MusterdTime since,
            const char *ended_by)
{
  g_string_append_printf (data, "shown %s %s %s %" G_GINT64_FORMAT " %s\n", user, musterd_status_to_string (status),
                          or_dash (template_name), since, or_dash (ended_by));
}

static void
dump_grant (gpointer data, const char *owner, const MusterdGrant *grant)
{
  g_autofree char *viewer = musterd_viewer_to_key (grant->kind, grant->name);

  g_string_append_printf (data, "grant %s %s %s %s\n", owner, viewer, musterd_relation_to_string (grant->level),
                          grant->own_word ? "own" : "central");
}

char *
test_dump (MusterdStore *store)
{
  static const MusterdStoreReader reader = { dump_user,   dump_choice, dump_ignore, dump_claim,
                                             dump_client, dump_device, dump_shown,  .grant = dump_grant };
  g_autoptr(GError) error = NULL;
  GString *text = g_string_new (NULL);
  gboolean ok = musterd_store_load (store, &reader, text, &error);

  g_assert_no_error (error);
  g_assert_true (ok);
  return g_string_free (text, FALSE);
}

char *
test_dump_dir (const char *dir)
{
  g_autoptr(MusterdStore) store = test_open (dir);

  return test_dump (store);
}

static int
on_first_row (void *data, int n, char **values, char **names)
{
  char **first = data;

  (void) names;
  if (*first == NULL && n > 0)
    *first = g_strdup (values[0]);
  return 0;
}

char *
test_sql (const char *dir, const char *sql)
{
  g_autofree char *path = test_path (dir, "muster.db");
  sqlite3 *db = NULL;
  char *first = NULL;
  char *message = NULL;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  sqlite3_busy_timeout (db, 10000);
  sqlite3_exec (db, sql, on_first_row, &first, &message);
  g_assert_cmpstr (message, ==, NULL);
  g_assert_cmpint (sqlite3_close (db), ==, SQLITE_OK);
  return first;
}
