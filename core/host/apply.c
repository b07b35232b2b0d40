/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a configuration to what runs. */
#define G_LOG_DOMAIN "muster-host"

#include "engine/scopes.h"
#include "host/instance.h"

/* A record whose key begins so says that a sink changed something outside, and what was there before. */
#define SAVED_PREFIX "saved"

/* Checking. */

static void
add_text (GPtrArray *texts, const MusterdInstanceConfig *config, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
add_text (GPtrArray *texts, const MusterdInstanceConfig *config, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (texts, g_strdup_printf ("%s:%u: [%s] %s", config->file, config->line, config->name, text));
}

static void
check_instance (MusterdHost *host, const MusterdInstanceConfig *config, GPtrArray *texts)
{
  g_autoptr(GError) error = NULL;
  const MusterdModule *module;

  if (g_str_equal (config->name, MUSTERD_OWN_INSTANCE))
    {
      add_text (texts, config, "this name is the daemon's own: call the instance [%s:NAME]", config->plugin);
      return;
    }
  module = musterd_loader_open (host->loader, config->plugin, &error);
  if (module == NULL)
    {
      add_text (texts, config, "%s", error->message);
      return;
    }
  if (!musterd_instance_config_check (config, module->descriptor, NULL, texts))
    return;

  g_autoptr(MusterdSelection) selection = musterd_selection_new (config->users, &error);
  g_autoptr(MusterdPersons) persons
      = selection != NULL ? musterd_persons_new (config, module->descriptor, &error) : NULL;

  if (persons == NULL)
    add_text (texts, config, "%s", error->message);
}

/* Instance → how many things it still holds; NULL: it cannot be said (which is said). */
static GHashTable *
count_saved (MusterdHost *host, GPtrArray *warnings)
{
  g_autoptr(GError) error = NULL;
  GHashTable *counts;

  if (host->services.store == NULL)
    return NULL;
  counts = musterd_store_count_records (host->services.store, SAVED_PREFIX, &error);
  if (counts == NULL)
    {
      g_autofree char *text = g_strdup_printf ("looking for sinks that still hold something: %s", error->message);

      if (warnings != NULL)
        g_ptr_array_add (warnings, g_steal_pointer (&text));
      else
        g_warning ("%s", text);
    }
  return counts;
}

static void
warn_of_saved (MusterdHost *host, const MusterdConfig *config, GPtrArray *warnings)
{
  g_autoptr(GHashTable) counts = count_saved (host, warnings);
  GHashTableIter iter;
  gpointer name, count;

  if (counts == NULL)
    return;
  g_hash_table_iter_init (&iter, counts);
  while (g_hash_table_iter_next (&iter, &name, &count))
    {
      const MusterdInstanceConfig *found = musterd_config_find (config, name);
      const MusterdInstance *running = musterd_host_find (host, name);
      const guint n = GPOINTER_TO_UINT (count);

      if (found != NULL && found->enabled != MUSTERD_ENABLED_NO)
        continue;
      if (found != NULL)
        add_text (warnings, found, "it is disabled but still holds %u saved settings: it runs until it has given them "
                                   "back",
                  n);
      else if (running != NULL && running->run != NULL)
        g_ptr_array_add (warnings, g_strdup_printf ("%s: it is gone from the configuration but still holds %u saved "
                                                    "settings: it runs until it has given them back",
                                                    (const char *) name, n));
      else
        g_ptr_array_add (warnings, g_strdup_printf ("%s: it is gone from the configuration but still holds %u saved "
                                                    "settings: put its group back with Enabled=no, so that it can give "
                                                    "them back",
                                                    (const char *) name, n));
    }
}

gboolean
musterd_host_check (MusterdHost *host, const MusterdConfig *config, GPtrArray *problems, GPtrArray *warnings)
{
  const guint n_before = problems->len;

  for (guint i = 0; i < config->instances->len; i++)
    {
      const MusterdInstanceConfig *instance = g_ptr_array_index (config->instances, i);

      if (instance->enabled != MUSTERD_ENABLED_NO)
        check_instance (host, instance, instance->enabled == MUSTERD_ENABLED_REQUIRED ? problems : warnings);
    }
  warn_of_saved (host, config, warnings);
  return problems->len == n_before;
}

GPtrArray *
musterd_host_list_plugins (MusterdHost *host, const MusterdConfig *config)
{
  GPtrArray *plugins = g_ptr_array_new ();

  for (guint i = 0; i < config->instances->len; i++)
    {
      const MusterdInstanceConfig *instance = g_ptr_array_index (config->instances, i);
      const MusterdModule *module = instance->enabled != MUSTERD_ENABLED_NO
                                        ? musterd_loader_open (host->loader, instance->plugin, NULL)
                                        : NULL;

      if (module != NULL && !g_ptr_array_find (plugins, module->descriptor, NULL))
        g_ptr_array_add (plugins, (gpointer) module->descriptor);
    }
  return plugins;
}

/* Applying. */

static MusterdWant
want_of (const MusterdInstanceConfig *config, gboolean holds)
{
  if (config->enabled != MUSTERD_ENABLED_NO)
    return MUSTERD_WANT_RUN;
  return holds ? MUSTERD_WANT_DRAIN : MUSTERD_WANT_NOTHING;
}

/* One that is disabled has nothing to say any more; and what it said does not come back with it. */
static void
forget_claims (MusterdInstance *instance)
{
  musterd_engine_source_drop (instance->host->services.engine, instance->name);
}

static void
want (MusterdInstance *instance, MusterdConfig *owner, const MusterdInstanceConfig *config, MusterdWant wanted)
{
  const gboolean same = instance->config != NULL && musterd_instance_config_equal (instance->config, config);
  const gboolean goes_on = same && instance->want == wanted && !instance->failed;

  instance->gone = FALSE;
  /* Also where nothing changed: the old configuration is not needed any more. */
  musterd_instance_set_config (instance, owner, config);
  if (goes_on && wanted != MUSTERD_WANT_NOTHING)
    return;

  instance->want = wanted;
  instance->failed = FALSE;
  instance->attempts = 0;
  musterd_instance_stop (instance, instance->host->limits.stop); /* and what is wanted begins after it */
  if (wanted != MUSTERD_WANT_RUN)
    forget_claims (instance);
}

static void
want_gone (MusterdInstance *instance, gboolean holds)
{
  const MusterdWant wanted = holds && instance->run != NULL ? MUSTERD_WANT_DRAIN : MUSTERD_WANT_FORGET;
  const gboolean goes_on = instance->want == wanted;

  instance->gone = TRUE;
  if (goes_on)
    return;
  forget_claims (instance);
  instance->want = wanted;
  instance->failed = FALSE;
  musterd_instance_stop (instance, instance->host->limits.stop); /* may free it */
}

static gboolean
holds_something (GHashTable *counts, const char *name)
{
  return counts != NULL && g_hash_table_contains (counts, name);
}

static void
apply_gone (MusterdHost *host, const MusterdConfig *config, GHashTable *counts)
{
  for (guint i = host->instances->len; i > 0; i--)
    {
      MusterdInstance *instance = g_ptr_array_index (host->instances, i - 1);

      if (musterd_config_find (config, instance->name) == NULL)
        want_gone (instance, holds_something (counts, instance->name));
    }
}

/* In the keyfile's order; those gone from it that still drain come last. */
static void
apply_order (MusterdHost *host, const MusterdConfig *config)
{
  g_autoptr(GPtrArray) ordered = g_ptr_array_new ();

  for (guint i = 0; i < config->instances->len; i++)
    {
      const MusterdInstanceConfig *wanted = g_ptr_array_index (config->instances, i);
      MusterdInstance *instance = musterd_host_find (host, wanted->name);

      g_ptr_array_add (ordered, instance != NULL ? instance : musterd_instance_new (host, wanted->name));
    }
  for (guint i = 0; i < host->instances->len; i++)
    if (!g_ptr_array_find (ordered, g_ptr_array_index (host->instances, i), NULL))
      g_ptr_array_add (ordered, g_ptr_array_index (host->instances, i));
  g_ptr_array_set_size (host->instances, 0);
  g_ptr_array_extend_and_steal (host->instances, g_steal_pointer (&ordered));
}

static void
drop_others_claims (MusterdHost *host, const MusterdConfig *config)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < config->instances->len; i++)
    {
      const MusterdInstanceConfig *instance = g_ptr_array_index (config->instances, i);

      if (instance->enabled != MUSTERD_ENABLED_NO)
        g_ptr_array_add (names, instance->name);
    }
  g_ptr_array_add (names, NULL);
  musterd_engine_source_retain (host->services.engine, (const char *const *) names->pdata);
}

/* What plugins declare for users is what scopes may set. Modules stay, and with them what the blocks point to. */
static void
declare_blocks (MusterdHost *host)
{
  g_autoptr(GPtrArray) descriptors = g_ptr_array_new ();
  g_autoptr(MusterdBlocks) blocks = NULL;
  gboolean same;

  for (guint i = 0; i < host->instances->len; i++)
    {
      const MusterdInstance *instance = g_ptr_array_index (host->instances, i);

      if (instance->module != NULL && !instance->gone
          && !g_ptr_array_find (descriptors, instance->module->descriptor, NULL))
        g_ptr_array_add (descriptors, (gpointer) instance->module->descriptor);
    }
  same = descriptors->len == host->declared->len;
  for (guint i = 0; same && i < descriptors->len; i++)
    same = descriptors->pdata[i] == host->declared->pdata[i];
  if (same)
    return;
  blocks = musterd_blocks_new ((const MusterPluginDescriptor *const *) descriptors->pdata, descriptors->len);
  musterd_engine_set_blocks (host->services.engine, blocks);
  g_ptr_array_unref (host->declared);
  host->declared = g_steal_pointer (&descriptors);
}

gboolean
musterd_host_apply (MusterdHost *host, const MusterdConfig *config, GError **error)
{
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GHashTable) counts = NULL;
  MusterdConfig *owner = (MusterdConfig *) config;
  MusterdConfig *before = host->config;

  if (host->stopping)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                           "applying the configuration: the daemon stops");
      return FALSE;
    }
  if (!musterd_host_check (host, config, problems, warnings))
    {
      g_ptr_array_add (problems, NULL);
      g_autofree char *text = g_strjoinv ("\n", (char **) problems->pdata);

      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, text);
      return FALSE;
    }

  host->config = musterd_config_ref (owner);
  counts = count_saved (host, NULL);
  apply_gone (host, config, counts);
  apply_order (host, config);
  for (guint i = 0; i < config->instances->len; i++)
    {
      const MusterdInstanceConfig *wanted = g_ptr_array_index (config->instances, i);

      want (musterd_host_find (host, wanted->name), owner, wanted,
            want_of (wanted, holds_something (counts, wanted->name)));
    }
  declare_blocks (host);
  musterd_assign_all (host, before != NULL);
  for (guint i = 0; i < host->instances->len; i++)
    musterd_instance_list_if_due (g_ptr_array_index (host->instances, i));
  drop_others_claims (host, config);
  musterd_host_begin_watch (host);
  g_clear_pointer (&before, musterd_config_unref);
  return TRUE;
}
