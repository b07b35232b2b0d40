/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fake-host.h"

FakeHost fake_host = { .state = MUSTERD_INSTANCE_ONLINE };

static void
note (char *what)
{
  g_free (fake_host.last);
  fake_host.last = what;
}

void
fake_host_reset (void)
{
  g_clear_pointer (&fake_host.last, g_free);
  fake_host.drain_hangs = FALSE;
  fake_host.drain_done = NULL;
  fake_host.state = MUSTERD_INSTANCE_ONLINE;
}

static gboolean
check (const char *instance, GError **error)
{
  if (g_str_equal (instance, "fake"))
    return TRUE;
  g_set_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "there is no instance '%s': there are fake", instance);
  return FALSE;
}

const char *
musterd_instance_state_to_string (MusterdInstanceState state)
{
  return state == MUSTERD_INSTANCE_ONLINE ? "online" : state == MUSTERD_INSTANCE_FAILED ? "failed" : "other";
}

static void
action_free (gpointer data)
{
  MusterdAction *action = data;

  g_free (action->id);
  g_free (action->text);
  g_free (action);
}

void
musterd_instance_info_free (MusterdInstanceInfo *info)
{
  g_free (info->name);
  g_free (info->plugin);
  g_clear_pointer (&info->actions, g_ptr_array_unref);
  g_free (info);
}

GPtrArray *
musterd_host_list (MusterdHost *host G_GNUC_UNUSED)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_instance_info_free);
  MusterdInstanceInfo *info = g_new0 (MusterdInstanceInfo, 1);
  MusterdAction *action = g_new0 (MusterdAction, 1);

  action->id = g_strdup ("sign-in");
  action->text = g_strdup ("Please sign in");
  action->since = 0;
  info->name = g_strdup ("fake");
  info->plugin = g_strdup ("fake");
  info->enabled = MUSTERD_ENABLED_OPTIONAL;
  info->state = MUSTERD_INSTANCE_ONLINE;
  info->is_sink = TRUE;
  info->actions = g_ptr_array_new_with_free_func (action_free);
  g_ptr_array_add (info->actions, action);
  g_ptr_array_add (list, info);
  return list;
}

static void
line_free (gpointer data)
{
  MusterdLogLine *line = data;

  g_free (line->text);
  g_free (line);
}

void
musterd_log_page_free (MusterdLogPage *page)
{
  g_ptr_array_unref (page->lines);
  g_free (page);
}

void
musterd_host_follow_log (MusterdHost *host G_GNUC_UNUSED, const char *instance, guint64 after, gint64 wait,
                         MusterdLogFunc done, gpointer user_data)
{
  g_autoptr(GError) error = NULL;
  MusterdLogPage *page;
  MusterdLogLine *line;

  note (g_strdup_printf ("log %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, after, wait));
  if (!check (instance, &error))
    {
      done (NULL, error, user_data);
      return;
    }
  page = g_new0 (MusterdLogPage, 1);
  page->lines = g_ptr_array_new_with_free_func (line_free);
  page->last = 7;
  line = g_new0 (MusterdLogLine, 1);
  line->serial = 7;
  line->level = MUSTER_LOG_WARNING;
  line->text = g_strdup ("something");
  g_ptr_array_add (page->lines, line);
  done (page, NULL, user_data);
}

static void
figures_free (gpointer data)
{
  MusterdInstanceFigures *figures = data;

  g_free (figures->name);
  g_free (figures->plugin);
  g_free (figures);
}

GPtrArray *
musterd_host_get_figures (MusterdHost *host G_GNUC_UNUSED)
{
  GPtrArray *all = g_ptr_array_new_with_free_func (figures_free);
  MusterdInstanceFigures *figures = g_new0 (MusterdInstanceFigures, 1);

  figures->name = g_strdup ("fake");
  figures->plugin = g_strdup ("fake");
  figures->enabled = MUSTERD_ENABLED_REQUIRED;
  figures->state = fake_host.state;
  figures->responding = TRUE;
  figures->is_sink = TRUE;
  figures->n_messages = 17;
  figures->sink.n_results[MUSTERD_DELIVERY_REFUSED] = 3;
  g_ptr_array_add (all, figures);
  return all;
}

MusterdCalendarOrder *
musterd_host_explain_order (MusterdHost *host G_GNUC_UNUSED, const char *user G_GNUC_UNUSED)
{
  MusterdCalendarOrder *order = g_new0 (MusterdCalendarOrder, 1);

  order->sources = g_strsplit ("fake", ";", -1);
  order->asked = g_strdup ("fake");
  order->refusals = g_ptr_array_new ();
  return order;
}

void
musterd_calendar_order_free (MusterdCalendarOrder *order)
{
  g_strfreev (order->sources);
  g_free (order->asked);
  g_ptr_array_unref (order->refusals);
  g_free (order);
}

gboolean
musterd_host_sync (MusterdHost *host G_GNUC_UNUSED, const char *instance, const char *user, GError **error)
{
  note (g_strdup_printf ("sync %s", user != NULL ? user : "all"));
  return check (instance, error);
}

void
musterd_host_pause (MusterdHost *host G_GNUC_UNUSED, const char *instance, gboolean paused, MusterdDone done,
                    gpointer user_data)
{
  g_autoptr(GError) error = NULL;

  note (g_strdup_printf ("pause %d", paused));
  check (instance, &error);
  done (error, user_data);
}

gboolean
musterd_host_answer (MusterdHost *host G_GNUC_UNUSED, const char *instance, const char *user, const char *id,
                     const char *answer, GError **error)
{
  note (g_strdup_printf ("answer %s %s %s", user != NULL ? user : "nobody", id, answer));
  return check (instance, error);
}

void
musterd_host_drain (MusterdHost *host G_GNUC_UNUSED, const char *instance, MusterdDone done, gpointer user_data)
{
  g_autoptr(GError) error = NULL;

  note (g_strdup ("drain"));
  if (fake_host.drain_hangs)
    {
      fake_host.drain_done = done;
      fake_host.drain_data = user_data;
      return;
    }
  check (instance, &error);
  done (error, user_data);
}

void
fake_host_end_drain (void)
{
  MusterdDone done = fake_host.drain_done;

  fake_host.drain_done = NULL;
  done (NULL, fake_host.drain_data);
}

void
musterd_host_test (MusterdHost *host G_GNUC_UNUSED, const char *instance, const char *user, MusterdReportFunc done,
                   gpointer user_data)
{
  MusterdReportLine line = { MUSTER_REPORT_PROBLEM, (char *) "reach", (char *) "no route" };
  g_autoptr(GPtrArray) lines = g_ptr_array_new ();
  g_autoptr(GError) error = NULL;

  note (g_strdup_printf ("test %s", user != NULL ? user : "nobody"));
  if (!check (instance, &error))
    {
      done (NULL, error, user_data);
      return;
    }
  g_ptr_array_add (lines, &line);
  done (lines, NULL, user_data);
}

void
musterd_secret_report_free (MusterdSecretReport *report)
{
  g_clear_pointer (&report->list, musterd_secret_list_free);
  g_ptr_array_unref (report->uses);
  g_free (report);
}

void
musterd_host_list_secrets (MusterdHost *host G_GNUC_UNUSED, MusterdSecretListFunc func, gpointer user_data)
{
  MusterdSecretReport *report = g_new0 (MusterdSecretReport, 1);

  note (g_strdup ("secrets"));
  report->list = g_new0 (MusterdSecretList, 1);
  report->list->items = g_ptr_array_new ();
  report->uses = g_ptr_array_new ();
  func (report, NULL, user_data);
}

static void
answer_secret (const char *name, MusterdSecretPlace place, MusterdSecretSetFunc func, gpointer user_data)
{
  g_autoptr(GPtrArray) restarted = g_ptr_array_new ();
  g_autoptr(GError) error = NULL;

  g_ptr_array_add (restarted, (char *) "fake");
  if (!musterd_secret_name_is_valid (name))
    error = g_error_new_literal (MUSTERD_ERROR, MUSTERD_ERROR_INVALID, "no name of a secret");
  func (&(MusterdSecretChange){ .place = place, .restarted = restarted }, error, user_data);
}

void
musterd_host_set_secret (MusterdHost *host G_GNUC_UNUSED, const char *name, const char *secret,
                         MusterdSecretSetFunc func, gpointer user_data)
{
  note (g_strdup_printf ("secret %s %s", name, secret));
  answer_secret (name, MUSTERD_SECRET_FILE, func, user_data);
}

void
musterd_host_remove_secret (MusterdHost *host G_GNUC_UNUSED, const char *name, MusterdSecretSetFunc func,
                            gpointer user_data)
{
  note (g_strdup_printf ("secret %s removed", name));
  answer_secret (name, MUSTERD_SECRET_NOWHERE, func, user_data);
}
