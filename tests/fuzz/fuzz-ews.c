/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An answer of an Exchange server: what becomes of it can be handed to the host. */
#include <string.h>

#include "calendar.h"
#include "fuzz.h"

static void
check_entries (const EwsMessage *message)
{
  g_autoptr(EwsEntries) entries = ews_entries_new (message, "https://mail.example.com/owa/", G_MININT64);
  g_autoptr(GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);

  g_assert_cmpuint (entries->items->len, ==, entries->claims->len);
  for (guint i = 0; i < entries->claims->len; i++)
    {
      const MusterClaim *claim = &g_array_index (entries->claims, MusterClaim, i);

      g_assert_cmpint (claim->from, <, claim->until);
      g_assert_cmpuint (strlen (claim->key), >, 0);
      g_assert_cmpuint (strlen (claim->key), <=, 512);
      g_assert_true (g_utf8_validate (claim->key, -1, NULL));
      g_assert_true (g_hash_table_add (keys, (gpointer) claim->key));
      if (claim->is_private)
        g_assert_true (claim->text == NULL && claim->categories == NULL);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(EwsResponse) response = ews_response_new ((const char *) data, size, &error);

  g_assert_true ((response == NULL) == (error != NULL));
  for (guint i = 0; response != NULL && i < response->messages->len; i++)
    {
      const EwsMessage *message = g_ptr_array_index (response->messages, i);
      g_autofree char *text = ews_message_explain (message);
      g_auto(EwsEvents) events = { 0 };
      g_auto(EwsOof) oof = { 0 };

      g_assert_true (g_utf8_validate (text, -1, NULL));
      g_assert_true ((message->code == NULL) == (ews_message_get_action (message) == EWS_ACTION_NONE));
      ews_events_read (message, &events);
      ews_oof_read (message, &oof);
      g_assert_true (!oof.is_set || oof.from < oof.until);
      ews_attendees_count (message);
      check_entries (message);
    }
  return 0;
}
