/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define G_LOG_DOMAIN "muster-inspect"

#include "inspect.h"

#include "muster/muster-host.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signal.h>
#include <unistd.h>

static void
add_nullable (JsonBuilder *b, const char *name, const char *value)
{
  json_builder_set_member_name (b, name);
  if (value != NULL)
    json_builder_add_string_value (b, value);
  else
    json_builder_add_null_value (b);
}

static void
add_columns (JsonBuilder *b, const MusterOption *option)
{
  json_builder_set_member_name (b, "columns");
  json_builder_begin_array (b);
  for (gsize i = 0; i < option->n_columns; i++)
    {
      const MusterColumn *column = muster_column_nth (option, i);

      json_builder_begin_object (b);
      add_nullable (b, "name", column->name);
      add_nullable (b, "type", muster_option_type_to_string (column->type));
      add_nullable (b, "default", column->default_value);
      add_nullable (b, "doc", column->doc);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
add_range (JsonBuilder *b, const MusterOption *option)
{
  if ((option->type != MUSTER_OPTION_INTEGER && option->type != MUSTER_OPTION_DURATION)
      || (option->min == 0 && option->max == 0))
    return;
  /* As it would stand in a keyfile. */
  g_autofree char *min = option->type == MUSTER_OPTION_DURATION
                             ? muster_duration_to_string (option->min)
                             : g_strdup_printf ("%" G_GINT64_FORMAT, option->min);
  g_autofree char *max = option->type == MUSTER_OPTION_DURATION
                             ? muster_duration_to_string (option->max)
                             : g_strdup_printf ("%" G_GINT64_FORMAT, option->max);
  add_nullable (b, "min", min);
  add_nullable (b, "max", max);
}

static void
add_options (JsonBuilder *b, const char *name, const MusterOption *options, gsize size, gsize n)
{
  json_builder_set_member_name (b, name);
  json_builder_begin_array (b);
  for (gsize i = 0; i < n; i++)
    {
      const MusterOption *option = muster_option_nth (options, size, i);

      json_builder_begin_object (b);
      add_nullable (b, "name", option->name);
      add_nullable (b, "type", muster_option_type_to_string (option->type));
      add_nullable (b, "default", option->default_value);
      add_nullable (b, "doc", option->doc);
      json_builder_set_member_name (b, "required");
      json_builder_add_boolean_value (b, (option->flags & MUSTER_OPTION_REQUIRED) != 0);
      add_range (b, option);
      if (option->type == MUSTER_OPTION_CHOICE)
        add_nullable (b, "choices", option->choices);
      if (option->type == MUSTER_OPTION_TABLE)
        add_columns (b, option);
      json_builder_end_object (b);
    }
  json_builder_end_array (b);
}

static void
add_member (JsonBuilder *b, const char *name, gboolean set)
{
  if (set)
    json_builder_add_string_value (b, name);
}

#define ADD_MEMBER(b, ops, member) add_member (b, #member, MUSTER_OPS_HAS (ops, member))

static void
add_kinds (JsonBuilder *b, guint64 kinds)
{
  static const struct
  {
    MusterKinds kind;
    const char *name;
  } names[] = {
    { MUSTER_KINDS_DND, "dnd" },         { MUSTER_KINDS_SHARING, "sharing" },
    { MUSTER_KINDS_CALL, "call" },       { MUSTER_KINDS_MICROPHONE, "microphone" },
    { MUSTER_KINDS_ABSENCE, "absence" }, { MUSTER_KINDS_APPOINTMENT, "appointment" },
  };

  json_builder_set_member_name (b, "kinds");
  json_builder_begin_array (b);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    add_member (b, names[i].name, (kinds & names[i].kind) != 0);
  json_builder_end_array (b);
}

static void
add_source (JsonBuilder *b, const MusterSourceOps *ops)
{
  json_builder_set_member_name (b, "source");
  if (ops == NULL)
    {
      json_builder_add_null_value (b);
      return;
    }
  json_builder_begin_object (b);
  json_builder_set_member_name (b, "members");
  json_builder_begin_array (b);
  ADD_MEMBER (b, ops, start);
  ADD_MEMBER (b, ops, kept);
  ADD_MEMBER (b, ops, users);
  ADD_MEMBER (b, ops, sync);
  ADD_MEMBER (b, ops, action_answer);
  ADD_MEMBER (b, ops, test);
  ADD_MEMBER (b, ops, stop);
  json_builder_end_array (b);
  add_kinds (b, ops->kinds);
  json_builder_end_object (b);
}

static void
add_needs (JsonBuilder *b, guint64 needs)
{
  static const struct
  {
    MusterNeeds need;
    const char *name;
  } names[] = {
    { MUSTER_NEEDS_STATUS, "status" },         { MUSTER_NEEDS_TEXT, "text" },
    { MUSTER_NEEDS_TEMPLATE, "template" },     { MUSTER_NEEDS_KIND, "kind" },
    { MUSTER_NEEDS_FORWARDING, "forwarding" }, { MUSTER_NEEDS_TELEPHONY, "telephony" },
    { MUSTER_NEEDS_LABEL, "label" },           { MUSTER_NEEDS_REACH, "reach" },
    { MUSTER_NEEDS_TIMES, "times" },           { MUSTER_NEEDS_GREETING, "greeting" },
  };

  json_builder_set_member_name (b, "needs");
  json_builder_begin_array (b);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    add_member (b, names[i].name, (needs & names[i].need) != 0);
  json_builder_end_array (b);
}

static void
add_sink (JsonBuilder *b, const MusterSinkOps *ops)
{
  json_builder_set_member_name (b, "sink");
  if (ops == NULL)
    {
      json_builder_add_null_value (b);
      return;
    }
  g_autofree char *deadline
      = muster_duration_to_string (ops->deadline != 0 ? ops->deadline : 30 * G_TIME_SPAN_SECOND);
  json_builder_begin_object (b);
  json_builder_set_member_name (b, "members");
  json_builder_begin_array (b);
  ADD_MEMBER (b, ops, open);
  ADD_MEMBER (b, ops, kept);
  ADD_MEMBER (b, ops, users);
  ADD_MEMBER (b, ops, apply);
  ADD_MEMBER (b, ops, action_answer);
  ADD_MEMBER (b, ops, test);
  ADD_MEMBER (b, ops, drain);
  ADD_MEMBER (b, ops, close);
  json_builder_end_array (b);
  add_needs (b, ops->needs);
  json_builder_set_member_name (b, "max_in_flight");
  json_builder_add_int_value (b, ops->max_in_flight != 0 ? ops->max_in_flight : 1);
  add_nullable (b, "deadline", deadline);
  json_builder_end_object (b);
}

/* A descriptor that was refused is not looked into any further than its versions: its pointers may be anything. */
static void
add_descriptor (JsonBuilder *b, const MusterPluginDescriptor *d)
{
  g_autofree char *reason = muster_descriptor_check (d);

  add_nullable (b, "reason", reason);
  if (d != NULL && d->struct_size >= G_STRUCT_OFFSET (MusterPluginDescriptor, id))
    {
      json_builder_set_member_name (b, "abi");
      json_builder_add_int_value (b, d->abi);
      json_builder_set_member_name (b, "api_level");
      json_builder_add_int_value (b, d->api_level);
    }
  if (reason != NULL)
    return;
  add_nullable (b, "id", d->id);
  add_nullable (b, "version", d->version);
  add_nullable (b, "license", d->license);
  add_nullable (b, "summary", d->summary);
  add_source (b, d->source);
  add_sink (b, d->sink);
  add_options (b, "options", d->options, d->option_size, d->n_options);
  add_options (b, "user_options", d->user_options, d->user_option_size, d->n_user_options);
}

static void
add_plugin (JsonBuilder *b, const char *file)
{
  const MusterPluginDescriptor *(*query) (void) = NULL;
  void *module = dlopen (file, RTLD_NOW | RTLD_LOCAL);

  if (module == NULL)
    {
      g_autofree char *reason = g_strdup_printf ("opening it: %s", dlerror ());

      add_nullable (b, "reason", reason);
      return;
    }
  *(void **) &query = dlsym (module, "muster_plugin_1_query");
  if (query == NULL)
    {
      add_nullable (b, "reason", "it has no function muster_plugin_1_query(): no plugin of Muster, or of another ABI");
      return;
    }
  add_descriptor (b, query ());
}

void
inspect_child (const char *file, int fd)
{
  g_autoptr(JsonBuilder) b = json_builder_new ();

  /* The parent must not leave a hanging plugin behind. */
  prctl (PR_SET_PDEATHSIG, SIGKILL);

  json_builder_begin_object (b);
  add_plugin (b, file);
  json_builder_end_object (b);

  g_autoptr(JsonNode) root = json_builder_get_root (b);
  g_autofree char *text = json_to_string (root, FALSE);
  const gsize length = strlen (text);
  for (gsize done = 0; done < length;)
    {
      const ssize_t n = write (fd, text + done, length - done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        _exit (1);
      done += n;
    }
  /* Without the destructors of what was opened. */
  _exit (0);
}
