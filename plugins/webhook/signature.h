/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/* "t=TIME,v1=HMAC": HMAC-SHA256 in hex over TIME, a full stop and the body, where TIME is seconds since 1970. The time
 * is signed too, so that nobody can play an old delivery again later. */
char *signature_new   (const char *key, gint64 time, GBytes *body);
/* Names a delivery: the same as long as the same is being delivered, whatever the number of tries. */
char *delivery_id_new (GBytes *body);
