/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-client.h"

#include <gio/gunixsocketaddress.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl-output.h"

char *
ctl_default_socket (void)
{
  const char *given = g_getenv ("MUSTER_SOCKET");

  if (given != NULL && *given != '\0')
    return g_strdup (given);
  if (geteuid () != 0 && !g_file_test ("/run/muster/socket", G_FILE_TEST_EXISTS))
    return g_build_filename (g_get_user_runtime_dir (), "muster", "socket", NULL);
  return g_strdup ("/run/muster/socket");
}

char *
ctl_path (const char *format, ...)
{
  g_autoptr(GString) path = g_string_new (NULL);
  va_list values;

  va_start (values, format);
  for (const char *p = format; *p != '\0'; p++)
    if (p[0] == '%' && p[1] == 's')
      {
        const char *value = va_arg (values, const char *);
        g_autofree char *escaped = g_uri_escape_string (value, "@:", FALSE);

        g_string_append (path, escaped);
        p++;
      }
    else
      g_string_append_c (path, *p);
  va_end (values);
  return g_string_free (g_steal_pointer (&path), FALSE);
}

static SoupSession *
get_session (Ctl *ctl)
{
  g_autoptr(GSocketAddress) address = NULL;

  if (ctl->session != NULL)
    return ctl->session;
  if (ctl->url != NULL)
    {
      ctl->session = soup_session_new_with_options ("timeout", ctl->timeout, NULL);
      if (ctl->trust != NULL)
        soup_session_set_tls_database (ctl->session, ctl->trust);
      return ctl->session;
    }
  address = g_unix_socket_address_new (ctl->socket);
  ctl->session = soup_session_new_with_options ("remote-connectable", address, "timeout", ctl->timeout, NULL);
  return ctl->session;
}

static void
set_unreachable (Ctl *ctl, const GError *cause, GError **error)
{
  const char *advice = _ ("is musterd running? start it, or name its socket with --socket or MUSTER_SOCKET");

  if (ctl->url != NULL)
    advice = _ ("does musterd listen there? its log says where; 'listen' in the group [api] sets it");
  if (cause->domain == G_TLS_ERROR)
    advice = _ ("a certificate of your own is trusted by --ca-file FILE or MUSTER_CA_FILE");
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    advice = _ ("the daemon does not answer; its log may say why");
  else if (g_error_matches (cause, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
    advice = _ ("this account may not go to the folder of the socket");
  g_set_error (error, CTL_ERROR, CTL_ERROR_UNREACHABLE, "%s %s: %s\n%s", _ ("asking the daemon at"),
               ctl->url != NULL ? ctl->url : ctl->socket, cause->message, advice);
}

static JsonNode *
parse (GBytes *bytes, GError **error)
{
  g_autoptr(JsonParser) parser = json_parser_new_immutable ();
  gsize length = 0;
  const char *text = g_bytes_get_data (bytes, &length);
  g_autoptr(GError) local = NULL;

  if (length == 0)
    {
      text = "{}";
      length = 2;
    }
  if (!json_parser_load_from_data (parser, text, (gssize) length, &local) || json_parser_get_root (parser) == NULL)
    {
      g_set_error (error, CTL_ERROR, CTL_ERROR_REFUSED, "%s: %s", _ ("the daemon's answer is no JSON"),
                   local != NULL ? local->message : "");
      return NULL;
    }
  return json_parser_steal_root (parser);
}

/* What went wrong, in the daemon's words. */
static void
set_refused (SoupMessage *message, GBytes *bytes, GError **error)
{
  g_autoptr(JsonNode) node = parse (bytes, NULL);
  const char *detail
      = node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? ctl_string (json_node_get_object (node), "detail") : NULL;

  CtlError code = CTL_ERROR_REFUSED;

  if (soup_message_get_status (message) == SOUP_STATUS_NOT_FOUND)
    code = CTL_ERROR_NOT_FOUND;
  else if (soup_message_get_status (message) == SOUP_STATUS_SERVICE_UNAVAILABLE)
    code = CTL_ERROR_UNREACHABLE;
  if (detail != NULL)
    g_set_error_literal (error, CTL_ERROR, code, detail);
  else
    g_set_error (error, CTL_ERROR, code, "%s: %u %s", _ ("the daemon answers"),
                 soup_message_get_status (message), soup_message_get_reason_phrase (message));
}

static SoupMessage *
new_message (Ctl *ctl, const char *method, const char *path)
{
  g_autofree char *uri = g_strconcat (ctl->url != NULL ? ctl->url : "http://muster", path, NULL);
  SoupMessage *message = soup_message_new (method, uri);

  if (ctl->authorization != NULL)
    soup_message_headers_append (soup_message_get_request_headers (message), "Authorization", ctl->authorization);
  /* A token must not follow to wherever an answer points. */
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  return message;
}

static JsonNode *
send (Ctl *ctl, SoupMessage *message, GError **error)
{
  g_autoptr(GError) local = NULL;
  g_autoptr(GBytes) bytes = soup_session_send_and_read (get_session (ctl), message, NULL, &local);

  if (bytes == NULL)
    {
      set_unreachable (ctl, local, error);
      return NULL;
    }
  if (!SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message)))
    {
      set_refused (message, bytes, error);
      return NULL;
    }
  return parse (bytes, error);
}

JsonNode *
ctl_ask (Ctl *ctl, const char *method, const char *path, const char *body, GError **error)
{
  g_autoptr(SoupMessage) message = new_message (ctl, method, path);

  if (body != NULL)
    {
      g_autoptr(GBytes) bytes = g_bytes_new (body, strlen (body));

      soup_message_set_request_body_from_bytes (message, "application/json", bytes);
    }
  return send (ctl, message, error);
}

JsonNode *
ctl_upload (Ctl *ctl, const char *method, const char *path, const char *type, GInputStream *input, goffset length,
            GError **error)
{
  g_autoptr(SoupMessage) message = new_message (ctl, method, path);

  /* Asked first: a refusal then comes before the file is sent. */
  soup_message_headers_set_expectations (soup_message_get_request_headers (message), SOUP_EXPECTATION_CONTINUE);
  soup_message_set_request_body (message, type, input, length);
  return send (ctl, message, error);
}

/* The answer's body, if it is one that was hoped for. */
static GInputStream *
open_body (Ctl *ctl, SoupMessage *message, GError **error)
{
  g_autoptr(GOutputStream) memory = NULL;
  g_autoptr(GBytes) bytes = NULL;
  g_autoptr(GError) local = NULL;
  g_autoptr(GInputStream) input = soup_session_send (get_session (ctl), message, NULL, &local);

  if (input == NULL)
    {
      set_unreachable (ctl, local, error);
      return NULL;
    }
  if (SOUP_STATUS_IS_SUCCESSFUL (soup_message_get_status (message)))
    return g_steal_pointer (&input);
  memory = g_memory_output_stream_new_resizable ();
  g_output_stream_splice (memory, input, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, NULL);
  bytes = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
  set_refused (message, bytes, error);
  return NULL;
}

gboolean
ctl_download (Ctl *ctl, const char *path, GOutputStream *output, GError **error)
{
  g_autoptr(SoupMessage) message = new_message (ctl, "GET", path);
  g_autoptr(GInputStream) input = open_body (ctl, message, error);

  return input != NULL && g_output_stream_splice (output, input, G_OUTPUT_STREAM_SPLICE_NONE, NULL, error) >= 0;
}

GInputStream *
ctl_open_stream (Ctl *ctl, const char *path, const char *last_id, GError **error)
{
  g_autoptr(SoupMessage) message = new_message (ctl, "GET", path);

  if (last_id != NULL)
    soup_message_headers_append (soup_message_get_request_headers (message), "Last-Event-ID", last_id);
  return open_body (ctl, message, error);
}

char *
ctl_object (const char *name, ...)
{
  g_autoptr(JsonBuilder) builder = json_builder_new ();
  g_autoptr(JsonNode) node = NULL;
  va_list values;

  json_builder_begin_object (builder);
  va_start (values, name);
  while (name != NULL)
    {
      const char *value = va_arg (values, const char *);

      if (value != NULL)
        {
          json_builder_set_member_name (builder, name);
          json_builder_add_string_value (builder, value);
        }
      name = va_arg (values, const char *);
    }
  va_end (values);
  json_builder_end_object (builder);
  node = json_builder_get_root (builder);
  return json_to_string (node, FALSE);
}

void
ctl_print_json (JsonNode *node)
{
  g_autofree char *text = json_to_string (node, TRUE);

  fputs (text, stdout);
  fputc ('\n', stdout);
}

void
ctl_print_each (JsonArray *objects, const char *member)
{
  for (guint i = 0; i < ctl_length (objects); i++)
    {
      g_autofree char *clean = ctl_clean (ctl_string (json_array_get_object_element (objects, i), member));

      g_print ("%s\n", clean);
    }
}

const char *
ctl_string (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
             ? json_node_get_string (node)
             : NULL;
}

gboolean
ctl_bool (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN
         && json_node_get_boolean (node);
}

gint64
ctl_int (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64
             ? json_node_get_int (node)
             : 0;
}

JsonObject *
ctl_member (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

JsonArray *
ctl_array (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

guint
ctl_length (JsonArray *array)
{
  return array != NULL ? json_array_get_length (array) : 0;
}
