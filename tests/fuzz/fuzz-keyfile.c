/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A keyfile: what is taken is within its bounds, and is the same once it was written and read again, without a problem.
 * Then the whole way of a configuration: into instances, against a plugin's tables, onto its context. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "config/keyfile.h"
#include "fuzz.h"

#define FILE_NAME "muster.conf"

static void
check_problems (GPtrArray *problems, const char *file)
{
  for (guint i = 0; i < problems->len; i++)
    {
      fuzz_check_message (g_ptr_array_index (problems, i));
      g_assert_true (g_str_has_prefix (g_ptr_array_index (problems, i), file));
    }
}

/* Groups and entries. */

static void
check_name (const char *name)
{
  g_assert_cmpuint (strlen (name), >, 0);
  g_assert_cmpuint (strlen (name), <=, MUSTERD_KEYFILE_NAME_MAX);
  for (const char *p = name; *p != '\0'; p++)
    g_assert_true (g_ascii_isalnum (*p) || strchr ("._:-", *p) != NULL);
}

static GString *
write_groups (GPtrArray *groups)
{
  GString *text = g_string_new (NULL);
  guint line = 0;

  g_assert_cmpuint (groups->len, <=, MUSTERD_KEYFILE_GROUPS_MAX);
  for (guint i = 0; i < groups->len; i++)
    {
      const MusterdKeyfileGroup *group = g_ptr_array_index (groups, i);

      check_name (group->name);
      g_assert_cmpuint (group->line, >, line);
      line = group->line;
      g_string_append_printf (text, "[%s]\n", group->name);
      g_assert_cmpuint (group->entries->len, <=, MUSTERD_KEYFILE_ENTRIES_MAX);
      for (guint j = 0; j < group->entries->len; j++)
        {
          const MusterdEntry *entry = g_ptr_array_index (group->entries, j);

          check_name (entry->key);
          g_assert_cmpstr (entry->file, ==, FILE_NAME);
          g_assert_cmpuint (entry->line, >, line);
          line = entry->line;
          g_assert_cmpuint (strlen (entry->value), <=, MUSTERD_KEYFILE_LINE_MAX);
          g_assert_true (g_utf8_validate (entry->value, -1, NULL));
          g_string_append_printf (text, "%s=%s\n", entry->key, entry->value);
        }
    }
  return text;
}

static void
check_keyfile (const char *data, gsize length)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) groups = musterd_keyfile_parse (FILE_NAME, data, length, problems);
  g_autoptr(GPtrArray) new_problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) again = NULL;
  g_autoptr(GString) written = write_groups (groups);
  g_autoptr(GString) rewritten = NULL;

  check_problems (problems, FILE_NAME ":");
  /* The one that stops the reading comes on top. */
  g_assert_cmpuint (problems->len, <=, MUSTERD_KEYFILE_PROBLEMS_MAX + 2);
  again = musterd_keyfile_parse (FILE_NAME, written->str, written->len, new_problems);
  g_assert_cmpuint (new_problems->len, ==, 0);
  rewritten = write_groups (again);
  g_assert_cmpstr (rewritten->str, ==, written->str);
}

/* Configuration. */

static const MusterColumn columns[] = {
  { "process", MUSTER_OPTION_STRING, NULL, "name" },
  { "active", MUSTER_OPTION_BOOLEAN, "true", "whether it counts" },
};

static const MusterOption options[] = {
  { .name = "url", .type = MUSTER_OPTION_URL, .doc = "where to" },
  { .name = "username", .type = MUSTER_OPTION_STRING, .doc = "as whom", .flags = MUSTER_OPTION_REQUIRED },
  { .name = "password", .type = MUSTER_OPTION_SECRET, .doc = "with what" },
  { .name = "retries", .type = MUSTER_OPTION_INTEGER, .default_value = "3", .doc = "how often", .min = 1, .max = 9 },
  { .name = "timeout", .type = MUSTER_OPTION_DURATION, .default_value = "30s", .doc = "how long" },
  { .name = "verify", .type = MUSTER_OPTION_BOOLEAN, .default_value = "true", .doc = "whether" },
  { .name = "ca", .type = MUSTER_OPTION_PATH, .doc = "authority" },
  { .name = "method", .type = MUSTER_OPTION_CHOICE, .default_value = "post", .doc = "how", .choices = "post|put" },
  { .name = "words", .type = MUSTER_OPTION_LIST, .doc = "which" },
  { .name = "programs", .type = MUSTER_OPTION_TABLE, .doc = "which", .default_value = "zoom|true",
    MUSTER_COLUMNS (columns) },
};

static const MusterOption user_options[] = {
  { .name = "hold", .type = MUSTER_OPTION_DURATION, .default_value = "1s", .doc = "how long" },
};

static const MusterSourceOps source = { .struct_size = sizeof (MusterSourceOps) };

static const MusterPluginDescriptor descriptor = {
  .struct_size = sizeof (MusterPluginDescriptor),
  .abi = MUSTER_PLUGIN_ABI,
  .api_level = MUSTER_API_LEVEL,
  .id = "fuzz",
  .version = "1",
  .license = "LGPL-2.1-or-later",
  .summary = "for this test",
  MUSTER_OPTIONS (options),
  MUSTER_USER_OPTIONS (user_options),
  .source = &source,
};

static void
on_send (gpointer data G_GNUC_UNUSED, MusterMessage *message)
{
  muster_message_free (message);
}

static gint64
on_now (gpointer data G_GNUC_UNUSED)
{
  return 0;
}

static const MusterBackend backend = { .send = on_send, .now = on_now };

static void
check_instance (const MusterdInstanceConfig *instance, const char *path)
{
  g_autoptr(GMainContext) thread = g_main_context_new ();
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  MusterContext *ctx = muster_context_new (instance->name, thread, &backend, NULL);

  g_assert_true (musterd_instance_config_equal (instance, instance));
  if (musterd_instance_config_check (instance, &descriptor, ctx, problems))
    {
      const char *secret = muster_context_get_string (ctx, "password");

      g_assert_cmpuint (problems->len, ==, 0);
      g_assert_cmpstr (muster_context_get_string (ctx, "username"), !=, NULL);
      g_assert_cmpint (muster_context_get_integer (ctx, "retries"), >=, 1);
      g_assert_cmpint (muster_context_get_integer (ctx, "retries"), <=, 9);
      g_assert_cmpint (muster_context_get_duration (ctx, "timeout"), >=, 0);
      g_assert_true (secret == NULL || g_str_has_prefix (secret, "secret:"));
      g_assert_cmpuint (muster_table_get_n_rows (muster_context_get_table (ctx, "programs")), >=, 1);
    }
  else
    g_assert_cmpuint (problems->len, >, 0);
  check_problems (problems, path);
  muster_context_close (ctx);
  muster_context_unref (ctx);
}

static void
check_config (const char *data, gsize length)
{
  int fd = memfd_create ("fuzz", MFD_CLOEXEC);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(MusterdConfig) config = NULL;
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, data, length), ==, (gssize) length);
  config = musterd_config_load (path, problems, &error);
  close (fd);
  check_problems (problems, path);
  g_assert_cmpint (config == NULL, ==, problems->len > 0);
  if (config == NULL)
    {
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpuint (config->instances->len, <=, MUSTERD_INSTANCES_MAX);
  for (guint i = 0; i < config->instances->len; i++)
    check_instance (g_ptr_array_index (config->instances, i), path);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_memdup2 (data, size);

  check_keyfile (text != NULL ? text : "", size);
  check_config (text != NULL ? text : "", size);
  return 0;
}
