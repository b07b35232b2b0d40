/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-config"

#include "config/instance.h"

#include "model/types.h"

#include <string.h>

#define INSTANCE_NAME_MAX 64

const char *const musterd_host_keys[MUSTERD_N_HOST_KEYS] = { "Enabled", "Isolation", "Users", "View", "HostGroup" };

static const char *const enabled_names[] = { "no", "optional", "required" };

const char *
musterd_enabled_to_string (MusterdEnabled enabled)
{
  g_return_val_if_fail ((guint) enabled < G_N_ELEMENTS (enabled_names), NULL);
  return enabled_names[enabled];
}

static gboolean
is_plugin_id (const char *name)
{
  if (!g_ascii_islower (name[0]) && !g_ascii_isdigit (name[0]))
    return FALSE;
  for (const char *c = name; *c != '\0'; c++)
    if (!g_ascii_islower (*c) && !g_ascii_isdigit (*c) && *c != '-')
      return FALSE;
  return strlen (name) <= INSTANCE_NAME_MAX;
}

static gboolean
is_instance_part (const char *name)
{
  if (!g_ascii_isalnum (name[0]))
    return FALSE;
  for (const char *c = name; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && strchr ("._-", *c) == NULL)
      return FALSE;
  return strlen (name) <= INSTANCE_NAME_MAX;
}

MusterdInstanceConfig *
musterd_instance_config_new (const MusterdKeyfileGroup *group, const char *file, GPtrArray *problems)
{
  g_auto(GStrv) parts = g_strsplit (group->name, ":", 2);

  if (!is_plugin_id (parts[0]))
    {
      g_autofree char *lower = g_ascii_strdown (parts[0], -1);

      if (is_plugin_id (lower) && strcmp (lower, parts[0]) != 0)
        musterd_problem (problems, file, group->line,
                         "[%s]: no plugin is called '%s': plugins are called in lower case, did you mean [%s%s%s]?",
                         group->name, parts[0], lower, parts[1] != NULL ? ":" : "", parts[1] != NULL ? parts[1] : "");
      else
        musterd_problem (problems, file, group->line,
                         "[%s]: a plugin is called by lower-case letters, digits and '-' (at most %d)", group->name,
                         INSTANCE_NAME_MAX);
      return NULL;
    }
  if (parts[1] != NULL && !is_instance_part (parts[1]))
    {
      musterd_problem (problems, file, group->line,
                       "[%s]: an instance is called by letters, digits, '.', '_' and '-' after one ':' (at most %d)",
                       group->name, INSTANCE_NAME_MAX);
      return NULL;
    }
  if (strcmp (group->name, MUSTERD_SOURCE_CLIENTS) == 0)
    {
      musterd_problem (problems, file, group->line,
                       "[%s]: this is the name of what desktops say through the API: call the instance [%s:NAME]",
                       group->name, group->name);
      return NULL;
    }

  MusterdInstanceConfig *instance = g_new0 (MusterdInstanceConfig, 1);

  instance->name = g_strdup (group->name);
  instance->plugin = g_strdup (parts[0]);
  instance->enabled = MUSTERD_ENABLED_REQUIRED;
  instance->users = g_strdup ("all");
  instance->view = g_strdup (musterd_relation_to_string (MUSTERD_RELATION_EMPLOYEE));
  instance->file = g_strdup (file);
  instance->line = group->line;
  instance->entries = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_entry_free);
  return instance;
}

void
musterd_instance_config_free (MusterdInstanceConfig *instance)
{
  g_free (instance->name);
  g_free (instance->plugin);
  g_free (instance->users);
  g_free (instance->view);
  g_free (instance->file);
  g_free (instance->enabled_file);
  g_ptr_array_unref (instance->entries);
  g_free (instance);
}

/* Comments behind a value are the most common slip, and the value alone would not explain the refusal. */
static const char *
hint (const char *value)
{
  return strstr (value, " #") != NULL || strstr (value, "\t#") != NULL ? "; a comment needs a line of its own" : "";
}

static void
take_enabled (MusterdInstanceConfig *instance, const MusterdEntry *entry, GPtrArray *problems)
{
  for (gsize i = 0; i < G_N_ELEMENTS (enabled_names); i++)
    if (strcmp (entry->value, enabled_names[i]) == 0)
      {
        instance->enabled = (MusterdEnabled) i;
        g_free (instance->enabled_file);
        instance->enabled_file = g_strdup (entry->file);
        instance->enabled_line = entry->line;
        return;
      }

  musterd_problem (problems, entry->file, entry->line, "[%s] Enabled: expected required, optional or no, got '%s'%s",
                   instance->name, entry->value, hint (entry->value));
}

static void
take_isolation (MusterdInstanceConfig *instance, const MusterdEntry *entry, GPtrArray *problems)
{
  if (strcmp (entry->value, "process") == 0)
    musterd_problem (problems, entry->file, entry->line,
                     "[%s] Isolation: process is not built yet in this version: use auto or direct", instance->name);
  else if (strcmp (entry->value, "auto") != 0 && strcmp (entry->value, "direct") != 0)
    musterd_problem (problems, entry->file, entry->line, "[%s] Isolation: expected auto or direct, got '%s'%s",
                     instance->name, entry->value, hint (entry->value));
}

/* One of all, location:X, group:X, domain:X in canonical spelling; NULL: none of them. */
static char *
canonical_selector (const char *selector)
{
  static const char *const kinds[] = { "location", "group", "domain" };
  const char *colon = strchr (selector, ':');

  if (strcmp (selector, "all") == 0)
    return g_strdup (selector);
  if (colon == NULL)
    return NULL;

  g_autofree char *kind = g_strndup (selector, (gsize) (colon - selector));
  g_autofree char *name = g_strdup (colon + 1);

  g_strstrip (kind);
  g_strstrip (name);
  if (name[0] == '\0')
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kind, kinds[i]) == 0)
      {
        /* Domains of addresses are compared without case. */
        g_autofree char *lower = i == 2 ? g_ascii_strdown (name[0] == '@' ? name + 1 : name, -1) : NULL;

        if (lower != NULL && lower[0] == '\0')
          return NULL;
        return g_strdup_printf ("%s:%s", kind, lower != NULL ? lower : name);
      }
  return NULL;
}

static void
take_users (MusterdInstanceConfig *instance, const MusterdEntry *entry, GPtrArray *problems)
{
  g_auto(GStrv) selectors = g_strsplit (entry->value, ";", -1);
  g_autoptr(GPtrArray) canonical = g_ptr_array_new_with_free_func (g_free);
  gboolean all = FALSE;

  for (gsize i = 0; selectors[i] != NULL; i++)
    {
      g_strstrip (selectors[i]);
      if (selectors[i][0] == '\0')
        continue;

      g_autofree char *selector = canonical_selector (selectors[i]);

      if (selector == NULL)
        {
          musterd_problem (problems, entry->file, entry->line,
                           "[%s] Users: expected all, or location:NAME, group:NAME, domain:NAME separated by ';', "
                           "got '%s'%s",
                           instance->name, selectors[i], hint (entry->value));
          return;
        }
      all = all || strcmp (selector, "all") == 0;
      if (!g_ptr_array_find_with_equal_func (canonical, selector, g_str_equal, NULL))
        g_ptr_array_add (canonical, g_steal_pointer (&selector));
    }

  if (canonical->len == 0)
    {
      musterd_problem (problems, entry->file, entry->line,
                       "[%s] Users: the value is empty: for no users at all write Enabled=no", instance->name);
      return;
    }
  if (all && canonical->len > 1)
    {
      musterd_problem (problems, entry->file, entry->line,
                       "[%s] Users: all stands beside other selectors, which would have no effect: choose one",
                       instance->name);
      return;
    }

  g_ptr_array_add (canonical, NULL);
  g_free (instance->users);
  instance->users = g_strjoinv (";", (char **) canonical->pdata);
}

static void
take_view (MusterdInstanceConfig *instance, const MusterdEntry *entry, GPtrArray *problems)
{
  MusterdRelation relation = MUSTERD_RELATION_BLOCKED;

  if (!musterd_relation_from_string (entry->value, &relation) || relation == MUSTERD_RELATION_BLOCKED)
    {
      g_autoptr(GString) names = g_string_new (NULL);

      for (int i = MUSTERD_RELATION_BLOCKED + 1; i < MUSTERD_N_RELATIONS; i++)
        g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "",
                                musterd_relation_to_string ((MusterdRelation) i));
      musterd_problem (problems, entry->file, entry->line, "[%s] View: expected one of %s, got '%s'%s",
                       instance->name, names->str, entry->value, hint (entry->value));
      return;
    }

  g_free (instance->view);
  instance->view = g_strdup (entry->value);
}

static void
take_host_group (MusterdInstanceConfig *instance, const MusterdEntry *entry, GPtrArray *problems)
{
  musterd_problem (problems, entry->file, entry->line,
                   "[%s] HostGroup belongs to Isolation=process, which is not built yet in this version: remove it",
                   instance->name);
}

static void
take_option (MusterdInstanceConfig *instance, const MusterdEntry *entry)
{
  MusterdEntry *copy = musterd_entry_new (entry->key, entry->value, entry->file, entry->line);

  for (guint i = 0; i < instance->entries->len; i++)
    {
      MusterdEntry *earlier = g_ptr_array_index (instance->entries, i);

      if (strcmp (earlier->key, entry->key) == 0)
        {
          musterd_entry_free (earlier);
          g_ptr_array_index (instance->entries, i) = copy;
          return;
        }
    }
  g_ptr_array_add (instance->entries, copy);
}

void
musterd_instance_config_merge (MusterdInstanceConfig *instance, const MusterdKeyfileGroup *group,
                               GPtrArray *problems)
{
  static void (*const takers[MUSTERD_N_HOST_KEYS]) (MusterdInstanceConfig *, const MusterdEntry *, GPtrArray *)
      = { take_enabled, take_isolation, take_users, take_view, take_host_group };

  for (guint i = 0; i < group->entries->len; i++)
    {
      const MusterdEntry *entry = g_ptr_array_index (group->entries, i);
      gsize key = 0;

      while (key < MUSTERD_N_HOST_KEYS && g_ascii_strcasecmp (entry->key, musterd_host_keys[key]) != 0)
        key++;

      /* Found here and not with the plugin's own keys: enabled=no must not start what it was meant to stop. */
      if (key == MUSTERD_N_HOST_KEYS)
        take_option (instance, entry);
      else if (strcmp (entry->key, musterd_host_keys[key]) != 0)
        musterd_problem (problems, entry->file, entry->line, "[%s] unknown key '%s': did you mean %s?",
                         instance->name, entry->key, musterd_host_keys[key]);
      else
        takers[key](instance, entry, problems);
    }
}

gboolean
musterd_instance_config_equal (const MusterdInstanceConfig *a, const MusterdInstanceConfig *b)
{
  if (strcmp (a->plugin, b->plugin) != 0 || a->enabled != b->enabled || strcmp (a->users, b->users) != 0
      || strcmp (a->view, b->view) != 0 || a->drain != b->drain || a->entries->len != b->entries->len)
    return FALSE;

  for (guint i = 0; i < a->entries->len; i++)
    {
      const MusterdEntry *entry = g_ptr_array_index (a->entries, i);

      if (g_strcmp0 (entry->value, musterd_instance_config_get (b, entry->key)) != 0)
        return FALSE;
    }
  return TRUE;
}

const char *
musterd_instance_config_get (const MusterdInstanceConfig *instance, const char *key)
{
  for (guint i = 0; i < instance->entries->len; i++)
    {
      const MusterdEntry *entry = g_ptr_array_index (instance->entries, i);

      if (strcmp (entry->key, key) == 0)
        return entry->value;
    }
  return NULL;
}
