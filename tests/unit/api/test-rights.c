/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every scope and every relationship against everything that a route can ask for, and what the routes there are ask
 * for. */
#include "api/rights.h"
#include "api/routes.h"
#include "model/error.h"

#include <string.h>

#define ALICE "alice@example.com"

static char *path_of_alice[MUSTERD_ROUTE_ARGS_MAX] = { (char *) ALICE, NULL };
static char *path_of_bob[MUSTERD_ROUTE_ARGS_MAX] = { (char *) "bob", NULL };

/* In the place of the relationships that are kept: what bob grants alice. The linker puts it there. */
static MusterdRelation granted = MUSTERD_RELATION_EMPLOYEE;

MusterdRelation __wrap_musterd_caller_relation (const MusterdCaller *caller, MusterdReplica *replica,
                                                const char *owner);

MusterdRelation
__wrap_musterd_caller_relation (const MusterdCaller *caller, MusterdReplica *replica G_GNUC_UNUSED,
                                const char *owner)
{
  return musterd_caller_owns (caller, owner) ? MUSTERD_RELATION_OWNER : granted;
}

static void
add_user (GPtrArray *changes, const char *id)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  MusterdReplicaChange *change = g_new0 (MusterdReplicaChange, 1);

  change->id = g_strdup (id);
  change->user = musterd_user_new (id, fields, NULL, NULL);
  change->presence = musterd_presence_new (change->user);
  g_ptr_array_add (changes, change);
}

/* With alice and bob in it. */
static MusterdReplica *
replica_new (void)
{
  g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_change_free);
  MusterdReplica *replica = musterd_replica_new ();

  add_user (changes, ALICE);
  add_user (changes, "bob");
  musterd_replica_apply (replica, changes, changes->len);
  return replica;
}

/* For ANYBODY, OWNER of alice, OWNER of bob, ADMIN, AGENT, MONITOR, EVERYBODY. '+' may, '-' may
 * not, '?' is asked who they are. */
typedef struct
{
  const char  *name;
  MusterdScope scope;
  const char  *user; /* nullable */
  const char  *may;
} Row;

static const Row rows[] = {
  { "nobody", MUSTERD_SCOPE_NONE, NULL, "??????+" },
  { "user", MUSTERD_SCOPE_USER, ALICE, "++--+-+" },
  { "agent", MUSTERD_SCOPE_AGENT, ALICE, "----+-+" },
  { "admin", MUSTERD_SCOPE_ADMIN, NULL, "+++++++" },
  { "admin-with-user", MUSTERD_SCOPE_ADMIN, ALICE, "+++++++" },
  { "monitor", MUSTERD_SCOPE_MONITOR, NULL, "-----++" },
};

static void
test_row (gconstpointer data)
{
  static const struct
  {
    MusterdMay may;
    char     **args;
  } columns[] = {
    { MUSTERD_MAY_ANYBODY, path_of_alice },   { MUSTERD_MAY_OWNER, path_of_alice },
    { MUSTERD_MAY_OWNER, path_of_bob },       { MUSTERD_MAY_ADMIN, path_of_alice },
    { MUSTERD_MAY_AGENT, path_of_alice },     { MUSTERD_MAY_MONITOR, path_of_alice },
    { MUSTERD_MAY_EVERYBODY, path_of_alice },
  };
  const Row *row = data;
  g_autoptr(MusterdReplica) replica = replica_new ();
  const MusterdCaller caller
      = { .admin = row->scope == MUSTERD_SCOPE_ADMIN, .scope = row->scope, .user = (char *) row->user };

  for (gsize i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      const MusterdRoute route = { .method = "GET", .path = "/", .may = columns[i].may };
      g_autoptr(GError) error = NULL;
      MusterdRelation relation = MUSTERD_RELATION_BLOCKED;
      gboolean may = musterd_rights_check (&route, &caller, replica, columns[i].args, &relation, &error);

      g_test_message ("column %" G_GSIZE_FORMAT ": %s", i, error != NULL ? error->message : "may");
      g_assert_cmpint (may, ==, row->may[i] == '+');
      if (row->may[i] == '-')
        g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN);
      if (row->may[i] == '?')
        g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_UNKNOWN_CALLER);
    }
}

/* What bob grants, against EMPLOYEE, ASSISTANT, ASSISTANT_PLUS and OWNER of bob; '0': as if there were no bob. */
typedef struct
{
  MusterdRelation granted;
  const char     *may;
} Grant;

static const Grant grants[] = {
  { MUSTERD_RELATION_BLOCKED, "0000" },        { MUSTERD_RELATION_EMPLOYEE, "+---" },
  { MUSTERD_RELATION_TEAM_COLLEAGUE, "+---" }, { MUSTERD_RELATION_ASSISTANT, "++--" },
  { MUSTERD_RELATION_ASSISTANT_PLUS, "+++-" },
};

static void
test_grant (gconstpointer data)
{
  static const MusterdMay mays[] = { MUSTERD_MAY_EMPLOYEE, MUSTERD_MAY_ASSISTANT, MUSTERD_MAY_ASSISTANT_PLUS,
                                     MUSTERD_MAY_OWNER };
  static const char *const names[] = { "employee", "assistant", "assistant-plus", "only this user" };
  const Grant *grant = data;
  g_autoptr(MusterdReplica) replica = replica_new ();
  const MusterdCaller caller = { .scope = MUSTERD_SCOPE_USER, .user = (char *) ALICE };

  granted = grant->granted;
  for (gsize i = 0; i < G_N_ELEMENTS (mays); i++)
    {
      const MusterdRoute route = { .method = "GET", .path = "/", .may = mays[i] };
      MusterdRelation relation = MUSTERD_RELATION_OWNER;
      g_autoptr(GError) error = NULL;
      gboolean may = musterd_rights_check (&route, &caller, replica, path_of_bob, &relation, &error);

      g_assert_cmpint (may, ==, grant->may[i] == '+');
      if (may)
        g_assert_cmpint (relation, ==, granted);
      else if (grant->may[i] == '-')
        {
          g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_FORBIDDEN);
          g_assert_nonnull (strstr (error->message, names[i]));
        }
      else
        {
          g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
          g_assert_cmpstr (error->message, ==, "there is no user 'bob'");
        }
    }
  granted = MUSTERD_RELATION_EMPLOYEE;
}

/* Whoever is not there and whoever has blocked one are one and the same, whatever is asked. */
static void
test_unknown (void)
{
  static char *path_of_nobody[MUSTERD_ROUTE_ARGS_MAX] = { (char *) "carol\n", NULL };
  g_autoptr(MusterdReplica) replica = replica_new ();
  const MusterdCaller alice = { .scope = MUSTERD_SCOPE_USER, .user = (char *) ALICE };
  const MusterdCaller admin = { .scope = MUSTERD_SCOPE_ADMIN, .admin = TRUE };

  for (MusterdMay may = MUSTERD_MAY_EMPLOYEE; may <= MUSTERD_MAY_OWNER; may++)
    {
      const MusterdRoute route = { .method = "GET", .path = "/", .may = may };
      MusterdRelation relation;
      g_autoptr(GError) error = NULL;

      g_assert_false (musterd_rights_check (&route, &alice, replica, path_of_nobody, &relation, &error));
      g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
      g_assert_true (g_str_has_prefix (error->message, "there is no user 'carol"));
      /* To them whoever carries it out says so. */
      g_assert_true (musterd_rights_check (&route, &admin, replica, path_of_nobody, &relation, NULL));
      g_assert_cmpint (relation, ==, MUSTERD_RELATION_OWNER);
    }
}

/* Where presence is not in use, there is nobody but for the user and administrators, who are told so by others. */
static void
test_not_in_use (void)
{
  static const MusterdRoute route = { .method = "GET", .path = "/", .may = MUSTERD_MAY_OWNER };
  g_autoptr(MusterdReplica) replica = replica_new ();
  g_autoptr(GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_replica_change_free);
  const MusterdCaller alice = { .scope = MUSTERD_SCOPE_USER, .user = (char *) ALICE };
  const MusterdCaller bob = { .scope = MUSTERD_SCOPE_USER, .user = (char *) "bob" };
  MusterdReplicaChange *change = g_new0 (MusterdReplicaChange, 1);
  MusterdRelation relation;
  g_autoptr(GError) error = NULL;

  change->id = g_strdup ("bob");
  change->regraded = TRUE;
  change->settings = musterd_settings_new_default ();
  change->settings->in_use = FALSE;
  g_ptr_array_add (changes, change);
  musterd_replica_apply (replica, changes, 10);
  g_assert_false (musterd_rights_check (&route, &alice, replica, path_of_bob, &relation, &error));
  g_assert_error (error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND);
  g_assert_true (musterd_rights_check (&route, &bob, replica, path_of_bob, &relation, NULL));
}

/* Whoever opens a route to more than users says it here, too. */
static void
test_open_routes (void)
{
  gsize n_routes = 0;
  const MusterdRoute *routes = musterd_routes_get (&n_routes);
  g_autoptr(GString) open = g_string_new (NULL);

  for (gsize i = 0; i < n_routes; i++)
    if (routes[i].may == MUSTERD_MAY_AGENT || routes[i].may == MUSTERD_MAY_EVERYBODY)
      g_string_append_printf (open, "%s%s %s", open->len > 0 ? ", " : "", routes[i].method, routes[i].path);
  g_assert_cmpstr (open->str, ==, "GET /v1/clients, POST /v1/clients, GET /v1/clients/{}, PATCH /v1/clients/{}, "
                   "DELETE /v1/clients/{}, POST /v1/sign-in, GET /v1/status, GET /healthz");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/api/rights/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (grants); i++)
    {
      g_autofree char *path
          = g_strconcat ("/api/rights/granted/", musterd_relation_to_string (grants[i].granted), NULL);

      g_test_add_data_func (path, &grants[i], test_grant);
    }
  g_test_add_func ("/api/rights/unknown", test_unknown);
  g_test_add_func ("/api/rights/not-in-use", test_not_in_use);
  g_test_add_func ("/api/rights/open-routes", test_open_routes);
  return g_test_run ();
}
