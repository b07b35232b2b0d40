/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of muster-inspect. What is known of a plugin travels as one JSON object from part to part: the child
 * writes it, the parent completes it by what the file itself says, and it is printed as it is or as text. */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define INSPECT_SECONDS 10              /* how long a plugin may take to be opened and asked */
#define INSPECT_ANSWER_MAX (1024 * 1024) /* bytes of what the child may say */
#define INSPECT_FILE_MAX (1024 * 1024 * 1024)

/* inspect-child.c: in the process that may break. Opens `file`, writes its JSON to `fd` and leaves the process. */
void inspect_child (const char *file, int fd) G_GNUC_NORETURN;

/* inspect-run.c: runs the above in a process of its own; NULL with the reason, for people, where that process broke,
 * hung or said something that cannot be. */
JsonObject *inspect_run (const char *program, const char *file, char **reason);

/* inspect-elf.c: what a shared object says of itself without being run. */
typedef struct
{
  GPtrArray *exports;   /* char *, sorted */
  GPtrArray *libraries; /* char *, in the file's order */
} InspectElf;

InspectElf *inspect_elf_read (const char *file, GError **error);
void        inspect_elf_free (InspectElf *elf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (InspectElf, inspect_elf_free)

/* inspect-text.c */
void inspect_print (JsonObject *plugin);

G_END_DECLS
