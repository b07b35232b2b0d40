/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin shows administrators beside its log: troubles with single users, things a person must do, and things
 * it has seen. All of it bounded. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#include <string.h>

void
musterd_action_free (MusterdAction *action)
{
  g_free (action->user);
  g_free (action->id);
  g_free (action->text);
  g_free (action->url);
  g_free (action->code);
  g_free (action);
}

void
musterd_note_free (MusterdNote *note)
{
  g_free (note->topic);
  g_free (note->subject);
  g_free (note->text);
  g_free (note);
}

void
musterd_trouble_free (MusterdUserTrouble *trouble)
{
  g_free (trouble->user);
  g_free (trouble->state);
  g_free (trouble->text);
  g_free (trouble);
}

static MusterdTime
now (MusterdInstance *instance)
{
  return musterd_clock_now (instance->host->services.clock);
}

static char *
text_or_nothing (const char *text)
{
  return g_strdup (text != NULL ? text : "");
}

/* Users. */

static MusterdUserTrouble *
find_trouble (MusterdInstance *instance, const char *user, guint *index)
{
  for (guint i = 0; i < instance->troubles->len; i++)
    {
      MusterdUserTrouble *trouble = g_ptr_array_index (instance->troubles, i);

      if (g_str_equal (trouble->user, user))
        {
          *index = i;
          return trouble;
        }
    }
  return NULL;
}

static const char *
user_state_name (guint state)
{
  switch (state)
    {
    case MUSTER_USER_DEGRADED:
      return "degraded";
    case MUSTER_USER_NOT_HERE:
      return "not-here";
    case MUSTER_USER_SIGN_IN:
      return "sign-in";
    case MUSTER_USER_OK:
    default:
      return NULL;
    }
}

/* A user whom the system does not know has nothing there that could be stale. */
static gboolean
is_stale (guint state)
{
  return state == MUSTER_USER_DEGRADED || state == MUSTER_USER_SIGN_IN;
}

void
musterd_instance_user_state (MusterdInstance *instance, const MusterMessage *message)
{
  const char *name = user_state_name (message->value);
  guint index = 0;
  MusterdUserTrouble *trouble;

  if (message->value == MUSTER_USER_NOT_HERE && musterd_assign_refused (instance, message->user, message->text))
    return; /* and another one has the user now */
  trouble = find_trouble (instance, message->user, &index);
  if (musterd_instance_is_source (instance) && !instance->retiring)
    musterd_engine_user_state (instance->host->services.engine, instance->name, message->user,
                               !is_stale (message->value));
  if (name == NULL)
    {
      if (trouble != NULL)
        g_ptr_array_remove_index (instance->troubles, index);
      return;
    }
  if (trouble == NULL)
    {
      if (instance->troubles->len >= MUSTERD_TROUBLES_MAX)
        return; /* the administrator's list is long enough; the engine knows of every user */
      trouble = g_new0 (MusterdUserTrouble, 1);
      trouble->user = g_strdup (message->user);
      g_ptr_array_add (instance->troubles, trouble);
    }
  if (g_strcmp0 (trouble->state, name) != 0)
    trouble->since = now (instance);
  g_free (trouble->state);
  g_free (trouble->text);
  trouble->state = g_strdup (name);
  trouble->text = text_or_nothing (message->text);
}

/* Notes: what was seen how often. */

static MusterdNote *
find_note (MusterdInstance *instance, const char *topic, const char *subject)
{
  for (guint i = 0; i < instance->notes->len; i++)
    {
      MusterdNote *note = g_ptr_array_index (instance->notes, i);

      if (g_str_equal (note->topic, topic) && g_str_equal (note->subject, subject))
        return note;
    }
  return NULL;
}

/* A new thing takes the place of the one not seen for longest. */
static void
make_room_for_note (MusterdInstance *instance)
{
  guint oldest = 0;

  if (instance->notes->len < MUSTERD_NOTES_MAX)
    return;
  for (guint i = 1; i < instance->notes->len; i++)
    if (((MusterdNote *) g_ptr_array_index (instance->notes, i))->last
        < ((MusterdNote *) g_ptr_array_index (instance->notes, oldest))->last)
      oldest = i;
  g_ptr_array_remove_index (instance->notes, oldest);
}

void
musterd_instance_note (MusterdInstance *instance, const MusterMessage *message)
{
  const char *topic = message->set != NULL ? message->set : "";
  const char *subject = message->key != NULL ? message->key : "";
  MusterdNote *note = find_note (instance, topic, subject);

  if (note == NULL)
    {
      make_room_for_note (instance);
      note = g_new0 (MusterdNote, 1);
      note->topic = g_strdup (topic);
      note->subject = g_strdup (subject);
      note->since = now (instance);
      g_ptr_array_add (instance->notes, note);
    }
  g_free (note->text);
  note->text = text_or_nothing (message->text);
  note->last = now (instance);
  if (note->count < G_MAXUINT)
    note->count++;
}

/* Actions: what waits for a person. */

static MusterdAction *
find_action (MusterdInstance *instance, const char *user, const char *id, guint *index)
{
  for (guint i = 0; i < instance->actions->len; i++)
    {
      MusterdAction *action = g_ptr_array_index (instance->actions, i);

      if (g_str_equal (action->id, id) && g_strcmp0 (action->user, user) == 0)
        {
          *index = i;
          return action;
        }
    }
  return NULL;
}

gboolean
musterd_instance_has_action (MusterdInstance *instance, const char *user, const char *id)
{
  guint index = 0;

  return find_action (instance, user, id, &index) != NULL;
}

gboolean
musterd_instance_action_needed (MusterdInstance *instance, const MusterMessage *message, GError **error)
{
  guint index = 0;
  MusterdAction *action = find_action (instance, message->user, message->key, &index);

  if (action == NULL)
    {
      if (instance->actions->len >= MUSTERD_ACTIONS_MAX)
        {
          g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT, "%d actions wait for people already",
                       MUSTERD_ACTIONS_MAX);
          return FALSE;
        }
      action = g_new0 (MusterdAction, 1);
      action->user = g_strdup (message->user);
      action->id = g_strdup (message->key);
      action->since = now (instance);
      g_ptr_array_add (instance->actions, action);
      /* What must be done may hold a code: the list of actions shows it, the log does not. */
      g_autofree char *text
          = g_strdup_printf ("a person must act: %s%s%s (\"plugin show %s\" says how)", action->id,
                             action->user != NULL ? " for " : "", action->user != NULL ? action->user : "",
                             instance->name);

      musterd_instance_say (instance, MUSTERD_LOG_ACTION, MUSTER_LOG_MESSAGE,
                            (MusterdLogFields){ .event = MUSTERD_EVENT_ACTION_NEEDED, .user = action->user }, text);
    }
  g_free (action->text);
  g_free (action->url);
  g_free (action->code);
  action->text = text_or_nothing (message->text);
  action->url = g_strdup (message->url);
  action->code = g_strdup (message->code);
  return TRUE;
}

void
musterd_instance_action_done (MusterdInstance *instance, const char *user, const char *id)
{
  guint index = 0;

  if (find_action (instance, user, id, &index) != NULL)
    g_ptr_array_remove_index (instance->actions, index);
}

/* Forgetting. */

void
musterd_instance_forget_said (MusterdInstance *instance)
{
  for (guint i = 0; i < instance->troubles->len; i++)
    {
      const MusterdUserTrouble *trouble = g_ptr_array_index (instance->troubles, i);

      if (musterd_instance_is_source (instance))
        musterd_engine_user_state (instance->host->services.engine, instance->name, trouble->user, TRUE);
    }
  g_ptr_array_set_size (instance->troubles, 0);
  g_ptr_array_set_size (instance->actions, 0);
}

void
musterd_instance_forget_user (MusterdInstance *instance, const char *user)
{
  guint index = 0;

  if (find_trouble (instance, user, &index) != NULL)
    g_ptr_array_remove_index (instance->troubles, index);
  for (guint i = instance->actions->len; i > 0; i--)
    if (g_strcmp0 (((MusterdAction *) g_ptr_array_index (instance->actions, i - 1))->user, user) == 0)
      g_ptr_array_remove_index (instance->actions, i - 1);
}
