#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# From a fresh clone to a story: installs what is missing, builds the compiler,
# compiles the bundled model, links it into tell.c and runs that. Arguments are
# the prompt.
set -eu
cd "$(dirname "$0")/../.."
tools/setup.sh
tools/build.sh release
mkdir -p build/storyteller
echo "storyteller: compiling the model"
build/release/bin/bitnet-compile examples/models/storyteller-27m.i2_s.gguf \
  -o build/storyteller/storyteller.o
echo "storyteller: linking tell.c"
cc -O2 -Ibuild/storyteller examples/storyteller/tell.c \
  build/storyteller/storyteller.o -o build/storyteller/tell
echo
build/storyteller/tell "$@"
