/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's closed vocabularies in the reader's language. On the wire and in JSON they stay as they are. */
#include "ctl-output.h"

#include <glib/gi18n.h>

static const char *const known[] = {
  /* Statuses and reach. */
  N_ ("available"), N_ ("be right back"), N_ ("busy"), N_ ("do not disturb"), N_ ("unavailable"), N_ ("logged off"),
  N_ ("free"), N_ ("away"), N_ ("off"),
  /* Telephony and clients. */
  N_ ("idle"), N_ ("ringing"), N_ ("on the phone"), N_ ("active"), N_ ("locked"), N_ ("ended"),
  /* Where a presence comes from. */
  N_ ("dnd"), N_ ("sharing"), N_ ("call"), N_ ("microphone"), N_ ("absence"), N_ ("appointment"), N_ ("choice"),
  N_ ("client"), N_ ("default"),
  /* Why an entry has no effect. */
  N_ ("cancelled"), N_ ("declined"), N_ ("unanswered"), N_ ("tentative"), N_ ("working elsewhere"), N_ ("all day"),
  N_ ("lease ran out"), N_ ("empty"),
  /* Instances and their users. */
  N_ ("disabled"), N_ ("starting"), N_ ("online"), N_ ("degraded"), N_ ("offline"), N_ ("failed"), N_ ("stopping"),
  N_ ("draining"), N_ ("not here"), N_ ("sign in"),
  /* Deliveries and numbers. */
  N_ ("applied"), N_ ("unreachable"), N_ ("refused"), N_ ("left to person"), N_ ("number"), N_ ("home"),
  N_ ("mobile"), N_ ("voicemail"),
};

char *
ctl_words (const char *name)
{
  g_autofree char *words = g_strdelimit (ctl_clean (name), "-", ' ');

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (words, known[i]))
      return g_strdup (_ (known[i]));
  return g_steal_pointer (&words);
}
