/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/outbox.h"

#include "store/secrets.h"

/* One user that changed or is gone. */
typedef struct
{
  char          *id;
  MusterdPerson *person; /* nullable: removed */
} UserNews;

struct _MusterdOutbox
{
  GMutex      mutex; /* guards everything */
  GSource    *source;
  gboolean    start, stop, stopped, drain, closed;
  gint64      deadline;
  GQueue      answers;   /* MusterdWork */
  GQueue      kept;      /* GPtrArray of MusterdRecord */
  gboolean    listed;    /* all records and the first list are in; before, users wait */
  gboolean    list_owed; /* the batch that completes the list was not taken yet */
  gboolean    list_done; /* it was: every later batch is complete as well */
  GQueue      news;      /* UserNews, in order */
  GHashTable *news_by_id;
  GQueue      asked;     /* MusterdWork: ACTION and TEST */
  gboolean    sync_all;
  GQueue      syncs;     /* char * */
  GHashTable *syncs_by_id;
  GQueue      applies;   /* MusterdWork: APPLY */
  GHashTable *applies_by_id;
};

void
musterd_work_clear (MusterdWork *work)
{
  g_clear_pointer (&work->secret, musterd_secret_free);
  g_clear_error (&work->error);
  g_clear_pointer (&work->records, g_ptr_array_unref);
  g_clear_pointer (&work->changed, g_ptr_array_unref);
  g_clear_pointer (&work->removed, g_ptr_array_unref);
  g_clear_pointer (&work->person, musterd_person_unref);
  g_clear_pointer (&work->presence, musterd_presence_unref);
  g_clear_pointer (&work->user_id, g_free);
  g_clear_pointer (&work->id, g_free);
  g_clear_pointer (&work->answer, g_free);
  work->kind = MUSTERD_WORK_NONE;
}

static MusterdWork *
work_new (MusterdWorkKind kind)
{
  MusterdWork *work = g_new0 (MusterdWork, 1);

  work->kind = kind;
  return work;
}

static void
work_free (gpointer data)
{
  musterd_work_clear (data);
  g_free (data);
}

static void
news_free (gpointer data)
{
  UserNews *news = data;

  g_free (news->id);
  g_clear_pointer (&news->person, musterd_person_unref);
  g_free (news);
}

MusterdOutbox *
musterd_outbox_new (GSource *source)
{
  MusterdOutbox *outbox = g_new0 (MusterdOutbox, 1);

  g_mutex_init (&outbox->mutex);
  outbox->source = g_source_ref (source);
  g_queue_init (&outbox->answers);
  g_queue_init (&outbox->kept);
  g_queue_init (&outbox->news);
  g_queue_init (&outbox->asked);
  g_queue_init (&outbox->syncs);
  g_queue_init (&outbox->applies);
  outbox->news_by_id = g_hash_table_new (g_str_hash, g_str_equal);
  outbox->syncs_by_id = g_hash_table_new (g_str_hash, g_str_equal);
  outbox->applies_by_id = g_hash_table_new (g_str_hash, g_str_equal);
  return outbox;
}

/* With the mutex held: everything but answers. */
static void
drop_work (MusterdOutbox *outbox)
{
  outbox->start = outbox->drain = outbox->sync_all = outbox->list_owed = FALSE;
  g_hash_table_remove_all (outbox->news_by_id);
  g_hash_table_remove_all (outbox->syncs_by_id);
  g_hash_table_remove_all (outbox->applies_by_id);
  g_queue_clear_full (&outbox->kept, (GDestroyNotify) g_ptr_array_unref);
  g_queue_clear_full (&outbox->news, news_free);
  g_queue_clear_full (&outbox->asked, work_free);
  g_queue_clear_full (&outbox->syncs, g_free);
  g_queue_clear_full (&outbox->applies, work_free);
}

void
musterd_outbox_free (MusterdOutbox *outbox)
{
  drop_work (outbox);
  g_queue_clear_full (&outbox->answers, work_free);
  g_hash_table_unref (outbox->news_by_id);
  g_hash_table_unref (outbox->syncs_by_id);
  g_hash_table_unref (outbox->applies_by_id);
  g_source_unref (outbox->source);
  g_mutex_clear (&outbox->mutex);
  g_free (outbox);
}

/* Handing out: on the instance's thread. */

static gboolean
take_users (MusterdOutbox *outbox, MusterdWork *work)
{
  guint n = 0;

  if (!outbox->listed || (g_queue_is_empty (&outbox->news) && !outbox->list_owed))
    return FALSE;
  work->kind = MUSTERD_WORK_USERS;
  work->changed = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_person_unref);
  work->removed = g_ptr_array_new_with_free_func (g_free);
  for (; n < MUSTERD_USERS_BATCH && !g_queue_is_empty (&outbox->news); n++)
    {
      UserNews *news = g_queue_pop_head (&outbox->news);

      g_hash_table_remove (outbox->news_by_id, news->id);
      if (news->person != NULL)
        g_ptr_array_add (work->changed, g_steal_pointer (&news->person));
      else
        g_ptr_array_add (work->removed, g_steal_pointer (&news->id));
      news_free (news);
    }
  if (g_queue_is_empty (&outbox->news))
    {
      outbox->list_owed = FALSE;
      outbox->list_done = TRUE;
    }
  work->complete = outbox->list_done;
  return TRUE;
}

static gboolean
take_sync (MusterdOutbox *outbox, MusterdWork *work)
{
  if (!outbox->sync_all && g_queue_is_empty (&outbox->syncs))
    return FALSE;
  work->kind = MUSTERD_WORK_SYNC;
  if (outbox->sync_all)
    {
      outbox->sync_all = FALSE;
      return TRUE;
    }
  work->user_id = g_queue_pop_head (&outbox->syncs);
  g_hash_table_remove (outbox->syncs_by_id, work->user_id);
  return TRUE;
}

static gboolean
take_queued (GQueue *queue, MusterdWork *work)
{
  g_autofree MusterdWork *queued = g_queue_pop_head (queue);

  if (queued == NULL)
    return FALSE;
  *work = *queued;
  return TRUE;
}

static gboolean
take_apply (MusterdOutbox *outbox, MusterdWork *work)
{
  if (!take_queued (&outbox->applies, work))
    return FALSE;
  g_hash_table_remove (outbox->applies_by_id, work->person->user->id);
  return TRUE;
}

static gboolean
take_flag (gboolean *flag, MusterdWorkKind kind, MusterdWork *work)
{
  if (!*flag)
    return FALSE;
  *flag = FALSE;
  work->kind = kind;
  return TRUE;
}

static gboolean
take_kept (MusterdOutbox *outbox, MusterdWork *work)
{
  if (g_queue_is_empty (&outbox->kept))
    return FALSE;
  work->kind = MUSTERD_WORK_KEPT;
  work->records = g_queue_pop_head (&outbox->kept);
  return TRUE;
}

/* The order of the work. Records come before users and users before deliveries: a sink knows what it saved, and for
 * whom, before it is told to write. Only between deliveries and the rest does it matter who comes first: people's
 * answers and syncs are few. */
static gboolean
take_next (MusterdOutbox *outbox, MusterdWork *work)
{
  if (take_queued (&outbox->answers, work))
    return TRUE;
  if (take_flag (&outbox->stop, MUSTERD_WORK_STOP, work))
    {
      work->deadline = outbox->deadline;
      outbox->stopped = TRUE;
      return TRUE;
    }
  return take_flag (&outbox->start, MUSTERD_WORK_START, work) || take_kept (outbox, work) || take_users (outbox, work)
         || take_flag (&outbox->drain, MUSTERD_WORK_DRAIN, work) || take_queued (&outbox->asked, work)
         || take_sync (outbox, work) || take_apply (outbox, work);
}

gboolean
musterd_outbox_take (MusterdOutbox *outbox, MusterdWork *work)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);

  *work = (MusterdWork) { .kind = MUSTERD_WORK_NONE };
  if (!outbox->closed && take_next (outbox, work))
    return TRUE;
  g_source_set_ready_time (outbox->source, -1);
  return FALSE;
}

/* Filling: on the engine's thread. */

/* With the mutex held. */
static void
wake (MusterdOutbox *outbox)
{
  g_source_set_ready_time (outbox->source, 0);
}

static gboolean
takes_work (const MusterdOutbox *outbox)
{
  return !outbox->closed && !outbox->stop && !outbox->stopped;
}

void
musterd_outbox_start (MusterdOutbox *outbox)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);

  outbox->start = takes_work (outbox);
  wake (outbox);
}

void
musterd_outbox_stop (MusterdOutbox *outbox, gint64 deadline)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);

  if (!takes_work (outbox))
    return;
  drop_work (outbox);
  outbox->stop = TRUE;
  outbox->deadline = deadline;
  wake (outbox);
}

void
musterd_outbox_close (MusterdOutbox *outbox)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);

  outbox->closed = TRUE;
  outbox->stop = FALSE;
  drop_work (outbox);
  g_queue_clear_full (&outbox->answers, work_free);
}

gboolean
musterd_outbox_answer (MusterdOutbox *outbox, guint64 serial, char *secret, GError *error)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);
  MusterdWork *work = work_new (MUSTERD_WORK_ANSWER);
  const gboolean room = g_queue_get_length (&outbox->answers) < MUSTERD_ANSWERS_MAX;

  work->serial = serial;
  work->secret = secret;
  work->error = error;
  if (outbox->closed || !room)
    {
      work_free (work);
      return room;
    }
  g_queue_push_tail (&outbox->answers, work);
  wake (outbox);
  return TRUE;
}

void
musterd_outbox_kept (MusterdOutbox *outbox, GPtrArray *records)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);

  if (!takes_work (outbox))
    {
      g_ptr_array_unref (records);
      return;
    }
  g_queue_push_tail (&outbox->kept, records);
  wake (outbox);
}

/* With the mutex held. */
static void
forget_syncs (MusterdOutbox *outbox)
{
  g_hash_table_remove_all (outbox->syncs_by_id);
  g_queue_clear_full (&outbox->syncs, g_free);
}

/* With the mutex held. `user` NULL: all. */
static void
put_sync (MusterdOutbox *outbox, const char *user)
{
  if (user == NULL || g_queue_get_length (&outbox->syncs) >= MUSTERD_SYNCS_MAX)
    {
      forget_syncs (outbox);
      outbox->sync_all = TRUE;
    }
  else if (!outbox->sync_all && !g_hash_table_contains (outbox->syncs_by_id, user))
    {
      char *id = g_strdup (user);

      g_queue_push_tail (&outbox->syncs, id);
      g_hash_table_add (outbox->syncs_by_id, id);
    }
}

/* With the mutex held. `person` NULL: removed. */
static void
put_news (MusterdOutbox *outbox, const char *id, MusterdPerson *person)
{
  UserNews *news = g_hash_table_lookup (outbox->news_by_id, id);

  if (news == NULL)
    {
      news = g_new0 (UserNews, 1);
      news->id = g_strdup (id);
      g_hash_table_insert (outbox->news_by_id, news->id, news);
      g_queue_push_tail (&outbox->news, news);
    }
  else if (news->person == NULL && person != NULL)
    /* Gone and back before the plugin heard of it: for the plugin nothing has changed, but what it had said went. */
    put_sync (outbox, id);
  g_clear_pointer (&news->person, musterd_person_unref);
  news->person = person != NULL ? musterd_person_ref (person) : NULL;
}

void
musterd_outbox_list (MusterdOutbox *outbox, GPtrArray *persons)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);

  if (!takes_work (outbox))
    return;
  for (guint i = 0; i < persons->len; i++)
    {
      MusterdPerson *person = g_ptr_array_index (persons, i);

      put_news (outbox, person->user->id, person);
    }
  outbox->listed = TRUE;
  outbox->list_owed = TRUE;
  wake (outbox);
}

void
musterd_outbox_change (MusterdOutbox *outbox, MusterdPerson *person)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);

  if (!takes_work (outbox))
    return;
  put_news (outbox, person->user->id, person);
  wake (outbox);
}

void
musterd_outbox_remove (MusterdOutbox *outbox, const char *user)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);

  if (!takes_work (outbox))
    return;
  put_news (outbox, user, NULL);
  wake (outbox);
}

void
musterd_outbox_drain (MusterdOutbox *outbox)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);

  outbox->drain = takes_work (outbox);
  wake (outbox);
}

void
musterd_outbox_sync (MusterdOutbox *outbox, const char *user)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);

  if (!takes_work (outbox))
    return;
  put_sync (outbox, user);
  wake (outbox);
}

/* With the mutex held. Takes the work. */
static gboolean
ask (MusterdOutbox *outbox, MusterdWork *work)
{
  if (!takes_work (outbox) || g_queue_get_length (&outbox->asked) >= MUSTERD_ASKED_MAX)
    {
      work_free (work);
      return FALSE;
    }
  g_queue_push_tail (&outbox->asked, work);
  wake (outbox);
  return TRUE;
}

gboolean
musterd_outbox_action (MusterdOutbox *outbox, const char *user, const char *id, const char *answer)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);
  MusterdWork *work = work_new (MUSTERD_WORK_ACTION);

  work->user_id = g_strdup (user);
  work->id = g_strdup (id);
  work->answer = g_strdup (answer);
  return ask (outbox, work);
}

gboolean
musterd_outbox_test (MusterdOutbox *outbox, guint64 serial, MusterdPerson *person)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);
  MusterdWork *work = work_new (MUSTERD_WORK_TEST);

  work->serial = serial;
  work->person = person != NULL ? musterd_person_ref (person) : NULL;
  return ask (outbox, work);
}

void
musterd_outbox_apply (MusterdOutbox *outbox, MusterdPerson *person, MusterdPresence *presence, guint64 delivery)
{
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);
  MusterdWork *work;

  if (!takes_work (outbox))
    return;
  /* One that waits already ran out of its time and is void: its place is taken by the new one. */
  work = g_hash_table_lookup (outbox->applies_by_id, person->user->id);
  if (work == NULL)
    {
      work = work_new (MUSTERD_WORK_APPLY);
      g_queue_push_tail (&outbox->applies, work);
    }
  else
    {
      g_hash_table_remove (outbox->applies_by_id, person->user->id);
      musterd_work_clear (work);
      work->kind = MUSTERD_WORK_APPLY;
    }
  work->person = musterd_person_ref (person);
  work->presence = musterd_presence_ref (presence);
  work->serial = delivery;
  g_hash_table_insert (outbox->applies_by_id, work->person->user->id, work);
  wake (outbox);
}

GArray *
musterd_outbox_take_back (MusterdOutbox *outbox)
{
  GArray *deliveries = g_array_new (FALSE, FALSE, sizeof (guint64));
  G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new (&outbox->mutex);

  for (GList *l = outbox->applies.head; l != NULL; l = l->next)
    g_array_append_val (deliveries, ((MusterdWork *) l->data)->serial);
  g_hash_table_remove_all (outbox->applies_by_id);
  g_queue_clear_full (&outbox->applies, work_free);
  return deliveries;
}
