/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The accounts of those who connect: their names, and whether they administer. A directory service may take its time
 * over that, so others' threads ask it, and what was known of an account counts on for a while.
 *
 * An answer is good for MUSTERD_ACCOUNT_FRESH. After that who asks waits for a new one, for `slow_ms` at most: then the
 * old one counts until the new one comes, but never longer than MUSTERD_ACCOUNT_AGE_MAX, which bounds how long somebody
 * keeps a right that was taken from them while the directory is out of reach. Of whom nothing is known waits for
 * `late_ms` at most. Of owners (root and the daemon's own account) something is always known: they administer.
 *
 * All of it on the api's thread, or before that runs and after it has ended. */
#pragma once

#include "api/nss.h"

G_BEGIN_DECLS

#define MUSTERD_ACCOUNT_FRESH (5 * G_TIME_SPAN_SECOND)
#define MUSTERD_ACCOUNT_AGE_MAX (5 * G_TIME_SPAN_MINUTE)
#define MUSTERD_ACCOUNTS_MAX 1024
#define MUSTERD_ACCOUNTS_RENEW_SECONDS 15 /* of those that are kept */

typedef struct _MusterdAccounts MusterdAccounts;

typedef struct
{
  char    *name; /* nullable: there is no such account, or it is not known yet */
  gboolean admin;
} MusterdAccount;

typedef void (*MusterdAccountKnown)   (gpointer data);
typedef void (*MusterdAccountChanged) (uid_t uid, gpointer data);

/* `group` nullable. `nss` is copied; its functions and `data` may be used until a look-up that hangs has ended. */
MusterdAccounts *musterd_accounts_new  (GMainContext *context, const char *group, const MusterdNss *nss);
/* Waits for no look-up. Nobody waits any more: musterd_accounts_abandon(). */
void             musterd_accounts_free (MusterdAccounts *accounts);
/* A kept account is not what it was, or has not been confirmed for too long. `func` nullable. */
void             musterd_accounts_set_changed (MusterdAccounts *accounts, MusterdAccountChanged func, gpointer data);

/* TRUE: something is worth waiting for, and `known` is called once, later. FALSE: musterd_accounts_get() now says all
 * that can be said. */
gboolean              musterd_accounts_await (MusterdAccounts *accounts, uid_t uid, MusterdAccountKnown known,
                                              gpointer data);
/* Good until anything else is called. NULL with MUSTERD_ERROR_UNAVAILABLE: the look-up has not ended, or failed. */
const MusterdAccount *musterd_accounts_get   (MusterdAccounts *accounts, uid_t uid, GError **error);

/* While somebody is kept, their account is looked up again and again, though nobody asks. Each is let go once. */
void musterd_accounts_keep   (MusterdAccounts *accounts, uid_t uid);
void musterd_accounts_let_go (MusterdAccounts *accounts, uid_t uid);
/* Those that are kept; by itself every MUSTERD_ACCOUNTS_RENEW_SECONDS. */
void musterd_accounts_renew  (MusterdAccounts *accounts);

/* Nobody waits any longer: all that do are called now, and from now on nobody is told to wait. */
void musterd_accounts_abandon (MusterdAccounts *accounts);

G_END_DECLS
