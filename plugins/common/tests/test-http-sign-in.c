/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NTLM, against the three messages of a server: it belongs to the connection, so the server is written by hand. */
#include "http.h"

#include <string.h>

#include "muster/muster-plugin.h"

#define TYPE_AT 8
#define FLAGS_TARGET_INFO 0x00880201u /* Unicode, NTLM, NTLM2, target info */

typedef struct
{
  GSocketService *service;
  guint           port;
  gboolean        accepts; /* the credentials */
  GMutex          mutex;   /* guards what follows */
  guint           n_requests, n_proofs;
  char           *user, *body; /* nullable; of the last proof */
} Fixture;

static void
put_u32 (GByteArray *message, guint32 value)
{
  const guint32 little = GUINT32_TO_LE (value);

  g_byte_array_append (message, (const guint8 *) &little, sizeof little);
}

static void
put_u16 (GByteArray *message, guint16 value)
{
  const guint16 little = GUINT16_TO_LE (value);

  g_byte_array_append (message, (const guint8 *) &little, sizeof little);
}

/* The challenge, with a target info as every domain sends it. */
static char *
make_challenge (void)
{
  static const guint8 domain[] = { 'C', 0, 'O', 0, 'R', 0, 'P', 0 };
  g_autoptr(GByteArray) message = g_byte_array_new ();
  const guint header = 48, info = sizeof domain + 8;

  g_byte_array_append (message, (const guint8 *) "NTLMSSP", 8);
  put_u32 (message, 2);
  put_u16 (message, sizeof domain);
  put_u16 (message, sizeof domain);
  put_u32 (message, header);
  put_u32 (message, FLAGS_TARGET_INFO);
  g_byte_array_append (message, (const guint8 *) "12345678", 8);
  put_u32 (message, 0);
  put_u32 (message, 0);
  put_u16 (message, (guint16) info);
  put_u16 (message, (guint16) info);
  put_u32 (message, header + sizeof domain);
  g_byte_array_append (message, domain, sizeof domain);
  put_u16 (message, 2); /* the domain's name */
  put_u16 (message, sizeof domain);
  g_byte_array_append (message, domain, sizeof domain);
  put_u32 (message, 0); /* end */

  g_autofree char *encoded = g_base64_encode (message->data, message->len);
  return g_strdup_printf ("NTLM %s", encoded);
}

/* The user of a proof, as the ASCII in its UTF-16. */
static char *
read_user (const guint8 *proof, gsize size)
{
  g_autoptr(GString) user = g_string_new (NULL);

  g_assert_cmpuint (size, >, 44);
  const guint length = proof[36] | proof[37] << 8, offset = proof[40] | proof[41] << 8;
  g_assert_cmpuint (offset + length, <=, size);
  for (guint i = 0; i < length; i += 2)
    g_string_append_c (user, (char) proof[offset + i]);
  return g_string_free (g_steal_pointer (&user), FALSE);
}

static gboolean
answer (GOutputStream *output, const char *status, const char *challenge, const char *body)
{
  g_autofree char *header = challenge != NULL ? g_strdup_printf ("WWW-Authenticate: %s\r\n", challenge) : g_strdup ("");
  g_autofree char *text = g_strdup_printf ("HTTP/1.1 %s\r\n%sContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s", status,
                                           header, strlen (body), body);

  return g_output_stream_write_all (output, text, strlen (text), NULL, NULL, NULL);
}

static gboolean
on_connection (G_GNUC_UNUSED GThreadedSocketService *service, GSocketConnection *connection,
               G_GNUC_UNUSED GObject *source, gpointer user_data)
{
  Fixture *f = user_data;
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  g_autoptr(GDataInputStream) input
      = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  gboolean is_signed_in = FALSE, goes_on = TRUE;

  g_data_input_stream_set_newline_type (input, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  while (goes_on)
    {
      g_autofree char *token = NULL;
      gsize length = 0;

      g_autofree char *first = g_data_input_stream_read_line (input, NULL, NULL, NULL);
      if (first == NULL)
        break;
      for (;;)
        {
          g_autofree char *line = g_data_input_stream_read_line (input, NULL, NULL, NULL);
          if (line == NULL || *line == '\0')
            break;
          if (g_ascii_strncasecmp (line, "Content-Length:", 15) == 0)
            length = (gsize) g_ascii_strtoull (line + 15, NULL, 10);
          if (g_ascii_strncasecmp (line, "Authorization: NTLM ", 20) == 0)
            token = g_strdup (line + 20);
        }
      g_autofree char *body = g_malloc0 (length + 1);
      g_input_stream_read_all (G_INPUT_STREAM (input), body, length, NULL, NULL, NULL);

      G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&f->mutex);
      f->n_requests++;
      gsize size = 0;
      g_autofree guint8 *message = token != NULL ? g_base64_decode (token, &size) : NULL;
      if (message != NULL && size > TYPE_AT && message[TYPE_AT] == 1)
        {
          g_autofree char *challenge = make_challenge ();
          goes_on = answer (output, "401 Unauthorized", challenge, "no");
        }
      else if (message != NULL && size > TYPE_AT && message[TYPE_AT] == 3)
        {
          f->n_proofs++;
          g_free (f->user);
          g_free (f->body);
          f->user = read_user (message, size);
          f->body = g_strdup (body);
          is_signed_in = f->accepts;
          goes_on = is_signed_in ? answer (output, "200 OK", NULL, "fine")
                                 : answer (output, "401 Unauthorized", "NTLM", "no");
        }
      else
        {
          goes_on = is_signed_in ? answer (output, "200 OK", NULL, "fine")
                                 : answer (output, "401 Unauthorized", "NTLM", "no");
        }
    }
  return TRUE;
}

static void
fixture_set_up (Fixture *f, gboolean accepts)
{
  g_autoptr(GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr(GSocketAddress) bound = NULL;
  g_autoptr(GError) error = NULL;

  *f = (Fixture){ .accepts = accepts };
  g_mutex_init (&f->mutex);
  f->service = g_threaded_socket_service_new (4);
  g_signal_connect (f->service, "run", G_CALLBACK (on_connection), f);
  g_socket_listener_add_address (G_SOCKET_LISTENER (f->service), any, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                 &bound, &error);
  g_assert_no_error (error);
  f->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
}

static void
fixture_tear_down (Fixture *f)
{
  g_socket_service_stop (f->service);
  g_socket_listener_close (G_SOCKET_LISTENER (f->service));
  g_object_unref (f->service);
  g_free (f->user);
  g_free (f->body);
  g_mutex_clear (&f->mutex);
}

static void
on_sent (G_GNUC_UNUSED GObject *object, GAsyncResult *result, gpointer user_data)
{
  HttpReply **reply = user_data;
  g_autoptr(GError) error = NULL;

  *reply = http_client_send_finish (result, &error);
  g_assert_no_error (error);
}

static HttpReply *
send_one (Fixture *f, HttpClient *client)
{
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/EWS", f->port);
  g_autoptr(GBytes) body = g_bytes_new_static ("question", 8);
  const HttpRequest request
      = { .method = "POST", .url = url, .content_type = "text/xml", .body = body, .idempotent = TRUE };
  HttpReply *reply = NULL;

  http_client_send_async (client, &request, NULL, on_sent, &reply);
  while (reply == NULL)
    g_main_context_iteration (NULL, TRUE);
  return reply;
}

static HttpClient *
client_new (const char *password)
{
  const HttpSettings settings = { .max_conns = 1,
                                  .max_conns_per_host = 1,
                                  .sign_in = HTTP_SIGN_IN_NTLM,
                                  .username = "CORP\\svc",
                                  .password = password };
  g_autoptr(GError) error = NULL;
  HttpClient *client = http_client_new (&settings, &error);

  g_assert_no_error (error);
  return client;
}

static void
test_accepted (void)
{
  Fixture f;

  fixture_set_up (&f, TRUE);
  {
    g_autoptr(HttpClient) client = client_new ("secret");
    g_autoptr(HttpReply) first = send_one (&f, client);
    g_assert_cmpuint (first->status, ==, 200);
    g_assert_cmpuint (f.n_proofs, ==, 1);
    g_assert_cmpstr (f.user, ==, "svc");
    g_assert_cmpstr (f.body, ==, "question");
    /* The connection stays signed in. */
    g_autoptr(HttpReply) second = send_one (&f, client);
    g_assert_cmpuint (second->status, ==, 200);
  }
  fixture_tear_down (&f);
}

static void
test_refused (void)
{
  Fixture f;

  fixture_set_up (&f, FALSE);
  {
    g_autoptr(HttpClient) client = client_new ("wrong");
    g_autoptr(HttpReply) reply = send_one (&f, client);
    g_assert_cmpint (reply->outcome, ==, HTTP_REFUSED);
    g_assert_cmpuint (reply->status, ==, 401);
    /* A second proof could lock the account. */
    g_assert_cmpuint (f.n_proofs, ==, 1);
    g_assert_cmpstr (f.user, ==, "svc");
  }
  fixture_tear_down (&f);
}

static void
test_without_password (void)
{
  Fixture f;

  fixture_set_up (&f, TRUE);
  {
    g_autoptr(HttpClient) client = client_new (NULL);
    g_autoptr(HttpReply) reply = send_one (&f, client);
    /* Nobody is told the name of the system's user. */
    g_assert_cmpuint (reply->status, ==, 401);
    g_assert_cmpuint (f.n_proofs, ==, 0);
  }
  fixture_tear_down (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/http/sign-in/accepted", test_accepted);
  g_test_add_func ("/http/sign-in/refused", test_refused);
  g_test_add_func ("/http/sign-in/without-password", test_without_password);
  return g_test_run ();
}
