/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin says: a handful of verbs, called by way of the library or put together past its checks, taken by the
 * host, kept by an engine under a virtual clock, and explained. Nothing gets in that is out of bounds, and the subject
 * of a private entry nowhere. The input is one byte for each verb, and then its arguments. */
#include <string.h>

#include "fuzz.h"
#include "host/instance.h"

#define T0 (G_GINT64_CONSTANT (1772438400) * MUSTERD_SECOND) /* Monday 2026-03-02 08:00 UTC */
#define CLAIMS_MAX 4    /* of one call */
#define VERBS_MAX 64
#define SECRET "A-SUBJECT-THAT-IS-NOBODYS-BUSINESS"

typedef struct
{
  MusterdHostServices services;
  MusterdHost        *host;
  MusterdInstance    *instance;
  MusterContext      *ctx;
  GMainContext       *thread;
  FuzzBytes           bytes;
  GPtrArray          *texts; /* of the claims that are being made */
} World;

/* Values. */

static gint64
take_time (World *world)
{
  switch (fuzz_below (&world->bytes, 7))
    {
    case 0:
      return MUSTER_NOW;
    case 1:
      return MUSTER_OPEN_ENDED;
    case 2:
      return fuzz_int64 (&world->bytes);
    case 3:
      return fuzz_byte (&world->bytes) % 2 == 0 ? MUSTERD_TIME_FIRST : MUSTERD_TIME_LAST;
    default:
      return T0 + ((gint64) fuzz_byte (&world->bytes) - 128) * MUSTERD_HOUR / 4;
    }
}

static gint64
take_lease (World *world)
{
  const guint8 kind = fuzz_byte (&world->bytes);

  return kind < 4 ? fuzz_int64 (&world->bytes) : kind * MUSTERD_MINUTE;
}

/* Owned by the world. The one text that is looked for comes in by one way only. */
static const char *
take_text (World *world)
{
  char *text = fuzz_text_or_null (&world->bytes);

  if (text != NULL && strstr (text, SECRET) != NULL)
    text[0] = '\0';
  g_ptr_array_add (world->texts, text);
  return text;
}

/* Mostly somebody there is. */
static const char *
take_user (World *world)
{
  static const char *const users[] = { "alice", "bob", "nobody", NULL };
  const guint8 which = fuzz_byte (&world->bytes) % 8;

  if (which < 6)
    return users[MIN (which / 2, 2)];
  return which == 6 ? NULL : take_text (world);
}

static MusterClaim
take_claim (World *world)
{
  MusterClaim claim = {
    .struct_size = sizeof claim,
    .kind = (MusterClaimKind) fuzz_byte (&world->bytes) % 8,
    .from = take_time (world),
    .until = take_time (world),
    .lease = take_lease (world),
    .free_busy = (MusterFreeBusy) fuzz_byte (&world->bytes) % 8,
    .response = (MusterResponse) fuzz_byte (&world->bytes) % 8,
    .key = take_text (world),
  };
  const guint8 flags = fuzz_byte (&world->bytes);

  claim.all_day = (flags & 1) != 0;
  claim.cancelled = (flags & 2) != 0;
  claim.is_private = (flags & 4) != 0;
  if ((flags & 8) != 0)
    claim.template_role = take_text (world);
  if ((flags & 16) != 0)
    claim.link = take_text (world);
  if ((flags & 32) != 0)
    {
      claim.greeting_internal = take_text (world);
      claim.greeting_external = take_text (world);
      claim.categories = take_text (world);
    }
  claim.text = claim.is_private ? SECRET : (flags & 64) != 0 ? take_text (world) : NULL;
  return claim;
}

/* The host's side. */

static void
on_send (gpointer data, MusterMessage *message)
{
  World *world = data;

  g_assert_true (message->text == NULL || g_utf8_validate (message->text, -1, NULL));
  g_assert_cmpuint (message->n_claims, <=, MUSTER_REPLACE_MAX);
  musterd_instance_on_message (world->instance, message);
  muster_message_free (message);
}

static gint64
on_now (gpointer data)
{
  return musterd_clock_now (((World *) data)->services.clock);
}

static const MusterBackend backend = { .send = on_send, .now = on_now };

/* Verbs by way of the library. */

static void
call_verb (World *world, guint verb)
{
  MusterContext *ctx = world->ctx;
  MusterClaim claims[CLAIMS_MAX];
  const char *user = take_user (world);
  guint n_claims = 0;

  switch (verb)
    {
    case 0:
      claims[0] = take_claim (world);
      muster_context_claim_put (ctx, user, take_text (world), &claims[0]);
      break;
    case 1:
      muster_context_claim_drop (ctx, user, take_text (world));
      break;
    case 2:
      n_claims = fuzz_below (&world->bytes, CLAIMS_MAX + 1);
      for (guint i = 0; i < n_claims; i++)
        claims[i] = take_claim (world);
      muster_context_claims_replace (ctx, user, take_text (world), take_time (world), take_time (world), claims,
                                     n_claims);
      break;
    case 3:
      muster_context_telephony (ctx, user, take_text (world), (MusterTelephony) fuzz_byte (&world->bytes) % 6,
                                take_text (world), take_lease (world));
      break;
    case 4:
      muster_context_client (ctx, user, take_text (world), (MusterClientState) fuzz_byte (&world->bytes) % 7,
                             take_time (world), take_lease (world));
      break;
    case 5:
      muster_context_health (ctx, (MusterHealth) fuzz_byte (&world->bytes) % 5, take_text (world));
      break;
    case 6:
      muster_context_user_state (ctx, user, (MusterUserState) fuzz_byte (&world->bytes) % 6, take_text (world));
      break;
    case 7:
      muster_context_note (ctx, take_text (world), take_text (world), take_text (world));
      break;
    case 8:
      muster_context_action_needed (ctx, user, take_text (world), take_text (world), take_text (world),
                                    take_text (world));
      break;
    case 9:
      muster_context_action_done (ctx, user, take_text (world));
      break;
    default:
      muster_context_log (ctx, (MusterLogLevel) fuzz_byte (&world->bytes) % 6, "%s", take_text (world));
      break;
    }
}

/* A message past the library's checks, as a broken one could make it. */
static void
send_message (World *world, guint verb)
{
  static const MusterVerb verbs[] = {
    MUSTER_VERB_CLAIM_PUT,  MUSTER_VERB_CLAIM_DROP, MUSTER_VERB_CLAIMS_REPLACE, MUSTER_VERB_TELEPHONY,
    MUSTER_VERB_CLIENT,     MUSTER_VERB_HEALTH,     MUSTER_VERB_USER_STATE,     MUSTER_VERB_NOTE,
    MUSTER_VERB_ACTION_NEEDED, MUSTER_VERB_ACTION_DONE, MUSTER_VERB_LOG,        MUSTER_VERB_DRAINED,
    MUSTER_VERB_STOPPED,    (MusterVerb) 99,
  };
  MusterClaim claims[CLAIMS_MAX];
  MusterMessage message = { .verb = verbs[verb % G_N_ELEMENTS (verbs)] };

  message.user = (char *) take_user (world);
  message.set = (char *) take_text (world);
  message.key = (char *) take_text (world);
  message.text = (char *) take_text (world);
  message.url = (char *) take_text (world);
  message.from = take_time (world);
  message.until = take_time (world);
  message.value = fuzz_byte (&world->bytes) % 8;
  message.n_claims = fuzz_below (&world->bytes, CLAIMS_MAX + 1);
  message.claims = claims;
  for (guint i = 0; i < message.n_claims; i++)
    claims[i] = take_claim (world);
  musterd_instance_on_message (world->instance, &message);
}

/* What must hold whatever was said. */

static void
check_text (const char *text, gsize max)
{
  if (text == NULL)
    return;
  g_assert_cmpuint (strlen (text), <=, max);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_null (strstr (text, SECRET));
}

static void
check_claim (const MusterdClaim *claim)
{
  g_assert_cmpuint (claim->kind, <, MUSTERD_N_CLAIM_KINDS);
  g_assert_cmpuint (claim->free_busy, <, MUSTERD_N_FREE_BUSY);
  g_assert_cmpuint (claim->response, <, MUSTERD_N_RESPONSES);
  g_assert_cmpint (claim->from, >=, MUSTERD_TIME_FIRST);
  g_assert_cmpint (claim->from, <, claim->until);
  g_assert_cmpint (claim->lease, >=, 0);
  g_assert_cmpint (claim->lease, <=, MUSTERD_LEASE_MAX);
  g_assert_cmpint (claim->lease > 0, ==, musterd_claim_kind_is_leased ((MusterdClaimKind) claim->kind));
  g_assert_cmpstr (claim->key, !=, "");
  check_text (claim->key, MUSTERD_CLAIM_KEY_MAX);
  check_text (claim->set, MUSTERD_CLAIM_SET_MAX);
  check_text (claim->role, MUSTERD_CLAIM_TEXT_MAX);
  check_text (claim->text, MUSTERD_CLAIM_TEXT_MAX);
  g_assert_true (!claim->is_private || claim->text == NULL);
  g_assert_null (claim->rules); /* no rule asks here, and what is only asked is not kept */
  if (claim->more == NULL)
    return;
  check_text (claim->more->link, MUSTERD_CLAIM_LINK_MAX);
  check_text (claim->more->greeting_internal, MUSTERD_CLAIM_GREETING_MAX);
  check_text (claim->more->greeting_external, MUSTERD_CLAIM_GREETING_MAX);
}

static void
check_user (World *world, const char *id)
{
  MusterdEngine *engine = world->services.engine;
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdWhy) why = musterd_engine_why (engine, id, &error);
  const MusterdPresence *shown = musterd_engine_get_presence (engine, id);

  g_assert_no_error (error);
  g_assert_cmpint (shown->status, >, MUSTERD_STATUS_NONE);
  g_assert_cmpint (shown->status, <, MUSTERD_N_STATUSES);
  check_text (shown->text, MUSTERD_CLAIM_TEXT_MAX);
  check_text (shown->telephony_label, MUSTERD_CLAIM_TEXT_MAX);
  /* What is shown is what follows from what is known. */
  g_assert_cmpint (why->presence->status, ==, shown->status);
  g_assert_cmpstr (why->presence->text, ==, shown->text);
  g_assert_cmpint (why->next_change, >, musterd_clock_now (world->services.clock));
  g_assert_cmpuint (why->claims->len, <=, MUSTERD_FACTS_CLAIMS_MAX);
  g_assert_cmpuint (why->devices->len, <=, MUSTERD_FACTS_DEVICES_MAX);
  g_assert_cmpuint (why->clients->len, <=, MUSTERD_FACTS_CLIENTS_MAX);
  for (guint i = 0; i < why->claims->len; i++)
    check_claim (((MusterdVerdict *) g_ptr_array_index (why->claims, i))->claim);
}

static void
check_shown (World *world)
{
  MusterdInstance *instance = world->instance;
  MusterdInstanceInfo *info = musterd_instance_get_info (instance);
  g_autoptr(MusterdLogPage) page = musterd_log_read (&instance->log, 0);

  g_assert_cmpuint (info->actions->len, <=, MUSTERD_ACTIONS_MAX);
  g_assert_cmpuint (info->notes->len, <=, MUSTERD_NOTES_MAX);
  g_assert_cmpuint (info->troubles->len, <=, MUSTERD_TROUBLES_MAX);
  check_text (instance->health_text, MUSTER_LONG_TEXT_MAX);
  for (guint i = 0; i < info->actions->len; i++)
    check_text (((MusterdAction *) g_ptr_array_index (info->actions, i))->text, MUSTER_LONG_TEXT_MAX);
  for (guint i = 0; i < info->notes->len; i++)
    check_text (((MusterdNote *) g_ptr_array_index (info->notes, i))->text, MUSTER_LONG_TEXT_MAX);
  g_assert_cmpuint (page->lines->len, <=, MUSTERD_LOG_LINES);
  for (guint i = 0; i < page->lines->len; i++)
    {
      const char *text = ((MusterdLogLine *) g_ptr_array_index (page->lines, i))->text;

      check_text (text, 3 * MUSTERD_LOG_TEXT_MAX);
      g_assert_null (strpbrk (text, "\r\n"));
    }
  musterd_instance_info_free (info);
}

static void
rest (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* A step of the clock, mostly forward, and what follows from it. */
static void
move_clock (World *world)
{
  const gint64 step = ((gint64) fuzz_byte (&world->bytes) - 32) * MUSTERD_MINUTE * 7;

  musterd_clock_set (world->services.clock, musterd_clock_now (world->services.clock) + step);
  rest ();
  check_user (world, "alice");
}

static void
act (World *world)
{
  const guint8 what = fuzz_byte (&world->bytes);

  if (what >= 240)
    move_clock (world);
  else if (what >= 160)
    send_message (world, what);
  else
    call_verb (world, what % 11);
  g_ptr_array_set_size (world->texts, 0);
}

/* Beginning and end. */

static const MusterSourceOps source = { .struct_size = sizeof (MusterSourceOps) };
static const MusterPluginDescriptor descriptor = {
  .struct_size = sizeof (MusterPluginDescriptor),
  .id = "fuzz",
  .version = "1",
  .summary = "for this test",
  .source = &source,
};

static void
on_put (const GError *error, gpointer user_data G_GNUC_UNUSED)
{
  g_assert_no_error (error);
}

static void
add_user (MusterdEngine *engine, const char *id)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(MusterdUser) user = musterd_user_new (id, fields, NULL, NULL);

  musterd_engine_put_users (engine, &user, 1, MUSTERD_PUT_NEW, on_put, NULL);
  rest ();
}

static void
begin (World *world)
{
  g_autoptr(MusterdSettings) settings = musterd_settings_new_default ();

  world->services.clock = musterd_clock_new_virtual (T0);
  world->services.engine = musterd_engine_new (world->services.clock, NULL, settings, NULL);
  world->services.dispatch = musterd_dispatch_new (world->services.engine, world->services.clock);
  world->services.plugin_dir = "/nonexistent";
  world->host = musterd_host_new (&world->services);
  world->texts = g_ptr_array_new_with_free_func (g_free);
  add_user (world->services.engine, "alice");
  add_user (world->services.engine, "bob");
  world->thread = g_main_context_new ();
  world->ctx = muster_context_new ("fuzz", world->thread, &backend, world);
}

static void
end (World *world)
{
  muster_context_close (world->ctx);
  muster_context_unref (world->ctx);
  g_main_context_unref (world->thread);
  musterd_host_free (world->host);
  musterd_dispatch_free (world->services.dispatch);
  musterd_engine_free (world->services.engine);
  musterd_clock_unref (world->services.clock);
  rest ();
  g_ptr_array_unref (world->texts);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const MusterdModule module = { (char *) "fuzz", (char *) "fuzz.so", &descriptor };
  static const MusterdInstanceConfig config = { .name = (char *) "fuzz", .plugin = (char *) "fuzz",
                                                .users = (char *) "all" };
  World world = { .bytes = { data, data + size } };

  begin (&world);
  world.instance = musterd_instance_new (world.host, "fuzz");
  world.instance->config = &config;
  world.instance->module = &module;
  world.instance->selection = musterd_selection_new ("all", NULL);
  musterd_engine_source_begin (world.services.engine, "fuzz");

  for (guint i = 0; i < VERBS_MAX && world.bytes.p < world.bytes.end; i++)
    act (&world);
  rest ();
  check_user (&world, "alice");
  check_user (&world, "bob");
  check_shown (&world);

  musterd_instance_free (world.instance);
  end (&world);
  return 0;
}
