/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/accounts.h"

#include "api/complaints.h"
#include "model/error.h"

#define THREADS 2 /* one that hangs leaves another for the rest */

/* What look-ups under way have of us: they may outlive us. */
typedef struct
{
  gatomicrefcount  refs;
  GMutex           mutex;
  GMainContext    *context;  /* nullable: nobody wants to know any more; under the mutex */
  MusterdAccounts *accounts; /* the api's thread only; nullable as above */
  MusterdNss       nss;
  char            *group; /* nullable */
} Office;

struct _MusterdAccounts
{
  Office      *office;
  GThreadPool *pool;
  GSource     *timer;
  GHashTable  *entries; /* uid → Entry */
  gboolean     abandoned;
  MusterdAccountChanged changed; /* nullable */
  gpointer     changed_data;
};

typedef struct
{
  MusterdAccountKnown known;
  gpointer            data;
} Waiter;

typedef struct
{
  MusterdAccounts *accounts;
  uid_t            uid;
  MusterdAccount   account;
  gboolean         known;
  gint64           since; /* where known: the truth of this moment */
  char            *fault; /* nullable; why the last look-up failed, */
  gint64           failed; /* and when */
  guint            kept;

  gboolean running; /* a look-up of it: */
  gint64   begun;
  gboolean slow, late;
  GSource *timer;   /* nullable; until it is slow, and then late */
  GArray  *waiters; /* Waiter */
} Entry;

typedef struct
{
  Office  *office;
  uid_t    uid;
  char    *name;
  gboolean member;
  GError  *error; /* nullable */
} Lookup;

static void
office_unref (Office *office)
{
  if (!g_atomic_ref_count_dec (&office->refs))
    return;
  g_mutex_clear (&office->mutex);
  g_free (office->group);
  g_free (office);
}

static void
lookup_free (gpointer data)
{
  Lookup *lookup = data;

  office_unref (lookup->office);
  g_free (lookup->name);
  g_clear_error (&lookup->error);
  g_free (lookup);
}

static gint64
get_time (MusterdAccounts *accounts)
{
  return accounts->office->nss.get_time (accounts->office->nss.data);
}

static gboolean
is_owner (MusterdAccounts *accounts, uid_t uid)
{
  return accounts->office->nss.is_owner (uid, accounts->office->nss.data);
}

/* Whether one may go by what is known. */
static gboolean
is_usable (const Entry *entry, gint64 now)
{
  return is_owner (entry->accounts, entry->uid)
         || (entry->known && now - entry->since <= MUSTERD_ACCOUNT_AGE_MAX);
}

static gboolean
is_due (const Entry *entry, gint64 now)
{
  return !entry->running && (!entry->known || now - entry->since > MUSTERD_ACCOUNT_FRESH)
         && (entry->fault == NULL || now - entry->failed > MUSTERD_ACCOUNT_FRESH);
}

static void
end_timer (Entry *entry)
{
  if (entry->timer == NULL)
    return;
  g_source_destroy (entry->timer);
  g_clear_pointer (&entry->timer, g_source_unref);
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  end_timer (entry);
  g_array_unref (entry->waiters);
  g_free (entry->account.name);
  g_free (entry->fault);
  g_free (entry);
}

static void
wake (Entry *entry)
{
  g_autoptr(GArray) waiters = g_steal_pointer (&entry->waiters);

  entry->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  for (guint i = 0; i < waiters->len; i++)
    {
      const Waiter *waiter = &g_array_index (waiters, Waiter, i);

      waiter->known (waiter->data);
    }
}

/* `account` is what it was. */
static void
tell_if_changed (Entry *entry, const MusterdAccount *account)
{
  MusterdAccounts *accounts = entry->accounts;

  if (entry->kept > 0 && accounts->changed != NULL
      && (account->admin != entry->account.admin || g_strcmp0 (account->name, entry->account.name) != 0))
    accounts->changed (entry->uid, accounts->changed_data);
}

/* The look-up. */

static gboolean
on_looked_up (gpointer data)
{
  Lookup *lookup = data;
  MusterdAccounts *accounts = lookup->office->accounts;
  Entry *entry = accounts != NULL ? g_hash_table_lookup (accounts->entries, GUINT_TO_POINTER (lookup->uid)) : NULL;
  MusterdAccount before;

  if (entry == NULL)
    return G_SOURCE_REMOVE;
  end_timer (entry);
  entry->running = entry->slow = entry->late = FALSE;
  g_clear_pointer (&entry->fault, g_free);
  if (lookup->error != NULL)
    {
      entry->fault = g_strdup (lookup->error->message);
      entry->failed = get_time (accounts);
    }
  else
    {
      before = entry->account;
      entry->account.name = g_steal_pointer (&lookup->name);
      entry->account.admin = lookup->member || is_owner (accounts, entry->uid);
      entry->known = TRUE;
      entry->since = entry->begun;
      tell_if_changed (entry, &before);
      g_free (before.name);
    }
  wake (entry);
  return G_SOURCE_REMOVE;
}

/* On a thread of the pool. */
static void
look_up (gpointer data, gpointer user_data G_GNUC_UNUSED)
{
  Lookup *lookup = data;
  Office *office = lookup->office;
  g_autoptr(GSource) source = g_idle_source_new ();
  gboolean wanted;

  g_mutex_lock (&office->mutex);
  wanted = office->context != NULL;
  g_mutex_unlock (&office->mutex);
  if (wanted)
    office->nss.look_up (lookup->uid, office->group, &lookup->name, &lookup->member, office->nss.data, &lookup->error);

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_looked_up, lookup, lookup_free);
  g_source_set_static_name (source, "muster-api-account");
  g_atomic_ref_count_inc (&office->refs); /* the source takes the look-up with it */
  g_mutex_lock (&office->mutex);
  if (office->context != NULL)
    g_source_attach (source, office->context);
  g_mutex_unlock (&office->mutex);
  office_unref (office);
}

static void set_timer (Entry *entry, guint ms);

static gboolean
on_timer (gpointer data)
{
  Entry *entry = data;
  const MusterdNss *nss = &entry->accounts->office->nss;

  end_timer (entry);
  if (!entry->slow)
    {
      entry->slow = TRUE;
      set_timer (entry, nss->late_ms - nss->slow_ms);
      if (is_usable (entry, get_time (entry->accounts)))
        wake (entry);
      return G_SOURCE_REMOVE;
    }
  entry->late = TRUE;
  musterd_complain (MUSTERD_COMPLAINT_CONNECTION, NULL, G_LOG_LEVEL_WARNING,
                    "the account %u: the directory service behind NSS does not answer, see 'getent passwd %u'",
                    (guint) entry->uid, (guint) entry->uid);
  wake (entry);
  return G_SOURCE_REMOVE;
}

static void
set_timer (Entry *entry, guint ms)
{
  entry->timer = g_timeout_source_new (ms);
  g_source_set_callback (entry->timer, on_timer, entry, NULL);
  g_source_set_static_name (entry->timer, "muster-api-account-slow");
  g_source_attach (entry->timer, entry->accounts->office->context);
}

static void
begin (Entry *entry)
{
  Lookup *lookup = g_new0 (Lookup, 1);

  entry->running = TRUE;
  entry->begun = get_time (entry->accounts);
  set_timer (entry, entry->accounts->office->nss.slow_ms);
  g_atomic_ref_count_inc (&entry->accounts->office->refs);
  lookup->office = entry->accounts->office;
  lookup->uid = entry->uid;
  /* Without a thread for it, it waits for the next one, or becomes late. */
  g_thread_pool_push (entry->accounts->pool, lookup, NULL);
}

/* The accounts. */

static gboolean
is_idle (gpointer key G_GNUC_UNUSED, gpointer value, gpointer data G_GNUC_UNUSED)
{
  const Entry *entry = value;

  return !entry->running && entry->kept == 0;
}

/* NULL: too many are in use. */
static Entry *
get_entry (MusterdAccounts *accounts, uid_t uid)
{
  Entry *entry = g_hash_table_lookup (accounts->entries, GUINT_TO_POINTER (uid));

  if (entry != NULL)
    return entry;
  if (g_hash_table_size (accounts->entries) >= MUSTERD_ACCOUNTS_MAX)
    g_hash_table_foreach_remove (accounts->entries, is_idle, NULL);
  if (g_hash_table_size (accounts->entries) >= MUSTERD_ACCOUNTS_MAX && !is_owner (accounts, uid))
    return NULL;
  entry = g_new0 (Entry, 1);
  entry->accounts = accounts;
  entry->uid = uid;
  entry->account.admin = is_owner (accounts, uid);
  entry->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  g_hash_table_insert (accounts->entries, GUINT_TO_POINTER (uid), entry);
  return entry;
}

gboolean
musterd_accounts_await (MusterdAccounts *accounts, uid_t uid, MusterdAccountKnown known, gpointer data)
{
  const Waiter waiter = { known, data };
  gint64 now = get_time (accounts);
  Entry *entry;

  if (accounts->abandoned)
    return FALSE;
  entry = get_entry (accounts, uid);
  if (entry == NULL)
    return FALSE;
  if (is_due (entry, now))
    begin (entry);
  if (!entry->running || entry->late || (entry->slow && is_usable (entry, now)))
    return FALSE;
  g_array_append_val (entry->waiters, waiter);
  return TRUE;
}

const MusterdAccount *
musterd_accounts_get (MusterdAccounts *accounts, uid_t uid, GError **error)
{
  const Entry *entry = g_hash_table_lookup (accounts->entries, GUINT_TO_POINTER (uid));
  guint number = (guint) uid;

  if (entry != NULL && is_usable (entry, get_time (accounts)))
    return &entry->account;
  if (entry == NULL)
    g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                         "too many accounts are being looked up already: try again later");
  else if (entry->fault != NULL && !entry->running)
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                 "looking up the account %u failed: %s; see what 'getent passwd %u' says, and try again", number,
                 entry->fault, number);
  else
    g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                 "the look-up of the account %u did not end: the directory service behind NSS does not answer; see "
                 "what 'getent passwd %u' says, and try again",
                 number, number);
  return NULL;
}

void
musterd_accounts_keep (MusterdAccounts *accounts, uid_t uid)
{
  Entry *entry = get_entry (accounts, uid);

  if (entry != NULL)
    entry->kept++;
}

void
musterd_accounts_let_go (MusterdAccounts *accounts, uid_t uid)
{
  Entry *entry = g_hash_table_lookup (accounts->entries, GUINT_TO_POINTER (uid));

  if (entry != NULL && entry->kept > 0)
    entry->kept--;
}

static void
renew (Entry *entry, gint64 now)
{
  MusterdAccount before = entry->account;

  if (is_due (entry, now))
    begin (entry);
  if (!entry->known || is_usable (entry, now))
    return;
  entry->known = FALSE;
  entry->account = (MusterdAccount){ .admin = FALSE };
  tell_if_changed (entry, &before);
  g_free (before.name);
}

void
musterd_accounts_renew (MusterdAccounts *accounts)
{
  g_autoptr(GList) entries = g_hash_table_get_values (accounts->entries);
  gint64 now = get_time (accounts);

  for (GList *link = entries; link != NULL; link = link->next)
    if (((Entry *) link->data)->kept > 0)
      renew (link->data, now);
}

static gboolean
on_renew (gpointer data)
{
  musterd_accounts_renew (data);
  return G_SOURCE_CONTINUE;
}

MusterdAccounts *
musterd_accounts_new (GMainContext *context, const char *group, const MusterdNss *nss)
{
  MusterdAccounts *accounts = g_new0 (MusterdAccounts, 1);
  Office *office = g_new0 (Office, 1);

  g_atomic_ref_count_init (&office->refs);
  g_mutex_init (&office->mutex);
  office->context = g_main_context_ref (context);
  office->accounts = accounts;
  office->nss = *nss;
  office->group = g_strdup (group);
  accounts->office = office;
  accounts->entries = g_hash_table_new_full (NULL, NULL, NULL, entry_free);
  /* Never fails: its threads are everybody's. */
  accounts->pool = g_thread_pool_new (look_up, NULL, THREADS, FALSE, NULL);
  accounts->timer = g_timeout_source_new_seconds (MUSTERD_ACCOUNTS_RENEW_SECONDS);
  g_source_set_callback (accounts->timer, on_renew, accounts, NULL);
  g_source_set_static_name (accounts->timer, "muster-api-accounts");
  g_source_attach (accounts->timer, context);
  return accounts;
}

void
musterd_accounts_set_changed (MusterdAccounts *accounts, MusterdAccountChanged func, gpointer data)
{
  accounts->changed = func;
  accounts->changed_data = data;
}

void
musterd_accounts_abandon (MusterdAccounts *accounts)
{
  g_autoptr(GList) entries = g_hash_table_get_values (accounts->entries);

  accounts->abandoned = TRUE;
  for (GList *link = entries; link != NULL; link = link->next)
    wake (link->data);
}

void
musterd_accounts_free (MusterdAccounts *accounts)
{
  Office *office = accounts->office;
  GMainContext *context;

  g_source_destroy (accounts->timer);
  g_source_unref (accounts->timer);
  g_hash_table_unref (accounts->entries);
  office->accounts = NULL;
  g_mutex_lock (&office->mutex);
  context = g_steal_pointer (&office->context);
  g_mutex_unlock (&office->mutex);
  /* Those that have not begun find that nobody wants to know; those that hang end by themselves. The pool must not
   * drop them at once: what it wakes its threads with would go through the free function, too (GLib 2.74). */
  g_thread_pool_free (accounts->pool, FALSE, FALSE);
  g_main_context_unref (context);
  office_unref (office);
  g_free (accounts);
}
