#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# check-libraries.sh FILE…    none of them, nor what they load, brings libjansson
#
# It exports a symbol of the same name as json-glib does, with another signature: in one process, whichever is loaded
# first wins.
set -eu

command -v ldd >/dev/null || { echo "ldd is not installed"; exit 77; }

status=0
for file; do
  if libraries=$(ldd "$file"); then
    if echo "$libraries" | grep -q libjansson; then
      echo "$file loads libjansson:"
      echo "$libraries"
      status=1
    fi
  else
    echo "$file: ldd cannot tell its libraries"
    status=1
  fi
done
exit $status
