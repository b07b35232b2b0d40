/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which secrets there are, and where: never what they are. Each file is opened, so that one that cannot be used is seen
 * before somebody needs it. */
#define G_LOG_DOMAIN "muster-store"

#include "store/secret-places.h"

#include <string.h>

typedef struct
{
  const MusterdSecretPlaces *places;
  const char *const         *names; /* nullable: asked for by name; those to come */
  MusterdSecretPlacesFunc    func;
  gpointer                   user_data;
  MusterdSecretList         *list;
  GHashTable                *known; /* name → MusterdSecretItem, as in the list */
} Look;

static void
item_free (gpointer data)
{
  MusterdSecretItem *item = data;

  g_free (item->name);
  g_free (item->fault);
  g_free (item);
}

void
musterd_secret_list_free (MusterdSecretList *list)
{
  g_ptr_array_unref (list->items);
  g_free (list);
}

/* NULL: an earlier place has it, which hides this one. */
static MusterdSecretItem *
add_item (Look *look, const char *name, MusterdSecretPlace place)
{
  MusterdSecretItem *item = g_hash_table_lookup (look->known, name);

  if (item != NULL)
    {
      item->hides = item->hides || item->place != place;
      return NULL;
    }
  item = g_new0 (MusterdSecretItem, 1);
  item->name = g_strdup (name);
  item->place = place;
  g_ptr_array_add (look->list->items, item);
  g_hash_table_insert (look->known, item->name, item);
  return item;
}

static gboolean
add_credentials (Look *look, GError **error)
{
  const char *dir = look->places->credentials;
  g_autoptr(GPtrArray) names
      = dir != NULL ? musterd_secret_file_list (dir, MUSTERD_SECRET_FILE_CREDENTIAL, error) : NULL;

  if (names == NULL)
    return dir == NULL;
  for (guint i = 0; i < names->len; i++)
    {
      g_autoptr(GError) fault = NULL;
      gsize length = 0;
      MusterdSecretItem *item = NULL;

      if (g_str_equal (names->pdata[i], MUSTERD_SECRET_KEY_NAME))
        continue;
      item = add_item (look, names->pdata[i], MUSTERD_SECRET_CREDENTIAL);
      musterd_secret_bytes_free (musterd_secret_file_read (dir, item->name, MUSTERD_SECRET_FILE_CREDENTIAL,
                                                           MUSTERD_SECRET_MAX + 2, &length, &fault),
                                 length);
      item->fault = fault != NULL ? g_strdup (fault->message) : NULL;
    }
  return TRUE;
}

static gboolean
add_files (Look *look, GError **error)
{
  const MusterdSecretState *state = &look->places->state;
  g_autoptr(GPtrArray) names = musterd_secret_file_list (state->dir, MUSTERD_SECRET_FILE_OWN, error);

  if (names == NULL)
    return FALSE;
  for (guint i = 0; i < names->len; i++)
    {
      MusterdSecretItem *item = add_item (look, names->pdata[i], MUSTERD_SECRET_FILE);
      g_autoptr(GError) fault = NULL;

      if (item == NULL)
        continue;
      musterd_secret_free (musterd_secret_state_read (state, item->name, &item->place, &fault));
      item->fault = fault != NULL ? g_strdup (fault->message) : NULL;
    }
  return TRUE;
}

static int
compare_items (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(MusterdSecretItem *const *) a)->name, (*(MusterdSecretItem *const *) b)->name);
}

static void
finish (Look *look)
{
  GError *error = NULL;
  const MusterdSecretKey key = musterd_secret_state_get_key (&look->places->state, NULL);

  look->list->has_key = key == MUSTERD_SECRET_KEY_READY;
  look->list->key_is_faulty = key == MUSTERD_SECRET_KEY_FAULTY;
  if (!add_files (look, &error))
    g_clear_pointer (&look->list, musterd_secret_list_free);
  else
    g_ptr_array_sort (look->list->items, compare_items);
  look->func (look->list, error, look->user_data);
  g_hash_table_unref (look->known);
  g_free (look);
}

#ifdef MUSTERD_WITH_LIBSECRET
static void look_for_names (Look *look);

static void
on_name_looked_for (const MusterdServiceAnswer *told, gpointer user_data)
{
  Look *look = user_data;
  MusterdSecretItem *item = NULL;

  if (told->outcome == MUSTERD_SERVICE_LOCKED)
    item = add_item (look, *look->names, MUSTERD_SECRET_KEY_RING);
  if (item != NULL)
    item->locked = TRUE;
  look->names++;
  look_for_names (look);
}

/* A locked key ring does not tell the names of what is in it, but whether something of that name is. */
static void
look_for_names (Look *look)
{
  while (look->names != NULL && *look->names != NULL && g_hash_table_contains (look->known, *look->names))
    look->names++;
  if (look->names == NULL || *look->names == NULL || look->list->ring != MUSTERD_RING_LOCKED)
    finish (look);
  else
    musterd_secret_service_get (look->places->service, *look->names, on_name_looked_for, look);
}

static void
on_service_listed (const MusterdServiceAnswer *told, gpointer user_data)
{
  Look *look = user_data;

  if (told->outcome == MUSTERD_SERVICE_DONE)
    look->list->ring = told->ring_locked ? MUSTERD_RING_LOCKED : MUSTERD_RING_OPEN;
  else if (told->outcome != MUSTERD_SERVICE_ABSENT)
    look->list->ring = MUSTERD_RING_SILENT;
  for (guint i = 0; told->names != NULL && i < told->names->len; i++)
    add_item (look, told->names->pdata[i], MUSTERD_SECRET_KEY_RING);
  look_for_names (look);
}
#endif

void
musterd_secret_places_list (const MusterdSecretPlaces *places, const char *const *names, MusterdSecretPlacesFunc func,
                            gpointer user_data)
{
  Look *look = g_new0 (Look, 1);
  GError *error = NULL;

  look->places = places;
  look->names = names;
  look->func = func;
  look->user_data = user_data;
  look->known = g_hash_table_new (g_str_hash, g_str_equal);
  look->list = g_new0 (MusterdSecretList, 1);
  look->list->items = g_ptr_array_new_with_free_func (item_free);
  if (!add_credentials (look, &error))
    {
      func (NULL, error, user_data);
      musterd_secret_list_free (look->list);
      g_hash_table_unref (look->known);
      g_free (look);
      return;
    }
#ifdef MUSTERD_WITH_LIBSECRET
  if (places->service != NULL)
    {
      musterd_secret_service_list (places->service, on_service_listed, look);
      return;
    }
#endif
  finish (look);
}
