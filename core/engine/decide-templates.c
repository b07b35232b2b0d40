/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changes of templates: central ones by administrators, users' own by themselves, and a user's own forwarding of a
 * central one. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/command.h"

#include <string.h>

#include "settings/forward.h"
#include "settings/usage.h"

static gboolean
set_no_template (const char *id, GError **error)
{
  g_autofree char *shown = musterd_error_word (id);

  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no template '%s'", shown);
  return FALSE;
}

/* Words and numbers. */
static gboolean
check_edit (const MusterdTemplateEdit *edit, GError **error)
{
  const MusterdTemplate *tmpl = edit->tmpl;

  if ((edit->fields & MUSTERD_TEMPLATE_NAME) != 0
      && !musterd_door_check_words ("template's name", tmpl->name, 128, TRUE, error))
    return FALSE;
  if ((edit->fields & MUSTERD_TEMPLATE_NAME) != 0 && strpbrk (tmpl->name, "\n\t") != NULL)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "template's name has a control character");
      return FALSE;
    }
  if ((edit->fields & MUSTERD_TEMPLATE_TEXT) != 0
      && !musterd_door_check_words ("template's text", tmpl->text, MUSTERD_CLAIM_TEXT_MAX, FALSE, error))
    return FALSE;
  if ((edit->fields & MUSTERD_TEMPLATE_STATUS) != 0
      && (tmpl->status <= MUSTERD_STATUS_NONE || tmpl->status >= MUSTERD_N_STATUSES))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "a template has one of the six statuses");
      return FALSE;
    }
  if ((edit->fields & MUSTERD_TEMPLATE_FORWARDING) != 0 && tmpl->forwarding.action == MUSTERD_FORWARD_TO
      && tmpl->forwarding.target == MUSTERD_TARGET_NUMBER)
    return musterd_forward_check_number (tmpl->forwarding.number != NULL ? tmpl->forwarding.number : "", error);
  return TRUE;
}

static void
lay_fields (MusterdTemplate *tmpl, const MusterdTemplateEdit *edit)
{
  const MusterdTemplate *from = edit->tmpl;

  if ((edit->fields & MUSTERD_TEMPLATE_NAME) != 0)
    {
      g_free (tmpl->name);
      tmpl->name = g_strstrip (g_strdup (from->name));
    }
  if ((edit->fields & MUSTERD_TEMPLATE_STATUS) != 0)
    tmpl->status = from->status;
  if ((edit->fields & MUSTERD_TEMPLATE_TEXT) != 0)
    {
      g_free (tmpl->text);
      tmpl->text = from->text != NULL && *from->text != '\0' ? g_strdup (from->text) : NULL;
    }
  if ((edit->fields & MUSTERD_TEMPLATE_FORWARDING) != 0)
    {
      g_free (tmpl->forwarding.number);
      tmpl->forwarding = from->forwarding;
      tmpl->forwarding.number = g_strdup (from->forwarding.number);
    }
  if ((edit->fields & MUSTERD_TEMPLATE_ACTIVE) != 0)
    tmpl->active = from->active;
  if ((edit->fields & MUSTERD_TEMPLATE_STAYS) != 0)
    tmpl->stays = from->stays;
  if ((edit->fields & MUSTERD_TEMPLATE_MAY_CHANGE) != 0)
    tmpl->may_change = from->may_change;
}

/* A user's own: allowed at all, and of a status that is open to them. */
static gboolean
check_own (MusterdCommand *command, const MusterdSettingScope *scope, const MusterdTemplate *tmpl, GError **error)
{
  const MusterdEntry *entry;

  if (scope->layer != MUSTERD_LAYER_USER)
    return TRUE;
  entry = musterd_engine_require (command->engine, scope->name, error);
  if (entry == NULL)
    return FALSE;
  if (!entry->settings->own_templates)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                           "users cannot have templates of their own here: the setting templates.own");
      return FALSE;
    }
  if ((entry->settings->statuses & MUSTERD_STATUS_BIT (tmpl->status)) != 0)
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
               "the status %s is not open to users here: the setting templates.statuses names those that are",
               musterd_status_to_string (tmpl->status));
  return FALSE;
}

static gboolean
check_name (const MusterdSettingScope *scope, const MusterdTemplate *tmpl, GError **error)
{
  int other = musterd_setting_scope_find_template_name (scope, tmpl->name);

  if (other < 0 || scope->templates->pdata[other] == (gconstpointer) tmpl)
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT, "%s has a template '%s' already", scope->id,
               ((MusterdTemplate *) scope->templates->pdata[other])->name);
  return FALSE;
}

/* A user's own can only be used by what that user says: the others are not looked at. */
static char *
find_use (MusterdCommand *command, const MusterdSettingScope *scope, const MusterdTemplate *tmpl)
{
  g_autoptr(GHashTable) own = NULL;

  if (scope->layer != MUSTERD_LAYER_USER)
    return musterd_usage_find (command->engine->blocks, command->engine->scopes, tmpl->id);
  own = g_hash_table_new (g_str_hash, g_str_equal);
  g_hash_table_insert (own, scope->id, (gpointer) scope);
  return musterd_usage_find (command->engine->blocks, own, tmpl->id);
}

static gboolean
check_unused (MusterdCommand *command, const MusterdSettingScope *scope, const MusterdTemplate *tmpl, GError **error)
{
  g_autofree char *use = find_use (command, scope, tmpl);

  if (use == NULL)
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
               "the template '%s' is in use by %s: let that name another template first", tmpl->name, use);
  return FALSE;
}

/* One that is switched off and hides a farther one of its name takes it away from whoever uses that: neither the one nor
 * the other may come to be so. */
static gboolean
check_hides_unused (MusterdCommand *command, const MusterdSettingScope *scope, const MusterdTemplate *tmpl,
                    GError **error)
{
  GHashTableIter iter;
  gpointer value;

  if (scope->layer == MUSTERD_LAYER_USER)
    return TRUE;
  g_hash_table_iter_init (&iter, command->engine->scopes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const MusterdSettingScope *other = value;
      int place = other->layer < MUSTERD_LAYER_USER && other->layer != scope->layer
                      ? musterd_setting_scope_find_template_name (other, tmpl->name)
                      : -1;
      const MusterdTemplate *same = place >= 0 ? other->templates->pdata[place] : NULL;
      const MusterdTemplate *nearer = other->layer > scope->layer ? same : tmpl;

      if (same != NULL && !nearer->active && !check_unused (command, scope, nearer == same ? tmpl : same, error))
        return FALSE;
    }
  return TRUE;
}

static void
write_order (const MusterdSettingScope *scope, MusterdBatch *batch)
{
  for (guint i = 0; i < scope->templates->len; i++)
    musterd_batch_put_template (batch, scope->id, i, scope->templates->pdata[i]);
}

static void
place_template (MusterdSettingScope *scope, guint from, guint to)
{
  MusterdTemplate *tmpl = g_ptr_array_steal_index (scope->templates, from);

  g_ptr_array_insert (scope->templates, (int) MIN (to, scope->templates->len), tmpl);
}

/* `did` to a template of somebody else's own. */
static void
tell_delegated (MusterdCommand *command, const MusterdSettingScope *scope, MusterdBatch *batch, const char *did,
                const MusterdTemplate *tmpl)
{
  g_autofree char *what = g_strdup_printf ("template '%s'", tmpl->name);

  if (scope->layer == MUSTERD_LAYER_USER)
    musterd_command_delegated (command, batch, scope->name, did, what);
}

gboolean
musterd_decide_add_template (MusterdCommand *command, MusterdBatch *batch, GError **error)
{
  MusterdSettingScope *scope = musterd_command_get_scope (command, command->word, error);
  const guint needed = MUSTERD_TEMPLATE_NAME | MUSTERD_TEMPLATE_STATUS;
  MusterdTemplate *tmpl;

  if (scope == NULL || !check_edit (command->edit, error))
    return FALSE;
  if ((command->edit->fields & needed) != needed)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "a new template needs a name and a status");
      return FALSE;
    }
  if (scope->templates->len >= MUSTERD_TEMPLATES_MAX)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT, "%s has %d templates already, which is the most",
                   scope->id, MUSTERD_TEMPLATES_MAX);
      return FALSE;
    }
  tmpl = musterd_template_new (command->edit->tmpl->id, command->edit->tmpl->name, NULL, command->edit->tmpl->status,
                               NULL);
  g_ptr_array_add (scope->templates, tmpl);
  lay_fields (tmpl, command->edit);
  if (!check_name (scope, tmpl, error) || !check_own (command, scope, tmpl, error)
      || !check_hides_unused (command, scope, tmpl, error))
    return FALSE;
  if ((command->edit->fields & MUSTERD_TEMPLATE_POSITION) != 0)
    place_template (scope, scope->templates->len - 1, command->edit->position);
  write_order (scope, batch);
  tell_delegated (command, scope, batch, "made a template", tmpl);
  return TRUE;
}

/* A user's own forwarding of a central template. */
static gboolean
edit_forwarding (MusterdCommand *command, const MusterdTemplate *central, MusterdBatch *batch, GError **error)
{
  g_autofree char *id = musterd_setting_scope_make_id (MUSTERD_LAYER_USER, command->user);
  g_autofree char *text = musterd_forward_print (&command->edit->tmpl->forwarding);
  const MusterdEntry *entry = musterd_engine_require (command->engine, command->user, error);
  const MusterdTemplate *seen = entry != NULL ? musterd_settings_find_id (entry->settings, central->id) : NULL;
  MusterdSettingScope *scope;
  const char *value = command->edit->inherit ? NULL : text;

  if (entry == NULL)
    return FALSE;
  if (seen == NULL) /* of another location: as if it were not there */
    return set_no_template (central->id, error);
  if (command->edit->fields != MUSTERD_TEMPLATE_FORWARDING)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                   "the template '%s' is a central one: users can change nothing but its forwarding", central->name);
      return FALSE;
    }
  if (!central->may_change)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                   "users cannot change the forwarding of the template '%s': an administrator has to allow it",
                   central->name);
      return FALSE;
    }
  scope = musterd_command_get_scope (command, id, error);
  if (scope != NULL && musterd_setting_scope_set_value (scope, MUSTERD_BLOCK_FORWARDING, central->id, value))
    musterd_batch_put_setting (batch, scope->id, MUSTERD_BLOCK_FORWARDING, central->id, value);
  return scope != NULL;
}

/* Where the user stands, and nowhere else. */
static MusterdSettingScope *
find_for_user (MusterdCommand *command, guint *position)
{
  const MusterdEntry *entry = musterd_engine_find (command->engine, command->user);
  MusterdScopes scopes = { { NULL } };

  if (entry != NULL)
    musterd_engine_scopes_of (command->engine, entry->facts.user, NULL, &scopes);
  for (guint i = 0; i < MUSTERD_N_LAYERS; i++)
    {
      int place = scopes.layers[i] != NULL ? musterd_setting_scope_find_template (scopes.layers[i], command->word) : -1;

      if (place < 0)
        continue;
      *position = (guint) place;
      return (MusterdSettingScope *) scopes.layers[i];
    }
  return NULL;
}

/* NULL: there is none that this caller may know of. */
static MusterdSettingScope *
find (MusterdCommand *command, guint *position, GError **error)
{
  MusterdSettingScope *scope = command->user != NULL
                                   ? find_for_user (command, position)
                                   : musterd_engine_find_template (command->engine, command->word, position);

  if (scope != NULL)
    return scope;
  set_no_template (command->word, error);
  return NULL;
}

static gboolean
is_central_for (const MusterdCommand *command, const MusterdSettingScope *scope)
{
  return command->user != NULL && scope->layer != MUSTERD_LAYER_USER;
}

gboolean
musterd_decide_edit_template (MusterdCommand *command, MusterdBatch *batch, GError **error)
{
  guint position = 0;
  MusterdSettingScope *scope = find (command, &position, error);
  MusterdTemplate *tmpl;

  if (scope == NULL || !check_edit (command->edit, error))
    return FALSE;
  if (is_central_for (command, scope))
    return edit_forwarding (command, scope->templates->pdata[position], batch, error);
  scope = musterd_command_get_scope (command, scope->id, error);
  tmpl = scope->templates->pdata[position];
  if ((command->edit->fields & MUSTERD_TEMPLATE_ACTIVE) != 0 && !command->edit->tmpl->active && tmpl->active
      && !check_unused (command, scope, tmpl, error))
    return FALSE;
  lay_fields (tmpl, command->edit);
  if (!check_name (scope, tmpl, error) || !check_own (command, scope, tmpl, error)
      || !check_hides_unused (command, scope, tmpl, error))
    return FALSE;
  if ((command->edit->fields & MUSTERD_TEMPLATE_POSITION) != 0)
    place_template (scope, position, command->edit->position);
  write_order (scope, batch);
  musterd_decide_void (command, batch);
  tell_delegated (command, scope, batch, "changed a template", tmpl);
  return TRUE;
}

gboolean
musterd_decide_remove_template (MusterdCommand *command, MusterdBatch *batch, GError **error)
{
  guint position = 0;
  MusterdSettingScope *scope = find (command, &position, error);

  if (scope == NULL)
    return FALSE;
  if (is_central_for (command, scope))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                           "this template is a central one: an administrator can remove it");
      return FALSE;
    }
  scope = musterd_command_get_scope (command, scope->id, error);
  if (!check_unused (command, scope, scope->templates->pdata[position], error))
    return FALSE;
  tell_delegated (command, scope, batch, "removed a template", scope->templates->pdata[position]);
  musterd_batch_remove_template (batch, command->word);
  g_ptr_array_remove_index (scope->templates, position);
  write_order (scope, batch);
  musterd_decide_void (command, batch);
  return TRUE;
}
