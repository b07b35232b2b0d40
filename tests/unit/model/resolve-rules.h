/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A rule of resolution: what is known (scene.h) and what follows (test-resolve-table.c). */
typedef struct
{
  const char *name, *known, *want;
} Rule;

extern const Rule resolve_rules[]; /* ends with a row of NULLs */
