#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Builds the compiler in build/<preset>; the preset is the first argument.
set -eu
cd "$(dirname "$0")/.."
preset=${1:-release}
echo "build: configuring build/$preset"
mkdir -p "build/$preset"
# Debian's own Python has Debian's NumPy, whatever else is in PATH.
if ! cmake --preset "$preset" -DPython3_EXECUTABLE=/usr/bin/python3 \
  >"build/$preset/configure.log" 2>&1; then
  cat "build/$preset/configure.log" >&2
  exit 1
fi
echo "build: compiling (a few minutes the first time)"
cmake --build --preset "$preset"
