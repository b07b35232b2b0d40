/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the fuzzers share: the entry that libFuzzer calls, values taken from its bytes, and what must hold of every
 * message. A property that does not hold aborts, and libFuzzer keeps the input. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FUZZ_MESSAGE_MAX 2048 /* bytes: a message is for people, whatever it is about */

/* Each fuzzer's own; returns 0. */
int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* The rest of the input. At its end every value is 0, "" or NULL. */
typedef struct
{
  const guint8 *p, *end;
} FuzzBytes;

guint8 fuzz_byte  (FuzzBytes *bytes);
/* Less than `n`, evenly. */
guint  fuzz_below (FuzzBytes *bytes, guint n);
gint64 fuzz_int64 (FuzzBytes *bytes);
/* Up to the next zero byte. One that begins with a byte 1 is made long: the byte after it says how often what follows
 * is repeated, so that bounds of kilobytes are reached by small inputs. */
char  *fuzz_text  (FuzzBytes *bytes);
/* The same; a text of a single byte 2 is NULL. */
char  *fuzz_text_or_null (FuzzBytes *bytes);

/* One line of UTF-8 that says something, and not more than people read. */
void fuzz_check_message (const char *message);
/* Of that domain, and its message holds; cleared. */
void fuzz_check_error   (GError **error, GQuark domain);

G_END_DECLS
