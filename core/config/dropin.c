/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-config"

#include "config/config.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define FIRST_LINE "# Written by 'musterctl plugin enable' or 'disable'; it will be written over."

char *
musterd_config_dropin_path (const MusterdConfig *config, const char *instance)
{
  if (config->dropin_dir == NULL)
    return NULL;

  /* A name that has passed the loader: no '/' and no dot at the start. */
  g_autofree char *name = g_strdup_printf ("90-%s.conf", instance);
  return g_build_filename (config->dropin_dir, name, NULL);
}

/* A file of that name that a person wrote is not ours to write over. */
static gboolean
may_write (const char *path, GError **error)
{
  g_autofree char *contents = NULL;
  g_autoptr(GError) local_error = NULL;

  if (!g_file_get_contents (path, &contents, NULL, &local_error))
    {
      if (g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return TRUE;
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "reading %s: %s", path, local_error->message);
      return FALSE;
    }
  if (g_str_has_prefix (contents, FIRST_LINE "\n"))
    return TRUE;

  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
               "writing %s: the file was written by hand: change Enabled= there, or rename the file", path);
  return FALSE;
}

gboolean
musterd_config_write_enabled (const MusterdConfig *config, const char *instance, MusterdEnabled enabled, GError **error)
{
  g_autoptr(GError) local_error = NULL;

  if (musterd_config_find (config, instance) == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "no instance is called '%s' in %s", instance,
                   config->origin);
      return FALSE;
    }
  if (config->dropin_dir == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                   "enabling or disabling '%s': musterd runs on %s: start it with --config", instance,
                   config->origin);
      return FALSE;
    }

  g_autofree char *path = musterd_config_dropin_path (config, instance);
  g_autofree char *contents
      = g_strdup_printf (FIRST_LINE "\n[%s]\nEnabled=%s\n", instance, musterd_enabled_to_string (enabled));

  if (!may_write (path, error))
    return FALSE;
  if (g_mkdir_with_parents (config->dropin_dir, 0755) != 0)
    {
      int code = errno;

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "creating %s: %s", config->dropin_dir,
                   g_strerror (code));
      return FALSE;
    }
  if (!g_file_set_contents_full (path, contents, -1, G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                 0644, &local_error))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "writing %s: %s", path, local_error->message);
      return FALSE;
    }
  /* Nothing secret is in it, and whoever runs "musterd --check" should be able to read it whatever our umask is. */
  if (g_chmod (path, 0644) != 0)
    g_debug ("opening %s to readers: %s", path, g_strerror (errno));
  return TRUE;
}
