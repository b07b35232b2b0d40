/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Entries against a plugin's option tables. */
#include "config/config.h"
#include "config/keyfile.h"

#include <string.h>

static const MusterColumn program_columns[] = {
  { "process", MUSTER_OPTION_STRING, NULL, "name of the process" },
  { "active", MUSTER_OPTION_BOOLEAN, "true", "whether it counts" },
};

static const MusterOption options[] = {
  { .name = "url", .type = MUSTER_OPTION_URL, .doc = "where to", .flags = MUSTER_OPTION_REQUIRED },
  { .name = "user", .type = MUSTER_OPTION_STRING, .doc = "as whom" },
  { .name = "password", .type = MUSTER_OPTION_SECRET, .doc = "with what" },
  { .name = "retries", .type = MUSTER_OPTION_INTEGER, .default_value = "3", .doc = "how often", .min = 1, .max = 9 },
  { .name = "timeout", .type = MUSTER_OPTION_DURATION, .default_value = "30s", .doc = "how long" },
  { .name = "verify", .type = MUSTER_OPTION_BOOLEAN, .default_value = "true", .doc = "whether" },
  { .name = "ca", .type = MUSTER_OPTION_PATH, .doc = "authority" },
  { .name = "method", .type = MUSTER_OPTION_CHOICE, .default_value = "post", .doc = "how", .choices = "post|put" },
};

static const MusterOption user_options[] = {
  { .name = "programs", .type = MUSTER_OPTION_TABLE, .doc = "which", .default_value = "zoom|true",
    MUSTER_COLUMNS (program_columns) },
  { .name = "hold", .type = MUSTER_OPTION_DURATION, .default_value = "1s", .doc = "how long" },
};

static const MusterSourceOps source = { .struct_size = sizeof (MusterSourceOps) };

static const MusterPluginDescriptor descriptor = {
  .struct_size = sizeof (MusterPluginDescriptor),
  .abi = MUSTER_PLUGIN_ABI,
  .api_level = MUSTER_API_LEVEL,
  .id = "x",
  .version = "1",
  .license = "LGPL-2.1-or-later",
  .summary = "for this test",
  MUSTER_OPTIONS (options),
  MUSTER_USER_OPTIONS (user_options),
  .source = &source,
};

typedef struct
{
  const char *name, *text;
  const char *problems[4];
} CheckCase;

#define URL "url=https://x.example/\n"

static const CheckCase cases[] = {
  { "smallest", URL, { NULL } },
  { "everything",
    URL "user=EXAMPLE\\svc\npassword=secret:ews-hq\nretries=9\ntimeout=5min\nverify=false\nca=/etc/ca.pem\nmethod=put\n"
        "programs=teams|false;zoom|false\nhold=500ms\n",
    { NULL } },
  { "host-keys-are-known", "Enabled=optional\nUsers=all\n" URL, { NULL } },
  { "required", "user=a\n", { "t:1: [x:y] the key url is missing: where to" } },
  { "required-empty", "url=\n", { "t:2: [x:y] url has no value: where to" } },
  { "unknown-near", URL "time-out=3s\n", { "t:3: [x:y] unknown key 'time-out': did you mean timeout?" } },
  { "unknown-user-option", URL "program=a\n", { "t:3: [x:y] unknown key 'program': did you mean programs?" } },
  { "unknown-far", URL "colour=red\n", { "t:3: [x:y] unknown key 'colour': 'muster-inspect x' lists*" } },
  { "integer", URL "retries=10\n", { "t:3: [x:y] retries: expected *" } },
  { "integer-comment", URL "retries=3 # enough\n", { "t:3: [x:y] retries: expected *; a comment needs a line*" } },
  { "duration", URL "timeout=soon\n", { "t:3: [x:y] timeout: expected *" } },
  { "boolean", URL "verify=perhaps\n", { "t:3: [x:y] verify: expected *" } },
  { "path", URL "ca=ca.pem\n", { "t:3: [x:y] ca: expected *" } },
  { "choice", URL "method=get\n", { "t:3: [x:y] method: expected *" } },
  { "url", "url=ftp://x.example\n", { "t:2: [x:y] url: expected *" } },
  { "user-option", URL "hold=-1s\n", { "t:3: [x:y] hold: expected *" } },
  { "table", URL "programs=zoom|maybe\n", { "t:3: [x:y] programs: *" } },
  { "all-of-them",
    "retries=0\nverify=2\nsecret=x\n",
    { "t:4: [x:y] unknown key*", "t:1: [x:y] the key url is missing*", "t:2: [x:y] retries*", "t:3: [x:y] verify*" } },
};

static MusterdInstanceConfig *
make_instance (const char *text, GPtrArray *entries)
{
  static MusterdInstanceConfig instance
      = { .name = (char *) "x:y", .plugin = (char *) "x", .file = (char *) "t", .line = 1 };
  g_autofree char *whole = g_strconcat ("[x:y]\n", text, NULL);
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) groups = musterd_keyfile_parse ("t", whole, strlen (whole), problems);
  const MusterdKeyfileGroup *group = g_ptr_array_index (groups, 0);

  g_assert_cmpuint (problems->len, ==, 0);
  for (guint i = 0; i < group->entries->len; i++)
    {
      const MusterdEntry *entry = g_ptr_array_index (group->entries, i);

      if (!g_ascii_isupper (entry->key[0]))
        g_ptr_array_add (entries, musterd_entry_new (entry->key, entry->value, entry->file, entry->line));
    }
  instance.entries = entries;
  return &instance;
}

static void
on_send (gpointer data G_GNUC_UNUSED, MusterMessage *message)
{
  muster_message_free (message);
  g_error ("checking options must send nothing");
}

static gint64
on_now (gpointer data G_GNUC_UNUSED)
{
  return 1;
}

static GSource *
on_timer (gpointer data G_GNUC_UNUSED, gint64 at G_GNUC_UNUSED)
{
  return g_timeout_source_new (0);
}

static const MusterBackend backend = { on_send, on_now, on_timer };

static void
test_check (gconstpointer data)
{
  const CheckCase *c = data;
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_entry_free);
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  gboolean right = musterd_instance_config_check (make_instance (c->text, entries), &descriptor, NULL, problems);

  for (guint i = 0; i < problems->len; i++)
    {
      const char *problem = g_ptr_array_index (problems, i);

      g_test_message ("%s", problem);
      g_assert_cmpuint (i, <, G_N_ELEMENTS (c->problems));
      if (c->problems[i] == NULL || !g_pattern_match_simple (c->problems[i], problem))
        g_error ("expected \"%s\", got \"%s\"", c->problems[i], problem);
    }
  if (problems->len < G_N_ELEMENTS (c->problems))
    g_assert_cmpstr (c->problems[problems->len], ==, NULL);
  g_assert_cmpint (right, ==, c->problems[0] == NULL);
}

/* Whatever stands where a secret belongs, the messages hold nothing of it. */
static void
test_secrets (void)
{
  static const char *const texts[] = {
    URL "password=hunter2\n",
    URL "password=secretly-hunter2\n",
    URL "password=Secret:hunter2\n",
    URL "passwort=hunter2\n",
    "url=https://alice:hunter2@x.example/\n",
    "url=https://hunter2@x.example\n",
    "url=ftp://hunter2@x.example/a?b\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_entry_free);
      g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

      g_assert_false (musterd_instance_config_check (make_instance (texts[i], entries), &descriptor, NULL, problems));
      g_assert_cmpuint (problems->len, ==, 1);
      g_assert_null (strstr (g_ptr_array_index (problems, 0), "hunter2"));
    }

  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_entry_free);
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  musterd_instance_config_check (make_instance (texts[0], entries), &descriptor, NULL, problems);
  const char *problem = g_ptr_array_index (problems, 0);

  g_assert_true (g_str_has_prefix (problem, "t:3: [x:y] password: expected secret:NAME"));
  g_assert_nonnull (strstr (problem, "LoadCredential=x-y:FILE"));
  g_assert_nonnull (strstr (problem, "musterctl secret set x-y"));
  g_assert_nonnull (strstr (problem, "password=secret:x-y"));
}

static void
test_context (void)
{
  g_autoptr(GMainContext) thread = g_main_context_new ();
  MusterContext *ctx = muster_context_new ("x:y", thread, &backend, NULL);
  g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_entry_free);
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  const MusterdInstanceConfig *instance
      = make_instance (URL "password=secret:ews-hq\ntimeout=2min\nhold=2s\n", entries);

  g_assert_true (musterd_instance_config_check (instance, &descriptor, ctx, problems));
  g_assert_cmpuint (problems->len, ==, 0);
  g_assert_cmpstr (muster_context_get_string (ctx, "url"), ==, "https://x.example/");
  g_assert_cmpint (muster_context_get_integer (ctx, "retries"), ==, 3);
  g_assert_cmpint (muster_context_get_duration (ctx, "timeout"), ==, 2 * G_TIME_SPAN_MINUTE);
  g_assert_true (muster_context_get_boolean (ctx, "verify"));
  g_assert_cmpstr (muster_context_get_string (ctx, "method"), ==, "post");
  g_assert_null (muster_context_get_string (ctx, "user"));
  g_assert_cmpstr (musterd_instance_config_get (instance, "hold"), ==, "2s");
  g_assert_null (musterd_instance_config_get (instance, "programs"));

  muster_context_close (ctx);
  muster_context_unref (ctx);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/config/check/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_check);
    }
  g_test_add_func ("/config/check/secrets", test_secrets);
  g_test_add_func ("/config/check/context", test_context);
  return g_test_run ();
}
