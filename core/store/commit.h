/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One transaction for many batches: the writer's connection, and how far each commit goes. */
#pragma once

#include "store/answers.h"
#include "store/batch.h"
#include "store/sql.h"

G_BEGIN_DECLS

/* Work on the writer's connection, in its place in the order of batches. */
typedef void (*MusterdWriterFunc) (sqlite3 *db, gpointer user_data);

/* What waits for the writer's thread: a batch, or a call. */
typedef struct
{
  MusterdBatch     *batch; /* nullable: a call */
  gboolean          durable;
  gsize             bytes;
  guint             tries;   /* so far in vain */
  MusterdAnswers   *answers; /* nullable: nobody waits for the answer */
  MusterdStoreDone  done;
  MusterdWriterFunc func; /* of a call */
  gpointer          user_data;
  GError           *error; /* nullable: why it was not written */
} MusterdJob;

void musterd_job_free (MusterdJob *job);

typedef struct _MusterdCommit MusterdCommit;

/* Takes the connection, which nobody uses any more. */
MusterdCommit *musterd_commit_new    (sqlite3 *db, GError **error);
/* Brings everything into the one file and closes it. */
void           musterd_commit_free   (MusterdCommit *commit);
sqlite3       *musterd_commit_get_db (MusterdCommit *commit);
/* All jobs (batches) in one transaction: SQLITE_OK, or the code of the disk's trouble with `error` set and nothing
 * written. A job that failed by its own fault has its error set, and the others are written. */
int            musterd_commit_jobs   (MusterdCommit *commit, GQueue *jobs, GError **error);
/* Brings the log into the file and gives back its room, if that can be done. */
void           musterd_commit_make_room (MusterdCommit *commit);

G_END_DECLS
