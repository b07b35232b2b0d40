/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lists are libpulse's own structs with the values that PulseAudio 16.1 and PipeWire 0.3.65 were seen to send. */
#include "recorders.h"

#include <string.h>

#define MIC 3
#define SPEAKER_MONITOR 4
#define MUTED_MIC 5
#define ASLEEP_MIC 6
#define GONE 99

#define NATIVE 41   /* a client of its own protocol: its streams say nothing of the process */
#define FORWARDER 42 /* a client that knows no process either */
#define NOBODY PA_INVALID_INDEX

/* Properties: "name=value" */
typedef struct
{
  const char *name;
  guint32     source, client;
  int         corked, mute;
  const char *resample;
  const char *properties[6];
  MicsyncVerdict verdict;
  const char *process, *text; /* nullable */
} RecorderCase;

#define ZOOM "application.process.binary=zoom"

static const RecorderCase cases[] = {
  { "counts", MIC, NOBODY, 0, 0, "copy", { ZOOM, "application.name=ZOOM VoiceEngine" }, MICSYNC_COUNTS, "zoom",
    "Zoom" },
  { "no-resampler", MIC, NOBODY, 0, 0, NULL, { ZOOM }, MICSYNC_COUNTS, "zoom", "Zoom" },
  { "case-and-exe", MIC, NOBODY, 0, 0, NULL, { "application.process.binary=ZOOM.exe" }, MICSYNC_COUNTS, "ZOOM",
    "Zoom" },
  { "path", MIC, NOBODY, 0, 0, NULL, { "application.process.binary=/opt/zoom/zoom" }, MICSYNC_COUNTS, "zoom", "Zoom" },
  { "corked", MIC, NOBODY, 1, 0, "copy", { ZOOM }, MICSYNC_CORKED, "zoom", "Zoom" },
  { "first-event-on-pipewire", PA_INVALID_INDEX, NOBODY, 1, 0, "PipeWire", { ZOOM }, MICSYNC_CORKED, "zoom", "Zoom" },
  { "no-source-yet", PA_INVALID_INDEX, NOBODY, 0, 0, "PipeWire", { ZOOM }, MICSYNC_NO_SOURCE, "zoom", "Zoom" },
  { "source-gone", GONE, NOBODY, 0, 0, NULL, { ZOOM }, MICSYNC_NO_SOURCE, "zoom", "Zoom" },
  { "monitor", SPEAKER_MONITOR, NOBODY, 0, 0, "copy", { ZOOM }, MICSYNC_MONITOR, "zoom", "Zoom" },
  { "meter-on-pulseaudio", MIC, NOBODY, 0, 0, "peaks", { ZOOM }, MICSYNC_METER, "zoom", "Zoom" },
  { "meter-on-pipewire", MIC, NOBODY, 0, 0, "PipeWire", { ZOOM, "resample.peaks=true" }, MICSYNC_METER, "zoom",
    "Zoom" },
  { "stream-monitor", MIC, NOBODY, 0, 0, "PipeWire", { ZOOM, "stream.monitor=true" }, MICSYNC_METER, "zoom", "Zoom" },
  { "not-a-meter", MIC, NOBODY, 0, 0, "PipeWire", { ZOOM, "resample.peaks=false", "stream.monitor=false" },
    MICSYNC_COUNTS, "zoom", "Zoom" },
  { "pavucontrol", MIC, NOBODY, 0, 0, "copy",
    { "application.id=org.PulseAudio.pavucontrol", "application.process.binary=pavucontrol" }, MICSYNC_MIXER,
    "pavucontrol", NULL },
  { "gnome-settings", MIC, NOBODY, 0, 0, "copy", { "application.id=org.gnome.VolumeControl", ZOOM }, MICSYNC_MIXER,
    "zoom", "Zoom" },
  { "kmix", MIC, NOBODY, 0, 0, "copy", { "application.id=org.kde.kmixd", ZOOM }, MICSYNC_MIXER, "zoom", "Zoom" },
  { "other-id", MIC, NOBODY, 0, 0, "copy", { "application.id=us.zoom.Zoom", ZOOM }, MICSYNC_COUNTS, "zoom", "Zoom" },
  { "muted-stream", MIC, NOBODY, 0, 1, "copy", { ZOOM }, MICSYNC_COUNTS, "zoom", "Zoom" },
  { "muted-source", MUTED_MIC, NOBODY, 0, 0, "copy", { ZOOM }, MICSYNC_COUNTS, "zoom", "Zoom" },
  { "suspended-source", ASLEEP_MIC, NOBODY, 0, 0, "copy", { ZOOM }, MICSYNC_COUNTS, "zoom", "Zoom" },
  { "binary-on-the-client", MIC, NATIVE, 0, 0, "PipeWire", { "application.name=pw-record" }, MICSYNC_COUNTS, "Discord",
    "Discord" },
  { "stream-before-client", MIC, NATIVE, 0, 0, "PipeWire", { ZOOM }, MICSYNC_COUNTS, "zoom", "Zoom" },
  { "name-instead-of-binary", MIC, FORWARDER, 0, 0, NULL, { "application.name=Zoom" }, MICSYNC_COUNTS, "Zoom", "Zoom" },
  { "name-of-the-client", MIC, FORWARDER, 0, 0, NULL, { "media.name=x" }, MICSYNC_UNKNOWN, "tunnel", NULL },
  { "binary-before-name", MIC, NOBODY, 0, 0, NULL, { "application.process.binary=parec", "application.name=Zoom" },
    MICSYNC_UNKNOWN, "parec", NULL },
  { "wine", MIC, NOBODY, 0, 0, NULL, { "application.process.binary=wine64-preloader", "application.name=Zoom.exe" },
    MICSYNC_COUNTS, "Zoom", "Zoom" },
  { "wine-without-a-name", MIC, NOBODY, 0, 0, NULL, { "application.process.binary=wine-preloader" }, MICSYNC_UNKNOWN,
    "wine-preloader", NULL },
  { "echo-canceller", MIC, NOBODY, 0, 0, "copy", { "media.name=Echo-Cancel Source Stream" }, MICSYNC_NAMELESS, NULL,
    NULL },
  { "unknown", MIC, NOBODY, 0, 0, "copy", { "application.process.binary=dictate" }, MICSYNC_UNKNOWN, "dictate", NULL },
  { "switched-off", MIC, NOBODY, 0, 0, "copy", { "application.process.binary=obs" }, MICSYNC_SWITCHED_OFF, "obs",
    "OBS" },
  { "no-alias", MIC, NOBODY, 0, 0, "copy", { "application.process.binary=audacity" }, MICSYNC_COUNTS, "audacity",
    "Audacity" },
  { "hostile-name", MIC, NOBODY, 0, 0, "copy", { "application.process.binary=a\nb\x1b[2J" }, MICSYNC_UNKNOWN, "a b [2J",
    NULL },
};

static pa_proplist *
properties_new (const char *const *properties, gsize n)
{
  pa_proplist *list = pa_proplist_new ();

  for (gsize i = 0; i < n && properties[i] != NULL; i++)
    {
      g_auto(GStrv) pair = g_strsplit (properties[i], "=", 2);

      g_assert_cmpint (pa_proplist_sets (list, pair[0], pair[1]), ==, 0);
    }
  return list;
}

static void
add_source (MicsyncSnapshot *snapshot, guint32 index, const char *name, guint32 monitor_of, int mute,
            pa_source_state_t state)
{
  const pa_source_info info
      = { .index = index, .name = name, .monitor_of_sink = monitor_of, .mute = mute, .state = state };

  micsync_snapshot_add_source (snapshot, &info);
}

static void
add_client (MicsyncSnapshot *snapshot, guint32 index, const char *const *properties, gsize n)
{
  pa_proplist *list = properties_new (properties, n);
  const pa_client_info info = { .index = index, .proplist = list };

  micsync_snapshot_add_client (snapshot, &info);
  pa_proplist_free (list);
}

static MicsyncSnapshot *
snapshot_new (void)
{
  static const char *const native[] = { "application.process.binary=Discord", "application.name=pw-record" };
  static const char *const forwarder[] = { "application.name=tunnel" };
  g_autoptr(MicsyncSnapshot) snapshot = micsync_snapshot_new ();

  add_source (snapshot, MIC, "mic", PA_INVALID_INDEX, 0, PA_SOURCE_RUNNING);
  add_source (snapshot, SPEAKER_MONITOR, "speaker.monitor", 0, 0, PA_SOURCE_RUNNING);
  add_source (snapshot, MUTED_MIC, "muted", PA_INVALID_INDEX, 1, PA_SOURCE_RUNNING);
  add_source (snapshot, ASLEEP_MIC, "asleep", PA_INVALID_INDEX, 0, PA_SOURCE_SUSPENDED);
  add_client (snapshot, NATIVE, native, G_N_ELEMENTS (native));
  add_client (snapshot, FORWARDER, forwarder, G_N_ELEMENTS (forwarder));
  return g_steal_pointer (&snapshot);
}

static MicsyncPrograms *
programs_new (void)
{
  g_autoptr(MicsyncPrograms) programs = micsync_programs_new ();

  micsync_programs_add (programs, "Zoom", "Zoom", TRUE);
  micsync_programs_add (programs, "discord", "Discord", TRUE);
  micsync_programs_add (programs, "Audacity", "", TRUE);
  micsync_programs_add (programs, "obs", "OBS", FALSE);
  return g_steal_pointer (&programs);
}

static void
add_case (MicsyncSnapshot *snapshot, const RecorderCase *c)
{
  pa_proplist *list = properties_new (c->properties, G_N_ELEMENTS (c->properties));
  const pa_source_output_info info = {
    .index = 7,
    .source = c->source,
    .client = c->client,
    .corked = c->corked,
    .mute = c->mute,
    .resample_method = c->resample,
    .proplist = list,
  };

  micsync_snapshot_add_stream (snapshot, &info);
  pa_proplist_free (list);
}

static void
test_recorder (gconstpointer data)
{
  const RecorderCase *c = data;
  g_autoptr(MicsyncPrograms) programs = programs_new ();
  g_autoptr(MicsyncSnapshot) snapshot = snapshot_new ();

  add_case (snapshot, c);

  g_autoptr(GPtrArray) recorders = micsync_snapshot_judge (snapshot, programs);

  g_assert_cmpuint (recorders->len, ==, 1);

  const MicsyncRecorder *recorder = g_ptr_array_index (recorders, 0);
  g_autofree char *described = micsync_recorder_describe (recorder);

  g_test_message ("%s", described);
  g_assert_cmpint (recorder->verdict, ==, c->verdict);
  g_assert_cmpstr (recorder->process, ==, c->process);
  g_assert_cmpstr (recorder->text, ==, c->text);
  g_assert_true (g_str_has_prefix (described, c->verdict == MICSYNC_COUNTS ? "counts as \"" : "does not count: "));
}

static void
test_described (void)
{
  static const RecorderCase asleep = { "", ASLEEP_MIC, NOBODY, 0, 1, "copy", { ZOOM }, MICSYNC_COUNTS, NULL, NULL };
  g_autoptr(MicsyncPrograms) programs = programs_new ();
  g_autoptr(MicsyncSnapshot) snapshot = snapshot_new ();

  add_case (snapshot, &asleep);

  g_autoptr(GPtrArray) recorders = micsync_snapshot_judge (snapshot, programs);
  g_autofree char *described = micsync_recorder_describe (g_ptr_array_index (recorders, 0));

  g_assert_cmpstr (described, ==, "counts as \"Zoom\", from asleep, muted, source suspended");
}

/* Somebody who floods the sound server gets no more than the bounds. */
static void
test_bounds (void)
{
  g_autoptr(MicsyncPrograms) programs = programs_new ();
  g_autoptr(MicsyncSnapshot) snapshot = snapshot_new ();
  static const char *const nothing[] = { NULL };

  for (int i = 0; i < MICSYNC_STREAMS_MAX + 10; i++)
    add_case (snapshot, &cases[0]);
  for (guint32 i = 0; i < MICSYNC_SOURCES_MAX + 10; i++)
    add_source (snapshot, 1000 + i, "x", PA_INVALID_INDEX, 0, PA_SOURCE_IDLE);
  for (guint32 i = 0; i < MICSYNC_CLIENTS_MAX + 10; i++)
    add_client (snapshot, 1000 + i, nothing, 1);

  g_autoptr(GPtrArray) recorders = micsync_snapshot_judge (snapshot, programs);
  g_autoptr(GPtrArray) devices = micsync_snapshot_dup_devices (snapshot);

  g_assert_cmpuint (recorders->len, ==, MICSYNC_STREAMS_MAX);
  g_assert_cmpuint (micsync_snapshot_get_n_left (snapshot), ==, 10);
  g_assert_cmpuint (devices->len, ==, MICSYNC_SOURCES_MAX);
}

static void
test_nameless (void)
{
  g_autoptr(MicsyncSnapshot) snapshot = snapshot_new ();

  g_assert_false (micsync_snapshot_has_nameless (snapshot));
  add_case (snapshot, &cases[0]);
  g_assert_false (micsync_snapshot_has_nameless (snapshot));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    if (g_str_equal (cases[i].name, "binary-on-the-client"))
      add_case (snapshot, &cases[i]);
  g_assert_true (micsync_snapshot_has_nameless (snapshot));
}

/* A server that leaves out what it should send. */
static void
test_without_properties (void)
{
  const pa_source_info source = { .index = MIC, .name = NULL, .monitor_of_sink = PA_INVALID_INDEX };
  const pa_client_info client = { .index = 8 };
  const pa_source_output_info stream = { .index = 1, .source = MIC, .client = 8 };
  g_autoptr(MicsyncPrograms) programs = programs_new ();
  g_autoptr(MicsyncSnapshot) snapshot = micsync_snapshot_new ();

  micsync_snapshot_add_source (snapshot, &source);
  micsync_snapshot_add_client (snapshot, &client);
  micsync_snapshot_add_stream (snapshot, &stream);

  g_autoptr(GPtrArray) recorders = micsync_snapshot_judge (snapshot, programs);
  const MicsyncRecorder *recorder = g_ptr_array_index (recorders, 0);

  g_assert_cmpint (recorder->verdict, ==, MICSYNC_NAMELESS);
  g_assert_cmpstr (recorder->source, ==, "#3");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/micsync/recorders/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_recorder);
    }
  g_test_add_func ("/micsync/recorders/described", test_described);
  g_test_add_func ("/micsync/recorders/bounds", test_bounds);
  g_test_add_func ("/micsync/recorders/nameless", test_nameless);
  g_test_add_func ("/micsync/recorders/without-properties", test_without_properties);
  return g_test_run ();
}
