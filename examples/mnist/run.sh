#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# From a fresh clone to recognised digits: installs what is missing, builds the
# compiler, compiles the bundled network, links it into classify.c and runs that.
set -eu
cd "$(dirname "$0")/../.."
tools/setup.sh
tools/build.sh release
mkdir -p build/mnist
echo "mnist: compiling the network"
build/release/bin/bitnet-compile examples/models/mnist-ffn-b158.dynamo.onnx \
  -o build/mnist/mnist.o
echo "mnist: linking classify.c"
cc -O2 -Ibuild/mnist examples/mnist/classify.c build/mnist/mnist.o \
  -o build/mnist/classify
build/mnist/classify examples/images/digits-*.pgm
build/mnist/classify --idx examples/images/digits-images.idx3-ubyte \
  examples/images/digits-labels.idx1-ubyte
