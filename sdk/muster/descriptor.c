/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every function here returns the reason why not, for people, or NULL where all is well. */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

#include <string.h>

/* Keys of the keyfile group that belong to the host. */
static const char *const reserved[] = { "enabled", "isolation", "users", "view", "hostgroup", NULL };

static gboolean
is_name (const char *text, gsize max)
{
  const gsize length = text != NULL ? strnlen (text, max + 1) : 0;

  if (length == 0 || length > max || !g_ascii_islower (text[0]))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_islower (text[i]) && !g_ascii_isdigit (text[i]) && text[i] != '-')
      return FALSE;
  return TRUE;
}

static gboolean
is_text (const char *text)
{
  const gsize length = text != NULL ? strnlen (text, MUSTER_TEXT_MAX + 1) : 0;

  return length > 0 && length <= MUSTER_TEXT_MAX && g_utf8_validate_len (text, length, NULL)
         && !muster_text_has_control (text);
}

static gboolean
is_stride (gsize size, gsize least, gsize alignment)
{
  return size >= least && size <= MUSTER_STRUCT_SIZE_MAX && size % alignment == 0;
}

static char *
check_columns (const MusterOption *option)
{
  if (option->columns == NULL || option->n_columns == 0)
    return g_strdup ("a table without columns");
  if (option->n_columns > MUSTER_COLUMNS_MAX)
    return g_strdup_printf ("more than %d columns", MUSTER_COLUMNS_MAX);
  if (!is_stride (option->column_size, MUSTER_COLUMN_SIZE_1, G_ALIGNOF (MusterColumn)))
    return g_strdup_printf ("column_size is %" G_GSIZE_FORMAT ": fill it in with MUSTER_COLUMNS()",
                            option->column_size);

  for (gsize i = 0; i < option->n_columns; i++)
    {
      const MusterColumn *column = muster_column_nth (option, i);

      if (!is_name (column->name, MUSTER_OPTION_NAME_MAX))
        return g_strdup_printf ("column %" G_GSIZE_FORMAT " has no name of a-z, 0-9 and -", i + 1);
      for (gsize j = 0; j < i; j++)
        if (g_str_equal (muster_column_nth (option, j)->name, column->name))
          return g_strdup_printf ("two columns '%s'", column->name);
      if (column->type > MUSTER_OPTION_URL)
        return g_strdup_printf ("column '%s' has a type that cannot stand in a table", column->name);
      if (!is_text (column->doc))
        return g_strdup_printf ("column '%s' has no doc", column->name);

      const MusterOption cell
          = { .name = column->name, .type = column->type, .default_value = column->default_value };
      g_autoptr(GError) error = NULL;
      g_free (muster_option_check (&cell, NULL, &error));
      if (error != NULL)
        return g_strdup_printf ("column '%s' has a wrong default: %s", column->name, error->message);
    }
  return NULL;
}

static char *
check_choices (const char *choices)
{
  if (!is_text (choices))
    return g_strdup ("a choice without choices");

  g_auto(GStrv) all = g_strsplit (choices, "|", -1);
  for (char **choice = all; *choice != NULL; choice++)
    if (**choice == '\0')
      return g_strdup ("an empty choice");
  return NULL;
}

static char *
check_default (const MusterOption *option)
{
  g_autoptr(GError) error = NULL;

  if (option->type == MUSTER_OPTION_TABLE)
    {
      MusterTable *table = muster_option_parse_table (option, NULL, &error);

      g_clear_pointer (&table, muster_table_unref);
    }
  else
    g_free (muster_option_check (option, NULL, &error));
  return error != NULL ? g_strdup_printf ("its default is wrong: %s", error->message) : NULL;
}

/* One option; `seen` collects the names of both tables, since both may stand in one keyfile group. */
static char *
check_option (const MusterOption *option, GHashTable *seen)
{
  char *reason = NULL;

  if (g_strv_contains (reserved, option->name))
    return g_strdup ("the name is the host's own");
  if (!g_hash_table_add (seen, (gpointer) option->name))
    return g_strdup ("the name stands twice");
  if (option->type > MUSTER_OPTION_TABLE)
    return g_strdup_printf ("type %u is not known here", (guint) option->type);
  if (!is_text (option->doc))
    return g_strdup ("it has no doc");
  if (option->min > option->max)
    return g_strdup ("its lowest value is above its highest");
  if (option->type == MUSTER_OPTION_CHOICE)
    reason = check_choices (option->choices);
  else if (option->type == MUSTER_OPTION_TABLE)
    reason = check_columns (option);
  return reason != NULL ? reason : check_default (option);
}

static char *
check_options (const char *what, const MusterOption *options, gsize option_size, gsize n_options, GHashTable *seen)
{
  if (n_options == 0)
    return NULL;
  if (options == NULL)
    return g_strdup_printf ("%ss: a number of %" G_GSIZE_FORMAT ", but no table", what, n_options);
  if (n_options > MUSTER_OPTIONS_MAX)
    return g_strdup_printf ("%ss: more than %d", what, MUSTER_OPTIONS_MAX);
  if (!is_stride (option_size, MUSTER_OPTION_SIZE_1, G_ALIGNOF (MusterOption)))
    return g_strdup_printf ("%ss: option_size is %" G_GSIZE_FORMAT ": fill it in with MUSTER_OPTIONS()", what,
                            option_size);

  for (gsize i = 0; i < n_options; i++)
    {
      const MusterOption *option = muster_option_nth (options, option_size, i);

      if (!is_name (option->name, MUSTER_OPTION_NAME_MAX))
        return g_strdup_printf ("%s %" G_GSIZE_FORMAT " has no name of a-z, 0-9 and - that begins with a letter", what,
                                i + 1);
      g_autofree char *reason = check_option (option, seen);
      if (reason != NULL)
        return g_strdup_printf ("%s '%s': %s", what, option->name, reason);
    }
  return NULL;
}

static char *
check_source (const MusterSourceOps *source)
{
  const guint64 known = (MUSTER_KINDS_APPOINTMENT << 1) - 1;

  if (source == NULL)
    return NULL;
  if (!is_stride (source->struct_size, MUSTER_SOURCE_OPS_SIZE_1, sizeof (gpointer)))
    return g_strdup_printf ("the source's struct_size is %" G_GSIZE_FORMAT ", expected sizeof (MusterSourceOps)",
                            source->struct_size);
  if ((source->kinds & ~known) != 0)
    return g_strdup_printf ("the source makes claims that this host does not know (0x%" G_GINT64_MODIFIER "x)",
                            source->kinds & ~known);
  if (source->start == NULL)
    return g_strdup ("the source has no 'start'");
  if (source->stop == NULL)
    return g_strdup ("the source has no 'stop'");
  return NULL;
}

static char *
check_sink (const MusterSinkOps *sink, gboolean is_source)
{
  const guint64 known = (MUSTER_NEEDS_GREETING << 1) - 1;

  if (sink == NULL)
    return NULL;
  if (!is_stride (sink->struct_size, MUSTER_SINK_OPS_SIZE_1, sizeof (gpointer)))
    return g_strdup_printf ("the sink's struct_size is %" G_GSIZE_FORMAT ", expected sizeof (MusterSinkOps)",
                            sink->struct_size);
  if (sink->apply == NULL)
    return g_strdup ("the sink has no 'apply'");
  if (sink->open == NULL && !is_source)
    return g_strdup ("the sink has no 'open', and there is no source whose data it could use");
  if (sink->open != NULL && sink->close == NULL)
    return g_strdup ("the sink has 'open', but no 'close'");
  if (sink->needs == 0)
    return g_strdup ("the sink needs nothing of a presence: name what it shows in 'needs'");
  if ((sink->needs & ~known) != 0)
    return g_strdup_printf ("the sink needs what this host does not know (0x%" G_GINT64_MODIFIER "x)",
                            sink->needs & ~known);
  if (sink->deadline < 0)
    return g_strdup ("the sink's deadline is negative");
  return NULL;
}

/* Before anything behind these three members is looked at. */
static char *
check_versions (const MusterPluginDescriptor *descriptor)
{
  if (descriptor->struct_size < G_STRUCT_OFFSET (MusterPluginDescriptor, id))
    return g_strdup_printf ("its descriptor has only %" G_GSIZE_FORMAT " bytes: use MUSTER_PLUGIN_DEFINE()",
                            descriptor->struct_size);
  if (descriptor->abi != MUSTER_PLUGIN_ABI)
    return g_strdup_printf ("written for plugin ABI %u, this host runs ABI %u: rebuild the plugin against this "
                            "version's SDK",
                            descriptor->abi, MUSTER_PLUGIN_ABI);
  if (descriptor->api_level == 0)
    return g_strdup ("its API level is 0: use MUSTER_PLUGIN_DEFINE()");
  if (descriptor->api_level > MUSTER_API_LEVEL)
    return g_strdup_printf ("needs API level %u, this host offers %u: update muster, or ask for a build with "
                            "MUSTER_API_LEVEL_USED %u",
                            descriptor->api_level, MUSTER_API_LEVEL, MUSTER_API_LEVEL);
  if (!is_stride (descriptor->struct_size, MUSTER_DESCRIPTOR_SIZE_1, sizeof (gpointer)))
    return g_strdup_printf ("its descriptor has %" G_GSIZE_FORMAT " bytes, expected %" G_GSIZE_FORMAT
                            ": use MUSTER_PLUGIN_DEFINE()",
                            descriptor->struct_size, (gsize) MUSTER_DESCRIPTOR_SIZE_1);
  return NULL;
}

char *
muster_descriptor_check (const MusterPluginDescriptor *descriptor)
{
  g_autoptr(GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  char *reason = NULL;

  if (descriptor == NULL)
    return g_strdup ("its query function returned no descriptor");
  reason = check_versions (descriptor);
  if (reason != NULL)
    return reason;
  if (!is_name (descriptor->id, MUSTER_OPTION_NAME_MAX))
    return g_strdup_printf ("its id is not 1 to %d of a-z, 0-9 and - that begin with a letter",
                            MUSTER_OPTION_NAME_MAX);
  if (!is_text (descriptor->version))
    return g_strdup ("it names no version");
  if (!is_text (descriptor->license))
    return g_strdup ("it names no licence");
  if (!is_text (descriptor->summary))
    return g_strdup ("it has no summary");
  if (descriptor->source == NULL && descriptor->sink == NULL)
    return g_strdup ("it is neither a source nor a sink");

  reason = check_source (descriptor->source);
  if (reason == NULL)
    reason = check_sink (descriptor->sink, descriptor->source != NULL);
  if (reason == NULL)
    reason = check_options ("option", descriptor->options, descriptor->option_size, descriptor->n_options, seen);
  if (reason == NULL)
    reason = check_options ("user option", descriptor->user_options, descriptor->user_option_size,
                            descriptor->n_user_options, seen);
  return reason;
}
