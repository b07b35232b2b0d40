/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What administrators order, and users of their own settings. */
#define G_LOG_DOMAIN "muster-scenario"

#include <string.h>

#include "engine/scopes.h"
#include "line.h"
#include "settings/forward.h"

LINE_PARSE (MusterdStatus, status)
LINE_PARSE (MusterdPolicy, policy)
LINE_PARSE (MusterdRelation, relation)

/* "all", "location:NAME", "group:NAME"; "own" is that of the user whom the line is about. */
static char *
scope_id (const Line *line, const char *word)
{
  return g_str_equal (word, "own") ? g_strconcat ("user:", line->whom, NULL) : g_strdup (word);
}

static gboolean
is_scope (const char *word)
{
  return g_str_equal (word, "all") || g_str_equal (word, "own") || g_str_has_prefix (word, "location:")
         || g_str_has_prefix (word, "group:");
}

/* ---- users ---- */

static void
do_user (const Line *line)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  const char *id = line->words[1] != NULL && strchr (line->words[1], '=') == NULL ? line->words[1] : line->whom;
  g_autoptr(GError) error = NULL;
  g_autoptr(MusterdUser) user = NULL;

  for (guint i = 0; i < MUSTERD_N_USER_FIELDS; i++)
    fields[i] = line_option (line, musterd_user_field_to_string ((MusterdUserField) i));
  if (fields[MUSTERD_USER_ZONE] == NULL)
    fields[MUSTERD_USER_ZONE] = line->world->zone;
  else if (*fields[MUSTERD_USER_ZONE] == '\0')
    fields[MUSTERD_USER_ZONE] = NULL;
  user = musterd_user_new (id, fields, NULL, &error);
  g_assert_no_error (error);
  musterd_engine_put_users (line->world->engine, &user, 1, MUSTERD_PUT_ANY, line_done, (gpointer) line);
}

static void
do_remove (const Line *line)
{
  musterd_engine_remove_user (line->world->engine, line->whom, line_done, (gpointer) line);
}

/* ---- settings ---- */

/* Each "BLOCK.OPTION=VALUE" among the words; "-" is nothing of its own. */
static void
do_set (const Line *line)
{
  g_autofree char *scope = scope_id (line, line_word (line, 1));
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);

  for (guint i = 2; line->words[i] != NULL; i++)
    {
      g_auto(GStrv) parts = g_strsplit (line->words[i], "=", 2);
      char *dot = strchr (parts[0], '.');

      if (parts[1] == NULL || g_str_equal (parts[0], "refused"))
        continue;
      if (dot == NULL)
        line_reject (line, "'%s' is not BLOCK.OPTION", parts[0]);
      *dot = '\0';
      g_ptr_array_add (changes, musterd_setting_change_new (parts[0], dot + 1,
                                                            g_str_equal (parts[1], "-") ? NULL : parts[1],
                                                            MUSTERD_POLICY_INHERIT));
    }
  if (changes->len == 0)
    line_reject (line, "nothing is set");
  musterd_engine_change_settings (line->world->engine, scope, changes, NULL, line_done, (gpointer) line);
}

static void
do_policy (const Line *line)
{
  MusterdPolicy policy = parse_policy (line, line_word (line, 3));
  g_autofree char *scope = scope_id (line, line_word (line, 1));
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_setting_change_free);

  g_ptr_array_add (changes, musterd_setting_change_new (line_word (line, 2), NULL, NULL, policy));
  musterd_engine_change_settings (line->world->engine, scope, changes, NULL, line_done, (gpointer) line);
}

static void
do_reset (const Line *line)
{
  g_autofree char *scope = scope_id (line, line_word (line, 1));
  const char *block = line->words[2];

  musterd_engine_reset_settings (line->world->engine, scope, block, NULL, line_done, (gpointer) line);
}

/* ---- templates ---- */

static MusterdTemplateEdit *
read_template (const Line *line)
{
  MusterdTemplateEdit *edit = musterd_template_edit_new ();
  g_autoptr(GError) error = NULL;
  const char *value;

  if ((value = line_option (line, "name")) != NULL)
    {
      edit->tmpl->name = g_strdup (value);
      edit->fields |= MUSTERD_TEMPLATE_NAME;
    }
  if ((value = line_option (line, "status")) != NULL)
    {
      edit->tmpl->status = parse_status (line, value);
      edit->fields |= MUSTERD_TEMPLATE_STATUS;
    }
  if ((value = line_option (line, "text")) != NULL)
    {
      edit->tmpl->text = g_strdup (value);
      edit->fields |= MUSTERD_TEMPLATE_TEXT;
    }
  if ((value = line_option (line, "forward")) != NULL)
    {
      edit->inherit = g_str_equal (value, "inherit");
      if (!edit->inherit && !musterd_forward_parse (value, &edit->tmpl->forwarding, &error))
        line_reject (line, "%s", error->message);
      edit->fields |= MUSTERD_TEMPLATE_FORWARDING;
    }
  if ((value = line_option (line, "position")) != NULL)
    {
      edit->position = (guint) g_ascii_strtoull (value, NULL, 10);
      edit->fields |= MUSTERD_TEMPLATE_POSITION;
    }
  if (line_switch (line, "stays", &edit->tmpl->stays))
    edit->fields |= MUSTERD_TEMPLATE_STAYS;
  if (line_switch (line, "active", &edit->tmpl->active))
    edit->fields |= MUSTERD_TEMPLATE_ACTIVE;
  if (line_switch (line, "user-may-change", &edit->tmpl->may_change))
    edit->fields |= MUSTERD_TEMPLATE_MAY_CHANGE;
  return edit;
}

/* Of the scope itself, by name or role; of a user's, also a central one that they have. NULL: there is none. */
static const MusterdTemplate *
find_template (const Line *line, const char *scope_name, const char *name, gboolean own)
{
  const MusterdSettingScope *scope = g_hash_table_lookup (musterd_engine_get_scopes (line->world->engine), scope_name);
  int place = scope != NULL ? musterd_setting_scope_find_template_name (scope, name) : -1;

  if (scope != NULL && place < 0)
    place = musterd_setting_scope_find_template (scope, name);
  if (place >= 0)
    return scope->templates->pdata[place];
  if (!own || line_option (line, "status") != NULL)
    return NULL;
  return musterd_settings_find (musterd_engine_get_settings (line->world->engine, line->whom), name);
}

/* Without a scope it is a central one for all. */
static void
do_template (const Line *line)
{
  MusterdEngine *engine = line->world->engine;
  gboolean scoped = is_scope (line_word (line, 1));
  const char *name = line_word (line, scoped ? 2 : 1);
  gboolean own = scoped && g_str_equal (line->words[1], "own");
  g_autofree char *scope = scope_id (line, scoped ? line->words[1] : "all");
  const MusterdTemplate *tmpl = find_template (line, scope, name, own);
  const char *as_user = own ? line->whom : NULL;
  MusterdTemplateEdit *edit;

  if (line_flag (line, "gone"))
    {
      musterd_engine_remove_template (engine, tmpl != NULL ? tmpl->id : name, as_user, NULL, line_done, (gpointer) line);
      return;
    }
  edit = read_template (line);
  if (tmpl != NULL)
    {
      musterd_engine_edit_template (engine, tmpl->id, as_user, edit, NULL, line_done, (gpointer) line);
      return;
    }
  edit->tmpl->id = musterd_template_make_id ();
  if (edit->tmpl->name == NULL)
    edit->tmpl->name = g_strdup (name);
  if (edit->tmpl->status == MUSTERD_STATUS_NONE)
    edit->tmpl->status = MUSTERD_STATUS_BUSY;
  edit->fields |= MUSTERD_TEMPLATE_NAME | MUSTERD_TEMPLATE_STATUS;
  if ((edit->fields & MUSTERD_TEMPLATE_ACTIVE) == 0)
    edit->tmpl->active = TRUE;
  edit->fields |= MUSTERD_TEMPLATE_ACTIVE;
  musterd_engine_add_template (engine, scope, edit, NULL, line_done, (gpointer) line);
}

/* ---- relationships ---- */

static void
do_grant (const Line *line)
{
  MusterdGrant grant = { .own_word = !line_flag (line, "by=administrator") };
  MusterdViewerKind kind;
  const char *name;
  g_autofree char *copy = NULL;
  g_autoptr(GError) error = NULL;

  if (!musterd_viewer_parse (line_word (line, 1), &kind, &name, &error))
    line_reject (line, "%s", error->message);
  grant.name = copy = g_strdup (name);
  grant.kind = kind;
  if (g_str_equal (line_word (line, 2), "nothing"))
    {
      musterd_engine_revoke (line->world->engine, line->whom, &grant, NULL, line_done, (gpointer) line);
      return;
    }
  grant.level = parse_relation (line, line_word (line, 2));
  musterd_engine_grant (line->world->engine, line->whom, &grant, NULL, line_done, (gpointer) line);
}

const Verb line_manage_verbs[] = {
  { "user", do_user },         { "remove", do_remove }, { "set", do_set },     { "policy", do_policy },
  { "reset", do_reset },       { "template", do_template }, { "grant", do_grant }, { NULL, NULL },
};
