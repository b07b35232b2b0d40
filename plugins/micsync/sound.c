/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-micsync"

#include "sound.h"

#include <pulse/glib-mainloop.h>
#include <string.h>

#define RETRY_FIRST (1 * G_TIME_SPAN_SECOND)
#define RETRY_LAST (30 * G_TIME_SPAN_SECOND)
/* Milliseconds of real time between two lists at least, whatever flood of events a client causes. */
#define LIST_GAP 50

struct _MicsyncSound
{
  MusterContext            *ctx;
  char                     *server; /* nullable: libpulse's own search */
  const MicsyncSoundEvents *events;
  gpointer                  user_data;

  GMainContext     *loop;
  pa_glib_mainloop *mainloop;
  pa_context       *context;  /* nullable: no attempt under way */
  GSource          *dropping; /* nullable: the connection is about to be dropped */
  char             *reason;   /* nullable: why it is */

  MusterTimer      *retry;    /* nullable; the timer for the next attempt */
  gint64            retry_delay;

  char             *server_name, *address; /* nullable */
  MicsyncSnapshot  *filling;  /* nullable: a list is under way */
  gboolean          again;    /* something changed while it was */
  gboolean          has_nameless; /* the last list had a stream whose process only its client can name */
  GSource          *gap;      /* nullable; armed until the next list may begin */
};

static void sound_connect (MicsyncSound *sound);
static void sound_list    (MicsyncSound *sound);

static void
clear_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* The end of a connection, in one place, and never from inside libpulse: a failed pa_context_connect() reports itself
 * twice, and a context must not be taken down from its own callbacks. */

static void
on_time_to_retry (gpointer user_data)
{
  MicsyncSound *sound = user_data;

  g_clear_pointer (&sound->retry, muster_timer_free);
  sound_connect (sound);
}

static void
forget_connection (MicsyncSound *sound)
{
  clear_source (&sound->dropping);
  clear_source (&sound->gap);
  g_clear_pointer (&sound->retry, muster_timer_free);
  g_clear_pointer (&sound->filling, micsync_snapshot_free);
  g_clear_pointer (&sound->server_name, g_free);
  g_clear_pointer (&sound->address, g_free);
  sound->again = FALSE;

  if (sound->context == NULL)
    return;

  pa_context_set_state_callback (sound->context, NULL, NULL);
  pa_context_set_subscribe_callback (sound->context, NULL, NULL);
  if (PA_CONTEXT_IS_GOOD (pa_context_get_state (sound->context)))
    pa_context_disconnect (sound->context); /* cancels the operations under way */
  g_clear_pointer (&sound->context, pa_context_unref);
}

static gboolean
on_connection_to_drop (gpointer user_data)
{
  MicsyncSound *sound = user_data;
  g_autofree char *reason = g_steal_pointer (&sound->reason);

  forget_connection (sound);
  sound->retry = muster_context_timer_add (sound->ctx, muster_context_now (sound->ctx) + sound->retry_delay,
                                           on_time_to_retry, sound);
  sound->retry_delay = MIN (2 * sound->retry_delay, RETRY_LAST);
  sound->events->lost (reason, sound->user_data);
  return G_SOURCE_REMOVE;
}

static void
drop_connection (MicsyncSound *sound, const char *attempted, int code)
{
  if (sound->dropping != NULL)
    return;

  sound->reason = g_strdup_printf ("%s: %s", attempted, pa_strerror (code));
  sound->dropping = g_idle_source_new ();
  g_source_set_priority (sound->dropping, G_PRIORITY_DEFAULT);
  g_source_set_callback (sound->dropping, on_connection_to_drop, sound, NULL);
  g_source_attach (sound->dropping, sound->loop);
}

/* Takes the answer to a request apart: FALSE when there is none, since the connection is in doubt then. */
static gboolean
sound_asked (MicsyncSound *sound, pa_operation *operation, const char *attempted)
{
  if (operation == NULL)
    {
      drop_connection (sound, attempted, pa_context_errno (sound->context));
      return FALSE;
    }
  pa_operation_unref (operation);
  return TRUE;
}

/* Listing: sources, clients and streams one after the other over one connection, answered in that order. */

static gboolean
on_gap_over (gpointer user_data)
{
  MicsyncSound *sound = user_data;

  clear_source (&sound->gap);
  if (sound->again)
    sound_list (sound);
  return G_SOURCE_REMOVE;
}

static void
on_stream_listed (pa_context *context, const pa_source_output_info *info, int end, void *user_data)
{
  MicsyncSound *sound = user_data;

  if (sound->filling == NULL || sound->dropping != NULL)
    return; /* what was listed before is in doubt too */
  if (end < 0)
    {
      drop_connection (sound, "listing who records", pa_context_errno (context));
      return;
    }
  if (end == 0)
    {
      micsync_snapshot_add_stream (sound->filling, info);
      return;
    }

  g_autoptr(MicsyncSnapshot) snapshot = g_steal_pointer (&sound->filling);

  sound->retry_delay = RETRY_FIRST;
  sound->has_nameless = micsync_snapshot_has_nameless (snapshot);
  sound->gap = g_timeout_source_new (LIST_GAP);
  g_source_set_callback (sound->gap, on_gap_over, sound, NULL);
  g_source_attach (sound->gap, sound->loop);
  sound->events->listed (g_steal_pointer (&snapshot), sound->user_data);
}

static void
on_client_listed (pa_context *context, const pa_client_info *info, int end, void *user_data)
{
  MicsyncSound *sound = user_data;

  if (end < 0)
    drop_connection (sound, "listing the clients", pa_context_errno (context));
  else if (end == 0 && sound->filling != NULL)
    micsync_snapshot_add_client (sound->filling, info);
}

static void
on_source_listed (pa_context *context, const pa_source_info *info, int end, void *user_data)
{
  MicsyncSound *sound = user_data;

  if (end < 0)
    drop_connection (sound, "listing the sources", pa_context_errno (context));
  else if (end == 0 && sound->filling != NULL)
    micsync_snapshot_add_source (sound->filling, info);
}

static void
sound_list (MicsyncSound *sound)
{
  if (sound->context == NULL || sound->dropping != NULL || sound->server_name == NULL)
    return; /* the first list of the connection follows by itself */
  if (sound->filling != NULL || sound->gap != NULL)
    {
      sound->again = TRUE;
      return;
    }

  sound->again = FALSE;
  sound->filling = micsync_snapshot_new ();
  if (!sound_asked (sound, pa_context_get_source_info_list (sound->context, on_source_listed, sound),
                    "listing the sources"))
    return;
  if (!sound_asked (sound, pa_context_get_client_info_list (sound->context, on_client_listed, sound),
                    "listing the clients"))
    return;
  sound_asked (sound, pa_context_get_source_output_info_list (sound->context, on_stream_listed, sound),
               "listing who records");
}

/* A connection, in call order. */

static void
on_something_changed (pa_context *context, pa_subscription_event_type_t event, uint32_t index, void *user_data)
{
  MicsyncSound *sound = user_data;

  (void) context;
  (void) index;

  /* Clients come and go without end; what they say of themselves only matters while somebody records unnamed. */
  if ((event & PA_SUBSCRIPTION_EVENT_FACILITY_MASK) == PA_SUBSCRIPTION_EVENT_CLIENT && !sound->has_nameless)
    return;
  sound_list (sound);
}

static void
on_server_known (pa_context *context, const pa_server_info *info, void *user_data)
{
  MicsyncSound *sound = user_data;

  if (info == NULL)
    {
      drop_connection (sound, "asking the sound server for its name", pa_context_errno (context));
      return;
    }

  g_autofree char *name = micsync_clean_text (info->server_name, MICSYNC_NAME_MAX);
  g_autofree char *version = micsync_clean_text (info->server_version, MICSYNC_NAME_MAX);

  /* PipeWire has its own version in the name; beside it stands the one of PulseAudio that it resembles. */
  if (name != NULL && version != NULL && strstr (name, "PipeWire") == NULL)
    sound->server_name = g_strdup_printf ("%s %s", name, version);
  else
    sound->server_name = g_strdup (name != NULL ? name : "a sound server without a name");
  sound->address = micsync_clean_text (pa_context_get_server (context), MICSYNC_NAME_MAX);
  if (sound->address == NULL)
    sound->address = g_strdup ("an address without a name");
  sound_list (sound);
}

static void
on_subscribed (pa_context *context, int success, void *user_data)
{
  if (!success)
    drop_connection (user_data, "subscribing to changes", pa_context_errno (context));
}

static void
on_state_changed (pa_context *context, void *user_data)
{
  MicsyncSound *sound = user_data;

  switch (pa_context_get_state (context))
    {
    case PA_CONTEXT_READY:
      pa_context_set_subscribe_callback (context, on_something_changed, sound);
      if (sound_asked (sound,
                       pa_context_subscribe (context,
                                             PA_SUBSCRIPTION_MASK_SOURCE_OUTPUT | PA_SUBSCRIPTION_MASK_SOURCE
                                                 | PA_SUBSCRIPTION_MASK_CLIENT,
                                             on_subscribed, sound),
                       "subscribing to changes"))
        sound_asked (sound, pa_context_get_server_info (context, on_server_known, sound),
                     "asking the sound server for its name");
      break;
    case PA_CONTEXT_FAILED:
    case PA_CONTEXT_TERMINATED:
      drop_connection (sound, sound->server_name != NULL ? "connection to the sound server lost"
                                                         : "connecting to the sound server",
                       pa_context_errno (context));
      break;
    default:
      break;
    }
}

static void
sound_connect (MicsyncSound *sound)
{
  g_clear_pointer (&sound->retry, muster_timer_free);

  /* A context that failed cannot be used again. */
  sound->context = pa_context_new (pa_glib_mainloop_get_api (sound->mainloop), "Muster");
  if (sound->context == NULL)
    {
      drop_connection (sound, "connecting to the sound server", PA_ERR_INTERNAL);
      return;
    }
  pa_context_set_state_callback (sound->context, on_state_changed, sound);
  if (pa_context_connect (sound->context, sound->server, PA_CONTEXT_NOAUTOSPAWN, NULL) < 0)
    drop_connection (sound, "connecting to the sound server", pa_context_errno (sound->context));
}

MicsyncSound *
micsync_sound_new (MusterContext *ctx, const char *server, const MicsyncSoundEvents *events, gpointer user_data)
{
  MicsyncSound *sound = g_new0 (MicsyncSound, 1);

  sound->ctx = ctx;
  sound->server = g_strdup (server);
  sound->events = events;
  sound->user_data = user_data;
  sound->loop = g_main_context_ref_thread_default ();
  sound->mainloop = pa_glib_mainloop_new (sound->loop);
  sound->retry_delay = RETRY_FIRST;
  sound->retry = muster_context_timer_add (ctx, muster_context_now (ctx), on_time_to_retry, sound);
  return sound;
}

void
micsync_sound_free (MicsyncSound *sound)
{
  forget_connection (sound);
  pa_glib_mainloop_free (sound->mainloop);
  g_main_context_unref (sound->loop);
  g_free (sound->reason);
  g_free (sound->server);
  g_free (sound);
}

void
micsync_sound_refresh (MicsyncSound *sound)
{
  if (sound->context != NULL)
    sound_list (sound);
  else if (sound->dropping == NULL)
    sound_connect (sound);
}

const char *
micsync_sound_get_server (MicsyncSound *sound)
{
  return sound->server_name;
}

const char *
micsync_sound_get_address (MicsyncSound *sound)
{
  return sound->address;
}
