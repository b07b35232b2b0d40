/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As little as can be between a change and those who follow it: the bytes are there, the sockets are there, and each is
 * written to. */
#pragma once

#include "crowd.h"

G_BEGIN_DECLS

typedef struct _BenchBareServer BenchBareServer;

/* With as many readers as the crowd has, who follow whom those follow. */
BenchBareServer *bench_bare_server_new  (const BenchCrowdPlan *plan);
void             bench_bare_server_free (BenchBareServer *server);
/* µs until the last reader has the last of what one reader of the crowd got (`text`, whole events): in one write for
 * each reader, or in one for each change and reader. */
gint64 bench_bare_server_write_each   (BenchBareServer *server, const char *text);
gint64 bench_bare_server_write_change (BenchBareServer *server, const char *text);

G_END_DECLS
