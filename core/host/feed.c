/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a started instance is handed: its records of before, then its users, then, as a sink, deliveries. Each only
 * after the one before was taken, so that a sink knows what it saved and for whom before it is told to write. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#define RECORDS_PAGE 100
#define IN_FLIGHT_MAX 1000
#define DELIVERY_DEADLINE (30 * MUSTERD_SECOND)
#define DELIVERY_DEADLINE_MIN (100 * G_TIME_SPAN_MILLISECOND)
#define DELIVERY_DEADLINE_MAX MUSTERD_HOUR

static void on_records_read (GObject *object, GAsyncResult *result, gpointer user_data);

static gboolean
has_kept (const MusterPluginDescriptor *descriptor)
{
  return MUSTER_OPS_HAS (descriptor->source, kept) || MUSTER_OPS_HAS (descriptor->sink, kept);
}

static gboolean
has_users (const MusterPluginDescriptor *descriptor)
{
  return MUSTER_OPS_HAS (descriptor->source, users) || MUSTER_OPS_HAS (descriptor->sink, users);
}

/* Records. */

static void
read_records (MusterdInstance *instance, const MusterdRecord *after)
{
  musterd_store_records_async (instance->host->services.store, instance->name, after, RECORDS_PAGE, on_records_read,
                               musterd_link_ref (instance->link));
}

/* All records were handed over: now the users, all of them. */
static void
list_users (MusterdInstance *instance)
{
  g_autoptr(GPtrArray) all = NULL;
  g_autoptr(GPtrArray) mine = g_ptr_array_new ();

  instance->list_due = !musterd_assign_is_ready (instance->host);
  if (instance->list_due)
    return;
  all = musterd_host_get_persons (instance->host);
  musterd_members_reset (&instance->taken, musterd_selection_is_all (instance->selection));
  for (guint i = 0; i < all->len; i++)
    {
      MusterdPerson *person = g_ptr_array_index (all, i);
      const gboolean takes = musterd_instance_takes (instance, person->user);

      musterd_members_set (&instance->taken, person->user->id, takes);
      if (takes)
        g_ptr_array_add (mine, person);
      else
        musterd_assign_let_go (instance, person->user->id); /* it may have had them before this start */
    }
  instance->feeding = TRUE;
  if (has_users (instance->module->descriptor))
    musterd_outbox_list (musterd_run_get_outbox (instance->run), mine);
  else
    musterd_instance_listed (instance);
}

void
musterd_instance_list_if_due (MusterdInstance *instance)
{
  if (instance->list_due && instance->phase == MUSTERD_PHASE_RUNNING)
    list_users (instance);
}

static void
on_records_read (GObject *object G_GNUC_UNUSED, GAsyncResult *result, gpointer user_data)
{
  MusterdLink *link = user_data;
  MusterdInstance *instance = link->instance;
  g_autoptr(GError) error = NULL;
  g_autoptr(GPtrArray) records = NULL;

  if (instance == NULL)
    {
      musterd_link_unref (link);
      return; /* that run is over */
    }
  records = musterd_store_records_finish (instance->host->services.store, result, &error);
  musterd_link_unref (link);
  if (instance->phase != MUSTERD_PHASE_RUNNING)
    return;
  if (records == NULL)
    {
      /* A sink that does not know what it saved would save what it wrote itself: better not to begin. */
      g_autofree char *text = g_strdup_printf ("reading its records: %s", error->message);

      musterd_instance_log (instance, MUSTER_LOG_WARNING, "%s", text);
      instance->failed = TRUE;
      musterd_instance_set_state (instance, MUSTERD_INSTANCE_FAILED, text);
      musterd_instance_stop (instance, instance->host->limits.stop);
      return;
    }
  if (records->len == 0)
    {
      list_users (instance);
      return;
    }

  for (guint i = 0; i < records->len; i++)
    {
      const MusterdRecord *record = g_ptr_array_index (records, i);

      musterd_index_add (instance->index, record->user, record->key);
    }
  if (has_kept (instance->module->descriptor))
    {
      const MusterdRecord *last = g_ptr_array_index (records, records->len - 1);

      g_clear_pointer (&instance->last_record, musterd_record_free);
      instance->last_record = g_new0 (MusterdRecord, 1);
      instance->last_record->user = g_strdup (last->user);
      instance->last_record->key = g_strdup (last->key);
      musterd_outbox_kept (musterd_run_get_outbox (instance->run), g_steal_pointer (&records));
    }
  else
    read_records (instance, g_ptr_array_index (records, records->len - 1));
}

void
musterd_instance_kept_taken (MusterdInstance *instance)
{
  if (instance->phase == MUSTERD_PHASE_RUNNING && instance->last_record != NULL)
    read_records (instance, instance->last_record);
}

void
musterd_instance_feed (MusterdInstance *instance)
{
  g_clear_pointer (&instance->last_record, musterd_record_free);
  if (instance->host->services.store != NULL)
    read_records (instance, NULL);
  else
    list_users (instance);
}

/* Users, from then on. */

static void
tell_change (MusterdInstance *instance, MusterdPerson *now)
{
  if (has_users (instance->module->descriptor))
    musterd_outbox_change (musterd_run_get_outbox (instance->run), now);
}

static void
tell_removal (MusterdInstance *instance, const char *id)
{
  if (has_users (instance->module->descriptor))
    musterd_outbox_remove (musterd_run_get_outbox (instance->run), id);
}

/* What holds for the user now asks for claims that the source did not send before, or that were cut short. */
static gboolean
wants_sync (const MusterdPerson *before, const MusterdPerson *now)
{
  const MusterdSettings *a = before->settings, *b = now->settings;

  return a != b && a != NULL && b != NULL
         && (a->days_ahead != b->days_ahead || a->rules_stamp != b->rules_stamp
             || (b->subject_as_text && !a->subject_as_text));
}

void
musterd_instance_see (MusterdInstance *instance, const MusterdPerson *before, MusterdPerson *now)
{
  const char *id = now->user->id;
  gboolean had, has;

  if (!instance->feeding)
    return;
  had = before != NULL && musterd_members_contains (&instance->taken, id);
  has = musterd_instance_takes (instance, now->user);
  musterd_members_set (&instance->taken, id, has);
  if (has && !had)
    tell_change (instance, now);
  else if (has && musterd_persons_differ (musterd_run_get_persons (instance->run), before, now))
    tell_change (instance, now);
  if (has && had && MUSTER_OPS_HAS (instance->module->descriptor->source, sync) && wants_sync (before, now))
    musterd_outbox_sync (musterd_run_get_outbox (instance->run), id);
  if (had && !has)
    {
      musterd_instance_forget_user (instance, id);
      musterd_assign_let_go (instance, id);
      tell_removal (instance, id);
    }
  if (had != has && instance->sink != NULL)
    musterd_sink_look_at (instance->sink, now->user);
}

void
musterd_instance_user_gone (MusterdInstance *instance, const char *id)
{
  gboolean had;

  if (!instance->feeding)
    return;
  had = musterd_members_contains (&instance->taken, id);
  musterd_index_forget (instance->index, id); /* the records went with the user */
  musterd_instance_forget_user (instance, id);
  musterd_members_forget (&instance->taken, id);
  if (had)
    tell_removal (instance, id);
}

guint
musterd_instance_get_n_users (MusterdInstance *instance)
{
  if (!instance->feeding)
    return 0;
  return musterd_members_count (&instance->taken, musterd_engine_get_n_users (instance->host->services.engine));
}

/* Deliveries. */

static gboolean
port_takes (MusterdUser *user, gpointer data)
{
  return musterd_instance_takes (data, user);
}

static void
port_apply (MusterdUser *user, MusterdPresence *desired, guint64 delivery, gpointer data)
{
  MusterdInstance *instance = data;
  g_autoptr(MusterdPerson) person
      = musterd_person_new (user, musterd_engine_get_settings (instance->host->services.engine, user->id));

  if (instance->paused)
    g_array_append_val (instance->held, delivery); /* dispatch does not know yet that we are paused */
  else
    musterd_outbox_apply (musterd_run_get_outbox (instance->run), person, desired, delivery);
}

void
musterd_instance_listed (MusterdInstance *instance)
{
  if (instance->phase != MUSTERD_PHASE_RUNNING)
    return;
  instance->listed = TRUE;
  if (instance->drain_wanted)
    musterd_instance_drain (instance);
  musterd_instance_add_sink (instance);
}

void
musterd_instance_add_sink (MusterdInstance *instance)
{
  MusterdHost *host = instance->host;
  const MusterSinkOps *ops = instance->module != NULL ? instance->module->descriptor->sink : NULL;
  MusterdRelation view = MUSTERD_RELATION_EMPLOYEE;

  if (ops == NULL || instance->sink != NULL || instance->phase != MUSTERD_PHASE_RUNNING || !instance->listed
      || instance->retiring || !host->paused_known)
    return;
  if (!musterd_relation_from_string (instance->config->view, &view))
    view = MUSTERD_RELATION_EMPLOYEE; /* the least there is */

  const MusterdSinkPort port = {
    .instance = instance->name,
    .needs = (MusterdParts) ops->needs,
    .max_in_flight = CLAMP (ops->max_in_flight, 1, IN_FLIGHT_MAX),
    .deadline = ops->deadline <= 0 ? DELIVERY_DEADLINE
                                   : CLAMP (ops->deadline, DELIVERY_DEADLINE_MIN, DELIVERY_DEADLINE_MAX),
    .view = view,
    .is_source = musterd_instance_is_source (instance),
    .takes = port_takes,
    .apply = port_apply,
    .data = instance,
  };

  instance->sink = musterd_dispatch_add_sink (host->services.dispatch, &port);
  musterd_instance_set_paused (instance, instance->paused);
}

void
musterd_instance_close_sink (MusterdInstance *instance)
{
  g_array_set_size (instance->held, 0);
  if (instance->sink != NULL)
    musterd_sink_close (g_steal_pointer (&instance->sink));
}

void
musterd_instance_completed (MusterdInstance *instance, const MusterMessage *message)
{
  if (instance->sink != NULL
      && musterd_sink_complete (instance->sink, message->serial, (MusterdDeliveryResult) message->value,
                                message->text, (const char *const *) message->detail))
    return;
  if (instance->phase == MUSTERD_PHASE_STOPPING)
    return; /* while it stops its answers are void, and no fault of its own */

  instance->n_refused++;
  if (instance->twice_said)
    return;
  instance->twice_said = TRUE;
  musterd_instance_log (instance, MUSTER_LOG_WARNING,
                        "it completed a delivery twice or too late; this is harmless, and further ones are only "
                        "counted");
}
