/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an administrator asked to try: reach, sign-in, version, rights, and what comes next in one calendar. Nothing is
 * written, no subject is shown. */
#pragma once

#include "client.h"

G_BEGIN_DECLS

/* Called once; the report has been ended. */
typedef void (*EwsTrialFunc) (gpointer user_data);

/* Takes the report. */
void ews_trial_start (MusterContext *ctx, EwsClient *client, gboolean impersonates, MusterUser *user,
                      MusterReport *report, EwsTrialFunc done, gpointer user_data);

G_END_DECLS
