/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every relationship against every kind of entry, private or not. */
#include "model/sight.h"

#define PARTS "tlwhci"

/* For an appointment, a private one, an absence, a call and a private microphone, the letters of what is seen, in the
 * order of MusterdSight; "" is nothing at all. */
typedef struct
{
  MusterdRelation relation;
  const char     *entries[5];
  const char     *user;
} Row;

static const Row rows[] = {
  { MUSTERD_RELATION_BLOCKED, { "", "", "", "", "" }, "" },
  { MUSTERD_RELATION_EMPLOYEE, { "t", "t", "t", "", "" }, "" },
  { MUSTERD_RELATION_TEAM_COLLEAGUE, { "tlw", "tl", "tlw", "tlw", "tl" }, "" },
  { MUSTERD_RELATION_ASSISTANT, { "tlw", "tl", "tlw", "tlw", "tl" }, "c" },
  { MUSTERD_RELATION_ASSISTANT_PLUS, { "tlwh", "tlh", "tlwh", "tlwh", "tlh" }, "c" },
  { MUSTERD_RELATION_OWNER, { PARTS, PARTS, PARTS, PARTS, PARTS }, PARTS },
};

static char *
describe (MusterdSight sight)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; PARTS[i] != '\0'; i++)
    if ((sight & (1u << i)) != 0)
      g_string_append_c (text, PARTS[i]);
  return g_string_free (text, FALSE);
}

static void
test_row (gconstpointer data)
{
  static const struct
  {
    MusterdClaimKind kind;
    gboolean         is_private;
  } entries[] = {
    { MUSTERD_CLAIM_APPOINTMENT, FALSE }, { MUSTERD_CLAIM_APPOINTMENT, TRUE }, { MUSTERD_CLAIM_ABSENCE, FALSE },
    { MUSTERD_CLAIM_CALL, FALSE },        { MUSTERD_CLAIM_MICROPHONE, TRUE },
  };
  const Row *row = data;
  g_autofree char *user = describe (musterd_sight_of_user (row->relation));

  for (gsize i = 0; i < G_N_ELEMENTS (entries); i++)
    {
      g_autoptr(MusterdClaim) claim = musterd_claim_new ("ews", "calendar", "1", entries[i].kind);
      g_autofree char *seen = NULL;

      claim->is_private = entries[i].is_private;
      seen = describe (musterd_sight_of_claim (claim, row->relation));
      g_test_message ("entry %" G_GSIZE_FORMAT, i);
      g_assert_cmpstr (seen, ==, row->entries[i]);
    }
  g_assert_cmpstr (user, ==, row->user);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpuint (G_N_ELEMENTS (rows), ==, MUSTERD_N_RELATIONS);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/model/sight/", musterd_relation_to_string (rows[i].relation), NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  return g_test_run ();
}
