/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Those who wait for an instance's next line. */
#define G_LOG_DOMAIN "muster-host"

#include "host/instance.h"

#define FOLLOWERS_MAX 200 /* of all instances */

struct _MusterdFollower
{
  MusterdInstance *instance;
  guint64          after;
  GSource         *timer;
  MusterdLogFunc   done;
  gpointer         user_data;
};

static void
end_follower (MusterdFollower *follower, MusterdLogPage *page, const GError *error)
{
  g_ptr_array_remove_fast (follower->instance->host->followers, follower);
  g_source_destroy (follower->timer);
  g_source_unref (follower->timer);
  follower->done (page, error, follower->user_data);
  g_free (follower);
}

static gboolean
on_waited_enough (gpointer data)
{
  MusterdFollower *follower = data;

  end_follower (follower, musterd_log_read (&follower->instance->log, follower->after), NULL);
  return G_SOURCE_REMOVE;
}

void
musterd_host_follow_log (MusterdHost *host, const char *name, guint64 after, gint64 wait, MusterdLogFunc done,
                         gpointer user_data)
{
  g_autoptr(GError) error = NULL;
  MusterdInstance *instance = musterd_host_require (host, name, &error);
  MusterdFollower *follower;

  if (instance == NULL)
    {
      done (NULL, error, user_data);
      return;
    }
  if (wait <= 0 || after != instance->log.last)
    {
      done (musterd_log_read (&instance->log, after), NULL, user_data);
      return;
    }
  if (host->followers->len >= FOLLOWERS_MAX)
    {
      g_set_error (&error, MUSTERD_ERROR, MUSTERD_ERROR_LIMIT,
                   "%d wait for lines of instances already: try again later, or without waiting", FOLLOWERS_MAX);
      done (NULL, error, user_data);
      return;
    }
  follower = g_new0 (MusterdFollower, 1);
  follower->instance = instance;
  follower->after = after;
  follower->done = done;
  follower->user_data = user_data;
  follower->timer = musterd_host_timeout (host, wait, on_waited_enough, follower);
  g_ptr_array_add (host->followers, follower);
}

void
musterd_instance_tell_followers (MusterdInstance *instance)
{
  const GPtrArray *followers = instance->host->followers;

  for (guint i = followers->len; i > 0; i--)
    {
      MusterdFollower *follower = g_ptr_array_index (followers, i - 1);

      if (follower->instance == instance && instance->log.last > follower->after)
        end_follower (follower, musterd_log_read (&instance->log, follower->after), NULL);
    }
}

void
musterd_instance_end_followers (MusterdInstance *instance)
{
  const GPtrArray *followers = instance->host->followers;

  for (guint i = followers->len; i > 0; i--)
    {
      MusterdFollower *follower = g_ptr_array_index (followers, i - 1);
      g_autoptr(GError) error = NULL;

      if (follower->instance != instance)
        continue;
      g_set_error (&error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND,
                   "the instance '%s' has gone: its group is not in the configuration any more", instance->name);
      end_follower (follower, NULL, error);
    }
}
