/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/selection.h"

#include "model/error.h"

#include <string.h>

typedef enum
{
  TERM_LOCATION,
  TERM_GROUP,
  TERM_DOMAIN
} TermKind;

typedef struct
{
  TermKind kind;
  char    *value;
} Term;

struct _MusterdSelection
{
  gboolean all;
  GArray  *terms; /* Term; one that holds is enough */
};

static const struct
{
  const char *prefix;
  TermKind    kind;
} prefixes[] = {
  { "location:", TERM_LOCATION },
  { "group:", TERM_GROUP },
  { "domain:", TERM_DOMAIN },
};

static void
term_clear (gpointer data)
{
  g_free (((Term *) data)->value);
}

static gboolean
add_term (MusterdSelection *selection, const char *word, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (word, prefixes[i].prefix))
      {
        g_autofree char *value = g_strstrip (g_strdup (word + strlen (prefixes[i].prefix)));

        if (*value == '\0')
          break;

        const Term term = { prefixes[i].kind, g_steal_pointer (&value) };

        g_array_append_val (selection->terms, term);
        return TRUE;
      }
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG,
               "Users: expected all, location:NAME, group:NAME or domain:NAME (several separated by ';'), got \"%s\"",
               word);
  return FALSE;
}

MusterdSelection *
musterd_selection_new (const char *text, GError **error)
{
  g_autoptr(MusterdSelection) selection = g_new0 (MusterdSelection, 1);
  g_auto(GStrv) words = g_strsplit (text != NULL ? text : "", ";", -1);

  selection->terms = g_array_new (FALSE, FALSE, sizeof (Term));
  g_array_set_clear_func (selection->terms, term_clear);
  for (guint i = 0; words[i] != NULL; i++)
    {
      const char *word = g_strstrip (words[i]);

      if (g_str_equal (word, "all"))
        selection->all = TRUE;
      else if (*word != '\0' && !add_term (selection, word, error))
        return NULL;
    }
  if (selection->terms->len == 0)
    selection->all = TRUE;
  return g_steal_pointer (&selection);
}

void
musterd_selection_free (MusterdSelection *selection)
{
  if (selection == NULL)
    return;
  g_array_unref (selection->terms);
  g_free (selection);
}

gboolean
musterd_selection_is_all (const MusterdSelection *selection)
{
  return selection->all;
}

static gboolean
in_domain (const char *address, const char *domain)
{
  const char *at = address != NULL ? strrchr (address, '@') : NULL;

  return at != NULL && g_ascii_strcasecmp (at + 1, domain) == 0;
}

static gboolean
term_holds (const Term *term, const MusterdUser *user)
{
  switch (term->kind)
    {
    case TERM_LOCATION:
      return g_strcmp0 (user->fields[MUSTERD_USER_LOCATION], term->value) == 0;
    case TERM_GROUP:
      return g_strcmp0 (user->fields[MUSTERD_USER_GROUP], term->value) == 0;
    case TERM_DOMAIN:
      /* Ids need not be addresses; then the e-mail address says it. */
      return strchr (user->id, '@') != NULL ? in_domain (user->id, term->value)
                                            : in_domain (user->fields[MUSTERD_USER_EMAIL], term->value);
    }
  return FALSE;
}

gboolean
musterd_selection_takes (const MusterdSelection *selection, const MusterdUser *user)
{
  if (selection->all)
    return TRUE;
  for (guint i = 0; i < selection->terms->len; i++)
    if (term_holds (&g_array_index (selection->terms, Term, i), user))
      return TRUE;
  return FALSE;
}
