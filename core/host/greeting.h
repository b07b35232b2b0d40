/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Absence greetings as mail servers hand them out: HTML, mostly written by a word processor. Here they become plain
 * text, before they wait anywhere, on the thread of the plugin that brought them. */
#pragma once

#include "muster/muster-host.h"

G_BEGIN_DECLS

/* Paragraphs, line breaks, list items and rows of tables become lines, cells are parted by " | ", links are their text;
 * scripts, styles and comments are gone. What is not HTML stays as it is. What is longer than
 * MUSTERD_CLAIM_GREETING_MAX is cut behind a word, with "…" there. Valid UTF-8 in and out; both nullable: there is
 * nothing to read in it. Nothing is fetched, whatever it names. Any thread. */
char *musterd_greeting_to_text (const char *greeting);

/* The same for all greetings of a message, which becomes as much smaller. */
void  musterd_greeting_reduce  (MusterMessage *message);

G_END_DECLS
