/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/peers.h"

#include <string.h>
#include <unistd.h>

#include "api/connection.h"
#include "model/error.h"

struct _MusterdPeers
{
  guint       limit;
  gboolean    exempt; /* this machine's own are not counted */
  GHashTable *counts; /* name → MusterdPeerCount */
};

static void
count_free (gpointer data)
{
  MusterdPeerCount *count = data;

  g_free (count->name);
  g_free (count);
}

MusterdPeers *
musterd_peers_new (guint limit)
{
  MusterdPeers *peers = g_new0 (MusterdPeers, 1);

  peers->limit = limit > 0 ? limit : MUSTERD_CONNECTIONS_PER_PEER;
  peers->exempt = limit == 0;
  peers->counts = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, count_free);
  return peers;
}

void
musterd_peers_free (MusterdPeers *peers)
{
  g_hash_table_unref (peers->counts);
  g_free (peers);
}

/* Whoever has one IPv6 address has 2⁶⁴ of them. */
static char *
name_network (const char *address)
{
  g_autoptr(GInetAddress) inet = g_inet_address_new_from_string (address);
  guint8 bytes[16] = { 0 };
  g_autoptr(GInetAddress) network = NULL;
  g_autofree char *text = NULL;

  if (inet == NULL || g_inet_address_get_family (inet) != G_SOCKET_FAMILY_IPV6)
    return g_strdup (address);
  memcpy (bytes, g_inet_address_to_bytes (inet), 8);
  network = g_inet_address_new_from_bytes (bytes, G_SOCKET_FAMILY_IPV6);
  text = g_inet_address_to_string (network);
  return g_strconcat (text, "/64", NULL);
}

static gboolean
is_own (const MusterdPeer *peer)
{
  return peer->has_account ? peer->uid == 0 || peer->uid == geteuid () : peer->loopback;
}

MusterdPeerCount *
musterd_peers_enter (MusterdPeers *peers, const MusterdPeer *peer, GError **error)
{
  g_autofree char *name = peer->has_account ? g_strdup_printf ("account %u", (guint) peer->uid)
                                            : name_network (peer->address);
  MusterdPeerCount *count = g_hash_table_lookup (peers->counts, name);

  if (count != NULL && count->n_connections >= peers->limit && !(peers->exempt && is_own (peer)))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT,
                   "%s has %u connections already, which is as many as one may have: see connections-per-peer= in "
                   "muster.conf(5)",
                   name, count->n_connections);
      return NULL;
    }
  if (count == NULL)
    {
      count = g_new0 (MusterdPeerCount, 1);
      count->name = g_steal_pointer (&name);
      g_hash_table_insert (peers->counts, count->name, count);
    }
  count->n_connections++;
  return count;
}

void
musterd_peers_leave (MusterdPeers *peers, MusterdPeerCount *count)
{
  if (--count->n_connections == 0)
    g_hash_table_remove (peers->counts, count->name);
}
