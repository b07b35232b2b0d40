/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of people, sent to the daemon whole. */
#pragma once

#include "ctl.h"

G_BEGIN_DECLS

extern const CtlOption ctl_import_options[];
int ctl_run_import (Ctl *ctl);

G_END_DECLS
