/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each way to write a wrong descriptor, and what the host says to it. */
#include "probe.h"

/* Copies that a row may spoil. */
typedef struct
{
  MusterPluginDescriptor d;
  MusterSourceOps        source;
  MusterSinkOps          sink;
  MusterOption           options[2];
  MusterColumn           columns[2];
} Draft;

static void
no_spoil (Draft *x)
{
  (void) x;
}

#define SPOIL(name, ...)                                                                                              \
  static void spoil_##name (Draft *x)                                                                                 \
  {                                                                                                                   \
    __VA_ARGS__;                                                                                                      \
  }

SPOIL (cut, x->d.struct_size = 12)
SPOIL (short_struct, x->d.struct_size -= 8)
SPOIL (long_struct, x->d.struct_size += 16)
SPOIL (huge_struct, x->d.struct_size = 1 << 20)
SPOIL (old_abi, x->d.abi = 0)
SPOIL (new_abi, x->d.abi = 2)
SPOIL (new_level, x->d.api_level = 9)
SPOIL (no_level, x->d.api_level = 0)
SPOIL (no_id, x->d.id = NULL)
SPOIL (bad_id, x->d.id = "Probe")
SPOIL (path_id, x->d.id = "../probe")
SPOIL (no_version, x->d.version = "")
SPOIL (no_license, x->d.license = NULL)
SPOIL (no_summary, x->d.summary = NULL)
SPOIL (no_role, x->d.source = NULL; x->d.sink = NULL)
SPOIL (source_only, x->d.sink = NULL)
SPOIL (sink_only, x->d.source = NULL)
SPOIL (shared_self, x->sink.open = NULL; x->sink.close = NULL)
SPOIL (unknown_kinds, x->source.kinds |= G_GUINT64_CONSTANT (1) << 40)
SPOIL (no_start, x->source.start = NULL)
SPOIL (no_stop, x->source.stop = NULL)
SPOIL (short_source, x->source.struct_size = 8)
SPOIL (short_sink, x->sink.struct_size = 8)
SPOIL (no_apply, x->sink.apply = NULL)
SPOIL (no_open, x->d.source = NULL; x->sink.open = NULL)
SPOIL (no_close, x->sink.close = NULL)
SPOIL (no_needs, x->sink.needs = 0)
SPOIL (unknown_needs, x->sink.needs |= G_GUINT64_CONSTANT (1) << 40)
SPOIL (deadline, x->sink.deadline = -1)
SPOIL (no_table, x->d.options = NULL)
SPOIL (stride, x->d.option_size = 0)
SPOIL (nameless, x->options[1].name = NULL)
SPOIL (upper_case, x->options[1].name = "Url")
SPOIL (reserved, x->options[1].name = "users")
SPOIL (twice, x->options[1].name = "rows")
SPOIL (both_tables, x->d.user_options = x->options; x->d.user_option_size = sizeof x->options[0];
       x->d.n_user_options = 1)
SPOIL (type, x->options[1].type = 99)
SPOIL (undocumented, x->options[1].doc = NULL)
SPOIL (range, x->options[1].min = 5; x->options[1].max = 4)
SPOIL (bad_default, x->options[1].default_value = "many")
SPOIL (default_range, x->options[1].min = 1; x->options[1].max = 3; x->options[1].default_value = "4")
SPOIL (no_choices, x->options[1].type = MUSTER_OPTION_CHOICE)
SPOIL (empty_choice, x->options[1].type = MUSTER_OPTION_CHOICE; x->options[1].choices = "a||b")
SPOIL (literal_secret, x->options[1].type = MUSTER_OPTION_SECRET; x->options[1].default_value = "hunter2")
SPOIL (no_columns, x->options[0].n_columns = 0)
SPOIL (column_size, x->options[0].column_size = 4)
SPOIL (column_name, x->columns[1].name = "A b")
SPOIL (column_twice, x->columns[1].name = x->columns[0].name)
SPOIL (column_type, x->columns[1].type = MUSTER_OPTION_SECRET)
SPOIL (column_default, x->columns[1].default_value = "maybe")
SPOIL (row_default, x->options[0].default_value = "a|true|c|d")

typedef struct
{
  const char *name;
  void      (*spoil) (Draft *draft);
  const char *reason; /* nullable: accepted */
} DescriptorCase;

#define ROW(name, reason) { #name, spoil_##name, reason }

static const DescriptorCase cases[] = {
  { "whole", no_spoil, NULL },
  ROW (cut, "its descriptor has only 12 bytes*"),
  ROW (short_struct, "its descriptor has * bytes, expected *"),
  ROW (long_struct, NULL),
  ROW (huge_struct, "its descriptor has 1048576 bytes*"),
  ROW (old_abi, "written for plugin ABI 0, this host runs ABI 1: rebuild the plugin against this version's SDK"),
  ROW (new_abi, "written for plugin ABI 2, this host runs ABI 1: *"),
  ROW (new_level, "needs API level 9, this host offers 1: update muster, or ask for a build with "
                  "MUSTER_API_LEVEL_USED 1"),
  ROW (no_level, "its API level is 0*"),
  ROW (no_id, "its id is not *"),
  ROW (bad_id, "its id is not *"),
  ROW (path_id, "its id is not *"),
  ROW (no_version, "it names no version"),
  ROW (no_license, "it names no licence"),
  ROW (no_summary, "it has no summary"),
  ROW (no_role, "it is neither a source nor a sink"),
  ROW (source_only, NULL),
  ROW (sink_only, NULL),
  ROW (shared_self, NULL),
  ROW (no_start, "the source has no 'start'"),
  ROW (no_stop, "the source has no 'stop'"),
  ROW (short_source, "the source's struct_size is 8*"),
  ROW (short_sink, "the sink's struct_size is 8*"),
  ROW (no_apply, "the sink has no 'apply'"),
  ROW (no_open, "the sink has no 'open', and there is no source*"),
  ROW (no_close, "the sink has 'open', but no 'close'"),
  ROW (no_needs, "the sink needs nothing*"),
  ROW (unknown_kinds, "the source makes claims that this host does not know (0x10000000000)"),
  ROW (unknown_needs, "the sink needs what this host does not know (0x10000000000)"),
  ROW (deadline, "the sink's deadline is negative"),
  ROW (no_table, "options: a number of 2, but no table"),
  ROW (stride, "options: option_size is 0: *"),
  ROW (nameless, "option 2 has no name*"),
  ROW (upper_case, "option 2 has no name*"),
  ROW (reserved, "option 'users': the name is the host's own"),
  ROW (twice, "option 'rows': the name stands twice"),
  ROW (both_tables, "user option 'rows': the name stands twice"),
  ROW (type, "option 'number': type 99 is not known here"),
  ROW (undocumented, "option 'number': it has no doc"),
  ROW (range, "option 'number': its lowest value is above its highest"),
  ROW (bad_default, "option 'number': its default is wrong: expected a whole number, got 'many'"),
  ROW (default_range, "option 'number': its default is wrong: expected a number from 1 to 3, got '4'"),
  ROW (no_choices, "option 'number': a choice without choices"),
  ROW (empty_choice, "option 'number': an empty choice"),
  ROW (literal_secret, "option 'number': its default is wrong: expected secret:NAME*"),
  ROW (no_columns, "option 'rows': a table without columns"),
  ROW (column_size, "option 'rows': column_size is 4*"),
  ROW (column_name, "option 'rows': column 2 has no name*"),
  ROW (column_twice, "option 'rows': two columns 'key'"),
  ROW (column_type, "option 'rows': column 'flag' has a type that cannot stand in a table"),
  ROW (column_default, "option 'rows': column 'flag' has a wrong default: expected true or false, got 'maybe'"),
  ROW (row_default, "option 'rows': its default is wrong: row 1: expected at most 2 columns, got more"),
};

static void
test_descriptor (gconstpointer data)
{
  const DescriptorCase *c = data;
  /* Room behind the descriptor, as a later API level would use it. */
  g_autofree Draft *draft = g_malloc0 (sizeof (Draft));
  const MusterPluginDescriptor *probe_is = probe_descriptor ();

  draft->columns[0] = (MusterColumn){ "key", MUSTER_OPTION_STRING, NULL, "the key" };
  draft->columns[1] = (MusterColumn){ "flag", MUSTER_OPTION_BOOLEAN, "true", "a flag" };
  draft->options[0] = (MusterOption){ .name = "rows",
                                      .type = MUSTER_OPTION_TABLE,
                                      .doc = "rows",
                                      .columns = draft->columns,
                                      .column_size = sizeof draft->columns[0],
                                      .n_columns = 2 };
  draft->options[1] = (MusterOption){ .name = "number", .type = MUSTER_OPTION_INTEGER, .doc = "a number" };
  draft->source = *probe_is->source;
  draft->sink = *probe_is->sink;
  draft->sink.open = draft->source.start;
  draft->sink.close = draft->source.stop;
  draft->d = *probe_is;
  draft->d.source = &draft->source;
  draft->d.sink = &draft->sink;
  draft->d.options = draft->options;
  draft->d.n_options = G_N_ELEMENTS (draft->options);
  draft->d.user_options = NULL;
  draft->d.n_user_options = 0;
  c->spoil (draft);

  g_autofree char *reason = muster_descriptor_check (&draft->d);
  if (c->reason == NULL)
    g_assert_cmpstr (reason, ==, NULL);
  else if (reason == NULL || !g_pattern_match_simple (c->reason, reason))
    g_error ("%s: '%s' does not match '%s'", c->name, reason, c->reason);
}

static void
test_nothing (void)
{
  g_autofree char *reason = muster_descriptor_check (NULL);

  g_assert_cmpstr (reason, ==, "its query function returned no descriptor");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/sdk/descriptor/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_descriptor);
    }
  g_test_add_func ("/sdk/descriptor/nothing", test_nothing);
  return g_test_run ();
}
