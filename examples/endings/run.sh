#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# From a fresh clone to several endings of one story: installs what is missing,
# builds the compiler, compiles the bundled model, links it into endings.cpp and
# runs that. Arguments are the beginning.
set -eu
cd "$(dirname "$0")/../.."
tools/setup.sh
tools/build.sh release
mkdir -p build/endings
echo "endings: compiling the model"
build/release/bin/bitnet-compile examples/models/storyteller-27m.i2_s.gguf \
  -o build/endings/storyteller.o
echo "endings: linking endings.cpp"
c++ -std=c++17 -O2 -Ibuild/endings examples/endings/endings.cpp \
  build/endings/storyteller.o -o build/endings/endings
echo
build/endings/endings "$@"
