/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "plugin log": what an instance said last and, with --follow, what it says from now on. */
#pragma once

#include "ctl.h"

G_BEGIN_DECLS

extern const CtlOption ctl_log_options[];
int ctl_log_run (Ctl *ctl);

G_END_DECLS
