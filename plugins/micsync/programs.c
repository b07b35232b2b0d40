/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-micsync"

#include "programs.h"

#include <string.h>

/* process | alias | active. Names without an entry for Linux are the same there. */
const char micsync_default_programs[] =
    "Amazon Chime|Amazon Chime|true;"
    "BlueJeans|BlueJeans|true;"
    "brave|Brave|true;"
    "chrome|Chrome|true;"
    "chromium|Chromium|true;"
    "chromium-browser|Chromium|true;"
    "Circuit|Circuit|true;"
    "CiscoCollabHost|Cisco Webex|true;"
    "Discord|Discord|true;"
    "element-desktop|Element|true;"
    "firefox|Firefox|true;"
    "firefox-bin|Firefox|true;"
    "firefox-esr|Firefox|true;"
    "g2mcomm|GoTo Meeting|true;"
    "iexplore|Internet Explorer|true;"
    "linphone|Linphone|true;"
    "ms-teams|Microsoft Teams|true;"
    "msedge|Microsoft Edge|true;"
    "mumble|Mumble|true;"
    "opera|Opera|true;"
    "RingCentral|RingCentral|true;"
    "signal-desktop|Signal|true;"
    "Slack|Slack|true;"
    "teams|Microsoft Teams|true;"
    "teams-for-linux|Microsoft Teams|true;"
    "TeamViewerMeeting|TeamViewer Meeting|true;"
    "telegram-desktop|Telegram|true;"
    "Unify Office|Unify Office|true;"
    "vivaldi-bin|Vivaldi|true;"
    "webex|Cisco Webex|true;"
    "Zoom|Zoom|true;"
    "zoom.real|Zoom|true";

struct _MicsyncPrograms
{
  GHashTable *by_key; /* MicsyncProgram.key → MicsyncProgram */
};

static gboolean
is_unfit (gunichar c)
{
  switch (g_unichar_type (c))
    {
    case G_UNICODE_CONTROL:
    case G_UNICODE_LINE_SEPARATOR:
    case G_UNICODE_PARAGRAPH_SEPARATOR:
    case G_UNICODE_SURROGATE:
      return TRUE;
    case G_UNICODE_FORMAT:
      return c != 0x200C && c != 0x200D; /* the joiners belong to letters and emoji */
    default:
      return FALSE;
    }
}

char *
micsync_clean_text (const char *raw, gsize max)
{
  if (raw == NULL)
    return NULL;

  /* Characters that are thrown away must not use up the room of those that stay, but nor must a megabyte be read. */
  g_autofree char *valid = g_utf8_make_valid (raw, (gssize) strnlen (raw, 8 * max));
  g_autoptr(GString) clean = g_string_sized_new (max);
  gboolean blank = FALSE;

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      gsize length = (gsize) (g_utf8_next_char (p) - p);

      if (is_unfit (c) || g_unichar_isspace (c))
        {
          blank = TRUE;
          continue;
        }
      if (clean->len + (blank && clean->len > 0) + length > max)
        break;
      if (blank && clean->len > 0)
        g_string_append_c (clean, ' ');
      blank = FALSE;
      g_string_append_len (clean, p, (gssize) length);
    }
  return clean->len > 0 ? g_string_free (g_steal_pointer (&clean), FALSE) : NULL;
}

char *
micsync_process_name (const char *raw)
{
  if (raw == NULL)
    return NULL;

  const char *base = raw;

  for (const char *p = raw; *p != '\0'; p++)
    if (*p == '/' || *p == '\\')
      base = p + 1;

  g_autofree char *name = micsync_clean_text (base, MICSYNC_NAME_MAX);
  gsize length = name != NULL ? strlen (name) : 0;

  if (length > 4 && g_ascii_strcasecmp (name + length - 4, ".exe") == 0)
    {
      name[length - 4] = '\0';
      g_strchomp (name);
    }
  return g_steal_pointer (&name);
}

char *
micsync_program_key (const char *raw)
{
  g_autofree char *name = micsync_process_name (raw);

  return name != NULL ? g_utf8_casefold (name, -1) : NULL;
}

static void
program_free (gpointer data)
{
  MicsyncProgram *program = data;

  g_free (program->key);
  g_free (program->text);
  g_free (program);
}

MicsyncPrograms *
micsync_programs_new (void)
{
  MicsyncPrograms *programs = g_new0 (MicsyncPrograms, 1);

  programs->by_key = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, program_free);
  return programs;
}

MicsyncPrograms *
micsync_programs_read (MusterTable *table)
{
  g_autoptr(MicsyncPrograms) programs = micsync_programs_new ();
  gsize n_rows = table != NULL ? muster_table_get_n_rows (table) : 0;

  for (gsize row = 0; row < n_rows; row++)
    micsync_programs_add (programs, muster_table_get_string (table, row, "process"),
                          muster_table_get_string (table, row, "alias"),
                          muster_table_get_boolean (table, row, "active"));
  return g_steal_pointer (&programs);
}

void
micsync_programs_free (MicsyncPrograms *programs)
{
  g_hash_table_unref (programs->by_key);
  g_free (programs);
}

void
micsync_programs_add (MicsyncPrograms *programs, const char *process, const char *alias, gboolean active)
{
  g_autofree char *key = micsync_program_key (process);

  if (key == NULL)
    return;

  MicsyncProgram *program = g_new0 (MicsyncProgram, 1);

  program->key = g_steal_pointer (&key);
  program->text = micsync_clean_text (alias, MICSYNC_ALIAS_MAX);
  if (program->text == NULL)
    program->text = micsync_process_name (process);
  program->active = active;
  g_hash_table_replace (programs->by_key, program->key, program);
}

const MicsyncProgram *
micsync_programs_find (MicsyncPrograms *programs, const char *process)
{
  g_autofree char *key = micsync_program_key (process);

  return key != NULL ? g_hash_table_lookup (programs->by_key, key) : NULL;
}
