/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "secrets-test.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "model/error.h"

void
reply_clear (Reply *reply)
{
  g_clear_pointer (&reply->secret, musterd_secret_free);
  g_clear_pointer (&reply->list, musterd_secret_list_free);
  g_clear_error (&reply->error);
}

void
secrets_set_up (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  f->state = test_dir_new ();
  f->credentials = test_dir_new ();
  f->timeout = 10 * G_TIME_SPAN_SECOND;
  f->pause = G_TIME_SPAN_HOUR;
  secrets_open (f);
}

void
secrets_tear_down (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  g_clear_pointer (&f->secrets, musterd_secrets_free);
  g_assert_cmpuint (test_take_warnings (NULL), ==, 0);
  g_clear_pointer (&f->state, test_dir_remove);
  g_clear_pointer (&f->credentials, test_dir_remove);
}

void
secrets_open (Secrets *f)
{
  const MusterdSecretsOptions places = {
    .state_dir = f->state,
    .credentials = f->credentials,
    .ring = f->ring,
    .timeout = f->timeout,
    .pause = f->pause,
  };

  g_clear_pointer (&f->secrets, musterd_secrets_free);
  f->secrets = musterd_secrets_new_with (&places);
}

void
on_secret_got (GObject *object, GAsyncResult *result, gpointer data)
{
  Reply *reply = data;

  g_assert_null (object);
  reply->secret = musterd_secrets_get_finish (result, &reply->error);
  g_assert_cmpint (reply->secret == NULL, ==, reply->error != NULL);
  reply->done = TRUE;
}

void
on_secret_put (GObject *object, GAsyncResult *result, gpointer data)
{
  Reply *reply = data;

  g_assert_null (object);
  reply->place = musterd_secrets_put_finish (result, &reply->ring_locked, &reply->error);
  g_assert_cmpint (reply->place != MUSTERD_SECRET_NOWHERE, ==, reply->error == NULL);
  reply->done = TRUE;
}

static void
on_removed (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer data)
{
  Reply *reply = data;

  const gboolean removed = musterd_secrets_remove_finish (result, &reply->ring_locked, &reply->error);

  g_assert_cmpint (removed, ==, reply->error == NULL);
  reply->done = TRUE;
}

static void
on_listed (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer data)
{
  Reply *reply = data;

  reply->list = musterd_secrets_list_finish (result, &reply->error);
  g_assert_cmpint (reply->list == NULL, ==, reply->error != NULL);
  reply->done = TRUE;
}

void
secrets_get (Secrets *f, const char *name, Reply *reply)
{
  *reply = (Reply){ 0 };
  musterd_secrets_get_async (f->secrets, name, on_secret_got, reply);
  test_wait (&reply->done);
}

void
secrets_put (Secrets *f, const char *name, const char *secret, Reply *reply)
{
  *reply = (Reply){ 0 };
  musterd_secrets_put_async (f->secrets, name, secret, on_secret_put, reply);
  test_wait (&reply->done);
}

void
secrets_remove (Secrets *f, const char *name, Reply *reply)
{
  *reply = (Reply){ 0 };
  musterd_secrets_remove_async (f->secrets, name, on_removed, reply);
  test_wait (&reply->done);
}

void
secrets_list (Secrets *f, Reply *reply)
{
  *reply = (Reply){ 0 };
  musterd_secrets_list_async (f->secrets, (const char *const[]){ "lamps", "nowhere", NULL }, on_listed, reply);
  test_wait (&reply->done);
}

void
secrets_assert (Secrets *f, const char *name, const char *expected)
{
  g_auto(Reply) reply = { 0 };

  secrets_get (f, name, &reply);
  g_assert_no_error (reply.error);
  g_assert_cmpstr (reply.secret, ==, expected);
}

void
secrets_assert_put (Secrets *f, const char *name, const char *secret, MusterdSecretPlace place)
{
  g_auto(Reply) reply = { 0 };

  secrets_put (f, name, secret, &reply);
  g_assert_no_error (reply.error);
  g_assert_cmpint (reply.place, ==, place);
}

static void
assert_refused (const Reply *reply, MusterdError code, const char *pattern)
{
  g_assert_error (reply->error, MUSTERD_ERROR, (int) code);
  if (!g_pattern_match_simple (pattern, reply->error->message))
    g_error ("'%s' does not match '%s'", reply->error->message, pattern);
}

void
secrets_refuse_get (Secrets *f, const char *name, MusterdError code, const char *pattern)
{
  g_auto(Reply) reply = { 0 };

  secrets_get (f, name, &reply);
  assert_refused (&reply, code, pattern);
}

void
secrets_refuse_put (Secrets *f, const char *name, MusterdError code, const char *pattern)
{
  g_auto(Reply) reply = { 0 };

  secrets_put (f, name, "another s3cret", &reply);
  assert_refused (&reply, code, pattern);
  g_assert_null (strstr (reply.error->message, "s3cret"));
}

char *
secrets_describe (const MusterdSecretList *list)
{
  static const char *const places[] = { "nowhere", "credential", "key-ring", "file", "sealed-file", "unread-file" };
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < list->items->len; i++)
    {
      const MusterdSecretItem *item = list->items->pdata[i];

      g_string_append_printf (text, "%s %s%s%s%s%s\n", item->name, places[item->place], item->locked ? " locked" : "",
                              item->hides ? " hides" : "", item->fault != NULL ? ": " : "",
                              item->fault != NULL ? item->fault : "");
    }
  return g_string_free (text, FALSE);
}

char *
secrets_path (Secrets *f, gboolean credential, const char *name)
{
  g_autofree char *dir = test_path (f->state, "secrets");

  if (credential)
    return test_path (f->credentials, name);
  if (!g_file_test (dir, G_FILE_TEST_EXISTS))
    g_assert_cmpint (g_mkdir (dir, 0700), ==, 0);
  return test_path (dir, name);
}

void
secrets_write (Secrets *f, gboolean credential, const char *name, const char *bytes, gssize length, guint mode)
{
  g_autofree char *path = secrets_path (f, credential, name);

  g_assert_true (g_file_set_contents (path, bytes, length, NULL));
  g_assert_cmpint (chmod (path, mode), ==, 0);
}
