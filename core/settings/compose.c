/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-settings"

#include "settings/compose.h"

#include <string.h>

#include "settings/forward.h"
#include "settings/rules.h"

gboolean
musterd_scopes_may_change (const MusterdScopes *scopes, const MusterdBlock *block, MusterdLayer *said_by)
{
  for (guint i = MUSTERD_LAYER_GROUP + 1; i > 0; i--)
    {
      const MusterdSettingScope *scope = scopes->layers[i - 1];
      MusterdPolicy policy = scope != NULL ? musterd_setting_scope_get_policy (scope, block->name)
                                           : MUSTERD_POLICY_INHERIT;

      if (policy == MUSTERD_POLICY_INHERIT || block->central)
        continue;
      if (said_by != NULL)
        *said_by = (MusterdLayer) (i - 1);
      return policy == MUSTERD_POLICY_MAY;
    }
  if (said_by != NULL)
    *said_by = MUSTERD_N_LAYERS;
  return block->may;
}

/* How many layers may speak of it. */
static guint
count_layers (const MusterdScopes *scopes, const MusterdBlock *block, const MusterdSetting *setting)
{
  return !setting->central && musterd_scopes_may_change (scopes, block, NULL) ? MUSTERD_N_LAYERS : MUSTERD_LAYER_USER;
}

const char *
musterd_scopes_get_value (const MusterdScopes *scopes, const MusterdBlock *block, const MusterdSetting *setting,
                          MusterdLayer *from)
{
  for (guint i = count_layers (scopes, block, setting); i > 0; i--)
    {
      const MusterdSettingScope *scope = scopes->layers[i - 1];
      const char *value = scope != NULL ? musterd_setting_scope_get_value (scope, block->name, setting->option.name)
                                        : NULL;

      if (value == NULL)
        continue;
      if (from != NULL)
        *from = (MusterdLayer) (i - 1);
      return value;
    }
  if (from != NULL)
    *from = MUSTERD_N_LAYERS;
  return setting->option.default_value;
}

/* Templates. */

static guint
read_statuses (const MusterdBlocks *blocks, const MusterdScopes *scopes)
{
  const MusterdBlock *block = musterd_blocks_find (blocks, "templates");
  g_auto(GStrv) words
      = g_strsplit (musterd_scopes_get_value (scopes, block, musterd_block_find (block, "statuses"), NULL), ";", -1);
  guint bits = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      MusterdStatus status = MUSTERD_STATUS_NONE;

      if (musterd_status_from_string (words[i], &status))
        bits |= MUSTERD_STATUS_BIT (status);
    }
  return bits;
}

static gboolean
read_boolean (const MusterdBlocks *blocks, const MusterdScopes *scopes, const char *block_name, const char *option)
{
  const MusterdBlock *block = musterd_blocks_find (blocks, block_name);

  return g_strcmp0 (musterd_scopes_get_value (scopes, block, musterd_block_find (block, option), NULL), "true") == 0;
}

/* By a central one of a nearer scope, which then has its role, too. */
static gboolean
is_hidden (const GPtrArray *nearer, guint n_nearer, const MusterdTemplate *tmpl)
{
  for (guint i = 0; i < n_nearer; i++)
    {
      MusterdTemplate *other = g_ptr_array_index (nearer, i);

      if (other->own || !musterd_template_same_name (other->name, tmpl->name))
        continue;
      if (other->role == NULL)
        other->role = g_strdup (tmpl->role);
      return TRUE;
    }
  return FALSE;
}

/* The forwarding that a user has of a central template. */
static void
lay_forwarding (MusterdTemplate *tmpl, const MusterdSettingScope *user)
{
  const char *text = user != NULL && tmpl->may_change
                         ? musterd_setting_scope_get_value (user, MUSTERD_BLOCK_FORWARDING, tmpl->id)
                         : NULL;
  MusterdForwarding forwarding;

  if (text == NULL || !musterd_forward_parse (text, &forwarding, NULL))
    return;
  g_free (tmpl->forwarding.number);
  tmpl->forwarding = forwarding;
}

/* A user's own template with the name of a central one that has a role takes the role: "Termin" of a house that
 * renamed "Appointment" so. */
static void
take_roles (GPtrArray *templates)
{
  for (guint i = 0; i < templates->len; i++)
    {
      MusterdTemplate *own = g_ptr_array_index (templates, i);

      for (guint k = i + 1; own->own && own->role == NULL && k < templates->len; k++)
        {
          const MusterdTemplate *central = g_ptr_array_index (templates, k);

          if (!central->own && central->role != NULL && musterd_template_same_name (own->name, central->name))
            own->role = g_strdup (central->role);
        }
    }
}

GPtrArray *
musterd_scopes_list_templates (const MusterdBlocks *blocks, const MusterdScopes *scopes)
{
  GPtrArray *templates = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_template_free);
  gboolean own = read_boolean (blocks, scopes, "templates", "own");
  guint statuses = read_statuses (blocks, scopes);

  for (guint i = MUSTERD_N_LAYERS; i > 0; i--)
    {
      const MusterdSettingScope *scope = scopes->layers[i - 1];
      gboolean is_user = i - 1 == MUSTERD_LAYER_USER;
      guint nearer = templates->len;

      for (guint k = 0; scope != NULL && k < scope->templates->len; k++)
        {
          const MusterdTemplate *tmpl = g_ptr_array_index (scope->templates, k);
          MusterdTemplate *copy;

          if (!is_user && is_hidden (templates, nearer, tmpl))
            continue;
          copy = musterd_template_copy (tmpl);
          copy->own = is_user;
          if (is_user)
            copy->active &= own && (statuses & MUSTERD_STATUS_BIT (copy->status)) != 0;
          else
            lay_forwarding (copy, scopes->layers[MUSTERD_LAYER_USER]);
          g_ptr_array_add (templates, copy);
        }
    }
  take_roles (templates);
  return templates;
}

/* The value that holds. */

typedef struct
{
  const MusterdBlocks *blocks;
  const MusterdScopes *scopes;
  MusterdSettings     *settings;
} Composition;

static const char *
keep (Composition *composition, const char *text)
{
  return text != NULL ? g_string_chunk_insert_const (composition->settings->strings, text) : NULL;
}

static const char *
get (const Composition *composition, const char *block_name, const char *option)
{
  const MusterdBlock *block = musterd_blocks_find (composition->blocks, block_name);

  return musterd_scopes_get_value (composition->scopes, block, musterd_block_find (block, option), NULL);
}

static gboolean
get_boolean (const Composition *composition, const char *block, const char *option)
{
  return g_strcmp0 (get (composition, block, option), "true") == 0;
}

/* Durations in µs. */
static gint64
get_number (const Composition *composition, const char *block_name, const char *option)
{
  const MusterdBlock *block = musterd_blocks_find (composition->blocks, block_name);
  const MusterdSetting *setting = musterd_block_find (block, option);
  g_autofree char *text = muster_option_check (
      &setting->option, musterd_scopes_get_value (composition->scopes, block, setting, NULL), NULL);

  return text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;
}

/* The name of a central template that a nearer one of the same name hides. */
static const char *
name_of_hidden (const MusterdScopes *scopes, const char *id)
{
  for (guint i = 0; i < MUSTERD_LAYER_USER; i++)
    {
      int place = scopes->layers[i] != NULL ? musterd_setting_scope_find_template (scopes->layers[i], id) : -1;

      if (place >= 0)
        return ((const MusterdTemplate *) scopes->layers[i]->templates->pdata[place])->name;
    }
  return NULL;
}

/* The nearest layer whose template this user has: one who moved may not have the old location's any more. */
static const char *
get_template (Composition *composition, const char *block_name, const char *option)
{
  const MusterdBlock *block = musterd_blocks_find (composition->blocks, block_name);
  const MusterdSetting *setting = musterd_block_find (block, option);

  for (guint i = count_layers (composition->scopes, block, setting); i > 0; i--)
    {
      const MusterdSettingScope *scope = composition->scopes->layers[i - 1];
      const char *value = scope != NULL ? musterd_setting_scope_get_value (scope, block_name, option) : NULL;

      if (value != NULL && musterd_settings_find_id (composition->settings, value) == NULL)
        value = name_of_hidden (composition->scopes, value);
      if (value != NULL && musterd_settings_find (composition->settings, value) != NULL)
        return keep (composition, value);
    }
  return setting->option.default_value;
}

static void
compose_presence (Composition *composition)
{
  static const char *const ends[] = { "auto", "never", "end-of-day", "after" };
  MusterdSettings *settings = composition->settings;
  const char *word = get (composition, "presence", "choice-ends");

  settings->in_use = get_boolean (composition, "presence", "use");
  musterd_status_from_string (get (composition, "presence", "base-without-client"), &settings->base_without_client);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    if (g_str_equal (word, ends[i]))
      settings->choice_ends = (MusterdChoiceEnds) i;
  settings->choice_ends_after = get_number (composition, "presence", "choice-ends-after");
  settings->zone = keep (composition, get (composition, "presence", "zone"));
  settings->language = keep (composition, get (composition, "presence", "language"));
}

static void
compose_activation (Composition *composition)
{
  MusterdSettings *settings = composition->settings;

  settings->start_role = get_template (composition, "activation", "start");
  settings->end_role = get_template (composition, "activation", "end");
  settings->idle_role = get_template (composition, "activation", "idle");
  settings->locked_role = get_template (composition, "activation", "locked");
  settings->idle_after = get_number (composition, "activation", "idle-after");
  settings->on_lock = get_boolean (composition, "activation", "on-lock");
}

/* The nearest scope's; those of several are not joined, since their order is what decides. */
static void
compose_rules (Composition *composition)
{
  MusterdSettings *settings = composition->settings;
  const char *text = get (composition, "calendar", "rules");

  settings->rules = text != NULL ? musterd_rules_parse (text, NULL) : NULL;
  for (guint i = 0; settings->rules != NULL && i < settings->rules->len; i++)
    {
      MusterdRule *rule = &g_array_index (settings->rules, MusterdRule, i);
      const char *name = rule->template_ref != NULL
                                 && musterd_settings_find_id (settings, rule->template_ref) == NULL
                             ? name_of_hidden (composition->scopes, rule->template_ref)
                             : NULL;

      if (name == NULL)
        continue;
      g_free (rule->template_ref);
      rule->template_ref = g_strdup (name);
    }
  settings->rules_stamp = musterd_rules_stamp (settings->rules);
}

static void
compose_calendar (Composition *composition)
{
  MusterdSettings *settings = composition->settings;
  g_auto(GStrv) sources = g_strsplit (get (composition, "calendar", "sources"), ";", -1);
  g_autoptr(GPtrArray) named = g_ptr_array_new ();

  for (guint i = 0; sources[i] != NULL; i++)
    if (*g_strstrip (sources[i]) != '\0')
      g_ptr_array_add (named, (gpointer) keep (composition, sources[i]));
  if (named->len > 0)
    {
      g_ptr_array_add (named, NULL);
      settings->calendar_sources = (const char *const *) g_ptr_array_steal (named, NULL);
    }
  settings->days_ahead = (guint) get_number (composition, "calendar", "days-ahead");
  settings->standard_role = get_template (composition, "calendar", "template");
  settings->subject_as_text = get_boolean (composition, "calendar", "subject-as-text");
  settings->count_tentative = get_boolean (composition, "calendar", "tentative");
  settings->count_unanswered = get_boolean (composition, "calendar", "unanswered");
  settings->count_all_day = get_boolean (composition, "calendar", "all-day");
  settings->count_elsewhere = get_boolean (composition, "calendar", "elsewhere");
  compose_rules (composition);
}

static void
compose_relationships (Composition *composition)
{
  MusterdSettings *settings = composition->settings;

  musterd_relation_from_string (get (composition, "relationships", "same-group"), &settings->same_group);
  musterd_relation_from_string (get (composition, "relationships", "same-location"), &settings->same_location);
  musterd_relation_from_string (get (composition, "relationships", "others"), &settings->others);
  musterd_extension_from_string (get (composition, "relationships", "users-may"), &settings->users_may);
}

char *
musterd_scopes_join_rows (const MusterdScopes *scopes, const MusterdBlock *block, const MusterdSetting *setting)
{
  g_autoptr(GString) text = NULL;
  guint n = count_layers (scopes, block, setting);

  for (guint i = 0; i < n; i++)
    {
      const MusterdSettingScope *scope = scopes->layers[i];
      const char *value = scope != NULL ? musterd_setting_scope_get_value (scope, block->name, setting->option.name)
                                        : NULL;

      if (value == NULL)
        continue;
      if (text == NULL)
        text = g_string_new (NULL);
      else
        g_string_append_c (text, ';');
      g_string_append (text, value);
    }
  return text != NULL ? g_string_free (g_steal_pointer (&text), FALSE) : NULL;
}

/* For the plugins: only what some scope says, since the keyfile's is the instance's own default. */
static void
compose_options (Composition *composition)
{
  for (guint i = 0; i < musterd_blocks_get_n (composition->blocks); i++)
    {
      const MusterdBlock *block = musterd_blocks_nth (composition->blocks, i);

      for (guint k = 0; k < block->settings->len; k++)
        {
          const MusterdSetting *setting = g_ptr_array_index (block->settings, k);
          MusterdLayer from;
          const char *value = musterd_scopes_get_value (composition->scopes, block, setting, &from);

          if (from == MUSTERD_N_LAYERS)
            continue;
          if (composition->settings->options == NULL)
            composition->settings->options = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
          g_hash_table_insert (composition->settings->options,
                               g_strconcat (block->name, ".", setting->option.name, NULL),
                               setting->option.type == MUSTER_OPTION_TABLE && setting->kind == MUSTERD_SETTING_PLAIN
                                   ? musterd_scopes_join_rows (composition->scopes, block, setting)
                                   : g_strdup (value));
        }
    }
}

static gboolean
has_forwarding (const MusterdSettingScope *user)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, user->values);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    if (g_str_has_prefix (key, MUSTERD_BLOCK_FORWARDING "."))
      return TRUE;
  return FALSE;
}

MusterdSettings *
musterd_scopes_compose (const MusterdBlocks *blocks, const MusterdScopes *scopes, const MusterdSettings *central)
{
  const MusterdSettingScope *user = scopes->layers[MUSTERD_LAYER_USER];
  MusterdSettings *settings = musterd_settings_new ();
  Composition composition = { blocks, scopes, settings };

  settings->strings = g_string_chunk_new (64);
  g_ptr_array_unref (settings->templates);
  settings->templates = central != NULL && (user == NULL || (user->templates->len == 0 && !has_forwarding (user)))
                            ? g_ptr_array_ref (central->templates)
                            : musterd_scopes_list_templates (blocks, scopes);
  settings->own_templates = get_boolean (&composition, "templates", "own");
  settings->statuses = read_statuses (blocks, scopes);
  compose_presence (&composition);
  compose_activation (&composition);
  compose_calendar (&composition);
  compose_relationships (&composition);
  compose_options (&composition);
  return settings;
}

/* What is void. */

/* By the same list that the user has: only a template that users may change can have a forwarding of theirs. */
static gboolean
forwarding_holds (const GPtrArray *templates, const char *id)
{
  for (guint i = 0; i < templates->len; i++)
    {
      const MusterdTemplate *tmpl = g_ptr_array_index (templates, i);

      if (!tmpl->own && g_str_equal (tmpl->id, id))
        return tmpl->may_change;
    }
  return FALSE;
}

GPtrArray *
musterd_scopes_list_void (const MusterdBlocks *blocks, const MusterdScopes *scopes)
{
  const MusterdSettingScope *user = scopes->layers[MUSTERD_LAYER_USER];
  GPtrArray *gone = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GPtrArray) templates = NULL;
  GHashTableIter iter;
  gpointer key;

  if (user == NULL || g_hash_table_size (user->values) == 0)
    return gone;
  if (has_forwarding (user))
    templates = musterd_scopes_list_templates (blocks, scopes);
  g_hash_table_iter_init (&iter, user->values);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const char *dot = strchr (key, '.');
      g_autofree char *name = g_strndup (key, (gsize) (dot - (const char *) key));
      const MusterdBlock unknown = { .name = name, .may = TRUE }; /* of a plugin that is not loaded now */
      const MusterdBlock *block = musterd_blocks_find (blocks, name);
      gboolean holds = g_str_equal (name, MUSTERD_BLOCK_FORWARDING)
                           ? forwarding_holds (templates, dot + 1)
                           : musterd_scopes_may_change (scopes, block != NULL ? block : &unknown, NULL);

      if (!holds)
        g_ptr_array_add (gone, g_strdup (key));
    }
  return gone;
}
