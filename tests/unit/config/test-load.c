/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files and drop-ins become one configuration, or a list of all that is wrong with them. */
#include "config/config.h"

#include <glib/gstdio.h>
#include <string.h>

#define N_FILES 4

typedef struct
{
  const char *name;
  const char *path; /* what --config names, below the test's folder; "" = the folder */
  struct
  {
    const char *path, *text;
  } files[N_FILES];
  const char *dump; /* NULL: refused, with exactly these problems: */
  const char *problems[6];
} LoadCase;

static const LoadCase cases[] = {
  { "minimal", "muster.conf", { { "muster.conf", "[micsync]\nEnabled=required\nuser=alice@example.com\n" } },
    "level=message group=muster; micsync micsync required all employee 1 user=alice@example.com;", { NULL } },
  { "folder", "", { { "muster.conf", "[micsync]\nuser=a\n" } },
    "level=message group=muster; micsync micsync required all employee 1 user=a;", { NULL } },
  { "folder-of-dropins", "", { { "conf.d/a.conf", "[micsync]\nuser=a\n" } },
    "level=message group=muster; micsync micsync required all employee 1 user=a;", { NULL } },
  { "empty-file", "muster.conf", { { "muster.conf", "" } }, "level=message group=muster;", { NULL } },
  { "everything", "muster.conf",
    { { "muster.conf", "[daemon]\nlog-level=debug\nplugin-dir=/opt/a:/opt/b\n[api]\ngroup=presence\n[store]\ndelegations-kept=7d\n"
                       "[ews-stream:hq]\nEnabled=optional\nIsolation=auto\n"
                       "Users=location:Berlin ; domain:@Example.COM;location:Berlin;\nView=assistant\n"
                       "url=https://mail.example.com/EWS/Exchange.asmx\nusername=EXAMPLE\\MAPIAccount\n" } },
    "level=debug group=presence plugins=/opt/a:/opt/b kept=7d; ews-stream:hq ews-stream optional "
    "location:Berlin;domain:example.com assistant 8 url=https://mail.example.com/EWS/Exchange.asmx "
    "username=EXAMPLE\\MAPIAccount;",
    { NULL } },
  { "dropins-in-order-of-bytes", "muster.conf",
    { { "muster.conf", "[a]\nk=main\nl=main\n" },
      { "conf.d/9.conf", "[a]\nk=nine\n" },
      { "conf.d/10.conf", "[a]\nk=ten\nm=ten\n" },
      { "conf.d/a.conf.bak", "[broken\n" } },
    "level=message group=muster; a a required all employee 1 k=nine l=main m=ten;", { NULL } },
  { "dropin-disables", "muster.conf",
    { { "muster.conf", "[a]\nk=v\nEnabled=required\n[b]\n" }, { "conf.d/90-a.conf", "[a]\nEnabled=no\n" } },
    "level=message group=muster; a a no all employee 1 k=v; b b required all employee 4;", { NULL } },
  { "dropin-adds", "muster.conf",
    { { "muster.conf", "[a]\n" }, { "conf.d/x.conf", "[b:1]\nEnabled=optional\n[daemon]\nlog-level=info\n" } },
    "level=info group=muster; a a required all employee 1; b:1 b optional all employee 1;", { NULL } },
  { "other-file-name", "desk.conf",
    { { "desk.conf", "[a]\n" }, { "conf.d/x.conf", "[b]\n" }, { "desk.conf.d/y.conf", "[c]\n" } },
    "level=message group=muster; a a required all employee 1; c c required all employee 1;", { NULL } },

  { "no-such-file", "missing.conf", { { NULL, NULL } }, NULL, { "*/missing.conf: reading the file: No such file*" } },
  { "empty-folder", "", { { NULL, NULL } }, NULL, { "*/muster.conf: reading the file: No such file*" } },
  { "dropins-are-a-file", "muster.conf", { { "muster.conf", "" }, { "conf.d", "" } }, NULL,
    { "*/conf.d: reading the folder of drop-ins: *" } },
  { "unknown-daemon-key", "muster.conf", { { "muster.conf", "[daemon]\nloglevel=debug\n" } }, NULL,
    { "*/muster.conf:2: [daemon] unknown key 'loglevel': did you mean log-level?" } },
  { "unknown-api-key", "muster.conf", { { "muster.conf", "[api]\nsocket=/x\n" } }, NULL,
    { "*:2: [api] unknown key 'socket': known here: group, listen, certificate, key, connections-per-peer" } },
  { "listen-unencrypted", "muster.conf", { { "muster.conf", "[api]\nlisten=0.0.0.0:80\n" } }, NULL,
    { "*/muster.conf:2: [api] listen: tokens and presences would go through the network unencrypted: *" } },
  { "listen-nonsense", "muster.conf", { { "muster.conf", "[api]\nlisten=here\n" } }, NULL,
    { "*/muster.conf:2: [api] listen: expected ADDRESS:PORT *, got 'here'" } },
  { "certificate-alone", "muster.conf", { { "muster.conf", "[api]\ncertificate=/c.pem\n" } }, NULL,
    { "*: [api] certificate and key: one is set without the other: name the PEM files of both" } },
  { "unknown-store-key", "muster.conf", { { "muster.conf", "[store]\npath=/tmp\n" } }, NULL,
    { "*:2: [store] unknown key 'path': known here: delegations-kept" } },
  { "days-kept", "muster.conf", { { "muster.conf", "[store]\ndelegations-kept=90\n" } }, NULL,
    { "*:2: [store] delegations-kept: expected a number of days from 1d to 3650d, got '90'" } },
  { "no-days-kept", "muster.conf", { { "muster.conf", "[store]\ndelegations-kept=0d\n" } }, NULL,
    { "*:2: [store] delegations-kept: expected a number of days from 1d to 3650d, got '0d'" } },
  { "core-group-case", "muster.conf", { { "muster.conf", "[Daemon]\nlog-level=info\n" } }, NULL,
    { "*:1: [Daemon]: did you mean [daemon]?" } },
  { "log-level", "muster.conf", { { "muster.conf", "[daemon]\nlog-level=verbose\n" } }, NULL,
    { "*:2: [daemon] log-level: expected warning, message, info or debug, got 'verbose'" } },
  { "plugin-dir", "muster.conf", { { "muster.conf", "[daemon]\nplugin-dir=/a:plugins\n" } }, NULL,
    { "*:2: [daemon] plugin-dir: expected an absolute path*" } },
  { "socket-group", "muster.conf", { { "muster.conf", "[api]\ngroup=-g 0\n" } }, NULL,
    { "*:2: [api] group: expected the name of a group*" } },
  { "plugin-case", "muster.conf", { { "muster.conf", "[MicSync:hq]\n" } }, NULL,
    { "*:1: [MicSync:hq]: no plugin is called 'MicSync'*did you mean [micsync:hq]?" } },
  { "plugin-name", "muster.conf", { { "muster.conf", "[mic.sync]\n" } }, NULL,
    { "*:1: [mic.sync]: a plugin is called*" } },
  { "instance-empty", "muster.conf", { { "muster.conf", "[a:]\n" } }, NULL, { "*:1: [a:]: an instance is called*" } },
  { "instance-twice", "muster.conf", { { "muster.conf", "[a:b:c]\n" } }, NULL,
    { "*:1: [a:b:c]: an instance is called*" } },
  { "name-of-clients", "muster.conf", { { "muster.conf", "[clients]\n" } }, NULL,
    { "*:1: [clients]: this is the name of what desktops say*[clients:NAME]*" } },
  { "instance-of-clients", "muster.conf", { { "muster.conf", "[clients:a]\n" } },
    "level=message group=muster; clients:a clients required all employee 1;", { NULL } },
  { "instance-dot", "muster.conf", { { "muster.conf", "[a:.b]\n" } }, NULL, { "*:1: [a:.b]: an instance is called*" } },
  { "enabled", "muster.conf", { { "muster.conf", "[a]\nEnabled=yes\n" } }, NULL,
    { "*:2: [a] Enabled: expected required, optional or no, got 'yes'" } },
  { "enabled-comment", "muster.conf", { { "muster.conf", "[a]\nEnabled=no   # later\n" } }, NULL,
    { "*:2: [a] Enabled: expected*; a comment needs a line of its own" } },
  { "enabled-case", "muster.conf", { { "muster.conf", "[a]\nenabled=no\n" } }, NULL,
    { "*:2: [a] unknown key 'enabled': did you mean Enabled?" } },
  { "isolation-process", "muster.conf", { { "muster.conf", "[a]\nIsolation=process\n" } }, NULL,
    { "*:2: [a] Isolation: process is not built yet in this version: use auto or direct" } },
  { "isolation", "muster.conf", { { "muster.conf", "[a]\nIsolation=thread\n" } }, NULL,
    { "*:2: [a] Isolation: expected auto or direct, got 'thread'" } },
  { "host-group", "muster.conf", { { "muster.conf", "[a]\nHostGroup=x\n" } }, NULL,
    { "*:2: [a] HostGroup belongs to Isolation=process*" } },
  { "users-empty", "muster.conf", { { "muster.conf", "[a]\nUsers=\n" } }, NULL,
    { "*:2: [a] Users: the value is empty: for no users at all write Enabled=no" } },
  { "users-kind", "muster.conf", { { "muster.conf", "[a]\nUsers=all;team:x\n" } }, NULL,
    { "*:2: [a] Users: expected all, or location:NAME*got 'team:x'" } },
  { "users-no-name", "muster.conf", { { "muster.conf", "[a]\nUsers=group:\n" } }, NULL,
    { "*:2: [a] Users: expected all*got 'group:'" } },
  { "users-all-and-more", "muster.conf", { { "muster.conf", "[a]\nUsers=all;group:x\n" } }, NULL,
    { "*:2: [a] Users: all stands beside other selectors*" } },
  { "view-blocked", "muster.conf", { { "muster.conf", "[a]\nView=blocked\n" } }, NULL,
    { "*:2: [a] View: expected one of employee, team-colleague, assistant, assistant-plus, owner, got 'blocked'" } },
  { "view-unknown", "muster.conf", { { "muster.conf", "[a]\nView=everybody\n" } }, NULL,
    { "*:2: [a] View: expected one of employee*" } },
  { "all-are-reported", "muster.conf",
    { { "muster.conf", "stray\n[daemon]\nlevel=1\n[a]\nEnabled=1\n" }, { "conf.d/x.conf", "[b]\nView=\n[B]\n" } },
    NULL,
    { "*/muster.conf:1: the line is neither*", "*/muster.conf:3: [daemon] unknown key 'level'*",
      "*/muster.conf:5: [a] Enabled*", "*/conf.d/x.conf:2: [b] View*", "*/conf.d/x.conf:3: [B]: *did you mean [b]?" } },
};

static void
remove_tree (const char *path)
{
  g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_assert_cmpint (g_remove (path), ==, 0);
}

static char *
make_folder (void)
{
  g_autoptr(GError) error = NULL;
  char *folder = g_dir_make_tmp ("muster-config-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

static void
write_file (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autoptr(GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static char *
dump (const MusterdConfig *config)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "level=%s group=%s", config->log_level, config->socket_group);
  if (config->plugin_dir != NULL)
    g_string_append_printf (text, " plugins=%s", config->plugin_dir);
  if (musterd_config_get_delegations_kept (config) != 90 * G_TIME_SPAN_DAY)
    g_string_append_printf (text, " kept=%s", config->delegations_kept);
  g_string_append (text, ";");
  for (guint i = 0; i < config->instances->len; i++)
    {
      const MusterdInstanceConfig *instance = g_ptr_array_index (config->instances, i);

      g_string_append_printf (text, " %s %s %s %s %s %u", instance->name, instance->plugin,
                              musterd_enabled_to_string (instance->enabled), instance->users, instance->view,
                              instance->line);
      for (guint j = 0; j < instance->entries->len; j++)
        {
          const MusterdEntry *entry = g_ptr_array_index (instance->entries, j);

          g_string_append_printf (text, " %s=%s", entry->key, entry->value);
        }
      g_string_append (text, ";");
    }
  return g_string_free (text, FALSE);
}

static void
test_load (gconstpointer data)
{
  const LoadCase *c = data;
  g_autofree char *folder = make_folder ();
  g_autofree char *path = c->path[0] != '\0' ? g_build_filename (folder, c->path, NULL) : g_strdup (folder);
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr(GError) error = NULL;

  for (gsize i = 0; i < N_FILES && c->files[i].path != NULL; i++)
    write_file (folder, c->files[i].path, c->files[i].text);

  g_autoptr(MusterdConfig) config = musterd_config_load (path, problems, &error);

  remove_tree (folder);
  for (guint i = 0; i < problems->len; i++)
    {
      const char *problem = g_ptr_array_index (problems, i);

      g_test_message ("%s", problem);
      g_assert_cmpuint (i, <, G_N_ELEMENTS (c->problems));
      if (c->problems[i] == NULL || !g_pattern_match_simple (c->problems[i], problem))
        g_error ("expected \"%s\", got \"%s\"", c->problems[i], problem);
      g_assert_nonnull (strstr (error->message, problem));
    }
  if (problems->len < G_N_ELEMENTS (c->problems))
    g_assert_cmpstr (c->problems[problems->len], ==, NULL);

  if (c->dump == NULL)
    {
      g_assert_null (config);
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFIG);
      return;
    }
  g_assert_no_error (error);
  g_autofree char *found = dump (config);
  g_assert_cmpstr (found, ==, c->dump);
}

static void
test_embedded (void)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdConfig) config = musterd_config_load (NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (config->instances->len, ==, 0);
  g_assert_cmpstr (config->origin, ==, "the embedded default");
  g_assert_null (config->dropin_dir);
  g_assert_cmpuint (config->files->len, ==, 1);

  g_assert_false (musterd_config_write_enabled (config, "micsync", MUSTERD_ENABLED_NO, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
}

/* What is installed as an example is a configuration. */
static void
test_samples (void)
{
  static const char *const names[] = { "muster.conf", "demo.conf", "default.conf" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_test_build_filename (G_TEST_DIST, names[i], NULL);
      g_autoptr(GError) error = NULL;
      g_autoptr(MusterdConfig) config = musterd_config_load (path, NULL, &error);

      g_assert_no_error (error);
      g_assert_nonnull (config);
    }
}

static MusterdConfig *
load (const char *folder)
{
  g_autoptr(GError) error = NULL;
  MusterdConfig *config = musterd_config_load (folder, NULL, &error);

  g_assert_no_error (error);
  return config;
}

static void
test_write_enabled (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *dropin = g_build_filename (folder, "conf.d", "90-ews-stream:hq.conf", NULL);
  g_autofree char *contents = NULL;
  g_autoptr(GError) error = NULL;

  write_file (folder, "muster.conf", "[ews-stream:hq]\nurl=https://x.example/\n");
  {
    g_autoptr(MusterdConfig) config = load (folder);
    g_autofree char *path = musterd_config_dropin_path (config, "ews-stream:hq");

    g_assert_cmpstr (path, ==, dropin);
    g_assert_false (musterd_config_write_enabled (config, "ews-stream", MUSTERD_ENABLED_NO, &error));
    g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
    g_clear_error (&error);
    g_assert_true (musterd_config_write_enabled (config, "ews-stream:hq", MUSTERD_ENABLED_NO, &error));
    g_assert_no_error (error);
  }
  g_assert_true (g_file_get_contents (dropin, &contents, NULL, NULL));
  g_assert_nonnull (strstr (contents, "musterctl"));
  {
    g_autoptr(MusterdConfig) config = load (folder);
    const MusterdInstanceConfig *instance = musterd_config_find (config, "ews-stream:hq");

    g_assert_cmpint (instance->enabled, ==, MUSTERD_ENABLED_NO);
    g_assert_cmpstr (instance->enabled_file, ==, dropin);
    g_assert_cmpuint (instance->enabled_line, ==, 3);
    g_assert_true (g_str_has_suffix (instance->file, "/muster.conf"));
    g_assert_true (musterd_config_write_enabled (config, "ews-stream:hq", MUSTERD_ENABLED_OPTIONAL, &error));
    g_assert_no_error (error);
  }
  {
    g_autoptr(MusterdConfig) config = load (folder);

    g_assert_cmpint (musterd_config_find (config, "ews-stream:hq")->enabled, ==, MUSTERD_ENABLED_OPTIONAL);

    write_file (folder, "conf.d/90-ews-stream:hq.conf", "[ews-stream:hq]\nEnabled=no\nmine=1\n");
    g_assert_false (musterd_config_write_enabled (config, "ews-stream:hq", MUSTERD_ENABLED_REQUIRED, &error));
    g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT);
  }
  remove_tree (folder);
}

static void
test_equal (void)
{
  static const struct
  {
    const char *a, *b;
    gboolean equal;
  } pairs[] = {
    { "[x]\nk=1\nl=2\n", "# moved\n[x]\nl=2\nk=1\n", TRUE },
    { "[x]\nk=1\n", "[x]\nk=2\n", FALSE },
    { "[x]\nk=1\n", "[x]\nk=1\nl=2\n", FALSE },
    { "[x]\nk=1\n", "[x]\nl=1\n", FALSE },
    { "[x]\n", "[x]\nEnabled=optional\n", FALSE },
    { "[x]\n", "[x]\nEnabled=required\nUsers=all\nView=employee\n", TRUE },
    { "[x]\nUsers=group:a\n", "[x]\nUsers=group:b\n", FALSE },
    { "[x]\nView=employee\n", "[x]\nView=assistant\n", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autofree char *folder = make_folder ();

      write_file (folder, "a.conf", pairs[i].a);
      write_file (folder, "b.conf", pairs[i].b);
      g_autofree char *a_path = g_build_filename (folder, "a.conf", NULL);
      g_autofree char *b_path = g_build_filename (folder, "b.conf", NULL);
      g_autoptr(MusterdConfig) a = load (a_path);
      g_autoptr(MusterdConfig) b = load (b_path);

      g_assert_cmpint (musterd_instance_config_equal (musterd_config_find (a, "x"), musterd_config_find (b, "x")), ==,
                       pairs[i].equal);
      remove_tree (folder);
    }
}

static void
test_many_instances (void)
{
  g_autofree char *folder = make_folder ();
  g_autoptr(GString) text = g_string_new (NULL);
  g_autoptr(GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);

  for (int i = 0; i < MUSTERD_INSTANCES_MAX + 5; i++)
    g_string_append_printf (text, "[x:%d]\n", i);
  write_file (folder, "muster.conf", text->str);

  g_autoptr(MusterdConfig) config = musterd_config_load (folder, problems, NULL);

  g_assert_null (config);
  g_assert_cmpuint (problems->len, ==, 1);
  g_assert_true (
      g_str_has_suffix (g_ptr_array_index (problems, 0), ":257: [x:256]: there are more than 256 instances"));
  remove_tree (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/config/load/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_load);
    }
  g_test_add_func ("/config/embedded", test_embedded);
  g_test_add_func ("/config/samples", test_samples);
  g_test_add_func ("/config/write-enabled", test_write_enabled);
  g_test_add_func ("/config/equal", test_equal);
  g_test_add_func ("/config/many-instances", test_many_instances);
  return g_test_run ();
}
