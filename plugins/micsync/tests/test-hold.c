/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hold.h"

#include <string.h>

/* A history, one step after the other, with a delay of 50 to open and of 1000 to close:
 *   "T:ab"  a look at time T that sees programs a and b    "T:"   sees nothing
 *   "T!ab"  the first look                                 "T."   only time passes
 * and what is open after each step; "*" behind it: the step said that something changed. */
typedef struct
{
  const char *name;
  const char *steps[12], *open[12];
} HoldCase;

static const HoldCase cases[] = {
  { "opens", { "0:a", "49.", "50.", "60." }, { "", "", "a*", "a" } },
  { "blip", { "0:a", "49:", "60.", "2000." }, { "", "", "", "" } },
  { "two-blips-are-not-one", { "0:a", "40:", "45:a", "94.", "95." }, { "", "", "", "", "a*" } },
  { "opens-by-a-look", { "0:a", "50:a" }, { "", "a*" } },
  { "closes", { "0!a", "10:", "1009.", "1010.", "1020." }, { "a*", "a", "a", "*", "" } },
  { "gap", { "0!a", "10:", "1009:a", "5000." }, { "a*", "a", "a", "a" } },
  { "two-gaps-are-not-one", { "0!a", "10:", "1000:a", "1005:", "2004.", "2005." }, { "a*", "a", "a", "a", "a", "*" } },
  { "first-look-waits-for-nothing", { "0!ab" }, { "ab*" } },
  { "later-looks-wait", { "0!", "10:a", "59.", "60." }, { "", "", "", "a*" } },
  { "two", { "0:a", "30:ab", "50.", "80.", "100:b", "1100." }, { "", "", "a*", "ab*", "ab", "b*" } },
  { "swap", { "0!a", "10:b", "60.", "1010." }, { "a*", "a", "ab*", "b*" } },
  { "clock-put-back", { "1000:a", "500.", "549.", "550." }, { "", "", "", "a*" } },
  { "clock-put-forward", { "0:a", "900000." }, { "", "a*" } },
  { "nothing", { "0:", "10:", "20." }, { "", "", "" } },
};

static void
test_hold (gconstpointer data)
{
  const HoldCase *c = data;
  g_autoptr(MicsyncHold) hold = micsync_hold_new (50, 1000);

  for (int i = 0; c->steps[i] != NULL; i++)
    {
      char *seen = NULL;
      gint64 now = g_ascii_strtoll (c->steps[i], &seen, 10);
      gboolean changed = FALSE;

      if (*seen == '.')
        changed = micsync_hold_tick (hold, now);
      else
        {
          micsync_hold_look_begin (hold);
          for (const char *p = seen + 1; *p != '\0'; p++)
            {
              const char key[2] = { *p, '\0' };

              micsync_hold_look_at (hold, key, key);
            }
          changed = micsync_hold_look_done (hold, now, *seen == '!');
        }

      g_autoptr(GPtrArray) open = micsync_hold_dup_open (hold);
      g_autoptr(GString) shown = g_string_new (NULL);

      for (guint j = 0; j < open->len; j++)
        g_string_append (shown, ((MicsyncOpen *) g_ptr_array_index (open, j))->key);
      if (changed)
        g_string_append_c (shown, '*');
      g_test_message ("%s: %s", c->steps[i], shown->str);
      g_assert_cmpstr (shown->str, ==, c->open[i]);
      g_assert_cmpint (micsync_hold_next (hold), >, now);
    }
}

static void
look (MicsyncHold *hold, const char *key, const char *text)
{
  micsync_hold_look_begin (hold);
  if (key != NULL)
    micsync_hold_look_at (hold, key, text);
}

/* What is announced as the next moment is the moment. */
static void
test_next (void)
{
  g_autoptr(MicsyncHold) hold = micsync_hold_new (50, 1000);

  g_assert_cmpint (micsync_hold_next (hold), ==, G_MAXINT64);
  look (hold, "a", "A");
  g_assert_false (micsync_hold_look_done (hold, 100, FALSE));
  g_assert_cmpint (micsync_hold_next (hold), ==, 150);
  g_assert_true (micsync_hold_tick (hold, 150));
  g_assert_cmpint (micsync_hold_next (hold), ==, G_MAXINT64);
  look (hold, NULL, NULL);
  g_assert_false (micsync_hold_look_done (hold, 200, FALSE));
  g_assert_cmpint (micsync_hold_next (hold), ==, 1200);
  g_assert_true (micsync_hold_tick (hold, 1200));
  g_assert_cmpint (micsync_hold_next (hold), ==, G_MAXINT64);
}

static void
test_no_delay (void)
{
  g_autoptr(MicsyncHold) hold = micsync_hold_new (0, 0);

  look (hold, "a", "A");
  g_assert_true (micsync_hold_look_done (hold, 7, FALSE));
  g_assert_cmpint (micsync_hold_next (hold), ==, G_MAXINT64);
  look (hold, NULL, NULL);
  g_assert_true (micsync_hold_look_done (hold, 7, FALSE));
  g_assert_cmpint (micsync_hold_next (hold), ==, G_MAXINT64);
}

/* A new alias shows at once, on what is open. */
static void
test_text (void)
{
  g_autoptr(MicsyncHold) hold = micsync_hold_new (50, 1000);

  look (hold, "a", "A");
  g_assert_true (micsync_hold_look_done (hold, 0, TRUE));
  look (hold, "a", "B");
  g_assert_true (micsync_hold_look_done (hold, 1, FALSE));
  look (hold, "a", "B");
  g_assert_false (micsync_hold_look_done (hold, 2, FALSE));

  g_autoptr(GPtrArray) open = micsync_hold_dup_open (hold);

  g_assert_cmpuint (open->len, ==, 1);
  g_assert_cmpstr (((MicsyncOpen *) g_ptr_array_index (open, 0))->text, ==, "B");
  micsync_hold_clear (hold);
  g_assert_cmpint (micsync_hold_next (hold), ==, G_MAXINT64);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/micsync/hold/history/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_hold);
    }
  g_test_add_func ("/micsync/hold/next", test_next);
  g_test_add_func ("/micsync/hold/no-delay", test_no_delay);
  g_test_add_func ("/micsync/hold/text", test_text);
  return g_test_run ();
}
