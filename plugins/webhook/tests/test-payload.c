/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "payload.h"
#include "signature.h"

#include "muster/muster-host.h"

#define SECOND G_TIME_SPAN_SECOND
#define TEN (G_GINT64_CONSTANT (1795341600) * SECOND) /* 2026-11-22T10:00:00Z */

typedef struct
{
  const char       *name;
  MusterDesiredData desired;
  const char       *presence;
} PayloadCase;

static const PayloadCase payload_cases[] = {
  { "everything",
    { .status = MUSTER_STATUS_BUSY, .text = "Zoom", .template_name = "MicSync", .kind = "microphone",
      .telephony = MUSTER_TELEPHONY_ON_THE_PHONE, .telephony_label = "+49 30 1", .reach = MUSTER_REACH_ON_THE_PHONE,
      .since = TEN, .until = TEN + 3600 * SECOND, .next_free = TEN + 7200 * SECOND, .revision = 42 },
    "{\"status\":\"busy\",\"text\":\"Zoom\",\"template\":\"MicSync\",\"since\":\"2026-11-22T10:00:00Z\","
    "\"until\":\"2026-11-22T11:00:00Z\",\"next_free\":\"2026-11-22T12:00:00Z\","
    "\"telephony\":{\"state\":\"on-the-phone\",\"label\":\"+49 30 1\"},\"reach\":\"on-the-phone\","
    "\"kind\":\"microphone\",\"revision\":42}" },
  { "nothing-known",
    { .status = MUSTER_STATUS_AVAILABLE, .since = TEN + 250 * G_TIME_SPAN_MILLISECOND, .until = MUSTER_OPEN_ENDED,
      .next_free = MUSTER_OPEN_ENDED, .revision = 1 },
    "{\"status\":\"available\",\"text\":null,\"template\":null,\"since\":\"2026-11-22T10:00:00.250Z\","
    "\"until\":null,\"next_free\":null,\"telephony\":{\"state\":\"none\",\"label\":null},\"reach\":\"free\","
    "\"kind\":null,\"revision\":1}" },
  { "hostile-text",
    { .status = MUSTER_STATUS_BUSY, .text = "\"},\n\\ é", .since = TEN, .until = MUSTER_OPEN_ENDED,
      .next_free = MUSTER_OPEN_ENDED, .reach = MUSTER_REACH_BUSY, .revision = G_MAXINT64 },
    "{\"status\":\"busy\",\"text\":\"\\\"},\\n\\\\ é\",\"template\":null,\"since\":\"2026-11-22T10:00:00Z\","
    "\"until\":null,\"next_free\":null,\"telephony\":{\"state\":\"none\",\"label\":null},\"reach\":\"busy\","
    "\"kind\":null,\"revision\":9223372036854775807}" },
};

static void
test_payload (gconstpointer data)
{
  const PayloadCase *c = data;
  const MusterUserData user_data = { .id = "alice@example.com", .name = "Alice Adams" };
  g_autoptr(MusterUser) user = muster_user_new (&user_data);
  g_autoptr(MusterDesired) desired = muster_desired_new (&c->desired, ~G_GUINT64_CONSTANT (0));
  g_autoptr(GBytes) body = payload_new ("webhook:door", user, desired);
  g_autofree char *text = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  g_autofree char *expected
      = g_strconcat ("{\"event\":\"presence\",\"instance\":\"webhook:door\",\"user\":{\"id\":\"alice@example.com\","
                     "\"name\":\"Alice Adams\"},\"presence\":",
                     c->presence, "}", NULL);

  g_assert_cmpstr (text, ==, expected);
}

typedef struct
{
  const char *name, *key;
  gint64      time;
  const char *body, *signature;
} SignatureCase;

/* Each made with: printf '%s' TIME.BODY | openssl dgst -sha256 -hmac KEY */
static const SignatureCase signature_cases[] = {
  { "usual", "s3cret", 1795341600, "{\"a\":1}",
    "t=1795341600,v1=280c7718ad9a0e914dc8b2c1f46015a0bc487f65ae5514d2e39d40180857b0d9" },
  { "empty-body", "k", 0, "", "t=0,v1=6b4a4b8b3c40f1e8f53a3d36682e5f99f7ad2ac1df1c93dfe336f329167641e7" },
};

static void
test_signature (gconstpointer data)
{
  const SignatureCase *c = data;
  g_autoptr(GBytes) body = g_bytes_new_static (c->body, strlen (c->body));
  g_autofree char *signature = signature_new (c->key, c->time, body);

  g_assert_cmpstr (signature, ==, c->signature);
}

static void
test_delivery_id (void)
{
  g_autoptr(GBytes) body = g_bytes_new_static ("{\"a\":1}", 7);
  g_autofree char *id = delivery_id_new (body);

  g_assert_cmpstr (id, ==, "015abd7f5cc57a2dd94b7590f04ad808");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (payload_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/webhook/payload/", payload_cases[i].name, NULL);
      g_test_add_data_func (path, &payload_cases[i], test_payload);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (signature_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/webhook/signature/", signature_cases[i].name, NULL);
      g_test_add_data_func (path, &signature_cases[i], test_signature);
    }
  g_test_add_func ("/webhook/delivery-id", test_delivery_id);
  return g_test_run ();
}
