/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "model/error.h"
#include "secrets-test.h"
#include "store/secret-seal.h"

#define KEY "0123456789abcdef0123456789abcdef"
#define OTHER_KEY "an altogether other key of 36 bytes!"

static void
give_key (Secrets *f, const char *key)
{
  g_autofree char *path = secrets_path (f, TRUE, "muster-secret-key");

  g_unlink (path);
  if (key != NULL)
    secrets_write (f, TRUE, "muster-secret-key", key, -1, 0400);
}

static char *
read_file (Secrets *f, const char *name, gsize *length)
{
  g_autofree char *path = secrets_path (f, FALSE, name);

  return test_read (path, length);
}

static gboolean
is_sealed (Secrets *f, const char *name)
{
  gsize length = 0;
  g_autofree char *bytes = read_file (f, name, &length);

  return musterd_seal_is_sealed ((const guchar *) bytes, length);
}

static gboolean
holds (const char *bytes, gsize length, const char *text)
{
  return memmem (bytes, length, text, strlen (text)) != NULL;
}

static void
test_round_trip (Secrets *f, gconstpointer data)
{
  const char *secret = data;
  gsize length = 0;
  g_autofree char *bytes = NULL;
  g_autofree char *path = secrets_path (f, FALSE, "key");
  struct stat info;

  give_key (f, KEY);
  secrets_assert_put (f, "key", secret, MUSTERD_SECRET_SEALED_FILE);
  secrets_assert (f, "key", secret);
  bytes = read_file (f, "key", &length);
  g_assert_cmpuint (length, ==, strlen (secret) + MUSTERD_SEAL_OVERHEAD);
  g_assert_false (strlen (secret) > 3 && holds (bytes, length, secret));
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0600);
}

static const char *const round_trips[] = { "s", "line\n", "dos\r\n", "\n", "Passwörter 🔑", "\xff\xfe latin" };

static void
test_bounds (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *longest = g_strnfill (16384, 'x');
  g_autofree char *too_long = g_strnfill (16385, 'x');
  g_auto(Reply) reply = { 0 };

  give_key (f, KEY);
  secrets_assert_put (f, "key", longest, MUSTERD_SECRET_SEALED_FILE);
  secrets_assert (f, "key", longest);
  secrets_put (f, "key", too_long, &reply);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT);
}

/* The same secret twice is not seen to be the same. */
static void
test_salted (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  gsize length = 0;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  give_key (f, KEY);
  secrets_assert_put (f, "key", "s3cret", MUSTERD_SECRET_SEALED_FILE);
  first = read_file (f, "key", &length);
  secrets_assert_put (f, "key", "s3cret", MUSTERD_SECRET_SEALED_FILE);
  second = read_file (f, "key", &length);
  g_assert_cmpint (memcmp (first, second, length), !=, 0);
  g_assert_cmpint (memcmp (first + 16, second + 16, 32), !=, 0);
  g_assert_cmpint (memcmp (first + 48, second + 48, length - 48), !=, 0);
}

/* The form of version 1, made by another program after its description: what was sealed once is opened for ever. */
static void
test_known (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  static const guchar known[] = {
    0x6d, 0x75, 0x73, 0x74, 0x65, 0x72, 0x2d, 0x73, 0x65, 0x61, 0x6c, 0x65,
    0x64, 0x00, 0x00, 0x01, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b,
    0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77,
    0x78, 0x79, 0x7a, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x83,
    0x75, 0x73, 0x8e, 0xe5, 0x52, 0x49, 0x6e, 0xba, 0xd1, 0x78, 0x69, 0x89,
    0x5a, 0xe3, 0xe7, 0x00, 0x41, 0x44, 0x9b, 0xbd, 0xae, 0x79, 0x35, 0xdc,
    0x32, 0x28, 0x4a, 0xf8, 0x53, 0x47, 0xe7, 0x1c, 0x32, 0x0a, 0x5a, 0xbe,
    0x4f, 0xde, 0xa6, 0x5c, 0xb3, 0xb5, 0xb7, 0x00,
  };

  give_key (f, KEY);
  secrets_write (f, FALSE, "webhook-lamps", (const char *) known, sizeof known, 0600);
  secrets_assert (f, "webhook-lamps", "correct horse battery staple");
}

static void
test_tampered (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  gsize length = 0;
  g_autofree char *bytes = NULL;

  give_key (f, KEY);
  secrets_assert_put (f, "key", "s3cret", MUSTERD_SECRET_SEALED_FILE);
  bytes = read_file (f, "key", &length);
  for (gsize i = 0; i < length; i++)
    {
      const char *pattern = i < 15 ? "*zero byte*" : i == 15 ? "*newer version*" : "*another key or*changed*";

      bytes[i] ^= 1;
      secrets_write (f, FALSE, "key", bytes, (gssize) length, 0600);
      secrets_refuse_get (f, "key", MUSTERD_ERROR_UNAVAILABLE, pattern);
      bytes[i] ^= 1;
    }
  secrets_write (f, FALSE, "key", bytes, (gssize) length, 0600);
  secrets_assert (f, "key", "s3cret");
}

static void
test_cut_off (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  gsize length = 0;
  g_autofree char *bytes = NULL;

  give_key (f, KEY);
  secrets_assert_put (f, "key", "s3cret", MUSTERD_SECRET_SEALED_FILE);
  bytes = read_file (f, "key", &length);
  for (gsize n = 15; n < length; n++)
    {
      secrets_write (f, FALSE, "key", bytes, (gssize) n, 0600);
      secrets_refuse_get (f, "key", MUSTERD_ERROR_UNAVAILABLE,
                          n <= MUSTERD_SEAL_OVERHEAD ? "*cut off*secret set key*" : "*changed*");
    }
  secrets_assert_put (f, "key", "anew", MUSTERD_SECRET_SEALED_FILE);
  secrets_assert (f, "key", "anew");
}

static void
test_name_swapped (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  gsize length = 0;
  g_autofree char *bytes = NULL;

  give_key (f, KEY);
  secrets_assert_put (f, "lamps", "s3cret", MUSTERD_SECRET_SEALED_FILE);
  bytes = read_file (f, "lamps", &length);
  secrets_write (f, FALSE, "doors", bytes, (gssize) length, 0600);
  secrets_refuse_get (f, "doors", MUSTERD_ERROR_UNAVAILABLE, "*for another name*'musterctl secret set doors'*");
}

static void
test_other_key (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  give_key (f, KEY);
  secrets_assert_put (f, "key", "s3cret", MUSTERD_SECRET_SEALED_FILE);
  give_key (f, OTHER_KEY);
  secrets_refuse_get (f, "key", MUSTERD_ERROR_UNAVAILABLE,
                      "*another key*muster-secret-key*'musterctl secret set key'*");
  give_key (f, KEY);
  secrets_assert (f, "key", "s3cret");

  /* Whoever stores it anew stores it under the key of now. */
  give_key (f, OTHER_KEY);
  secrets_assert_put (f, "key", "newer", MUSTERD_SECRET_SEALED_FILE);
  secrets_assert (f, "key", "newer");
}

static void
test_no_key (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto(Reply) reply = { 0 };
  g_auto(Reply) list = { 0 };
  g_autofree char *text = NULL;

  give_key (f, KEY);
  secrets_assert_put (f, "key", "s3cret", MUSTERD_SECRET_SEALED_FILE);
  give_key (f, NULL);
  secrets_refuse_get (f, "key", MUSTERD_ERROR_UNAVAILABLE,
                      "*it is sealed*no credential muster-secret-key*LoadCredentialEncrypted=*");
  /* Nothing goes on in plain: not this one, and none beside it. */
  secrets_refuse_put (f, "key", MUSTERD_ERROR_CONFLICT, "*'key' is sealed*in plain*");
  secrets_refuse_put (f, "another", MUSTERD_ERROR_CONFLICT, "*'key' is sealed*in plain*");
  g_assert_true (is_sealed (f, "key"));
  secrets_list (f, &list);
  text = secrets_describe (list.list);
  g_assert_true (g_pattern_match_simple ("key sealed-file: *it is sealed*", text));

  secrets_remove (f, "key", &reply);
  g_assert_no_error (reply.error);
  secrets_assert_put (f, "another", "plain", MUSTERD_SECRET_FILE);
}

/* What cannot be read is not taken for plain: neither is it replaced, nor does anything plain come beside it. */
static void
test_unread (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *path = secrets_path (f, FALSE, "key");
  g_autofree char *large = g_strnfill (20000, 'x');
  g_autofree char *text = NULL;
  g_auto(Reply) list = { 0 };

  give_key (f, KEY);
  secrets_assert_put (f, "key", "s3cret", MUSTERD_SECRET_SEALED_FILE);
  give_key (f, NULL);
  g_assert_cmpint (chmod (path, 0640), ==, 0);
  secrets_refuse_put (f, "key", MUSTERD_ERROR_CONFLICT, "*in plain*/secrets/key: its group or others*");
  secrets_refuse_put (f, "another", MUSTERD_ERROR_CONFLICT, "*in plain*/secrets/key: its group or others*");
  secrets_list (f, &list);
  text = secrets_describe (list.list);
  g_assert_true (g_pattern_match_simple ("key unread-file: *its group or others*", text));
  g_assert_cmpint (chmod (path, 0600), ==, 0);
  g_assert_true (is_sealed (f, "key"));
  secrets_refuse_put (f, "another", MUSTERD_ERROR_CONFLICT, "*'key' is sealed*");

  g_assert_cmpint (g_unlink (path), ==, 0);
  secrets_write (f, FALSE, "large", large, -1, 0600);
  secrets_refuse_put (f, "another", MUSTERD_ERROR_CONFLICT, "*in plain*/secrets/large: *");
}

/* Nor is a directory of which only the beginning was looked at. */
static void
test_too_many (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *first = secrets_path (f, FALSE, "n");
  g_auto(Reply) list = { 0 };

  secrets_write (f, FALSE, "n", "words", -1, 0600);
  for (guint i = 0; i < 10000; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s%u", first, i);

      g_assert_cmpint (link (first, path), ==, 0);
    }
  secrets_refuse_put (f, "another", MUSTERD_ERROR_CONFLICT, "*in plain*more than 10000 files*");
  secrets_list (f, &list);
  g_assert_error (list.error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE);
}

/* A key that cannot be used is not taken for none. */
typedef struct
{
  const char *name, *key;
  guint       mode;
  const char *pattern;
} Faulty;

static const Faulty faulty[] = {
  { "short", "0123456789abcdef0123456789abcde", 0400, "*muster-secret-key has fewer than 32 bytes*" },
  { "empty", "", 0400, "*muster-secret-key has fewer than 32 bytes*" },
  { "everybody", KEY, 0444, "*muster-secret-key: everybody has rights to it*" },
};

static void
test_faulty_key (Secrets *f, gconstpointer data)
{
  const Faulty *c = data;
  g_auto(Reply) list = { 0 };

  give_key (f, KEY);
  secrets_assert_put (f, "key", "s3cret", MUSTERD_SECRET_SEALED_FILE);
  secrets_write (f, FALSE, "plain", "words", -1, 0600);
  give_key (f, NULL);
  secrets_write (f, TRUE, "muster-secret-key", c->key, -1, c->mode);
  secrets_refuse_get (f, "key", MUSTERD_ERROR_UNAVAILABLE, c->pattern);
  secrets_refuse_put (f, "key", MUSTERD_ERROR_UNAVAILABLE, c->pattern);
  secrets_refuse_put (f, "another", MUSTERD_ERROR_UNAVAILABLE, c->pattern);
  secrets_assert (f, "plain", "words"); /* needs no key */
  secrets_list (f, &list);
  g_assert_true (list.list->key_is_faulty);
  g_assert_false (list.list->has_key);

  /* And it is said at the start. */
  secrets_open (f);
  secrets_assert (f, "plain", "words");
  g_assert_cmpuint (test_take_warnings (c->pattern), ==, 1);
}

/* A key is given to a service that had none: at the start, and for what is put there by hand later. */
static void
test_plain_to_sealed (Secrets *f, gconstpointer data G_GNUC_UNUSED)
{
  secrets_write (f, FALSE, "one", "first\n", -1, 0600);
  secrets_write (f, FALSE, "two", "second", -1, 0600);
  secrets_write (f, FALSE, "wide", "third", -1, 0644);
  give_key (f, KEY);
  secrets_open (f);
  secrets_assert (f, "one", "first");
  g_assert_true (is_sealed (f, "one"));
  g_assert_true (is_sealed (f, "two")); /* nobody asked for it */
  g_assert_false (is_sealed (f, "wide"));
  secrets_assert (f, "two", "second");

  secrets_write (f, FALSE, "three", "fourth\n", -1, 0600);
  secrets_assert (f, "three", "fourth");
  g_assert_true (is_sealed (f, "three"));
  secrets_assert (f, "three", "fourth");
}

/* As values, whatever the bytes are. */
static void
test_values (void)
{
  const char *fault = NULL;
  gsize length = 0;
  g_autofree guchar *bytes = musterd_seal_close ((const guchar *) KEY, 32, "n", "s3cret", &length, &fault);
  g_autofree char *secret = NULL;

  g_assert_cmpstr (fault, ==, NULL);
  secret = musterd_seal_open ((const guchar *) KEY, 32, "n", bytes, length, &fault);
  g_assert_cmpstr (secret, ==, "s3cret");
  /* The whole key counts, not its beginning. */
  g_assert_null (musterd_seal_open ((const guchar *) KEY "x", 33, "n", bytes, length, &fault));
  g_assert_nonnull (fault);
}

#define ADD(path, data, func) g_test_add (path, Secrets, data, secrets_set_up, func, secrets_tear_down)

int
main (int argc, char **argv)
{
  test_init (&argc, &argv);
  g_test_add_func ("/sealed/values", test_values);
  for (gsize i = 0; i < G_N_ELEMENTS (round_trips); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sealed/round-trip/%" G_GSIZE_FORMAT, i);

      ADD (path, round_trips[i], test_round_trip);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (faulty); i++)
    {
      g_autofree char *path = g_strconcat ("/sealed/faulty-key/", faulty[i].name, NULL);

      ADD (path, &faulty[i], test_faulty_key);
    }
  ADD ("/sealed/bounds", NULL, test_bounds);
  ADD ("/sealed/salted", NULL, test_salted);
  ADD ("/sealed/known", NULL, test_known);
  ADD ("/sealed/tampered", NULL, test_tampered);
  ADD ("/sealed/cut-off", NULL, test_cut_off);
  ADD ("/sealed/name-swapped", NULL, test_name_swapped);
  ADD ("/sealed/other-key", NULL, test_other_key);
  ADD ("/sealed/no-key", NULL, test_no_key);
  ADD ("/sealed/unread", NULL, test_unread);
  ADD ("/sealed/too-many", NULL, test_too_many);
  ADD ("/sealed/plain-to-sealed", NULL, test_plain_to_sealed);
  return g_test_run ();
}
