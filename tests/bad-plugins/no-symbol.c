/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A shared object that is no plugin: it does not export the one symbol. */
#include <muster/muster-plugin.h>

MUSTER_API int no_symbol_answer (void);

int
no_symbol_answer (void)
{
  return 42;
}
