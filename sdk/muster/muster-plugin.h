/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION: the plugin interface of Muster, API level 1
 *
 * A plugin is a shared object that exports one function, muster_plugin_1_query(), written by MUSTER_PLUGIN_DEFINE().
 * It returns a descriptor with up to two tables: a *source* makes claims about users, a *sink* makes an outside system
 * follow their presence. The host runs each configured instance on a thread of its own, whose thread-default
 * #GMainContext is the instance's: every callback of the tables arrives there, and only there. The functions
 * `muster_context_…` may be called from any thread and never call back before they return.
 *
 * Structs that the plugin fills in begin with their size, or have a stride; objects that the host hands out are
 * opaque. Both can grow without a new ABI. Everything that passes is a message: no pointers, file descriptors, objects
 * or main-loop handles of one side reach the other.
 *
 * A call whose arguments are out of bounds sends nothing: the state of before stands, and one warning in the instance's
 * log names the function and the reason. Names (users, keys, sets) are UTF-8 without control characters. Control
 * characters in texts become spaces. Texts that only explain something to an administrator (of health, user states,
 * notes, actions, reports, deliveries and the log) are made to fit instead of being refused. Once the instance has
 * ended, every call is ignored.
 *
 * Strings and arrays that the functions are handed are copied; those that they return belong to the object they were
 * asked of, unless said otherwise.
 *
 * A plugin never exits the process and never touches what belongs to all of it: log writer, locale, signals, umask,
 * environment, the default main context. It may use GObject inside, but registers no type that other plugins might.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * MUSTER_PLUGIN_ABI:
 *
 * Changes when binaries of before cannot work any more; also in the names of the symbol, the library and the plugin
 * directory.
 *
 * Since: API level 1
 */
#define MUSTER_PLUGIN_ABI 1u
/**
 * MUSTER_API_LEVEL:
 *
 * Grows with every compatible addition. A host accepts each level up to its own.
 *
 * Since: API level 1
 */
#define MUSTER_API_LEVEL 1u
/**
 * MUSTER_API_LEVEL_USED:
 *
 * The level that a plugin was written for. Define it before the #include to keep loading on older hosts.
 *
 * Since: API level 1
 */
#ifndef MUSTER_API_LEVEL_USED
#define MUSTER_API_LEVEL_USED MUSTER_API_LEVEL
#endif

/**
 * MUSTER_API:
 *
 * Marks what leaves a shared object: the functions of this library, and the one that a plugin exports.
 *
 * Since: API level 1
 */
#ifndef MUSTER_API
#define MUSTER_API extern __attribute__ ((visibility ("default")))
#endif

/* Times are microseconds since 1970, UTC, by the host's clock; durations are microseconds. */
/**
 * MUSTER_NOW:
 *
 * As a claim's `from`: the moment at which the host takes it in. Putting it again while it is in force keeps the
 * first moment.
 *
 * Since: API level 1
 */
#define MUSTER_NOW G_GINT64_CONSTANT (0)
/**
 * MUSTER_OPEN_ENDED:
 *
 * As a claim's `until`: the end is not known. Of the kinds dnd, sharing, call and microphone such a claim lives by
 * its lease.
 *
 * Since: API level 1
 */
#define MUSTER_OPEN_ENDED G_MAXINT64

typedef struct _MusterContext MusterContext; /* the instance, opaque */
typedef struct _MusterUser    MusterUser;    /* a person, opaque, immutable, ref-counted */
typedef struct _MusterDesired MusterDesired; /* what a sink should show, opaque, immutable, ref-counted */
typedef struct _MusterTable   MusterTable;   /* the value of a table option, opaque, immutable */
typedef struct _MusterReplace MusterReplace; /* a long claims_replace being built */
typedef struct _MusterTimer   MusterTimer;   /* a timer by the host's clock */
typedef struct _MusterReport  MusterReport;  /* the answer to `test`, being written */

/**
 * MusterDelivery:
 *
 * Names one call of `apply`, to be answered exactly once with muster_context_delivery_complete(). A number, so that it
 * may be kept in a hash table, sent elsewhere and answered from any thread.
 *
 * Since: API level 1
 */
typedef guint64 MusterDelivery;

/* Values of the enumerations are only ever appended. */

/**
 * MusterStatus:
 * @MUSTER_STATUS_NONE: nothing is said
 * @MUSTER_STATUS_AVAILABLE: can be reached
 * @MUSTER_STATUS_BE_RIGHT_BACK: away for a moment
 * @MUSTER_STATUS_BUSY: reached only where it matters
 * @MUSTER_STATUS_DO_NOT_DISTURB: not to be disturbed
 * @MUSTER_STATUS_UNAVAILABLE: cannot be reached
 * @MUSTER_STATUS_LOGGED_OFF: not there, by own choice
 *
 * The six statuses of a presence.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_STATUS_NONE,
  MUSTER_STATUS_AVAILABLE,
  MUSTER_STATUS_BE_RIGHT_BACK,
  MUSTER_STATUS_BUSY,
  MUSTER_STATUS_DO_NOT_DISTURB,
  MUSTER_STATUS_UNAVAILABLE,
  MUSTER_STATUS_LOGGED_OFF
} MusterStatus;

/**
 * MusterClaimKind:
 * @MUSTER_CLAIM_DND: do-not-disturb set in another system
 * @MUSTER_CLAIM_SHARING: sharing a screen
 * @MUSTER_CLAIM_CALL: in a call or meeting of another system
 * @MUSTER_CLAIM_MICROPHONE: a program holds the microphone
 * @MUSTER_CLAIM_ABSENCE: automatic replies, or an entry shown as out of office
 * @MUSTER_CLAIM_APPOINTMENT: a calendar entry
 *
 * Strongest first. The first four are *leased*: they lapse unless put again within their lease.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_CLAIM_DND,
  MUSTER_CLAIM_SHARING,
  MUSTER_CLAIM_CALL,
  MUSTER_CLAIM_MICROPHONE,
  MUSTER_CLAIM_ABSENCE,
  MUSTER_CLAIM_APPOINTMENT
} MusterClaimKind;

/**
 * MusterFreeBusy:
 * @MUSTER_FREE_BUSY_NONE: nothing is said
 * @MUSTER_FREE_BUSY_FREE: free
 * @MUSTER_FREE_BUSY_ELSEWHERE: working elsewhere
 * @MUSTER_FREE_BUSY_TENTATIVE: tentative
 * @MUSTER_FREE_BUSY_BUSY: busy
 * @MUSTER_FREE_BUSY_OUT_OF_OFFICE: out of office
 *
 * How an entry is shown in the calendar.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_FREE_BUSY_NONE,
  MUSTER_FREE_BUSY_FREE,
  MUSTER_FREE_BUSY_ELSEWHERE,
  MUSTER_FREE_BUSY_TENTATIVE,
  MUSTER_FREE_BUSY_BUSY,
  MUSTER_FREE_BUSY_OUT_OF_OFFICE
} MusterFreeBusy;

/**
 * MusterResponse:
 * @MUSTER_RESPONSE_NONE: no invitation, or nothing is known
 * @MUSTER_RESPONSE_ORGANIZER: the user has invited
 * @MUSTER_RESPONSE_ACCEPTED: accepted
 * @MUSTER_RESPONSE_TENTATIVE: accepted tentatively
 * @MUSTER_RESPONSE_DECLINED: declined
 * @MUSTER_RESPONSE_UNANSWERED: not answered yet
 *
 * The user's own answer to an invitation.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_RESPONSE_NONE,
  MUSTER_RESPONSE_ORGANIZER,
  MUSTER_RESPONSE_ACCEPTED,
  MUSTER_RESPONSE_TENTATIVE,
  MUSTER_RESPONSE_DECLINED,
  MUSTER_RESPONSE_UNANSWERED
} MusterResponse;

/**
 * MusterTelephony:
 * @MUSTER_TELEPHONY_NONE: nothing can be said (phone offline, line lost); withdraws what the device said before
 * @MUSTER_TELEPHONY_IDLE: no call
 * @MUSTER_TELEPHONY_RINGING: a call comes in and is not answered yet
 * @MUSTER_TELEPHONY_ON_THE_PHONE: in a call
 *
 * What one device of a user does. The core merges the devices.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_TELEPHONY_NONE,
  MUSTER_TELEPHONY_IDLE,
  MUSTER_TELEPHONY_RINGING,
  MUSTER_TELEPHONY_ON_THE_PHONE
} MusterTelephony;

/**
 * MusterClientState:
 * @MUSTER_CLIENT_NONE: never passed by a plugin
 * @MUSTER_CLIENT_ACTIVE: in use
 * @MUSTER_CLIENT_IDLE: on, without input; after how long that counts is the user's setting, see muster_context_client()
 * @MUSTER_CLIENT_LOCKED: the screen is locked
 * @MUSTER_CLIENT_ENDED: logged out or shut down
 *
 * What a user's desktop or app does.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_CLIENT_NONE,
  MUSTER_CLIENT_ACTIVE,
  MUSTER_CLIENT_IDLE,
  MUSTER_CLIENT_LOCKED,
  MUSTER_CLIENT_ENDED
} MusterClientState;

/**
 * MusterHealth:
 * @MUSTER_HEALTH_ONLINE: works, and everything true has been said. At its first ONLINE after a start the core drops
 *   the leased claims, clients and telephony of this instance that were not put again since.
 * @MUSTER_HEALTH_DEGRADED: works in part
 * @MUSTER_HEALTH_OFFLINE: cannot be reached; users with calendar claims of this instance are shown as stale
 *
 * How an instance is.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_HEALTH_ONLINE,
  MUSTER_HEALTH_DEGRADED,
  MUSTER_HEALTH_OFFLINE
} MusterHealth;

/**
 * MusterUserState:
 * @MUSTER_USER_OK: everything works for this user
 * @MUSTER_USER_DEGRADED: works in part, or not at the moment
 * @MUSTER_USER_NOT_HERE: this system does not know the user (another instance may)
 * @MUSTER_USER_SIGN_IN: a person must sign in first; see muster_context_action_needed()
 *
 * How one user of an instance is.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_USER_OK,
  MUSTER_USER_DEGRADED,
  MUSTER_USER_NOT_HERE,
  MUSTER_USER_SIGN_IN
} MusterUserState;

/**
 * MusterDeliveryResult:
 * @MUSTER_DELIVERY_APPLIED: the outside system shows it
 * @MUSTER_DELIVERY_UNREACHABLE: not now; the host tries again (1 s, doubling to 60 s, with jitter)
 * @MUSTER_DELIVERY_REFUSED: never like this; the host waits until something changes
 * @MUSTER_DELIVERY_LEFT_TO_PERSON: somebody changed it by hand and the plugin leaves it so
 *
 * What became of one delivery.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_DELIVERY_APPLIED,
  MUSTER_DELIVERY_UNREACHABLE,
  MUSTER_DELIVERY_REFUSED,
  MUSTER_DELIVERY_LEFT_TO_PERSON
} MusterDeliveryResult;

/**
 * MusterForwardAction:
 * @MUSTER_FORWARD_DO_NOT_CHANGE: nobody speaks: end the episode, restore what was found
 * @MUSTER_FORWARD_OFF: no forwarding
 * @MUSTER_FORWARD_DO_NOT_DISTURB: the phone does not ring
 * @MUSTER_FORWARD_TO: to a number; see muster_desired_get_forward_number()
 *
 * What happens with calls to the user.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_FORWARD_DO_NOT_CHANGE,
  MUSTER_FORWARD_OFF,
  MUSTER_FORWARD_DO_NOT_DISTURB,
  MUSTER_FORWARD_TO
} MusterForwardAction;

/**
 * MusterForwardScope:
 * @MUSTER_SCOPE_ALL: all calls
 * @MUSTER_SCOPE_INTERNAL: calls from within the company
 * @MUSTER_SCOPE_EXTERNAL: calls from outside
 *
 * Which calls a forwarding is for.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_SCOPE_ALL,
  MUSTER_SCOPE_INTERNAL,
  MUSTER_SCOPE_EXTERNAL
} MusterForwardScope;

/**
 * MusterReach:
 * @MUSTER_REACH_FREE: can be reached
 * @MUSTER_REACH_ON_THE_PHONE: on the phone, ringing included
 * @MUSTER_REACH_BUSY: busy, or not to be disturbed
 * @MUSTER_REACH_AWAY: away or unavailable
 * @MUSTER_REACH_OFF: logged off
 *
 * Status and telephony in one word, for lamps and lists.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_REACH_FREE,
  MUSTER_REACH_ON_THE_PHONE,
  MUSTER_REACH_BUSY,
  MUSTER_REACH_AWAY,
  MUSTER_REACH_OFF
} MusterReach;

/**
 * MusterNumber:
 * @MUSTER_NUMBER_EXTENSION: the extension of the phone system
 * @MUSTER_NUMBER_HOME: at home
 * @MUSTER_NUMBER_MOBILE: mobile
 * @MUSTER_NUMBER_VOICEMAIL: the voice box
 *
 * The numbers of a user.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_NUMBER_EXTENSION,
  MUSTER_NUMBER_HOME,
  MUSTER_NUMBER_MOBILE,
  MUSTER_NUMBER_VOICEMAIL
} MusterNumber;

/**
 * MusterGreeting:
 * @MUSTER_GREETING_INTERNAL: for colleagues
 * @MUSTER_GREETING_EXTERNAL: for everybody else
 *
 * Which greeting of an absence.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_GREETING_INTERNAL,
  MUSTER_GREETING_EXTERNAL
} MusterGreeting;

/**
 * MusterDurability:
 * @MUSTER_LAZY: written behind; a crash may lose the last second (watermarks, sync states)
 * @MUSTER_DURABLE: on disk before the callback is called
 *
 * How safely a record is kept.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_LAZY,
  MUSTER_DURABLE
} MusterDurability;

/**
 * MusterLogLevel:
 * @MUSTER_LOG_DEBUG: for developers
 * @MUSTER_LOG_INFO: shown with --verbose
 * @MUSTER_LOG_MESSAGE: a change of state, once
 * @MUSTER_LOG_WARNING: an administrator should act
 *
 * For whom a line of the log is.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_LOG_DEBUG,
  MUSTER_LOG_INFO,
  MUSTER_LOG_MESSAGE,
  MUSTER_LOG_WARNING
} MusterLogLevel;

/**
 * MusterKinds:
 * @MUSTER_KINDS_DND: %MUSTER_CLAIM_DND
 * @MUSTER_KINDS_SHARING: %MUSTER_CLAIM_SHARING
 * @MUSTER_KINDS_CALL: %MUSTER_CLAIM_CALL
 * @MUSTER_KINDS_MICROPHONE: %MUSTER_CLAIM_MICROPHONE
 * @MUSTER_KINDS_ABSENCE: %MUSTER_CLAIM_ABSENCE
 * @MUSTER_KINDS_APPOINTMENT: %MUSTER_CLAIM_APPOINTMENT
 *
 * Which kinds of claims a source makes. One that names appointments is a calendar source: where a user's settings name
 * calendar sources in order, exactly one of them has the user.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_KINDS_DND = 1 << MUSTER_CLAIM_DND,
  MUSTER_KINDS_SHARING = 1 << MUSTER_CLAIM_SHARING,
  MUSTER_KINDS_CALL = 1 << MUSTER_CLAIM_CALL,
  MUSTER_KINDS_MICROPHONE = 1 << MUSTER_CLAIM_MICROPHONE,
  MUSTER_KINDS_ABSENCE = 1 << MUSTER_CLAIM_ABSENCE,
  MUSTER_KINDS_APPOINTMENT = 1 << MUSTER_CLAIM_APPOINTMENT
} MusterKinds;

/**
 * MusterNeeds:
 * @MUSTER_NEEDS_STATUS: the status
 * @MUSTER_NEEDS_TEXT: the text, as the relation of the instance's option `View` may see it
 * @MUSTER_NEEDS_TEMPLATE: name and role of the template
 * @MUSTER_NEEDS_KIND: where the presence comes from
 * @MUSTER_NEEDS_FORWARDING: action, scope and number
 * @MUSTER_NEEDS_TELEPHONY: the telephony state
 * @MUSTER_NEEDS_LABEL: what or whom the user is on the phone with
 * @MUSTER_NEEDS_REACH: status and telephony in one word
 * @MUSTER_NEEDS_TIMES: since, until and next free
 * @MUSTER_NEEDS_GREETING: both greetings of an absence
 *
 * What a sink is handed of a presence. It gets nothing else, and is not called when only other things change.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_NEEDS_STATUS = 1 << 0,
  MUSTER_NEEDS_TEXT = 1 << 1,
  MUSTER_NEEDS_TEMPLATE = 1 << 2,
  MUSTER_NEEDS_KIND = 1 << 3,
  MUSTER_NEEDS_FORWARDING = 1 << 4,
  MUSTER_NEEDS_TELEPHONY = 1 << 5,
  MUSTER_NEEDS_LABEL = 1 << 6,
  MUSTER_NEEDS_REACH = 1 << 7,
  MUSTER_NEEDS_TIMES = 1 << 8,
  MUSTER_NEEDS_GREETING = 1 << 9
} MusterNeeds;

/**
 * MusterOptionType:
 * @MUSTER_OPTION_STRING: any text on one line
 * @MUSTER_OPTION_BOOLEAN: `true` or `false`
 * @MUSTER_OPTION_INTEGER: a number between `min` and `max`
 * @MUSTER_OPTION_DURATION: `500ms`, `30s`, `5min`, `12h`, `7d`; delivered in microseconds
 * @MUSTER_OPTION_PATH: an absolute path
 * @MUSTER_OPTION_URL: an absolute http or https URL without user or password
 * @MUSTER_OPTION_SECRET: `secret:NAME`, never the secret; see muster_context_secret_get()
 * @MUSTER_OPTION_CHOICE: one of `choices`
 * @MUSTER_OPTION_LIST: words, separated by `;`; a backslash takes the next character as it is
 * @MUSTER_OPTION_TABLE: rows separated by `;`, columns by `|`, with backslashes as in lists; a row replaces the
 *   default row with the same first column (compared without case), any other is added; a column left empty takes its
 *   default
 *
 * What may stand in an option. Blanks at both ends are never part of a value.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_OPTION_STRING,
  MUSTER_OPTION_BOOLEAN,
  MUSTER_OPTION_INTEGER,
  MUSTER_OPTION_DURATION,
  MUSTER_OPTION_PATH,
  MUSTER_OPTION_URL,
  MUSTER_OPTION_SECRET,
  MUSTER_OPTION_CHOICE,
  MUSTER_OPTION_LIST,
  MUSTER_OPTION_TABLE
} MusterOptionType;

/**
 * MusterOptionFlags:
 * @MUSTER_OPTION_REQUIRED: the keyfile must name it: an instance without it does not start
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_OPTION_REQUIRED = 1 << 0
} MusterOptionFlags;

/**
 * MusterColumn:
 * @name: the column's name, of `a-z`, `0-9` and `-`
 * @type: STRING, BOOLEAN, INTEGER, DURATION, PATH or URL
 * @default_value: (nullable): for rows that leave it out
 * @doc: one line for administrators
 *
 * One column of a table option. Tables of columns have a stride, so that this struct may grow.
 *
 * Since: API level 1
 */
typedef struct
{
  const char      *name;
  MusterOptionType type;
  const char      *default_value;
  const char      *doc;
} MusterColumn;

/**
 * MusterOption:
 * @name: the key in the keyfile, of `a-z`, `0-9` and `-`; `enabled`, `isolation`, `users`, `view` and `hostgroup` are
 *   the host's own
 * @type: what may stand there
 * @default_value: (nullable): as it would stand in the keyfile
 * @doc: one line for administrators, without a full stop
 * @flags: #MusterOptionFlags
 * @min: (for INTEGER and DURATION, the latter in µs) lowest value; with @max both 0: unbounded
 * @choices: (nullable): for CHOICE, separated by `|`
 * @columns: (nullable): for TABLE, @n_columns columns, the first of them the key
 * @column_size: the stride of @columns; MUSTER_COLUMNS() fills it in
 * @n_columns: how many columns
 *
 * One option of a plugin, as data: checked, documented and completed by the host.
 *
 * Since: API level 1
 */
typedef struct
{
  const char         *name;
  MusterOptionType    type;
  const char         *default_value;
  const char         *doc;
  guint32             flags;
  gint64              min, max;
  const char         *choices;
  const MusterColumn *columns;
  gsize               column_size, n_columns; /* column_size is the stride */
} MusterOption;

/**
 * MusterClaim:
 * @struct_size: sizeof (MusterClaim); also the stride of an array
 * @key: unique within instance and user, at most 512 bytes of UTF-8; putting the same key again replaces
 * @kind: what sort of claim it is
 * @from: the start, or %MUSTER_NOW
 * @until: the end, after @from, or %MUSTER_OPEN_ENDED
 * @lease: for leased kinds, how long it holds without being put again; 0 or more than 12 h: 12 h
 * @free_busy: how the entry is shown in the calendar
 * @response: the user's own answer to the invitation
 * @template_role: (nullable): role or name of the template to take ("ms-teams"); unknown ones fall back to the
 *   standard template
 * @text: (nullable): subject, program or label; cut to 1024 bytes, and mended where it is not UTF-8. The host throws
 *   the subject of a private entry away before anything else sees it
 * @link: (nullable): URL under which the user can open the entry; left out where it has more than 2048 bytes
 * @greeting_internal: (nullable): absence greeting for colleagues; may have several lines. Plain text, or HTML as
 *   mail servers have it, of which the first 256 KiB are read: the host makes plain text of it (paragraphs, line
 *   breaks, list items and rows of tables are lines, links are their text) and cuts that to 4096 bytes
 * @greeting_external: (nullable): absence greeting for everybody else, likewise
 * @categories: (nullable): the entry's categories, separated by `;`: judged by the calendar rules, never stored
 * @n_attendees: how many others are invited: judged by the calendar rules, never stored
 * @all_day: an entry of whole days; @from and @until are those days in the user's zone
 * @cancelled: the organiser has cancelled it
 * @is_private: marked private or confidential by the user
 *
 * What a source says of a user for a span of time. Send every entry, also free, declined and cancelled ones: what
 * counts is decided by the core and can be explained then.
 *
 * Since: API level 1
 */
typedef struct
{
  gsize           struct_size;
  const char     *key;
  MusterClaimKind kind;
  gint64          from, until;
  gint64          lease;
  MusterFreeBusy  free_busy;
  MusterResponse  response;
  const char     *template_role;
  const char     *text;
  const char     *link;
  const char     *greeting_internal;
  const char     *greeting_external;
  const char     *categories;
  guint32         n_attendees;
  gboolean        all_day;
  gboolean        cancelled;
  gboolean        is_private;
} MusterClaim;

/**
 * MusterSourceOps:
 * @struct_size: sizeof (MusterSourceOps): how many members the host may look at
 * @kinds: #MusterKinds: the claims it makes; others are refused then. 0 = not said: claims of any kind are taken, but
 *   it is no calendar source
 * @start: begin; returns the instance's own data, passed as `self` to everything else, or %NULL with an error of
 *   %MUSTER_ERROR. Must not block: connect asynchronously and report muster_context_health().
 * @kept: (nullable): one record of muster_context_keep() from before, handed back after @start and before @users
 * @users: (nullable): users of this instance were added or changed, or removed. The first calls after @start list
 *   all of them; the last of those has @complete set, later ones too
 * @sync: (nullable): "force now": send what is true, of one user or (%NULL) of all
 * @action_answer: (nullable): a person answered muster_context_action_needed()
 * @test: (nullable): try the outside system and report, writing nothing there; ends with muster_report_done()
 * @stop: end; free `self` and call muster_context_stopped() when all is done, at the latest at @deadline
 *
 * The operations of a source; append-only. @start and @stop are mandatory.
 *
 * Since: API level 1
 */
typedef struct
{
  gsize    struct_size;
  guint64  kinds;
  gpointer (*start) (MusterContext *ctx, GError **error);
  void     (*kept) (gpointer self, const char *user, const char *key, GBytes *value);
  void     (*users) (gpointer self, MusterUser *const *changed, gsize n_changed, const char *const *removed,
                     gsize n_removed, gboolean complete);
  void     (*sync) (gpointer self, const char *user);
  void     (*action_answer) (gpointer self, const char *user, const char *id, const char *answer);
  void     (*test) (gpointer self, MusterUser *user, MusterReport *report);
  void     (*stop) (gpointer self, gint64 deadline);
} MusterSourceOps;

/**
 * MusterSinkOps:
 * @struct_size: sizeof (MusterSinkOps): how many members the host may look at
 * @needs: #MusterNeeds: what of a presence this sink is handed
 * @max_in_flight: how many users' @apply may be unanswered at once; 0 = 1
 * @deadline: µs from hand-over after which the host counts an @apply as unreachable; 0 = 30 s
 * @open: (nullable): like `start` of a source. In a plugin that is also a source it may be %NULL: then the sink works
 *   on the source's `self`, and @close is not called
 * @apply: make the outside system show @desired, and answer @delivery exactly once, now or later, also after @close.
 *   Calls for one user never overlap, but for one that was not answered by its @deadline
 * @kept: (nullable): as in #MusterSourceOps
 * @users: (nullable): as in #MusterSourceOps
 * @action_answer: (nullable): as in #MusterSourceOps
 * @test: (nullable): as in #MusterSourceOps
 * @drain: (nullable): give everything back (restore each phone) and call muster_context_drained()
 * @close: end; free `self` and call muster_context_closed(). Restores nothing
 *
 * The operations of a sink; append-only. @apply is mandatory, and @open and @close unless the plugin is a source as
 * well. The members named as in #MusterSourceOps mean the same; in a plugin with both tables they are called once, in
 * the source's table if it has them.
 *
 * Since: API level 1
 */
typedef struct
{
  gsize    struct_size;
  guint64  needs;
  guint32  max_in_flight;
  gint64   deadline;
  gpointer (*open) (MusterContext *ctx, GError **error);
  void     (*kept) (gpointer self, const char *user, const char *key, GBytes *value);
  void     (*users) (gpointer self, MusterUser *const *changed, gsize n_changed, const char *const *removed,
                     gsize n_removed, gboolean complete);
  void     (*apply) (gpointer self, MusterUser *user, MusterDesired *desired, MusterDelivery delivery);
  void     (*action_answer) (gpointer self, const char *user, const char *id, const char *answer);
  void     (*test) (gpointer self, MusterUser *user, MusterReport *report);
  void     (*drain) (gpointer self);
  void     (*close) (gpointer self, gint64 deadline);
} MusterSinkOps;

/**
 * MusterPluginDescriptor:
 * @struct_size: filled in by MUSTER_PLUGIN_DEFINE()
 * @abi: filled in by MUSTER_PLUGIN_DEFINE()
 * @api_level: filled in by MUSTER_PLUGIN_DEFINE()
 * @id: lower-case letters, digits and `-`; the file is `ID.so`, the keyfile group `[ID]` or `[ID:instance]`
 * @version: the plugin's own version
 * @license: an SPDX expression
 * @summary: one line on what it does, without a full stop
 * @option_size: the stride of @options; MUSTER_OPTIONS() fills it in
 * @n_options: how many options
 * @options: (nullable): what may stand in an instance's keyfile group
 * @user_option_size: the stride of @user_options; MUSTER_USER_OPTIONS() fills it in
 * @n_user_options: how many user options
 * @user_options: (nullable): settings per location, group and user, which the core layers, checks, documents and
 *   delivers with the user; the keyfile group may set them for the whole instance
 * @source: (nullable): the plugin is a source
 * @sink: (nullable): the plugin is a sink
 *
 * What a plugin is, as plain data: nothing has to run to learn it. At least one of @source and @sink is set.
 *
 * Since: API level 1
 */
typedef struct
{
  gsize                  struct_size;
  guint32                abi, api_level;
  const char            *id, *version, *license, *summary;
  gsize                  option_size, n_options; /* option_size is the stride: MusterOption may grow */
  const MusterOption    *options;
  gsize                  user_option_size, n_user_options;
  const MusterOption    *user_options;
  const MusterSourceOps *source; /* nullable */
  const MusterSinkOps   *sink;   /* nullable */
} MusterPluginDescriptor;

/**
 * MUSTER_OPTIONS:
 * @table: an array of #MusterOption
 *
 * Within MUSTER_PLUGIN_DEFINE(): the instance's options.
 *
 * Since: API level 1
 */
#define MUSTER_OPTIONS(table) .option_size = sizeof (table)[0], .n_options = G_N_ELEMENTS (table), .options = (table)
/**
 * MUSTER_USER_OPTIONS:
 * @table: an array of #MusterOption
 *
 * Within MUSTER_PLUGIN_DEFINE(): the settings per location, group and user.
 *
 * Since: API level 1
 */
#define MUSTER_USER_OPTIONS(table) \
  .user_option_size = sizeof (table)[0], .n_user_options = G_N_ELEMENTS (table), .user_options = (table)
/**
 * MUSTER_COLUMNS:
 * @table: an array of #MusterColumn
 *
 * Within a #MusterOption of type TABLE: its columns.
 *
 * Since: API level 1
 */
#define MUSTER_COLUMNS(table) .columns = (table), .column_size = sizeof (table)[0], .n_columns = G_N_ELEMENTS (table)

/**
 * MUSTER_PLUGIN_DEFINE:
 * @...: designated initialisers of #MusterPluginDescriptor
 *
 * Writes the one symbol that a plugin exports. A function and not data, since dlsym() guarantees only functions.
 *
 * Since: API level 1
 */
#define MUSTER_PLUGIN_DEFINE(...)                                                        \
  MUSTER_API const MusterPluginDescriptor *muster_plugin_1_query (void);                 \
  const MusterPluginDescriptor *muster_plugin_1_query (void)                             \
  {                                                                                      \
    static const MusterPluginDescriptor descriptor                                       \
        = { .struct_size = sizeof (MusterPluginDescriptor), .abi = MUSTER_PLUGIN_ABI,    \
            .api_level = MUSTER_API_LEVEL_USED, __VA_ARGS__ };                           \
    return &descriptor;                                                                  \
  }

/**
 * MusterError:
 * @MUSTER_ERROR_NOT_SUPPORTED: what it needs is not on this machine; not tried again
 * @MUSTER_ERROR_CONFIG: the options are wrong; not tried again until they change
 * @MUSTER_ERROR_AUTH: the sign-in was refused
 * @MUSTER_ERROR_UNREACHABLE: no connection; tried again
 * @MUSTER_ERROR_PROTOCOL: the other side answers what it must not
 * @MUSTER_ERROR_NOT_FOUND: no such secret or record
 * @MUSTER_ERROR_LOCKED: the key ring that holds the secret is locked
 * @MUSTER_ERROR_FAILED: anything else; tried again
 *
 * Why something did not work, and whether trying again helps.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_ERROR_NOT_SUPPORTED,
  MUSTER_ERROR_CONFIG,
  MUSTER_ERROR_AUTH,
  MUSTER_ERROR_UNREACHABLE,
  MUSTER_ERROR_PROTOCOL,
  MUSTER_ERROR_NOT_FOUND,
  MUSTER_ERROR_LOCKED,
  MUSTER_ERROR_FAILED
} MusterError;

/**
 * MUSTER_ERROR:
 *
 * The domain of #MusterError.
 *
 * Since: API level 1
 */
#define MUSTER_ERROR (muster_error_quark ())
/**
 * muster_error_quark:
 *
 * Returns: the quark behind %MUSTER_ERROR
 * Since: API level 1
 */
MUSTER_API GQuark muster_error_quark (void);

/* The instance and its options. Options are fixed while an instance lives: a change restarts it. The values have been
 * checked against the plugin's table before `start`, with its defaults filled in. */

/**
 * muster_context_get_instance:
 * @ctx: the instance
 *
 * Returns: the name of the keyfile group, `ID` or `ID:instance`
 * Since: API level 1
 */
MUSTER_API const char *muster_context_get_instance (MusterContext *ctx);
/**
 * muster_context_get_string:
 * @ctx: the instance
 * @option: name of an option of any type but LIST and TABLE
 *
 * The text of an option: of STRING, PATH, URL and CHOICE as one expects it, of SECRET `secret:NAME` (pass it to
 * muster_context_secret_get()), of numbers in decimal digits, of durations in microseconds.
 *
 * Returns: (nullable): the value; %NULL where there is neither value nor default
 * Since: API level 1
 */
MUSTER_API const char *muster_context_get_string (MusterContext *ctx, const char *option);
/**
 * muster_context_get_boolean:
 * @ctx: the instance
 * @option: name of a BOOLEAN option
 *
 * Returns: the value; %FALSE where there is neither value nor default
 * Since: API level 1
 */
MUSTER_API gboolean muster_context_get_boolean (MusterContext *ctx, const char *option);
/**
 * muster_context_get_integer:
 * @ctx: the instance
 * @option: name of an INTEGER option
 *
 * Returns: the value; 0 where there is neither value nor default
 * Since: API level 1
 */
MUSTER_API gint64 muster_context_get_integer (MusterContext *ctx, const char *option);
/**
 * muster_context_get_duration:
 * @ctx: the instance
 * @option: name of a DURATION option
 *
 * Returns: the value in microseconds; 0 where there is neither value nor default
 * Since: API level 1
 */
MUSTER_API gint64 muster_context_get_duration (MusterContext *ctx, const char *option);
/**
 * muster_context_get_list:
 * @ctx: the instance
 * @option: name of a LIST option
 *
 * Returns: (nullable) (array zero-terminated=1): the words; %NULL where there is neither value nor default
 * Since: API level 1
 */
MUSTER_API const char *const *muster_context_get_list (MusterContext *ctx, const char *option);
/**
 * muster_context_get_table:
 * @ctx: the instance
 * @option: name of a TABLE option
 *
 * Returns: (nullable) (transfer none): the rows, valid as long as the instance; %NULL where there is neither value nor
 *   default
 * Since: API level 1
 */
MUSTER_API MusterTable *muster_context_get_table (MusterContext *ctx, const char *option);

/**
 * muster_table_get_n_rows:
 * @table: (nullable): a table
 *
 * Returns: the number of rows, default rows included; 0 for %NULL
 * Since: API level 1
 */
MUSTER_API gsize muster_table_get_n_rows (MusterTable *table);
/**
 * muster_table_get_string:
 * @table: (nullable): a table
 * @row: from 0
 * @column: name of a column
 *
 * Returns: (nullable): the text of the cell; %NULL where it is empty and its column has no default, or where there is
 *   no such row or column
 * Since: API level 1
 */
MUSTER_API const char *muster_table_get_string (MusterTable *table, gsize row, const char *column);
/**
 * muster_table_get_boolean:
 * @table: (nullable): a table
 * @row: from 0
 * @column: name of a BOOLEAN column
 *
 * Returns: the value of the cell; %FALSE where muster_table_get_string() is %NULL
 * Since: API level 1
 */
MUSTER_API gboolean muster_table_get_boolean (MusterTable *table, gsize row, const char *column);
/**
 * muster_table_get_integer:
 * @table: (nullable): a table
 * @row: from 0
 * @column: name of an INTEGER or DURATION column
 *
 * Returns: the value of the cell, durations in microseconds; 0 where muster_table_get_string() is %NULL
 * Since: API level 1
 */
MUSTER_API gint64 muster_table_get_integer (MusterTable *table, gsize row, const char *column);

/* Claims. */

/**
 * muster_context_claim_put:
 * @ctx: the instance
 * @user: id of a user of this instance
 * @set: the set the claim belongs to ("calendar", "oof", …), at most 64 bytes
 * @claim: what is claimed
 *
 * Says or renews one claim. A claim of the same key of this instance and user is replaced, whatever its set.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_claim_put (MusterContext *ctx, const char *user, const char *set,
                                          const MusterClaim *claim);
/**
 * muster_context_claim_drop:
 * @ctx: the instance
 * @user: id of a user of this instance
 * @key: the claim's key
 *
 * Takes one claim back. One that is not there is no error.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_claim_drop (MusterContext *ctx, const char *user, const char *key);
/**
 * muster_context_claims_replace:
 * @ctx: the instance
 * @user: id of a user of this instance
 * @set: the set that is replaced
 * @from: begin of the window; %G_MININT64 for everything before
 * @until: end of the window, after @from; %G_MAXINT64 for everything after
 * @claims: (nullable) (array length=n_claims): what is true in the window; its first struct_size is the stride
 * @n_claims: 0 to 10,000
 *
 * Replaces exactly this instance's claims of @set that touch [@from, @until) by @claims, at once. The verb for every
 * doubt: send what is true, and the core works out the difference. One claim out of bounds refuses all of them.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_claims_replace (MusterContext *ctx, const char *user, const char *set, gint64 from,
                                               gint64 until, const MusterClaim *claims, gsize n_claims);
/**
 * muster_context_replace_begin:
 * @ctx: the instance
 * @user: id of a user of this instance
 * @set: the set that is replaced
 * @from: as in muster_context_claims_replace()
 * @until: as in muster_context_claims_replace()
 *
 * Begins a muster_context_claims_replace() whose claims come in parts, for instance page by page. One thread at a time
 * may work on it. Nothing takes effect before muster_replace_commit().
 *
 * Returns: (transfer full): to be ended with muster_replace_commit() or muster_replace_abort()
 * Since: API level 1
 */
MUSTER_API MusterReplace *muster_context_replace_begin (MusterContext *ctx, const char *user, const char *set,
                                                        gint64 from, gint64 until);
/**
 * muster_replace_add:
 * @replace: what was begun
 * @claims: (array length=n_claims): more of what is true; its first struct_size is the stride
 * @n_claims: how many; at most 10,000 in all parts together
 *
 * Adds a part. A claim out of bounds, or one too many, refuses the whole: the commit will send nothing.
 *
 * Since: API level 1
 */
MUSTER_API void muster_replace_add (MusterReplace *replace, const MusterClaim *claims, gsize n_claims);
/**
 * muster_replace_commit:
 * @replace: (transfer full): what was begun
 *
 * Lets all parts take effect at once.
 *
 * Since: API level 1
 */
MUSTER_API void muster_replace_commit (MusterReplace *replace);
/**
 * muster_replace_abort:
 * @replace: (transfer full) (nullable): what was begun
 *
 * Forgets all parts; nothing has changed.
 *
 * Since: API level 1
 */
MUSTER_API void muster_replace_abort (MusterReplace *replace);

/* Telephony and clients. */

/**
 * muster_context_telephony:
 * @ctx: the instance
 * @user: id of a user of this instance
 * @device: which device of the user speaks; unique within instance and user, at most 512 bytes
 * @state: what it does
 * @label: (nullable): what or whom the user is on the phone with, at most 1024 bytes
 * @lease: µs for which this holds without being said again; 0 or more than 12 h: 12 h
 *
 * Says what a phone does. It never changes status or forwarding by itself.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_telephony (MusterContext *ctx, const char *user, const char *device,
                                          MusterTelephony state, const char *label, gint64 lease);
/**
 * muster_context_client:
 * @ctx: the instance
 * @user: id of a user of this instance
 * @client: which desktop or app; unique within instance and user, at most 512 bytes
 * @state: any but %MUSTER_CLIENT_NONE
 * @since: %MUSTER_CLIENT_ACTIVE: since when; %MUSTER_CLIENT_IDLE and %MUSTER_CLIENT_LOCKED: the last input;
 *   %MUSTER_NOW: now, or as said before where the state goes on
 * @lease: µs for which this holds without being said again; 0 or more than 12 h: 12 h
 *
 * Says what a desktop or app of the user does. Say %MUSTER_CLIENT_IDLE early, after a minute without input, with the
 * moment of the last input: the daemon knows after how many minutes this user counts as idle, and until then takes the
 * client for active. Input in between is a new %MUSTER_CLIENT_ACTIVE.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_client (MusterContext *ctx, const char *user, const char *client,
                                       MusterClientState state, gint64 since, gint64 lease);

/* What administrators see. Its texts are cut at 1024 bytes, those of the log at 4096. */

/**
 * muster_context_health:
 * @ctx: the instance
 * @health: how it is
 * @text: (nullable): why, in the form "what was attempted: what happened"
 *
 * Says how the instance is. An instance is *starting* until it first says so.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_health (MusterContext *ctx, MusterHealth health, const char *text);
/**
 * muster_context_user_state:
 * @ctx: the instance
 * @user: id of a user of this instance
 * @state: how it is for that user
 * @text: (nullable): why
 *
 * Says how the instance is for one user. %MUSTER_USER_NOT_HERE lets another instance take the user;
 * say it only where the system has answered that it does not know the user.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_user_state (MusterContext *ctx, const char *user, MusterUserState state,
                                           const char *text);
/**
 * muster_context_note:
 * @ctx: the instance
 * @topic: the list it belongs to ("unknown-programs"), at most 64 bytes
 * @subject: what was seen, at most 512 bytes
 * @text: (nullable): more about it
 *
 * Lists something seen that an administrator may want to know. The same subject again counts, it does not repeat.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_note (MusterContext *ctx, const char *topic, const char *subject, const char *text);
/**
 * muster_context_action_needed:
 * @ctx: the instance
 * @user: (nullable): id of the user who must act; %NULL: an administrator
 * @id: names the action within instance and user, at most 512 bytes; the same again replaces
 * @text: what to do
 * @url: (nullable): an absolute http or https URL to open, without user and password
 * @code: (nullable): what to enter there, at most 512 bytes
 *
 * Asks a person for something that only a person can do, a sign-in for instance. The answer, where one is given,
 * arrives at `action_answer`.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_action_needed (MusterContext *ctx, const char *user, const char *id, const char *text,
                                              const char *url, const char *code);
/**
 * muster_context_action_done:
 * @ctx: the instance
 * @user: (nullable): as it was asked
 * @id: as it was asked
 *
 * Nobody has to act any more.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_action_done (MusterContext *ctx, const char *user, const char *id);
/**
 * muster_context_log:
 * @ctx: the instance
 * @level: for whom
 * @format: a printf() format
 * @...: its arguments
 *
 * Writes a line to the log under the instance's name. Never a secret, the subject of an appointment or the text of a
 * presence.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_log (MusterContext *ctx, MusterLogLevel level, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* Records and secrets. Callbacks come on the instance's thread, once and never from inside the call, also when the
 * call was refused; and none comes any more once muster_context_stopped() or muster_context_closed() was called,
 * whichever is first. */

/**
 * MusterKeepCallback:
 * @error: (nullable): %NULL: kept as asked
 * @user_data: as passed with the call
 *
 * Since: API level 1
 */
typedef void (*MusterKeepCallback) (const GError *error, gpointer user_data);
/**
 * MusterSecretCallback:
 * @secret: (nullable): the secret, only valid during the call, or %NULL with @error
 * @error: (nullable): %MUSTER_ERROR_NOT_FOUND, %MUSTER_ERROR_LOCKED or another one of %MUSTER_ERROR
 * @user_data: as passed with the call
 *
 * Since: API level 1
 */
typedef void (*MusterSecretCallback) (const char *secret, const GError *error, gpointer user_data);

/**
 * MUSTER_RECORD_MAX:
 *
 * The most bytes of a record's value.
 *
 * Since: API level 1
 */
#define MUSTER_RECORD_MAX 4096
/**
 * MUSTER_SECRET_MAX:
 *
 * The most bytes of a secret.
 *
 * Since: API level 1
 */
#define MUSTER_SECRET_MAX 16384

/**
 * muster_context_keep:
 * @ctx: the instance
 * @user: (nullable): id of the user the record is about; such records end with the user
 * @key: names the record within instance and user, at most 512 bytes
 * @value: (nullable): at most %MUSTER_RECORD_MAX bytes; %NULL forgets the record
 * @durability: how safely
 * @callback: (nullable): called once it is kept, or with what went wrong
 * @user_data: for @callback
 *
 * Keeps a record beyond the end of the instance and of the daemon. At the next start all of them are handed to `kept`.
 * Calls for one record take effect in their order.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_keep (MusterContext *ctx, const char *user, const char *key, GBytes *value,
                                     MusterDurability durability, MusterKeepCallback callback, gpointer user_data);
/**
 * muster_context_secret_get:
 * @ctx: the instance
 * @name: the secret's name, with or without `secret:` before it, so that the value of a SECRET option can be passed
 * @callback: called with the secret or with what went wrong
 * @user_data: for @callback
 *
 * Asks for a secret. It may take a while: a key ring may ask its owner.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_secret_get (MusterContext *ctx, const char *name, MusterSecretCallback callback,
                                           gpointer user_data);
/**
 * muster_context_secret_put:
 * @ctx: the instance
 * @name: the secret's name, with or without `secret:` before it
 * @secret: 1 to %MUSTER_SECRET_MAX bytes of UTF-8
 * @callback: (nullable): called once it is on disk, or with what went wrong
 * @user_data: for @callback
 *
 * Stores a secret durably, for instance a refresh token before the access token that came with it is used.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_secret_put (MusterContext *ctx, const char *name, const char *secret,
                                           MusterKeepCallback callback, gpointer user_data);

/* Time, by the host's clock. */

/**
 * MusterTimerFunc:
 * @user_data: as passed to muster_context_timer_add()
 *
 * Since: API level 1
 */
typedef void (*MusterTimerFunc) (gpointer user_data);

/**
 * muster_context_now:
 * @ctx: the instance
 *
 * Returns: the time by the host's clock, in µs since 1970, UTC. Never use another one: tests move this clock
 * Since: API level 1
 */
MUSTER_API gint64 muster_context_now (MusterContext *ctx);
/**
 * muster_context_timer_add:
 * @ctx: the instance
 * @at: when; at once, but not before this function returns, if that has passed
 * @callback: called once, on the instance's thread
 * @user_data: for @callback
 *
 * Calls back at a moment of the host's clock. A timer that should repeat is added again in its callback.
 *
 * Returns: (transfer full): to be freed with muster_timer_free(), also after it was due
 * Since: API level 1
 */
MUSTER_API MusterTimer *muster_context_timer_add (MusterContext *ctx, gint64 at, MusterTimerFunc callback,
                                                  gpointer user_data);
/**
 * muster_timer_free:
 * @timer: (transfer full) (nullable): a timer, due or not; may be freed in its own callback and after the instance
 *
 * Ends a timer. On the instance's thread its callback is not called any more from here on; on another one it may be
 * running still.
 *
 * Since: API level 1
 */
MUSTER_API void muster_timer_free (MusterTimer *timer);

/* Answers to the operations. */

/**
 * muster_context_stopped:
 * @ctx: the instance
 *
 * The answer to `stop`: all is done and freed.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_stopped (MusterContext *ctx);
/**
 * muster_context_closed:
 * @ctx: the instance
 *
 * The answer to `close`: all is done and freed.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_closed (MusterContext *ctx);
/**
 * muster_context_drained:
 * @ctx: the instance
 *
 * The answer to `drain`: whatever this sink had changed outside stands again as it was found.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_drained (MusterContext *ctx);
/**
 * muster_context_delivery_complete:
 * @ctx: the instance
 * @delivery: as handed to `apply`
 * @result: what became of it
 * @text: (nullable): why, for anything but %MUSTER_DELIVERY_APPLIED; cut at 1024 bytes
 * @detail: (nullable) (array zero-terminated=1): name, value, name, value, …, %NULL: what `why` shows about this user
 *   and sink; at most 32 names of at most 64 bytes, values are cut at 1024
 *
 * The answer to `apply`, exactly once for each. A second one is ignored and noted in the log.
 *
 * Since: API level 1
 */
MUSTER_API void muster_context_delivery_complete (MusterContext *ctx, MusterDelivery delivery,
                                                  MusterDeliveryResult result, const char *text,
                                                  const char *const *detail);

/**
 * MusterReportResult:
 * @MUSTER_REPORT_OK: works
 * @MUSTER_REPORT_NOTE: worth knowing
 * @MUSTER_REPORT_PROBLEM: does not work
 *
 * What one line of a report says.
 *
 * Since: API level 1
 */
typedef enum
{
  MUSTER_REPORT_OK,
  MUSTER_REPORT_NOTE,
  MUSTER_REPORT_PROBLEM
} MusterReportResult;

/**
 * muster_report_add:
 * @report: as handed to `test`
 * @result: what the line says
 * @subject: what was tried ("sign-in"), at most 512 bytes
 * @format: a printf() format
 * @...: its arguments
 *
 * Adds a line to the answer to `test`. Shown at once.
 *
 * Since: API level 1
 */
MUSTER_API void muster_report_add (MusterReport *report, MusterReportResult result, const char *subject,
                                   const char *format, ...) G_GNUC_PRINTF (4, 5);
/**
 * muster_report_done:
 * @report: (transfer full): as handed to `test`
 *
 * Ends the answer to `test` and frees @report. Every report is ended exactly once.
 *
 * Since: API level 1
 */
MUSTER_API void muster_report_done (MusterReport *report);

/* Users. A user never changes: when anything about a person does, a new one is handed to `users`. */

/**
 * muster_user_ref:
 * @user: a user
 *
 * Returns: (transfer full): @user
 * Since: API level 1
 */
MUSTER_API MusterUser *muster_user_ref (MusterUser *user);
/**
 * muster_user_unref:
 * @user: (transfer full): a user
 *
 * Since: API level 1
 */
MUSTER_API void muster_user_unref (MusterUser *user);
/**
 * muster_user_get_id:
 * @user: a user
 *
 * Returns: the id, which all verbs take
 * Since: API level 1
 */
MUSTER_API const char *muster_user_get_id (MusterUser *user);
/**
 * muster_user_get_name:
 * @user: a user
 *
 * Returns: (nullable): the person's name
 * Since: API level 1
 */
MUSTER_API const char *muster_user_get_name (MusterUser *user);
/**
 * muster_user_get_email:
 * @user: a user
 *
 * Returns: (nullable): the e-mail address
 * Since: API level 1
 */
MUSTER_API const char *muster_user_get_email (MusterUser *user);
/**
 * muster_user_get_zone:
 * @user: a user
 *
 * Returns: (nullable): the time zone, as in "Europe/Berlin"
 * Since: API level 1
 */
MUSTER_API const char *muster_user_get_zone (MusterUser *user);
/**
 * muster_user_get_language:
 * @user: a user
 *
 * Returns: (nullable): the language, as in "de"
 * Since: API level 1
 */
MUSTER_API const char *muster_user_get_language (MusterUser *user);
/**
 * muster_user_get_days_ahead:
 * @user: a user
 *
 * A calendar source sends what touches the time from now to so many days ahead, and the day that is on in the user's
 * zone from its beginning.
 *
 * Returns: for how many days their appointments are wanted, at least 1
 * Since: API level 1
 */
MUSTER_API guint32 muster_user_get_days_ahead (MusterUser *user);
/**
 * muster_user_get_number:
 * @user: a user
 * @number: which one
 *
 * Returns: (nullable): the phone number
 * Since: API level 1
 */
MUSTER_API const char *muster_user_get_number (MusterUser *user, MusterNumber number);
/**
 * muster_user_get_attribute:
 * @user: a user
 * @name: name of an attribute that an administrator gave the user for this plugin
 *
 * Returns: (nullable): its value
 * Since: API level 1
 */
MUSTER_API const char *muster_user_get_attribute (MusterUser *user, const char *name);
/**
 * muster_user_get_string:
 * @user: a user
 * @option: name of a user option of any type but LIST and TABLE
 *
 * Returns: (nullable): as muster_context_get_string(), of the setting that holds for this user
 * Since: API level 1
 */
MUSTER_API const char *muster_user_get_string (MusterUser *user, const char *option);
/**
 * muster_user_get_boolean:
 * @user: a user
 * @option: name of a BOOLEAN user option
 *
 * Returns: as muster_context_get_boolean(), of the setting that holds for this user
 * Since: API level 1
 */
MUSTER_API gboolean muster_user_get_boolean (MusterUser *user, const char *option);
/**
 * muster_user_get_integer:
 * @user: a user
 * @option: name of an INTEGER user option
 *
 * Returns: as muster_context_get_integer(), of the setting that holds for this user
 * Since: API level 1
 */
MUSTER_API gint64 muster_user_get_integer (MusterUser *user, const char *option);
/**
 * muster_user_get_duration:
 * @user: a user
 * @option: name of a DURATION user option
 *
 * Returns: as muster_context_get_duration(), of the setting that holds for this user
 * Since: API level 1
 */
MUSTER_API gint64 muster_user_get_duration (MusterUser *user, const char *option);
/**
 * muster_user_get_list:
 * @user: a user
 * @option: name of a LIST user option
 *
 * Returns: (nullable) (array zero-terminated=1): as muster_context_get_list(), of the setting that holds for this user
 * Since: API level 1
 */
MUSTER_API const char *const *muster_user_get_list (MusterUser *user, const char *option);
/**
 * muster_user_get_table:
 * @user: a user
 * @option: name of a TABLE user option
 *
 * Returns: (nullable) (transfer none): the rows that hold for this user, valid as long as @user
 * Since: API level 1
 */
MUSTER_API MusterTable *muster_user_get_table (MusterUser *user, const char *option);

/* What a sink should show. Members it did not declare in its `needs` are NONE (for the enumerations without NONE: their
 * first value), 0 or NULL. */

/**
 * muster_desired_ref:
 * @desired: what to show
 *
 * Returns: (transfer full): @desired
 * Since: API level 1
 */
MUSTER_API MusterDesired *muster_desired_ref (MusterDesired *desired);
/**
 * muster_desired_unref:
 * @desired: (transfer full): what to show
 *
 * Since: API level 1
 */
MUSTER_API void muster_desired_unref (MusterDesired *desired);
/**
 * muster_desired_get_status:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_STATUS.
 *
 * Returns: the status
 * Since: API level 1
 */
MUSTER_API MusterStatus muster_desired_get_status (MusterDesired *desired);
/**
 * muster_desired_get_text:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_TEXT.
 *
 * Returns: (nullable): the text; %NULL where there is none or the instance's `View` may not see it
 * Since: API level 1
 */
MUSTER_API const char *muster_desired_get_text (MusterDesired *desired);
/**
 * muster_desired_get_template_name:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_TEMPLATE.
 *
 * Returns: (nullable): the template's name, under the same rule as the text
 * Since: API level 1
 */
MUSTER_API const char *muster_desired_get_template_name (MusterDesired *desired);
/**
 * muster_desired_get_template_role:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_TEMPLATE.
 *
 * Returns: (nullable): the stable id of a template with a reserved name ("out-of-office")
 * Since: API level 1
 */
MUSTER_API const char *muster_desired_get_template_role (MusterDesired *desired);
/**
 * muster_desired_get_kind:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_KIND.
 *
 * Returns: (nullable): where the presence comes from: `choice`, `client`, or the kind of a claim (`microphone`)
 * Since: API level 1
 */
MUSTER_API const char *muster_desired_get_kind (MusterDesired *desired);
/**
 * muster_desired_get_forward_action:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_FORWARDING.
 *
 * Returns: what happens with calls
 * Since: API level 1
 */
MUSTER_API MusterForwardAction muster_desired_get_forward_action (MusterDesired *desired);
/**
 * muster_desired_get_forward_scope:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_FORWARDING.
 *
 * Returns: with which calls
 * Since: API level 1
 */
MUSTER_API MusterForwardScope muster_desired_get_forward_scope (MusterDesired *desired);
/**
 * muster_desired_get_forward_number:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_FORWARDING.
 *
 * Returns: (nullable): the number for %MUSTER_FORWARD_TO, resolved; %NULL for the other actions
 * Since: API level 1
 */
MUSTER_API const char *muster_desired_get_forward_number (MusterDesired *desired);
/**
 * muster_desired_get_telephony:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_TELEPHONY.
 *
 * Returns: the telephony state, merged from all devices
 * Since: API level 1
 */
MUSTER_API MusterTelephony muster_desired_get_telephony (MusterDesired *desired);
/**
 * muster_desired_get_telephony_label:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_LABEL.
 *
 * Returns: (nullable): what or whom the user is on the phone with, under the same rule as the text
 * Since: API level 1
 */
MUSTER_API const char *muster_desired_get_telephony_label (MusterDesired *desired);
/**
 * muster_desired_get_reach:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_REACH.
 *
 * Returns: status and telephony in one word
 * Since: API level 1
 */
MUSTER_API MusterReach muster_desired_get_reach (MusterDesired *desired);
/**
 * muster_desired_get_since:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_TIMES.
 *
 * Returns: when status or template last changed, in µs since 1970, UTC
 * Since: API level 1
 */
MUSTER_API gint64 muster_desired_get_since (MusterDesired *desired);
/**
 * muster_desired_get_until:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_TIMES.
 *
 * Returns: when the presence next changes by what is known; %G_MAXINT64: nothing is known
 * Since: API level 1
 */
MUSTER_API gint64 muster_desired_get_until (MusterDesired *desired);
/**
 * muster_desired_get_next_free:
 * @desired: what to show
 *
 * Needs %MUSTER_NEEDS_TIMES.
 *
 * Returns: the next moment with status available; %G_MAXINT64: nothing is known
 * Since: API level 1
 */
MUSTER_API gint64 muster_desired_get_next_free (MusterDesired *desired);
/**
 * muster_desired_get_greeting:
 * @desired: what to show
 * @which: for whom
 *
 * Needs %MUSTER_NEEDS_GREETING.
 *
 * Returns: (nullable): the greeting of an absence, plain text
 * Since: API level 1
 */
MUSTER_API const char *muster_desired_get_greeting (MusterDesired *desired, MusterGreeting which);
/**
 * muster_desired_get_revision:
 * @desired: what to show
 *
 * Returns: the revision of the presence; grows with every change
 * Since: API level 1
 */
MUSTER_API guint64 muster_desired_get_revision (MusterDesired *desired);

/* The names of the values as they stand in JSON ("do-not-disturb"), so that each plugin need not have its own. */

/**
 * muster_status_to_string:
 * @status: a status
 *
 * Returns: (nullable): its name; %NULL for a value unknown here
 * Since: API level 1
 */
MUSTER_API const char *muster_status_to_string (MusterStatus status);
/**
 * muster_telephony_to_string:
 * @telephony: a telephony state
 *
 * Returns: (nullable): its name; %NULL for a value unknown here
 * Since: API level 1
 */
MUSTER_API const char *muster_telephony_to_string (MusterTelephony telephony);
/**
 * muster_reach_to_string:
 * @reach: a reach
 *
 * Returns: (nullable): its name; %NULL for a value unknown here
 * Since: API level 1
 */
MUSTER_API const char *muster_reach_to_string (MusterReach reach);
/**
 * muster_forward_action_to_string:
 * @action: a forwarding action
 *
 * Returns: (nullable): its name; %NULL for a value unknown here
 * Since: API level 1
 */
MUSTER_API const char *muster_forward_action_to_string (MusterForwardAction action);
/**
 * muster_forward_scope_to_string:
 * @scope: a forwarding scope
 *
 * Returns: (nullable): its name; %NULL for a value unknown here
 * Since: API level 1
 */
MUSTER_API const char *muster_forward_scope_to_string (MusterForwardScope scope);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterUser, muster_user_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterDesired, muster_desired_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterReplace, muster_replace_abort)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterTimer, muster_timer_free)

G_END_DECLS
