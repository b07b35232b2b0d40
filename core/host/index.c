/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which records an instance has: only to hold it to its share, so hashes of the keys are enough, and 100,000 users with
 * two records each cost a few megabytes. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#define RECORDS_PER_USER 10
#define RECORDS_OF_INSTANCE 1000 /* about no user */

struct _MusterdIndex
{
  GHashTable *users; /* guint64: hash of the user → Keys */
  GHashTable *own;   /* set of guint64: hashes of the keys about no user */
};

typedef struct
{
  guint64 user;
  guint8  n;
  guint64 keys[RECORDS_PER_USER];
} Keys;

/* FNV-1a: two keys that fall together only make the bound a little wider. */
static guint64
hash (const char *text)
{
  guint64 value = G_GUINT64_CONSTANT (14695981039346656037);

  for (const guchar *p = (const guchar *) text; *p != '\0'; p++)
    value = (value ^ *p) * G_GUINT64_CONSTANT (1099511628211);
  return value;
}

MusterdIndex *
musterd_index_new (void)
{
  MusterdIndex *index = g_new0 (MusterdIndex, 1);

  index->users = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  index->own = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return index;
}

void
musterd_index_free (MusterdIndex *index)
{
  g_hash_table_unref (index->users);
  g_hash_table_unref (index->own);
  g_free (index);
}

void
musterd_index_clear (MusterdIndex *index)
{
  g_hash_table_remove_all (index->users);
  g_hash_table_remove_all (index->own);
}

static gboolean
add_own (MusterdIndex *index, guint64 key)
{
  if (g_hash_table_contains (index->own, &key))
    return TRUE;
  if (g_hash_table_size (index->own) >= RECORDS_OF_INSTANCE)
    return FALSE;
  g_hash_table_add (index->own, g_memdup2 (&key, sizeof key));
  return TRUE;
}

gboolean
musterd_index_add (MusterdIndex *index, const char *user, const char *key)
{
  const guint64 key_hash = hash (key);

  if (user == NULL)
    return add_own (index, key_hash);

  const guint64 user_hash = hash (user);
  Keys *keys = g_hash_table_lookup (index->users, &user_hash);

  if (keys == NULL)
    {
      keys = g_new0 (Keys, 1);
      keys->user = user_hash;
      g_hash_table_insert (index->users, &keys->user, keys);
    }
  for (guint i = 0; i < keys->n; i++)
    if (keys->keys[i] == key_hash)
      return TRUE;
  if (keys->n >= RECORDS_PER_USER)
    return FALSE;
  keys->keys[keys->n++] = key_hash;
  return TRUE;
}

void
musterd_index_remove (MusterdIndex *index, const char *user, const char *key)
{
  const guint64 key_hash = hash (key);

  if (user == NULL)
    {
      g_hash_table_remove (index->own, &key_hash);
      return;
    }

  const guint64 user_hash = hash (user);
  Keys *keys = g_hash_table_lookup (index->users, &user_hash);

  for (guint i = 0; keys != NULL && i < keys->n; i++)
    if (keys->keys[i] == key_hash)
      {
        keys->keys[i] = keys->keys[--keys->n];
        break;
      }
  if (keys != NULL && keys->n == 0)
    g_hash_table_remove (index->users, &user_hash);
}

void
musterd_index_forget (MusterdIndex *index, const char *user)
{
  const guint64 user_hash = hash (user);

  g_hash_table_remove (index->users, &user_hash);
}
