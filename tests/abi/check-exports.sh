#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# check-exports.sh library FILE.so LIST      what the library exports is exactly what stands in LIST
# check-exports.sh plugins FILE.so…          each exports exactly one symbol
set -eu
export LC_ALL=C

command -v nm >/dev/null || { echo "nm is not installed (package binutils)"; exit 77; }

exported() {
  # Not the names of version nodes, and not what a sanitizer or the linker puts into every shared object.
  nm -D --defined-only --format=posix "$1" | awk '$2 != "A" { print $1 }' \
    | grep -v -E '^(__odr_asan|__asan_|__ubsan_|__sanitizer_|__start_|__stop_|_init$|_fini$)' | sort || :
}

mode=$1
shift
status=0
case $mode in
library)
  temporary=$(mktemp -d)
  trap 'rm -rf "$temporary"' EXIT
  exported "$1" > "$temporary/is"
  grep -v '^#' "$2" | sort > "$temporary/wanted"
  if ! diff -u "$temporary/wanted" "$temporary/is"; then
    echo "$1 does not export what $2 lists (-: missing, +: too much)."
    echo "A symbol of MUSTER_PLUGIN_1 must never go; a new one needs a new API level and a line in that list."
    status=1
  fi
  ;;
plugins)
  for plugin; do
    symbols=$(exported "$plugin")
    if [ "$symbols" != muster_plugin_1_query ]; then
      echo "$plugin must export muster_plugin_1_query and nothing else, but exports:"
      echo "$symbols"
      status=1
    fi
  done
  ;;
esac
exit $status
