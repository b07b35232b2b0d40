/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-config"

#include "config/instance.h"

#include <string.h>

/* The option of that name in one of the descriptor's two tables; NULL: none. */
static const MusterOption *
find_option (const MusterOption *options, gsize size, gsize n_options, const char *name)
{
  for (gsize i = 0; i < n_options; i++)
    {
      const MusterOption *option = muster_option_nth (options, size, i);

      if (strcmp (option->name, name) == 0)
        return option;
    }
  return NULL;
}

static void
unknown_key (const MusterdInstanceConfig *instance, const MusterPluginDescriptor *descriptor,
             const MusterdEntry *entry, GPtrArray *problems)
{
  g_autoptr(GPtrArray) known = g_ptr_array_new ();

  for (gsize i = 0; i < descriptor->n_options; i++)
    g_ptr_array_add (known, (gpointer) muster_option_nth (descriptor->options, descriptor->option_size, i)->name);
  for (gsize i = 0; i < descriptor->n_user_options; i++)
    g_ptr_array_add (known,
                     (gpointer) muster_option_nth (descriptor->user_options, descriptor->user_option_size, i)->name);
  for (gsize i = 0; i < MUSTERD_N_HOST_KEYS; i++)
    g_ptr_array_add (known, (gpointer) musterd_host_keys[i]);

  const char *nearest = musterd_nearest (entry->key, (const char *const *) known->pdata, known->len);

  if (nearest != NULL)
    musterd_problem (problems, entry->file, entry->line, "[%s] unknown key '%s': did you mean %s?", instance->name,
                     entry->key, nearest);
  else
    musterd_problem (problems, entry->file, entry->line,
                     "[%s] unknown key '%s': 'muster-inspect %s' lists what this plugin knows", instance->name,
                     entry->key, descriptor->id);
}

/* Never repeats the value: it may be the secret itself. */
static gboolean
check_secret (const MusterdInstanceConfig *instance, const MusterdEntry *entry, GPtrArray *problems)
{
  g_autoptr(GString) name = g_string_new (NULL);

  if (g_str_has_prefix (entry->value, "secret:"))
    return TRUE;

  /* "ews-stream:hq" would be stored as "ews-stream-hq". */
  for (const char *c = instance->name; *c != '\0'; c++)
    g_string_append_c (name, *c == ':' ? '-' : *c);
  musterd_problem (problems, entry->file, entry->line,
                   "[%s] %s: expected secret:NAME: the secret itself must not stand in a keyfile. Store it with "
                   "'musterctl secret set %s' or as a systemd credential (LoadCredential=%s:FILE), and write "
                   "%s=secret:%s; what stood here should be regarded as known",
                   instance->name, entry->key, name->str, name->str, entry->key, name->str);
  return FALSE;
}

/* https://user:password@host is a secret in disguise. */
static gboolean
check_url (const MusterdInstanceConfig *instance, const MusterdEntry *entry, GPtrArray *problems)
{
  const char *host = strstr (entry->value, "://");

  if (host == NULL)
    return TRUE;
  host += 3;

  const char *at = memchr (host, '@', strcspn (host, "/?#"));

  if (at == NULL)
    return TRUE;
  musterd_problem (problems, entry->file, entry->line,
                   "[%s] %s: a URL with user or password is not taken: use the options for these", instance->name,
                   entry->key);
  return FALSE;
}

static const char *
hint (const MusterOption *option, const MusterdEntry *entry)
{
  if (option->type == MUSTER_OPTION_STRING)
    return "";
  return strstr (entry->value, " #") != NULL || strstr (entry->value, "\t#") != NULL
             ? "; a comment needs a line of its own"
             : "";
}

/* `entry` nullable: the option is not set. `ctx` nullable: only check. */
static void
check_option (const MusterdInstanceConfig *instance, const MusterOption *option, const MusterdEntry *entry,
              MusterContext *ctx, GPtrArray *problems)
{
  const char *value = entry != NULL ? entry->value : NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *text = NULL;
  MusterTable *table = NULL;

  if (entry == NULL && (option->flags & MUSTER_OPTION_REQUIRED) != 0)
    {
      musterd_problem (problems, instance->file, instance->line, "[%s] the key %s is missing: %s", instance->name,
                       option->name, option->doc);
      return;
    }
  if (entry != NULL && value[0] == '\0' && (option->flags & MUSTER_OPTION_REQUIRED) != 0)
    {
      musterd_problem (problems, entry->file, entry->line, "[%s] %s has no value: %s", instance->name, option->name,
                       option->doc);
      return;
    }
  if (entry != NULL && option->type == MUSTER_OPTION_SECRET && !check_secret (instance, entry, problems))
    return;
  if (entry != NULL && option->type == MUSTER_OPTION_URL && !check_url (instance, entry, problems))
    return;

  if (option->type == MUSTER_OPTION_TABLE)
    table = muster_option_parse_table (option, value, &error);
  else
    text = muster_option_check (option, value, &error);

  if (error != NULL && entry != NULL)
    musterd_problem (problems, entry->file, entry->line, "[%s] %s: %s%s", instance->name, option->name, error->message,
                     hint (option, entry));
  else if (error != NULL)
    musterd_problem (problems, instance->file, instance->line, "[%s] %s: the plugin's own default: %s", instance->name,
                     option->name, error->message);
  else if (ctx != NULL && table != NULL)
    muster_context_set_table (ctx, option->name, table);
  else if (ctx != NULL && text != NULL)
    muster_context_set_option (ctx, option->name, option->type, text);

  g_clear_pointer (&table, muster_table_unref);
}

static const MusterdEntry *
find_entry (const MusterdInstanceConfig *instance, const char *key)
{
  for (guint i = 0; i < instance->entries->len; i++)
    {
      const MusterdEntry *entry = g_ptr_array_index (instance->entries, i);

      if (strcmp (entry->key, key) == 0)
        return entry;
    }
  return NULL;
}

static void
check_all (const MusterdInstanceConfig *instance, const MusterPluginDescriptor *descriptor, MusterContext *ctx,
           GPtrArray *problems)
{
  for (gsize i = 0; i < descriptor->n_options; i++)
    {
      const MusterOption *option = muster_option_nth (descriptor->options, descriptor->option_size, i);

      check_option (instance, option, find_entry (instance, option->name), ctx, problems);
    }
  /* Of user options the keyfile gives the instance's default; the host lays the user's own over it. */
  for (gsize i = 0; i < descriptor->n_user_options; i++)
    {
      const MusterOption *option = muster_option_nth (descriptor->user_options, descriptor->user_option_size, i);
      const MusterdEntry *entry = find_entry (instance, option->name);

      if (entry != NULL)
        check_option (instance, option, entry, NULL, problems);
    }
}

gboolean
musterd_instance_config_check (const MusterdInstanceConfig *instance, const MusterPluginDescriptor *descriptor,
                               MusterContext *ctx, GPtrArray *problems)
{
  guint n_before = problems->len;

  for (guint i = 0; i < instance->entries->len; i++)
    {
      const MusterdEntry *entry = g_ptr_array_index (instance->entries, i);

      if (find_option (descriptor->options, descriptor->option_size, descriptor->n_options, entry->key) == NULL
          && find_option (descriptor->user_options, descriptor->user_option_size, descriptor->n_user_options,
                          entry->key)
                 == NULL)
        unknown_key (instance, descriptor, entry, problems);
    }

  /* Twice, so that the context is touched only when nothing at all is wrong. */
  check_all (instance, descriptor, NULL, problems);
  if (problems->len > n_before)
    return FALSE;
  if (ctx != NULL)
    check_all (instance, descriptor, ctx, problems);
  return TRUE;
}
