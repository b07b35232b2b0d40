/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUSTERD_QUERY_SYMBOL "muster_plugin_1_query"

typedef const MusterPluginDescriptor *(*MusterdQueryFunc) (void);

struct _MusterdLoader
{
  char      **dirs; /* searched in this order */
  char       *where; /* for messages */
  GHashTable *modules; /* id → MusterdModule */
};

static void
musterd_module_free (MusterdModule *module)
{
  g_free (module->id);
  g_free (module->path);
  g_free (module);
}

MusterdLoader *
musterd_loader_new (const char *dir)
{
  MusterdLoader *loader = g_new0 (MusterdLoader, 1);

  loader->dirs = g_strsplit (dir != NULL ? dir : "", ":", -1);
  loader->where = g_strjoinv (" or ", loader->dirs);
  loader->modules = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) musterd_module_free);
  return loader;
}

void
musterd_loader_free (MusterdLoader *loader)
{
  if (loader == NULL)
    return;
  g_hash_table_unref (loader->modules);
  g_strfreev (loader->dirs);
  g_free (loader->where);
  g_free (loader);
}

/* No dot and no slash can be in it, so that it never leaves the directory. */
gboolean
musterd_plugin_id_is_valid (const char *id)
{
  const gsize length = strlen (id);

  return length > 0 && length <= MUSTERD_PLUGIN_ID_MAX && g_ascii_isalnum (id[0])
         && strspn (id, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static char *
owner_name (uid_t uid)
{
  struct passwd entry, *found = NULL;
  char buffer[4096];

  if (getpwuid_r (uid, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL)
    return g_strdup_printf ("%s (%u)", found->pw_name, (guint) uid);
  return g_strdup_printf ("user %u", (guint) uid);
}

/* Code that runs with the daemon's rights must not be writable by anybody who lacks them. */
static gboolean
check_trusted (const char *path, const struct stat *st, GError **error)
{
  if (st->st_uid != 0 && st->st_uid != geteuid ())
    {
      g_autofree char *owner = owner_name (st->st_uid);
      g_autofree char *self = owner_name (geteuid ());

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG,
                   "%s belongs to %s, but must belong to root%s%s: change its owner (chown)", path, owner,
                   geteuid () != 0 ? " or to " : "", geteuid () != 0 ? self : "");
      return FALSE;
    }
  if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG,
                   "%s has mode %04o and can be written by %s: take that right away (chmod go-w)", path,
                   (guint) (st->st_mode & 07777), (st->st_mode & S_IWOTH) != 0 ? "anybody" : "its group");
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_directory (const char *dir, GError **error)
{
  struct stat st;

  if (stat (dir, &st) != 0)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, "looking into the plugin directory %s: %s", dir,
                   g_strerror (errno));
      return FALSE;
    }
  return check_trusted (dir, &st, error);
}

static gboolean
check_file (const char *path, GError **error)
{
  struct stat st;

  if (lstat (path, &st) != 0)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, "looking at %s: %s", path, g_strerror (errno));
      return FALSE;
    }
  if (!S_ISREG (st.st_mode))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, "%s is %s; a plugin must be a regular file", path,
                   S_ISLNK (st.st_mode)   ? "a symbolic link"
                   : S_ISDIR (st.st_mode) ? "a directory"
                                          : "a special file");
      return FALSE;
    }
  return check_trusted (path, &st, error);
}

/* The first directory that has the file; what it is, is looked at later. */
static char *
find_file (MusterdLoader *loader, const char *id, char **dir, GError **error)
{
  for (guint i = 0; loader->dirs[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat (loader->dirs[i], G_DIR_SEPARATOR_S, id, ".so", NULL);
      struct stat st;

      if (*loader->dirs[i] != '/')
        continue;
      if (lstat (path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR))
        {
          *dir = loader->dirs[i];
          return g_steal_pointer (&path);
        }
    }
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND,
               "there is no %s.so in %s: install the package that brings this plugin, or correct the group's name or "
               "plugin-dir in [daemon]",
               id, *loader->where != '\0' ? loader->where : "any directory");
  return NULL;
}

static gpointer
open_file (const char *path, GError **error)
{
  /* Resident: code of a plugin may still be on some stack, in a timer or in a library's callback. */
  gpointer handle = dlopen (path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

  if (handle == NULL)
    {
      const char *reason = dlerror ();
      const gboolean newer = reason != NULL && strstr (reason, "undefined symbol: muster_") != NULL;

      if (reason != NULL && g_str_has_prefix (reason, path) && g_str_has_prefix (reason + strlen (path), ": "))
        reason += strlen (path) + 2;

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, "opening %s: %s%s", path,
                   reason != NULL ? reason : "no reason given",
                   newer ? "; it was built for a newer Muster: upgrade the daemon and its libmuster-plugin-1, or "
                           "install the plugin's version for this one"
                         : "");
    }
  return handle;
}

static const MusterPluginDescriptor *
query (gpointer handle, const char *id, const char *path, GError **error)
{
  const MusterdQueryFunc func = (MusterdQueryFunc) dlsym (handle, MUSTERD_QUERY_SYMBOL);

  if (func == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG,
                   "%s is no plugin of Muster's ABI %u: it does not export " MUSTERD_QUERY_SYMBOL
                   "(); install the plugin's version for this daemon",
                   path, MUSTER_PLUGIN_ABI);
      return NULL;
    }

  const MusterPluginDescriptor *descriptor = func ();

  if (descriptor == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, "%s returns no descriptor: it is broken, ask its author",
                   path);
      return NULL;
    }

  g_autofree char *reason = muster_descriptor_check (descriptor);

  if (reason != NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG, "%s cannot be run by this daemon: %s", path, reason);
      return NULL;
    }
  if (!g_str_equal (descriptor->id, id))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG,
                   "%s holds the plugin \"%s\": a plugin's file must be named after it (%s.so)", path, descriptor->id,
                   descriptor->id);
      return NULL;
    }
  return descriptor;
}

const MusterdModule *
musterd_loader_open (MusterdLoader *loader, const char *id, GError **error)
{
  if (!musterd_plugin_id_is_valid (id))
    {
      g_autofree char *shown = g_strescape (id, NULL);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG,
                   "\"%.80s\" cannot be the name of a plugin: expected lower-case letters, digits and '-', at most %d",
                   shown, MUSTERD_PLUGIN_ID_MAX);
      return NULL;
    }

  MusterdModule *module = g_hash_table_lookup (loader->modules, id);

  if (module != NULL)
    return module;

  char *dir = NULL;
  g_autofree char *path = find_file (loader, id, &dir, error);

  if (path == NULL || !check_directory (dir, error) || !check_file (path, error))
    return NULL;

  gpointer handle = open_file (path, error);

  if (handle == NULL)
    return NULL;

  const MusterPluginDescriptor *descriptor = query (handle, id, path, error);

  if (descriptor == NULL)
    {
      dlclose (handle);
      return NULL;
    }

  module = g_new0 (MusterdModule, 1);
  module->id = g_strdup (id);
  module->path = g_steal_pointer (&path);
  module->descriptor = descriptor;
  g_hash_table_insert (loader->modules, module->id, module);
  return module;
}
