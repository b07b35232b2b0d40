/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/grants.h"

#include <string.h>

#include "model/error.h"
#include "model/user.h"

/* The names end where a viewer's name begins. */
static const char *const prefixes[] = { "user:", "group:", "location:" };
G_STATIC_ASSERT (G_N_ELEMENTS (prefixes) == MUSTERD_N_VIEWERS);

static gboolean
has_control (const char *text)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return TRUE;
  return FALSE;
}

gboolean
musterd_viewer_parse (const char *text, MusterdViewerKind *kind, const char **name, GError **error)
{
  MusterdViewerKind found = MUSTERD_VIEWER_USER;
  const char *rest = text;

  for (guint i = 0; i < MUSTERD_N_VIEWERS; i++)
    if (g_str_has_prefix (text, prefixes[i]))
      {
        found = (MusterdViewerKind) i;
        rest = text + strlen (prefixes[i]);
        break;
      }
  if (*rest == '\0' || strlen (rest) > (found == MUSTERD_VIEWER_USER ? MUSTERD_USER_MAX : MUSTERD_USER_FIELD_MAX)
      || !g_utf8_validate (rest, -1, NULL) || has_control (rest))
    {
      g_autofree char *shown = musterd_error_word (text);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                   "'%s' names no viewer: it is the id of a user, 'group:NAME' or 'location:NAME'", shown);
      return FALSE;
    }
  *kind = found;
  *name = rest;
  return TRUE;
}

char *
musterd_viewer_to_key (MusterdViewerKind kind, const char *name)
{
  return g_strconcat (prefixes[kind], name, NULL);
}

char *
musterd_viewer_to_string (MusterdViewerKind kind, const char *name)
{
  gboolean alone = kind == MUSTERD_VIEWER_USER;

  for (guint i = 0; alone && i < MUSTERD_N_VIEWERS; i++)
    alone = !g_str_has_prefix (name, prefixes[i]);
  return alone ? g_strdup (name) : musterd_viewer_to_key (kind, name);
}

static MusterdGrants *
grants_new (guint n)
{
  MusterdGrants *grants = g_atomic_rc_box_new0 (MusterdGrants);

  grants->entries = g_new0 (MusterdGrant, n);
  return grants;
}

MusterdGrants *
musterd_grants_ref (MusterdGrants *grants)
{
  return g_atomic_rc_box_acquire (grants);
}

static void
grants_clear (gpointer data)
{
  MusterdGrants *grants = data;

  for (guint i = 0; i < grants->n; i++)
    g_ref_string_release (grants->entries[i].name);
  g_free (grants->entries);
}

void
musterd_grants_unref (MusterdGrants *grants)
{
  g_atomic_rc_box_release_full (grants, grants_clear);
}

static int
compare (MusterdViewerKind kind, const char *name, gboolean own_word, const MusterdGrant *with)
{
  int order = (int) kind - (int) with->kind;

  if (order == 0)
    order = strcmp (name, with->name);
  return order != 0 ? order : (own_word != FALSE) - (int) with->own_word;
}

static int
compare_grants (const MusterdGrant *a, const MusterdGrant *b)
{
  return compare (a->kind, a->name, a->own_word, b);
}

/* Where it stands, or would. */
static guint
find_place (const MusterdGrants *grants, MusterdViewerKind kind, const char *name, gboolean own_word, gboolean *found)
{
  guint low = 0, high = grants != NULL ? grants->n : 0;

  *found = FALSE;
  while (low < high)
    {
      guint middle = low + (high - low) / 2;
      int order = compare (kind, name, own_word, &grants->entries[middle]);

      if (order > 0)
        low = middle + 1;
      else
        high = middle;
      *found = *found || order == 0;
    }
  return low;
}

const MusterdGrant *
musterd_grants_find (const MusterdGrants *grants, MusterdViewerKind kind, const char *name, gboolean own_word)
{
  gboolean found;
  guint place = find_place (grants, kind, name, own_word, &found);

  return found ? &grants->entries[place] : NULL;
}

static void
append (MusterdGrants *grants, const MusterdGrant *grant)
{
  MusterdGrant *entry = &grants->entries[grants->n++];

  *entry = *grant;
  /* The same viewers are named by many. */
  entry->name = g_ref_string_new_intern (grant->name);
}

static void
append_some (MusterdGrants *to, const MusterdGrants *from, guint first, guint end)
{
  for (guint i = first; i < end; i++)
    {
      MusterdGrant *entry = &to->entries[to->n++];

      *entry = from->entries[i];
      entry->name = g_ref_string_acquire (entry->name);
    }
}

MusterdGrants *
musterd_grants_with (const MusterdGrants *grants, const MusterdGrant *grant)
{
  gboolean found;
  guint place = find_place (grants, grant->kind, grant->name, grant->own_word, &found);
  guint n = grants != NULL ? grants->n : 0;
  MusterdGrants *made = grants_new (n + 1);

  append_some (made, grants, 0, place);
  append (made, grant);
  append_some (made, grants, found ? place + 1 : place, n);
  return made;
}

MusterdGrants *
musterd_grants_without (const MusterdGrants *grants, const MusterdGrant *grant)
{
  gboolean found;
  guint place = find_place (grants, grant->kind, grant->name, grant->own_word, &found);
  guint n = grants != NULL ? grants->n : 0;
  MusterdGrants *made;

  if (n == (found ? 1 : 0))
    return NULL;
  made = grants_new (n);
  append_some (made, grants, 0, found ? place : n);
  if (found)
    append_some (made, grants, place + 1, n);
  return made;
}

void
musterd_grants_compare (const MusterdGrants *a, const MusterdGrants *b,
                        void (*differs) (const MusterdGrant *grant, gpointer data), gpointer data)
{
  guint i = 0, j = 0, n_a = a != NULL ? a->n : 0, n_b = b != NULL ? b->n : 0;

  if (a == b)
    return;
  while (i < n_a || j < n_b)
    {
      int order = i == n_a ? 1 : j == n_b ? -1 : compare_grants (&a->entries[i], &b->entries[j]);

      if (order < 0)
        differs (&a->entries[i], data);
      else if (order > 0)
        differs (&b->entries[j], data);
      else if (a->entries[i].level != b->entries[j].level)
        differs (&b->entries[j], data);
      i += order <= 0;
      j += order >= 0;
    }
}
