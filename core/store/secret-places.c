/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-store"

#include "store/secret-places.h"

#include "model/error.h"

/* One place. In the order of the table, the first that has a name gives it, and the first that can be written takes it.
 * Each step ends, now or later, with finish() or with pass_on(). */
typedef struct
{
  void (*verbs[MUSTERD_SECRET_N_VERBS]) (MusterdSecretWork *work);
} Place;

static void pass_on (MusterdSecretWork *work);

static void
finish (MusterdSecretWork *work)
{
  static const char *const attempts[] = { "reading", "storing", "removing" };

  if (work->error != NULL)
    {
      work->place = MUSTERD_SECRET_NOWHERE;
      if (!g_error_matches (work->error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND))
        g_prefix_error (&work->error, "%s the secret '%s': ", attempts[work->verb], work->name);
    }
  work->done (work, work->user_data);
}

/* The service's credentials. */

static char *
read_credential (MusterdSecretWork *work)
{
  gsize length = 0;
  const char *fault = NULL;
  guchar *bytes = NULL;
  char *secret = NULL;

  if (work->places->credentials == NULL)
    return NULL;
  bytes = musterd_secret_file_read (work->places->credentials, work->name, MUSTERD_SECRET_FILE_CREDENTIAL,
                                    MUSTERD_SECRET_MAX + 2, &length, &work->error); /* 2: a line end */
  if (bytes == NULL)
    return NULL;
  secret = musterd_secret_from_text (bytes, length, &fault);
  if (secret == NULL)
    musterd_secret_file_fail (&work->error, work->places->credentials, work->name, fault);
  musterd_secret_bytes_free (bytes, length);
  return secret;
}

/* One that is there but cannot be used is not passed over: another of that name may be an old one. */
static void
get_from_credentials (MusterdSecretWork *work)
{
  work->secret = read_credential (work);
  work->place = MUSTERD_SECRET_CREDENTIAL;
  if (work->secret != NULL || work->error != NULL)
    finish (work);
  else
    pass_on (work);
}

static void
check_credentials (MusterdSecretWork *work)
{
  char *present = read_credential (work);

  if (present != NULL)
    g_set_error (&work->error, MUSTERD_ERROR, MUSTERD_ERROR_CONFLICT,
                 "the service has a read-only credential of that name, which hides whatever else is stored; take "
                 "LoadCredential=%s away first",
                 work->name);
  musterd_secret_free (present);
  if (work->error != NULL)
    finish (work);
  else
    pass_on (work);
}

/* The Secret Service. */

#ifdef MUSTERD_WITH_LIBSECRET

static void
fail_locked (MusterdSecretWork *work)
{
  g_set_error_literal (&work->error, MUSTERD_ERROR, MUSTERD_ERROR_LOCKED,
                       "it is in a key ring that is locked; unlock that one, by signing in to its desktop or in a "
                       "password manager");
  finish (work);
}

/* As with every place: another one of that name, in a later place, may be an old one. */
static void
fail_unusable (MusterdSecretWork *work, const MusterdServiceAnswer *told)
{
  g_set_error (&work->error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
               "its item in the key ring %s; store it anew with 'musterctl secret set %s', or remove it", told->text,
               work->name);
  finish (work);
}

static void
on_service_got (const MusterdServiceAnswer *told, gpointer user_data)
{
  MusterdSecretWork *work = user_data;

  switch (told->outcome)
    {
    case MUSTERD_SERVICE_DONE:
      work->secret = g_strdup (told->secret);
      work->place = MUSTERD_SECRET_KEY_RING;
      finish (work);
      return;
    case MUSTERD_SERVICE_LOCKED:
      fail_locked (work);
      return;
    case MUSTERD_SERVICE_UNUSABLE:
      fail_unusable (work, told);
      return;
    case MUSTERD_SERVICE_SILENT:
    case MUSTERD_SERVICE_FAILED:
      work->doubt = g_strdup (told->text);
      break;
    case MUSTERD_SERVICE_MISSING:
      work->ring_locked = told->ring_locked;
      break;
    case MUSTERD_SERVICE_ABSENT:
    default:
      break;
    }
  pass_on (work);
}

static void
get_from_service (MusterdSecretWork *work)
{
  if (work->places->service != NULL)
    musterd_secret_service_get (work->places->service, work->name, on_service_got, work);
  else
    pass_on (work);
}

/* What would be stored elsewhere now is hidden as soon as the service answers again. */
static void
fail_doubtful (MusterdSecretWork *work, const MusterdServiceAnswer *told)
{
  g_set_error (&work->error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
               "the Secret Service, which may have an older one of that name, cannot be asked: %s; try again when it "
               "answers, or start musterd without a session's bus",
               told->text);
  finish (work);
}

/* One secret is in one place: an older one in the state directory would come back into use on the day on which there is
 * no session's bus. */
static void
remove_older (MusterdSecretWork *work)
{
  g_autoptr(GError) error = NULL;

  musterd_secret_file_remove (work->places->state.dir, work->name, &error);
  if (error != NULL)
    g_warning ("the secret '%s' is in the key ring now, but an older one stays in the state directory: %s", work->name,
               error->message);
}

static void
on_service_put (const MusterdServiceAnswer *told, gpointer user_data)
{
  MusterdSecretWork *work = user_data;

  switch (told->outcome)
    {
    case MUSTERD_SERVICE_DONE:
      remove_older (work);
      work->place = MUSTERD_SECRET_KEY_RING;
      finish (work);
      return;
    case MUSTERD_SERVICE_LOCKED:
      fail_locked (work);
      return;
    case MUSTERD_SERVICE_SILENT:
    case MUSTERD_SERVICE_FAILED:
      fail_doubtful (work, told);
      return;
    case MUSTERD_SERVICE_MISSING:
      work->ring_locked = told->ring_locked;
      break;
    case MUSTERD_SERVICE_ABSENT:
    case MUSTERD_SERVICE_UNUSABLE: /* only a look says so */
    default:
      break;
    }
  pass_on (work);
}

static void
put_to_service (MusterdSecretWork *work)
{
  if (work->places->service != NULL)
    musterd_secret_service_put (work->places->service, work->name, work->secret, on_service_put, work);
  else
    pass_on (work);
}

static void
on_service_removed (const MusterdServiceAnswer *told, gpointer user_data)
{
  MusterdSecretWork *work = user_data;

  switch (told->outcome)
    {
    case MUSTERD_SERVICE_LOCKED:
      fail_locked (work);
      return;
    case MUSTERD_SERVICE_SILENT:
    case MUSTERD_SERVICE_FAILED:
      fail_doubtful (work, told);
      return;
    case MUSTERD_SERVICE_DONE:
      work->removed = TRUE;
      break;
    case MUSTERD_SERVICE_MISSING:
      work->ring_locked = told->ring_locked;
      break;
    case MUSTERD_SERVICE_ABSENT:
    case MUSTERD_SERVICE_UNUSABLE: /* only a look says so */
    default:
      break;
    }
  pass_on (work);
}

static void
remove_from_service (MusterdSecretWork *work)
{
  if (work->places->service != NULL)
    musterd_secret_service_remove (work->places->service, work->name, on_service_removed, work);
  else
    pass_on (work);
}

#endif

/* The state directory. */

static void
get_from_state (MusterdSecretWork *work)
{
  work->secret = musterd_secret_state_read (&work->places->state, work->name, &work->place, &work->error);
  if (work->secret != NULL || work->error != NULL)
    finish (work);
  else
    pass_on (work);
}

static void
put_to_state (MusterdSecretWork *work)
{
  gboolean is_sealed = FALSE;

  musterd_secret_state_write (&work->places->state, work->name, work->secret, &is_sealed, &work->error);
  work->place = is_sealed ? MUSTERD_SECRET_SEALED_FILE : MUSTERD_SECRET_FILE;
  finish (work);
}

static void
remove_from_state (MusterdSecretWork *work)
{
  if (musterd_secret_file_remove (work->places->state.dir, work->name, &work->error))
    work->removed = TRUE;
  if (work->error != NULL)
    finish (work);
  else
    pass_on (work);
}

static const Place places_in_order[] = {
  { { get_from_credentials, check_credentials, check_credentials } },
#ifdef MUSTERD_WITH_LIBSECRET
  { { get_from_service, put_to_service, remove_from_service } },
#endif
  { { get_from_state, put_to_state, remove_from_state } },
};

/* It was in none of them. */
static void
finish_not_found (MusterdSecretWork *work)
{
  const MusterdSecretPlaces *places = work->places;
  g_autofree char *dir = g_filename_display_name (places->state.dir);

  if (work->doubt != NULL)
    g_set_error (&work->error, MUSTERD_ERROR, MUSTERD_ERROR_UNAVAILABLE,
                 "it is neither a credential nor a file, and the Secret Service, which may have it, cannot be asked: "
                 "%s",
                 work->doubt);
  else if (work->ring_locked)
    g_set_error_literal (&work->error, MUSTERD_ERROR, MUSTERD_ERROR_LOCKED,
                         "the default key ring is locked and may have it, no other place has; unlock it, by signing in "
                         "to its desktop or in a password manager");
  else if (work->verb == MUSTERD_SECRET_REMOVE)
    g_set_error (&work->error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND, "secret '%s' not found: there is no %s/%s%s",
                 work->name, dir, work->name, places->service != NULL ? ", and no item in a key ring" : "");
  else
    g_set_error (&work->error, MUSTERD_ERROR, MUSTERD_ERROR_NOT_FOUND,
                 "secret '%s' not found: neither has the service a credential of that name%s%s nor is there %s/%s; "
                 "store it with 'musterctl secret set %s', or give the service LoadCredential=%s:FILE",
                 work->name, places->credentials == NULL ? " (it has none at all)" : "",
                 places->service != NULL ? " nor the key ring an item" : "", dir, work->name, work->name, work->name);
  finish (work);
}

static void
take_step (MusterdSecretWork *work)
{
  if (work->step < G_N_ELEMENTS (places_in_order))
    places_in_order[work->step].verbs[work->verb](work);
  else if (work->removed)
    finish (work);
  else
    finish_not_found (work);
}

static void
pass_on (MusterdSecretWork *work)
{
  work->step++;
  take_step (work);
}

void
musterd_secret_work_begin (MusterdSecretWork *work, const MusterdSecretPlaces *places,
                           void (*done) (MusterdSecretWork *work, gpointer user_data), gpointer user_data)
{
  work->places = places;
  work->done = done;
  work->user_data = user_data;
  take_step (work);
}

void
musterd_secret_work_free (MusterdSecretWork *work)
{
  musterd_secret_free (work->secret);
  g_clear_error (&work->error);
  g_free (work->name);
  g_free (work->doubt);
  g_free (work);
}
