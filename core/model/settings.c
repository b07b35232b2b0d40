/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-model"

#include "model/settings.h"

/* The central templates every house begins with. None moves a phone: that is for somebody to say. */
static const struct
{
  const char   *role, *name;
  MusterdStatus status;
  const char   *text;
  gboolean      stays;
} defaults[] = {
  { "available", "Available", MUSTERD_STATUS_AVAILABLE, NULL, FALSE },
  { "home-office", "Home office", MUSTERD_STATUS_AVAILABLE, "Home office", FALSE },
  { "be-right-back", "Be Right Back", MUSTERD_STATUS_BE_RIGHT_BACK, NULL, FALSE },
  { "break", "Break", MUSTERD_STATUS_BE_RIGHT_BACK, "Break", FALSE },
  { "appointment", "Appointment", MUSTERD_STATUS_BUSY, "Appointment", FALSE },
  { "busy", "Busy", MUSTERD_STATUS_BUSY, NULL, FALSE },
  { "do-not-disturb", "Do not disturb", MUSTERD_STATUS_DO_NOT_DISTURB, NULL, FALSE },
  { "out-of-office", "Out of office", MUSTERD_STATUS_UNAVAILABLE, "Out of office", TRUE },
  { "on-holiday", "On holiday", MUSTERD_STATUS_UNAVAILABLE, "On holiday", TRUE },
  { "off-sick", "Off sick", MUSTERD_STATUS_UNAVAILABLE, "Off sick", TRUE },
  { "unavailable", "Unavailable", MUSTERD_STATUS_UNAVAILABLE, NULL, FALSE },
  { "logged-off", "Logged off", MUSTERD_STATUS_LOGGED_OFF, NULL, FALSE },
};

MusterdTemplate *
musterd_template_new (const char *id, const char *name, const char *role, MusterdStatus status, const char *text)
{
  MusterdTemplate *tmpl = g_new0 (MusterdTemplate, 1);

  tmpl->id = g_strdup (id);
  tmpl->name = g_strdup (name);
  tmpl->role = g_strdup (role);
  tmpl->status = status;
  tmpl->text = g_strdup (text);
  tmpl->active = TRUE;
  return tmpl;
}

void
musterd_template_free (MusterdTemplate *tmpl)
{
  if (tmpl == NULL)
    return;
  g_free (tmpl->id);
  g_free (tmpl->name);
  g_free (tmpl->role);
  g_free (tmpl->text);
  g_free (tmpl->forwarding.number);
  g_free (tmpl);
}

MusterdTemplate *
musterd_template_copy (const MusterdTemplate *tmpl)
{
  MusterdTemplate *copy = g_new (MusterdTemplate, 1);

  *copy = *tmpl;
  copy->id = g_strdup (tmpl->id);
  copy->name = g_strdup (tmpl->name);
  copy->role = g_strdup (tmpl->role);
  copy->text = g_strdup (tmpl->text);
  copy->forwarding.number = g_strdup (tmpl->forwarding.number);
  return copy;
}

MusterdSettings *
musterd_settings_new (void)
{
  MusterdSettings *settings = g_atomic_rc_box_new0 (MusterdSettings);

  settings->templates = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_template_free);
  settings->in_use = TRUE;
  settings->start_role = "available";
  settings->end_role = "unavailable";
  settings->idle_role = "be-right-back";
  settings->locked_role = "be-right-back";
  settings->idle_after = 10 * MUSTERD_MINUTE;
  settings->on_lock = TRUE;
  settings->standard_role = "appointment";
  settings->base_without_client = MUSTERD_STATUS_AVAILABLE;
  settings->choice_ends = MUSTERD_CHOICE_ENDS_AUTO;
  settings->own_templates = TRUE;
  settings->statuses = MUSTERD_STATUSES_ALL;
  settings->days_ahead = 30;
  settings->count_tentative = TRUE;
  settings->count_all_day = TRUE;
  settings->same_group = settings->same_location = settings->others = MUSTERD_RELATION_EMPLOYEE;
  settings->users_may = MUSTERD_EXTENSION_EXTEND_AND_RESTRICT;
  return settings;
}

MusterdSettings *
musterd_settings_new_default (void)
{
  MusterdSettings *settings = musterd_settings_new ();

  for (guint i = 0; i < G_N_ELEMENTS (defaults); i++)
    {
      MusterdTemplate *tmpl = musterd_template_new (defaults[i].role, defaults[i].name, defaults[i].role,
                                                    defaults[i].status, defaults[i].text);
      tmpl->stays = defaults[i].stays;
      g_ptr_array_add (settings->templates, tmpl);
    }
  return settings;
}

MusterdSettings *
musterd_settings_ref (MusterdSettings *settings)
{
  return g_atomic_rc_box_acquire (settings);
}

static void
settings_clear (gpointer data)
{
  MusterdSettings *settings = data;

  g_ptr_array_unref (settings->templates);
  g_free ((gpointer) settings->calendar_sources);
  g_clear_pointer (&settings->rules, g_array_unref);
  g_clear_pointer (&settings->options, g_hash_table_unref);
  g_clear_pointer (&settings->strings, g_string_chunk_free);
}

void
musterd_settings_unref (MusterdSettings *settings)
{
  g_atomic_rc_box_release_full (settings, settings_clear);
}

const char *
musterd_settings_get_option (const MusterdSettings *settings, const char *block, const char *option)
{
  g_autofree char *key = NULL;

  if (settings->options == NULL)
    return NULL;
  key = g_strconcat (block, ".", option, NULL);
  return g_hash_table_lookup (settings->options, key);
}

const char *
musterd_settings_get_zone (const MusterdSettings *settings, const char *own)
{
  return own != NULL ? own : settings->zone;
}

gboolean
musterd_template_same_name (const char *a, const char *b)
{
  g_autofree char *fold_a = NULL, *fold_b = NULL;

  if (g_ascii_strcasecmp (a, b) == 0)
    return TRUE;
  if (g_str_is_ascii (a) && g_str_is_ascii (b))
    return FALSE;
  fold_a = g_utf8_casefold (a, -1);
  fold_b = g_utf8_casefold (b, -1);
  return g_str_equal (fold_a, fold_b);
}

const MusterdTemplate *
musterd_settings_find (const MusterdSettings *settings, const char *role_or_name)
{
  if (role_or_name == NULL)
    return NULL;
  for (guint i = 0; i < settings->templates->len; i++)
    {
      const MusterdTemplate *tmpl = g_ptr_array_index (settings->templates, i);

      if (tmpl->active
          && (g_strcmp0 (tmpl->role, role_or_name) == 0 || g_str_equal (tmpl->id, role_or_name)
              || musterd_template_same_name (tmpl->name, role_or_name)))
        return tmpl;
    }
  return NULL;
}

const MusterdTemplate *
musterd_settings_find_id (const MusterdSettings *settings, const char *id)
{
  for (guint i = 0; id != NULL && i < settings->templates->len; i++)
    {
      const MusterdTemplate *tmpl = g_ptr_array_index (settings->templates, i);

      if (g_str_equal (tmpl->id, id))
        return tmpl;
    }
  return NULL;
}

const MusterdTemplate *
musterd_settings_find_status (const MusterdSettings *settings, MusterdStatus status)
{
  for (guint i = 0; i < settings->templates->len; i++)
    {
      const MusterdTemplate *tmpl = g_ptr_array_index (settings->templates, i);

      if (tmpl->active && tmpl->status == status)
        return tmpl;
    }
  return NULL;
}
