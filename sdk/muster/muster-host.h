/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other side of muster-plugin.h: what a host of plugins uses (musterd, muster-inspect, the fake host of
 * sdk/testing). Not for plugins, not installed, no stability promised: it changes together with the library. */
#pragma once

#include "muster/muster-plugin.h"

G_BEGIN_DECLS

/* In the version node MUSTER_PRIVATE of the library: whoever uses one of these depends on exactly this version. */
#ifndef MUSTER_HOST_API
#define MUSTER_HOST_API extern __attribute__ ((visibility ("default")))
#endif

/* Bounds that the library enforces before a message leaves the plugin. A call outside them is refused with a warning
 * in the instance's log (at most ten a minute, the others are counted) and sends nothing: the state of before stands.
 * Texts that only explain something to an administrator (of HEALTH, USER_STATE, NOTE, ACTION_NEEDED, REPORT, LOG,
 * DELIVERY_COMPLETE and the values of its detail) are made to fit instead, so that what they explain is not lost. */
#define MUSTER_USER_ID_MAX 256
#define MUSTER_KEY_MAX 512
#define MUSTER_SET_MAX 64
#define MUSTER_TEXT_MAX 1024
#define MUSTER_LONG_TEXT_MAX 4096
#define MUSTER_LINK_MAX 2048
#define MUSTER_GREETING_MAX (256 * 1024) /* HTML, which the host reduces to text */
#define MUSTER_REPLACE_MAX 10000

#define MUSTER_DAYS_AHEAD 30 /* where the host says nothing else */

typedef enum
{
  MUSTER_VERB_CLAIM_PUT,         /* user, set, claims (one) */
  MUSTER_VERB_CLAIM_DROP,        /* user, key */
  MUSTER_VERB_CLAIMS_REPLACE,    /* user, set, from, until, claims */
  MUSTER_VERB_TELEPHONY,         /* user, key = device, value = MusterTelephony, text = label, from = lease */
  MUSTER_VERB_CLIENT,            /* user, key = client, value = MusterClientState, from = since, until = lease */
  MUSTER_VERB_HEALTH,            /* value = MusterHealth, text */
  MUSTER_VERB_USER_STATE,        /* user, value = MusterUserState, text */
  MUSTER_VERB_NOTE,              /* set = topic, key = subject, text */
  MUSTER_VERB_ACTION_NEEDED,     /* user, key = id, text, url, code */
  MUSTER_VERB_ACTION_DONE,       /* user, key = id */
  MUSTER_VERB_KEEP,              /* user, key, bytes (NULL: forget), value = MusterDurability, serial (0: no answer) */
  MUSTER_VERB_SECRET_GET,        /* key = name, serial */
  MUSTER_VERB_SECRET_PUT,        /* key = name, text = secret, serial */
  MUSTER_VERB_DELIVERY_COMPLETE, /* serial = delivery, value = MusterDeliveryResult, text, detail */
  MUSTER_VERB_REPORT,            /* serial = report, value = MusterReportResult, key = subject, text */
  MUSTER_VERB_REPORT_DONE,       /* serial = report */
  MUSTER_VERB_STOPPED,
  MUSTER_VERB_CLOSED,
  MUSTER_VERB_DRAINED,
  MUSTER_VERB_LOG                /* value = MusterLogLevel, text */
} MusterVerb;

/* One verb on its way from the plugin to the core: a deep copy, owned by whoever holds it. */
typedef struct
{
  MusterVerb   verb;
  char        *user, *set, *key, *text, *url, *code; /* nullable */
  gint64       from, until;
  guint        value;
  guint64      serial;
  GBytes      *bytes;    /* nullable */
  char       **detail;   /* nullable; name, value, …, NULL */
  MusterClaim *claims;   /* n_claims, each with the library's own sizeof as struct_size, strings owned */
  gsize        n_claims;
  gsize        size;     /* about how many bytes this holds, for the host's bounds */
} MusterMessage;

/* Wipes the text of SECRET_PUT. */
MUSTER_HOST_API void muster_message_free (MusterMessage *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterMessage, muster_message_free)

typedef struct
{
  /* Any thread, also several at once, with no lock of the library held. Takes the message. May block the caller while
   * the host's queue is full (that is the back-pressure), and drops it once the instance is closed. */
  void   (*send) (gpointer data, MusterMessage *message);
  gint64 (*now)  (gpointer data); /* any thread */
  /* Any thread. A source (transfer full) that dispatches once now() >= at, without a callback and not attached: the
   * library does both. */
  GSource *(*timer) (gpointer data, gint64 at);
} MusterBackend;

/* `thread` is the instance's context (a reference is taken): timers and answers are dispatched there. `data` must
 * outlive the last reference. A plugin holds no references of its own and may still answer deliveries after `close`:
 * the host keeps one for as long as the module is mapped, that is, for good. */
MUSTER_HOST_API MusterContext *muster_context_new (const char *instance, GMainContext *thread,
                                                   const MusterBackend *backend, gpointer data);
MUSTER_HOST_API MusterContext *muster_context_ref (MusterContext *ctx);
MUSTER_HOST_API void muster_context_unref (MusterContext *ctx);
/* From now on every verb is ignored and no callback is called any more; timers still armed are ended. Any thread; on
 * another than the instance's a callback may be running still. */
MUSTER_HOST_API void muster_context_close (MusterContext *ctx);
/* Before start: one option with its value (nullable) checked and in canonical text, or a table. */
MUSTER_HOST_API void muster_context_set_option (MusterContext *ctx, const char *name, MusterOptionType type,
                                                const char *value);
MUSTER_HOST_API void muster_context_set_table (MusterContext *ctx, const char *name, MusterTable *table);
/* On the instance's thread: the answer to KEEP, SECRET_GET or SECRET_PUT of that serial; calls the callback. `secret`
 * stays the host's, to be wiped. A serial that nobody waits for any more is ignored. */
MUSTER_HOST_API void muster_context_answer (MusterContext *ctx, guint64 serial, const char *secret,
                                            const GError *error);

/* rows: n_rows × columns cells, row by row, in canonical text; NULL cells take the column's default; copies. */
MUSTER_HOST_API MusterTable *muster_table_new (const MusterColumn *columns, gsize column_size, gsize n_columns,
                                               const char *const *cells, gsize n_rows);
MUSTER_HOST_API MusterTable *muster_table_ref (MusterTable *table);
MUSTER_HOST_API void muster_table_unref (MusterTable *table);

typedef struct
{
  const char *id, *name, *email, *zone, *language; /* all but id nullable */
  const char *numbers[4];  /* by MusterNumber; nullable */
  GHashTable *attributes;  /* nullable; name → value: this plugin's only; referenced */
  guint       days_ahead;  /* 0: MUSTER_DAYS_AHEAD */
} MusterUserData;

MUSTER_HOST_API MusterUser *muster_user_new (const MusterUserData *data);
/* Before anybody else sees the user. */
MUSTER_HOST_API void muster_user_set_option (MusterUser *user, const char *name, MusterOptionType type,
                                             const char *value);
MUSTER_HOST_API void muster_user_set_table (MusterUser *user, const char *name, MusterTable *table);

typedef struct
{
  MusterStatus        status;
  const char         *text, *template_name, *template_role, *kind; /* nullable */
  MusterForwardAction forward_action;
  MusterForwardScope  forward_scope;
  const char         *forward_number; /* nullable */
  MusterTelephony     telephony;
  const char         *telephony_label; /* nullable */
  MusterReach         reach;
  gint64              since, until, next_free; /* until, next_free: G_MAXINT64 = not known */
  const char         *greetings[2];            /* by MusterGreeting; nullable */
  guint64             revision;
} MusterDesiredData;

/* Copies only what `needs` names. */
MUSTER_HOST_API MusterDesired *muster_desired_new (const MusterDesiredData *data, guint64 needs);

/* `serial` names the report in REPORT and REPORT_DONE; ends with muster_report_done(). */
MUSTER_HOST_API MusterReport *muster_report_new (MusterContext *ctx, guint64 serial);

/* The one place where option values are understood: by config for the keyfile, by muster-inspect for the
 * descriptor's own defaults, by the fake host. */

/* Checks `value` (nullable: the default) and returns its canonical text (durations and integers as decimal numbers,
 * booleans "true"/"false"); NULL with MUSTER_ERROR_CONFIG "expected …, got …" otherwise, or NULL without an error
 * where there is neither value nor default. Never repeats what may be a secret. Not for TABLE. */
MUSTER_HOST_API char *muster_option_check (const MusterOption *option, const char *value, GError **error);
/* Default rows, with those of `value` (nullable) laid over by their first column, compared without case; of two rows
 * with the same first column the later one counts. */
MUSTER_HOST_API MusterTable *muster_option_parse_table (const MusterOption *option, const char *value, GError **error);
/* Cuts `text` at `separator`; a backslash takes the next character as it is. Parts are stripped of blanks. */
MUSTER_HOST_API char **muster_option_split (const char *text, char separator);
/* The contrary: parts joined so that they split again. */
MUSTER_HOST_API char *muster_option_join (const char *const *parts, char separator);
/* Walks a table of options by its stride. */
MUSTER_HOST_API const MusterOption *muster_option_nth (const MusterOption *options, gsize option_size, gsize i);
MUSTER_HOST_API const MusterColumn *muster_column_nth (const MusterOption *option, gsize i);
/* "string", "table", …; NULL for a value unknown here. */
MUSTER_HOST_API const char *muster_option_type_to_string (MusterOptionType type);
/* As it would stand in a keyfile: "90s", "12h". */
MUSTER_HOST_API char *muster_duration_to_string (gint64 duration);
/* NULL when the descriptor is whole and this host can run it; otherwise the reason, for people. */
MUSTER_HOST_API char *muster_descriptor_check (const MusterPluginDescriptor *descriptor);

/* True when the table's own struct_size covers the member and it is set. */
#define MUSTER_OPS_HAS(ops, member)                                                                        \
  ((ops) != NULL                                                                                           \
   && (ops)->struct_size >= G_STRUCT_OFFSET (__typeof__ (*(ops)), member) + sizeof ((ops)->member)         \
   && (ops)->member != NULL)

G_END_DECLS
