/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people order: on disk first, then in force, then answered. Commands about one user go one after the other, each
 * judged by the state the one before has left; those of different users share the disk's commits. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/command.h"

static void
command_free (MusterdCommand *command)
{
  if (command->engine != NULL)
    g_hash_table_remove (command->engine->commands, command);
  g_free (command->user);
  g_free (command->word);
  g_free (command->text);
  g_free (command->by);
  g_clear_pointer (&command->users, g_ptr_array_unref);
  g_free (command->block);
  g_free (command->whom);
  g_clear_pointer (&command->changes, g_ptr_array_unref);
  g_clear_pointer (&command->edit, musterd_template_edit_free);
  g_clear_pointer (&command->scopes, g_hash_table_unref);
  g_clear_pointer (&command->removed, g_ptr_array_unref);
  g_clear_pointer (&command->known, g_ptr_array_unref);
  musterd_choice_free (command->choice);
  musterd_ignore_free (command->ignore);
  g_free (command->grant.name);
  g_clear_error (&command->error);
  g_free (command);
}

void
musterd_commands_clear (GQueue *commands)
{
  MusterdCommand *command;

  while ((command = g_queue_pop_head (commands)) != NULL)
    {
      g_autoptr(GError) error = g_error_new_literal (MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                                                     "the daemon is stopping, or the user is gone");

      if (command->begun)
        continue; /* it ends in on_written(), whatever became of the user or the engine */
      if (command->done != NULL)
        command->done (error, command->user_data);
      command_free (command);
    }
}

void
musterd_commands_orphan (MusterdEngine *engine)
{
  GHashTableIter iter;
  gpointer command;

  g_hash_table_iter_init (&iter, engine->commands);
  while (g_hash_table_iter_next (&iter, &command, NULL))
    ((MusterdCommand *) command)->engine = NULL;
}

static void begin_next (MusterdEngine *engine, GQueue *queue);

static GQueue *
queue_of (MusterdEngine *engine, const MusterdCommand *command)
{
  MusterdEntry *entry;

  if (musterd_command_is_central (command))
    return &engine->user_commands;
  entry = musterd_engine_find (engine, command->user);
  return entry != NULL ? &entry->commands : NULL;
}

/* Brings into force what is on disk. */
static void
put_users_in_force (MusterdEngine *engine, const GPtrArray *users, const char *const *removed, gsize n_removed)
{
  for (guint i = 0; i < users->len; i++)
    {
      MusterdUser *user = g_ptr_array_index (users, i);
      MusterdEntry *entry = musterd_engine_find (engine, user->id);

      if (entry == NULL)
        entry = musterd_engine_add (engine, user);
      else
        musterd_engine_set_user (engine, entry, user);
      musterd_engine_take_settings (engine, entry);
      musterd_engine_touch (engine, entry);
    }
  musterd_engine_tell_users (engine, (MusterdUser *const *) users->pdata, users->len, removed, n_removed);
}

static void
sync_users_in_force (MusterdEngine *engine, const MusterdCommand *command)
{
  g_autoptr(GPtrArray) ids = g_ptr_array_sized_new (command->removed->len);

  for (guint i = 0; i < command->removed->len; i++)
    {
      const MusterdUser *user = g_ptr_array_index (command->removed, i);
      MusterdEntry *entry = musterd_engine_find (engine, user->id);

      musterd_engine_drop_granted (engine, entry);
      musterd_engine_take (engine, entry);
      musterd_engine_drop_scope (engine, user->id);
      g_ptr_array_add (ids, user->id);
    }
  put_users_in_force (engine, command->users, (const char *const *) ids->pdata, ids->len);
}

static void
remove_user_in_force (MusterdEngine *engine, const char *id)
{
  MusterdEntry *entry = musterd_engine_find (engine, id);

  if (entry == NULL)
    return;
  musterd_engine_drop_granted (engine, entry);
  musterd_engine_take (engine, entry);
  musterd_engine_drop_scope (engine, id);
  musterd_engine_tell_users (engine, NULL, 0, &id, 1);
}

static void
add_ignore (MusterdEngine *engine, MusterdEntry *entry, MusterdIgnore *ignore)
{
  MusterdFacts *facts = &entry->facts;

  if (facts->ignores == NULL)
    facts->ignores = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_ignore_free);
  for (guint i = facts->ignores->len; i > 0; i--)
    {
      const MusterdIgnore *old = g_ptr_array_index (facts->ignores, i - 1);

      if (g_str_equal (old->source, ignore->source) && g_str_equal (old->key, ignore->key))
        g_ptr_array_remove_index (facts->ignores, i - 1);
    }
  if (facts->ignores->len >= MUSTERD_FACTS_IGNORES_MAX)
    {
      guint oldest = 0;
      const MusterdIgnore *old;

      for (guint i = 1; i < facts->ignores->len; i++)
        if (((MusterdIgnore *) g_ptr_array_index (facts->ignores, i))->from
            < ((MusterdIgnore *) g_ptr_array_index (facts->ignores, oldest))->from)
          oldest = i;
      old = g_ptr_array_index (facts->ignores, oldest);
      musterd_pending_ignore_gone (engine->pending, entry, old->source, old->key);
      g_ptr_array_remove_index (facts->ignores, oldest);
    }
  g_ptr_array_add (facts->ignores, ignore);
}

/* What they grant may have changed since this was decided, by the removal of a viewer. */
static void
change_grants (MusterdEngine *engine, MusterdEntry *entry, const MusterdCommand *command)
{
  musterd_engine_set_grants (engine, entry,
                             command->type == COMMAND_GRANT ? musterd_grants_with (entry->grants, &command->grant)
                                                            : musterd_grants_without (entry->grants, &command->grant));
  musterd_engine_tell_access (engine, &entry, 1);
}

static void
bring_into_force (MusterdEngine *engine, MusterdCommand *command)
{
  MusterdEntry *entry;

  if (command->scopes != NULL)
    musterd_engine_put_scopes (engine, command->scopes);
  if (command->type == COMMAND_PUT_USERS)
    {
      put_users_in_force (engine, command->users, NULL, 0);
      return;
    }
  if (command->type == COMMAND_SYNC_USERS)
    {
      sync_users_in_force (engine, command);
      return;
    }
  if (command->type == COMMAND_REMOVE_USER)
    {
      remove_user_in_force (engine, command->user);
      return;
    }
  entry = musterd_command_is_central (command) ? NULL : musterd_engine_find (engine, command->user);
  if (entry == NULL)
    return;
  if (command->type == COMMAND_GRANT || command->type == COMMAND_REVOKE)
    {
      change_grants (engine, entry, command);
      return;
    }
  if (command->end_standing)
    g_clear_pointer (&entry->facts.standing, musterd_choice_free);
  if (command->end_timed)
    g_clear_pointer (&entry->facts.timed, musterd_choice_free);
  if (command->choice != NULL)
    {
      MusterdChoice **place
          = command->choice->until == MUSTERD_TIME_NEVER ? &entry->facts.standing : &entry->facts.timed;

      g_clear_pointer (place, musterd_choice_free);
      *place = g_steal_pointer (&command->choice);
    }
  if (command->ignore != NULL)
    add_ignore (engine, entry, g_steal_pointer (&command->ignore));
  musterd_engine_touch (engine, entry);
}

/* Their removal was not written: they stay, with what was not written while they were leaving. */
static void
take_back (MusterdEngine *engine, const char *user)
{
  MusterdEntry *entry = musterd_engine_find (engine, user);

  if (entry == NULL || !entry->leaving)
    return;
  entry->leaving = FALSE;
  musterd_pending_everything (engine->pending, entry);
}

/* A choice that is still there was not ended after all, or its end could not be written. */
static void
keep_standing (MusterdEngine *engine, const char *user)
{
  MusterdEntry *entry = musterd_engine_find (engine, user);

  if (entry == NULL || entry->facts.standing == NULL)
    return;
  entry->facts.standing->ending = FALSE;
  musterd_engine_touch (engine, entry);
}

static void
on_written (const GError *error, gpointer data)
{
  MusterdCommand *command = data;
  MusterdEngine *engine = command->engine;
  GQueue *queue;

  if (engine == NULL) /* it is on disk or not; there is nothing left to bring it into force in */
    {
      if (command->done != NULL)
        command->done (error, command->user_data);
      command_free (command);
      return;
    }
  if (error == NULL)
    {
      bring_into_force (engine, command);
      musterd_command_tell_delegated (command);
    }
  else if (command->type == COMMAND_REMOVE_USER)
    take_back (engine, command->user);
  else if (command->type == COMMAND_SYNC_USERS)
    for (guint i = 0; i < command->removed->len; i++)
      take_back (engine, ((MusterdUser *) g_ptr_array_index (command->removed, i))->id);

  if (command->type == COMMAND_END_STANDING)
    keep_standing (engine, command->user);

  queue = queue_of (engine, command);
  if (queue != NULL && g_queue_peek_head (queue) == command)
    g_queue_pop_head (queue);
  /* Settled before it is answered: whoever asks next sees what they were told. */
  if (error == NULL)
    musterd_engine_settle_all (engine);
  if (command->done != NULL)
    command->done (error, command->user_data);
  queue = queue_of (engine, command);
  if (queue != NULL)
    begin_next (engine, queue);
  command_free (command);
}

static gboolean
on_refused (gpointer data)
{
  MusterdCommand *command = data;
  g_autoptr(GError) error = g_steal_pointer (&command->error);

  on_written (error, command);
  return G_SOURCE_REMOVE;
}

static gboolean
on_nothing_to_write (gpointer data)
{
  on_written (NULL, data);
  return G_SOURCE_REMOVE;
}

static void
call_later (MusterdEngine *engine, GSourceFunc func, gpointer data)
{
  g_autoptr(GSource) source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, engine->context);
}

static void
begin_next (MusterdEngine *engine, GQueue *queue)
{
  MusterdCommand *command = g_queue_peek_head (queue);
  g_autoptr(MusterdBatch) batch = NULL;

  if (command == NULL || command->begun)
    return;
  command->begun = TRUE;
  batch = musterd_batch_new ();
  if (!musterd_command_decide (command, batch, &command->error))
    call_later (engine, on_refused, command);
  else if (engine->store == NULL || musterd_batch_is_empty (batch))
    call_later (engine, on_nothing_to_write, command);
  else
    musterd_store_write (engine->store, g_steal_pointer (&batch), TRUE, on_written, command);
}

static void
submit (MusterdEngine *engine, MusterdCommand *command)
{
  GQueue *queue;

  command->engine = engine;
  g_hash_table_add (engine->commands, command);
  queue = queue_of (engine, command);
  if (queue == NULL)
    {
      command->begun = TRUE;
      musterd_engine_require (engine, command->user, &command->error);
      call_later (engine, on_refused, command);
      return;
    }
  g_queue_push_tail (queue, command);
  begin_next (engine, queue);
}

static MusterdCommand *
command_new (CommandType type, const char *user, MusterdDone done, gpointer user_data)
{
  MusterdCommand *command = g_new0 (MusterdCommand, 1);

  command->type = type;
  command->user = g_strdup (user);
  command->done = done;
  command->user_data = user_data;
  return command;
}

void
musterd_engine_put_users (MusterdEngine *engine, MusterdUser *const *users, gsize n_users, MusterdPut how,
                          MusterdDone done, gpointer user_data)
{
  MusterdCommand *command = command_new (COMMAND_PUT_USERS, NULL, done, user_data);

  command->how = how;
  command->users = g_ptr_array_new_full ((guint) n_users, (GDestroyNotify) musterd_user_unref);
  for (gsize i = 0; i < n_users; i++)
    g_ptr_array_add (command->users, musterd_user_ref (users[i]));
  submit (engine, command);
}

void
musterd_engine_remove_user (MusterdEngine *engine, const char *id, MusterdDone done, gpointer user_data)
{
  submit (engine, command_new (COMMAND_REMOVE_USER, id, done, user_data));
}

void
musterd_engine_sync_users (MusterdEngine *engine, GPtrArray *users, GPtrArray *removed, GPtrArray *known,
                           MusterdDone done, gpointer user_data)
{
  MusterdCommand *command = command_new (COMMAND_SYNC_USERS, NULL, done, user_data);

  command->users = g_ptr_array_ref (users);
  command->removed = g_ptr_array_ref (removed);
  command->known = g_ptr_array_ref (known);
  submit (engine, command);
}

void
musterd_engine_choose (MusterdEngine *engine, const char *id, const char *tmpl, MusterdStatus status, const char *text,
                       MusterdTime until, const char *by, MusterdDone done, gpointer user_data)
{
  MusterdCommand *command = command_new (COMMAND_CHOOSE, id, done, user_data);

  command->word = g_strdup (tmpl);
  command->status = status;
  command->text = g_strdup (text);
  command->until = until;
  command->by = g_strdup (by);
  submit (engine, command);
}

void
musterd_engine_automatic (MusterdEngine *engine, const char *id, const char *by, MusterdDone done, gpointer user_data)
{
  MusterdCommand *command = command_new (COMMAND_AUTOMATIC, id, done, user_data);

  command->by = g_strdup (by);
  submit (engine, command);
}

void
musterd_engine_ignore (MusterdEngine *engine, const char *id, const char *claim, const char *by, MusterdDone done,
                       gpointer user_data)
{
  MusterdCommand *command = command_new (COMMAND_IGNORE, id, done, user_data);

  command->word = g_strdup (claim);
  command->by = g_strdup (by);
  submit (engine, command);
}

static void
submit_grant (MusterdEngine *engine, CommandType type, const char *owner, const MusterdGrant *grant, const char *by,
              MusterdDone done, gpointer user_data)
{
  MusterdCommand *command = command_new (type, owner, done, user_data);

  command->grant = *grant;
  command->grant.name = g_strdup (grant->name);
  command->by = g_strdup (by);
  submit (engine, command);
}

void
musterd_engine_grant (MusterdEngine *engine, const char *owner, const MusterdGrant *grant, const char *by,
                      MusterdDone done, gpointer user_data)
{
  submit_grant (engine, COMMAND_GRANT, owner, grant, by, done, user_data);
}

void
musterd_engine_revoke (MusterdEngine *engine, const char *owner, const MusterdGrant *grant, const char *by,
                       MusterdDone done, gpointer user_data)
{
  submit_grant (engine, COMMAND_REVOKE, owner, grant, by, done, user_data);
}

void
musterd_engine_change_settings (MusterdEngine *engine, const char *scope, GPtrArray *changes, const char *by,
                                MusterdDone done, gpointer user_data)
{
  MusterdCommand *command = command_new (COMMAND_CHANGE_SETTINGS, NULL, done, user_data);

  command->word = g_strdup (scope);
  command->changes = changes;
  command->by = g_strdup (by);
  submit (engine, command);
}

void
musterd_engine_reset_settings (MusterdEngine *engine, const char *scope, const char *block, const char *by,
                               MusterdDone done, gpointer user_data)
{
  MusterdCommand *command = command_new (COMMAND_RESET_SETTINGS, NULL, done, user_data);

  command->word = g_strdup (scope);
  command->block = g_strdup (block);
  command->by = g_strdup (by);
  submit (engine, command);
}

static void
submit_template (MusterdEngine *engine, CommandType type, const char *word, const char *as_user,
                 MusterdTemplateEdit *edit, const char *by, MusterdDone done, gpointer user_data)
{
  MusterdCommand *command = command_new (type, as_user, done, user_data);

  command->word = g_strdup (word);
  command->edit = edit;
  command->by = g_strdup (by);
  submit (engine, command);
}

void
musterd_engine_add_template (MusterdEngine *engine, const char *scope, MusterdTemplateEdit *edit, const char *by,
                             MusterdDone done, gpointer user_data)
{
  submit_template (engine, COMMAND_ADD_TEMPLATE, scope, NULL, edit, by, done, user_data);
}

void
musterd_engine_edit_template (MusterdEngine *engine, const char *id, const char *as_user, MusterdTemplateEdit *edit,
                              const char *by, MusterdDone done, gpointer user_data)
{
  submit_template (engine, COMMAND_EDIT_TEMPLATE, id, as_user, edit, by, done, user_data);
}

void
musterd_engine_remove_template (MusterdEngine *engine, const char *id, const char *as_user, const char *by,
                                MusterdDone done, gpointer user_data)
{
  submit_template (engine, COMMAND_REMOVE_TEMPLATE, id, as_user, NULL, by, done, user_data);
}

void
musterd_command_end_standing (MusterdEngine *engine, MusterdEntry *entry)
{
  MusterdChoice *standing = entry->facts.standing;

  /* Nobody waits for an answer to this, and until it is on disk the choice must not show: over a client that was lost
   * before it said goodbye, it would come back for that long, and every telephone follow it. */
  if (standing != NULL && !musterd_facts_choice_stays (&entry->facts, entry->settings))
    standing->ending = TRUE;
  submit (engine, command_new (COMMAND_END_STANDING, entry->facts.user->id, NULL, NULL));
}

void
musterd_command_expire (MusterdEngine *engine, MusterdEntry *entry)
{
  /* Whatever waits looks at the choices anew, and the settling after it comes here again. */
  if (!g_queue_is_empty (&entry->commands))
    return;
  submit (engine, command_new (COMMAND_EXPIRE, entry->facts.user->id, NULL, NULL));
}
