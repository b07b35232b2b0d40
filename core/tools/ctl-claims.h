/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Claims in words, each with what became of it. */
#pragma once

#include "ctl.h"

G_BEGIN_DECLS

void ctl_claims_print (JsonArray *claims, const char *indent);

G_END_DECLS
