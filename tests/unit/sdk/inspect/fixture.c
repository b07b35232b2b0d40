/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plugins that are wrong in one way each, chosen by FIXTURE_… at compile time. */
#include <muster/muster-plugin.h>

#include <stdlib.h>
#include <unistd.h>

static gpointer
start (MusterContext *ctx, GError **error)
{
  (void) error;
  return ctx;
}

static void
stop (gpointer self, gint64 deadline)
{
  (void) deadline;
  muster_context_stopped (self);
}

static const MusterSourceOps source = { .struct_size = sizeof source, .start = start, .stop = stop };

#if defined FIXTURE_OLD_ABI
#define ABI 0
#else
#define ABI MUSTER_PLUGIN_ABI
#endif
#if defined FIXTURE_NEW_LEVEL
#define LEVEL 9
#else
#define LEVEL MUSTER_API_LEVEL
#endif

static const MusterPluginDescriptor descriptor = { .struct_size = sizeof descriptor,
                                                   .abi = ABI,
                                                   .api_level = LEVEL,
#if defined FIXTURE_OTHER_NAME
                                                   .id = "somebody-else",
#else
                                                   .id = FIXTURE,
#endif
                                                   .version = "1",
                                                   .license = "LGPL-2.1-or-later",
                                                   .summary = "Wrong on purpose",
                                                   .source = &source };

#if defined FIXTURE_CRASH_EARLY
__attribute__ ((constructor)) static void
crash (void)
{
  abort ();
}
#endif

#if defined FIXTURE_TWO_SYMBOLS
MUSTER_API int another_symbol (void);
int
another_symbol (void)
{
  return 1;
}
#endif

#if defined FIXTURE_UNDEFINED
extern void muster_context_of_a_later_level (void);
#endif

#if defined FIXTURE_NO_SYMBOL
MUSTER_API const MusterPluginDescriptor *another_name (void);
const MusterPluginDescriptor *
another_name (void)
#else
MUSTER_API const MusterPluginDescriptor *muster_plugin_1_query (void);
const MusterPluginDescriptor *
muster_plugin_1_query (void)
#endif
{
#if defined FIXTURE_CRASH
  abort ();
#elif defined FIXTURE_HANG
  /* With a child that would keep the pipe open for ever. */
  fork ();
  for (;;)
    pause ();
#elif defined FIXTURE_EXIT
  _exit (0);
#elif defined FIXTURE_FORGE
  /* What a plugin writes is not believed to be more than text. */
  static const char deep[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[";
  for (int i = 0; i < 1000; i++)
    if (write (3, deep, sizeof deep - 1) < 0)
      break;
  _exit (0);
#elif defined FIXTURE_FLOOD
  static const char much[65536];
  while (write (3, much, sizeof much) > 0)
    continue;
#elif defined FIXTURE_NULL
  return NULL;
#elif defined FIXTURE_UNDEFINED
  muster_context_of_a_later_level ();
#endif
  return &descriptor;
}
