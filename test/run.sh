#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Runs all tests: installs what is missing, builds, then lit and unit tests.
set -eu
cd "$(dirname "$0")/.."
tools/setup.sh
tools/build.sh release
cmake --build --preset release --target check-bitnet
