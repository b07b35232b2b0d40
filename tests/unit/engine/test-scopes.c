/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings by location, group and user, through the engine and its store: policies that flip, resets, templates in use,
 * users who move. */
#include "engine/scopes.h"

#include <glib/gstdio.h>

#include "settings/forward.h"

#define T0 (G_GINT64_CONSTANT (1772438400) * MUSTERD_SECOND) /* Monday 2026-03-02 08:00 UTC */
#define WATCHDOG_SECONDS 60

typedef struct
{
  char          *dir;
  MusterdClock  *clock;
  MusterdStore  *store;
  MusterdEngine *engine;
  GString       *told; /* users whose data or settings changed */
  guint          n_done, n_asked;
  GError        *error; /* nullable: of the last command */
} Fixture;

static void
on_users (MusterdUser *const *changed, gsize n_changed, const char *const *removed G_GNUC_UNUSED,
          gsize n_removed G_GNUC_UNUSED, gpointer data)
{
  for (gsize i = 0; i < n_changed; i++)
    g_string_append_printf (((Fixture *) data)->told, "%s ", changed[i]->id);
}

static void
on_done (const GError *error, gpointer data)
{
  Fixture *fixture = data;

  g_clear_error (&fixture->error);
  fixture->error = error != NULL ? g_error_copy (error) : NULL;
  fixture->n_done++;
}

static void
await (Fixture *fixture)
{
  fixture->n_asked++;
  while (fixture->n_done < fixture->n_asked)
    g_main_context_iteration (NULL, TRUE);
}

static void
open_engine (Fixture *fixture)
{
  g_autoptr(GError) error = NULL;

  fixture->store = musterd_store_open (fixture->dir, &error);
  g_assert_no_error (error);
  fixture->engine = musterd_engine_new (fixture->clock, fixture->store, NULL, &error);
  g_assert_no_error (error);
  musterd_engine_listen (fixture->engine, NULL, on_users, fixture);
}

static void
close_engine (Fixture *fixture)
{
  musterd_engine_free (fixture->engine);
  musterd_store_close (fixture->store);
}

static void
put_user (Fixture *fixture, const char *id, const char *location, const char *group)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = NULL;

  fields[MUSTERD_USER_LOCATION] = location;
  fields[MUSTERD_USER_GROUP] = group;
  fields[MUSTERD_USER_MOBILE] = "0170";
  user = musterd_user_new (id, fields, NULL, &error);
  g_assert_no_error (error);
  musterd_engine_put_users (fixture->engine, &user, 1, MUSTERD_PUT_ANY, on_done, fixture);
  await (fixture);
  g_assert_no_error (fixture->error);
}

static gboolean
on_watchdog (gpointer data)
{
  g_error ("%s: nothing happens any more", (const char *) data);
  return G_SOURCE_REMOVE;
}

static void
set_up (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  fixture->dir = g_dir_make_tmp ("muster-scopes-XXXXXX", NULL);
  fixture->clock = musterd_clock_new_virtual (T0);
  fixture->told = g_string_new (NULL);
  g_timeout_add_seconds (WATCHDOG_SECONDS, on_watchdog, (gpointer) g_test_get_path ());
  open_engine (fixture);
  put_user (fixture, "alice", "Berlin", "Sales");
  put_user (fixture, "bob", "Berlin", NULL);
  put_user (fixture, "carol", "Paris", "Sales");
  put_user (fixture, "dave", NULL, NULL);
  g_string_truncate (fixture->told, 0);
}

static void
remove_files (const char *dir)
{
  g_autoptr(GDir) entries = g_dir_open (dir, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (entries)) != NULL)
    {
      g_autofree char *path = g_build_filename (dir, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR))
        remove_files (path);
      else
        g_unlink (path);
    }
  g_rmdir (dir);
}

static void
tear_down (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  close_engine (fixture);
  musterd_clock_unref (fixture->clock);
  remove_files (fixture->dir);
  g_free (fixture->dir);
  g_string_free (fixture->told, TRUE);
  g_clear_error (&fixture->error);
  while (g_source_remove_by_user_data ((gpointer) g_test_get_path ()))
    ;
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
restart (Fixture *fixture)
{
  close_engine (fixture);
  open_engine (fixture);
}

/* `what`: "block.option=value", "block.option" (inherited again) or "block:policy". */
static void
try_change (Fixture *fixture, const char *scope, const char *what)
{
  g_auto(GStrv) assignment = g_strsplit (what, "=", 2);
  g_auto(GStrv) name = g_strsplit_set (assignment[0], ".:", 2);
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);
  MusterdPolicy policy = MUSTERD_POLICY_INHERIT;

  if (strchr (assignment[0], ':') != NULL)
    {
      g_assert_true (musterd_policy_from_string (name[1], &policy));
      g_ptr_array_add (changes, musterd_setting_change_new (name[0], NULL, NULL, policy));
    }
  else
    g_ptr_array_add (changes, musterd_setting_change_new (name[0], name[1], assignment[1], policy));
  musterd_engine_change_settings (fixture->engine, scope, changes, NULL, on_done, fixture);
  await (fixture);
}

static void
change (Fixture *fixture, const char *scope, const char *what)
{
  try_change (fixture, scope, what);
  g_assert_no_error (fixture->error);
}

static void
assert_refused (Fixture *fixture, int code, const char *like)
{
  g_assert_error (fixture->error, MUSTERD_ERROR, code);
  if (!g_pattern_match_simple (like, fixture->error->message))
    g_error ("'%s' is not like '%s'", fixture->error->message, like);
}

static const MusterdSettings *
settings_of (Fixture *fixture, const char *user)
{
  return musterd_engine_get_settings (fixture->engine, user);
}

static void
test_layers (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_assert_false (settings_of (fixture, "alice")->subject_as_text);
  g_assert_true (settings_of (fixture, "bob")->standard_role != NULL);

  change (fixture, "all", "calendar.days-ahead=10");
  g_assert_cmpstr (fixture->told->str, !=, "");
  g_assert_cmpuint (settings_of (fixture, "alice")->days_ahead, ==, 10);
  g_assert_cmpuint (settings_of (fixture, "dave")->days_ahead, ==, 10);
  g_string_truncate (fixture->told, 0);

  change (fixture, "location:Berlin", "calendar.days-ahead=20");
  g_assert_cmpuint (settings_of (fixture, "alice")->days_ahead, ==, 20);
  g_assert_cmpuint (settings_of (fixture, "bob")->days_ahead, ==, 20);
  g_assert_cmpuint (settings_of (fixture, "carol")->days_ahead, ==, 10);
  g_assert_null (strstr (fixture->told->str, "carol"));
  g_assert_nonnull (strstr (fixture->told->str, "alice"));

  change (fixture, "group:Sales", "calendar.days-ahead=30");
  g_assert_cmpuint (settings_of (fixture, "alice")->days_ahead, ==, 30);
  g_assert_cmpuint (settings_of (fixture, "carol")->days_ahead, ==, 30);
  g_assert_cmpuint (settings_of (fixture, "bob")->days_ahead, ==, 20);

  restart (fixture);
  g_assert_cmpuint (settings_of (fixture, "alice")->days_ahead, ==, 30);
  g_assert_cmpuint (settings_of (fixture, "bob")->days_ahead, ==, 20);
  g_assert_cmpuint (settings_of (fixture, "dave")->days_ahead, ==, 10);

  change (fixture, "group:Sales", "calendar.days-ahead");
  change (fixture, "all", "calendar.days-ahead");
  g_assert_cmpuint (settings_of (fixture, "alice")->days_ahead, ==, 20);
  g_assert_cmpuint (settings_of (fixture, "dave")->days_ahead, ==, 30); /* built in */
}

/* Those of one location and group share one value. */
static void
test_shared (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  put_user (fixture, "erin", "Berlin", NULL);
  g_assert_true (settings_of (fixture, "bob") == settings_of (fixture, "erin"));
  change (fixture, "user:erin", "calendar.subject-as-text=true");
  g_assert_true (settings_of (fixture, "bob") != settings_of (fixture, "erin"));
  change (fixture, "user:erin", "calendar.subject-as-text");
  g_assert_true (settings_of (fixture, "bob") == settings_of (fixture, "erin"));
}

/* may → the user edits → cannot → may: the server's values hold until the user edits again. */
static void
test_flip (Fixture *fixture, gconstpointer data)
{
  const char *scope = data;

  change (fixture, "all", "activation.start=home-office");
  change (fixture, "user:alice", "activation.start=busy");
  change (fixture, "user:carol", "activation.start=busy");
  change (fixture, "user:alice", "calendar.subject-as-text=true");
  g_assert_cmpstr (settings_of (fixture, "alice")->start_role, ==, "busy");

  g_autofree char *cannot = g_strdup ("activation:cannot-change");
  change (fixture, scope, cannot);
  g_assert_cmpstr (settings_of (fixture, "alice")->start_role, ==, "home-office");
  try_change (fixture, "user:alice", "activation.start=busy");
  assert_refused (fixture, MUSTERD_ERROR_FORBIDDEN, "*cannot change 'activation'*");
  g_assert_true (settings_of (fixture, "alice")->subject_as_text); /* another block is not touched */
  restart (fixture);
  g_assert_cmpstr (settings_of (fixture, "alice")->start_role, ==, "home-office");

  change (fixture, scope, "activation:may-change");
  g_assert_cmpstr (settings_of (fixture, "alice")->start_role, ==, "home-office");
  restart (fixture);
  g_assert_cmpstr (settings_of (fixture, "alice")->start_role, ==, "home-office");
  change (fixture, "user:alice", "activation.start=break");
  g_assert_cmpstr (settings_of (fixture, "alice")->start_role, ==, "break");
  /* Who does not stand in that scope has lost nothing. */
  if (g_str_equal (scope, "location:Berlin"))
    g_assert_cmpstr (settings_of (fixture, "carol")->start_role, ==, "busy");
}

/* A nearer scope's policy is stronger. */
static void
test_policy_layers (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  change (fixture, "all", "activation:cannot-change");
  change (fixture, "group:Sales", "activation:may-change");
  change (fixture, "user:alice", "activation.idle=break");
  try_change (fixture, "user:bob", "activation.idle=break");
  assert_refused (fixture, MUSTERD_ERROR_FORBIDDEN, "*policy of all*");
  change (fixture, "location:Berlin", "activation:cannot-change");
  g_assert_cmpstr (settings_of (fixture, "alice")->idle_role, ==, "break"); /* the group is nearer than the location */
  change (fixture, "group:Sales", "activation:inherit");
  g_assert_cmpstr (settings_of (fixture, "alice")->idle_role, ==, "be-right-back");
}

/* Who moves to where it is not theirs to say has said nothing, and moving back does not bring it back. */
static void
test_move (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  change (fixture, "location:Paris", "activation:cannot-change");
  change (fixture, "user:alice", "activation.idle=break");
  put_user (fixture, "alice", "Paris", "Sales");
  g_assert_cmpstr (settings_of (fixture, "alice")->idle_role, ==, "be-right-back");
  put_user (fixture, "alice", "Berlin", "Sales");
  g_assert_cmpstr (settings_of (fixture, "alice")->idle_role, ==, "be-right-back");
  restart (fixture);
  g_assert_cmpstr (settings_of (fixture, "alice")->idle_role, ==, "be-right-back");
}

static void
test_reset (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  change (fixture, "user:alice", "activation.idle=break");
  change (fixture, "user:alice", "calendar.subject-as-text=true");
  change (fixture, "user:carol", "activation.idle=break");
  musterd_engine_reset_settings (fixture->engine, "location:Berlin", "activation", NULL, on_done, fixture);
  await (fixture);
  g_assert_no_error (fixture->error);
  g_assert_cmpstr (settings_of (fixture, "alice")->idle_role, ==, "be-right-back");
  g_assert_true (settings_of (fixture, "alice")->subject_as_text);
  g_assert_cmpstr (settings_of (fixture, "carol")->idle_role, ==, "break");
  musterd_engine_reset_settings (fixture->engine, "all", NULL, NULL, on_done, fixture);
  await (fixture);
  restart (fixture);
  g_assert_false (settings_of (fixture, "alice")->subject_as_text);
  g_assert_cmpstr (settings_of (fixture, "carol")->idle_role, ==, "be-right-back");
}

static const struct
{
  const char *scope, *what;
  int         code;
  const char *like;
} refusals[] = {
  { "everybody", "calendar.tentative=true", MUSTERD_ERROR_INVALID, "*no scope*" },
  { "location:", "calendar.tentative=true", MUSTERD_ERROR_INVALID, "*no scope*" },
  { "user:nobody", "calendar.tentative=true", MUSTERD_ERROR_NOT_FOUND, "*no user*" },
  { "all", "calender.tentative=true", MUSTERD_ERROR_INVALID, "*no block*calendar*" },
  { "all", "calendar.tentativ=true", MUSTERD_ERROR_INVALID, "*no setting*tentative*" },
  { "all", "calendar.tentative=perhaps", MUSTERD_ERROR_INVALID, "calendar.tentative: expected true or false*" },
  { "all", "calendar.days-ahead=0", MUSTERD_ERROR_INVALID, "calendar.days-ahead:*" },
  { "all", "calendar.template=Nowhere", MUSTERD_ERROR_NOT_FOUND, "*no active template 'Nowhere'*" },
  { "all", "presence.zone=Europe/Atlantis", MUSTERD_ERROR_INVALID, "presence.zone:*time zone*" },
  { "all", "presence.zone=", MUSTERD_ERROR_INVALID, "presence.zone:*time zone*" },
  { "all", "templates.statuses=available;purple", MUSTERD_ERROR_INVALID, "*no status 'purple'*" },
  { "all", "presence:cannot-change", MUSTERD_ERROR_INVALID, "*has no policy*" },
  { "user:alice", "activation:cannot-change", MUSTERD_ERROR_INVALID, "*user's scope has no policy*" },
  { "user:alice", "calendar.days-ahead=3", MUSTERD_ERROR_FORBIDDEN, "*users have none of their own*" },
};

static void
test_refused (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      try_change (fixture, refusals[i].scope, refusals[i].what);
      g_test_message ("%s %s", refusals[i].scope, refusals[i].what);
      assert_refused (fixture, refusals[i].code, refusals[i].like);
    }
  /* All or none. */
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);

  g_ptr_array_add (changes, musterd_setting_change_new ("calendar", "tentative", "false", MUSTERD_POLICY_INHERIT));
  g_ptr_array_add (changes, musterd_setting_change_new ("calendar", "all-day", "?", MUSTERD_POLICY_INHERIT));
  musterd_engine_change_settings (fixture->engine, "all", changes, NULL, on_done, fixture);
  await (fixture);
  g_assert_nonnull (fixture->error);
  g_assert_true (settings_of (fixture, "alice")->count_tentative);
}

/* Templates. */

static char *
try_add (Fixture *fixture, const char *scope, const char *name, MusterdStatus status, gboolean active)
{
  MusterdTemplateEdit *edit = musterd_template_edit_new ();
  char *id = musterd_template_make_id ();

  edit->fields = MUSTERD_TEMPLATE_NAME | MUSTERD_TEMPLATE_STATUS | MUSTERD_TEMPLATE_ACTIVE;
  edit->tmpl->id = g_strdup (id);
  edit->tmpl->name = g_strdup (name);
  edit->tmpl->status = status;
  edit->tmpl->active = active;
  musterd_engine_add_template (fixture->engine, scope, edit, NULL, on_done, fixture);
  await (fixture);
  return id;
}

static char *
add (Fixture *fixture, const char *scope, const char *name, MusterdStatus status)
{
  char *id = try_add (fixture, scope, name, status, TRUE);

  g_assert_no_error (fixture->error);
  return id;
}

static void
edit_name (Fixture *fixture, const char *id, const char *name)
{
  MusterdTemplateEdit *edit = musterd_template_edit_new ();

  edit->fields = MUSTERD_TEMPLATE_NAME;
  edit->tmpl->name = g_strdup (name);
  musterd_engine_edit_template (fixture->engine, id, NULL, edit, NULL, on_done, fixture);
  await (fixture);
}

static void
edit_active (Fixture *fixture, const char *id, gboolean active)
{
  MusterdTemplateEdit *edit = musterd_template_edit_new ();

  edit->fields = MUSTERD_TEMPLATE_ACTIVE;
  edit->tmpl->active = active;
  musterd_engine_edit_template (fixture->engine, id, NULL, edit, NULL, on_done, fixture);
  await (fixture);
}

static void
edit_forwarding (Fixture *fixture, const char *id, const char *as_user, const char *text)
{
  MusterdTemplateEdit *edit = musterd_template_edit_new ();

  edit->fields = MUSTERD_TEMPLATE_FORWARDING;
  edit->inherit = text == NULL;
  if (text != NULL)
    g_assert_true (musterd_forward_parse (text, &edit->tmpl->forwarding, NULL));
  musterd_engine_edit_template (fixture->engine, id, as_user, edit, NULL, on_done, fixture);
  await (fixture);
}

static void
edit_may_change (Fixture *fixture, const char *id, gboolean may)
{
  MusterdTemplateEdit *edit = musterd_template_edit_new ();

  edit->fields = MUSTERD_TEMPLATE_MAY_CHANGE;
  edit->tmpl->may_change = may;
  musterd_engine_edit_template (fixture->engine, id, NULL, edit, NULL, on_done, fixture);
  await (fixture);
  g_assert_no_error (fixture->error);
}

static void
remove_template (Fixture *fixture, const char *id, const char *as_user)
{
  musterd_engine_remove_template (fixture->engine, id, as_user, NULL, on_done, fixture);
  await (fixture);
}

static char *
names_of (Fixture *fixture, const char *user)
{
  const GPtrArray *templates = settings_of (fixture, user)->templates;
  g_autoptr(GString) names = g_string_new (NULL);

  for (guint i = 0; i < templates->len; i++)
    {
      const MusterdTemplate *tmpl = g_ptr_array_index (templates, i);

      g_string_append_printf (names, "%s%s%s", i > 0 ? "," : "", tmpl->name, tmpl->active ? "" : "!");
    }
  return g_string_free (g_steal_pointer (&names), FALSE);
}

#define HOUSE \
  "Available,Home office,Be Right Back,Break,Appointment,Busy,Do not disturb,Out of office,On holiday,Off sick," \
  "Unavailable,Logged off"

static void
assert_names (Fixture *fixture, const char *user, const char *expected)
{
  g_autofree char *names = names_of (fixture, user);

  g_assert_cmpstr (names, ==, expected);
}

static void
test_templates (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *own = NULL, *berlin = NULL;

  assert_names (fixture, "alice", HOUSE);
  own = add (fixture, "user:alice", "Lab", MUSTERD_STATUS_BUSY);
  berlin = add (fixture, "location:Berlin", "Canteen", MUSTERD_STATUS_BE_RIGHT_BACK);
  assert_names (fixture, "alice", "Lab,Canteen," HOUSE);
  assert_names (fixture, "bob", "Canteen," HOUSE);
  assert_names (fixture, "carol", HOUSE);
  restart (fixture);
  assert_names (fixture, "alice", "Lab,Canteen," HOUSE);

  g_free (try_add (fixture, "user:alice", "LAB", MUSTERD_STATUS_BUSY, TRUE));
  assert_refused (fixture, MUSTERD_ERROR_CONFLICT, "*has a template 'Lab' already*");
  remove_template (fixture, own, "bob");
  assert_refused (fixture, MUSTERD_ERROR_NOT_FOUND, "*no template*");
  remove_template (fixture, berlin, "bob");
  assert_refused (fixture, MUSTERD_ERROR_FORBIDDEN, "*central*");
  /* Of another location: as if it were not there. */
  remove_template (fixture, berlin, "carol");
  assert_refused (fixture, MUSTERD_ERROR_NOT_FOUND, "*no template*");
  remove_template (fixture, own, "alice");
  g_assert_no_error (fixture->error);
  remove_template (fixture, berlin, NULL);
  g_assert_no_error (fixture->error);
  restart (fixture);
  assert_names (fixture, "alice", HOUSE);
}

static void
test_in_use (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *id = add (fixture, "location:Berlin", "Morning", MUSTERD_STATUS_AVAILABLE);

  remove_template (fixture, "appointment", NULL);
  assert_refused (fixture, MUSTERD_ERROR_CONFLICT, "*'Appointment' is in use by calendar.template (built in)*");
  edit_active (fixture, "unavailable", FALSE);
  assert_refused (fixture, MUSTERD_ERROR_CONFLICT, "*activation.end (built in)*");
  edit_active (fixture, "off-sick", FALSE);
  g_assert_no_error (fixture->error);
  change (fixture, "location:Berlin", "activation.start=Morning");
  g_assert_cmpstr (settings_of (fixture, "alice")->start_role, ==, id);
  remove_template (fixture, id, NULL);
  assert_refused (fixture, MUSTERD_ERROR_CONFLICT, "*activation.start of location:Berlin*");
  /* A nearer one of the same name would take it away. */
  g_free (try_add (fixture, "location:Berlin", "Unavailable", MUSTERD_STATUS_UNAVAILABLE, FALSE));
  assert_refused (fixture, MUSTERD_ERROR_CONFLICT, "*activation.end*");
  /* Renamed, it is the same template. */
  edit_name (fixture, id, "Sunrise");
  g_assert_cmpstr (settings_of (fixture, "alice")->start_role, ==, id);
  change (fixture, "location:Berlin", "activation.start");
  remove_template (fixture, id, NULL);
  g_assert_no_error (fixture->error);
  /* Another for all frees the built-in one. */
  change (fixture, "all", "activation.end=Busy");
  remove_template (fixture, "unavailable", NULL);
  g_assert_no_error (fixture->error);
}

static void
test_whitelist (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  G_GNUC_UNUSED g_autofree char *own = add (fixture, "user:alice", "Lab", MUSTERD_STATUS_BUSY);

  musterd_engine_choose (fixture->engine, "alice", "Lab", MUSTERD_STATUS_NONE, NULL, MUSTERD_TIME_NEVER, NULL, on_done,
                         fixture);
  await (fixture);
  change (fixture, "location:Berlin", "templates.statuses=be-right-back");
  g_assert_cmpuint (settings_of (fixture, "alice")->statuses, ==,
                    MUSTERD_STATUS_BIT (MUSTERD_STATUS_AVAILABLE) | MUSTERD_STATUS_BIT (MUSTERD_STATUS_BE_RIGHT_BACK)
                        | MUSTERD_STATUS_BIT (MUSTERD_STATUS_LOGGED_OFF));
  /* It is not offered any more, but the choice stays until it ends. */
  assert_names (fixture, "alice", "Lab!," HOUSE);
  g_assert_cmpstr (musterd_engine_get_presence (fixture->engine, "alice")->template_name, ==, "Lab");
  musterd_engine_choose (fixture->engine, "alice", "Lab", MUSTERD_STATUS_NONE, NULL, MUSTERD_TIME_NEVER, NULL, on_done,
                         fixture);
  await (fixture);
  assert_refused (fixture, MUSTERD_ERROR_NOT_FOUND, "*no template 'Lab'*");
  musterd_engine_choose (fixture->engine, "alice", NULL, MUSTERD_STATUS_BUSY, NULL, MUSTERD_TIME_NEVER, NULL, on_done,
                         fixture);
  await (fixture);
  assert_refused (fixture, MUSTERD_ERROR_FORBIDDEN, "*busy is not open*");
  g_assert_cmpstr (musterd_engine_get_presence (fixture->engine, "alice")->template_name, ==, "Lab");
  g_free (try_add (fixture, "user:alice", "Nap", MUSTERD_STATUS_UNAVAILABLE, TRUE));
  assert_refused (fixture, MUSTERD_ERROR_FORBIDDEN, "*unavailable is not open*");
  change (fixture, "all", "templates.own=false");
  g_free (try_add (fixture, "user:alice", "Nap", MUSTERD_STATUS_AVAILABLE, TRUE));
  assert_refused (fixture, MUSTERD_ERROR_FORBIDDEN, "*templates.own*");
}

static void
choose (Fixture *fixture, const char *user, const char *tmpl)
{
  musterd_engine_choose (fixture->engine, user, tmpl, MUSTERD_STATUS_NONE, NULL, MUSTERD_TIME_NEVER, NULL, on_done,
                         fixture);
  await (fixture);
  g_assert_no_error (fixture->error);
}

static const char *
number_of (Fixture *fixture, const char *user)
{
  return musterd_engine_get_presence (fixture->engine, user)->forwarding.number;
}

/* "User may change" of a template's forwarding, with the same rule of flips. */
static void
test_forwarding (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  choose (fixture, "alice", "Busy");
  choose (fixture, "bob", "Busy");
  edit_forwarding (fixture, "busy", "alice", "all:number:11");
  assert_refused (fixture, MUSTERD_ERROR_FORBIDDEN, "*cannot change the forwarding of the template 'Busy'*");
  edit_forwarding (fixture, "busy", NULL, "all:number:99");
  g_assert_cmpstr (number_of (fixture, "alice"), ==, "99");
  edit_may_change (fixture, "busy", TRUE);
  edit_forwarding (fixture, "busy", "alice", "external:mobile");
  g_assert_no_error (fixture->error);
  g_assert_cmpstr (number_of (fixture, "alice"), ==, "0170");
  g_assert_cmpstr (number_of (fixture, "bob"), ==, "99");
  restart (fixture);
  g_assert_cmpstr (number_of (fixture, "alice"), ==, "0170");
  edit_may_change (fixture, "busy", FALSE);
  g_assert_cmpstr (number_of (fixture, "alice"), ==, "99");
  edit_may_change (fixture, "busy", TRUE);
  g_assert_cmpstr (number_of (fixture, "alice"), ==, "99");
  edit_forwarding (fixture, "busy", "alice", "all:number:11");
  g_assert_cmpstr (number_of (fixture, "alice"), ==, "11");
  edit_forwarding (fixture, "busy", "alice", NULL);
  g_assert_cmpstr (number_of (fixture, "alice"), ==, "99");
  edit_name (fixture, "busy", "Besetzt");
  g_assert_cmpstr (musterd_engine_get_presence (fixture->engine, "bob")->template_name, ==, "Besetzt");
}

/* A role stays when the name is translated, and a user's own of that name has it, too. */
static void
test_roles (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *own = NULL, *near = NULL;
  const MusterdTemplate *tmpl;

  edit_name (fixture, "appointment", "Termin");
  tmpl = musterd_settings_find (settings_of (fixture, "alice"), settings_of (fixture, "alice")->standard_role);
  g_assert_cmpstr (tmpl->name, ==, "Termin");
  own = add (fixture, "user:alice", "termin", MUSTERD_STATUS_DO_NOT_DISTURB);
  tmpl = musterd_settings_find (settings_of (fixture, "alice"), settings_of (fixture, "alice")->standard_role);
  g_assert_cmpstr (tmpl->id, ==, own);
  /* Of central ones the nearest scope's. */
  near = add (fixture, "location:Berlin", "Termin", MUSTERD_STATUS_BUSY);
  tmpl = musterd_settings_find (settings_of (fixture, "bob"), settings_of (fixture, "bob")->standard_role);
  g_assert_cmpstr (tmpl->id, ==, near);
  /* The first do-not-disturb template of the user's list. */
  tmpl = musterd_settings_find_status (settings_of (fixture, "alice"), MUSTERD_STATUS_DO_NOT_DISTURB);
  g_assert_cmpstr (tmpl->id, ==, own);
}

static void
test_created (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  change (fixture, "location:Berlin", "teams.create-template=true");
  assert_names (fixture, "bob", "MS Teams," HOUSE);
  assert_names (fixture, "carol", HOUSE);
  change (fixture, "location:Berlin", "micsync.create-template=true");
  change (fixture, "location:Berlin", "teams.create-template=true");
  restart (fixture);
  assert_names (fixture, "bob", "MS Teams,MicSync," HOUSE);
  g_assert_cmpstr (musterd_settings_find (settings_of (fixture, "bob"), "ms-teams")->name, ==, "MS Teams");
}

static void
test_switched_off (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  change (fixture, "location:Berlin", "presence.use=false");
  g_assert_false (settings_of (fixture, "alice")->in_use);
  musterd_engine_choose (fixture->engine, "alice", "Busy", MUSTERD_STATUS_NONE, NULL, MUSTERD_TIME_NEVER, NULL, on_done,
                         fixture);
  await (fixture);
  assert_refused (fixture, MUSTERD_ERROR_CONFLICT, "*switched off*");
  change (fixture, "group:Sales", "presence.use=true");
  choose (fixture, "alice", "Busy");
}

/* A user who goes takes what they said along. */
static void
test_removed_user (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  G_GNUC_UNUSED g_autofree char *own = add (fixture, "user:alice", "Lab", MUSTERD_STATUS_BUSY);

  change (fixture, "user:alice", "activation.idle=break");
  musterd_engine_remove_user (fixture->engine, "alice", on_done, fixture);
  await (fixture);
  put_user (fixture, "alice", "Berlin", "Sales");
  assert_names (fixture, "alice", HOUSE);
  restart (fixture);
  assert_names (fixture, "alice", HOUSE);
  g_assert_cmpstr (settings_of (fixture, "alice")->idle_role, ==, "be-right-back");
}

#define ADD(path, data, func) g_test_add ("/scopes/" path, Fixture, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("layers", NULL, test_layers);
  ADD ("shared", NULL, test_shared);
  ADD ("flip-all", "all", test_flip);
  ADD ("flip-location", "location:Berlin", test_flip);
  ADD ("flip-group", "group:Sales", test_flip);
  ADD ("policy-layers", NULL, test_policy_layers);
  ADD ("move", NULL, test_move);
  ADD ("reset", NULL, test_reset);
  ADD ("refused", NULL, test_refused);
  ADD ("templates", NULL, test_templates);
  ADD ("in-use", NULL, test_in_use);
  ADD ("whitelist", NULL, test_whitelist);
  ADD ("forwarding", NULL, test_forwarding);
  ADD ("roles", NULL, test_roles);
  ADD ("created", NULL, test_created);
  ADD ("switched-off", NULL, test_switched_off);
  ADD ("removed-user", NULL, test_removed_user);
  return g_test_run ();
}
