/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The places in which secrets are, in their order, and what one request does in them. On the secrets' own thread. */
#pragma once

#include "store/secret-service.h"
#include "store/secret-state.h"
#include "store/secrets.h"

G_BEGIN_DECLS

typedef struct
{
  char                 *credentials; /* nullable: not started by a service manager that has any for us */
  MusterdSecretService *service;     /* nullable: built without, or no session's bus */
  MusterdSecretState    state;
} MusterdSecretPlaces;

typedef enum
{
  MUSTERD_SECRET_GET,
  MUSTERD_SECRET_PUT,
  MUSTERD_SECRET_REMOVE,
  MUSTERD_SECRET_N_VERBS
} MusterdSecretVerb;

typedef struct _MusterdSecretWork MusterdSecretWork;

struct _MusterdSecretWork
{
  MusterdSecretVerb  verb;
  char              *name;
  char              *secret; /* nullable; to be stored, or what was found; wiped */
  MusterdSecretPlace place;  /* where it was found or stored */
  GError            *error;  /* nullable */

  /* While it goes from place to place. */
  const MusterdSecretPlaces *places;
  guint                      step;
  gboolean                   removed;     /* from one at least */
  gboolean                   ring_locked; /* it may be in there */
  char                      *doubt;       /* nullable: why a place that may have it could not be asked */
  void                     (*done) (MusterdSecretWork *work, gpointer user_data);
  gpointer                   user_data;
};

/* `done` is called once, now or later, with the outcome in the work. */
void musterd_secret_work_begin (MusterdSecretWork *work, const MusterdSecretPlaces *places,
                                void (*done) (MusterdSecretWork *work, gpointer user_data), gpointer user_data);
void musterd_secret_work_free  (MusterdSecretWork *work);

/* secret-list.c: the same for a look at all of them; takes no turn, and changes nothing but plain files into sealed
 * ones. `names` (nullable) must live until then. */
typedef void (*MusterdSecretPlacesFunc) (MusterdSecretList *list, GError *error, gpointer user_data); /* takes both */

void musterd_secret_places_list (const MusterdSecretPlaces *places, const char *const *names,
                                 MusterdSecretPlacesFunc func, gpointer user_data);

G_END_DECLS
