#!/bin/sh
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Usage: generate.sh <mlir-tblgen> <mlir include folder> <bitnet-compile>
#          <bitnet-bench> <output>
# Writes the reference documentation to the output folder.
set -eu
tblgen=$1 mlir=$2 compile=$3 bench=$4 output=$5
include=$(cd "$(dirname "$0")/../include" && pwd)
mkdir -p "$output"

# generate <file> <generator> <definitions, in include/bitnet> [<option>...]
generate() {
  file=$1 generator=$2 definitions=$3
  shift 3
  "$tblgen" "-gen-$generator" "$@" -I "$include" -I "$mlir" \
    "$include/bitnet/$definitions" | sed 's/[[:space:]]*$//' >"$output/$file"
}

generate BitNet.md dialect-doc Dialect/BitNet/IR/BitNetOps.td -dialect=bitnet
generate BitNetISA.md dialect-doc Dialect/BitNetISA/IR/BitNetISAOps.td \
  -dialect=bitnet_isa
generate BitNetRuntime.md dialect-doc \
  Dialect/BitNetRuntime/IR/BitNetRuntimeOps.td -dialect=bitnet_runtime
generate ONNX.md dialect-doc Dialect/ONNX/IR/ONNXOps.td -dialect=onnx
generate GraphPasses.md pass-doc Dialect/BitNet/Transforms/Passes.td
generate ONNXPasses.md pass-doc Dialect/ONNX/Transforms/Passes.td
generate MemoryPasses.md pass-doc Dialect/BitNetRuntime/Transforms/Passes.td
generate GraphPlanPasses.md pass-doc Graph/Passes.td
generate ConversionPasses.md pass-doc Conversion/Passes.td
{
  printf '# bitnet-compile\n\n```\n'
  "$compile" --help | sed 's/[[:space:]]*$//'
  printf '```\n\n## Kernels\n\n```\n'
  "$compile" --kernel=list
  printf '```\n\n## Machines\n\n```\n'
  "$compile" --machine=list
  printf '```\n'
} >"$output/bitnet-compile.md"
{
  printf '# ONNX operators\n\nDomain, operator and the versions of the operator '
  printf 'set since which it can be\ncompiled; what changed in between is handled, '
  printf 'too.\n\n```\n'
  "$compile" --operators
  printf '```\n'
} >"$output/ONNXOperators.md"
{
  printf '# bitnet-bench\n'
  for command in limits kernels model compare tokenizer; do
    printf '\n## %s\n\n```\n' "$command"
    "$bench" "$command" --help | sed 's/[[:space:]]*$//'
    printf '```\n'
  done
} >"$output/bitnet-bench.md"
