#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# From a fresh clone to a server: installs what is missing, builds the compiler,
# compiles a model, links it with the server and runs that. Arguments: a model,
# the bundled one if there is none, and then options of the server.
set -eu
model=$(realpath "${1:-$(dirname "$0")/../models/storyteller-27m.i2_s.gguf}")
[ $# -eq 0 ] || shift
cd "$(dirname "$0")/../.."
tools/setup.sh
tools/build.sh release
mkdir -p build/server
echo "server: compiling the model"
build/release/bin/bitnet-compile "$model" --name=server_model \
  -o build/server/model.o
echo "server: compiling and linking the server"
c++ -std=c++17 -O2 -Iinclude examples/server/*.cpp build/server/model.o \
  -DCPPHTTPLIB_OPENSSL_SUPPORT -DCPPHTTPLIB_ZLIB_SUPPORT \
  -DCPPHTTPLIB_BROTLI_SUPPORT -lcpp-httplib -pthread -o build/server/server
exec build/server/server "$@"
