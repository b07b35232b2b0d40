/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "secrets-test.h"

/* Files by hand, in the state directory's secrets/ or among the credentials. */
typedef struct
{
  const char *name;
  gboolean    credential;
  const char *bytes;
  gssize      length; /* -1: as long as the text */
  guint       mode;
  const char *secret; /* NULL: refused */
  const char *message;
} File;

static const File files[] = {
  { "plain", FALSE, "s3cret", -1, 0600, "s3cret", NULL },
  { "read-only", FALSE, "s3cret", -1, 0400, "s3cret", NULL },
  { "line", FALSE, "s3cret\n", -1, 0600, "s3cret", NULL },
  { "dos-line", FALSE, "s3cret\r\n", -1, 0600, "s3cret", NULL },
  { "two-lines", FALSE, "s3cret\n\n", -1, 0600, "s3cret\n", NULL },
  { "blank-inside", FALSE, " a b ", -1, 0600, " a b ", NULL },
  { "carriage-return", FALSE, "s3cret\r", -1, 0600, "s3cret\r", NULL },
  { "empty", FALSE, "", -1, 0600, NULL, "empty" },
  { "only-a-line-end", FALSE, "\n", -1, 0600, NULL, "empty" },
  { "zero-byte", FALSE, "a\0b", 3, 0600, NULL, "zero byte" },
  { "group-may-read", FALSE, "s3cret", -1, 0640, NULL, "mode 0600" },
  { "others-may-read", FALSE, "s3cret", -1, 0604, NULL, "mode 0600" },
  { "group-may-write", FALSE, "s3cret", -1, 0620, NULL, "mode 0600" },
  { "credential", TRUE, "s3cret\n", -1, 0400, "s3cret", NULL },
  { "credential-access-list", TRUE, "s3cret", -1, 0440, "s3cret", NULL },
  { "credential-others", TRUE, "s3cret", -1, 0444, NULL, "everybody" },
  { "credential-empty", TRUE, "", -1, 0400, NULL, "empty" },
};

static void
test_file (Secrets *f, gconstpointer data)
{
  const File *c = data;
  g_autofree char *path = secrets_path (f, c->credential, "key");
  Reply reply;

  g_assert_true (g_file_set_contents (path, c->bytes, c->length, NULL));
  g_assert_cmpint (chmod (path, c->mode), ==, 0);
  secrets_get (f, "key", &reply);
  g_assert_cmpstr (reply.secret, ==, c->secret);
  if (c->secret == NULL)
    {
      g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
      g_assert_nonnull (strstr (reply.error->message, c->message));
      g_assert_nonnull (strstr (reply.error->message, path));
      g_assert_null (strstr (reply.error->message, "s3cret"));
    }
  reply_clear (&reply);
}

/* What lies in the place of a file. */
typedef struct
{
  const char *name;
  void      (*make) (Secrets *f, const char *path);
  const char *message;
} Place;

static void
make_link (Secrets *f, const char *path)
{
  g_autofree char *target = test_path (f->state, "target");

  g_assert_true (g_file_set_contents (target, "s3cret", -1, NULL));
  g_assert_cmpint (chmod (target, 0600), ==, 0);
  g_assert_cmpint (symlink (target, path), ==, 0);
}

static void
make_dangling (Secrets *f, const char *path)
{
  (void) f;
  g_assert_cmpint (symlink ("/nowhere/at/all", path), ==, 0);
}

static void
make_directory (Secrets *f, const char *path)
{
  (void) f;
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

static void
make_fifo (Secrets *f, const char *path)
{
  (void) f;
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
}

static void
make_foreign (Secrets *f, const char *path)
{
  (void) f;
  g_assert_true (g_file_set_contents (path, "s3cret", -1, NULL));
  g_assert_cmpint (chmod (path, 0600), ==, 0);
  g_assert_cmpint (chown (path, 12345, 12345), ==, 0);
}

static void
make_open_dir (Secrets *f, const char *path)
{
  g_autofree char *dir = test_path (f->state, "secrets");

  g_assert_true (g_file_set_contents (path, "s3cret", -1, NULL));
  g_assert_cmpint (chmod (path, 0600), ==, 0);
  g_assert_cmpint (chmod (dir, 0770), ==, 0);
}

static void
make_linked_dir (Secrets *f, const char *path)
{
  g_autofree char *dir = test_path (f->state, "secrets");

  (void) path;
  g_assert_cmpint (g_rmdir (dir), ==, 0);
  g_assert_cmpint (symlink (f->credentials, dir), ==, 0);
}

static void
make_long (Secrets *f, const char *path)
{
  g_autofree char *bytes = g_malloc (16385);

  (void) f;
  memset (bytes, 'x', 16385);
  g_assert_true (g_file_set_contents (path, bytes, 16385, NULL));
  g_assert_cmpint (chmod (path, 0600), ==, 0);
}

static void
make_huge (Secrets *f, const char *path)
{
  make_long (f, path);
  g_assert_cmpint (truncate (path, (off_t) 1 << 32), ==, 0);
}

static const Place places[] = {
  { "link", make_link, "symbolic link" },
  { "dangling-link", make_dangling, "symbolic link" },
  { "directory", make_directory, "not a regular file" },
  { "fifo", make_fifo, "not a regular file" },
  { "foreign-owner", make_foreign, "belongs to neither" },
  { "directory-open-to-group", make_open_dir, "others may write" },
  { "linked-directory", make_linked_dir, "secrets" },
  { "too-long", make_long, "more than 16384" },
  { "huge", make_huge, "more than 16384" },
};

static void
test_place (Secrets *f, gconstpointer data)
{
  const Place *c = data;
  g_autofree char *path = secrets_path (f, FALSE, "key");
  Reply reply;

  if (c->make == make_foreign && geteuid () != 0)
    {
      g_test_skip ("only root can give a file away");
      return;
    }
  c->make (f, path);
  secrets_get (f, "key", &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  g_test_message ("%s", reply.error->message);
  g_assert_nonnull (strstr (reply.error->message, c->message));
  g_assert_null (strstr (reply.error->message, "s3cret"));
  reply_clear (&reply);
}

static void
test_order (Secrets *f, gconstpointer data)
{
  g_autofree char *credential = secrets_path (f, TRUE, "key");
  Reply reply;

  (void) data;
  secrets_put (f, "key", "stored", &reply);
  g_assert_no_error (reply.error);
  secrets_assert (f, "key", "stored");
  g_assert_true (g_file_set_contents (credential, "given", -1, NULL));
  g_assert_cmpint (chmod (credential, 0400), ==, 0);
  secrets_assert (f, "key", "given");

  /* What would be hidden is not stored in silence. */
  secrets_put (f, "key", "newer", &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
  g_assert_nonnull (strstr (reply.error->message, "LoadCredential=key"));
  reply_clear (&reply);

  /* One that is there but wrong is not passed over either. */
  g_assert_cmpint (chmod (credential, 0666), ==, 0);
  secrets_get (f, "key", &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
  reply_clear (&reply);
}

static void
test_not_found (Secrets *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->state, "secrets", "webhook-key", NULL);
  Reply reply;

  (void) data;
  secrets_get (f, "webhook-key", &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_test_message ("%s", reply.error->message);
  g_assert_nonnull (strstr (reply.error->message, "'webhook-key'"));
  g_assert_nonnull (strstr (reply.error->message, path));
  g_assert_nonnull (strstr (reply.error->message, "'musterctl secret set webhook-key'"));
  g_assert_nonnull (strstr (reply.error->message, "LoadCredential=webhook-key:"));
  reply_clear (&reply);
}

static void
test_no_credentials (Secrets *f, gconstpointer data)
{
  Reply reply;

  (void) data;
  g_clear_pointer (&f->credentials, test_dir_remove);
  secrets_open (f);
  secrets_get (f, "key", &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  reply_clear (&reply);
  secrets_put (f, "key", "s", &reply);
  g_assert_no_error (reply.error);
  secrets_assert (f, "key", "s");
}

/* Every secret that can be put comes back as it was. */
static const char *const round_trips[]
    = { "s", "with blank ", "line\n", "lines\n\n", "dos\r\n", "return\r", "\n", "Passwörter 🔑", "\xff\xfe latin" };

static void
test_round_trip (Secrets *f, gconstpointer data)
{
  const char *secret = data;
  g_autofree char *dir = test_path (f->state, "secrets");
  g_autofree char *path = test_path (dir, "key");
  struct stat info;
  Reply reply;
  mode_t before = umask (0);

  secrets_put (f, "key", "an older one, and longer than the new one", &reply);
  g_assert_no_error (reply.error);
  secrets_put (f, "key", secret, &reply);
  umask (before);
  g_assert_no_error (reply.error);
  secrets_assert (f, "key", secret);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0600);
  g_assert_cmpint (stat (dir, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0700);
}

static void
test_put_bounds (Secrets *f, gconstpointer data)
{
  g_autofree char *longest = g_strnfill (16384, 'x');
  g_autofree char *too_long = g_strnfill (16385, 'x');
  Reply reply;

  (void) data;
  secrets_put (f, "key", longest, &reply);
  g_assert_no_error (reply.error);
  secrets_assert (f, "key", longest);
  longest[16383] = '\n';
  secrets_put (f, "key", longest, &reply);
  g_assert_no_error (reply.error);
  secrets_assert (f, "key", longest);
  secrets_put (f, "key", too_long, &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT);
  reply_clear (&reply);
  secrets_put (f, "key", "", &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
  reply_clear (&reply);
  secrets_assert (f, "key", longest);
}

/* A link in the place of the file is never followed: without a key, what it leads to may be sealed; with one it is
 * replaced. */
static void
test_put_over_link (Secrets *f, gconstpointer data)
{
  g_autofree char *path = secrets_path (f, FALSE, "key");
  g_autofree char *target = test_path (f->state, "target");
  g_autofree char *bytes = NULL;

  (void) data;
  make_link (f, path);
  secrets_refuse_put (f, "key", MUSTERD_ERROR_CONFLICT, "*in plain*/secrets/key: it is a symbolic link*");
  secrets_write (f, TRUE, "muster-secret-key", "0123456789abcdef0123456789abcdef", -1, 0400);
  secrets_assert_put (f, "key", "new", MUSTERD_SECRET_SEALED_FILE);
  secrets_assert (f, "key", "new");
  bytes = test_read (target, NULL);
  g_assert_cmpstr (bytes, ==, "s3cret");
}

/* The last one put stays, and all are on the disk when the secrets are closed. */
static void
test_put_in_order (Secrets *f, gconstpointer data)
{
  enum { N = 50 };
  Reply replies[N] = { 0 };
  Reply late = { 0 };

  (void) data;
  for (int i = 0; i < N; i++)
    {
      g_autofree char *secret = g_strdup_printf ("token-%d", i);

      musterd_secrets_put_async (f->secrets, "token", secret, on_secret_put, &replies[i]);
    }
  musterd_secrets_get_async (f->secrets, "token", on_secret_got, &late);
  musterd_secrets_free (f->secrets);
  for (int i = 0; i < N; i++)
    {
      test_wait (&replies[i].done);
      g_assert_no_error (replies[i].error);
    }
  test_wait (&late.done);
  g_assert_cmpstr (late.secret, ==, "token-49");
  reply_clear (&late);
  f->secrets = NULL;
  secrets_open (f);
  secrets_assert (f, "token", "token-49");
}

typedef struct
{
  const char *name;
  gboolean    valid;
} Name;

static const Name names[] = {
  { "a", TRUE },         { "webhook-key", TRUE }, { "A.b_c-9", TRUE }, { "", FALSE },     { ".hidden", FALSE },
  { "..", FALSE },       { "a/b", FALSE },        { "a b", FALSE },    { "ü", FALSE },    { "a\n", FALSE },
  { "../muster", FALSE }, { "-", TRUE },          { "a..b", TRUE },    { "a%b", FALSE },
};

static void
test_names (Secrets *f, gconstpointer data)
{
  g_autofree char *longest = g_strnfill (128, 'n');
  g_autofree char *too_long = g_strnfill (129, 'n');
  Reply reply;

  (void) data;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_cmpint (musterd_secret_name_is_valid (names[i].name), ==, names[i].valid);
      secrets_get (f, names[i].name, &reply);
      if (names[i].valid)
        g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
      else
        g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
      reply_clear (&reply);
      secrets_put (f, names[i].name, "s", &reply);
      if (names[i].valid)
        g_assert_no_error (reply.error);
      else
        g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID);
      reply_clear (&reply);
    }
  g_assert_false (musterd_secret_name_is_valid (NULL));
  g_assert_true (musterd_secret_name_is_valid (longest));
  g_assert_false (musterd_secret_name_is_valid (too_long));
  secrets_put (f, longest, "s", &reply);
  g_assert_no_error (reply.error);
  secrets_assert (f, longest, "s");
}

/* It seals the others: nobody reads or replaces it, by whatever way. */
static void
test_key_name (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto(Reply) reply = { 0 };
  g_auto(Reply) list = { 0 };

  secrets_write (f, TRUE, "muster-secret-key", "0123456789abcdef0123456789abcdef", -1, 0400);
  secrets_refuse_get (f, "muster-secret-key", MUSTERD_ERROR_FORBIDDEN, "*seals*");
  secrets_refuse_put (f, "muster-secret-key", MUSTERD_ERROR_FORBIDDEN, "*seals*");
  secrets_remove (f, "muster-secret-key", &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN);
  secrets_list (f, &list);
  g_assert_no_error (list.error);
  g_assert_true (list.list->has_key);
  g_assert_cmpuint (list.list->items->len, ==, 0);
}

static void
test_remove (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *path = secrets_path (f, FALSE, "key");
  Reply reply;

  secrets_remove (f, "key", &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  reply_clear (&reply);
  secrets_assert_put (f, "key", "s3cret", MUSTERD_SECRET_FILE);
  secrets_assert_put (f, "key2", "s3cret", MUSTERD_SECRET_FILE);
  secrets_remove (f, "key", &reply);
  g_assert_no_error (reply.error);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  secrets_refuse_get (f, "key", MUSTERD_ERROR_NOT_FOUND, "*");
  secrets_assert (f, "key2", "s3cret");

  secrets_write (f, TRUE, "key2", "given", -1, 0400);
  secrets_remove (f, "key2", &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
  reply_clear (&reply);
  secrets_assert (f, "key2", "given");
}

static void
test_list (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto(Reply) reply = { 0 };
  g_autofree char *text = NULL;

  secrets_write (f, TRUE, "a", "given", -1, 0400);
  secrets_write (f, TRUE, "b", "given", -1, 0444);
  secrets_write (f, FALSE, "b", "older", -1, 0600);
  secrets_write (f, FALSE, "c", "s3cret", -1, 0600);
  secrets_write (f, FALSE, "wide", "s3cret", -1, 0644);
  secrets_write (f, FALSE, ".c.part", "s3cret", -1, 0600);
  secrets_list (f, &reply);
  g_assert_no_error (reply.error);
  g_assert_false (reply.list->has_key);
  g_assert_cmpint (reply.list->ring, ==, MUSTERD_RING_ABSENT);
  text = secrets_describe (reply.list);
  g_test_message ("%s", text);
  g_assert_true (g_pattern_match_simple ("a credential\nb credential hides: */b: everybody *\nc file\n"
                                         "wide unread-file: */wide: its group *\n",
                                         text));
  g_assert_null (strstr (text, "s3cret"));
}

/* The service manager says it by the environment. */
static void
test_environment (void)
{
  char *dir = test_dir_new ();
  g_autofree char *path = test_path (dir, "key");
  Secrets f = { 0 };

  g_assert_true (g_file_set_contents (path, "given", -1, NULL));
  g_assert_cmpint (chmod (path, 0400), ==, 0);
  g_setenv ("CREDENTIALS_DIRECTORY", dir, TRUE);
  f.secrets = musterd_secrets_new (dir);
  g_unsetenv ("CREDENTIALS_DIRECTORY");
  secrets_assert (&f, "key", "given");
  musterd_secrets_free (f.secrets);
  test_dir_remove (dir);
}

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/secrets/environment", test_environment);
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_strconcat ("/secrets/file/", files[i].name, NULL);

      g_test_add (path, Secrets, &files[i], secrets_set_up, test_file, secrets_tear_down);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path = g_strconcat ("/secrets/place/", places[i].name, NULL);

      g_test_add (path, Secrets, &places[i], secrets_set_up, test_place, secrets_tear_down);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (round_trips); i++)
    {
      g_autofree char *path = g_strdup_printf ("/secrets/round-trip/%" G_GSIZE_FORMAT, i);

      g_test_add (path, Secrets, round_trips[i], secrets_set_up, test_round_trip, secrets_tear_down);
    }
  g_test_add ("/secrets/order", Secrets, NULL, secrets_set_up, test_order, secrets_tear_down);
  g_test_add ("/secrets/not-found", Secrets, NULL, secrets_set_up, test_not_found, secrets_tear_down);
  g_test_add ("/secrets/no-credentials", Secrets, NULL, secrets_set_up, test_no_credentials, secrets_tear_down);
  g_test_add ("/secrets/put-bounds", Secrets, NULL, secrets_set_up, test_put_bounds, secrets_tear_down);
  g_test_add ("/secrets/put-over-link", Secrets, NULL, secrets_set_up, test_put_over_link, secrets_tear_down);
  g_test_add ("/secrets/put-in-order", Secrets, NULL, secrets_set_up, test_put_in_order, secrets_tear_down);
  g_test_add ("/secrets/key-name", Secrets, NULL, secrets_set_up, test_key_name, secrets_tear_down);
  g_test_add ("/secrets/remove", Secrets, NULL, secrets_set_up, test_remove, secrets_tear_down);
  g_test_add ("/secrets/list", Secrets, NULL, secrets_set_up, test_list, secrets_tear_down);
  g_test_add ("/secrets/names", Secrets, NULL, secrets_set_up, test_names, secrets_tear_down);
  return g_test_run ();
}
