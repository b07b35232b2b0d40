/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sources, desktops and people say, and what befalls the daemon. */
#define G_LOG_DOMAIN "muster-scenario"

#include "line.h"

LINE_PARSE (MusterdStatus, status)
LINE_PARSE (MusterdClaimKind, claim_kind)
LINE_PARSE (MusterdFreeBusy, free_busy)
LINE_PARSE (MusterdResponse, response)
LINE_PARSE (MusterdTelephony, telephony)
LINE_PARSE (MusterdClientState, client_state)

/* ---- sources ---- */

static MusterdClaim *
read_claim (const Line *line)
{
  g_auto(GStrv) span = g_strsplit (line_word (line, 4), "-", 2);
  const char *value = line_option (line, "set");
  MusterdClaim *claim = musterd_claim_new (line_word (line, 1), value != NULL ? value : "", line_word (line, 2),
                                           parse_claim_kind (line, line_word (line, 3)));

  if (span[1] == NULL)
    line_reject (line, "'%s' is no span of time", span[0]);
  claim->from = g_str_equal (span[0], "now") ? MUSTERD_CLAIM_NOW : line_time (line, span[0]);
  claim->until = g_str_equal (span[1], "open") ? MUSTERD_TIME_NEVER : line_time (line, span[1]);
  if ((value = line_option (line, "free-busy")) != NULL)
    claim->free_busy = parse_free_busy (line, value);
  if ((value = line_option (line, "response")) != NULL)
    claim->response = parse_response (line, value);
  claim->lease = line_duration (line, "lease");
  musterd_claim_set_text (claim, line_option (line, "text"));
  musterd_claim_set_role (claim, line_option (line, "role"));
  musterd_claim_set_more (claim, NULL, line_option (line, "greeting"), NULL);
  value = line_option (line, "attendees");
  musterd_claim_set_asked (claim, line_option (line, "categories"),
                           value != NULL ? (guint32) g_ascii_strtoull (value, NULL, 10) : 0);
  claim->all_day = line_flag (line, "all-day");
  claim->cancelled = line_flag (line, "cancelled");
  claim->is_private = line_flag (line, "private");
  return claim;
}

static void
do_claim (const Line *line)
{
  g_autoptr(MusterdClaim) claim = read_claim (line);
  g_autoptr(GError) error = NULL;

  musterd_engine_claim_put (line->world->engine, line->whom, claim, &error);
  line_check (line, error);
}

/* Gathers one for the next replace. */
static void
do_with (const Line *line)
{
  g_ptr_array_add (line->world->claims, read_claim (line));
}

static void
do_replace (const Line *line)
{
  g_autoptr(GError) error = NULL;
  GPtrArray *claims = line->world->claims;
  MusterdTime from = MUSTERD_TIME_ALWAYS, until = MUSTERD_TIME_NEVER;

  if (line->words[2] != NULL && line->words[3] != NULL)
    {
      g_auto(GStrv) span = g_strsplit (line->words[3], "-", 2);

      from = line_time (line, span[0]);
      until = line_time (line, span[1]);
    }
  musterd_engine_claims_replace (line->world->engine, line_word (line, 1), line->whom, line_word (line, 2), from, until,
                                 (MusterdClaim *const *) claims->pdata, claims->len, &error);
  line_check (line, error);
  g_ptr_array_set_size (claims, 0);
}

static void
do_drop (const Line *line)
{
  g_autoptr(GError) error = NULL;

  musterd_engine_claim_drop (line->world->engine, line_word (line, 1), line->whom, line_word (line, 2), &error);
  line_check (line, error);
}

static void
do_client (const Line *line)
{
  g_autoptr(GError) error = NULL;
  const char *source = line_option (line, "source");

  musterd_engine_client (line->world->engine, source != NULL ? source : "activity", line->whom, line_word (line, 1),
                         parse_client_state (line, line_word (line, 2)), line_time_option (line, "since", 0),
                         line_duration (line, "lease"), &error);
  line_check (line, error);
}

static void
do_phone (const Line *line)
{
  g_autoptr(GError) error = NULL;
  const char *source = line_option (line, "source");

  musterd_engine_telephony (line->world->engine, source != NULL ? source : "pbx", line->whom, line_word (line, 1),
                            parse_telephony (line, line_word (line, 2)), line_option (line, "label"),
                            line_duration (line, "lease"), &error);
  line_check (line, error);
}

static void
do_source (const Line *line)
{
  MusterdEngine *engine = line->world->engine;
  const char *name = line_word (line, 1), *what = line_word (line, 2);

  if (g_str_equal (what, "starts"))
    musterd_engine_source_begin (engine, name);
  else if (g_str_equal (what, "online"))
    musterd_engine_source_online (engine, name);
  else if (g_str_equal (what, "lost"))
    musterd_engine_source_lost (engine, name);
  else if (g_str_equal (what, "removed"))
    musterd_engine_source_drop (engine, name);
  else if (g_str_equal (what, "troubled"))
    musterd_engine_user_state (engine, name, line->whom, FALSE);
  else if (g_str_equal (what, "well"))
    musterd_engine_user_state (engine, name, line->whom, TRUE);
  else
    line_reject (line, "what does source '%s' do?", what);
}

/* ---- people ---- */

static void
do_choose (const Line *line)
{
  musterd_engine_choose (line->world->engine, line->whom, line_word (line, 1), MUSTERD_STATUS_NONE,
                         line_option (line, "text"), line_time_option (line, "until", MUSTERD_TIME_NEVER), NULL,
                         line_done, (gpointer) line);
}

static void
do_status (const Line *line)
{
  musterd_engine_choose (line->world->engine, line->whom, NULL, parse_status (line, line_word (line, 1)),
                         line_option (line, "text"), line_time_option (line, "until", MUSTERD_TIME_NEVER), NULL,
                         line_done, (gpointer) line);
}

static void
do_auto (const Line *line)
{
  musterd_engine_automatic (line->world->engine, line->whom, NULL, line_done, (gpointer) line);
}

static void
do_ignore (const Line *line)
{
  musterd_engine_ignore (line->world->engine, line->whom, line_word (line, 1), NULL, line_done, (gpointer) line);
}

/* ---- the daemon ---- */

static void
do_stop (const Line *line)
{
  world_stop (line->world);
}

static void
do_start (const Line *line)
{
  world_start (line->world);
}

static void
do_clock (const Line *line)
{
  musterd_clock_set (line->world->clock, line_time (line, line_word (line, 1)));
}

const Verb line_happen_verbs[] = {
  { "claim", do_claim },   { "with", do_with },     { "replace", do_replace }, { "drop", do_drop },
  { "client", do_client }, { "phone", do_phone },   { "source", do_source },   { "choose", do_choose },
  { "status", do_status }, { "auto", do_auto },     { "ignore", do_ignore },   { "stop", do_stop },
  { "start", do_start },   { "clock", do_clock },   { NULL, NULL },
};
