/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-settings"

#include "settings/blocks.h"

#include <string.h>

#include "model/error.h"
#include "model/zone.h"
#include "settings/rules.h"

#define LEVELS "employee|team-colleague|assistant|assistant-plus"

static const MusterdSetting presence[] = {
  { { "use", MUSTER_OPTION_BOOLEAN, "true", "whether presence is used; off: nobody sees or sets it and no plugin acts" },
    MUSTERD_SETTING_PLAIN, TRUE },
  { { "base-without-client", MUSTER_OPTION_CHOICE, "available", "the status of users of whom no client was ever seen",
      .choices = "available|be-right-back|busy|do-not-disturb|unavailable|logged-off" },
    MUSTERD_SETTING_PLAIN, TRUE },
  { { "choice-ends", MUSTER_OPTION_CHOICE, "auto",
      "when a choice without an end is over; auto: at the end of the day, but only of users without client",
      .choices = "auto|never|end-of-day|after" },
    MUSTERD_SETTING_PLAIN, TRUE },
  { { "choice-ends-after", MUSTER_OPTION_DURATION, "8h", "how long such a choice holds, with choice-ends=after",
      .min = MUSTERD_MINUTE, .max = 366 * MUSTERD_DAY },
    MUSTERD_SETTING_PLAIN, TRUE },
  { { "zone", MUSTER_OPTION_STRING, NULL, "time zone of users who name none, such as Europe/Berlin" },
    MUSTERD_SETTING_ZONE, TRUE },
  { { "language", MUSTER_OPTION_STRING, NULL, "language of users who name none, such as de" },
    MUSTERD_SETTING_LANGUAGE, TRUE },
};

static const MusterdSetting activation[] = {
  { { "start", MUSTER_OPTION_STRING, "available", "template when a client starts" }, MUSTERD_SETTING_TEMPLATE, FALSE },
  { { "end", MUSTER_OPTION_STRING, "unavailable", "template when the last client ends" },
    MUSTERD_SETTING_TEMPLATE, FALSE },
  { { "idle", MUSTER_OPTION_STRING, "be-right-back", "template while there is no activity" },
    MUSTERD_SETTING_TEMPLATE, FALSE },
  { { "idle-after", MUSTER_OPTION_DURATION, "10min", "how long there is no activity before that",
      .min = 0, .max = MUSTERD_DAY },
    MUSTERD_SETTING_PLAIN, FALSE },
  { { "locked", MUSTER_OPTION_STRING, "be-right-back", "template while the console is locked" },
    MUSTERD_SETTING_TEMPLATE, FALSE },
  { { "on-lock", MUSTER_OPTION_BOOLEAN, "true", "whether a locked console counts at once" },
    MUSTERD_SETTING_PLAIN, FALSE },
};

static const MusterdSetting templates[] = {
  { { "own", MUSTER_OPTION_BOOLEAN, "true", "whether users may have templates of their own" },
    MUSTERD_SETTING_PLAIN, TRUE },
  { { "statuses", MUSTER_OPTION_LIST, "available;be-right-back;busy;do-not-disturb;unavailable;logged-off",
      "statuses open to users, in own templates and in choices by status; available and logged-off always are" },
    MUSTERD_SETTING_STATUSES, TRUE },
};

static const MusterdSetting calendar[] = {
  { { "sources", MUSTER_OPTION_LIST, "",
      "instances in the order in which they are asked for the mailbox; empty: all that take the user" },
    MUSTERD_SETTING_PLAIN, TRUE },
  { { "days-ahead", MUSTER_OPTION_INTEGER, "30", "how many days ahead are read", .min = 1, .max = 366 },
    MUSTERD_SETTING_PLAIN, TRUE },
  { { "template", MUSTER_OPTION_STRING, "appointment", "template of appointments" }, MUSTERD_SETTING_TEMPLATE, FALSE },
  { { "subject-as-text", MUSTER_OPTION_BOOLEAN, "false",
      "whether the subject is shown as text; off: subjects are not even stored" },
    MUSTERD_SETTING_PLAIN, FALSE },
  { { "tentative", MUSTER_OPTION_BOOLEAN, "true", "whether tentative entries count" }, MUSTERD_SETTING_PLAIN, FALSE },
  { { "unanswered", MUSTER_OPTION_BOOLEAN, "false", "whether invitations without an answer count" },
    MUSTERD_SETTING_PLAIN, FALSE },
  { { "all-day", MUSTER_OPTION_BOOLEAN, "true", "whether entries of a whole day count" },
    MUSTERD_SETTING_PLAIN, FALSE },
  { { "elsewhere", MUSTER_OPTION_BOOLEAN, "false", "whether entries shown as working elsewhere count" },
    MUSTERD_SETTING_PLAIN, FALSE },
  { { "rules", MUSTER_OPTION_TABLE, NULL,
      "rules asked in order before that; the first that an entry meets gives it a template, or no effect",
      MUSTER_COLUMNS (musterd_rule_columns) },
    MUSTERD_SETTING_RULES, FALSE },
};

static const MusterdSetting relationships[] = {
  { { "same-group", MUSTER_OPTION_CHOICE, "employee", "what users grant those of their group", .choices = LEVELS },
    MUSTERD_SETTING_PLAIN, TRUE },
  { { "same-location", MUSTER_OPTION_CHOICE, "employee", "what users grant those of their location",
      .choices = LEVELS "|blocked" },
    MUSTERD_SETTING_PLAIN, TRUE },
  { { "others", MUSTER_OPTION_CHOICE, "employee", "what users grant everybody else", .choices = LEVELS "|blocked" },
    MUSTERD_SETTING_PLAIN, TRUE },
  { { "users-may", MUSTER_OPTION_CHOICE, "extend-and-restrict", "what users may do to that for single viewers",
      .choices = "extend-and-restrict|extend|neither" },
    MUSTERD_SETTING_PLAIN, TRUE },
};

static const MusterdSetting teams[] = {
  { { "mode", MUSTER_OPTION_CHOICE, "telephony-and-presence",
      "what is exchanged with Microsoft Teams: nothing, calls, or calls and do not disturb",
      .choices = "off|telephony|telephony-and-presence" },
    MUSTERD_SETTING_PLAIN, FALSE },
  { { "create-template", MUSTER_OPTION_BOOLEAN, "false",
      "makes the central template \"MS Teams\", which is taken for calls in Teams" },
    MUSTERD_SETTING_PLAIN, TRUE },
};

static const MusterdSetting micsync[] = {
  { { "create-template", MUSTER_OPTION_BOOLEAN, "false",
      "makes the central template \"MicSync\", which is taken while a program holds the microphone" },
    MUSTERD_SETTING_PLAIN, TRUE },
};

#define BLOCK(name, doc, central, table) { name, doc, central, table, G_N_ELEMENTS (table) }

static const struct
{
  const char           *name, *doc;
  gboolean              central;
  const MusterdSetting *settings;
  guint                 n;
} core[] = {
  BLOCK ("presence", "whether and how presence is used", TRUE, presence),
  BLOCK ("activation", "automatic activation: what a client's start, end and rest do", FALSE, activation),
  BLOCK ("templates", "what users may do with templates", TRUE, templates),
  BLOCK ("calendar", "what appointments and absences do", FALSE, calendar),
  BLOCK ("relationships", "what users grant each other where nobody says otherwise", TRUE, relationships),
  BLOCK ("teams", "Microsoft Teams", FALSE, teams),
  BLOCK ("micsync", "programs that hold the microphone", FALSE, micsync),
};

struct _MusterdBlocks
{
  GPtrArray *blocks; /* MusterdBlock */
};

static void
block_free (gpointer data)
{
  MusterdBlock *block = data;

  g_ptr_array_unref (block->settings);
  g_free (block);
}

static MusterdBlock *
add_block (MusterdBlocks *blocks, const char *name, const char *doc, gboolean central)
{
  MusterdBlock *block = g_new0 (MusterdBlock, 1);

  block->name = name;
  block->doc = doc;
  block->central = central;
  block->may = !central;
  block->settings = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (blocks->blocks, block);
  return block;
}

/* What the core declares is the core's: a plugin's option of the same name is delivered with its value. */
static void
add_setting (MusterdBlock *block, const MusterdSetting *setting)
{
  if (musterd_block_find (block, setting->option.name) == NULL)
    g_ptr_array_add (block->settings, g_memdup2 (setting, sizeof *setting));
}

static void
add_plugin (MusterdBlocks *blocks, const MusterPluginDescriptor *plugin)
{
  MusterdBlock *block = (MusterdBlock *) musterd_blocks_find (blocks, plugin->id);

  if (plugin->n_user_options == 0)
    return;
  if (block == NULL)
    block = add_block (blocks, plugin->id, plugin->summary, FALSE);
  for (gsize i = 0; i < plugin->n_user_options; i++)
    {
      MusterdSetting setting = { .kind = MUSTERD_SETTING_PLAIN };

      memcpy (&setting.option, muster_option_nth (plugin->user_options, plugin->user_option_size, i),
              MIN (sizeof setting.option, plugin->user_option_size));
      add_setting (block, &setting);
    }
}

MusterdBlocks *
musterd_blocks_new (const MusterPluginDescriptor *const *plugins, gsize n_plugins)
{
  MusterdBlocks *blocks = g_atomic_rc_box_new0 (MusterdBlocks);

  blocks->blocks = g_ptr_array_new_with_free_func (block_free);
  for (gsize i = 0; i < G_N_ELEMENTS (core); i++)
    {
      MusterdBlock *block = add_block (blocks, core[i].name, core[i].doc, core[i].central);

      for (guint k = 0; k < core[i].n; k++)
        add_setting (block, &core[i].settings[k]);
    }
  for (gsize i = 0; i < n_plugins; i++)
    add_plugin (blocks, plugins[i]);
  return blocks;
}

MusterdBlocks *
musterd_blocks_ref (MusterdBlocks *blocks)
{
  return g_atomic_rc_box_acquire (blocks);
}

static void
blocks_clear (gpointer data)
{
  g_ptr_array_unref (((MusterdBlocks *) data)->blocks);
}

void
musterd_blocks_unref (MusterdBlocks *blocks)
{
  g_atomic_rc_box_release_full (blocks, blocks_clear);
}

guint
musterd_blocks_get_n (const MusterdBlocks *blocks)
{
  return blocks->blocks->len;
}

const MusterdBlock *
musterd_blocks_nth (const MusterdBlocks *blocks, guint i)
{
  return g_ptr_array_index (blocks->blocks, i);
}

const MusterdBlock *
musterd_blocks_find (const MusterdBlocks *blocks, const char *name)
{
  for (guint i = 0; i < blocks->blocks->len; i++)
    if (g_str_equal (musterd_blocks_nth (blocks, i)->name, name))
      return musterd_blocks_nth (blocks, i);
  return NULL;
}

const MusterdSetting *
musterd_block_find (const MusterdBlock *block, const char *option)
{
  for (guint i = 0; i < block->settings->len; i++)
    {
      const MusterdSetting *setting = g_ptr_array_index (block->settings, i);

      if (g_str_equal (setting->option.name, option))
        return setting;
    }
  return NULL;
}

/* Checking. */

static void
set_no_block (const MusterdBlocks *blocks, const char *name, GError **error)
{
  g_autofree char *shown = musterd_error_word (name);
  g_autoptr(GString) names = g_string_new (NULL);

  for (guint i = 0; i < musterd_blocks_get_n (blocks); i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", musterd_blocks_nth (blocks, i)->name);
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "there is no block of settings '%s': there are %s", shown,
               names->str);
}

static void
set_no_option (const MusterdBlock *block, const char *name, GError **error)
{
  g_autofree char *shown = musterd_error_word (name);
  g_autoptr(GString) names = g_string_new (NULL);

  for (guint i = 0; i < block->settings->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? ", " : "",
                            ((MusterdSetting *) block->settings->pdata[i])->option.name);
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "there is no setting %s.%s: there are %s", block->name,
               shown, names->str);
}

/* Those open to users, in the order of the statuses. */
static char *
check_statuses (const char *text, GError **error)
{
  g_auto(GStrv) words = g_strsplit (text, ";", -1);
  g_autoptr(GString) made = g_string_new (NULL);
  guint bits = MUSTERD_STATUS_BIT (MUSTERD_STATUS_AVAILABLE) | MUSTERD_STATUS_BIT (MUSTERD_STATUS_LOGGED_OFF);

  for (guint i = 0; words[i] != NULL; i++)
    {
      const char *word = g_strstrip (words[i]);
      MusterdStatus status = MUSTERD_STATUS_NONE;

      if (*word == '\0')
        continue;
      if (!musterd_status_from_string (word, &status) || status == MUSTERD_STATUS_NONE)
        {
          g_autofree char *shown = musterd_error_word (word);

          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "there is no status '%s'", shown);
          return NULL;
        }
      bits |= MUSTERD_STATUS_BIT (status);
    }
  for (guint i = MUSTERD_STATUS_NONE + 1; i < MUSTERD_N_STATUSES; i++)
    if ((bits & MUSTERD_STATUS_BIT (i)) != 0)
      g_string_append_printf (made, "%s%s", made->len > 0 ? ";" : "", musterd_status_to_string ((MusterdStatus) i));
  return g_string_free (g_steal_pointer (&made), FALSE);
}

static gboolean
check_kind (MusterdSettingKind kind, const char *text, GError **error)
{
  g_autoptr(GTimeZone) zone = NULL;

  switch (kind)
    {
    case MUSTERD_SETTING_ZONE:
      zone = *text != '\0' ? musterd_zone_get (text) : NULL;
      if (zone != NULL)
        return TRUE;
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                           "this is no time zone: expected a name such as Europe/Berlin");
      return FALSE;
    case MUSTERD_SETTING_LANGUAGE:
      if (*text != '\0' && strlen (text) <= 35 && strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                                "0123456789-") == strlen (text))
        return TRUE;
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                           "this is no language: expected a tag such as de or en-GB");
      return FALSE;
    case MUSTERD_SETTING_TEMPLATE:
      if (*text != '\0')
        return TRUE;
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "a template is to be named");
      return FALSE;
    case MUSTERD_SETTING_PLAIN:
    case MUSTERD_SETTING_STATUSES:
    case MUSTERD_SETTING_RULES:
    default:
      return TRUE;
    }
}

/* Tables and durations stay as they were written, since that is the form in which they are read. */
static char *
check_value (const MusterdSetting *setting, const char *value, GError **error)
{
  g_autofree char *written = g_strstrip (g_strdup (value));
  g_autofree char *text = NULL;

  if (setting->kind == MUSTERD_SETTING_RULES)
    {
      g_autoptr(GArray) rules = musterd_rules_parse (written, error);

      return rules != NULL ? g_steal_pointer (&written) : NULL;
    }
  if (setting->option.type == MUSTER_OPTION_TABLE)
    {
      MusterTable *table = muster_option_parse_table (&setting->option, written, error);

      if (table == NULL)
        return NULL;
      muster_table_unref (table);
      return g_steal_pointer (&written);
    }
  text = muster_option_check (&setting->option, written, error);
  if (text == NULL || !check_kind (setting->kind, text, error))
    return NULL;
  if (setting->kind == MUSTERD_SETTING_STATUSES)
    return check_statuses (text, error);
  return setting->option.type == MUSTER_OPTION_DURATION ? g_steal_pointer (&written) : g_steal_pointer (&text);
}

char *
musterd_blocks_check (const MusterdBlocks *blocks, const char *block_name, const char *option, const char *value,
                      GError **error)
{
  const MusterdBlock *block = musterd_blocks_find (blocks, block_name);
  const MusterdSetting *setting = block != NULL ? musterd_block_find (block, option) : NULL;
  g_autoptr(GError) local_error = NULL;
  char *text = NULL;

  if (block == NULL)
    set_no_block (blocks, block_name, error);
  else if (setting == NULL)
    set_no_option (block, option, error);
  if (setting == NULL)
    return NULL;
  text = check_value (setting, value, &local_error);
  if (text == NULL)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "%s.%s: %s", block->name, option, local_error->message);
  return text;
}
