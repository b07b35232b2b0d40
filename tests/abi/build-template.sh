#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# build-template.sh BUILD_DIR SOURCE_DIR PREFIX LIBDIR MUSTER_INSPECT
#
# Installs the build into a folder, builds the plugins to copy against nothing but what was installed there, installs
# them beside it, and asks muster-inspect for its verdict.
set -eu

build=$1
source=$2
prefix=$3
libdir=$4
inspect=$5

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
unset DESTDIR

DESTDIR="$root/installed" meson install -C "$build" --no-rebuild --quiet

# The .pc file as it was installed, with a prefix that is true here.
pc="$root/installed$prefix/$libdir/pkgconfig/muster-plugin-1.pc"
mkdir "$root/pkgconfig"
sed "s|^prefix=.*|prefix=$root/installed$prefix|" "$pc" > "$root/pkgconfig/muster-plugin-1.pc"
export PKG_CONFIG_PATH="$root/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
export LD_LIBRARY_PATH="$root/installed$prefix/$libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

plugins=$(pkg-config --variable=plugindir muster-plugin-1)
case $plugins in
"$root"/*/plugins-1) ;;
*)
  echo "plugindir of muster-plugin-1.pc is '$plugins'"
  exit 1
  ;;
esac
if [ -e "$root/installed$prefix/include/muster/muster-host.h" ]; then
  echo "muster-host.h is not for plugins, but was installed"
  exit 1
fi

cp -r "$source/sdk/template" "$root/template"
meson setup "$root/template-build" "$root/template" -Dwerror=true
meson compile -C "$root/template-build"
meson install -C "$root/template-build" --quiet

for id in call-file status-file; do
  "$inspect" --plugin-dir "$plugins" "$id"
  "$inspect" --json "$root/template-build/$id.so" | grep -q '"accepted" : true'
done
