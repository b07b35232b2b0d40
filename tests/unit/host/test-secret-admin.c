/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets as administrators see and change them, and what instances that refer to them notice of it. */
#define G_LOG_DOMAIN "test-host"

#include "fixture.h"

#include <string.h>

#define ALICE "alice@example.com"

typedef struct
{
  MusterdSecretPlace   place;
  char                *restarted; /* nullable; names separated by blanks */
  MusterdSecretReport *report;    /* nullable */
  GError              *error;     /* nullable */
  gboolean             done;
} Reply;

static void
reply_clear (Reply *reply)
{
  g_clear_pointer (&reply->restarted, g_free);
  g_clear_pointer (&reply->report, musterd_secret_report_free);
  g_clear_error (&reply->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reply, reply_clear)

static void
on_changed (const MusterdSecretChange *change, const GError *error, gpointer data)
{
  Reply *reply = data;
  g_autoptr(GString) names = g_string_new (NULL);

  for (guint i = 0; i < change->restarted->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? " " : "", (const char *) change->restarted->pdata[i]);
  reply->place = change->place;
  reply->restarted = g_strdup (names->str);
  reply->error = error != NULL ? g_error_copy (error) : NULL;
  reply->done = TRUE;
}

static void
on_listed (MusterdSecretReport *report, const GError *error, gpointer data)
{
  Reply *reply = data;

  reply->report = report;
  reply->error = error != NULL ? g_error_copy (error) : NULL;
  reply->done = TRUE;
}

static void
set (Fixture *f, const char *name, const char *secret, const char *restarted)
{
  g_auto(Reply) reply = { 0 };

  musterd_host_set_secret (f->host, name, secret, on_changed, &reply);
  WAIT_FOR (f, reply.done);
  g_assert_no_error (reply.error);
  g_assert_cmpint (reply.place, ==, MUSTERD_SECRET_FILE);
  g_assert_cmpstr (reply.restarted, ==, restarted);
}

static void
begin (Fixture *f, const char *keyfile)
{
  fixture_install (f, "good start-fails");
  fixture_add_user (f, ALICE, NULL);
  fixture_apply (f, keyfile);
}

static guint
n_anew (Fixture *f, const char *instance)
{
  return fixture_count (f, instance, "it is started anew: its secret has changed");
}

static void
test_restart (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto(Reply) removed = { 0 };
  g_auto(Reply) again = { 0 };

  begin (f, "[good]\npassword=secret:shared\n[good:two]\npassword=secret:shared\n[good:three]\npassword=secret:other\n"
            "[good:four]\n[good:five]\nEnabled=no\npassword=secret:shared\n");
  WAIT_FOR (f, fixture_count (f, "good:four", "apply alice*") == 1);
  WAIT_FOR (f, fixture_count (f, "good", "apply alice*") == 1 && fixture_count (f, "good:two", "apply alice*") == 1
                   && fixture_count (f, "good:three", "apply alice*") == 1);

  set (f, "shared", "abcdefg", "good good:two");
  WAIT_FOR (f, fixture_count (f, "good", "apply alice*") == 2 && fixture_count (f, "good:two", "apply alice*") == 2);
  fixture_tell (f, "good", "secret-get password");
  WAIT_FOR (f, fixture_count (f, "good", "secret: 7 ") == 1);
  g_assert_cmpuint (n_anew (f, "good:three"), ==, 0);
  g_assert_cmpuint (n_anew (f, "good:four"), ==, 0);
  g_assert_cmpstr (fixture_state (f, "good:five"), ==, "disabled");
  set (f, "nobodys", "abcdefg", "");

  musterd_host_remove_secret (f->host, "shared", on_changed, &removed);
  WAIT_FOR (f, removed.done);
  g_assert_no_error (removed.error);
  g_assert_cmpstr (removed.restarted, ==, "good good:two");
  WAIT_FOR (f, fixture_count (f, "good", "apply alice*") == 3);
  /* Where nothing happened, nobody is started anew. */
  musterd_host_remove_secret (f->host, "shared", on_changed, &again);
  WAIT_FOR (f, again.done);
  g_assert_error (again.error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_assert_cmpstr (again.restarted, ==, "");
  g_assert_cmpuint (n_anew (f, "good"), ==, 2);
}

/* One that had given up may only have wanted for it. */
static void
test_restart_failed (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  MusterdInstance *instance = NULL;

  begin (f, "[good]\npassword=secret:shared\n");
  WAIT_FOR (f, fixture_count (f, "good", "apply alice*") == 1);
  instance = musterd_host_find (f->host, "good");
  instance->failed = TRUE;
  musterd_instance_stop (instance, MUSTERD_SECOND);
  WAIT_FOR (f, instance->phase == MUSTERD_PHASE_IDLE);
  set (f, "shared", "abcdefg", "good");
  WAIT_FOR (f, fixture_count (f, "good", "apply alice*") == 2);
}

/* What a plugin stores itself concerns nobody else, and does not stop it. */
static void
test_put_by_plugin (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  begin (f, "[good]\npassword=secret:shared\n");
  WAIT_FOR (f, fixture_count (f, "good", "apply alice*") == 1);
  fixture_tell (f, "good", "secret-put password abcdefg");
  WAIT_FOR (f, fixture_count (f, "good", "kept: yes") == 1);
  fixture_tell (f, "good", "secret-get password");
  WAIT_FOR (f, fixture_count (f, "good", "secret: 7 ") == 1);
  g_assert_cmpuint (n_anew (f, "good"), ==, 0);
}

/* Whatever an administrator writes into a keyfile, the key that seals goes to no plugin. */
static void
test_key_name (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto(Reply) reply = { 0 };

  begin (f, "[good]\npassword=secret:muster-secret-key\n");
  WAIT_FOR (f, fixture_count (f, "good", "apply alice*") == 1);
  fixture_tell (f, "good", "secret-get password");
  WAIT_FOR (f, fixture_count (f, "good", "secret: -1 *muster-secret-key*nobody's secret*") == 1);
  fixture_tell (f, "good", "secret-put password abcdefg");
  WAIT_FOR (f, fixture_count (f, "good", "kept: *nobody's secret*") == 1);
  musterd_host_set_secret (f->host, "muster-secret-key", "abcdefg", on_changed, &reply);
  WAIT_FOR (f, reply.done);
  g_assert_error (reply.error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN);
  g_assert_cmpstr (reply.restarted, ==, "");
}

static char *
describe_uses (const MusterdSecretReport *report)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < report->uses->len; i++)
    {
      const MusterdSecretUse *use = report->uses->pdata[i];

      g_string_append_printf (text, "%s %s %s\n", use->name, use->instance, use->option);
    }
  return g_string_free (text, FALSE);
}

/* Also of what is disabled, whose plugin was never opened. */
static void
test_list (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_auto(Reply) reply = { 0 };
  g_autofree char *uses = NULL;

  begin (f, "[good]\npassword=secret:shared\n[good:two]\npassword=secret:other\n"
            "[start-fails]\nEnabled=no\nkey=secret:shared\nword=secrets\nnone=secret:\n");
  WAIT_FOR (f, fixture_count (f, "good:two", "apply alice*") == 1);
  set (f, "shared", "abcdefg", "good");
  musterd_host_list_secrets (f->host, on_listed, &reply);
  WAIT_FOR (f, reply.done);
  g_assert_no_error (reply.error);
  uses = describe_uses (reply.report);
  g_assert_cmpstr (uses, ==, "shared good password\nother good:two password\nshared start-fails key\n");
  g_assert_cmpuint (reply.report->list->items->len, ==, 1);
  g_assert_cmpstr (((MusterdSecretItem *) reply.report->list->items->pdata[0])->name, ==, "shared");
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("/host/secret-admin/restart", test_restart);
  ADD ("/host/secret-admin/restart-failed", test_restart_failed);
  ADD ("/host/secret-admin/put-by-plugin", test_put_by_plugin);
  ADD ("/host/secret-admin/key-name", test_key_name);
  ADD ("/host/secret-admin/list", test_list);
  return g_test_run ();
}
