#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# From a fresh clone to named clothes: installs what is missing, builds the
# compiler, compiles the bundled vision transformer, links it into classify.c and
# runs that.
set -eu
cd "$(dirname "$0")/../.."
tools/setup.sh
tools/build.sh release
mkdir -p build/vit
echo "vit: compiling the network"
build/release/bin/bitnet-compile examples/models/fashion-vit-b158.dynamo.onnx \
  -o build/vit/vit.o
echo "vit: linking classify.c"
cc -O2 -Ibuild/vit examples/vit/classify.c build/vit/vit.o \
  -o build/vit/classify
build/vit/classify examples/images/fashion-*.pgm
build/vit/classify --idx examples/images/fashion-images.idx3-ubyte \
  examples/images/fashion-labels.idx1-ubyte
