/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-bench"

#include "crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench-sink.h"
#include "population.h"

#define GAP (6 * MUSTERD_SECOND) /* from one moment to the next: enough for what is measured in between */
#define QUICK_GAP MUSTERD_SECOND
/* From the start to the first moment: everybody must be there by then, however busy the machine is. */
#define LEAD (10 * MUSTERD_SECOND)
#define QUICK_LEAD (4 * MUSTERD_SECOND)
#define STARTS 10 /* and so many times what a start took before */
#define TRIES 5   /* with twice as much time each */
#define MARGIN (MUSTERD_SECOND / 20) /* a moment as near as this cannot be waited for any more */

guint
bench_crowd_get_n_changing (const BenchCrowdPlan *plan)
{
  return plan->n_users / plan->every;
}

guint
bench_crowd_get_n_presences (const BenchCrowdPlan *plan)
{
  return plan->n_watchers * (plan->n_watched / plan->every);
}

/* The store was filled before it was known when they would begin. */
static void
move_claims (BenchCrowd *crowd, gint64 by)
{
  g_autofree char *path = g_build_filename (crowd->state_dir, "muster.db", NULL);
  g_autofree char *sql = g_strdup_printf ("UPDATE claims SET from_time = from_time + %1$" G_GINT64_FORMAT
                                          ", until_time = until_time + %1$" G_GINT64_FORMAT
                                          ", began = began + %1$" G_GINT64_FORMAT,
                                          by);
  sqlite3 *db = NULL;

  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK
      || sqlite3_exec (db, sql, NULL, NULL, NULL) != SQLITE_OK)
    g_error ("moving claims: %s", sqlite3_errmsg (db));
  sqlite3_close (db);
}

/* Reads what the sink has written until `n` have come; when the last was applied. */
static gint64
wait_applied (BenchCrowd *crowd, guint n)
{
  gint64 last = 0;

  while (n > 0)
    {
      BenchApplied applied[1024];
      ssize_t size = read (crowd->applied, applied, MIN (n, G_N_ELEMENTS (applied)) * sizeof *applied);

      if (size < 0 && errno == EINTR)
        continue;
      if (size <= 0 || size % (ssize_t) sizeof *applied != 0)
        g_error ("reading what the sink was told: %s", size < 0 ? g_strerror (errno) : "it ended");
      n -= (guint) ((gsize) size / sizeof *applied);
      last = applied[(gsize) size / sizeof *applied - 1].at;
    }
  return last;
}

static int
connect_watcher (BenchCrowd *crowd, guint number)
{
  g_autoptr(GString) request = g_string_new ("GET /v1/events?users=");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, crowd->daemon->socket, sizeof address.sun_path);
  for (guint i = 0; i < crowd->plan.n_watched; i++)
    {
      g_autofree char *user = bench_user_id ((number * crowd->plan.n_watched + i) % crowd->plan.n_users);

      g_string_append_printf (request, "%s%s", i > 0 ? "," : "", user);
    }
  g_string_append (request, " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
  if (fd < 0 || connect (fd, (const struct sockaddr *) &address, sizeof address) != 0
      || write (fd, request->str, request->len) != (ssize_t) request->len)
    g_error ("following: %s", g_strerror (errno));
  return fd;
}

static void
connect_watchers (BenchCrowd *crowd)
{
  g_autofree int *fds = g_new (int, crowd->plan.n_watchers);

  for (guint i = 0; i < crowd->plan.n_watchers; i++)
    fds[i] = connect_watcher (crowd, i);
  crowd->watchers = bench_watchers_new (fds, crowd->plan.n_watchers);
  bench_watchers_wait_synced (crowd->watchers, crowd->plan.n_watchers);
}

/* Who runs this administers that daemon: root does by itself, others by their group. */
static char *
api_group (void)
{
  const struct group *group = getgrgid (getegid ());

  return g_strdup_printf ("[api]\ngroup=%s\n", group != NULL ? group->gr_name : "root");
}

static void
start (Bench *bench, BenchCrowd *crowd)
{
  g_autofree char *api = api_group ();
  g_autofree char *sink = NULL;
  g_autofree char *keyfile = NULL;
  int ends[2] = { -1, -1 };

  if (crowd->plan.with_sink)
    {
      /* The end to write is musterd's to inherit. */
      if (pipe (ends) != 0 || fcntl (ends[0], F_SETFD, FD_CLOEXEC) != 0)
        g_error ("making a pipe: %s", g_strerror (errno));
      crowd->applied = ends[0];
      sink = g_strdup_printf ("[bench-sink:pipe]\nresults=%d\n", ends[1]);
    }
  keyfile = g_strconcat (api, "[bench-source:calendar]\n", sink, NULL);
  crowd->daemon = bench_daemon_start (bench, crowd->state_dir, keyfile);
  if (crowd->plan.with_sink)
    {
      close (ends[1]);
      wait_applied (crowd, crowd->plan.n_users);
    }
  connect_watchers (crowd);
  bench_daemon_wait_idle (crowd->daemon);
  bench_watchers_begin (crowd->watchers);
}

static void
stop (BenchCrowd *crowd)
{
  g_clear_pointer (&crowd->watchers, bench_watchers_free);
  g_clear_pointer (&crowd->daemon, bench_daemon_stop);
  if (crowd->applied >= 0)
    close (crowd->applied);
  crowd->applied = -1;
}

BenchCrowd *
bench_crowd_new (Bench *bench, const BenchCrowdPlan *plan)
{
  BenchCrowd *crowd = g_new0 (BenchCrowd, 1);
  gint64 lead;

  crowd->plan = *plan;
  crowd->gap = bench_is_quick (bench) ? QUICK_GAP : GAP;
  crowd->left = plan->moments;
  crowd->state_dir = g_build_filename (bench_get_folder (bench), "state", NULL);
  crowd->applied = -1;
  crowd->next = g_get_real_time () + MUSTERD_DAY;

  const BenchPopulation population = { .n_users = plan->n_users,
                                       .n_claims = plan->moments / 2,
                                       .from = crowd->next,
                                       .step = 2 * crowd->gap,
                                       .length = crowd->gap,
                                       .every = plan->every };

  bench_population_write (&population, crowd->state_dir);
  /* Once for nothing: how long it takes, and what is shown is in the store afterwards. */
  crowd->daemon = bench_daemon_start (bench, crowd->state_dir, "[bench-source:calendar]\n");
  lead = (bench_is_quick (bench) ? QUICK_LEAD : LEAD) + (gint64) (STARTS * crowd->daemon->ready * MUSTERD_SECOND);
  stop (crowd);
  for (guint i = 0; i < TRIES; i++, lead *= 2)
    {
      gint64 next = g_get_real_time () + lead;

      move_claims (crowd, next - crowd->next);
      crowd->next = next;
      start (bench, crowd);
      if (g_get_real_time () < crowd->next - MARGIN)
        return crowd;
      stop (crowd);
    }
  g_error ("this machine is too busy: %u users were not there in time", plan->n_users);
}

void
bench_crowd_free (BenchCrowd *crowd)
{
  stop (crowd);
  g_free (crowd->state_dir);
  g_free (crowd);
}

static gint64
wait_told (BenchCrowd *crowd)
{
  crowd->next += crowd->gap;
  crowd->left--;
  crowd->unread++;
  return bench_watchers_wait_presences (crowd->watchers, crowd->unread * bench_crowd_get_n_presences (&crowd->plan));
}

gboolean
bench_crowd_wait (BenchCrowd *crowd, BenchMoment *moment)
{
  guint n = bench_crowd_get_n_changing (&crowd->plan);
  gint64 at;
  double before;

  /* What passed while something else was looked at is let go by. */
  while (crowd->left > 0 && g_get_real_time () > crowd->next - MARGIN)
    {
      wait_told (crowd);
      if (crowd->plan.with_sink)
        wait_applied (crowd, n);
    }
  if (crowd->left == 0)
    return FALSE;

  moment->at = crowd->next;
  at = g_get_monotonic_time () + crowd->next - g_get_real_time ();
  before = bench_daemon_get_cpu (crowd->daemon);
  bench_watchers_begin (crowd->watchers);
  crowd->unread = 0;
  moment->told = wait_told (crowd) - at;
  moment->at_sink = crowd->plan.with_sink ? wait_applied (crowd, n) - at : 0;
  moment->cpu = bench_daemon_get_cpu (crowd->daemon) - before;
  return TRUE;
}
