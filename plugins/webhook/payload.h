/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is sent: one presence as a JSON object. The contract with receivers stands in README.md. */
#pragma once

#include "muster/muster-plugin.h"

GBytes *payload_new (const char *instance, MusterUser *user, MusterDesired *desired);
