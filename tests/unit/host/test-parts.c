/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Small parts: who is taken, whose secret it is, how many records there may be, what a line of the log looks like. */
#define G_LOG_DOMAIN "test-host"

#include "host/instance.h"

#include <string.h>

typedef struct
{
  const char *name, *users;
  const char *id, *location, *group, *email;
  gboolean    takes;
} SelectionCase;

static const SelectionCase selections[] = {
  { "all", "all", "alice@example.com", NULL, NULL, NULL, TRUE },
  { "null", NULL, "alice@example.com", NULL, NULL, NULL, TRUE },
  { "location", "location:Berlin", "alice@example.com", "Berlin", NULL, NULL, TRUE },
  { "other-location", "location:Berlin", "alice@example.com", "Bonn", NULL, NULL, FALSE },
  { "no-location", "location:Berlin", "alice@example.com", NULL, NULL, NULL, FALSE },
  { "location-case", "location:Berlin", "alice@example.com", "berlin", NULL, NULL, FALSE },
  { "group", "group:Field staff", "alice@example.com", NULL, "Field staff", NULL, TRUE },
  { "other-group", "group:Field staff", "alice@example.com", NULL, "Office", NULL, FALSE },
  { "domain", "domain:example.com", "alice@example.com", NULL, NULL, NULL, TRUE },
  { "domain-case", "domain:EXAMPLE.com", "alice@Example.COM", NULL, NULL, NULL, TRUE },
  { "other-domain", "domain:example.com", "alice@example.org", NULL, NULL, NULL, FALSE },
  { "subdomain", "domain:example.com", "alice@mail.example.com", NULL, NULL, NULL, FALSE },
  { "domain-of-email", "domain:example.com", "alice", NULL, NULL, "alice@example.com", TRUE },
  { "domain-of-id-first", "domain:example.com", "alice@example.org", NULL, NULL, "alice@example.com", FALSE },
  { "several", "location:Bonn;group:Sales", "alice@example.com", "Berlin", "Sales", NULL, TRUE },
  { "none-of-several", "location:Bonn;group:Sales", "alice@example.com", "Berlin", "Office", NULL, FALSE },
  { "all-among", "location:Bonn;all", "alice@example.com", NULL, NULL, NULL, TRUE },
};

static void
test_selection (gconstpointer data)
{
  const SelectionCase *c = data;
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdSelection) selection = musterd_selection_new (c->users, &error);
  const char *fields[MUSTERD_N_USER_FIELDS] = {
    [MUSTERD_USER_LOCATION] = c->location, [MUSTERD_USER_GROUP] = c->group, [MUSTERD_USER_EMAIL] = c->email
  };

  g_assert_no_error (error);

  g_autoptr(MusterdUser) user = musterd_user_new (c->id, fields, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpint (musterd_selection_takes (selection, user), ==, c->takes);
}

static void
test_bad_selection (void)
{
  static const char *const bad[] = { "everybody", "location:", "location: ;all", "domain" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr(GError) error = NULL;

      g_assert_null (musterd_selection_new (bad[i], &error));
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG);
    }
}

typedef struct
{
  const char *name, *instance, *secret, *expected;
} SecretCase;

static const SecretCase secrets[] = {
  { "plain", "ews", "token", "ews.token" },
  { "instance", "ews:hq", "token", "ews.hq.token" },
  { "dot", "ews", "hq.token", "ews.hq_2etoken" },
  { "user", "ews", "token-alice@example.com", "ews.token-alice_40example_2ecom" },
  { "underscore", "ews", "a_b", "ews.a_5fb" },
  { "option", "ews", "password", "mail-hq" },
  { "referred", "ews", "mail-hq", "mail-hq" },
};

static const MusterOption options[] = {
  { .name = "url", .type = MUSTER_OPTION_STRING, .doc = "x" },
  { .name = "password", .type = MUSTER_OPTION_SECRET, .doc = "x" },
  { .name = "key", .type = MUSTER_OPTION_SECRET, .doc = "x" },
};

static char *
secret_name (const char *instance, const char *secret)
{
  MusterdEntry entry = { .key = (char *) "password", .value = (char *) "secret:mail-hq" };
  MusterdInstanceConfig config = { .name = (char *) instance };
  const MusterPluginDescriptor descriptor = { MUSTER_OPTIONS (options) };
  char *name;

  config.entries = g_ptr_array_new ();
  g_ptr_array_add (config.entries, &entry);
  name = musterd_instance_secret_name (&config, &descriptor, secret);
  g_ptr_array_unref (config.entries);
  return name;
}

static void
test_secret (gconstpointer data)
{
  const SecretCase *c = data;
  g_autofree char *name = secret_name (c->instance, c->secret);

  g_assert_cmpstr (name, ==, c->expected);
  g_assert_true (musterd_secret_name_is_valid (name));
}

/* However long and whatever is in it: valid, and never the same for two. */
static void
test_long_secrets (void)
{
  g_autofree char *instance = g_strconcat ("p:", "an-instance-with-a-long-name-of-which-there-are-not-many", NULL);
  g_autofree char *first = g_strnfill (120, '@');
  g_autofree char *second = g_strconcat (first, "@", NULL);
  g_autofree char *a = secret_name (instance, first);
  g_autofree char *b = secret_name (instance, second);

  g_assert_true (musterd_secret_name_is_valid (a));
  g_assert_true (musterd_secret_name_is_valid (b));
  g_assert_cmpstr (a, !=, b);
}

static void
test_index (void)
{
  MusterdIndex *index = musterd_index_new ();

  for (guint i = 0; i < 10; i++)
    {
      g_autofree char *key = g_strdup_printf ("key%u", i);

      g_assert_true (musterd_index_add (index, "alice", key));
    }
  g_assert_false (musterd_index_add (index, "alice", "one-more"));
  g_assert_true (musterd_index_add (index, "alice", "key3"));
  g_assert_true (musterd_index_add (index, "bob", "one-more"));
  musterd_index_remove (index, "alice", "key0");
  musterd_index_remove (index, "alice", "never-was");
  musterd_index_remove (index, "nobody", "never-was");
  g_assert_true (musterd_index_add (index, "alice", "one-more"));
  g_assert_false (musterd_index_add (index, "alice", "key0"));
  musterd_index_forget (index, "alice");
  g_assert_true (musterd_index_add (index, "alice", "key0"));

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *key = g_strdup_printf ("key%u", i);

      g_assert_true (musterd_index_add (index, NULL, key));
    }
  g_assert_false (musterd_index_add (index, NULL, "one-more"));
  musterd_index_remove (index, NULL, "key7");
  g_assert_true (musterd_index_add (index, NULL, "one-more"));
  musterd_index_clear (index);
  g_assert_true (musterd_index_add (index, NULL, "key7"));
  musterd_index_free (index);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (selections); i++)
    {
      g_autofree char *path = g_strconcat ("/host/selection/", selections[i].name, NULL);

      g_test_add_data_func (path, &selections[i], test_selection);
    }
  g_test_add_func ("/host/selection/bad", test_bad_selection);
  for (gsize i = 0; i < G_N_ELEMENTS (secrets); i++)
    {
      g_autofree char *path = g_strconcat ("/host/secret/", secrets[i].name, NULL);

      g_test_add_data_func (path, &secrets[i], test_secret);
    }
  g_test_add_func ("/host/secret/long", test_long_secrets);
  g_test_add_func ("/host/index", test_index);
  return g_test_run ();
}
