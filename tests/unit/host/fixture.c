/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "test-host"

#include "fixture.h"

#include "fixture-settings.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/inside.h"

#define PATIENCE (60 * G_TIME_SPAN_SECOND)
#define PLUGINS_MAX 16

typedef struct
{
  char *instance, *message;
} Logged;

static GMutex logged_mutex;
static GPtrArray *logged; /* Logged, of this test */

static void
logged_free (gpointer data)
{
  Logged *line = data;

  g_free (line->instance);
  g_free (line->message);
  g_free (line);
}

static char *
field_text (const GLogField *field)
{
  return field->length < 0 ? g_strdup (field->value) : g_strndup (field->value, (gsize) field->length);
}

static GLogWriterOutput
on_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  Logged *line = g_new0 (Logged, 1);

  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
    {
      logged_free (line);
      return g_log_writer_default (level, fields, n_fields, user_data);
    }
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MUSTER_INSTANCE"))
      line->instance = field_text (&fields[i]);
    else if (g_str_equal (fields[i].key, "MESSAGE"))
      line->message = field_text (&fields[i]);
  if (line->instance == NULL)
    line->instance = g_strdup (musterd_host_current_instance ());
  if (g_getenv ("MUSTER_TEST_LOG") != NULL)
    g_printerr ("%s\n", line->message);

  g_mutex_lock (&logged_mutex);
  g_ptr_array_add (logged, line);
  g_mutex_unlock (&logged_mutex);
  return G_LOG_WRITER_HANDLED;
}

guint
fixture_n_logged (const char *instance, const char *pattern)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&logged_mutex);
  guint n = 0;

  for (guint i = 0; i < logged->len; i++)
    {
      const Logged *line = g_ptr_array_index (logged, i);

      if (g_strcmp0 (line->instance, instance) == 0 && g_pattern_match_simple (pattern, line->message))
        n++;
    }
  return n;
}

void
fixture_init (int *argc, char ***argv)
{
  logged = g_ptr_array_new_with_free_func (logged_free);
  g_test_init (argc, argv, NULL);
  g_log_set_writer_func (on_log, NULL, NULL);
}

/* Waiting. */

static gboolean
on_tick (gpointer data G_GNUC_UNUSED)
{
  return G_SOURCE_CONTINUE;
}

void
fixture_begin_wait (Fixture *f, const char *what)
{
  f->waiting = what;
  f->deadline = g_get_monotonic_time () + PATIENCE;
}

void
fixture_turn (Fixture *f)
{
  g_main_context_iteration (NULL, TRUE);
  if (g_get_monotonic_time () > f->deadline)
    g_error ("%s: waited in vain for: %s", g_test_get_path (), f->waiting);
}

/* Building up and taking down. */

static void
bring_up (Fixture *f)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *state_dir = g_build_filename (f->dir, "state", NULL);

  f->store = musterd_store_open (state_dir, &error);
  g_assert_no_error (error);
  f->secrets = musterd_secrets_new_with (&(MusterdSecretsOptions){ .state_dir = state_dir });
  f->engine = musterd_engine_new (f->clock, f->store, f->settings, &error);
  g_assert_no_error (error);
  f->dispatch = musterd_dispatch_new (f->engine, f->clock);

  const MusterdHostServices services = {
    .engine = f->engine,
    .dispatch = f->dispatch,
    .clock = f->clock,
    .store = f->store,
    .secrets = f->secrets,
    .plugin_dir = f->plugin_dir,
  };

  f->host = musterd_host_new (&services);
}

static void
on_stopped (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

void
fixture_stop_host (Fixture *f, gint64 timeout)
{
  gboolean stopped = FALSE;

  musterd_host_stop (f->host, timeout, on_stopped, &stopped);
  WAIT_FOR (f, stopped);
}

static void
take_down (Fixture *f)
{
  fixture_stop_host (f, 20 * G_TIME_SPAN_SECOND);
  g_clear_pointer (&f->host, musterd_host_free);
  g_clear_pointer (&f->dispatch, musterd_dispatch_free);
  g_clear_pointer (&f->engine, musterd_engine_free);
  g_clear_pointer (&f->secrets, musterd_secrets_free);
  g_clear_pointer (&f->store, musterd_store_close);
}

void
fixture_restart (Fixture *f)
{
  take_down (f);
  bring_up (f);
}

void
fixture_set_up (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr(GError) error = NULL;

  f->dir = g_dir_make_tmp ("muster-host-XXXXXX", &error);
  g_assert_no_error (error);
  f->plugin_dir = g_build_filename (f->dir, "plugins", NULL);
  g_assert_cmpint (g_mkdir (f->plugin_dir, 0755), ==, 0);
  g_assert_cmpint (g_chmod (f->plugin_dir, 0755), ==, 0);
  f->clock = musterd_clock_new_virtual (NINE);
  f->tick = g_timeout_source_new (5);
  g_source_set_callback (f->tick, on_tick, NULL, NULL);
  g_source_attach (f->tick, NULL);
  g_ptr_array_set_size (logged, 0);
  bring_up (f);
}

static void
remove_tree (const char *path)
{
  if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    {
      g_autoptr(GDir) dir = g_dir_open (path, 0, NULL);
      const char *name;

      while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
        {
          g_autofree char *child = g_build_filename (path, name, NULL);

          remove_tree (child);
        }
    }
  g_remove (path);
}

void
fixture_tear_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  take_down (f);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_source_destroy (f->tick);
  g_source_unref (f->tick);
  musterd_clock_unref (f->clock);
  remove_tree (f->dir);
  g_clear_pointer (&f->settings, musterd_settings_unref);
  g_free (f->plugin_dir);
  g_free (f->dir);
}

/* Plugins and configurations. */

void
fixture_install (Fixture *f, const char *plugins)
{
  g_auto(GStrv) names = g_strsplit (plugins, " ", PLUGINS_MAX);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *file = g_strconcat (names[i], ".so", NULL);
      g_autofree char *from = g_build_filename (BAD_PLUGINS, file, NULL);
      g_autofree char *to = g_build_filename (f->plugin_dir, file, NULL);
      g_autofree char *contents = NULL;
      g_autoptr(GError) error = NULL;
      gsize length = 0;

      g_file_get_contents (from, &contents, &length, &error);
      g_assert_no_error (error);
      g_file_set_contents (to, contents, (gssize) length, &error);
      g_assert_no_error (error);
      g_assert_cmpint (g_chmod (to, 0644), ==, 0);
    }
}

MusterdConfig *
fixture_load (Fixture *f, const char *keyfile)
{
  g_autofree char *path = g_build_filename (f->dir, "muster.conf", NULL);
  g_autoptr(GError) error = NULL;
  MusterdConfig *config;

  g_file_set_contents (path, keyfile, -1, &error);
  g_assert_no_error (error);
  config = musterd_config_load (path, NULL, &error);
  g_assert_no_error (error);
  return config;
}

gboolean
fixture_try_apply (Fixture *f, const char *keyfile, GError **error)
{
  g_autoptr(MusterdConfig) config = fixture_load (f, keyfile);

  return musterd_host_apply (f->host, config, error);
}

void
fixture_apply (Fixture *f, const char *keyfile)
{
  g_autoptr(GError) error = NULL;

  fixture_try_apply (f, keyfile, &error);
  g_assert_no_error (error);
}

/* The kill switch. */

typedef struct
{
  gboolean done;
  GError  *error; /* nullable */
} Paused;

static void
on_paused (const GError *error, gpointer user_data)
{
  Paused *paused = user_data;

  paused->done = TRUE;
  paused->error = error != NULL ? g_error_copy (error) : NULL;
}

gboolean
fixture_pause (Fixture *f, const char *instance, gboolean paused, GError **error)
{
  Paused answer = { FALSE, NULL };

  musterd_host_pause (f->host, instance, paused, on_paused, &answer);
  /* Not before the disk has it. */
  g_assert_false (answer.done);
  WAIT_FOR (f, answer.done);
  if (answer.error == NULL)
    return TRUE;
  g_propagate_error (error, answer.error);
  return FALSE;
}

/* Users. */

static void
on_done (const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

void
fixture_add_user (Fixture *f, const char *id, ...)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GHashTable) attributes = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr(GError) error = NULL;
  gboolean done = FALSE;
  const char *name;
  va_list args;

  va_start (args, id);
  while ((name = va_arg (args, const char *)) != NULL)
    {
      MusterdUserField field;
      const char *value = va_arg (args, const char *);

      if (strchr (name, '.') != NULL)
        g_hash_table_insert (attributes, (gpointer) name, (gpointer) value);
      else
        {
          g_assert_true (musterd_user_field_from_string (name, &field));
          fields[field] = value;
        }
    }
  va_end (args);

  g_autoptr(MusterdUser) user = musterd_user_new (id, fields, attributes, &error);

  g_assert_no_error (error);
  musterd_engine_put_users (f->engine, &user, 1, MUSTERD_PUT_ANY, on_done, &done);
  WAIT_FOR (f, done);
}

void
fixture_remove_user (Fixture *f, const char *id)
{
  gboolean done = FALSE;

  musterd_engine_remove_user (f->engine, id, on_done, &done);
  WAIT_FOR (f, done);
}

void
fixture_set_settings (Fixture *f, MusterdSettings *settings)
{
  g_clear_pointer (&f->settings, musterd_settings_unref);
  f->settings = settings;
  fixture_settings_put (f->engine, settings);
}

void
fixture_move (Fixture *f, gint64 by)
{
  musterd_clock_set (f->clock, musterd_clock_now (f->clock) + by);
}

/* Looking. */

MusterdInstanceInfo *
fixture_info (Fixture *f, const char *instance)
{
  g_autoptr(GPtrArray) list = musterd_host_list (f->host);

  for (guint i = 0; i < list->len; i++)
    if (g_str_equal (((MusterdInstanceInfo *) g_ptr_array_index (list, i))->name, instance))
      {
        g_ptr_array_set_free_func (list, NULL);

        MusterdInstanceInfo *found = g_ptr_array_steal_index (list, i);

        g_ptr_array_set_free_func (list, (GDestroyNotify) musterd_instance_info_free);
        return found;
      }
  return NULL;
}

const char *
fixture_state (Fixture *f, const char *instance)
{
  g_autoptr(MusterdInstanceInfo) info = fixture_info (f, instance);

  return info != NULL ? musterd_instance_state_to_string (info->state) : "";
}

static void
on_read (MusterdLogPage *page, const GError *error G_GNUC_UNUSED, gpointer user_data)
{
  *(MusterdLogPage **) user_data = page;
}

MusterdLogPage *
fixture_read (Fixture *f, const char *instance)
{
  MusterdLogPage *page = NULL;

  musterd_host_follow_log (f->host, instance, 0, 0, on_read, &page);
  return page;
}

guint
fixture_count (Fixture *f, const char *instance, const char *pattern)
{
  g_autoptr(MusterdLogPage) page = fixture_read (f, instance);
  guint n = 0;

  for (guint i = 0; page != NULL && i < page->lines->len; i++)
    if (g_pattern_match_simple (pattern, ((MusterdLogLine *) g_ptr_array_index (page->lines, i))->text))
      n++;
  return n;
}

int
fixture_find (Fixture *f, const char *instance, const char *pattern)
{
  g_autoptr(MusterdLogPage) page = fixture_read (f, instance);

  for (guint i = 0; page != NULL && i < page->lines->len; i++)
    if (g_pattern_match_simple (pattern, ((MusterdLogLine *) g_ptr_array_index (page->lines, i))->text))
      return (int) i;
  return -1;
}

void
fixture_tell (Fixture *f, const char *instance, const char *command)
{
  g_autoptr(GError) error = NULL;

  musterd_host_answer (f->host, instance, NULL, "command", command, &error);
  g_assert_no_error (error);
}

guint
fixture_n_claims (Fixture *f, const char *user, const char *source)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdWhy) why = musterd_engine_why (f->engine, user, &error);
  guint n = 0;

  g_assert_no_error (error);
  for (guint i = 0; i < why->claims->len; i++)
    if (g_str_equal (((MusterdVerdict *) g_ptr_array_index (why->claims, i))->claim->source, source))
      n++;
  return n;
}
