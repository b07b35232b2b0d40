/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/import.h"

#include "model/error.h"

typedef struct
{
  GPtrArray  *warnings;
  guint       n_more;
  GHashTable *folded;   /* id without its case → id */
  GHashTable *accounts; /* unix-user → id */
} Search;

static void
warn (Search *search, char *text)
{
  g_autofree char *mine = text;

  if (search->warnings->len < MUSTERD_IMPORT_WARNINGS_MAX)
    g_ptr_array_add (search->warnings, g_steal_pointer (&mine));
  else
    search->n_more++;
}

/* Those whom the file leaves as they are: they are compared with, and nothing is said of them alone. */
static void
add_others (Search *search, const MusterdImport *import)
{
  for (guint i = 0; i < import->known->len; i++)
    {
      const MusterdUser *user = g_ptr_array_index (import->known, i);
      const char *account = user->fields[MUSTERD_USER_UNIX_USER];

      if (g_hash_table_contains (import->ids, user->id))
        continue;
      /* One that goes is compared with, too: a directory that has come to write an id in another way makes a new
       * person of an old one. */
      g_hash_table_insert (search->folded, g_utf8_casefold (user->id, -1), user->id);
      if (account != NULL && import->removed->len == 0)
        g_hash_table_insert (search->accounts, (gpointer) account, user->id);
    }
}

static void
check_row (Search *search, const MusterdUser *user)
{
  g_autofree char *folded = g_utf8_casefold (user->id, -1);
  const char *account = user->fields[MUSTERD_USER_UNIX_USER];
  const char *other = g_hash_table_lookup (search->folded, folded);
  g_autofree char *shown = musterd_error_word (user->id);

  if (other != NULL)
    {
      g_autofree char *shown_other = musterd_error_word (other);

      warn (search, g_strdup_printf ("ids '%s' and '%s' differ by case only, and are two users", shown_other, shown));
    }
  else
    g_hash_table_insert (search->folded, g_steal_pointer (&folded), user->id);

  if (account == NULL)
    return;
  other = g_hash_table_lookup (search->accounts, account);
  if (other != NULL)
    {
      g_autofree char *shown_account = musterd_error_word (account);
      g_autofree char *shown_other = musterd_error_word (other);

      warn (search, g_strdup_printf ("unix-user '%s' is that of '%s' and of '%s': neither is known by it",
                                     shown_account, shown_other, shown));
    }
  else
    g_hash_table_insert (search->accounts, (gpointer) account, user->id);
}

GPtrArray *
musterd_import_warn (const MusterdImport *import)
{
  g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GHashTable) folded = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr(GHashTable) accounts = g_hash_table_new (g_str_hash, g_str_equal);
  Search search = { .warnings = warnings, .folded = folded, .accounts = accounts };

  add_others (&search, import);
  for (guint i = 0; i < import->rows->len; i++)
    check_row (&search, g_ptr_array_index (import->rows, i));
  if (search.n_more > 0)
    g_ptr_array_add (warnings, g_strdup_printf ("%u more like these", search.n_more));
  return g_steal_pointer (&warnings);
}
