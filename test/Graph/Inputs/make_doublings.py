# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Prints a graph that doubles its input as often as the argument says."""

import sys

count = int(sys.argv[1])
print('func.func @main(%x0: tensor<8xf32> {onnx.name = "x", onnx.dims = [8]})')
print('    -> (tensor<8xf32> {onnx.name = "y", onnx.dims = [8]}) {')
for i in range(count):
    print(f'  %x{i + 1} = onnx.node "Add" version 14 (%x{i}, %x{i})')
    print("    : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xf32>")
print(f"  return %x{count} : tensor<8xf32>")
print("}")
