/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The certificate with which TCP is encrypted. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* From PEM files; `file` may hold the chain after the certificate. MUSTERD_ERROR_CONFIG says which file is wrong. */
GTlsCertificate *musterd_certificate_load (const char *file, const char *key, GError **error);

G_END_DECLS
