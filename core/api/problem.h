/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Problem documents (RFC 9457): what an answer that is an error looks like, whoever gives it. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUSTERD_PROBLEM_TYPE "application/problem+json"

/* The status in words; static. */
const char *musterd_problem_get_title         (guint status);
/* `code`: for programs, a word that stays; NULL: that of the status, where one status is one kind of problem. */
char       *musterd_problem_to_json           (guint status, const char *detail);
char       *musterd_problem_to_json_with_code (guint status, const char *code, const char *detail);
/* Only the members, into an object that is open: others may stand beside them. */
void        musterd_problem_add               (GString *json, guint status, const char *code, const char *detail);

G_END_DECLS
