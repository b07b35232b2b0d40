/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-main"

#include "main/log.h"

#include "host/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct
{
  GLogLevelFlags level;
  const char    *name;
} levels[] = {
  { G_LOG_LEVEL_ERROR, "error" },     { G_LOG_LEVEL_CRITICAL, "critical" }, { G_LOG_LEVEL_WARNING, "warning" },
  { G_LOG_LEVEL_MESSAGE, "message" }, { G_LOG_LEVEL_INFO, "info" },         { G_LOG_LEVEL_DEBUG, "debug" },
};

static int least_level = G_LOG_LEVEL_MESSAGE; /* atomic; the bits grow as messages matter less */
static GLogLevelFlags fatal_levels;
static gboolean to_journal;

void
musterd_log_writer_set_level (const char *level)
{
  for (gsize i = 0; i < G_N_ELEMENTS (levels); i++)
    if (strcmp (levels[i].name, level) == 0)
      g_atomic_int_set (&least_level, (int) levels[i].level);
}

/* Fields' values are bytes with a length; -1 means a string. */
static char *
dup_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, key) == 0)
      return fields[i].length < 0 ? g_strdup (fields[i].value) : g_strndup (fields[i].value, (gsize) fields[i].length);
  return NULL;
}

static gboolean
is_wanted (GLogLevelFlags level, const char *domain)
{
  if (domain != NULL && g_str_has_prefix (domain, "muster") && (int) level <= g_atomic_int_get (&least_level))
    return TRUE;
  if (level <= G_LOG_LEVEL_WARNING)
    return TRUE;
  /* G_MESSAGES_DEBUG works here as everywhere; above it a foreign library's messages, such as GLib's, are shown. */
  if (domain != NULL && g_str_has_prefix (domain, "muster") && level <= G_LOG_LEVEL_MESSAGE)
    return FALSE;
  return !g_log_writer_default_would_drop (level, domain);
}

/* One message is one line, whatever a remote system put into it. */
static void
append_printable (GString *line, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *c = valid; *c != '\0'; c = g_utf8_next_char (c))
    {
      gunichar character = g_utf8_get_char (c);

      if (character == '\n')
        g_string_append (line, "\\n");
      else if (character == '\t')
        g_string_append_c (line, ' ');
      else if (g_unichar_iscntrl (character))
        g_string_append_printf (line, "\\x%02x", character);
      else
        g_string_append_unichar (line, character);
    }
}

static void
write_line (GLogLevelFlags level, const char *domain, const char *instance, const char *message)
{
  g_autoptr(GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = now != NULL ? g_date_time_format (now, "%H:%M:%S") : NULL;
  g_autoptr(GString) line = g_string_new (time != NULL ? time : "--:--:--");

  for (gsize i = 0; i < G_N_ELEMENTS (levels); i++)
    if (levels[i].level == level)
      g_string_append_printf (line, " %-7s ", levels[i].name);
  if (instance != NULL)
    g_string_append_printf (line, "[%s] ", instance);
  else if (domain != NULL && !g_str_has_prefix (domain, "muster"))
    {
      append_printable (line, domain);
      g_string_append (line, ": ");
    }
  append_printable (line, message != NULL ? message : "");
  g_string_append_c (line, '\n');

  /* In one call, so that lines of several threads do not mix. */
  const char *rest = line->str;
  gsize length = line->len;

  while (length > 0)
    {
      gssize n = write (STDERR_FILENO, rest, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        break;
      rest += n;
      length -= (gsize) n;
    }
}

/* `instance` nullable: one more field. */
static gboolean
write_to_journal (GLogLevelFlags flags, const GLogField *fields, gsize n_fields, const char *instance)
{
  g_autofree GLogField *all = g_new (GLogField, n_fields + 1);

  memcpy (all, fields, n_fields * sizeof *fields);
  all[n_fields] = (GLogField){ "MUSTER_INSTANCE", instance, -1 };
  return g_log_writer_journald (flags, all, instance != NULL ? n_fields + 1 : n_fields, NULL) == G_LOG_WRITER_HANDLED;
}

static GLogWriterOutput
on_message (GLogLevelFlags flags, const GLogField *fields, gsize n_fields, gpointer user_data G_GNUC_UNUSED)
{
  GLogLevelFlags level = flags & G_LOG_LEVEL_MASK;
  g_autofree char *domain = dup_field (fields, n_fields, "GLIB_DOMAIN");
  gboolean fatal = (flags & G_LOG_FLAG_FATAL) != 0 || (level & fatal_levels) != 0;

  if (fatal || is_wanted (level, domain))
    {
      g_autofree char *marked = dup_field (fields, n_fields, "MUSTER_INSTANCE");
      /* What the host says of an instance bears its name already; what code on the instance's thread says does not. */
      const char *instance = marked == NULL ? musterd_host_current_instance () : NULL;

      if (instance != NULL && level > G_LOG_LEVEL_CRITICAL && !fatal && !musterd_host_current_may_log ())
        return G_LOG_WRITER_HANDLED;
      if (!to_journal || !write_to_journal (flags, fields, n_fields, instance))
        {
          g_autofree char *message = dup_field (fields, n_fields, "MESSAGE");

          write_line (level, domain, instance, message);
        }
    }

  /* GLib leaves this to the writer where the message came by g_log_structured(). */
  if (fatal)
    abort ();
  return G_LOG_WRITER_HANDLED;
}

void
musterd_log_writer_install (void)
{
  /* What G_DEBUG=fatal-warnings and the like made fatal can only be asked for by setting it. */
  fatal_levels = g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_log_set_always_fatal (fatal_levels);
  fatal_levels &= G_LOG_LEVEL_MASK;
  to_journal = g_log_writer_is_journald (STDERR_FILENO);
  g_log_set_writer_func (on_message, NULL, NULL);
}
