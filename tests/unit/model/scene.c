/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "scene.h"

#include <string.h>

#define SCENE_DAY (G_GINT64_CONSTANT (1781481600) * MUSTERD_SECOND) /* 2026-06-15 00:00 UTC */

static void
misread (char **words, const char *word)
{
  g_autofree char *statement = g_strjoinv (" ", words);

  g_error ("scene: '%s' not understood in '%s'", word, statement);
}

MusterdTime
scene_time (const char *text)
{
  guint64 hours, minutes = 0;
  char *end = NULL;

  if (strcmp (text, "never") == 0)
    return MUSTERD_TIME_NEVER;
  if (strcmp (text, "always") == 0)
    return MUSTERD_TIME_ALWAYS;
  hours = g_ascii_strtoull (text, &end, 10);
  if (*end == ':')
    minutes = g_ascii_strtoull (end + 1, &end, 10);
  if (end == text || *end != '\0')
    g_error ("scene: '%s' is not a time", text);
  return SCENE_DAY + (MusterdTime) hours * MUSTERD_HOUR + (MusterdTime) minutes * MUSTERD_MINUTE;
}

void
scene_statements (const char *story, SceneStatementFunc func, gpointer data)
{
  g_auto(GStrv) statements = g_strsplit (story, ";", -1);

  for (guint i = 0; statements[i] != NULL; i++)
    {
      g_auto(GStrv) words = NULL;
      g_autoptr(GError) error = NULL;

      if (*g_strstrip (statements[i]) == '\0')
        continue;
      g_shell_parse_argv (statements[i], NULL, &words, &error);
      g_assert_no_error (error);
      func (words, data);
    }
}

const char *
scene_word (char **words, const char *name)
{
  gsize length = strlen (name);

  for (guint i = 1; words[0] != NULL && words[i] != NULL; i++)
    if (strncmp (words[i], name, length) == 0)
      {
        if (words[i][length] == '=')
          return words[i] + length + 1;
        if (words[i][length] == '\0')
          return "";
      }
  return NULL;
}

/* Every word after the first `skip` must be one of `names` (NULL-terminated). */
static void
check_words (char **words, guint skip, const char *const *names)
{
  g_assert_cmpuint (g_strv_length (words), >=, skip);
  for (guint i = skip; words[i] != NULL; i++)
    {
      g_autofree char *name = g_strndup (words[i], strcspn (words[i], "="));

      if (!g_strv_contains (names, name))
        misread (words, words[i]);
    }
}

static MusterdTime
time_word (char **words, const char *name, MusterdTime otherwise)
{
  const char *value = scene_word (words, name);

  return value != NULL ? scene_time (value) : otherwise;
}

static const char *
text_word (char **words, const char *name, const char *otherwise)
{
  const char *value = scene_word (words, name);

  return value != NULL ? value : otherwise;
}

/* NAME or NAME=yes: TRUE; NAME=no: FALSE. */
static gboolean
flag_word (char **words, const char *name, gboolean otherwise)
{
  const char *value = scene_word (words, name);

  if (value == NULL)
    return otherwise;
  if (strcmp (value, "no") != 0 && strcmp (value, "") != 0)
    misread (words, value);
  return *value == '\0';
}

#define VALUE_WORD(words, name, prefix, result)                                                                        \
  G_STMT_START                                                                                                         \
  {                                                                                                                    \
    const char *value_ = scene_word ((words), (name));                                                                 \
    if (value_ != NULL && !musterd_##prefix##_from_string (value_, (result)))                                          \
      misread ((words), value_);                                                                                       \
  }                                                                                                                    \
  G_STMT_END

/* Settings. */

static void
read_forward (char **words, MusterdTemplate *tmpl)
{
  const char *forward = scene_word (words, "forward");

  VALUE_WORD (words, "scope", forward_scope, &tmpl->forwarding.scope);
  if (forward == NULL)
    return;
  if (musterd_forward_action_from_string (forward, &tmpl->forwarding.action))
    return;
  tmpl->forwarding.action = MUSTERD_FORWARD_TO;
  if (musterd_forward_target_from_string (forward, &tmpl->forwarding.target))
    return;
  if (*forward != '+')
    misread (words, forward);
  tmpl->forwarding.target = MUSTERD_TARGET_NUMBER;
  g_free (tmpl->forwarding.number);
  tmpl->forwarding.number = g_strdup (forward);
}

static void
read_template (char **words, Scene *scene)
{
  static const char *const names[] = { "name",  "role", "status", "text",     "forward",
                                       "scope", "own",  "stays",  "inactive", NULL };
  GPtrArray *templates = scene->settings->templates;
  MusterdTemplate *tmpl = NULL;

  check_words (words, 2, names);
  for (guint i = 0; i < templates->len; i++)
    if (strcmp (((MusterdTemplate *) templates->pdata[i])->id, words[1]) == 0)
      tmpl = templates->pdata[i];
  if (tmpl == NULL)
    {
      gboolean own = flag_word (words, "own", FALSE);

      tmpl = musterd_template_new (words[1], text_word (words, "name", words[1]), scene_word (words, "role"),
                                   MUSTERD_STATUS_BUSY, NULL);
      tmpl->own = own;
      g_ptr_array_insert (templates, own ? 0 : -1, tmpl);
    }
  VALUE_WORD (words, "status", status, &tmpl->status);
  if (scene_word (words, "text") != NULL)
    {
      g_free (tmpl->text);
      tmpl->text = g_strdup (scene_word (words, "text"));
    }
  tmpl->stays = flag_word (words, "stays", tmpl->stays);
  tmpl->active = !flag_word (words, "inactive", !tmpl->active);
  read_forward (words, tmpl);
}

static const char *
role_word (char **words, const char *name, const char *otherwise)
{
  const char *value = scene_word (words, name);

  return value != NULL ? g_intern_string (value) : otherwise;
}

static void
read_set (char **words, Scene *scene)
{
  static const char *const names[] = { "start",   "end",         "idle",    "locked",    "standard",
                                       "base",    "choice-ends", "subject", "tentative", "unanswered",
                                       "all-day", "elsewhere",   "idle-after", "on-lock", NULL };
  MusterdSettings *settings = scene->settings;
  const char *ends = scene_word (words, "choice-ends");
  const char *idle_after = scene_word (words, "idle-after");

  check_words (words, 1, names);
  settings->start_role = role_word (words, "start", settings->start_role);
  settings->end_role = role_word (words, "end", settings->end_role);
  settings->idle_role = role_word (words, "idle", settings->idle_role);
  settings->locked_role = role_word (words, "locked", settings->locked_role);
  settings->standard_role = role_word (words, "standard", settings->standard_role);
  if (idle_after != NULL)
    settings->idle_after = scene_time (idle_after) - SCENE_DAY;
  settings->on_lock = flag_word (words, "on-lock", settings->on_lock);
  VALUE_WORD (words, "base", status, &settings->base_without_client);
  settings->subject_as_text = flag_word (words, "subject", settings->subject_as_text);
  settings->count_tentative = flag_word (words, "tentative", settings->count_tentative);
  settings->count_unanswered = flag_word (words, "unanswered", settings->count_unanswered);
  settings->count_all_day = flag_word (words, "all-day", settings->count_all_day);
  settings->count_elsewhere = flag_word (words, "elsewhere", settings->count_elsewhere);
  if (ends == NULL)
    return;
  if (strcmp (ends, "auto") == 0)
    settings->choice_ends = MUSTERD_CHOICE_ENDS_AUTO;
  else if (strcmp (ends, "never") == 0)
    settings->choice_ends = MUSTERD_CHOICE_ENDS_NEVER;
  else if (strcmp (ends, "day") == 0)
    settings->choice_ends = MUSTERD_CHOICE_ENDS_DAY;
  else
    {
      settings->choice_ends = MUSTERD_CHOICE_ENDS_AFTER;
      settings->choice_ends_after = scene_time (ends) - SCENE_DAY;
    }
}

/* The bits of "a,b,c". */
#define BITS_WORD(words, name, prefix, Type, result)                                                                   \
  G_STMT_START                                                                                                         \
  {                                                                                                                    \
    const char *value_ = scene_word ((words), (name));                                                                 \
    g_auto(GStrv) parts_ = g_strsplit (value_ != NULL ? value_ : "", ",", -1);                                         \
    for (guint i_ = 0; parts_[i_] != NULL; i_++)                                                                       \
      {                                                                                                                \
        Type bit_;                                                                                                     \
        if (!musterd_##prefix##_from_string (parts_[i_], &bit_))                                                       \
          misread ((words), parts_[i_]);                                                                               \
        *(result) |= 1u << bit_;                                                                                       \
      }                                                                                                                \
  }                                                                                                                    \
  G_STMT_END

static char *
folded_word (char **words, const char *name)
{
  const char *value = scene_word (words, name);

  return value != NULL ? musterd_rule_fold (value) : NULL;
}

static void
read_rule (char **words, Scene *scene)
{
  static const char *const names[] = { "show",    "response",  "all-day",  "category",
                                       "subject", "attendees", "template", NULL };
  MusterdSettings *settings = scene->settings;
  MusterdRule rule = { NULL };

  check_words (words, 2, names);
  rule.name = g_strdup (words[1]);
  BITS_WORD (words, "show", free_busy, MusterdFreeBusy, &rule.free_busy);
  BITS_WORD (words, "response", response, MusterdResponse, &rule.responses);
  if (scene_word (words, "all-day") != NULL)
    rule.all_day = flag_word (words, "all-day", FALSE) ? MUSTERD_ALL_DAY_YES : MUSTERD_ALL_DAY_NO;
  rule.category = folded_word (words, "category");
  rule.subject = folded_word (words, "subject");
  rule.n_attendees = (guint) g_ascii_strtoull (text_word (words, "attendees", "0"), NULL, 10);
  rule.template_ref = g_strdup (scene_word (words, "template"));
  if (settings->rules == NULL)
    settings->rules = musterd_rules_new ();
  g_array_append_val (settings->rules, rule);
  settings->rules_stamp = musterd_rules_stamp (settings->rules);
}

/* Facts. */

static void
read_choice (char **words, Scene *scene)
{
  static const char *const names[] = { "template", "status", "text", "made", "until", NULL };
  gboolean timed = strcmp (words[0], "timed") == 0;
  MusterdChoice *choice = g_new0 (MusterdChoice, 1);

  check_words (words, 1, names);
  g_assert_true (timed == (scene_word (words, "until") != NULL));
  choice->template_id = g_strdup (scene_word (words, "template"));
  choice->status = MUSTERD_STATUS_AVAILABLE;
  VALUE_WORD (words, "status", status, &choice->status);
  choice->text = g_strdup (scene_word (words, "text"));
  choice->made = time_word (words, "made", scene_time ("8"));
  choice->until = time_word (words, "until", MUSTERD_TIME_NEVER);
  musterd_choice_free (timed ? scene->facts.timed : scene->facts.standing);
  *(timed ? &scene->facts.timed : &scene->facts.standing) = choice;
}

static void
read_claim (char **words, Scene *scene, MusterdClaimKind kind)
{
  static const char *const names[] = { "from",      "until",   "lease",    "began",    "source",
                                       "role",      "text",    "show",     "response", "all-day",
                                       "cancelled", "private", "internal", "external", "categories",
                                       "attendees", NULL };
  MusterdFreeBusy free_busy = MUSTERD_FREE_BUSY_NONE;
  MusterdResponse response = MUSTERD_RESPONSE_NONE;
  g_autoptr(MusterdClaim) claim = NULL;
  g_autoptr(MusterdClaim) old = NULL;
  g_autofree char *categories = NULL;

  check_words (words, 2, names);
  VALUE_WORD (words, "show", free_busy, &free_busy);
  VALUE_WORD (words, "response", response, &response);
  claim = musterd_claim_new (text_word (words, "source", "src"), "", words[1], kind);
  claim->from = time_word (words, "from", MUSTERD_TIME_ALWAYS);
  claim->until = time_word (words, "until", MUSTERD_TIME_NEVER);
  claim->lease_until = time_word (words, "lease", MUSTERD_TIME_NEVER);
  claim->free_busy = free_busy;
  claim->response = response;
  claim->all_day = flag_word (words, "all-day", FALSE);
  claim->cancelled = flag_word (words, "cancelled", FALSE);
  claim->is_private = flag_word (words, "private", FALSE);
  musterd_claim_set_role (claim, scene_word (words, "role"));
  musterd_claim_set_text (claim, scene_word (words, "text"));
  musterd_claim_set_more (claim, NULL, scene_word (words, "internal"), scene_word (words, "external"));
  /* What separates categories separates statements. */
  categories = g_strdelimit (g_strdup (text_word (words, "categories", "")), ",", ';');
  musterd_claim_set_asked (claim, categories,
                           (guint32) g_ascii_strtoull (text_word (words, "attendees", "0"), NULL, 10));
  musterd_rules_judge (scene->settings->rules, scene->settings->rules_stamp, claim);
  old = musterd_facts_put_claim (&scene->facts, claim, MUSTERD_TIME_ALWAYS);
  claim->began = time_word (words, "began", claim->from);
}

static void
read_ignore (char **words, Scene *scene)
{
  static const char *const names[] = { "from", "source", NULL };
  MusterdIgnore *ignore = g_new0 (MusterdIgnore, 1);

  check_words (words, 2, names);
  ignore->source = g_strdup (text_word (words, "source", "src"));
  ignore->key = g_strdup (words[1]);
  ignore->from = time_word (words, "from", MUSTERD_TIME_ALWAYS);
  if (scene->facts.ignores == NULL)
    scene->facts.ignores = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_ignore_free);
  g_ptr_array_add (scene->facts.ignores, ignore);
}

static void
read_client (char **words, Scene *scene)
{
  static const char *const names[] = { "id", "source", "since", "seen", "lease", NULL };
  MusterdClient *client = g_new0 (MusterdClient, 1);

  check_words (words, 2, names);
  if (!musterd_client_state_from_string (words[1], &client->state))
    misread (words, words[1]);
  client->source = g_strdup (text_word (words, "source", "src"));
  client->id = g_strdup (text_word (words, "id", "pc"));
  client->seen = time_word (words, "seen", scene_time ("7"));
  client->since = time_word (words, "since", client->seen);
  client->lease_until = time_word (words, "lease", MUSTERD_TIME_NEVER);
  if (scene->facts.clients == NULL)
    scene->facts.clients = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_client_free);
  g_ptr_array_add (scene->facts.clients, client);
}

static void
read_device (char **words, Scene *scene)
{
  static const char *const names[] = { "id", "source", "label", "since", "lease", NULL };
  MusterdDevice *device = g_new0 (MusterdDevice, 1);

  check_words (words, 2, names);
  if (!musterd_telephony_from_string (words[1], &device->state))
    misread (words, words[1]);
  device->source = g_strdup (text_word (words, "source", "src"));
  device->id = g_strdup (text_word (words, "id", "desk"));
  device->label = g_strdup (scene_word (words, "label"));
  device->since = time_word (words, "since", scene_time ("7"));
  device->lease_until = time_word (words, "lease", MUSTERD_TIME_NEVER);
  if (scene->facts.devices == NULL)
    scene->facts.devices = g_ptr_array_new_with_free_func ((GDestroyNotify) musterd_device_free);
  g_ptr_array_add (scene->facts.devices, device);
}

static MusterdUser *
user_in_zone (const char *zone)
{
  const char *fields[MUSTERD_N_USER_FIELDS] = { NULL };
  g_autoptr(GError) error = NULL;
  MusterdUser *user;

  fields[MUSTERD_USER_ZONE] = zone;
  fields[MUSTERD_USER_MOBILE] = "+49 170 2";
  fields[MUSTERD_USER_VOICEMAIL] = "99";
  user = musterd_user_new ("alice@example.com", fields, NULL, &error);
  g_assert_no_error (error);
  return user;
}

static void
read_statement (char **words, gpointer data)
{
  Scene *scene = data;
  MusterdClaimKind kind;

  if (strcmp (words[0], "template") == 0)
    read_template (words, scene);
  else if (strcmp (words[0], "set") == 0)
    read_set (words, scene);
  else if (strcmp (words[0], "rule") == 0)
    read_rule (words, scene);
  else if (strcmp (words[0], "change-rules") == 0 && words[1] == NULL)
    scene->settings->rules_stamp++;
  else if (strcmp (words[0], "choice") == 0 || strcmp (words[0], "timed") == 0)
    read_choice (words, scene);
  else if (strcmp (words[0], "ignore") == 0)
    read_ignore (words, scene);
  else if (strcmp (words[0], "client") == 0)
    read_client (words, scene);
  else if (strcmp (words[0], "device") == 0)
    read_device (words, scene);
  else if (strcmp (words[0], "goodbye") == 0 && words[1] == NULL)
    scene->facts.client_ended = TRUE;
  else if (strcmp (words[0], "zone") == 0 && words[1] != NULL)
    {
      musterd_user_unref (scene->facts.user);
      scene->facts.user = user_in_zone (words[1]);
    }
  else if (strcmp (words[0], "without") == 0 && words[1] != NULL)
    scene->without = g_strdup (words[1]);
  else if (musterd_claim_kind_from_string (words[0], &kind))
    read_claim (words, scene, kind);
  else
    misread (words, words[0]);
}

Scene *
scene_new (const char *story)
{
  Scene *scene = g_new0 (Scene, 1);
  g_autoptr(MusterdUser) user = user_in_zone ("UTC");

  musterd_facts_init (&scene->facts, user);
  scene->settings = musterd_settings_new_default ();
  scene_statements (story, read_statement, scene);
  return scene;
}

void
scene_free (Scene *scene)
{
  musterd_facts_clear (&scene->facts);
  musterd_settings_unref (scene->settings);
  g_free (scene->without);
  g_free (scene);
}
