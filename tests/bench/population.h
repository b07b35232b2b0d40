/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A company to measure with. */
#pragma once

#include "store/store.h"

G_BEGIN_DECLS

#define BENCH_DOMAIN "example.com"
#define BENCH_CALENDAR "bench-source:calendar" /* the instance that claims of a population are of */

typedef struct
{
  guint       n_users;
  guint       n_claims; /* of each user */
  MusterdTime from;     /* of the first claim */
  gint64      step;     /* from one claim to the next; 0: an hour */
  gint64      length;   /* of each; 0: half of a step */
  guint       every;    /* only each n-th user has claims; 0: each */
  gboolean    links; /* each claim says where it can be opened */
} BenchPopulation;

char        *bench_user_id  (guint number);
/* As a directory describes a person: name, address, extension, mobile, location. */
MusterdUser *bench_user_new (guint number);
/* An appointment of half an hour, with a key as long as Exchange's are. */
MusterdClaim *bench_claim_new (guint user, guint number, MusterdTime from);
/* Fills the store in this folder, which is made; on disk when it returns. */
void         bench_population_write (const BenchPopulation *population, const char *dir);

G_END_DECLS
