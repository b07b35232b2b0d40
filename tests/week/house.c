/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "house.h"

#include "engine/scopes.h"

static const char *const names[HOUSE_LOCATIONS] = { "North", "South", "West" };

const char *
house_name (guint location)
{
  return names[location];
}

guint
house_of (const MusterdUser *user)
{
  for (guint i = 0; i < HOUSE_LOCATIONS; i++)
    if (g_str_equal (user->fields[MUSTERD_USER_LOCATION], names[i]))
      return i;
  g_assert_not_reached ();
}

/* ---- by hand ---- */

static MusterdTemplate *
template_of (MusterdSettings *settings, const char *role)
{
  for (guint i = 0; i < settings->templates->len; i++)
    {
      MusterdTemplate *tmpl = g_ptr_array_index (settings->templates, i);

      if (g_strcmp0 (tmpl->role, role) == 0)
        return tmpl;
    }
  g_assert_not_reached ();
}

static void
forward_to (MusterdSettings *settings, const char *role, MusterdForwardScope scope, MusterdForwardTarget target,
            const char *number)
{
  template_of (settings, role)->forwarding
      = (MusterdForwarding){ MUSTERD_FORWARD_TO, scope, target, g_strdup (number) };
}

static void
make_templates (MusterdSettings *settings, gboolean own, gboolean later)
{
  MusterdTemplate *tmpl;

  g_ptr_array_add (settings->templates,
                   musterd_template_new ("ms-teams", "MS Teams", "ms-teams", MUSTERD_STATUS_BUSY, NULL));
  forward_to (settings, "appointment", MUSTERD_SCOPE_INTERNAL, MUSTERD_TARGET_VOICEMAIL, NULL);
  forward_to (settings, "home-office", MUSTERD_SCOPE_ALL, MUSTERD_TARGET_MOBILE, NULL);
  forward_to (settings, "out-of-office", MUSTERD_SCOPE_EXTERNAL, MUSTERD_TARGET_NUMBER, "+49 30 100");
  template_of (settings, "break")->forwarding.action = MUSTERD_FORWARD_OFF;
  if (later)
    {
      tmpl = template_of (settings, "appointment");
      g_free (tmpl->name);
      tmpl->name = g_strdup ("Meeting");
      g_free (tmpl->text);
      tmpl->text = g_strdup ("In a meeting");
    }
  if (own)
    {
      tmpl = musterd_template_new ("own", "Deep work", NULL, MUSTERD_STATUS_DO_NOT_DISTURB, "Deep work");
      tmpl->own = TRUE;
      tmpl->forwarding.action = MUSTERD_FORWARD_DO_NOT_DISTURB;
      g_ptr_array_insert (settings->templates, 0, tmpl);
    }
}

static MusterdSettings *
settings_by_hand (guint location, gboolean own, gboolean later)
{
  MusterdSettings *settings = musterd_settings_new_default ();

  make_templates (settings, own, later);
  settings->subject_as_text = TRUE;
  switch (location)
    {
    case 1:
      settings->choice_ends = later ? MUSTERD_CHOICE_ENDS_DAY : MUSTERD_CHOICE_ENDS_NEVER;
      settings->base_without_client = MUSTERD_STATUS_UNAVAILABLE;
      settings->count_tentative = later;
      settings->count_elsewhere = TRUE;
      settings->start_role = "home-office";
      settings->end_role = "logged-off";
      break;
    case 2:
      settings->choice_ends = MUSTERD_CHOICE_ENDS_AFTER;
      settings->choice_ends_after = 6 * MUSTERD_HOUR;
      settings->subject_as_text = FALSE;
      settings->count_unanswered = TRUE;
      settings->count_all_day = FALSE;
      settings->standard_role = "busy";
      settings->on_lock = FALSE;
      settings->idle_after = 20 * MUSTERD_MINUTE;
      if (later)
        settings->idle_role = "break";
      break;
    default:
      break;
    }
  return settings;
}

House *
house_new (void)
{
  House *house = g_new0 (House, 1);

  for (guint i = 0; i < HOUSE_LOCATIONS; i++)
    for (guint own = 0; own < 2; own++)
      for (guint later = 0; later < 2; later++)
        house->settings[i][own][later] = settings_by_hand (i, own == 1, later == 1);
  return house;
}

void
house_free (House *house)
{
  for (guint i = 0; i < HOUSE_LOCATIONS; i++)
    for (guint own = 0; own < 2; own++)
      for (guint later = 0; later < 2; later++)
        musterd_settings_unref (house->settings[i][own][later]);
  g_free (house);
}

/* ---- by order ---- */

typedef struct
{
  const char *scope, *block, *option, *value;
} Setting;

static const Setting at_first[] = {
  { "all", "teams", "create-template", "true" },
  { "all", "calendar", "subject-as-text", "true" },
  { "location:South", "presence", "choice-ends", "never" },
  { "location:South", "presence", "base-without-client", "unavailable" },
  { "location:South", "calendar", "tentative", "false" },
  { "location:South", "calendar", "elsewhere", "true" },
  { "location:South", "activation", "start", "Home office" },
  { "location:South", "activation", "end", "Logged off" },
  { "location:West", "presence", "choice-ends", "after" },
  { "location:West", "presence", "choice-ends-after", "6h" },
  { "location:West", "calendar", "subject-as-text", "false" },
  { "location:West", "calendar", "unanswered", "true" },
  { "location:West", "calendar", "all-day", "false" },
  { "location:West", "calendar", "template", "Busy" },
  { "location:West", "activation", "on-lock", "false" },
  { "location:West", "activation", "idle-after", "20min" },
};

static const Setting later_on[] = {
  { "location:South", "presence", "choice-ends", "end-of-day" },
  { "location:South", "calendar", "tentative", "true" },
  { "location:West", "activation", "idle", "Break" },
};

static guint
order_settings (MusterdEngine *engine, const Setting *settings, guint n, MusterdDone done, gpointer data)
{
  for (guint i = 0; i < n; i++)
    {
      GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);

      g_ptr_array_add (changes, musterd_setting_change_new (settings[i].block, settings[i].option, settings[i].value,
                                                            MUSTERD_POLICY_INHERIT));
      musterd_engine_change_settings (engine, settings[i].scope, changes, NULL, done, data);
    }
  return n;
}

static void
order_forwarding (MusterdEngine *engine, const char *id, MusterdForwarding forwarding, MusterdDone done, gpointer data)
{
  MusterdTemplateEdit *edit = musterd_template_edit_new ();

  edit->fields = MUSTERD_TEMPLATE_FORWARDING;
  edit->tmpl->forwarding = forwarding;
  musterd_engine_edit_template (engine, id, NULL, edit, NULL, done, data);
}

guint
house_order (MusterdEngine *engine, MusterdDone done, gpointer data)
{
  const MusterdForwarding meeting
      = { MUSTERD_FORWARD_TO, MUSTERD_SCOPE_INTERNAL, MUSTERD_TARGET_VOICEMAIL, NULL };
  const MusterdForwarding home = { MUSTERD_FORWARD_TO, MUSTERD_SCOPE_ALL, MUSTERD_TARGET_MOBILE, NULL };
  const MusterdForwarding away
      = { MUSTERD_FORWARD_TO, MUSTERD_SCOPE_EXTERNAL, MUSTERD_TARGET_NUMBER, g_strdup ("+49 30 100") };

  order_forwarding (engine, "appointment", meeting, done, data);
  order_forwarding (engine, "home-office", home, done, data);
  order_forwarding (engine, "out-of-office", away, done, data);
  order_forwarding (engine, "break", (MusterdForwarding){ .action = MUSTERD_FORWARD_OFF }, done, data);
  return 4 + order_settings (engine, at_first, G_N_ELEMENTS (at_first), done, data);
}

guint
house_order_later (MusterdEngine *engine, MusterdDone done, gpointer data)
{
  MusterdTemplateEdit *edit = musterd_template_edit_new ();

  edit->fields = MUSTERD_TEMPLATE_NAME | MUSTERD_TEMPLATE_TEXT;
  edit->tmpl->name = g_strdup ("Meeting");
  edit->tmpl->text = g_strdup ("In a meeting");
  musterd_engine_edit_template (engine, "appointment", NULL, edit, NULL, done, data);
  return 1 + order_settings (engine, later_on, G_N_ELEMENTS (later_on), done, data);
}

guint
house_order_own (MusterdEngine *engine, const char *user, MusterdDone done, gpointer data)
{
  g_autofree char *scope = g_strconcat ("user:", user, NULL);
  MusterdTemplateEdit *edit = musterd_template_edit_new ();

  edit->fields = MUSTERD_TEMPLATE_NAME | MUSTERD_TEMPLATE_STATUS | MUSTERD_TEMPLATE_TEXT | MUSTERD_TEMPLATE_FORWARDING
                 | MUSTERD_TEMPLATE_ACTIVE;
  edit->tmpl->id = musterd_template_make_id ();
  edit->tmpl->name = g_strdup ("Deep work");
  edit->tmpl->status = MUSTERD_STATUS_DO_NOT_DISTURB;
  edit->tmpl->text = g_strdup ("Deep work");
  edit->tmpl->forwarding.action = MUSTERD_FORWARD_DO_NOT_DISTURB;
  edit->tmpl->active = TRUE;
  musterd_engine_add_template (engine, scope, edit, NULL, done, data);
  return 1;
}
