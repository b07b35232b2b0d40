/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-sdk"

#include "muster/library.h"

#include <string.h>

MusterMessage *
muster_message_new (MusterVerb verb)
{
  MusterMessage *message = g_new0 (MusterMessage, 1);

  message->verb = verb;
  return message;
}

void
muster_message_free (MusterMessage *message)
{
  if (message == NULL)
    return;

  if (message->verb == MUSTER_VERB_SECRET_PUT && message->text != NULL)
    explicit_bzero (message->text, strlen (message->text));
  for (gsize i = 0; i < message->n_claims; i++)
    muster_claim_clear (&message->claims[i]);
  g_free (message->claims);
  g_free (message->user);
  g_free (message->set);
  g_free (message->key);
  g_free (message->text);
  g_free (message->url);
  g_free (message->code);
  g_clear_pointer (&message->bytes, g_bytes_unref);
  g_strfreev (message->detail);
  g_free (message);
}
