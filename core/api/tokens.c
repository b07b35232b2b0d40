/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/tokens.h"

#include <string.h>

#include "api/token-secret.h"
#include "engine/heap.h"
#include "model/error.h"

#define NOBODY ""

typedef struct
{
  MusterdHeapNode node; /* first: the heap hands it back; in it while enabled */
  MusterdToken   *token;
  gboolean        enabled;
} Entry;

struct _MusterdTokens
{
  GHashTable  *by_id;   /* id, in the token → Entry */
  GHashTable  *by_hash; /* hash, in the token → Entry, not owned: those in force */
  GHashTable  *by_user; /* user or NOBODY → GPtrArray of Entry, not owned */
  MusterdHeap *by_end;  /* Entry, not owned: those in force */
  void       (*ended) (const char *id, gpointer data); /* nullable */
  gpointer     ended_data;
  guint64      n_refused;
  gint64       minute;        /* monotonic: when it began */
  guint        n_wrong_codes; /* in it */
};

/* Any four bytes of it are as good as any other, and nobody can choose them. */
static guint
hash_hash (gconstpointer hash)
{
  guint value;

  memcpy (&value, hash, sizeof value);
  return value;
}

static gboolean
hash_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, MUSTERD_TOKEN_HASH_SIZE) == 0;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  musterd_token_unref (entry->token);
  g_free (entry);
}

MusterdTokens *
musterd_tokens_new (void)
{
  MusterdTokens *tokens = g_new0 (MusterdTokens, 1);

  tokens->by_id = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  tokens->by_hash = g_hash_table_new (hash_hash, hash_equal);
  tokens->by_user = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
  tokens->by_end = musterd_heap_new ();
  return tokens;
}

void
musterd_tokens_free (MusterdTokens *tokens)
{
  musterd_heap_free (tokens->by_end);
  g_hash_table_unref (tokens->by_user);
  g_hash_table_unref (tokens->by_hash);
  g_hash_table_unref (tokens->by_id);
  g_free (tokens);
}

void
musterd_tokens_set_ended (MusterdTokens *tokens, void (*ended) (const char *id, gpointer data), gpointer data)
{
  tokens->ended = ended;
  tokens->ended_data = data;
}

static const char *
owner_of (const char *user)
{
  return user != NULL ? user : NOBODY;
}

static gboolean
check_room (MusterdTokens *tokens, const char *user, GError **error)
{
  const GPtrArray *of_user = g_hash_table_lookup (tokens->by_user, owner_of (user));
  guint n = of_user != NULL ? of_user->len : 0;

  if (user != NULL && n >= MUSTERD_TOKENS_OF_USER_MAX)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT,
                 "'%s' has %u tokens and sign-in links already: revoke one that is not used any more", user, n);
  else if (user == NULL && n >= MUSTERD_TOKENS_OF_NOBODY_MAX)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT,
                 "there are %u tokens without a user already: revoke one that is not used any more", n);
  else if (g_hash_table_size (tokens->by_id) >= MUSTERD_TOKENS_MAX)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT,
                 "there are %d tokens already: revoke those not used any more", MUSTERD_TOKENS_MAX);
  else
    return TRUE;
  return FALSE;
}

gboolean
musterd_tokens_add (MusterdTokens *tokens, MusterdToken *token, GError **error)
{
  GPtrArray *of_user = g_hash_table_lookup (tokens->by_user, owner_of (token->user));
  Entry *entry;

  if (!check_room (tokens, token->user, error))
    return FALSE;
  if (g_hash_table_contains (tokens->by_id, token->id) || g_hash_table_contains (tokens->by_hash, token->hash))
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "the token '%s' exists already", token->id);
      return FALSE;
    }
  entry = g_new0 (Entry, 1);
  entry->node.at = MUSTERD_TIME_NEVER;
  entry->token = musterd_token_ref (token);
  g_hash_table_insert (tokens->by_id, token->id, entry);
  if (of_user == NULL)
    {
      of_user = g_ptr_array_new ();
      g_hash_table_insert (tokens->by_user, g_strdup (owner_of (token->user)), of_user);
    }
  g_ptr_array_add (of_user, entry);
  return TRUE;
}

gboolean
musterd_tokens_enable (MusterdTokens *tokens, const char *id, gboolean enable)
{
  Entry *entry = g_hash_table_lookup (tokens->by_id, id);

  if (entry == NULL)
    return FALSE;
  entry->enabled = enable;
  musterd_heap_set (tokens->by_end, &entry->node, enable ? entry->token->expires : MUSTERD_TIME_NEVER);
  if (enable)
    g_hash_table_insert (tokens->by_hash, entry->token->hash, entry);
  else
    g_hash_table_remove (tokens->by_hash, entry->token->hash);
  return TRUE;
}

MusterdToken *
musterd_tokens_get (MusterdTokens *tokens, const char *id)
{
  const Entry *entry = g_hash_table_lookup (tokens->by_id, id);

  return entry != NULL && entry->enabled ? entry->token : NULL;
}

MusterdToken *
musterd_tokens_find (MusterdTokens *tokens, const char *secret, MusterdTokenKind kind, MusterdTime now)
{
  guint8 hash[MUSTERD_TOKEN_HASH_SIZE];
  const Entry *entry = NULL;

  /* What the time of this look-up tells is about the hash, from which nobody comes back to the secret. */
  if (musterd_token_secret_hash (secret, kind, hash))
    entry = g_hash_table_lookup (tokens->by_hash, hash);
  if (entry != NULL && entry->token->kind == kind && now < entry->token->expires)
    return entry->token;
  tokens->n_refused++;
  return NULL;
}

void
musterd_tokens_remove (MusterdTokens *tokens, const char *id)
{
  Entry *entry = g_hash_table_lookup (tokens->by_id, id);
  g_autoptr(MusterdToken) token = NULL;
  GPtrArray *of_user;

  if (entry == NULL)
    return;
  token = musterd_token_ref (entry->token);
  musterd_tokens_enable (tokens, id, FALSE);
  of_user = g_hash_table_lookup (tokens->by_user, owner_of (token->user));
  g_ptr_array_remove (of_user, entry);
  if (of_user->len == 0)
    g_hash_table_remove (tokens->by_user, owner_of (token->user));
  g_hash_table_remove (tokens->by_id, token->id);
  if (token->kind == MUSTERD_TOKEN_BEARER && tokens->ended != NULL)
    tokens->ended (token->id, tokens->ended_data);
}

void
musterd_tokens_remove_user (MusterdTokens *tokens, const char *user)
{
  const GPtrArray *of_user = g_hash_table_lookup (tokens->by_user, user);
  g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; of_user != NULL && i < of_user->len; i++)
    g_ptr_array_add (ids, g_strdup (((Entry *) of_user->pdata[i])->token->id));
  for (guint i = 0; i < ids->len; i++)
    musterd_tokens_remove (tokens, ids->pdata[i]);
}

MusterdTime
musterd_tokens_get_next_expiry (MusterdTokens *tokens)
{
  const MusterdHeapNode *first = musterd_heap_first (tokens->by_end);

  return first != NULL ? first->at : MUSTERD_TIME_NEVER;
}

GPtrArray *
musterd_tokens_take_expired (MusterdTokens *tokens, MusterdTime now, guint max)
{
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);

  while (ids->len < max && musterd_tokens_get_next_expiry (tokens) <= now)
    {
      const Entry *entry = (const Entry *) musterd_heap_first (tokens->by_end);
      char *id = g_strdup (entry->token->id);

      g_ptr_array_add (ids, id);
      musterd_tokens_remove (tokens, id);
    }
  return ids;
}

static int
compare_newest (gconstpointer a, gconstpointer b)
{
  const MusterdToken *one = *(MusterdToken *const *) a, *other = *(MusterdToken *const *) b;

  if (one->created != other->created)
    return one->created > other->created ? -1 : 1;
  return strcmp (one->id, other->id);
}

static void
list_entry (GPtrArray *list, const Entry *entry, MusterdTime now)
{
  if (entry->enabled && now < entry->token->expires)
    g_ptr_array_add (list, musterd_token_ref (entry->token));
}

GPtrArray *
musterd_tokens_list (MusterdTokens *tokens, const char *user, MusterdTime now)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_token_unref);
  const GPtrArray *of_user = user != NULL ? g_hash_table_lookup (tokens->by_user, user) : NULL;
  GHashTableIter iter;
  gpointer entry;

  for (guint i = 0; of_user != NULL && i < of_user->len; i++)
    list_entry (list, of_user->pdata[i], now);
  g_hash_table_iter_init (&iter, tokens->by_id);
  while (user == NULL && g_hash_table_iter_next (&iter, NULL, &entry))
    list_entry (list, entry, now);
  g_ptr_array_sort (list, compare_newest);
  return list;
}

guint
musterd_tokens_get_n (MusterdTokens *tokens)
{
  return g_hash_table_size (tokens->by_id);
}

guint64
musterd_tokens_get_n_refused (MusterdTokens *tokens)
{
  return tokens->n_refused;
}

gboolean
musterd_tokens_count_wrong_code (MusterdTokens *tokens, gint64 now)
{
  if (now - tokens->minute >= G_TIME_SPAN_MINUTE || tokens->n_wrong_codes == 0)
    {
      tokens->minute = now;
      tokens->n_wrong_codes = 0;
    }
  tokens->n_wrong_codes = MIN (tokens->n_wrong_codes + 1, MUSTERD_WRONG_CODES_MAX + 1);
  return tokens->n_wrong_codes <= MUSTERD_WRONG_CODES_MAX;
}
