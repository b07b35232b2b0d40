/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads CSV (RFC 4180) record by record: quoted fields with doubled quotes and line breaks inside, CRLF or LF, UTF-8
 * with or without a byte order mark; separated by ',' or ';', whichever the first line uses. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define MUSTERD_CSV_COLUMNS_MAX 256

typedef struct _MusterdCsv MusterdCsv;

/* `text` must stay; NULL where `length` is 0. MUSTERD_ERROR_INVALID where it is not UTF-8. */
MusterdCsv *musterd_csv_new  (const char *text, gsize length, GError **error);
void        musterd_csv_free (MusterdCsv *csv);
/* The fields of the next record (NULL-terminated); empty lines are passed over. NULL without an error: that was the
 * last one. */
char      **musterd_csv_next (MusterdCsv *csv, GError **error);
/* The line on which the last record began. */
guint       musterd_csv_get_line (MusterdCsv *csv);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (MusterdCsv, musterd_csv_free)

G_END_DECLS
