/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings as a test says them, rather than as scopes have them. */
#pragma once

#include "engine/engine.h"

/* From now on these hold for everybody, and the engine says so. */
void fixture_settings_put (MusterdEngine *engine, MusterdSettings *settings);
