/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A line of a story, and how its words are read. */
#pragma once

#include "world.h"

G_BEGIN_DECLS

typedef struct
{
  World      *world;
  const char *file;
  guint       number;
  char       *whom;  /* whom the line is about */
  char      **words; /* without the time and the name */
  gboolean    hurried; /* the next line happens before this one is done */
} Line;

void        line_fail   (const Line *line, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Ends everything: the story cannot be read. */
void        line_reject (const Line *line, const char *format, ...) G_GNUC_PRINTF (2, 3) G_GNUC_NORETURN;
const char *line_word   (const Line *line, guint index);       /* there must be one */
const char *line_option (const Line *line, const char *name);  /* of NAME=value; NULL: not there */
gboolean    line_flag   (const Line *line, const char *name);
/* The same with "yes" or "no"; FALSE: not there. */
gboolean    line_switch (const Line *line, const char *name, gboolean *value);
MusterdTime line_time   (const Line *line, const char *text); /* of the day, or "never" */
/* As an option that may be missing. */
MusterdTime line_time_option (const Line *line, const char *name, MusterdTime otherwise);
gint64      line_duration (const Line *line, const char *name); /* of an option; 0: not there */

/* Where a refusal is expected it must be like that, and else there must be none. For commands: `data` is the line. */
void        line_check  (const Line *line, const GError *error);
void        line_done   (const GError *error, gpointer data);

/* The word must be one of the vocabulary. */
#define LINE_PARSE(Type, prefix)                                                        \
  G_GNUC_UNUSED static Type parse_##prefix (const Line *line, const char *text)         \
  {                                                                                     \
    Type value;                                                                         \
    if (!musterd_##prefix##_from_string (text, &value))                                 \
      line_reject (line, "'%s' is no " #prefix, text);                                  \
    return value;                                                                       \
  }

typedef struct
{
  const char *name;
  void      (*func) (const Line *line);
} Verb;

/* Each ends with a verb that has no name. */
extern const Verb line_happen_verbs[], line_manage_verbs[], line_expect_verbs[];

G_END_DECLS
