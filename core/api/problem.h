/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Problem documents (RFC 9457): what an answer that is an error looks like, whoever gives it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUSTERD_PROBLEM_TYPE "application/problem+json"

/* The status in words; static. */
const char *musterd_problem_get_title (guint status);
char       *musterd_problem_to_json   (guint status, const char *detail);

G_END_DECLS
