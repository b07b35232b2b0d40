/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-api"

#include "api/request.h"

#include "api/complaints.h"

#include "api/problem.h"
#include "api/server.h"
#include "model/error.h"

#define ANSWER_SECONDS 60 /* for an answer, or the next piece of a long one, to leave */

guint
musterd_error_to_status (const GError *error)
{
  if (error->domain != MUSTERD_ERROR)
    return SOUP_STATUS_INTERNAL_SERVER_ERROR;
  switch ((MusterdError) error->code)
    {
    case MUSTERD_ERROR_INVALID:
      return SOUP_STATUS_BAD_REQUEST;
    case MUSTERD_ERROR_FORBIDDEN:
      return SOUP_STATUS_FORBIDDEN;
    case MUSTERD_ERROR_NOT_FOUND:
      return SOUP_STATUS_NOT_FOUND;
    case MUSTERD_ERROR_CONFLICT:
    case MUSTERD_ERROR_CONFIG:
    case MUSTERD_ERROR_LOCKED:
      return SOUP_STATUS_CONFLICT;
    case MUSTERD_ERROR_LIMIT:
      return 429;
    case MUSTERD_ERROR_UNAVAILABLE:
      return SOUP_STATUS_SERVICE_UNAVAILABLE;
    case MUSTERD_ERROR_UNKNOWN_CALLER:
      return SOUP_STATUS_UNAUTHORIZED;
    case MUSTERD_ERROR_FAILED:
    default:
      return SOUP_STATUS_INTERNAL_SERVER_ERROR;
    }
}

/* All of the answer has left. */
static void
on_wrote_body (SoupServerMessage *message, gpointer user_data)
{
  MusterdRequest *request = user_data;
  MusterdConnection *connection = g_steal_pointer (&request->connection);
  gboolean keep = !request->server->stopping;

  g_object_ref (message);
  g_object_unref (soup_server_message_steal_connection (message));
  musterd_connection_back (connection, keep);
  g_object_unref (message);
}

static void
end_limit (MusterdRequest *request)
{
  if (request->limit == NULL)
    return;
  g_source_destroy (request->limit);
  g_clear_pointer (&request->limit, g_source_unref);
}

static void
on_finished (SoupServerMessage *message G_GNUC_UNUSED, gpointer user_data)
{
  MusterdRequest *request = user_data;

  end_limit (request);
  g_clear_pointer (&request->connection, musterd_connection_close);
  if (!request->gone)
    musterd_server_request_ended (request->server);
  request->gone = TRUE;
}

MusterdRequest *
musterd_request_new (MusterdServer *server, SoupServerMessage *message, MusterdConnection *connection)
{
  MusterdRequest *request = g_new0 (MusterdRequest, 1);

  request->server = server;
  request->message = message;
  request->connection = connection;
  request->body = g_byte_array_new ();
  g_signal_connect (message, "wrote-body", G_CALLBACK (on_wrote_body), request);
  g_signal_connect (message, "finished", G_CALLBACK (on_finished), request);
  return request;
}

/* With the message: nobody holds it. */
void
musterd_request_free (MusterdRequest *request)
{
  /* The library says "finished" only of what it could read. */
  g_clear_pointer (&request->connection, musterd_connection_close);
  end_limit (request);
  if (!request->gone)
    musterd_server_request_ended (request->server);
  musterd_caller_clear (&request->caller);
  for (guint i = 0; i < MUSTERD_ROUTE_ARGS_MAX; i++)
    g_free (request->args[i]);
  g_clear_pointer (&request->query, musterd_query_free);
  if (request->body->len > 0)
    explicit_bzero (request->body->data, request->body->len); /* a secret, perhaps */
  g_byte_array_unref (request->body);
  g_clear_pointer (&request->upload, musterd_upload_free);
  g_free (request->refusal);
  g_free (request);
}

void
musterd_request_hold (MusterdRequest *request)
{
  g_object_ref (request->message);
  if (!request->gone && !request->answered)
    {
      request->held = TRUE;
      soup_server_message_pause (request->message);
    }
}

void
musterd_request_release (MusterdRequest *request)
{
  g_object_unref (request->message); /* the request may be gone now */
}

void
musterd_request_go_on (MusterdRequest *request)
{
  if (request->held && !request->gone)
    soup_server_message_unpause (request->message);
  request->held = FALSE;
}

static gboolean
on_late (gpointer data)
{
  MusterdRequest *request = data;

  request->late (request);
  return G_SOURCE_REMOVE;
}

void
musterd_request_limit (MusterdRequest *request, guint ms, void (*late) (MusterdRequest *request))
{
  request->late = late;
  request->limit = g_timeout_source_new (ms);
  g_source_set_callback (request->limit, on_late, request, NULL);
  g_source_attach (request->limit, request->server->context);
}

/* FALSE: nobody listens any more, or somebody has answered already. */
static gboolean
begin_answer (MusterdRequest *request, guint status)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->message);

  if (request->gone || request->answered)
    return FALSE;
  request->answered = TRUE;
  end_limit (request);
  musterd_figures_count_answer (&request->server->figures, status);
  soup_server_message_set_status (request->message, status, NULL);
  soup_message_headers_replace (headers, "Cache-Control", "no-store");
  if (!musterd_connection_can_wait (request->connection))
    soup_message_headers_replace (headers, "Connection", "close");
  musterd_connection_set_deadline (request->connection, ANSWER_SECONDS);
  return TRUE;
}

static void
reply (MusterdRequest *request, guint status, const char *type, GString *text)
{
  gsize length = text->len;
  char *bytes = g_string_free (text, FALSE);

  if (!begin_answer (request, status))
    {
      g_free (bytes);
      return;
    }
  soup_server_message_set_response (request->message, type, SOUP_MEMORY_TAKE, bytes, length);
  musterd_request_go_on (request);
}

/* An answer without a body says no length, which libsoup 3.2 takes for one that ends with its connection. */
static void
on_empty_written (SoupServerMessage *message, gpointer user_data G_GNUC_UNUSED)
{
  soup_message_headers_set_encoding (soup_server_message_get_response_headers (message), SOUP_ENCODING_NONE);
}

void
musterd_request_reply (MusterdRequest *request, guint status, GString *json)
{
  reply (request, status, status < 400 ? "application/json" : MUSTERD_PROBLEM_TYPE, json);
}

void
musterd_request_reply_text (MusterdRequest *request, const char *type, GString *text)
{
  reply (request, SOUP_STATUS_OK, type, text);
}

void
musterd_request_done (MusterdRequest *request)
{
  if (!begin_answer (request, SOUP_STATUS_NO_CONTENT))
    return;
  g_signal_connect (request->message, "wrote-headers", G_CALLBACK (on_empty_written), NULL);
  musterd_request_go_on (request);
}

/* RFC 6750: an error is named only where a token was shown. */
static void
challenge (MusterdRequest *request)
{
  const char *shown
      = soup_message_headers_get_one (soup_server_message_get_request_headers (request->message), "Authorization");

  soup_message_headers_replace (soup_server_message_get_response_headers (request->message), "WWW-Authenticate",
                                shown != NULL ? "Bearer realm=\"muster\", error=\"invalid_token\""
                                              : "Bearer realm=\"muster\"");
}

void
musterd_request_problem (MusterdRequest *request, guint status, const char *detail)
{
  g_autofree char *text = musterd_problem_to_json (status, detail);

  if (status == SOUP_STATUS_UNAUTHORIZED && !request->gone && !request->answered)
    challenge (request);
  musterd_request_reply (request, status, g_string_new (text));
}

void
musterd_request_fail (MusterdRequest *request, const GError *error)
{
  guint status = musterd_error_to_status (error);
  const char *code = NULL;
  g_autofree char *text = NULL;

  /* One status for things that a program may have to tell apart. */
  if (g_error_matches (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG))
    code = "configuration";
  else if (g_error_matches (error, MUSTERD_ERROR, MUSTERD_ERROR_LOCKED))
    code = "locked";
  if (code == NULL)
    {
      musterd_request_problem (request, status, error->message);
      return;
    }
  text = musterd_problem_to_json_with_code (status, code, error->message);
  musterd_request_reply (request, status, g_string_new (text));
}

typedef struct
{
  MusterdRequest  *request;
  MusterdPieceFunc next;
  gpointer         data;
  GDestroyNotify   free_data;
  goffset          rest; /* -1: length not known */
} Stream;

static void
stream_free (gpointer data, GClosure *closure G_GNUC_UNUSED)
{
  Stream *stream = data;

  if (stream->free_data != NULL)
    stream->free_data (stream->data);
  g_free (stream);
}

static void
append_piece (Stream *stream)
{
  SoupMessageBody *body = soup_server_message_get_response_body (stream->request->message);
  g_autoptr(GError) error = NULL;
  g_autoptr(GBytes) piece = NULL;

  if (stream->rest == 0)
    return;
  piece = stream->next (stream->data, &error);
  if (piece == NULL && error == NULL && stream->rest < 0)
    {
      soup_message_body_complete (body);
      return;
    }
  if (piece == NULL || (stream->rest > 0 && (goffset) g_bytes_get_size (piece) > stream->rest))
    {
      /* The status has been sent already: only a cut tells the reader that this is not all. */
      musterd_complain (MUSTERD_COMPLAINT_ANSWER, stream->request->caller.user, G_LOG_LEVEL_WARNING,
                        "sending an answer: %s",
                        error != NULL ? error->message : "not of the length that was announced");
      musterd_request_cut (stream->request);
      soup_message_body_complete (body);
      return;
    }
  if (stream->rest > 0)
    stream->rest -= (goffset) g_bytes_get_size (piece);
  soup_message_body_append_bytes (body, piece);
}

static void
on_chunk_written (SoupServerMessage *message G_GNUC_UNUSED, gpointer user_data)
{
  Stream *stream = user_data;

  musterd_connection_set_deadline (stream->request->connection, ANSWER_SECONDS);
  append_piece (stream);
}

void
musterd_request_stream (MusterdRequest *request, const char *type, goffset length, MusterdPieceFunc next, gpointer data,
                        GDestroyNotify free_data)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->message);
  Stream *stream;

  if (!begin_answer (request, SOUP_STATUS_OK))
    {
      free_data (data);
      return;
    }
  stream = g_new0 (Stream, 1);
  stream->request = request;
  stream->next = next;
  stream->data = data;
  stream->free_data = free_data;
  stream->rest = length;
  soup_message_headers_set_content_type (headers, type, NULL);
  if (length >= 0)
    soup_message_headers_set_content_length (headers, length);
  else
    soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (request->message), FALSE);
  g_signal_connect_data (request->message, "wrote-chunk", G_CALLBACK (on_chunk_written), stream, stream_free, 0);
  if (!g_str_equal (soup_server_message_get_method (request->message), "HEAD"))
    append_piece (stream);
  musterd_request_go_on (request);
}

JsonObject *
musterd_request_parse (MusterdRequest *request, const MusterdMember *members, gsize n_members)
{
  g_autoptr(GError) error = NULL;
  JsonObject *body = musterd_body_parse ((const char *) request->body->data, request->body->len, members, n_members,
                                         &error);

  if (body == NULL)
    musterd_request_fail (request, error);
  return body;
}

void
musterd_request_cut (MusterdRequest *request)
{
  if (request->connection != NULL)
    musterd_connection_cut (request->connection);
}

MusterdConnection *
musterd_request_take_connection (MusterdRequest *request)
{
  MusterdConnection *connection = g_steal_pointer (&request->connection);

  if (connection == NULL)
    return NULL;
  request->answered = TRUE;
  musterd_figures_count_answer (&request->server->figures, SOUP_STATUS_OK);
  g_object_unref (soup_server_message_steal_connection (request->message));
  musterd_connection_take (connection);
  return connection;
}
