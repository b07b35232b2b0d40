/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-bench"

#include "readers.h"

#include <json-glib/json-glib.h>

#include "api/body.h"

static const MusterdMember choice_members[] = {
  { "template", MUSTERD_MEMBER_STRING, FALSE },
  { "status", MUSTERD_MEMBER_STRING, FALSE },
  { "text", MUSTERD_MEMBER_STRING, FALSE },
  { "until", MUSTERD_MEMBER_STRING, FALSE },
};

static GBytes *
make_choice (gboolean quick G_GNUC_UNUSED)
{
  static const char text[] = "{\"status\": \"busy\", \"text\": \"Writing the report for the board\", "
                             "\"until\": \"2026-03-02T17:00:00Z\"}";

  return g_bytes_new_static (text, sizeof text - 1);
}

/* The largest that the api takes is 1 MiB; a member as long as that is refused only later. */
static GBytes *
make_large (gboolean quick)
{
  gsize length = quick ? 1000 : 500000;
  g_autoptr(GString) text = g_string_new ("{\"status\": \"busy\", \"text\": \"");

  while (text->len < length)
    g_string_append (text, "Gr\\u00fc\\u00dfe aus dem B\303\274ro, ");
  g_string_append (text, "\"}");
  return g_string_free_to_bytes (g_steal_pointer (&text));
}

static void
read_body (GBytes *message)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonObject) body = NULL;
  gsize length = 0;
  const char *text = g_bytes_get_data (message, &length);

  body = musterd_body_parse (text, length, choice_members, G_N_ELEMENTS (choice_members), &error);
  if (body == NULL)
    g_error ("reading a body: %s", error->message);
}

static void
parse_json (GBytes *message)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  g_autoptr(GError) error = NULL;
  gsize length = 0;
  const char *text = g_bytes_get_data (message, &length);

  if (!json_parser_load_from_data (parser, text, (gssize) length, &error))
    g_error ("parsing a body: %s", error->message);
}

const BenchReader bench_readers[] = {
  { "JSON body of a choice, 99 bytes (json-glib)", make_choice, read_body, parse_json },
  { "JSON body of half a megabyte (json-glib)", make_large, read_body, parse_json },
};
const gsize bench_n_readers = G_N_ELEMENTS (bench_readers);
