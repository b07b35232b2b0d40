/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-config"

#include "config/config.h"

#include "config/instance.h"
#include "config/listen.h"
#include "config-resources.h"

#include <string.h>

#define EMBEDDED_NAME "the embedded default"
#define DELEGATIONS_DAYS_MAX 3650

typedef struct
{
  const char *group, *key;
  gsize       offset; /* of the char * in MusterdConfig */
  /* NULL: taken; otherwise what was expected. */
  const char *(*check) (const char *value);
} CoreKey;

typedef struct
{
  MusterdConfig *config;
  GPtrArray     *problems;
  gboolean       too_many; /* instances; said once */
} Loading;

static const char *
check_plugin_dir (const char *value)
{
  g_auto(GStrv) folders = g_strsplit (value, ":", -1);

  for (gsize i = 0; folders[i] != NULL; i++)
    if (!g_path_is_absolute (folders[i]))
      return "an absolute path, or several separated by ':'";
  return value[0] != '\0' ? NULL : "an absolute path";
}

static const char *
check_log_level (const char *value)
{
  static const char *const levels[] = { "warning", "message", "info", "debug", NULL };

  return g_strv_contains (levels, value) ? NULL : "warning, message, info or debug";
}

static const char *
check_group (const char *value)
{
  for (const char *c = value; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && strchr ("._-", *c) == NULL)
      return "the name of a group of the operating system";
  return value[0] != '\0' && value[0] != '-' && strlen (value) <= 64 ? NULL
                                                                     : "the name of a group of the operating system";
}

static const char *
check_listen (const char *value)
{
  g_autoptr(GPtrArray) addresses = musterd_listen_parse (value);

  return addresses != NULL ? NULL : MUSTERD_LISTEN_SYNTAX;
}

static const char *
check_file (const char *value)
{
  return g_path_is_absolute (value) ? NULL : "an absolute path";
}

static const char *
check_connections (const char *value)
{
  return g_ascii_string_to_unsigned (value, 10, 1, 100000, NULL, NULL) ? NULL : "a number from 1 to 100000";
}

static const char *
check_days (const char *value)
{
  gsize length = strlen (value);
  g_autofree char *days = length > 1 && value[length - 1] == 'd' ? g_strndup (value, length - 1) : NULL;

  return days != NULL && g_ascii_string_to_unsigned (days, 10, 1, DELEGATIONS_DAYS_MAX, NULL, NULL)
             ? NULL
             : "a number of days from 1d to 3650d";
}

static const char *const core_groups[] = { "daemon", "api", "store" };
static const CoreKey core_keys[] = {
  { "daemon", "plugin-dir", G_STRUCT_OFFSET (MusterdConfig, plugin_dir), check_plugin_dir },
  { "daemon", "log-level", G_STRUCT_OFFSET (MusterdConfig, log_level), check_log_level },
  { "api", "group", G_STRUCT_OFFSET (MusterdConfig, socket_group), check_group },
  { "api", "listen", G_STRUCT_OFFSET (MusterdConfig, listen), check_listen },
  { "api", "certificate", G_STRUCT_OFFSET (MusterdConfig, certificate), check_file },
  { "api", "key", G_STRUCT_OFFSET (MusterdConfig, key), check_file },
  { "api", "connections-per-peer", G_STRUCT_OFFSET (MusterdConfig, connections_per_peer), check_connections },
  { "store", "delegations-kept", G_STRUCT_OFFSET (MusterdConfig, delegations_kept), check_days },
};

static void
replace (char **field, const char *value)
{
  g_free (*field);
  *field = g_strdup (value);
}

static void
clear_config (MusterdConfig *config)
{
  g_free (config->origin);
  g_free (config->dropin_dir);
  g_ptr_array_unref (config->files);
  g_free (config->plugin_dir);
  g_free (config->log_level);
  g_free (config->socket_group);
  g_free (config->listen);
  g_free (config->listen_file);
  g_free (config->certificate);
  g_free (config->key);
  g_free (config->connections_per_peer);
  g_free (config->delegations_kept);
  g_ptr_array_unref (config->instances);
}

MusterdConfig *
musterd_config_ref (MusterdConfig *config)
{
  return g_atomic_rc_box_acquire (config);
}

void
musterd_config_unref (MusterdConfig *config)
{
  g_atomic_rc_box_release_full (config, (GDestroyNotify) clear_config);
}

const MusterdInstanceConfig *
musterd_config_find (const MusterdConfig *config, const char *instance)
{
  for (guint i = 0; i < config->instances->len; i++)
    {
      const MusterdInstanceConfig *candidate = g_ptr_array_index (config->instances, i);

      if (strcmp (candidate->name, instance) == 0)
        return candidate;
    }
  return NULL;
}

gint64
musterd_config_get_delegations_kept (const MusterdConfig *config)
{
  return g_ascii_strtoll (config->delegations_kept, NULL, 10) * G_TIME_SPAN_DAY; /* what follows is a 'd' */
}

static void
unknown_core_key (const char *group, const MusterdEntry *entry, GPtrArray *problems)
{
  const char *known[G_N_ELEMENTS (core_keys)];
  gsize n_known = 0;
  g_autoptr(GString) list = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (core_keys); i++)
    if (strcmp (core_keys[i].group, group) == 0)
      {
        known[n_known++] = core_keys[i].key;
        g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", core_keys[i].key);
      }

  const char *nearest = musterd_nearest (entry->key, known, n_known);

  if (nearest != NULL)
    musterd_problem (problems, entry->file, entry->line, "[%s] unknown key '%s': did you mean %s?", group,
                     entry->key, nearest);
  else
    musterd_problem (problems, entry->file, entry->line, "[%s] unknown key '%s': known here: %s", group, entry->key,
                     list->len > 0 ? list->str : "none");
}

static void
merge_core_group (Loading *loading, const MusterdKeyfileGroup *group)
{
  for (guint i = 0; i < group->entries->len; i++)
    {
      const MusterdEntry *entry = g_ptr_array_index (group->entries, i);
      const CoreKey *key = NULL;

      for (gsize j = 0; j < G_N_ELEMENTS (core_keys) && key == NULL; j++)
        if (strcmp (core_keys[j].group, group->name) == 0 && strcmp (core_keys[j].key, entry->key) == 0)
          key = &core_keys[j];

      if (key == NULL)
        {
          unknown_core_key (group->name, entry, loading->problems);
          continue;
        }

      const char *expected = key->check (entry->value);

      if (expected != NULL)
        musterd_problem (loading->problems, entry->file, entry->line, "[%s] %s: expected %s, got '%s'%s", group->name,
                         entry->key, expected, entry->value,
                         strstr (entry->value, " #") != NULL ? "; a comment needs a line of its own" : "");
      else
        {
          replace (G_STRUCT_MEMBER_P (loading->config, key->offset), entry->value);
          if (strcmp (entry->key, "listen") == 0)
            {
              replace (&loading->config->listen_file, entry->file);
              loading->config->listen_line = entry->line;
            }
        }
    }
}

static void
merge_instance (Loading *loading, const MusterdKeyfileGroup *group, const char *file)
{
  MusterdConfig *config = loading->config;
  MusterdInstanceConfig *instance = (MusterdInstanceConfig *) musterd_config_find (config, group->name);

  if (instance == NULL && config->instances->len >= MUSTERD_INSTANCES_MAX)
    {
      /* Once: what comes after it is one too many as well. */
      if (!loading->too_many)
        musterd_problem (loading->problems, file, group->line, "[%s]: there are more than %d instances", group->name,
                         MUSTERD_INSTANCES_MAX);
      loading->too_many = TRUE;
      return;
    }
  if (instance == NULL)
    {
      instance = musterd_instance_config_new (group, file, loading->problems);
      if (instance == NULL)
        return;
      g_ptr_array_add (config->instances, instance);
    }

  musterd_instance_config_merge (instance, group, loading->problems);
}

static void
merge_file (Loading *loading, const char *file, GPtrArray *groups)
{
  g_ptr_array_add (loading->config->files, g_strdup (file));

  for (guint i = 0; i < groups->len; i++)
    {
      const MusterdKeyfileGroup *group = g_ptr_array_index (groups, i);
      const char *core = NULL;

      for (gsize j = 0; j < G_N_ELEMENTS (core_groups) && core == NULL; j++)
        if (g_ascii_strcasecmp (group->name, core_groups[j]) == 0)
          core = core_groups[j];

      if (core == NULL)
        merge_instance (loading, group, file);
      else if (strcmp (core, group->name) != 0)
        musterd_problem (loading->problems, file, group->line, "[%s]: did you mean [%s]?", group->name, core);
      else
        merge_core_group (loading, group);
    }
}

static void
read_file (Loading *loading, const char *path)
{
  g_autoptr(GPtrArray) groups = musterd_keyfile_read (path, loading->problems);

  merge_file (loading, path, groups);
}

static int
by_bytes (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
read_dropins (Loading *loading)
{
  MusterdConfig *config = loading->config;
  g_autoptr(GError) error = NULL;
  g_autoptr(GDir) dir = g_dir_open (config->dropin_dir, 0, &error);
  g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (dir == NULL)
    {
      if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        musterd_problem (loading->problems, config->dropin_dir, 0, "reading the folder of drop-ins: %s",
                         error->message);
      return;
    }

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      if (name[0] == '.' || !g_str_has_suffix (name, ".conf"))
        continue;
      if (config->files->len + names->len >= MUSTERD_CONFIG_FILES_MAX)
        {
          musterd_problem (loading->problems, config->dropin_dir, 0, "there are more than %d files",
                           MUSTERD_CONFIG_FILES_MAX);
          return;
        }
      g_ptr_array_add (names, g_strdup (name));
    }

  /* By bytes and not by locale, so that the order is the same wherever the daemon is started from. */
  g_ptr_array_sort (names, by_bytes);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *path = g_build_filename (config->dropin_dir, g_ptr_array_index (names, i), NULL);

      read_file (loading, path);
    }
}

static void
read_all (Loading *loading, const char *path)
{
  MusterdConfig *config = loading->config;
  g_autofree char *main_file = NULL;

  if (path == NULL)
    {
      g_autoptr(GBytes) bytes = g_resource_lookup_data (musterd_config_get_resource (), "/muster/default.conf",
                                                        G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
      gsize length = 0;
      const char *data = g_bytes_get_data (bytes, &length);
      g_autoptr(GPtrArray) groups = musterd_keyfile_parse (EMBEDDED_NAME, data, length, loading->problems);

      merge_file (loading, EMBEDDED_NAME, groups);
      return;
    }

  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      main_file = g_build_filename (path, "muster.conf", NULL);
      config->dropin_dir = g_build_filename (path, "conf.d", NULL);

      /* A folder of nothing but drop-ins is a configuration too. */
      if (!g_file_test (main_file, G_FILE_TEST_EXISTS) && g_file_test (config->dropin_dir, G_FILE_TEST_IS_DIR))
        g_clear_pointer (&main_file, g_free);
    }
  else
    {
      g_autofree char *folder = g_path_get_dirname (path);
      g_autofree char *name = g_path_get_basename (path);

      main_file = g_strdup (path);
      config->dropin_dir = strcmp (name, "muster.conf") == 0 ? g_build_filename (folder, "conf.d", NULL)
                                                             : g_strconcat (path, ".d", NULL);
    }

  if (main_file != NULL)
    read_file (loading, main_file);
  read_dropins (loading);
}

/* What no key can say alone. */
static void
check_api (const MusterdConfig *config, GPtrArray *problems)
{
  g_autoptr(GPtrArray) addresses = config->listen != NULL ? musterd_listen_parse (config->listen) : NULL;

  if ((config->certificate == NULL) != (config->key == NULL))
    musterd_problem (problems, config->origin, 0, "[api] certificate and key: one is set without the other: name the "
                                                  "PEM files of both");
  else if (addresses != NULL && config->certificate == NULL && !musterd_listen_is_local (addresses))
    musterd_problem (problems, config->listen_file, config->listen_line,
                     "[api] listen: tokens and presences would go through the network unencrypted: name certificate "
                     "and key, or listen on 127.0.0.1 and let a proxy encrypt");
}

MusterdConfig *
musterd_config_load (const char *path, GPtrArray *problems, GError **error)
{
  g_autoptr(MusterdConfig) config = g_atomic_rc_box_new0 (MusterdConfig);
  g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func (g_free);

  config->origin = g_strdup (path != NULL ? path : EMBEDDED_NAME);
  config->files = g_ptr_array_new_with_free_func (g_free);
  config->log_level = g_strdup ("message");
  config->socket_group = g_strdup ("muster");
  config->delegations_kept = g_strdup ("90d");
  config->instances = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_instance_config_free);

  Loading loading = { .config = config, .problems = found };

  read_all (&loading, path);
  check_api (config, found);

  if (found->len == 0)
    return g_steal_pointer (&config);

  g_autoptr(GString) text = g_string_new (NULL);

  for (guint i = 0; i < found->len; i++)
    {
      const char *problem = g_ptr_array_index (found, i);

      g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", problem);
      if (problems != NULL)
        g_ptr_array_add (problems, g_strdup (problem));
    }
  g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, text->str);
  return NULL;
}
