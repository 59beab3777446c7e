#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# From a fresh clone to Python: installs what is missing, builds the compiler,
# compiles the bundled model to a shared library and calls it from surprise.py.
# Arguments are the text.
set -eu
cd "$(dirname "$0")/../.."
tools/setup.sh
tools/build.sh release
mkdir -p build/python
echo "python: compiling the model"
build/release/bin/bitnet-compile examples/models/storyteller-27m.i2_s.gguf \
  --emit=shared -o build/python/storyteller.so
echo
PYTHONPATH=python python3 examples/python/surprise.py \
  build/python/storyteller.so "$@"
