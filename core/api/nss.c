/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/nss.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "model/error.h"

#define ENTRY_MAX (1024 * 1024)

/* What the manual page names as ways to say that there is no such entry. */
static gboolean
means_absent (int code)
{
  return code == 0 || code == ENOENT || code == ESRCH || code == EBADF || code == EPERM;
}

static gboolean
look_up_name (uid_t uid, char **name, gid_t *primary, GError **error)
{
  struct passwd entry, *result = NULL;
  int code = ERANGE;

  for (gsize size = 4096; code == ERANGE && size <= ENTRY_MAX; size *= 4)
    {
      g_autofree char *buffer = g_malloc (size);

      code = getpwuid_r (uid, &entry, buffer, size, &result);
      if (code == 0 && result != NULL)
        {
          *name = g_strdup (result->pw_name);
          *primary = result->pw_gid;
        }
    }
  if (means_absent (code))
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "%s", g_strerror (code));
  return FALSE;
}

static gboolean
look_up_group (const char *group, gid_t *gid, gboolean *found, GError **error)
{
  struct group entry, *result = NULL;
  int code = ERANGE;

  for (gsize size = 4096; code == ERANGE && size <= ENTRY_MAX; size *= 4)
    {
      g_autofree char *buffer = g_malloc (size);

      code = getgrnam_r (group, &entry, buffer, size, &result);
      *found = code == 0 && result != NULL;
      if (*found)
        *gid = result->gr_gid;
    }
  if (means_absent (code))
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE, "the group '%s': %s", group, g_strerror (code));
  return FALSE;
}

static gboolean
is_member (const char *name, gid_t primary, gid_t wanted)
{
  int n = 64;
  g_autofree gid_t *groups = g_new (gid_t, (gsize) n);

  if (getgrouplist (name, primary, groups, &n) < 0)
    {
      g_free (groups);
      groups = g_new (gid_t, (gsize) n);
      if (getgrouplist (name, primary, groups, &n) < 0)
        return FALSE;
    }
  for (int i = 0; i < n; i++)
    if (groups[i] == wanted)
      return TRUE;
  return FALSE;
}

static gboolean
look_up (uid_t uid, const char *group, char **name, gboolean *member, gpointer data G_GNUC_UNUSED, GError **error)
{
  gid_t primary = 0, wanted = 0;
  gboolean found = FALSE;

  *name = NULL;
  *member = FALSE;
  if (!look_up_name (uid, name, &primary, error))
    return FALSE;
  if (*name == NULL || group == NULL)
    return TRUE;
  if (!look_up_group (group, &wanted, &found, error))
    {
      g_clear_pointer (name, g_free);
      return FALSE;
    }
  *member = found && is_member (*name, primary, wanted);
  return TRUE;
}

static gboolean
is_owner (uid_t uid, gpointer data G_GNUC_UNUSED)
{
  return uid == 0 || uid == geteuid ();
}

static gint64
get_time (gpointer data G_GNUC_UNUSED)
{
  return g_get_monotonic_time ();
}

const MusterdNss *
musterd_nss_get_system (void)
{
  static const MusterdNss nss = { look_up, is_owner, get_time, NULL, 1000, 10000 };

  return &nss;
}
