/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A forwarding in one word, as settings, tables and the command line have it: "do-not-change", "off",
 * "do-not-disturb", "SCOPE:TARGET" or "SCOPE:number:NUMBER", as in "external:mobile". */
#pragma once

#include "model/settings.h"

G_BEGIN_DECLS

#define MUSTERD_NUMBER_MAX 64

char    *musterd_forward_print (const MusterdForwarding *forwarding);
/* Fills `forwarding` (its number is the caller's to free). FALSE with MUSTERD_ERROR_INVALID. */
gboolean musterd_forward_parse (const char *text, MusterdForwarding *forwarding, GError **error);
/* Whether this can be dialled: digits, with '+', '*', '#', blanks and the usual signs between them. */
gboolean musterd_forward_check_number (const char *number, GError **error);

G_END_DECLS
