/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words for people: aligned columns, local times, colour where a terminal is, and nothing from outside that could speak
 * to the terminal itself. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  CTL_PLAIN,
  CTL_BOLD,
  CTL_GREEN,
  CTL_YELLOW,
  CTL_RED,
  CTL_GREY
} CtlColour;

/* Text from outside without control characters and without what turns the direction of writing. */
char      *ctl_clean (const char *text); /* nullable: "" */
/* `text` (taken) in that colour, where colours are shown. */
char      *ctl_paint (CtlColour colour, char *text);
CtlColour  ctl_status_colour (const char *status);
/* "do-not-disturb" → "do not disturb" */
char      *ctl_words (const char *name); /* nullable: "" */
/* An RFC 3339 time as people here say it: "12:30", "tomorrow 09:00", "Tue 24 Nov 09:00"; NULL for NULL. */
char      *ctl_time  (const char *time);
char      *ctl_time_at (const char *time, GDateTime *now);

typedef struct _CtlTable CtlTable;

/* `titles`: NULL-terminated; NULL: none. */
CtlTable *ctl_table_new   (const char *const *titles, guint n_columns);
/* n_columns strings, each taken; NULL: empty. */
void      ctl_table_add   (CtlTable *table, ...);
/* The last row's cell in a colour. */
void      ctl_table_paint (CtlTable *table, guint column, CtlColour colour);
/* Prints each line after `indent`, and frees. */
void      ctl_table_print (CtlTable *table, const char *indent);
void      ctl_table_discard (CtlTable *table);

G_END_DECLS
