/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file as the whole truth: who is not in it goes. A file that was cut off, or a search that found little, must not
 * take a company's users along. */
#define G_LOG_DOMAIN "muster-api"

#include "api/import.h"

#include "model/error.h"

/* One in so many may go without further words. */
#define REMOVED_PART 10

gboolean
musterd_import_sync (MusterdImport *import, gboolean force, GError **error)
{
  if (import->rows->len == 0 && !force)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                   "the file names nobody, so that all %u users would be removed: nothing was changed; if that is "
                   "meant, do it with force (musterctl: --force)",
                   import->known->len);
      return FALSE;
    }
  for (guint i = 0; i < import->known->len; i++)
    {
      MusterdUser *user = g_ptr_array_index (import->known, i);

      if (!g_hash_table_contains (import->ids, user->id))
        g_ptr_array_add (import->removed, musterd_user_ref (user));
    }
  if (import->removed->len > import->known->len / REMOVED_PART && !force)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                   "%u of the %u users are not in the file and would be removed, more than a tenth: nothing was "
                   "changed; see who they are with dry-run and force, then do it with force (musterctl: --dry-run "
                   "--force, --force)",
                   import->removed->len, import->known->len);
      return FALSE;
    }
  return TRUE;
}
