/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-micsync"

#include "recorders.h"

typedef struct
{
  char *process, *calls_itself; /* nullable */
} Client;

typedef struct
{
  guint32  source, client;
  char    *process, *calls_itself; /* nullable: then the client's */
  gboolean corked, muted, is_meter, is_mixer;
} Stream;

struct _MicsyncSnapshot
{
  GHashTable *sources; /* index → MicsyncDevice */
  GHashTable *clients; /* index → Client */
  GArray     *streams; /* Stream */
  guint       n_left;
};

void
micsync_recorder_free (MicsyncRecorder *recorder)
{
  g_free (recorder->process);
  g_free (recorder->calls_itself);
  g_free (recorder->source);
  g_free (recorder->key);
  g_free (recorder->text);
  g_free (recorder);
}

static void
device_free (gpointer data)
{
  MicsyncDevice *device = data;

  g_free (device->name);
  g_free (device);
}

static void
client_free (gpointer data)
{
  Client *client = data;

  g_free (client->process);
  g_free (client->calls_itself);
  g_free (client);
}

static void
stream_clear (gpointer data)
{
  Stream *stream = data;

  g_free (stream->process);
  g_free (stream->calls_itself);
}

MicsyncSnapshot *
micsync_snapshot_new (void)
{
  MicsyncSnapshot *snapshot = g_new0 (MicsyncSnapshot, 1);

  snapshot->sources = g_hash_table_new_full (NULL, NULL, NULL, device_free);
  snapshot->clients = g_hash_table_new_full (NULL, NULL, NULL, client_free);
  snapshot->streams = g_array_new (FALSE, FALSE, sizeof (Stream));
  g_array_set_clear_func (snapshot->streams, stream_clear);
  return snapshot;
}

void
micsync_snapshot_free (MicsyncSnapshot *snapshot)
{
  g_hash_table_unref (snapshot->sources);
  g_hash_table_unref (snapshot->clients);
  g_array_unref (snapshot->streams);
  g_free (snapshot);
}

void
micsync_snapshot_add_source (MicsyncSnapshot *snapshot, const pa_source_info *info)
{
  if (g_hash_table_size (snapshot->sources) >= MICSYNC_SOURCES_MAX)
    return;

  MicsyncDevice *device = g_new0 (MicsyncDevice, 1);

  device->name = micsync_clean_text (info->name, MICSYNC_NAME_MAX);
  if (device->name == NULL)
    device->name = g_strdup_printf ("#%u", info->index);
  device->is_monitor = info->monitor_of_sink != PA_INVALID_INDEX;
  device->muted = info->mute != 0;
  device->suspended = info->state == PA_SOURCE_SUSPENDED;
  g_hash_table_insert (snapshot->sources, GUINT_TO_POINTER (info->index), device);
}

/* A Windows program under Wine is a process of Wine's loader: its own name is what it calls itself. */
static gboolean
is_wine (const char *process)
{
  static const char *const loaders[] = { "wine", "wine64", "wine-preloader", "wine64-preloader", NULL };

  return g_strv_contains (loaders, process);
}

static char *
dup_process (const pa_proplist *properties)
{
  g_autofree char *process = micsync_process_name (pa_proplist_gets (properties, PA_PROP_APPLICATION_PROCESS_BINARY));

  if (process != NULL && is_wine (process))
    {
      g_autofree char *name = micsync_process_name (pa_proplist_gets (properties, PA_PROP_APPLICATION_NAME));

      if (name != NULL)
        return g_steal_pointer (&name);
    }
  return g_steal_pointer (&process);
}

static char *
dup_calls_itself (const pa_proplist *properties)
{
  return micsync_clean_text (pa_proplist_gets (properties, PA_PROP_APPLICATION_NAME), MICSYNC_NAME_MAX);
}

void
micsync_snapshot_add_client (MicsyncSnapshot *snapshot, const pa_client_info *info)
{
  if (g_hash_table_size (snapshot->clients) >= MICSYNC_CLIENTS_MAX || info->proplist == NULL)
    return;

  Client *client = g_new0 (Client, 1);

  client->process = dup_process (info->proplist);
  client->calls_itself = dup_calls_itself (info->proplist);
  g_hash_table_insert (snapshot->clients, GUINT_TO_POINTER (info->index), client);
}

static gboolean
is_true (const pa_proplist *properties, const char *name)
{
  const char *value = pa_proplist_gets (properties, name);

  return value != NULL && (g_ascii_strcasecmp (value, "true") == 0 || g_str_equal (value, "1"));
}

/* PulseAudio tells a level meter by its resampler, PipeWire by properties of the stream. */
static gboolean
is_meter (const pa_source_output_info *info)
{
  return g_strcmp0 (info->resample_method, "peaks") == 0
         || (info->proplist != NULL
             && (is_true (info->proplist, "resample.peaks") || is_true (info->proplist, "stream.monitor")));
}

static gboolean
is_mixer (const pa_source_output_info *info)
{
  static const char *const mixers[]
      = { "org.PulseAudio.pavucontrol", "org.gnome.VolumeControl", "org.kde.kmixd", NULL };
  const char *id = info->proplist != NULL ? pa_proplist_gets (info->proplist, PA_PROP_APPLICATION_ID) : NULL;

  return id != NULL && g_strv_contains (mixers, id);
}

void
micsync_snapshot_add_stream (MicsyncSnapshot *snapshot, const pa_source_output_info *info)
{
  if (snapshot->streams->len >= MICSYNC_STREAMS_MAX)
    {
      snapshot->n_left++;
      return;
    }

  Stream stream = {
    .source = info->source,
    .client = info->client,
    .process = info->proplist != NULL ? dup_process (info->proplist) : NULL,
    .calls_itself = info->proplist != NULL ? dup_calls_itself (info->proplist) : NULL,
    .corked = info->corked != 0,
    .muted = info->mute != 0,
    .is_meter = is_meter (info),
    .is_mixer = is_mixer (info),
  };

  g_array_append_val (snapshot->streams, stream);
}

gboolean
micsync_snapshot_has_nameless (MicsyncSnapshot *snapshot)
{
  for (guint i = 0; i < snapshot->streams->len; i++)
    if (g_array_index (snapshot->streams, Stream, i).process == NULL)
      return TRUE;
  return FALSE;
}

guint
micsync_snapshot_get_n_left (MicsyncSnapshot *snapshot)
{
  return snapshot->n_left;
}

static MicsyncVerdict
judge (const Stream *stream, const MicsyncDevice *device, const char *process, const MicsyncProgram *program)
{
  if (stream->is_mixer)
    return MICSYNC_MIXER;
  if (stream->is_meter)
    return MICSYNC_METER;
  if (device != NULL && device->is_monitor)
    return MICSYNC_MONITOR;
  if (stream->corked)
    return MICSYNC_CORKED;
  if (device == NULL)
    return MICSYNC_NO_SOURCE;
  if (process == NULL)
    return MICSYNC_NAMELESS;
  if (program == NULL)
    return MICSYNC_UNKNOWN;
  return program->active ? MICSYNC_COUNTS : MICSYNC_SWITCHED_OFF;
}

GPtrArray *
micsync_snapshot_judge (MicsyncSnapshot *snapshot, MicsyncPrograms *programs)
{
  g_autoptr(GPtrArray) recorders = g_ptr_array_new_with_free_func ((GDestroyNotify) micsync_recorder_free);

  for (guint i = 0; i < snapshot->streams->len; i++)
    {
      const Stream *stream = &g_array_index (snapshot->streams, Stream, i);
      const Client *client = g_hash_table_lookup (snapshot->clients, GUINT_TO_POINTER (stream->client));
      const MicsyncDevice *device = g_hash_table_lookup (snapshot->sources, GUINT_TO_POINTER (stream->source));
      const char *calls_itself = stream->calls_itself;
      const char *process = stream->process;

      /* Native PipeWire programs say what they are only once, on the client. */
      if (calls_itself == NULL && client != NULL)
        calls_itself = client->calls_itself;
      if (process == NULL && client != NULL)
        process = client->process;
      if (process == NULL)
        process = calls_itself;

      const MicsyncProgram *program = process != NULL ? micsync_programs_find (programs, process) : NULL;
      MicsyncRecorder *recorder = g_new0 (MicsyncRecorder, 1);

      recorder->verdict = judge (stream, device, process, program);
      recorder->process = g_strdup (process);
      recorder->calls_itself = g_strdup (calls_itself);
      recorder->source = device != NULL ? g_strdup (device->name) : NULL;
      recorder->key = program != NULL ? g_strdup (program->key) : NULL;
      recorder->text = program != NULL ? g_strdup (program->text) : NULL;
      recorder->muted = stream->muted || (device != NULL && device->muted);
      recorder->suspended = device != NULL && device->suspended;
      g_ptr_array_add (recorders, recorder);
    }
  return g_steal_pointer (&recorders);
}

static int
compare_devices (gconstpointer a, gconstpointer b)
{
  const MicsyncDevice *const *left = a, *const *right = b;

  return g_strcmp0 ((*left)->name, (*right)->name);
}

GPtrArray *
micsync_snapshot_dup_devices (MicsyncSnapshot *snapshot)
{
  g_autoptr(GPtrArray) devices = g_ptr_array_new_with_free_func (device_free);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, snapshot->sources);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const MicsyncDevice *device = value;
      MicsyncDevice *copy = g_new (MicsyncDevice, 1);

      *copy = *device;
      copy->name = g_strdup (device->name);
      g_ptr_array_add (devices, copy);
    }
  g_ptr_array_sort (devices, compare_devices);
  return g_steal_pointer (&devices);
}

static const char *
reason (MicsyncVerdict verdict)
{
  switch (verdict)
    {
    case MICSYNC_NO_SOURCE:
      return "not connected to any source";
    case MICSYNC_CORKED:
      return "paused by the program (corked)";
    case MICSYNC_MONITOR:
      return "records what an output plays (monitor)";
    case MICSYNC_METER:
      return "only shows a level (peak detect)";
    case MICSYNC_MIXER:
      return "a volume control";
    case MICSYNC_NAMELESS:
      return "no program stands behind it";
    case MICSYNC_UNKNOWN:
      return "not in the table of programs";
    case MICSYNC_SWITCHED_OFF:
      return "switched off in the table of programs";
    case MICSYNC_COUNTS:
      break;
    }
  g_return_val_if_reached ("");
}

char *
micsync_recorder_describe (const MicsyncRecorder *recorder)
{
  g_autofree char *verdict = recorder->verdict == MICSYNC_COUNTS
                                 ? g_strdup_printf ("counts as \"%s\"", recorder->text)
                                 : g_strdup_printf ("does not count: %s", reason (recorder->verdict));

  return g_strconcat (verdict, recorder->source != NULL ? ", from " : "",
                      recorder->source != NULL ? recorder->source : "", recorder->muted ? ", muted" : "",
                      recorder->suspended ? ", source suspended" : "", NULL);
}
