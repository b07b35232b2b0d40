/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-bench"

#include "population.h"

#define USERS_OF_A_BATCH 1000

char *
bench_user_id (guint number)
{
  return g_strdup_printf ("user%06u@" BENCH_DOMAIN, number);
}

MusterdUser *
bench_user_new (guint number)
{
  g_autofree char *id = bench_user_id (number);
  g_autofree char *name = g_strdup_printf ("Alexandra Lindqvist %u", number);
  g_autofree char *email = g_strdup_printf ("alexandra.lindqvist.%u@" BENCH_DOMAIN, number);
  g_autofree char *extension = g_strdup_printf ("%u", 100000 + number);
  g_autofree char *mobile = g_strdup_printf ("+49 170 %07u", number);
  g_autoptr(GError) error = NULL;
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  MusterdUser *user;

  fields[MUSTERD_USER_NAME] = name;
  fields[MUSTERD_USER_EMAIL] = email;
  fields[MUSTERD_USER_EXTENSION] = extension;
  fields[MUSTERD_USER_MOBILE] = mobile;
  fields[MUSTERD_USER_ZONE] = "Europe/Berlin";
  fields[MUSTERD_USER_LANGUAGE] = "de";
  fields[MUSTERD_USER_LOCATION] = "Berlin";
  user = musterd_user_new (id, fields, NULL, &error);
  if (user == NULL)
    g_error ("making user %u: %s", number, error->message);
  return user;
}

/* An item's id in Exchange: 152 characters, of which the first name the mailbox. */
static char *
item_id (guint user, guint number)
{
  g_autoptr(GString) key = g_string_new ("AAMkADk0ZTQ1");
  g_autofree char *mailbox = g_strdup_printf ("%012x", user * 2654435761u);
  g_autofree char *item = g_strdup_printf ("%016" G_GINT64_MODIFIER "x", (guint64) user << 16 | number);

  while (key->len < 108)
    g_string_append (key, mailbox);
  g_string_truncate (key, 108);
  g_string_append (key, "BGAAAAAABzVwUoU9");
  g_string_append (key, item);
  g_string_append (key, "BwAqAAAAAAEN");
  return g_string_free (g_steal_pointer (&key), FALSE);
}

MusterdClaim *
bench_claim_new (guint user, guint number, MusterdTime from)
{
  g_autofree char *id = item_id (user, number);
  g_autofree char *key = musterd_claim_dup_short_key (id); /* as the ledger keeps it */
  MusterdClaim *claim = musterd_claim_new (BENCH_CALENDAR, "calendar", key, MUSTERD_CLAIM_APPOINTMENT);

  claim->from = claim->began = from;
  claim->until = from + 30 * MUSTERD_MINUTE;
  claim->free_busy = MUSTERD_FREE_BUSY_BUSY;
  claim->response = MUSTERD_RESPONSE_ACCEPTED;
  return claim;
}

static void
add_claims (MusterdBatch *batch, const BenchPopulation *population, guint user, const char *id)
{
  gint64 step = population->step > 0 ? population->step : MUSTERD_HOUR;

  if (population->every > 0 && user % population->every != 0)
    return;
  for (guint n = 0; n < population->n_claims; n++)
    {
      g_autoptr(MusterdClaim) claim = bench_claim_new (user, n, population->from + n * step);

      claim->until = claim->from + (population->length > 0 ? population->length : step / 2);
      if (population->links)
        {
          g_autofree char *item = item_id (user, n);
          g_autofree char *link
              = g_strdup_printf ("https://mail." BENCH_DOMAIN "/owa/?itemid=%s&exvsurl=1&path=/calendar/item", item);

          musterd_claim_set_more (claim, link, NULL, NULL);
        }
      musterd_batch_put_claim (batch, id, claim);
    }
}

void
bench_population_write (const BenchPopulation *population, const char *dir)
{
  g_autoptr(GError) error = NULL;
  MusterdStore *store = musterd_store_open (dir, &error);

  if (store == NULL)
    g_error ("making a population: %s", error->message);
  for (guint user = 0; user < population->n_users;)
    {
      MusterdBatch *batch = musterd_batch_new ();
      guint end = MIN (user + USERS_OF_A_BATCH, population->n_users);
      guint waiting;
      gsize bytes;

      for (; user < end; user++)
        {
          g_autoptr(MusterdUser) person = bench_user_new (user);

          musterd_batch_put_user (batch, person);
          add_claims (batch, population, user, person->id);
        }
      musterd_store_write (store, batch, FALSE, NULL, NULL);
      for (musterd_store_get_backlog (store, &waiting, &bytes); waiting > 2;
           musterd_store_get_backlog (store, &waiting, &bytes))
        g_usleep (1000);
    }
  musterd_store_close (store);
}
