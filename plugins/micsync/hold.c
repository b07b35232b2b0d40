/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-micsync"

#include "hold.h"

typedef struct
{
  char    *key, *text;
  gboolean there;   /* at the last look */
  gboolean open;
  gint64   since;   /* there and not open, or open and not there: since when; else G_MAXINT64 */
  gboolean seen;    /* in the look under way */
} Item;

struct _MicsyncHold
{
  gint64      open_delay, close_delay;
  GHashTable *items;       /* Item.key → Item */
  gboolean    text_changed; /* of an open one, in the look under way */
};

static void
item_free (gpointer data)
{
  Item *item = data;

  g_free (item->key);
  g_free (item->text);
  g_free (item);
}

MicsyncHold *
micsync_hold_new (gint64 open_delay, gint64 close_delay)
{
  MicsyncHold *hold = g_new0 (MicsyncHold, 1);

  hold->open_delay = open_delay;
  hold->close_delay = close_delay;
  hold->items = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, item_free);
  return hold;
}

void
micsync_hold_free (MicsyncHold *hold)
{
  g_hash_table_unref (hold->items);
  g_free (hold);
}

void
micsync_hold_clear (MicsyncHold *hold)
{
  g_hash_table_remove_all (hold->items);
}

gint64
micsync_hold_get_close_delay (MicsyncHold *hold)
{
  return hold->close_delay;
}

void
micsync_hold_look_begin (MicsyncHold *hold)
{
  GHashTableIter iter;
  gpointer value;

  hold->text_changed = FALSE;
  g_hash_table_iter_init (&iter, hold->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    ((Item *) value)->seen = FALSE;
}

void
micsync_hold_look_at (MicsyncHold *hold, const char *key, const char *text)
{
  Item *item = g_hash_table_lookup (hold->items, key);

  if (item == NULL)
    {
      item = g_new0 (Item, 1);
      item->key = g_strdup (key);
      item->text = g_strdup (text);
      item->since = G_MAXINT64;
      g_hash_table_insert (hold->items, item->key, item);
    }
  else if (g_strcmp0 (item->text, text) != 0)
    {
      g_free (item->text);
      item->text = g_strdup (text);
      hold->text_changed |= item->open;
    }
  item->seen = TRUE;
}

static gint64
item_delay (MicsyncHold *hold, const Item *item)
{
  return item->open ? hold->close_delay : hold->open_delay;
}

gboolean
micsync_hold_look_done (MicsyncHold *hold, gint64 now, gboolean at_once)
{
  gboolean changed = hold->text_changed;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, hold->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Item *item = value;

      item->there = item->seen;
      if (item->there && !item->open && at_once)
        item->open = changed = TRUE;

      if (item->there == item->open)
        item->since = G_MAXINT64;
      else if (item->since == G_MAXINT64)
        item->since = now;
      if (!item->there && !item->open)
        g_hash_table_iter_remove (&iter);
    }
  hold->text_changed = FALSE;
  return micsync_hold_tick (hold, now) || changed;
}

gboolean
micsync_hold_tick (MicsyncHold *hold, gint64 now)
{
  gboolean changed = FALSE;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, hold->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Item *item = value;

      if (item->since == G_MAXINT64)
        continue;
      if (item->since > now)
        item->since = now; /* the clock was put back: wait the delay, not the difference */
      if (now - item->since < item_delay (hold, item))
        continue;

      item->open = item->there;
      item->since = G_MAXINT64;
      changed = TRUE;
      if (!item->open)
        g_hash_table_iter_remove (&iter);
    }
  return changed;
}

gint64
micsync_hold_next (MicsyncHold *hold)
{
  gint64 next = G_MAXINT64;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, hold->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Item *item = value;

      if (item->since != G_MAXINT64)
        next = MIN (next, item->since + item_delay (hold, item));
    }
  return next;
}

static void
open_free (gpointer data)
{
  MicsyncOpen *open = data;

  g_free (open->key);
  g_free (open->text);
  g_free (open);
}

static int
compare_open (gconstpointer a, gconstpointer b)
{
  const MicsyncOpen *const *left = a, *const *right = b;

  return g_strcmp0 ((*left)->key, (*right)->key);
}

GPtrArray *
micsync_hold_dup_open (MicsyncHold *hold)
{
  g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func (open_free);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, hold->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Item *item = value;

      if (!item->open)
        continue;

      MicsyncOpen *open = g_new0 (MicsyncOpen, 1);

      open->key = g_strdup (item->key);
      open->text = g_strdup (item->text);
      g_ptr_array_add (all, open);
    }
  g_ptr_array_sort (all, compare_open);
  return g_steal_pointer (&all);
}
