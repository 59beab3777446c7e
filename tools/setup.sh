#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Installs the Debian packages that building and testing need. Safe to run
# again: it only installs what is missing, and needs root only for that.
set -eu

packages="
  clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  libclang-rt-22-dev zlib1g-dev libzstd-dev
  cmake ninja-build g++ libc6-dev libfmt-dev libgtest-dev
  libonnx-dev libonnx-testdata libprotobuf-dev
  libcpp-httplib-dev nlohmann-json3-dev
  python3 python3-jinja2 python3-numpy qemu-user"

missing=""
for package in $packages; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  case "$status" in
  *" installed") ;;
  *) missing="$missing $package" ;;
  esac
done

if [ -z "$missing" ]; then
  echo "setup: all packages are installed"
  exit 0
fi
echo "setup: installing$missing"
if [ "$(id -u)" -ne 0 ]; then
  echo "setup: installing packages needs root; run: sudo $0" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends $missing >/dev/null
echo "setup: done"
