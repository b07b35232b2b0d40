/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host as the api sees it, without plugins: one instance "fake", that remembers what it was told. */
#pragma once

#include "host/host.h"

G_BEGIN_DECLS

typedef struct
{
  char       *last;          /* the last order, in words */
  MusterdInstanceState state;
  gboolean    drain_hangs;   /* drain is not answered until fake_host_end_drain() */
  MusterdDone drain_done;    /* nullable */
  gpointer    drain_data;
} FakeHost;

extern FakeHost fake_host;

void fake_host_end_drain (void);
void fake_host_reset     (void);

G_END_DECLS
