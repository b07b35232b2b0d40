/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-host"

#include "host/assign.h"

#define ASK_AGAIN MUSTERD_DAY       /* a tenth more or less, so that not all are asked at one moment */
#define ASK_AT_ONCE 100             /* users … */
#define ASK_PAUSE MUSTERD_SECOND    /* … in this time */
#define TEXT_MAX_KEPT 200           /* bytes of why it refused */

static void arm (MusterdAssignments *assignments);

/* Refusals. */

static gboolean
has_lapsed (const MusterdRefusing *refusing)
{
  return refusing->node.at == MUSTERD_TIME_NEVER;
}

static void
lapse (MusterdAssignments *assignments, MusterdRefusing *refusing)
{
  GHashTable *set = g_hash_table_lookup (assignments->refused_by, refusing->instance);

  if (set != NULL)
    g_hash_table_remove (set, refusing);
  musterd_heap_set (assignments->heap, &refusing->node, MUSTERD_TIME_NEVER);
}

static void
refusing_free (gpointer data)
{
  MusterdRefusing *refusing = data;

  musterd_intern_release (refusing->instance);
  g_free (refusing->text);
  g_free (refusing);
}

static MusterdRefusing *
find_refusing (const MusterdAssignment *assignment, const char *instance)
{
  for (guint i = 0; assignment->refusals != NULL && i < assignment->refusals->len; i++)
    {
      MusterdRefusing *refusing = g_ptr_array_index (assignment->refusals, i);

      if (g_str_equal (refusing->instance, instance))
        return refusing;
    }
  return NULL;
}

static gboolean
refuses (const MusterdAssignment *assignment, const char *instance)
{
  const MusterdRefusing *refusing = find_refusing (assignment, instance);

  return refusing != NULL && !has_lapsed (refusing);
}

static void
drop_refusing (MusterdAssignments *assignments, MusterdAssignment *assignment, const char *instance)
{
  MusterdRefusing *refusing = find_refusing (assignment, instance);

  if (refusing == NULL)
    return;
  lapse (assignments, refusing);
  g_ptr_array_remove (assignment->refusals, refusing);
}

static char *
cut (const char *text)
{
  g_autofree char *start = g_strndup (text != NULL ? text : "", TEXT_MAX_KEPT);

  g_strdelimit (start, "\n", ' ');
  return g_utf8_make_valid (start, -1); /* a character may have been cut in two */
}

MusterdRefusing *
musterd_assignment_refuse (MusterdAssignments *assignments, MusterdAssignment *assignment, const char *instance,
                           MusterdTime since, MusterdTime again, const char *text)
{
  MusterdRefusing *refusing = find_refusing (assignment, instance);
  GHashTable *set;

  if (refusing == NULL)
    {
      if (assignment->refusals == NULL)
        assignment->refusals = g_ptr_array_new_with_free_func (refusing_free);
      refusing = g_new0 (MusterdRefusing, 1);
      refusing->node.at = MUSTERD_TIME_NEVER;
      refusing->of = assignment;
      refusing->instance = musterd_intern (instance);
      refusing->since = since;
      g_ptr_array_add (assignment->refusals, refusing);
    }
  g_free (refusing->text);
  refusing->text = cut (text);
  set = g_hash_table_lookup (assignments->refused_by, instance);
  if (set == NULL)
    {
      set = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (assignments->refused_by, g_strdup (instance), set);
    }
  g_hash_table_add (set, refusing);
  musterd_heap_set (assignments->heap, &refusing->node, again);
  arm (assignments);
  return refusing;
}

/* Assignments. */

static void
assignment_free (gpointer data)
{
  MusterdAssignment *assignment = data;

  g_free (assignment->user);
  g_clear_pointer (&assignment->holder, musterd_intern_release);
  g_clear_pointer (&assignment->asked, musterd_intern_release);
  g_clear_pointer (&assignment->refusals, g_ptr_array_unref);
  g_free (assignment);
}

static MusterdAssignment *
find (const MusterdHost *host, const char *user)
{
  return g_hash_table_lookup (host->assignments->users, user);
}

MusterdAssignment *
musterd_assignment_get (MusterdAssignments *assignments, const char *user)
{
  MusterdAssignment *assignment = g_hash_table_lookup (assignments->users, user);

  if (assignment != NULL)
    return assignment;
  assignment = g_new0 (MusterdAssignment, 1);
  assignment->user = g_strdup (user);
  g_hash_table_insert (assignments->users, assignment->user, assignment);
  return assignment;
}

MusterdAssignments *
musterd_assignments_new (MusterdHost *host)
{
  MusterdAssignments *assignments = g_new0 (MusterdAssignments, 1);

  assignments->host = host;
  assignments->users = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, assignment_free);
  assignments->refused_by
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_hash_table_unref);
  assignments->heap = musterd_heap_new ();
  return assignments;
}

static void
disarm (MusterdAssignments *assignments)
{
  if (assignments->timer == NULL)
    return;
  g_source_destroy (assignments->timer);
  g_clear_pointer (&assignments->timer, g_source_unref);
}

void
musterd_assignments_free (MusterdAssignments *assignments)
{
  disarm (assignments);
  g_hash_table_unref (assignments->refused_by);
  g_hash_table_unref (assignments->users);
  musterd_heap_free (assignments->heap);
  g_free (assignments);
}

/* Rules. */

static gboolean
is_listed (const MusterdSettings *settings, const char *instance)
{
  return settings->calendar_sources != NULL
         && g_strv_contains ((const char *const *) settings->calendar_sources, instance);
}

/* Whether the order of the user's settings decides over the instance. */
static gboolean
is_ordered (const MusterdInstance *instance, const MusterdSettings *settings)
{
  if (settings->calendar_sources == NULL)
    return FALSE;
  return is_listed (settings, instance->name)
         || (musterd_instance_is_source (instance)
             && (instance->module->descriptor->source->kinds & MUSTER_KINDS_APPOINTMENT) != 0);
}

/* Of one that does not name the kinds of its claims it is not known. */
static gboolean
may_have_calendars (const MusterdInstance *instance)
{
  const guint64 kinds = musterd_instance_is_source (instance) ? instance->module->descriptor->source->kinds : 0;

  return musterd_instance_is_source (instance)
         && (kinds == 0 || (kinds & (MUSTER_KINDS_APPOINTMENT | MUSTER_KINDS_ABSENCE)) != 0);
}

/* Also one that has failed: a mailbox does not move because its source is down. */
static gboolean
is_eligible (MusterdHost *host, const char *name, const MusterdUser *user)
{
  const MusterdInstance *instance = musterd_host_find (host, name);

  return instance != NULL && instance->want == MUSTERD_WANT_RUN
         && (instance->module == NULL || may_have_calendars (instance)) && instance->selection != NULL
         && musterd_selection_takes (instance->selection, user);
}

static const char *
first_to_ask (MusterdHost *host, const MusterdAssignment *assignment, const MusterdPerson *person)
{
  const char *const *sources = person->settings->calendar_sources;

  for (guint i = 0; sources[i] != NULL; i++)
    if (!refuses (assignment, sources[i]) && is_eligible (host, sources[i], person->user))
      return sources[i];
  return NULL;
}

/* TRUE: it was another one. */
static gboolean
set_name (char **place, const char *name)
{
  char *before = *place;

  if (g_strcmp0 (before, name) == 0)
    return FALSE;
  *place = name != NULL ? musterd_intern (name) : NULL;
  g_clear_pointer (&before, musterd_intern_release);
  return TRUE;
}

/* What the refusing sources left is not kept true by anybody. */
static void
mark_stale (MusterdHost *host, const MusterdAssignment *assignment, gboolean stale)
{
  MusterdEngine *engine = host->services.engine;

  for (guint i = 0; assignment->refusals != NULL && i < assignment->refusals->len; i++)
    {
      const MusterdRefusing *refusing = g_ptr_array_index (assignment->refusals, i);

      if (!stale || musterd_engine_source_has_claims (engine, refusing->instance, assignment->user))
        musterd_engine_user_state (engine, refusing->instance, assignment->user, !stale);
    }
}

static void
forget_unlisted (MusterdHost *host, MusterdAssignment *assignment, const MusterdPerson *person)
{
  for (guint i = assignment->refusals != NULL ? assignment->refusals->len : 0; i > 0; i--)
    {
      MusterdRefusing *refusing = g_ptr_array_index (assignment->refusals, i - 1);

      if (is_listed (person->settings, refusing->instance))
        continue;
      lapse (host->assignments, refusing);
      g_ptr_array_remove_index (assignment->refusals, i - 1);
    }
}

static void
forget (MusterdHost *host, MusterdAssignment *assignment)
{
  for (guint i = 0; assignment->refusals != NULL && i < assignment->refusals->len; i++)
    lapse (host->assignments, g_ptr_array_index (assignment->refusals, i));
  g_hash_table_remove (host->assignments->users, assignment->user);
}

void
musterd_assign_forget (MusterdHost *host, const char *user)
{
  MusterdAssignment *assignment = find (host, user);

  if (assignment != NULL)
    forget (host, assignment); /* and its record went with the user */
}

gboolean
musterd_assign_is_ready (const MusterdHost *host)
{
  return host->assignments->known && host->config != NULL;
}

gboolean
musterd_assign_look (MusterdHost *host, const MusterdPerson *person)
{
  MusterdAssignment *assignment;
  const char *first;
  gboolean nobody, changed = FALSE;

  if (!musterd_assign_is_ready (host))
    return FALSE; /* everybody is looked at then */
  if (person->settings == NULL || person->settings->calendar_sources == NULL)
    {
      assignment = find (host, person->user->id);
      if (assignment == NULL)
        return FALSE;
      musterd_assign_save (host, person->user->id, NULL);
      forget (host, assignment);
      return TRUE;
    }
  assignment = musterd_assignment_get (host->assignments, person->user->id);
  forget_unlisted (host, assignment, person);
  if (assignment->holder != NULL
      && (!is_listed (person->settings, assignment->holder) || refuses (assignment, assignment->holder)
          || !is_eligible (host, assignment->holder, person->user)))
    {
      changed = set_name (&assignment->holder, NULL);
      musterd_assign_save (host, assignment->user, assignment);
    }
  first = first_to_ask (host, assignment, person);
  changed |= set_name (&assignment->asked, g_strcmp0 (first, assignment->holder) != 0 ? first : NULL);
  nobody = first == NULL && assignment->refusals != NULL && assignment->refusals->len > 0;
  if (nobody != assignment->nobody)
    mark_stale (host, assignment, nobody);
  assignment->nobody = nobody;
  return changed;
}

gboolean
musterd_assign_allows (const MusterdInstance *instance, const char *user, const MusterdSettings *settings)
{
  const MusterdAssignment *assignment;

  if (!is_ordered (instance, settings))
    return TRUE;
  assignment = find (instance->host, user);
  return assignment != NULL
         && (g_strcmp0 (assignment->holder, instance->name) == 0
             || g_strcmp0 (assignment->asked, instance->name) == 0);
}

void
musterd_assign_let_go (MusterdInstance *instance, const char *user)
{
  MusterdEngine *engine = instance->host->services.engine;
  const MusterdSettings *settings = musterd_engine_get_settings (engine, user);
  const MusterdAssignment *assignment = find (instance->host, user);
  const gboolean under_way = settings != NULL && settings->in_use && assignment != NULL && assignment->holder == NULL
                             && (assignment->asked != NULL || assignment->nobody) && is_ordered (instance, settings);

  if (!under_way)
    musterd_engine_source_drop_user (engine, instance->name, user);
  else if (assignment->nobody)
    mark_stale (instance->host, assignment, TRUE);
}

/* Answers. */

void
musterd_assign_replaced (MusterdInstance *instance, const char *user)
{
  MusterdHost *host = instance->host;
  MusterdAssignment *assignment = find (host, user);
  const MusterdPerson *person = musterd_host_get_person (host, user);

  if (assignment == NULL || person == NULL || g_strcmp0 (assignment->asked, instance->name) != 0)
    return;
  set_name (&assignment->asked, NULL);
  set_name (&assignment->holder, instance->name);
  drop_refusing (host->assignments, assignment, instance->name);
  musterd_assign_save (host, user, assignment);
  musterd_host_see (host, user);
  /* Also what those left who had the user before. */
  for (guint i = 0; i < host->instances->len; i++)
    {
      const MusterdInstance *other = g_ptr_array_index (host->instances, i);

      if (other != instance && is_ordered (other, person->settings))
        musterd_engine_source_drop_user (host->services.engine, other->name, user);
    }
}

static MusterdTime
ask_again_at (MusterdHost *host)
{
  return musterd_clock_now (host->services.clock)
         + (gint64) ((double) ASK_AGAIN * g_rand_double_range (host->rand, 0.9, 1.1));
}

gboolean
musterd_assign_refused (MusterdInstance *instance, const char *user, const char *text)
{
  MusterdHost *host = instance->host;
  MusterdAssignment *assignment = find (host, user);
  g_autoptr(MusterdPerson) person = NULL;

  if (assignment == NULL
      || (g_strcmp0 (assignment->holder, instance->name) != 0
          && g_strcmp0 (assignment->asked, instance->name) != 0))
    return FALSE;
  person = musterd_person_ref (musterd_host_get_person (host, user));
  musterd_engine_user_state (host->services.engine, instance->name, user, TRUE); /* it had another trouble perhaps */
  musterd_assignment_refuse (host->assignments, assignment, instance->name, musterd_clock_now (host->services.clock),
                             ask_again_at (host), text);
  musterd_assign_look (host, person);
  musterd_assign_save (host, user, assignment);
  musterd_instance_noise (instance, MUSTER_LOG_INFO, "%s is not here: %s%s", user,
                          assignment->asked != NULL    ? "asked is now "
                          : assignment->holder != NULL ? "the calendar stays with "
                                                       : "no source has the calendar, until they are asked again",
                          assignment->asked != NULL    ? assignment->asked
                          : assignment->holder != NULL ? assignment->holder
                                                       : "");
  musterd_host_see (host, user);
  return TRUE;
}

/* Asking again. */

gboolean
musterd_assign_lapse (MusterdHost *host, const char *user)
{
  const MusterdAssignment *assignment = find (host, user);
  gboolean lapsed = FALSE;

  for (guint i = 0; assignment != NULL && assignment->refusals != NULL && i < assignment->refusals->len; i++)
    {
      MusterdRefusing *refusing = g_ptr_array_index (assignment->refusals, i);

      lapsed |= !has_lapsed (refusing);
      lapse (host->assignments, refusing);
    }
  return lapsed;
}

gboolean
musterd_assign_ask (MusterdHost *host, const char *user)
{
  const MusterdPerson *person = musterd_host_get_person (host, user);

  if (person == NULL || !musterd_assign_lapse (host, user))
    return FALSE;
  musterd_assign_look (host, person);
  musterd_assign_save (host, user, find (host, user));
  musterd_host_see (host, user);
  return TRUE;
}

void
musterd_assign_ask_all_of (MusterdInstance *instance)
{
  MusterdHost *host = instance->host;
  GHashTable *set = g_hash_table_lookup (host->assignments->refused_by, instance->name);
  g_autoptr(GPtrArray) users = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer refusing;

  if (set == NULL)
    return;
  g_hash_table_iter_init (&iter, set);
  while (g_hash_table_iter_next (&iter, &refusing, NULL))
    g_ptr_array_add (users, g_strdup (((MusterdRefusing *) refusing)->of->user));
  for (guint i = 0; i < users->len; i++)
    musterd_assign_ask (host, g_ptr_array_index (users, i));
}

static gboolean
on_due (gpointer data)
{
  MusterdAssignments *assignments = data;
  const MusterdTime now = musterd_clock_now (assignments->host->services.clock);
  MusterdHeapNode *node;

  for (guint n = 0; n < ASK_AT_ONCE && (node = musterd_heap_first (assignments->heap)) != NULL && node->at <= now; n++)
    {
      g_autofree char *user = g_strdup (((MusterdRefusing *) node)->of->user);

      musterd_assign_ask (assignments->host, user);
    }
  disarm (assignments);
  arm (assignments);
  return G_SOURCE_REMOVE;
}

/* A timer that goes off too early does no harm. */
static void
arm (MusterdAssignments *assignments)
{
  const MusterdHeapNode *first = musterd_heap_first (assignments->heap);
  const MusterdTime now = musterd_clock_now (assignments->host->services.clock);

  if (first == NULL || (assignments->timer != NULL && assignments->armed <= first->at))
    return;
  disarm (assignments);
  assignments->armed = MAX (first->at, now + ASK_PAUSE);
  assignments->timer = musterd_host_timer (assignments->host, assignments->armed, on_due, assignments);
}

void
musterd_assign_all (MusterdHost *host, gboolean ask)
{
  g_autoptr(GPtrArray) persons = musterd_host_get_persons (host);

  if (!musterd_assign_is_ready (host))
    return;
  for (guint i = 0; i < persons->len; i++)
    {
      const MusterdPerson *person = g_ptr_array_index (persons, i);
      const MusterdAssignment *assignment = find (host, person->user->id);

      if (assignment == NULL && person->settings->calendar_sources == NULL)
        continue;
      if (ask && musterd_assign_ask (host, person->user->id))
        continue; /* which looks, too */
      if (musterd_assign_look (host, person))
        musterd_host_see (host, person->user->id);
    }
}

void
musterd_assign_known (MusterdHost *host)
{
  host->assignments->known = TRUE;
  musterd_assign_all (host, FALSE);
  for (guint i = 0; i < host->instances->len; i++)
    musterd_instance_list_if_due (g_ptr_array_index (host->instances, i));
}
