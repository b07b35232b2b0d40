/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "history.h"

static gpointer
copy_client (gconstpointer source, gpointer unused G_GNUC_UNUSED)
{
  const MusterdClient *client = source;
  MusterdClient *copy = g_memdup2 (client, sizeof *client);

  copy->source = g_strdup (client->source);
  copy->id = g_strdup (client->id);
  return copy;
}

static gpointer
copy_device (gconstpointer source, gpointer unused G_GNUC_UNUSED)
{
  const MusterdDevice *device = source;
  MusterdDevice *copy = g_memdup2 (device, sizeof *device);

  copy->source = g_strdup (device->source);
  copy->id = g_strdup (device->id);
  copy->label = g_strdup (device->label);
  return copy;
}

static gpointer
copy_ignore (gconstpointer source, gpointer unused G_GNUC_UNUSED)
{
  const MusterdIgnore *ignore = source;
  MusterdIgnore *copy = g_memdup2 (ignore, sizeof *ignore);

  copy->source = g_strdup (ignore->source);
  copy->key = g_strdup (ignore->key);
  return copy;
}

static gpointer
copy_claim (gconstpointer source, gpointer unused G_GNUC_UNUSED)
{
  return musterd_claim_copy (source);
}

static GPtrArray *
copy_array (GPtrArray *array, GCopyFunc copy, GDestroyNotify free_func)
{
  GPtrArray *copied = array != NULL ? g_ptr_array_copy (array, copy, NULL) : NULL;

  if (copied != NULL)
    g_ptr_array_set_free_func (copied, free_func);
  return copied;
}

static MusterdSettings *
copy_settings (const MusterdSettings *settings)
{
  MusterdSettings *copy = musterd_settings_new_default ();

  g_ptr_array_set_size (copy->templates, 0);
  for (guint i = 0; i < settings->templates->len; i++)
    {
      const MusterdTemplate *tmpl = settings->templates->pdata[i];
      MusterdTemplate *t = musterd_template_new (tmpl->id, tmpl->name, tmpl->role, tmpl->status, tmpl->text);

      t->forwarding = tmpl->forwarding;
      t->forwarding.number = g_strdup (tmpl->forwarding.number);
      t->own = tmpl->own;
      t->active = tmpl->active;
      t->stays = tmpl->stays;
      g_ptr_array_add (copy->templates, t);
    }
  copy->start_role = settings->start_role;
  copy->end_role = settings->end_role;
  copy->idle_role = settings->idle_role;
  copy->locked_role = settings->locked_role;
  copy->idle_after = settings->idle_after;
  copy->on_lock = settings->on_lock;
  copy->standard_role = settings->standard_role;
  copy->base_without_client = settings->base_without_client;
  copy->choice_ends = settings->choice_ends;
  copy->choice_ends_after = settings->choice_ends_after;
  copy->subject_as_text = settings->subject_as_text;
  copy->count_tentative = settings->count_tentative;
  copy->count_unanswered = settings->count_unanswered;
  copy->count_all_day = settings->count_all_day;
  copy->count_elsewhere = settings->count_elsewhere;
  copy->rules = settings->rules != NULL ? g_array_ref (settings->rules) : NULL;
  copy->rules_stamp = settings->rules_stamp;
  return copy;
}

History *
history_copy (const History *history)
{
  const MusterdFacts *facts = &history->facts;
  History *copy = g_new0 (History, 1);

  musterd_facts_init (&copy->facts, facts->user);
  g_ptr_array_unref (copy->facts.claims);
  copy->facts.claims = copy_array (facts->claims, copy_claim, (GDestroyNotify) musterd_claim_unref);
  copy->facts.clients = copy_array (facts->clients, copy_client, (GDestroyNotify) musterd_client_free);
  copy->facts.devices = copy_array (facts->devices, copy_device, (GDestroyNotify) musterd_device_free);
  copy->facts.ignores = copy_array (facts->ignores, copy_ignore, (GDestroyNotify) musterd_ignore_free);
  copy->facts.standing = musterd_choice_copy (facts->standing);
  copy->facts.timed = musterd_choice_copy (facts->timed);
  copy->facts.client_ended = facts->client_ended;
  copy->settings = copy_settings (history->settings);
  copy->without = history->without;
  return copy;
}

/* Simplifications. Each is tried by itself and kept while the failure remains, so their order is only a matter of
 * taste: whole things first, then their members. */

static gboolean
remove_nth (GPtrArray *array, guint *n)
{
  if (array == NULL || *n >= array->len)
    {
      *n -= array != NULL ? array->len : 0;
      return FALSE;
    }
  g_ptr_array_remove_index (array, *n);
  return TRUE;
}

#define N_CLAIM_WAYS 9

static gboolean
simplify_claim (MusterdClaim *claim, guint way)
{
  g_autoptr(MusterdClaim) before = musterd_claim_copy (claim);

  switch (way)
    {
    case 0:
      musterd_claim_set_role (claim, NULL);
      break;
    case 1:
      musterd_claim_set_text (claim, NULL);
      break;
    case 2:
      musterd_claim_set_more (claim, NULL, NULL, NULL);
      break;
    case 3:
      claim->free_busy = MUSTERD_FREE_BUSY_NONE;
      break;
    case 4:
      claim->response = MUSTERD_RESPONSE_NONE;
      break;
    case 5:
      claim->all_day = claim->cancelled = 0;
      break;
    case 6:
      claim->is_private = 0;
      break;
    case 7:
      musterd_claim_set_met (claim, 0, 0);
      break;
    default:
      claim->began = claim->from;
      break;
    }
  return !musterd_claim_equal (before, claim);
}

#define N_TEMPLATE_WAYS 4

static gboolean
simplify_template (MusterdTemplate *tmpl, guint way)
{
  gboolean changed = FALSE;

  switch (way)
    {
    case 0:
      changed = tmpl->forwarding.action != MUSTERD_FORWARD_DO_NOT_CHANGE;
      tmpl->forwarding.action = MUSTERD_FORWARD_DO_NOT_CHANGE;
      break;
    case 1:
      changed = tmpl->text != NULL;
      g_clear_pointer (&tmpl->text, g_free);
      break;
    case 2:
      changed = tmpl->stays;
      tmpl->stays = FALSE;
      break;
    default:
      changed = !tmpl->active;
      tmpl->active = TRUE;
      break;
    }
  return changed;
}

#define N_FACT_WAYS 8

static gboolean
simplify_facts (History *history, guint way)
{
  MusterdFacts *facts = &history->facts;
  gboolean changed = FALSE;

  switch (way)
    {
    case 0:
      changed = facts->timed != NULL;
      g_clear_pointer (&facts->timed, musterd_choice_free);
      break;
    case 1:
      changed = facts->standing != NULL;
      g_clear_pointer (&facts->standing, musterd_choice_free);
      break;
    case 2:
      changed = facts->client_ended;
      facts->client_ended = FALSE;
      break;
    case 3:
      changed = history->without != NULL;
      history->without = NULL;
      break;
    case 4:
      changed = facts->timed != NULL && facts->timed->text != NULL;
      if (changed)
        g_clear_pointer (&facts->timed->text, g_free);
      break;
    case 5:
      changed = facts->standing != NULL && facts->standing->text != NULL;
      if (changed)
        g_clear_pointer (&facts->standing->text, g_free);
      break;
    case 6:
      changed = history->settings->rules != NULL;
      g_clear_pointer (&history->settings->rules, g_array_unref);
      break;
    default:
      changed = history->settings->choice_ends != MUSTERD_CHOICE_ENDS_NEVER;
      history->settings->choice_ends = MUSTERD_CHOICE_ENDS_NEVER;
      break;
    }
  return changed;
}

gboolean
history_simplify (History *history, guint n, gboolean *changed)
{
  MusterdFacts *facts = &history->facts;
  GPtrArray *templates = history->settings->templates;

  *changed = TRUE;
  if (n < N_FACT_WAYS)
    {
      *changed = simplify_facts (history, n);
      return TRUE;
    }
  n -= N_FACT_WAYS;
  if (remove_nth (facts->claims, &n) || remove_nth (facts->clients, &n) || remove_nth (facts->devices, &n)
      || remove_nth (facts->ignores, &n) || remove_nth (templates, &n))
    return TRUE;
  if (n < facts->claims->len * N_CLAIM_WAYS)
    {
      *changed = simplify_claim (facts->claims->pdata[n / N_CLAIM_WAYS], n % N_CLAIM_WAYS);
      return TRUE;
    }
  n -= facts->claims->len * N_CLAIM_WAYS;
  if (n < templates->len * N_TEMPLATE_WAYS)
    {
      *changed = simplify_template (templates->pdata[n / N_TEMPLATE_WAYS], n % N_TEMPLATE_WAYS);
      return TRUE;
    }
  *changed = FALSE;
  return FALSE;
}
