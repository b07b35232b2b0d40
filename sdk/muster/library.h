/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of libmuster-plugin-1 share with each other and with nobody else. */
#pragma once

#include "muster/muster-host.h"

G_BEGIN_DECLS

/* Structs with a size or a stride: the size at API level 1 is the least there can be; the most is a bound against
 * nonsense. A level that appends a member keeps the least as the offset of that member. */
#define MUSTER_CLAIM_SIZE_1 sizeof (MusterClaim)
#define MUSTER_OPTION_SIZE_1 sizeof (MusterOption)
#define MUSTER_COLUMN_SIZE_1 sizeof (MusterColumn)
#define MUSTER_SOURCE_OPS_SIZE_1 sizeof (MusterSourceOps)
#define MUSTER_SINK_OPS_SIZE_1 sizeof (MusterSinkOps)
#define MUSTER_DESCRIPTOR_SIZE_1 sizeof (MusterPluginDescriptor)
#define MUSTER_STRUCT_SIZE_MAX 4096

#define MUSTER_OPTIONS_MAX 256
#define MUSTER_COLUMNS_MAX 32
#define MUSTER_TABLE_ROWS_MAX 2000
#define MUSTER_OPTION_VALUE_MAX (256 * 1024)
#define MUSTER_OPTION_NAME_MAX 64
#define MUSTER_SECRET_NAME_MAX 128
#define MUSTER_DETAIL_MAX 32     /* name and value pairs of a delivery's detail */
#define MUSTER_PENDING_MAX 10000 /* answers an instance may wait for at once */

/* text.c */

/* A copy with control characters replaced by spaces; `lines` keeps line feeds. `text` is valid UTF-8, nullable. */
char    *muster_text_clean (const char *text, gboolean lines);
/* For texts that must not get lost because of their form: made valid, cleaned and cut to `max` bytes. Nullable. */
char    *muster_text_fit   (const char *text, gsize max);
/* The same with line ends kept. */
char    *muster_text_fit_lines (const char *text, gsize max);
gboolean muster_text_has_control (const char *text);

/* value.c: one option's value, as delivered. */

typedef struct
{
  MusterOptionType type;
  char            *text;   /* nullable; canonical */
  char           **list;   /* nullable */
  MusterTable     *table;  /* nullable */
} MusterValue;

MusterValue *muster_value_new_text  (MusterOptionType type, const char *text);
MusterValue *muster_value_new_table (MusterTable *table);
void         muster_value_free      (MusterValue *value);
gint64       muster_value_number    (const MusterValue *value); /* 0 where it is none */
GHashTable  *muster_values_new      (void);                     /* name → MusterValue */

/* option.c */

gboolean muster_secret_name_is_valid (const char *name);

/* check.c: arguments of verbs. Each check returns TRUE when all is well and else refuses the call. */

typedef struct
{
  MusterContext *ctx;
  const char    *verb;  /* the function's name */
  gssize         claim; /* which claim of several; -1: none */
} MusterCheck;

#define MUSTER_CHECK(ctx) { (ctx), G_STRFUNC, -1 }

/* One warning in the instance's log, at most ten a minute. */
void     muster_refuse           (const MusterCheck *check, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Not empty, at most `max` bytes of UTF-8 without control characters. */
gboolean muster_check_id         (const MusterCheck *check, const char *what, const char *value, gsize max);
gboolean muster_check_id_or_null (const MusterCheck *check, const char *what, const char *value, gsize max);
/* `value` nullable; at most `max` bytes of UTF-8. */
gboolean muster_check_text       (const MusterCheck *check, const char *what, const char *value, gsize max);
gboolean muster_check_enum       (const MusterCheck *check, const char *what, guint value, guint last);
gboolean muster_check_span       (const MusterCheck *check, gint64 from, gint64 until);
gboolean muster_check_lease      (const MusterCheck *check, gint64 lease);

/* claim.c */

/* Checks `n` claims by the stride of the first and appends deep copies to `out` (of MusterClaim). On a violation
 * the call is refused and `out` is as before. */
gboolean muster_claims_copy (const MusterCheck *check, const MusterClaim *claims, gsize n, GArray *out);
GArray  *muster_claims_new  (void); /* frees what its claims own */
void     muster_claim_clear (MusterClaim *claim);
gsize    muster_claim_bytes (const MusterClaim *claim);

/* message.c */

MusterMessage *muster_message_new (MusterVerb verb);

/* context.c */

/* Takes the message; drops it once the context is closed. */
void     muster_context_send      (MusterContext *ctx, MusterMessage *message);
gboolean muster_context_is_closed (MusterContext *ctx);

/* context-answers.c: the callbacks that wait for an answer of the host, by serial. */

typedef struct
{
  gboolean             is_secret_get;
  MusterKeepCallback   on_kept;   /* nullable */
  MusterSecretCallback on_secret; /* nullable */
  gpointer             user_data;
} MusterPending;

/* The serial that the message must carry; 0 where no callback wants an answer or the context is closed. FALSE when
 * too many wait already (refused). */
gboolean muster_context_expect (const MusterCheck *check, const MusterPending *pending, guint64 *serial);
/* For a call that was refused: its callback still comes once, later, on the instance's thread. */
void     muster_context_expect_refused (MusterContext *ctx, const MusterPending *pending, const char *message);

struct _MusterContext
{
  gatomicrefcount      refs;
  char                *instance;
  GMainContext        *thread;
  const MusterBackend *backend;
  gpointer             data;
  GHashTable          *values;   /* fixed before start */

  GMutex      mutex;             /* guards what follows; never held while the host or the plugin is called */
  gboolean    closed;
  gboolean    ended;             /* stopped or closed was said: no callback any more */
  guint64     last_serial;
  GHashTable *pending;           /* serial → MusterPending */
  GHashTable *timers;            /* set of armed MusterTimer, not owned */
  gint64      refusals_since;    /* monotonic; begin of the minute being counted */
  guint       n_refusals;        /* in that minute */
};

/* timer.c */

/* Ends all timers of a context that is closed. */
void muster_context_end_timers (MusterContext *ctx);

G_END_DECLS
