/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-import.h"

#include "ctl-client.h"
#include "ctl-output.h"

const CtlOption ctl_import_options[] = {
  { "sync", NULL, N_ ("the table names everybody: whoever is not in it is removed") },
  { "dry-run", NULL, N_ ("only say what would be done") },
  { "force", NULL, N_ ("with --sync: also where more than a tenth of all would be removed") },
  { NULL, NULL, NULL },
};

static guint
count (JsonObject *answer, const char *what)
{
  JsonObject *counts = ctl_member (answer, "counts");

  return counts != NULL ? (guint) ctl_int (counts, what) : 0;
}

/* One id a line, after the sign of what became of it. */
static void
print_ids (JsonObject *answer, const char *what, char sign)
{
  JsonArray *ids = ctl_array (answer, what);
  guint n_more = count (answer, what) - ctl_length (ids);

  for (guint i = 0; i < ctl_length (ids); i++)
    {
      g_autofree char *id = ctl_clean (json_array_get_string_element (ids, i));

      g_print ("%c %s\n", sign, id);
    }
  if (n_more > 0)
    g_print (_ ("%c and %u more\n"), sign, n_more);
}

static void
print_warnings (JsonArray *warnings)
{
  for (guint i = 0; i < ctl_length (warnings); i++)
    {
      g_autofree char *text = ctl_clean (json_array_get_string_element (warnings, i));

      g_printerr (_ ("musterctl: warning: %s\n"), text);
    }
}

static void
print_kept (JsonArray *kept)
{
  g_autoptr(GString) names = g_string_new (NULL);

  for (guint i = 0; i < ctl_length (kept); i++)
    {
      g_autofree char *name = ctl_clean (json_array_get_string_element (kept, i));

      g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", name);
    }
  if (names->len > 0)
    g_print (_ ("no column in the table, so left as they are: %s\n"), names->str);
}

static void
print_answer (JsonObject *answer, gboolean sync)
{
  gboolean dry_run = ctl_bool (answer, "dry_run");

  print_warnings (ctl_array (answer, "warnings"));
  if (sync || dry_run)
    {
      print_ids (answer, "added", '+');
      print_ids (answer, "changed", '~');
      print_ids (answer, "removed", '-');
      print_kept (ctl_array (answer, "kept"));
    }
  if (sync)
    g_print (_ ("%u added, %u changed, %u removed, %u as before\n"), count (answer, "added"),
             count (answer, "changed"), count (answer, "removed"), count (answer, "unchanged"));
  else
    g_print (_ ("%u added, %u changed, %u as before\n"), count (answer, "added"), count (answer, "changed"),
             count (answer, "unchanged"));
  if (dry_run)
    g_print ("%s\n", _ ("Nothing was changed: this is what would be done."));
}

static char *
make_path (Ctl *ctl)
{
  g_autoptr(GPtrArray) asked = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *query = NULL;

  for (gsize i = 0; ctl_import_options[i].name != NULL; i++)
    if (ctl_has_option (ctl, ctl_import_options[i].name))
      g_ptr_array_add (asked, g_strconcat (ctl_import_options[i].name, "=true", NULL));
  g_ptr_array_add (asked, NULL);
  query = g_strjoinv ("&", (char **) asked->pdata);
  return g_strconcat ("/v1/users/import", *query != '\0' ? "?" : "", query, NULL);
}

int
ctl_run_import (Ctl *ctl)
{
  g_autofree char *path = make_path (ctl);
  g_autoptr(GError) error = NULL;
  g_autoptr(GFile) file = NULL;
  g_autoptr(GFileInputStream) input = NULL;
  g_autoptr(GFileInfo) info = NULL;
  g_autoptr(JsonNode) answer = NULL;

  if (ctl_has_option (ctl, "force") && !ctl_has_option (ctl, "sync"))
    {
      g_set_error_literal (&error, CTL_ERROR, CTL_ERROR_WRONG_USE,
                           _ ("--force is for --sync: without it nobody is removed"));
      return ctl_fail (error);
    }
  file = g_file_new_for_commandline_arg (ctl_get_arg (ctl, 0));
  input = g_file_read (file, NULL, &error);
  if (input != NULL)
    info = g_file_input_stream_query_info (input, G_FILE_ATTRIBUTE_STANDARD_SIZE, NULL, &error);
  if (info == NULL)
    {
      g_prefix_error (&error, _ ("reading %s: "), ctl_get_arg (ctl, 0));
      return ctl_fail (error);
    }
  answer = ctl_upload (ctl, "POST", path, "text/csv", G_INPUT_STREAM (input), g_file_info_get_size (info), &error);
  if (answer == NULL)
    {
      g_prefix_error (&error, "%s: ", ctl_get_arg (ctl, 0));
      return ctl_fail (error);
    }
  if (ctl->json)
    ctl_print_json (answer);
  else
    print_answer (json_node_get_object (answer), ctl_has_option (ctl, "sync"));
  return CTL_DONE;
}
