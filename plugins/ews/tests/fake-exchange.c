/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-exchange.h"

#include "http-fixture.h"

#include "request.h"
#include "xml.h"

#define ENVELOPE_BEGIN                                                                                                 \
  "<?xml version='1.0' encoding='utf-8'?><s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Header>"   \
  "<h:ServerVersionInfo MajorVersion='15' MinorVersion='2' MajorBuildNumber='1544' MinorBuildNumber='4' "              \
  "xmlns:h='http://schemas.microsoft.com/exchange/services/2006/types'/></s:Header><s:Body>"
#define ENVELOPE_END "</s:Body></s:Envelope>"
#define NAMESPACES                                                                                                     \
  " xmlns:m='http://schemas.microsoft.com/exchange/services/2006/messages' "                                           \
  "xmlns:t='http://schemas.microsoft.com/exchange/services/2006/types'"

struct _FakeExchange
{
  GThread      *thread;
  GMainContext *context;
  GMainLoop    *loop;
  SoupServer   *server;
  guint         port;
  GMutex        mutex; /* guards what follows */
  char         *password;
  guint         status, n_requests;
  GHashTable   *answers; /* "FindItem alice@example.com" → answer */
  GString      *log;
};

static const struct
{
  const char *operation, *answer;
} usual[] = {
  { "FindItem", "<m:RootFolder IncludesLastItemInRange='true'><t:Items/></m:RootFolder>" },
  { "Subscribe", "<m:SubscriptionId>sub-1</m:SubscriptionId><m:Watermark>AAA=</m:Watermark>" },
  { "GetEvents", "<m:Notification><t:SubscriptionId>sub-1</t:SubscriptionId><t:MoreEvents>false</t:MoreEvents>"
                 "<t:StatusEvent><t:Watermark>AAB=</t:Watermark></t:StatusEvent></m:Notification>" },
  { "Unsubscribe", "" },
};

static char *
make_body (const char *operation, const char *answer)
{
  const gboolean is_oof = g_str_equal (operation, "GetUserOofSettings");

  if (answer != NULL && *answer == '!')
    return g_strdup (answer + 1);
  if (answer != NULL && g_str_has_prefix (answer, "Error"))
    return g_strdup_printf (ENVELOPE_BEGIN "<m:%sResponse" NAMESPACES "><m:%s><m:%s ResponseClass='Error'>"
                                           "<m:MessageText>"
                                           "No.</m:MessageText><m:ResponseCode>%s</m:ResponseCode></m:%s></m:%s>"
                                           "</m:%sResponse>" ENVELOPE_END,
                            operation, is_oof ? "X" : "ResponseMessages", is_oof ? "ResponseMessage" : "X", answer,
                            is_oof ? "ResponseMessage" : "X", is_oof ? "X" : "ResponseMessages", operation);
  if (is_oof)
    return g_strdup_printf (ENVELOPE_BEGIN "<m:GetUserOofSettingsResponse" NAMESPACES "><m:ResponseMessage "
                                           "ResponseClass='Success'><m:ResponseCode>NoError</m:ResponseCode>"
                                           "</m:ResponseMessage><t:OofSettings>%s</t:OofSettings>"
                                           "</m:GetUserOofSettingsResponse>" ENVELOPE_END,
                            answer != NULL ? answer : "<t:OofState>Disabled</t:OofState>");
  for (gsize i = 0; answer == NULL && i < G_N_ELEMENTS (usual); i++)
    if (g_str_equal (operation, usual[i].operation))
      answer = usual[i].answer;
  return g_strdup_printf (ENVELOPE_BEGIN "<m:%sResponse" NAMESPACES "><m:ResponseMessages><m:X ResponseClass='Success'>"
                                         "<m:ResponseCode>NoError</m:ResponseCode>%s</m:X></m:ResponseMessages>"
                                         "</m:%sResponse>" ENVELOPE_END,
                          operation, answer != NULL ? answer : "", operation);
}

/* What is asked, and for whom. */
static void
read_request (GBytes *bytes, char **operation, char **mailbox)
{
  g_autoptr(xmlDoc) doc = ews_xml_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), NULL);
  const xmlNode *root = xmlDocGetRootElement (doc);
  const xmlNode *sid = ews_xml_child (ews_xml_child (ews_xml_child (root, "Header"), "ExchangeImpersonation"),
                                      "ConnectingSID");
  const xmlNode *body = ews_xml_child (ews_xml_child (root, "Body"), NULL);

  *operation = g_strdup (ews_xml_is (body, "GetUserOofSettingsRequest") ? "GetUserOofSettings"
                                                                       : (const char *) body->name);
  *mailbox = ews_xml_dup_child (sid, "SmtpAddress");
  if (*mailbox == NULL)
    *mailbox = g_strdup ("nobody");
}

static gboolean
is_signed_in (FakeExchange *self, SoupMessageHeaders *headers)
{
  g_autofree char *pair = g_strconcat ("svc:", self->password, NULL);
  g_autofree char *encoded = g_base64_encode ((const guchar *) pair, strlen (pair));
  g_autofree char *wanted = g_strconcat ("Basic ", encoded, NULL);

  return g_strcmp0 (soup_message_headers_get_one (headers, "Authorization"), wanted) == 0;
}

static void
on_request (G_GNUC_UNUSED SoupServer *server, SoupServerMessage *message, G_GNUC_UNUSED const char *path,
            G_GNUC_UNUSED GHashTable *query, gpointer user_data)
{
  FakeExchange *self = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  g_autoptr(GBytes) bytes = soup_message_body_flatten (soup_server_message_get_request_body (message));
  g_autofree char *operation = NULL, *mailbox = NULL, *key = NULL, *any = NULL;
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  self->n_requests++;
  read_request (bytes, &operation, &mailbox);
  g_assert_cmpstr (soup_message_headers_get_one (headers, "Content-Type"), ==, "text/xml; charset=utf-8");
  key = g_strdup_printf ("%s %s", operation, mailbox);
  any = g_strdup_printf ("%s *", operation);
  g_string_append_printf (self->log, "%s%s", self->log->len > 0 ? ";" : "", key);
  if (!is_signed_in (self, headers))
    {
      soup_message_headers_append (soup_server_message_get_response_headers (message), "WWW-Authenticate",
                                   "Basic realm=\"mail\"");
      soup_server_message_set_status (message, 401, NULL);
      return;
    }
  if (self->status != 0)
    {
      soup_server_message_set_status (message, self->status, NULL);
      return;
    }

  const char *answer = g_hash_table_lookup (self->answers, key);
  if (answer == NULL)
    answer = g_hash_table_lookup (self->answers, any);
  char *body = make_body (operation, answer);
  soup_server_message_set_status (message, 200, NULL);
  soup_server_message_set_response (message, "text/xml; charset=utf-8", SOUP_MEMORY_TAKE, body, strlen (body));
}

static gboolean
on_end (gpointer user_data)
{
  FakeExchange *self = user_data;

  server_close (self->server);
  g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

static gpointer
run (gpointer data)
{
  FakeExchange *self = data;

  g_main_context_push_thread_default (self->context);
  self->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  guint port = server_listen (self->server, NULL);
  g_atomic_int_set (&self->port, port);
  g_main_loop_run (self->loop);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_clear_object (&self->server);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

FakeExchange *
fake_exchange_new (void)
{
  FakeExchange *self = g_new0 (FakeExchange, 1);

  g_mutex_init (&self->mutex);
  self->password = g_strdup ("right");
  self->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->log = g_string_new (NULL);
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->thread = g_thread_new ("exchange", run, self);
  while (g_atomic_int_get (&self->port) == 0)
    g_thread_yield ();
  return self;
}

void
fake_exchange_free (FakeExchange *self)
{
  g_main_context_invoke (self->context, on_end, self);
  g_thread_join (self->thread);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_hash_table_unref (self->answers);
  g_string_free (self->log, TRUE);
  g_mutex_clear (&self->mutex);
  g_free (self->password);
  g_free (self);
}

guint
fake_exchange_port (FakeExchange *self)
{
  return g_atomic_int_get (&self->port);
}

void
fake_exchange_set_password (FakeExchange *self, const char *password)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  g_free (self->password);
  self->password = g_strdup (password);
}

void
fake_exchange_set_status (FakeExchange *self, guint status)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  self->status = status;
}

void
fake_exchange_set_answer (FakeExchange *self, const char *mailbox, const char *operation, const char *answer)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  g_autofree char *key = g_strdup_printf ("%s %s", operation, mailbox);

  if (answer != NULL)
    g_hash_table_insert (self->answers, g_steal_pointer (&key), g_strdup (answer));
  else
    g_hash_table_remove (self->answers, key);
}

char *
fake_exchange_take_log (FakeExchange *self)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  char *log = g_strdup (self->log->str);

  g_string_truncate (self->log, 0);
  return log;
}

guint
fake_exchange_count (FakeExchange *self)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->n_requests;
}
