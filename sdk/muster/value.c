/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

MusterValue *
muster_value_new_text (MusterOptionType type, const char *text)
{
  MusterValue *value = g_new0 (MusterValue, 1);

  value->type = type;
  value->text = g_strdup (text);
  if (type == MUSTER_OPTION_LIST && text != NULL)
    value->list = *text != '\0' ? muster_option_split (text, ';') : g_new0 (char *, 1);
  return value;
}

MusterValue *
muster_value_new_table (MusterTable *table)
{
  MusterValue *value = g_new0 (MusterValue, 1);

  value->type = MUSTER_OPTION_TABLE;
  value->table = table != NULL ? muster_table_ref (table) : NULL;
  return value;
}

void
muster_value_free (MusterValue *value)
{
  g_free (value->text);
  g_strfreev (value->list);
  g_clear_pointer (&value->table, muster_table_unref);
  g_free (value);
}

gint64
muster_value_number (const MusterValue *value)
{
  return value->text != NULL ? g_ascii_strtoll (value->text, NULL, 10) : 0;
}

GHashTable *
muster_values_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) muster_value_free);
}
