/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/zone.h"

#include <string.h>

/* More names than this are not kept; a system knows some six hundred. */
#define ZONES_MAX 2000

/* A name becomes the path of a file, which whoever may name a zone must not choose: of all the files that there are, some
 * never end to be opened. */
static gboolean
stays_in_its_folder (const char *name)
{
  return name[0] != '/' && name[0] != ':' && strstr (name, "..") == NULL;
}

/* GLib reads a zone's file anew once nobody holds the zone: a hundred thousand users in three zones are three reads. */
GTimeZone *
musterd_zone_get (const char *name)
{
  static GMutex lock;
  static GHashTable *zones;
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&lock);
  GTimeZone *zone;

  if (name == NULL)
    return g_time_zone_new_local ();
  if (zones == NULL)
    zones = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_time_zone_unref);
  zone = g_hash_table_lookup (zones, name);
  if (zone != NULL)
    return g_time_zone_ref (zone);
  zone = stays_in_its_folder (name) ? g_time_zone_new_identifier (name) : NULL;
  if (zone != NULL && g_hash_table_size (zones) < ZONES_MAX)
    g_hash_table_insert (zones, g_strdup (name), g_time_zone_ref (zone));
  return zone;
}
