#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# check-header.sh INCLUDE_DIR COMPILER c|c++    the public header compiles by itself, strictly, with that compiler
set -eu

include=$1
compiler=$2
language=$3

command -v "$compiler" >/dev/null || { echo "$compiler is not installed"; exit 77; }
# GLib's headers are not ours to judge.
glib=$(pkg-config --cflags gio-2.0 | sed 's/-I/-isystem /g')

case $language in
c) standards='c99 c11 gnu17' ;;
c++) standards='c++11 c++17' ;;
esac
for standard in $standards; do
  printf '#include <muster/muster-plugin.h>\nint main (void) { return MUSTER_PLUGIN_ABI == 1u ? 0 : 1; }\n' |
    "$compiler" -x "$language" "-std=$standard" -pedantic -Wall -Wextra -Werror -fsyntax-only $glib "-I$include" - || {
      echo "$compiler -std=$standard: muster-plugin.h does not compile"
      exit 1
    }
done
