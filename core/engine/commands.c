/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What people order: on disk first, then in force, then answered. Commands about one user go one after the other, each
 * judged by the state the one before has left; those of different users share the disk's commits. */
#define G_LOG_DOMAIN "muster-engine"

#include "engine/private.h"

#include <string.h>

typedef enum
{
  COMMAND_CHOOSE,
  COMMAND_AUTOMATIC,
  COMMAND_IGNORE,
  COMMAND_END_STANDING, /* a client started, or the last one ended */
  COMMAND_EXPIRE,       /* a choice has come to its end */
  COMMAND_PUT_USERS,
  COMMAND_REMOVE_USER
} CommandType;

struct _MusterdCommand
{
  CommandType    type;
  MusterdEngine *engine;
  char          *user; /* nullable: PUT_USERS */
  char          *word; /* CHOOSE: the template, nullable; IGNORE: the claim */
  MusterdStatus  status;
  char          *text, *by; /* nullable */
  MusterdTime    until;
  GPtrArray     *users; /* PUT_USERS */
  MusterdPut     how;
  MusterdDone    done; /* nullable */
  gpointer       user_data;
  /* Decided when it is its turn: what is to come into force. */
  MusterdChoice *choice;
  MusterdIgnore *ignore;
  gboolean       end_standing, end_timed;
  gboolean       begun; /* on its way to the disk, or to its refusal */
  GError        *error;
};

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
  musterd_choice_free (command->choice);
  musterd_ignore_free (command->ignore);
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

  if (command->type == COMMAND_PUT_USERS || command->type == COMMAND_REMOVE_USER)
    return &engine->user_commands;
  entry = musterd_engine_find (engine, command->user);
  return entry != NULL ? &entry->commands : NULL;
}

/* Brings into force what is on disk. */
static void
put_users_in_force (MusterdEngine *engine, const GPtrArray *users)
{
  for (guint i = 0; i < users->len; i++)
    {
      MusterdUser *user = g_ptr_array_index (users, i);
      MusterdEntry *entry = musterd_engine_find (engine, user->id);

      if (entry == NULL)
        entry = musterd_engine_add (engine, user);
      else
        {
          musterd_user_unref (entry->facts.user);
          entry->facts.user = musterd_user_ref (user);
        }
      musterd_engine_touch (engine, entry);
    }
  musterd_engine_tell_users (engine, (MusterdUser *const *) users->pdata, users->len, NULL, 0);
}

static void
remove_user_in_force (MusterdEngine *engine, const char *id)
{
  MusterdEntry *entry = musterd_engine_find (engine, id);

  if (entry == NULL)
    return;
  musterd_engine_take (engine, entry);
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

static void
bring_into_force (MusterdEngine *engine, MusterdCommand *command)
{
  MusterdEntry *entry;

  if (command->type == COMMAND_PUT_USERS)
    {
      put_users_in_force (engine, command->users);
      return;
    }
  if (command->type == COMMAND_REMOVE_USER)
    {
      remove_user_in_force (engine, command->user);
      return;
    }
  entry = musterd_engine_find (engine, command->user);
  if (entry == NULL)
    return;
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
    bring_into_force (engine, command);
  else if (command->type == COMMAND_REMOVE_USER)
    {
      MusterdEntry *entry = musterd_engine_find (engine, command->user);

      if (entry != NULL)
        {
          entry->leaving = FALSE;
          musterd_pending_everything (engine->pending, entry); /* what was not written while they were leaving */
        }
    }

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

static gboolean
decide_choose (MusterdCommand *command, MusterdEntry *entry, MusterdBatch *batch, GError **error)
{
  MusterdEngine *engine = command->engine;
  MusterdTime now = musterd_engine_now (engine);
  const MusterdTemplate *tmpl = musterd_settings_find (engine->settings, command->word);

  if (command->word != NULL && tmpl == NULL)
    {
      g_autofree char *names = names_of_templates (engine->settings);

      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no template '%s': there are %s",
                   command->word, names);
      return FALSE;
    }
  if (tmpl == NULL && (command->status <= MUSTERD_STATUS_NONE || command->status >= MUSTERD_N_STATUSES))
    {
      g_set_error_literal (error, MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "neither a template nor a status was chosen");
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
  return TRUE;
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
      if (g_str_equal (word, id) || g_str_equal (word, claim->key)
          || (g_str_has_prefix (word, claim->source) && word[length] == '/'
              && g_str_equal (word + length + 1, claim->key)))
        return claim;
    }
  return NULL;
}

static gboolean
decide_ignore (MusterdCommand *command, MusterdEntry *entry, MusterdBatch *batch, GError **error)
{
  const MusterdClaim *claim = find_claim (&entry->facts, command->word);

  if (claim == NULL)
    {
      g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "%s has no claim '%s'", entry->facts.user->id,
                   command->word);
      return FALSE;
    }
  command->ignore = g_new0 (MusterdIgnore, 1);
  command->ignore->source = g_strdup (claim->source);
  command->ignore->key = g_strdup (claim->key);
  command->ignore->from = claim->from;
  musterd_pending_keep_ignore (command->engine->pending, entry->facts.user->id, claim->source, claim->key);
  musterd_batch_put_ignore (batch, entry->facts.user->id, command->ignore);
  return TRUE;
}

static void
decide_endings (MusterdCommand *command, MusterdEntry *entry, MusterdBatch *batch)
{
  const MusterdFacts *facts = &entry->facts;
  const MusterdSettings *settings = command->engine->settings;
  MusterdTime now = musterd_engine_now (command->engine);

  if (facts->standing != NULL)
    {
      const MusterdTemplate *tmpl = musterd_settings_find_id (settings, facts->standing->template_id);

      command->end_standing
          = command->type == COMMAND_AUTOMATIC
            || (command->type == COMMAND_END_STANDING && (tmpl == NULL || !tmpl->stays))
            || (command->type == COMMAND_EXPIRE && musterd_facts_choice_end (facts, settings) <= now);
    }
  if (facts->timed != NULL)
    command->end_timed
        = command->type == COMMAND_AUTOMATIC || (command->type == COMMAND_EXPIRE && facts->timed->until <= now);
  if (command->end_standing)
    musterd_batch_remove_choice (batch, facts->user->id, FALSE);
  if (command->end_timed)
    musterd_batch_remove_choice (batch, facts->user->id, TRUE);
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
  return TRUE;
}

static gboolean
decide (MusterdCommand *command, MusterdBatch *batch, GError **error)
{
  MusterdEntry *entry;

  if (command->type == COMMAND_PUT_USERS)
    return decide_put_users (command, batch, error);
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
    case COMMAND_REMOVE_USER:
      /* Nothing of theirs may be written after their removal. */
      entry->leaving = TRUE;
      musterd_pending_forget_user (command->engine->pending, command->user);
      musterd_batch_remove_user (batch, command->user);
      return TRUE;
    case COMMAND_PUT_USERS:
    default:
      g_assert_not_reached ();
    }
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
  if (!decide (command, batch, &command->error))
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
musterd_engine_automatic (MusterdEngine *engine, const char *id, MusterdDone done, gpointer user_data)
{
  submit (engine, command_new (COMMAND_AUTOMATIC, id, done, user_data));
}

void
musterd_engine_ignore (MusterdEngine *engine, const char *id, const char *claim, MusterdDone done, gpointer user_data)
{
  MusterdCommand *command = command_new (COMMAND_IGNORE, id, done, user_data);

  command->word = g_strdup (claim);
  submit (engine, command);
}

void
musterd_command_end_standing (MusterdEngine *engine, MusterdEntry *entry)
{
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
