//===- Elementwise.cpp - Portable elementwise kernels ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Folding moves most of these into neighbouring kernels.
//
//===----------------------------------------------------------------------===//

#include "bitnet/Kernels/Kernels.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Emits a loop over token rows and columns that stores `compute(row, column)`.
static void
emitElementwise(Emitter &e, const KernelArguments &a, int64_t columns,
                function_ref<Value(Value row, Value column)> compute) {
  e.loop(a.begin, a.end, 1, [&](Value row) {
    e.loop(e.index(0), e.index(columns), 1, [&](Value column) {
      e.store(compute(row, column), a.outputs[0], {row, column});
    });
  });
}

/// Element (row, offset + column) of an input.
static Value loadAt(Emitter &e, Value buffer, Value row, Value column,
                    int64_t offset) {
  return e.load(buffer, {row, e.add(column, e.index(offset))});
}

Value mlir::bitnet::emitActivation(Emitter &e, Activation activation,
                                   Value value) {
  switch (activation) {
  case Activation::SquaredReLU:
    return e.squaredRelu(value);
  case Activation::SiLU:
    return e.silu(value);
  case Activation::GELUTanh:
    return e.geluTanh(value);
  }
  llvm_unreachable("unknown activation");
}

void portable::emitGate(Emitter &e, const KernelArguments &a,
                        const ColumnsSpec &gate, const ColumnsSpec &up,
                        Activation activation) {
  emitElementwise(e, a, gate.columns, [&](Value row, Value column) {
    Value g = loadAt(e, a.inputs[0], row, column, gate.offset);
    Value u = loadAt(e, a.inputs[1], row, column, up.offset);
    return e.mul(emitActivation(e, activation, g), u);
  });
}

void portable::emitAdd(Emitter &e, const KernelArguments &a,
                       const ColumnsSpec &lhs, const ColumnsSpec &rhs) {
  emitElementwise(e, a, lhs.columns, [&](Value row, Value column) {
    return e.add(loadAt(e, a.inputs[0], row, column, lhs.offset),
                 loadAt(e, a.inputs[1], row, column, rhs.offset));
  });
}

void portable::emitAddBias(Emitter &e, const KernelArguments &a,
                           const ColumnsSpec &input) {
  emitElementwise(e, a, input.columns, [&](Value row, Value column) {
    return e.add(loadAt(e, a.inputs[0], row, column, input.offset),
                 e.load(a.inputs[1], {column}));
  });
}

void portable::emitQuantizationError(Emitter &e, const KernelArguments &a,
                                     const ColumnsSpec &input) {
  emitElementwise(e, a, input.columns, [&](Value row, Value column) {
    Value value =
        e.signedToFloat(e.load(a.inputs[1], {row, column}), e.f32Type());
    return e.sub(loadAt(e, a.inputs[0], row, column, input.offset),
                 e.mul(value, e.load(a.inputs[2], {row})));
  });
}

void portable::emitCopyRows(Emitter &e, const KernelArguments &a,
                            const ColumnsSpec &input) {
  emitElementwise(e, a, input.columns, [&](Value row, Value column) {
    return loadAt(e, a.inputs[0], row, column, input.offset);
  });
}

void portable::emitSelectRows(Emitter &e, const KernelArguments &a,
                              const ColumnsSpec &input) {
  emitElementwise(e, a, input.columns, [&](Value row, Value column) {
    return loadAt(e, a.inputs[0], e.loadIndex(a.inputs[1], {row}), column,
                  input.offset);
  });
}

void portable::emitRope(Emitter &e, const KernelArguments &a,
                        const ColumnsSpec &input,
                        const RotationSpec &rotation) {
  e.loop(a.begin, a.end, 1, [&](Value row) {
    auto heads = [&](Value head) {
      emitRotatedHead(
          e, a.inputs[1], row, rotation,
          [&](Value i) {
            return loadAt(e, a.inputs[0], row, e.add(head, i), input.offset);
          },
          [&](Value i, Value value) {
            e.store(value, a.outputs[0], {row, e.add(head, i)});
          });
    };
    e.loop(e.index(0), e.index(input.columns), rotation.headSize, heads);
  });
}
