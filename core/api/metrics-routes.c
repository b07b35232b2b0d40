/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* GET /metrics: gathered on the engine's thread, printed here. Names and labels are a promise
 * (docs/admin/operations.md); none of them is about a person, and none has more values than there are instances. */
#define G_LOG_DOMAIN "muster-api"

#include <time.h>
#include <unistd.h>

#include "api/complaints.h"
#include "api/openmetrics.h"
#include "api/routes.h"
#include "api/server.h"

#define ANSWER_WITHIN_S 5

typedef struct
{
  MusterdMetricsFormat format;
  MusterdEngineFigures engine;
  gboolean             has_store;
  MusterdStoreFigures  store;
  GPtrArray           *instances; /* MusterdInstanceFigures */
} Figures;

static void
figures_free (gpointer data)
{
  Figures *figures = data;

  musterd_engine_figures_clear (&figures->engine);
  g_clear_pointer (&figures->instances, g_ptr_array_unref);
  g_free (figures);
}

static void
run_metrics (MusterdCall *call, const MusterdApiServices *services, gpointer value)
{
  Figures *figures = value;

  musterd_engine_get_figures (services->engine, &figures->engine);
  figures->instances = musterd_host_get_figures (services->host);
  figures->has_store = services->store != NULL;
  if (figures->has_store)
    musterd_store_get_figures (services->store, &figures->store);
  musterd_call_return (call, NULL);
}

/* Printing. */

static void
begin_counter (MusterdMetrics *metrics, const char *name, const char *help)
{
  musterd_metrics_family (metrics, MUSTERD_METRIC_COUNTER, name, NULL, help);
}

static void
begin_gauge (MusterdMetrics *metrics, const char *name, const char *help)
{
  musterd_metrics_family (metrics, MUSTERD_METRIC_GAUGE, name, NULL, help);
}

static void
print_counter (MusterdMetrics *metrics, const char *name, const char *help, guint64 value)
{
  begin_counter (metrics, name, help);
  musterd_metrics_uint (metrics, value, NULL);
}

static void
print_gauge (MusterdMetrics *metrics, const char *name, const char *help, guint64 value)
{
  begin_gauge (metrics, name, help);
  musterd_metrics_uint (metrics, value, NULL);
}

static guint64
get_resident_bytes (void)
{
  g_autofree char *text = NULL;
  char *rest = NULL;

  /* "size resident …", in pages. */
  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    return 0;
  g_ascii_strtoull (text, &rest, 10);
  return g_ascii_strtoull (rest, NULL, 10) * (guint64) sysconf (_SC_PAGESIZE);
}

static void
print_process (MusterdMetrics *metrics, const MusterdServerFigures *figures)
{
  const guint64 resident = get_resident_bytes ();
  struct timespec cpu = { 0 };

  musterd_metrics_family (metrics, MUSTERD_METRIC_INFO, "muster_build", NULL, "Which Muster this is.");
  musterd_metrics_uint (metrics, 1, "version", MUSTER_VERSION, NULL);
  musterd_metrics_family (metrics, MUSTERD_METRIC_GAUGE, "process_start_time_seconds", "seconds",
                          "When the daemon was started, in seconds since 1970.");
  musterd_metrics_seconds (metrics, figures->started, NULL);
  if (clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0)
    {
      musterd_metrics_family (metrics, MUSTERD_METRIC_COUNTER, "process_cpu_seconds", "seconds",
                              "Processor time that the daemon has used.");
      musterd_metrics_seconds (metrics, (gint64) cpu.tv_sec * G_USEC_PER_SEC + cpu.tv_nsec / 1000, NULL);
    }
  if (resident > 0)
    {
      musterd_metrics_family (metrics, MUSTERD_METRIC_GAUGE, "process_resident_memory_bytes", "bytes",
                              "Memory of the daemon that is in the machine's memory.");
      musterd_metrics_uint (metrics, resident, NULL);
    }
}

static void
print_engine (MusterdMetrics *metrics, const MusterdEngineFigures *engine)
{
  print_gauge (metrics, "muster_users", "Users.", engine->n_users);
  print_counter (metrics, "muster_changes", "Changes of a presence.", engine->n_changes);
  begin_gauge (metrics, "muster_claims", "What sources say of users and still stands, by kind and source.");
  for (guint i = 0; i < engine->sources->len; i++)
    {
      const MusterdSourceFigures *source = &g_array_index (engine->sources, MusterdSourceFigures, i);

      for (guint kind = 0; kind < MUSTERD_N_CLAIM_KINDS; kind++)
        musterd_metrics_uint (metrics, source->n_claims[kind], "kind",
                              musterd_claim_kind_to_string ((MusterdClaimKind) kind), "instance", source->source, NULL);
    }
  musterd_metrics_family (metrics, MUSTERD_METRIC_HISTOGRAM, "muster_boundary_lateness_seconds", "seconds",
                          "How late after the moment at which something was to begin, end or lapse a user was "
                          "resolved.");
  musterd_metrics_histogram (metrics, &engine->lateness, NULL);
}

static void
print_store (MusterdMetrics *metrics, const MusterdStoreFigures *store)
{
  print_gauge (metrics, "muster_store_writable", "Whether the store takes what is to be written: 1, or 0.",
               !store->failing);
  print_counter (metrics, "muster_store_commits", "Transactions written.", store->commits);
  print_counter (metrics, "muster_store_syncs", "Transactions written that waited for the disk.", store->syncs);
  print_counter (metrics, "muster_store_commit_failures", "Transactions that the disk did not take.", store->failures);
  print_counter (metrics, "muster_store_batches_lost",
                 "Batches of what sources said that were given up without being written.", store->lost);
  musterd_metrics_family (metrics, MUSTERD_METRIC_HISTOGRAM, "muster_store_commit_duration_seconds", "seconds",
                          "How long the transactions took that were written.");
  musterd_metrics_histogram (metrics, &store->durations, NULL);
  print_gauge (metrics, "muster_store_backlog_batches", "Batches that wait to be written.", store->backlog_batches);
  musterd_metrics_family (metrics, MUSTERD_METRIC_GAUGE, "muster_store_backlog_bytes", "bytes",
                          "Size of what waits to be written.");
  musterd_metrics_uint (metrics, store->backlog_bytes, NULL);
}

/* One family each: all of an instance's numbers, and those that only a sink has. */
typedef struct
{
  const char       *name, *help;
  MusterdMetricType type;
  gsize             offset; /* in MusterdInstanceFigures */
  gsize             size;   /* 4 or 8 bytes; a gboolean is 4 */
} Row;

#define ROW(name, member, type, help)                                                \
  { name, help, MUSTERD_METRIC_##type, G_STRUCT_OFFSET (MusterdInstanceFigures, member), \
    sizeof (((MusterdInstanceFigures *) NULL)->member) }

static const Row instance_rows[] = {
  ROW ("muster_instance_responding", responding, GAUGE, "Whether the plugin's thread comes back: 1, or 0."),
  ROW ("muster_instance_paused", paused, GAUGE, "Whether an administrator has paused it."),
  ROW ("muster_instance_users", n_users, GAUGE, "Users that the instance takes."),
  ROW ("muster_instance_troubled_users", n_troubled, GAUGE, "Users with whom the instance has trouble."),
  ROW ("muster_instance_actions", n_actions, GAUGE, "Things that wait for a person to do them."),
  ROW ("muster_instance_queued_messages", n_queued, GAUGE, "Messages of the plugin that wait for the engine."),
  ROW ("muster_instance_messages", n_messages, COUNTER, "Messages of the plugin, also those that were refused."),
  ROW ("muster_instance_messages_refused", n_refused, COUNTER, "Messages of the plugin that were refused."),
  ROW ("muster_instance_starts", n_starts, COUNTER, "Times it was started, with success or without."),
  ROW ("muster_instance_log_lines", n_lines, COUNTER, "Lines of its log."),
  ROW ("muster_instance_log_lines_left_out", n_lines_left_out, COUNTER, "Lines that were too many for the log."),
};

static const Row sink_rows[] = {
  ROW ("muster_sink_users", sink.n_slots, GAUGE, "Users whose presence the sink shows."),
  ROW ("muster_sink_waiting", sink.n_ready, GAUGE, "Deliveries that wait for their turn."),
  ROW ("muster_sink_in_flight", sink.n_in_flight, GAUGE, "Deliveries that are with the plugin."),
  ROW ("muster_sink_retrying", sink.n_waiting, GAUGE, "Deliveries that wait to be tried again."),
  ROW ("muster_sink_failed_users", sink.n_failed, GAUGE, "Users whose last delivery was unreachable or refused."),
  ROW ("muster_sink_retries", sink.n_retries, COUNTER, "Deliveries tried again because nobody was reached."),
  ROW ("muster_sink_superseded", sink.n_superseded, COUNTER,
       "Changes overtaken by a newer one before the sink had taken them."),
};

static void
print_rows (MusterdMetrics *metrics, const Row *rows, gsize n_rows, GPtrArray *instances, gboolean sinks_only)
{
  for (gsize r = 0; r < n_rows; r++)
    {
      musterd_metrics_family (metrics, rows[r].type, rows[r].name, NULL, rows[r].help);
      for (guint i = 0; i < instances->len; i++)
        {
          const MusterdInstanceFigures *instance = g_ptr_array_index (instances, i);
          gconstpointer member = G_STRUCT_MEMBER_P (instance, rows[r].offset);
          const guint64 value = rows[r].size == sizeof (guint64) ? *(const guint64 *) member
                                                                 : *(const guint *) member;

          if (instance->is_sink || !sinks_only)
            musterd_metrics_uint (metrics, value, "instance", instance->name, NULL);
        }
    }
}

static void
print_instances (MusterdMetrics *metrics, GPtrArray *instances)
{
  const char *states[MUSTERD_N_INSTANCE_STATES];

  for (guint i = 0; i < MUSTERD_N_INSTANCE_STATES; i++)
    states[i] = musterd_instance_state_to_string ((MusterdInstanceState) i);
  musterd_metrics_family (metrics, MUSTERD_METRIC_INFO, "muster_instance", NULL,
                          "Each instance of the configuration, and what it runs.");
  for (guint i = 0; i < instances->len; i++)
    {
      const MusterdInstanceFigures *instance = g_ptr_array_index (instances, i);

      musterd_metrics_uint (metrics, 1, "instance", instance->name, "plugin", instance->plugin, "version",
                            instance->version, "enabled", musterd_enabled_to_string (instance->enabled), NULL);
    }
  musterd_metrics_family (metrics, MUSTERD_METRIC_STATESET, "muster_instance_state", NULL, "How each instance is.");
  for (guint i = 0; i < instances->len; i++)
    {
      const MusterdInstanceFigures *instance = g_ptr_array_index (instances, i);

      musterd_metrics_state (metrics, states, G_N_ELEMENTS (states), instance->state, "instance", instance->name,
                             NULL);
    }
  print_rows (metrics, instance_rows, G_N_ELEMENTS (instance_rows), instances, FALSE);
  print_rows (metrics, sink_rows, G_N_ELEMENTS (sink_rows), instances, TRUE);
  begin_counter (metrics, "muster_sink_deliveries", "Deliveries that were answered, by what came of them.");
  for (guint i = 0; i < instances->len; i++)
    {
      const MusterdInstanceFigures *instance = g_ptr_array_index (instances, i);

      for (guint r = 0; instance->is_sink && r < MUSTERD_N_DELIVERY_RESULTS; r++)
        musterd_metrics_uint (metrics, instance->sink.n_results[r], "instance", instance->name, "outcome",
                              musterd_delivery_result_to_string ((MusterdDeliveryResult) r), NULL);
    }
}

static void
print_api (MusterdMetrics *metrics, const MusterdServer *server)
{
  print_gauge (metrics, "muster_api_connections", "Connections of clients.",
               musterd_connections_get_n (server->connections));
  print_counter (metrics, "muster_api_connections_accepted", "Connections that were accepted.",
                 musterd_connections_get_n_taken (server->connections));
  print_gauge (metrics, "muster_api_streams", "Connections that follow the events.",
               musterd_streams_get_n (server->streams));
  print_gauge (metrics, "muster_api_requests_in_progress", "Requests that are not answered yet.", server->n_requests);
  print_gauge (metrics, "muster_api_calls_waiting", "Requests that wait for the engine.",
               musterd_bridge_get_n_waiting (server->bridge));
  print_gauge (metrics, "muster_api_tokens", "Tokens and sign-in links.",
               musterd_tokens_get_n (musterd_auth_get_tokens (server->auth)));
  print_counter (metrics, "muster_api_tokens_refused", "Tokens and sign-in codes shown that are none in force.",
                 musterd_tokens_get_n_refused (musterd_auth_get_tokens (server->auth)));
  print_counter (metrics, "muster_api_log_lines_left_out", "Lines about clients that were too many for the log.",
                 musterd_complaints_get_n_left_out ());
  begin_counter (metrics, "muster_api_requests", "Requests that were answered, by the class of their status.");
  for (guint i = 1; i < MUSTERD_STATUS_CLASSES; i++)
    {
      const char class[] = { (char) ('0' + i), 'x', 'x', '\0' };

      musterd_metrics_uint (metrics, server->figures.n_answers[i], "class", class, NULL);
    }
}

static void
on_metrics_gathered (MusterdRequest *request, gpointer value, const GError *error)
{
  const Figures *figures = value;
  MusterdMetrics *metrics;

  if (error != NULL)
    {
      musterd_request_fail (request, error);
      return;
    }
  metrics = musterd_metrics_new (figures->format);
  print_process (metrics, &request->server->figures);
  print_engine (metrics, &figures->engine);
  if (figures->has_store)
    print_store (metrics, &figures->store);
  print_instances (metrics, figures->instances);
  print_api (metrics, request->server);
  musterd_request_reply_text (request, musterd_metrics_get_type (figures->format), musterd_metrics_end (metrics));
}

/* OpenMetrics, unless somebody asks for plain text and not for that. */
static MusterdMetricsFormat
choose_format (SoupServerMessage *message)
{
  const char *accept
      = soup_message_headers_get_list (soup_server_message_get_request_headers (message), "Accept");
  GSList *types = accept != NULL ? soup_header_parse_quality_list (accept, NULL) : NULL;
  MusterdMetricsFormat format = MUSTERD_METRICS_OPENMETRICS;

  for (GSList *l = types; l != NULL; l = l->next)
    {
      if (g_str_has_prefix (l->data, "application/openmetrics-text") || g_str_has_prefix (l->data, "*/*"))
        break;
      if (g_str_has_prefix (l->data, "text/plain") || g_str_has_prefix (l->data, "text/*"))
        {
          format = MUSTERD_METRICS_PROMETHEUS;
          break;
        }
    }
  g_clear_pointer (&types, soup_header_free_list);
  return format;
}

static void
on_metrics_late (MusterdRequest *request)
{
  musterd_request_problem (request, SOUP_STATUS_SERVICE_UNAVAILABLE,
                           "the engine has not answered for " G_STRINGIFY (ANSWER_WITHIN_S) " s");
}

void
musterd_metrics_show (MusterdRequest *request)
{
  Figures *figures = g_new0 (Figures, 1);

  figures->format = choose_format (request->message);
  musterd_request_limit (request, ANSWER_WITHIN_S * 1000, on_metrics_late);
  musterd_bridge_call (request->server->bridge, request, run_metrics, on_metrics_gathered, figures, figures_free);
}
