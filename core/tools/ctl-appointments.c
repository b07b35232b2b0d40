/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "musterctl"

#include "ctl-claims.h"
#include "ctl-client.h"
#include "ctl-output.h"

static JsonNode *
ask_agenda (Ctl *ctl, gboolean all, GError **error)
{
  g_autofree char *path = ctl_path (all ? "/v1/users/%s/appointments?all=true" : "/v1/users/%s/appointments",
                                    ctl_get_arg (ctl, 0), NULL);

  return ctl_ask (ctl, "GET", path, NULL, error);
}

static int
run_appointments (Ctl *ctl)
{
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) answer = ask_agenda (ctl, ctl_has_option (ctl, "all"), &error);
  JsonArray *appointments;

  if (answer == NULL)
    return ctl_fail (error);
  appointments = ctl_array (json_node_get_object (answer), "appointments");
  if (ctl->json)
    ctl_print_json (answer);
  else if (ctl_length (appointments) == 0)
    g_print ("%s\n", _ ("No appointments."));
  else
    ctl_claims_print (appointments, "");
  return CTL_DONE;
}

/* The id of the claim that people name by its id, its key, or source/key. */
static char *
find_id (JsonNode *agenda, const char *word)
{
  JsonArray *claims = ctl_array (json_node_get_object (agenda), "appointments");

  for (guint i = 0; i < ctl_length (claims); i++)
    {
      JsonObject *claim = json_array_get_object_element (claims, i);
      const char *id = ctl_string (claim, "id"), *key = ctl_string (claim, "key");
      const char *source = ctl_string (claim, "source"); /* nullable, as the key is: not for this viewer */
      g_autofree char *both = source != NULL && key != NULL ? g_strconcat (source, "/", key, NULL) : NULL;

      if (g_strcmp0 (word, id) == 0 || g_strcmp0 (word, key) == 0 || g_strcmp0 (word, both) == 0)
        return g_strdup (id);
    }
  return NULL;
}

static int
run_ignore (Ctl *ctl)
{
  const char *user = ctl_get_arg (ctl, 0), *word = ctl_get_arg (ctl, 1);
  g_autoptr(GError) error = NULL;
  g_autoptr(JsonNode) agenda = ask_agenda (ctl, TRUE, &error);
  g_autoptr(JsonNode) answer = NULL;
  g_autofree char *id = agenda != NULL ? find_id (agenda, word) : NULL;
  g_autofree char *path = NULL;

  if (agenda == NULL)
    return ctl_fail (error);
  if (id == NULL)
    {
      g_autofree char *clean = ctl_clean (word);

      g_set_error (&error, CTL_ERROR, CTL_ERROR_NOT_FOUND,
                   _ ("%s has no claim '%s': musterctl appointments %s --all lists them with their ids"), user, clean,
                   user);
      return ctl_fail (error);
    }
  path = ctl_path ("/v1/users/%s/appointments/%s/ignore", user, id, NULL);
  answer = ctl_ask (ctl, "POST", path, NULL, &error);
  if (answer == NULL)
    return ctl_fail (error);
  if (ctl->json)
    ctl_print_json (answer);
  else
    g_print (_ ("Ignored until it starts at another time.\n"));
  return CTL_DONE;
}

static const CtlOption appointment_options[] = {
  { "all", NULL, N_ ("also calls, microphones and everything else that sources say") },
  { NULL, NULL, NULL },
};

const CtlCommand ctl_appointment_commands[] = {
  { "appointments", N_ ("USER"), N_ ("the agenda, with what becomes of each entry"), 1, 1, appointment_options,
    run_appointments },
  { "ignore", N_ ("USER CLAIM"), N_ ("leave one entry out, named by its id or key"), 2, 2, NULL, run_ignore },
  { NULL, NULL, NULL, 0, 0, NULL, NULL },
};
