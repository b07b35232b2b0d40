/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each command comes to, judged by the state that the one before has left: what is to be written, and what is to
 * come into force when it is. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/command.h"

#include <string.h>

static char *
names_of_templates (const MusterdSettings *settings)
{
  g_autoptr(GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < settings->templates->len; i++)
    {
      const MusterdTemplate *tmpl = g_ptr_array_index (settings->templates, i);

      if (tmpl->active)
        g_ptr_array_add (names, tmpl->name);
    }
  g_ptr_array_add (names, NULL);
  return g_strjoinv (", ", (char **) names->pdata);
}

/* A template by its name, or a status, and until when; not the text. */
static void
log_choice (MusterdCommand *command, const MusterdTemplate *tmpl, MusterdBatch *batch)
{
  g_autoptr(GDateTime) until = command->until != MUSTERD_TIME_NEVER
                                   ? g_date_time_new_from_unix_utc (command->until / MUSTERD_SECOND)
                                   : NULL;
  g_autofree char *when = until != NULL ? g_date_time_format (until, " until %FT%TZ") : NULL;
  g_autofree char *what
      = g_strdup_printf ("%s %s%s", tmpl != NULL ? "template" : "status",
                         tmpl != NULL ? tmpl->name : musterd_status_to_string (command->status),
                         when != NULL ? when : "");

  musterd_command_delegated (command, batch, command->user, "chose", what);
}

static gboolean
decide_choose (MusterdCommand *command, MusterdEntry *entry, MusterdBatch *batch, GError **error)
{
  MusterdEngine *engine = command->engine;
  MusterdTime now = musterd_engine_now (engine);
  const MusterdTemplate *tmpl = musterd_settings_find (entry->settings, command->word);

  if (command->word != NULL && tmpl == NULL)
    {
      g_autofree char *shown = musterd_error_word (command->word);
      g_autofree char *names = names_of_templates (entry->settings);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no template '%s': there are %s", shown,
                   names);
      return FALSE;
    }
  if (tmpl == NULL && (command->status <= MUSTERD_STATUS_NONE || command->status >= MUSTERD_N_STATUSES))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "neither a template nor a status was chosen");
      return FALSE;
    }
  if (!entry->settings->in_use)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                   "presence is switched off for %s: the setting presence.use is off there",
                   command->user);
      return FALSE;
    }
  if (tmpl == NULL && (entry->settings->statuses & MUSTERD_STATUS_BIT (command->status)) == 0)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN,
                   "the status %s is not open to users here: the setting templates.statuses names those that are",
                   musterd_status_to_string (command->status));
      return FALSE;
    }
  if (!musterd_door_check_words ("text", command->text, MUSTERD_CLAIM_TEXT_MAX, FALSE, error))
    return FALSE;
  if (command->until <= now)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "'until' is not in the future");
      return FALSE;
    }

  command->choice = g_new0 (MusterdChoice, 1);
  command->choice->template_id = tmpl != NULL ? g_strdup (tmpl->id) : NULL;
  command->choice->stays = tmpl != NULL && tmpl->stays;
  command->choice->status = tmpl != NULL ? tmpl->status : command->status;
  command->choice->text = command->text != NULL && *command->text != '\0' ? g_strdup (command->text) : NULL;
  command->choice->made = now;
  command->choice->until = command->until;
  command->choice->by = g_strdup (command->by);
  musterd_batch_put_choice (batch, entry->facts.user->id, command->choice);
  if (command->until == MUSTERD_TIME_NEVER && entry->facts.timed != NULL)
    {
      command->end_timed = TRUE;
      musterd_batch_remove_choice (batch, entry->facts.user->id, TRUE);
    }
  log_choice (command, tmpl, batch);
  return TRUE;
}

/* Whether these words, which may be a key as its source has it, name this key. */
static gboolean
is_key (const char *word, const char *key)
{
  g_autofree char *kept = musterd_claim_dup_short_key (word);

  return g_str_equal (kept, key);
}

static MusterdClaim *
find_claim (const MusterdFacts *facts, const char *word)
{
  for (guint i = 0; i < facts->claims->len; i++)
    {
      MusterdClaim *claim = g_ptr_array_index (facts->claims, i);
      gsize length = strlen (claim->source);
      char id[13];

      musterd_claim_get_id (claim, id);
      if (g_str_equal (word, id) || is_key (word, claim->key)
          || (g_str_has_prefix (word, claim->source) && word[length] == '/' && is_key (word + length + 1, claim->key)))
        return claim;
    }
  return NULL;
}

static gboolean
decide_ignore (MusterdCommand *command, MusterdEntry *entry, MusterdBatch *batch, GError **error)
{
  const MusterdClaim *claim = find_claim (&entry->facts, command->word);
  g_autofree char *what = NULL;
  char id[13];

  if (claim == NULL)
    {
      g_autofree char *shown = musterd_error_word (command->word);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "%s has no claim '%s'", entry->facts.user->id, shown);
      return FALSE;
    }
  command->ignore = g_new0 (MusterdIgnore, 1);
  command->ignore->source = g_strdup (claim->source);
  command->ignore->key = g_strdup (claim->key);
  command->ignore->from = claim->from;
  musterd_pending_keep_ignore (command->engine->pending, entry->facts.user->id, claim->source, claim->key);
  musterd_batch_put_ignore (batch, entry->facts.user->id, command->ignore);
  musterd_claim_get_id (claim, id);
  what = g_strconcat ("ignore ", id, NULL);
  musterd_command_delegated (command, batch, command->user, "left out an entry", what);
  return TRUE;
}

static void
decide_endings (MusterdCommand *command, MusterdEntry *entry, MusterdBatch *batch)
{
  const MusterdFacts *facts = &entry->facts;
  const MusterdSettings *settings = entry->settings;
  MusterdTime now = musterd_engine_now (command->engine);

  if (facts->standing != NULL)
    command->end_standing
        = command->type == COMMAND_AUTOMATIC
          || (command->type == COMMAND_END_STANDING && !musterd_facts_choice_stays (facts, settings))
          || (command->type == COMMAND_EXPIRE && musterd_facts_choice_end (facts, settings) <= now);
  if (facts->timed != NULL)
    command->end_timed
        = command->type == COMMAND_AUTOMATIC || (command->type == COMMAND_EXPIRE && facts->timed->until <= now);
  if (command->end_standing)
    musterd_batch_remove_choice (batch, facts->user->id, FALSE);
  if (command->end_timed)
    musterd_batch_remove_choice (batch, facts->user->id, TRUE);
  if (command->end_standing || command->end_timed)
    musterd_command_delegated (command, batch, command->user, "went back to automatic", "automatic");
}

/* An administrator's own entry is theirs; one that is the owner's word is said in the owner's name. */
static void
log_grant (MusterdCommand *command, MusterdBatch *batch)
{
  const MusterdGrant *grant = &command->grant;
  const gboolean grants = command->type == COMMAND_GRANT;
  g_autofree char *viewer = musterd_viewer_to_string (grant->kind, grant->name);
  g_autofree char *what = NULL;

  if (!grant->own_word)
    return;
  what = grants ? g_strdup_printf ("grant %s %s", musterd_relation_to_string (grant->level), viewer)
                : g_strconcat ("revoke ", viewer, NULL);
  musterd_command_delegated (command, batch, command->user,
                             grants ? "granted a relationship" : "took a relationship back", what);
}

/* As far as it is known whom an entry is for. */
static gboolean
find_viewer (MusterdEngine *engine, const MusterdGrant *grant, MusterdViewer *viewer, GError **error)
{
  MusterdEntry *entry;

  *viewer = musterd_viewer_of_grant (grant);
  if (grant->kind != MUSTERD_VIEWER_USER)
    return TRUE;
  entry = musterd_engine_require (engine, grant->name, error);
  if (entry == NULL)
    return FALSE;
  if (entry->leaving)
    {
      /* What was written after their removal would be found by whoever has the id next. */
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no user '%s'", grant->name);
      return FALSE;
    }
  *viewer = musterd_viewer_of_user (entry->facts.user);
  return TRUE;
}

static gboolean
decide_grant (MusterdCommand *command, MusterdEntry *entry, MusterdBatch *batch, GError **error)
{
  const MusterdGrant *grant = &command->grant;
  const MusterdAccess owner = { entry->facts.user, entry->settings, entry->grants };
  MusterdViewer viewer;

  if (!find_viewer (command->engine, grant, &viewer, error))
    return FALSE;
  if (g_strcmp0 (viewer.id, owner.user->id) == 0)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID,
                           "nobody has a relationship to themself: owner and viewer are the same");
      return FALSE;
    }
  if (grant->own_word && !musterd_relation_check_own_word (&owner, &viewer, grant->level, error))
    return FALSE;
  if (entry->grants != NULL && entry->grants->n >= MUSTERD_GRANTS_MAX
      && musterd_grants_find (entry->grants, grant->kind, grant->name, grant->own_word) == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT,
                   "%s has %d relationships already, and that is the most there can be: remove some, or name a group",
                   owner.user->id, MUSTERD_GRANTS_MAX);
      return FALSE;
    }
  musterd_batch_put_grant (batch, owner.user->id, grant);
  log_grant (command, batch);
  return TRUE;
}

static gboolean
decide_revoke (MusterdCommand *command, MusterdEntry *entry, MusterdBatch *batch, GError **error)
{
  const MusterdGrant *grant = &command->grant;

  if (musterd_grants_find (entry->grants, grant->kind, grant->name, grant->own_word) == NULL)
    {
      g_autofree char *viewer = musterd_viewer_to_string (grant->kind, grant->name);
      g_autofree char *shown = musterd_error_word (viewer);
      gboolean is_own = !grant->own_word && musterd_grants_find (entry->grants, grant->kind, grant->name, TRUE) != NULL;

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "%s has no relationship to '%s' that %s said%s",
                   entry->facts.user->id, shown, grant->own_word ? "they themself" : "an administrator",
                   is_own ? ": they did themself, which 'as=owner' (musterctl: --as owner) takes back" : "");
      return FALSE;
    }
  musterd_batch_remove_grant (batch, entry->facts.user->id, grant);
  log_grant (command, batch);
  return TRUE;
}

static gboolean
decide_put_users (MusterdCommand *command, MusterdBatch *batch, GError **error)
{
  for (guint i = 0; i < command->users->len; i++)
    {
      MusterdUser *user = g_ptr_array_index (command->users, i);
      gboolean exists = musterd_engine_find (command->engine, user->id) != NULL;

      if (exists && command->how == MUSTERD_PUT_NEW)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                       "user %s exists already: change it with musterctl user set", user->id);
          return FALSE;
        }
      if (!exists && command->how == MUSTERD_PUT_EXISTING)
        return musterd_engine_require (command->engine, user->id, error) != NULL;
      musterd_batch_put_user (batch, user);
    }
  /* Who moves to where it is not theirs to say has said nothing. */
  musterd_decide_void (command, batch);
  return TRUE;
}

static gboolean
decide_sync_users (MusterdCommand *command, MusterdBatch *batch, GError **error)
{
  MusterdEngine *engine = command->engine;
  gboolean same = command->known->len == musterd_engine_get_n_users (engine);

  for (guint i = 0; i < command->known->len && same; i++)
    {
      MusterdUser *user = g_ptr_array_index (command->known, i);

      same = musterd_engine_get_user (engine, user->id) == user;
    }
  if (!same)
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                           "somebody has changed users meanwhile: nothing was changed; do it again");
      return FALSE;
    }
  /* One flush for all, so that there is nothing left to look for that may not come after a removal. */
  musterd_pending_flush (engine->pending);
  for (guint i = 0; i < command->removed->len; i++)
    {
      const MusterdUser *user = g_ptr_array_index (command->removed, i);

      musterd_engine_find (engine, user->id)->leaving = TRUE;
      musterd_batch_remove_user (batch, user->id);
    }
  for (guint i = 0; i < command->users->len; i++)
    musterd_batch_put_user (batch, g_ptr_array_index (command->users, i));
  musterd_decide_void (command, batch);
  return TRUE;
}

gboolean
musterd_command_is_central (const MusterdCommand *command)
{
  return command->type >= COMMAND_PUT_USERS;
}

gboolean
musterd_command_decide (MusterdCommand *command, MusterdBatch *batch, GError **error)
{
  MusterdEntry *entry;

  switch (command->type)
    {
    case COMMAND_PUT_USERS:
      return decide_put_users (command, batch, error);
    case COMMAND_SYNC_USERS:
      return decide_sync_users (command, batch, error);
    case COMMAND_CHANGE_SETTINGS:
      return musterd_decide_change_settings (command, batch, error);
    case COMMAND_RESET_SETTINGS:
      return musterd_decide_reset_settings (command, batch, error);
    case COMMAND_ADD_TEMPLATE:
      return musterd_decide_add_template (command, batch, error);
    case COMMAND_EDIT_TEMPLATE:
      return musterd_decide_edit_template (command, batch, error);
    case COMMAND_REMOVE_TEMPLATE:
      return musterd_decide_remove_template (command, batch, error);
    case COMMAND_CHOOSE:
    case COMMAND_AUTOMATIC:
    case COMMAND_IGNORE:
    case COMMAND_END_STANDING:
    case COMMAND_EXPIRE:
    case COMMAND_REMOVE_USER:
    default:
      break;
    }
  entry = musterd_engine_require (command->engine, command->user, error);
  if (entry == NULL)
    return FALSE;
  switch (command->type)
    {
    case COMMAND_CHOOSE:
      return decide_choose (command, entry, batch, error);
    case COMMAND_IGNORE:
      return decide_ignore (command, entry, batch, error);
    case COMMAND_AUTOMATIC:
    case COMMAND_END_STANDING:
    case COMMAND_EXPIRE:
      decide_endings (command, entry, batch);
      return TRUE;
    case COMMAND_GRANT:
      return decide_grant (command, entry, batch, error);
    case COMMAND_REVOKE:
      return decide_revoke (command, entry, batch, error);
    case COMMAND_REMOVE_USER:
      /* Nothing of theirs may be written after their removal. */
      entry->leaving = TRUE;
      musterd_pending_forget_user (command->engine->pending, command->user);
      musterd_batch_remove_user (batch, command->user);
      return TRUE;
    case COMMAND_PUT_USERS:
    case COMMAND_CHANGE_SETTINGS:
    case COMMAND_RESET_SETTINGS:
    case COMMAND_ADD_TEMPLATE:
    case COMMAND_EDIT_TEMPLATE:
    case COMMAND_REMOVE_TEMPLATE:
    case COMMAND_SYNC_USERS:
    default:
      g_assert_not_reached ();
    }
}
