/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/intern.h"

#include <string.h>

typedef struct
{
  guint refs;
  char  string[];
} Interned;

/* Taken for each count, too: who finds a string and who lets go of it for the last time must not meet. */
static GMutex lock;
static GHashTable *strings; /* the string in an Interned → the Interned */

static Interned *
interned_of (char *string)
{
  return (Interned *) (gpointer) (string - G_STRUCT_OFFSET (Interned, string));
}

char *
musterd_intern (const char *string)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&lock);
  Interned *interned;

  if (strings == NULL)
    strings = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  interned = g_hash_table_lookup (strings, string);
  if (interned == NULL)
    {
      gsize size = strlen (string) + 1;

      interned = g_malloc (sizeof *interned + size);
      interned->refs = 0;
      memcpy (interned->string, string, size);
      g_hash_table_insert (strings, interned->string, interned);
    }
  interned->refs++;
  return interned->string;
}

char *
musterd_intern_acquire (char *string)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&lock);

  interned_of (string)->refs++;
  return string;
}

void
musterd_intern_release (char *string)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&lock);

  if (--interned_of (string)->refs == 0)
    g_hash_table_remove (strings, string);
}
