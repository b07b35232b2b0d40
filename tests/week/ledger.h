/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of the ledger a second time: what becomes of what sources and people say, from the words of the design and
 * as plainly as possible, so that the engine can be compared with an independent reading. It shares the words of the
 * model with the engine, and no code: what is in force is the business of the naive twin of resolution. */
#pragma once

#include "house.h"
#include "naive.h"

G_BEGIN_DECLS

typedef enum
{
  SOURCE_EWS,
  SOURCE_GRAPH,
  SOURCE_NOTES,
  SOURCE_TEAMS,
  SOURCE_MICSYNC,
  SOURCE_PBX,
  SOURCE_ACTIVITY,
  N_SOURCES
} LedgerSource;

extern const char *const ledger_sources[N_SOURCES];

typedef struct
{
  gboolean     exists;
  gboolean     own_template;
  MusterdFacts facts; /* while they exist */
  gboolean     spoken[N_SOURCES];   /* the source has said something of them since the daemon's start, or left it */
  MusterdTime  troubled[N_SOURCES]; /* since; NEVER */
  /* What was shown last, for `since`. */
  MusterdStatus status; /* NONE: nothing yet */
  const char   *template_name; /* interned by GLib, nullable */
  MusterdTime   since;
} LedgerUser;

typedef struct
{
  const House     *house; /* not owned */
  gboolean         later; /* the house has changed its mind */
  LedgerUser      *users;
  guint            n_users;
  struct
  {
    guint32     run;
    gboolean    online_in_run;
    gboolean    speaks_of_calendars;
    MusterdTime lost; /* since; NEVER */
  } sources[N_SOURCES];
} Ledger;

Ledger *ledger_new  (const House *house, guint n_users);
void    ledger_free (Ledger *ledger);

/* Each at a moment; time never goes back. Of users who do not exist nothing is kept. */
void ledger_add_user      (Ledger *ledger, guint user, MusterdUser *data, MusterdTime now); /* or has new data */
void ledger_remove_user   (Ledger *ledger, guint user);
void ledger_add_template  (Ledger *ledger, guint user, MusterdTime now); /* of their own */
void ledger_change_house  (Ledger *ledger, MusterdTime now);
/* What holds for a user who exists; not owned. */
MusterdSettings *ledger_settings (const Ledger *ledger, guint user);
/* As the engine is given it: `from` may be MUSTERD_CLAIM_NOW, a lease or `since` 0. */
void ledger_put           (Ledger *ledger, guint user, const MusterdClaim *said, MusterdTime now);
void ledger_drop          (Ledger *ledger, guint user, LedgerSource source, const char *key, MusterdTime now);
void ledger_replace       (Ledger *ledger, guint user, LedgerSource source, const char *set, MusterdTime from,
                           MusterdTime until, GPtrArray *said, MusterdTime now);
void ledger_client        (Ledger *ledger, guint user, LedgerSource source, const char *id, MusterdClientState state,
                           MusterdTime since, gint64 lease, MusterdTime now);
void ledger_telephony     (Ledger *ledger, guint user, LedgerSource source, const char *id, MusterdTelephony state,
                           const char *label, gint64 lease, MusterdTime now);
/* `tmpl` nullable: then `status` alone. */
void ledger_choose        (Ledger *ledger, guint user, const char *tmpl, MusterdStatus status, const char *text,
                           MusterdTime until, MusterdTime now);
void ledger_automatic     (Ledger *ledger, guint user, MusterdTime now);
void ledger_ignore        (Ledger *ledger, guint user, const MusterdClaim *claim, MusterdTime now);
void ledger_user_state    (Ledger *ledger, guint user, LedgerSource source, gboolean ok, MusterdTime now);
void ledger_source_begin  (Ledger *ledger, LedgerSource source);
void ledger_source_online (Ledger *ledger, LedgerSource source, MusterdTime now);
void ledger_source_lost   (Ledger *ledger, LedgerSource source, MusterdTime now);
/* The daemon was stopped at one moment and started at another. */
void ledger_restart       (Ledger *ledger, MusterdTime stopped, MusterdTime started);

/* What of the user's facts is over at that moment is taken out. */
void             ledger_prune    (Ledger *ledger, guint user, MusterdTime now);
/* The presence at that moment, `since` and `stale` included; keeps in mind what it was. */
MusterdPresence *ledger_presence (Ledger *ledger, guint user, MusterdTime now);
/* The first moment after this one at which anything known of the user begins or ends; NEVER. */
MusterdTime      ledger_boundary (Ledger *ledger, guint user, MusterdTime now);

G_END_DECLS
