/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-config"

#include "config/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* GKeyFile tells no line of anything. So each line is looked at here first: what is wrong is reported with its place
 * and left out, and what remains is parsed by GKeyFile, so that a value means here what it means in every keyfile. */
typedef struct
{
  const char          *file;
  GPtrArray           *problems;
  guint                n_before; /* problems that were there already */
  GPtrArray           *groups;
  MusterdKeyfileGroup *group;  /* nullable: none yet, or one that is left out */
  GHashTable          *names;  /* group name → MusterdKeyfileGroup */
  GHashTable          *keys;   /* of `group`: key → line */
  GString             *clean;  /* the lines that are right */
  gboolean             left_out; /* inside a group whose header was wrong: its keys were reported with it */
} Scan;

void
musterd_problem (GPtrArray *problems, const char *file, guint line, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);

  if (line > 0)
    g_ptr_array_add (problems, g_strdup_printf ("%s:%u: %s", file, line, text));
  else
    g_ptr_array_add (problems, g_strdup_printf ("%s: %s", file, text));
}

MusterdEntry *
musterd_entry_new (const char *key, const char *value, const char *file, guint line)
{
  MusterdEntry *entry = g_new0 (MusterdEntry, 1);

  entry->key = g_strdup (key);
  entry->value = g_strdup (value);
  entry->file = g_strdup (file);
  entry->line = line;
  return entry;
}

void
musterd_entry_free (MusterdEntry *entry)
{
  g_free (entry->key);
  g_free (entry->value);
  g_free (entry->file);
  g_free (entry);
}

static void
group_free (MusterdKeyfileGroup *group)
{
  g_free (group->name);
  g_ptr_array_unref (group->entries);
  g_free (group);
}

/* What is wrong with the bytes of a line, whatever they mean; NULL: nothing. */
static const char *
judge_bytes (const char *line, gsize length)
{
  if (length > MUSTERD_KEYFILE_LINE_MAX)
    return "the line is longer than 64 KiB";
  if (memchr (line, '\0', length) != NULL)
    return "the line holds a zero byte: this is not a text file";
  if (!g_utf8_validate (line, (gssize) length, NULL))
    return "the line is not UTF-8: save the file in this encoding";
  for (gsize i = 0; i < length; i++)
    if (line[i] != '\t' && g_ascii_iscntrl (line[i]))
      return "the line holds a control character";
  return NULL;
}

static gboolean
is_name (const char *text, gsize length, const char *more)
{
  if (length == 0 || length > MUSTERD_KEYFILE_NAME_MAX || !g_ascii_isalnum (text[0]))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (text[i]) && strchr (more, text[i]) == NULL)
      return FALSE;
  return TRUE;
}

static gboolean
scan_group (Scan *scan, const char *line, gsize length, guint number)
{
  scan->group = NULL;
  scan->left_out = TRUE;

  if (line[length - 1] != ']')
    {
      if (memchr (line, ']', length) != NULL)
        musterd_problem (scan->problems, scan->file, number,
                         "there is text after the group's ']': a comment needs a line of its own");
      else
        musterd_problem (scan->problems, scan->file, number, "the group's name is not closed with ']'");
      return FALSE;
    }

  g_autofree char *name = g_strndup (line + 1, length - 2);

  if (!is_name (name, length - 2, "._:-"))
    {
      musterd_problem (scan->problems, scan->file, number,
                       "a group is called [PLUGIN] or [PLUGIN:INSTANCE], of letters, digits, '.', '_' and '-' "
                       "(at most %d)",
                       MUSTERD_KEYFILE_NAME_MAX);
      return FALSE;
    }

  MusterdKeyfileGroup *known = g_hash_table_lookup (scan->names, name);

  if (known != NULL)
    {
      musterd_problem (scan->problems, scan->file, number,
                       "the group [%s] stands twice in this file, first in line %u: join them", name, known->line);
      return FALSE;
    }
  if (scan->groups->len >= MUSTERD_KEYFILE_GROUPS_MAX)
    {
      musterd_problem (scan->problems, scan->file, number, "there are more than %d groups in one file",
                       MUSTERD_KEYFILE_GROUPS_MAX);
      return FALSE;
    }

  scan->group = g_new0 (MusterdKeyfileGroup, 1);
  scan->group->name = g_steal_pointer (&name);
  scan->group->line = number;
  scan->group->entries = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_entry_free);
  g_ptr_array_add (scan->groups, scan->group);
  g_hash_table_insert (scan->names, scan->group->name, scan->group);
  g_hash_table_remove_all (scan->keys);
  scan->left_out = FALSE;
  return TRUE;
}

static gboolean
scan_entry (Scan *scan, const char *line, gsize length, guint number)
{
  const char *equals = memchr (line, '=', length);
  gsize key_length = equals != NULL ? (gsize) (equals - line) : 0;

  while (key_length > 0 && g_ascii_isspace (line[key_length - 1]))
    key_length--;

  /* The line itself is not repeated in the message: it may be a secret that lost its key. */
  if (equals == NULL)
    {
      musterd_problem (scan->problems, scan->file, number,
                       "the line is neither [GROUP] nor KEY=VALUE nor a comment that begins with '#'");
      return FALSE;
    }
  if (!is_name (line, key_length, "._-"))
    {
      musterd_problem (scan->problems, scan->file, number,
                       "a key is called by letters, digits, '.', '_' and '-' (at most %d)", MUSTERD_KEYFILE_NAME_MAX);
      return FALSE;
    }
  if (scan->group == NULL)
    {
      if (!scan->left_out)
        musterd_problem (scan->problems, scan->file, number, "a key stands before the first [GROUP]");
      return FALSE;
    }

  g_autofree char *key = g_strndup (line, key_length);
  guint known = GPOINTER_TO_UINT (g_hash_table_lookup (scan->keys, key));

  if (known != 0)
    {
      musterd_problem (scan->problems, scan->file, number, "%s stands twice in [%s], first in line %u", key,
                       scan->group->name, known);
      return FALSE;
    }
  if (scan->group->entries->len >= MUSTERD_KEYFILE_ENTRIES_MAX)
    {
      musterd_problem (scan->problems, scan->file, number, "[%s] has more than %d keys", scan->group->name,
                       MUSTERD_KEYFILE_ENTRIES_MAX);
      return FALSE;
    }

  g_ptr_array_add (scan->group->entries, musterd_entry_new (key, NULL, scan->file, number));
  g_hash_table_insert (scan->keys, g_steal_pointer (&key), GUINT_TO_POINTER (number));
  return TRUE;
}

static void
scan_line (Scan *scan, const char *line, gsize length, guint number)
{
  const char *wrong = judge_bytes (line, length);

  if (wrong != NULL)
    {
      musterd_problem (scan->problems, scan->file, number, "%s", wrong);
      return;
    }

  while (length > 0 && g_ascii_isspace (line[0]))
    {
      line++;
      length--;
    }
  while (length > 0 && g_ascii_isspace (line[length - 1]))
    length--;
  if (length == 0 || line[0] == '#')
    return;

  if (line[0] == '[' ? scan_group (scan, line, length, number) : scan_entry (scan, line, length, number))
    {
      g_string_append_len (scan->clean, line, (gssize) length);
      g_string_append_c (scan->clean, '\n');
    }
}

static void
scan_lines (Scan *scan, const char *data, gsize length)
{
  const char *end = data + length;
  guint number = 0;

  while (data < end)
    {
      const char *newline = memchr (data, '\n', (gsize) (end - data));
      const char *line_end = newline != NULL ? newline : end;
      gsize line_length = (gsize) (line_end - data);

      if (line_length > 0 && data[line_length - 1] == '\r')
        line_length--;
      scan_line (scan, data, line_length, ++number);
      data = newline != NULL ? newline + 1 : end;

      if (data < end && scan->problems->len - scan->n_before >= MUSTERD_KEYFILE_PROBLEMS_MAX)
        {
          musterd_problem (scan->problems, scan->file, number, "there are too many errors: the rest was not read");
          return;
        }
    }
}

static void
take_values (Scan *scan)
{
  g_autoptr(GKeyFile) keyfile = g_key_file_new ();
  g_autoptr(GError) error = NULL;

  if (!g_key_file_load_from_data (keyfile, scan->clean->str, scan->clean->len, G_KEY_FILE_NONE, &error))
    {
      musterd_problem (scan->problems, scan->file, 0, "reading the keyfile: %s", error->message);
      g_ptr_array_set_size (scan->groups, 0);
      return;
    }

  for (guint i = 0; i < scan->groups->len; i++)
    {
      MusterdKeyfileGroup *group = g_ptr_array_index (scan->groups, i);

      for (guint j = 0; j < group->entries->len; j++)
        {
          MusterdEntry *entry = g_ptr_array_index (group->entries, j);

          /* As it stands, without escapes: DOMAIN\user is a value. */
          entry->value = g_key_file_get_value (keyfile, group->name, entry->key, NULL);
          g_assert (entry->value != NULL);
          g_strstrip (entry->value);
        }
    }
}

GPtrArray *
musterd_keyfile_parse (const char *file, const char *data, gsize length, GPtrArray *problems)
{
  g_autoptr(GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GPtrArray) groups = g_ptr_array_new_with_free_func ((GDestroyNotify) group_free);
  g_autoptr(GString) clean = g_string_new (NULL);
  Scan scan = { .file = file,
                .problems = problems,
                .n_before = problems->len,
                .groups = groups,
                .names = names,
                .keys = keys,
                .clean = clean };

  if (length > MUSTERD_CONFIG_FILE_MAX)
    {
      musterd_problem (problems, file, 0, "the file is larger than 1 MiB");
      return g_steal_pointer (&groups);
    }
  if (length >= 2 && (memcmp (data, "\xff\xfe", 2) == 0 || memcmp (data, "\xfe\xff", 2) == 0))
    {
      musterd_problem (problems, file, 0, "the file is UTF-16: save it as UTF-8");
      return g_steal_pointer (&groups);
    }
  if (length >= 3 && memcmp (data, "\xef\xbb\xbf", 3) == 0)
    {
      data += 3;
      length -= 3;
    }

  scan_lines (&scan, data, length);
  take_values (&scan);
  return g_steal_pointer (&groups);
}

GPtrArray *
musterd_keyfile_read (const char *path, GPtrArray *problems)
{
  g_autofree char *data = NULL;
  gsize length = 0;
  struct stat info;
  /* O_NONBLOCK: a FIFO of that name must not hold the daemon up. */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  const char *wrong = NULL;

  if (fd < 0)
    wrong = g_strerror (errno);
  else if (fstat (fd, &info) != 0)
    wrong = g_strerror (errno);
  else if (!S_ISREG (info.st_mode))
    wrong = "it is not a regular file";
  else
    {
      data = g_malloc (MUSTERD_CONFIG_FILE_MAX + 1);
      while (length <= MUSTERD_CONFIG_FILE_MAX)
        {
          gssize n = read (fd, data + length, MUSTERD_CONFIG_FILE_MAX + 1 - length);

          if (n < 0 && errno == EINTR)
            continue;
          if (n < 0)
            wrong = g_strerror (errno);
          if (n <= 0)
            break;
          length += (gsize) n;
        }
    }
  if (fd >= 0)
    close (fd);

  if (wrong != NULL)
    {
      musterd_problem (problems, path, 0, "reading the file: %s", wrong);
      return g_ptr_array_new_with_free_func ((GDestroyNotify) group_free);
    }
  return musterd_keyfile_parse (path, data, length, problems);
}
