//===- LimitKernels.cpp - Kernels that reach limits -----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LimitKernels.h"

#include "bitnet/Dialect/BitNetISA/IR/BitNetISA.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Results of several cycles are needed only that many executions later: more
/// than the latency times the executions of a cycle on every processor so far,
/// and as many as fit into 16 registers beside the operands.
static constexpr int64_t chains = 12;

void mlir::bitnet::emitReadLoop(Emitter &e, const KernelArguments &a,
                                int64_t vectorBytes, int64_t prefetchBytes) {
  constexpr int64_t accumulators = 8;
  VectorType type = e.vectorType(vectorBytes, e.i8Type());
  SmallVector<Value> zeros(accumulators, e.constant(type, int64_t(0)));
  SmallVector<Value> sums =
      e.loop(e.index(0), a.rows, 1, zeros, [&](Value, ValueRange repeated) {
        return e.loop(
            a.begin, a.end, readStepBytes, repeated,
            [&](Value offset, ValueRange carried) {
              SmallVector<Value> next(carried.begin(), carried.end());
              for (int64_t at = 0; at < readStepBytes; at += vectorBytes) {
                Value index = e.add(offset, e.index(at));
                if (prefetchBytes && at % 64 == 0)
                  e.prefetch(a.inputs[0],
                             {e.add(index, e.index(prefetchBytes))});
                Value &sum = next[at / vectorBytes % accumulators];
                sum = e.add(sum, e.loadVector(type, a.inputs[0], {index}));
              }
              return next;
            });
      });
  Value total = sums.front();
  for (Value sum : ArrayRef(sums).drop_front())
    total = e.add(total, sum);
  e.storeVector(total, a.outputs[0], {e.index(0)});
}

void mlir::bitnet::emitClockLoop(Emitter &e, const KernelArguments &a) {
  auto load = [&](int64_t at) -> Value {
    VectorType bytes = e.vectorType(8, e.i8Type());
    VectorType word = e.vectorType(1, e.builder().getI64Type());
    return e.extract(
        e.bitcast(e.loadVector(bytes, a.inputs[0], {e.index(at)}), word), 0);
  };
  Value flip = load(8), step = load(16);
  // Neither operation can be moved past the other, so the chain stays as long
  // as it is.
  Value last =
      e.loop(e.index(0), a.rows, 1, {load(0)}, [&](Value, ValueRange carried) {
         Value value = carried.front();
         for (int64_t i = 0; i < clockChainLength / 2; ++i) {
           value =
               arith::XOrIOp::create(e.builder(), e.location(), value, flip);
           value = e.add(value, step);
         }
         return SmallVector<Value>{value};
       }).front();
  e.store(e.truncate(last, e.i8Type()), a.outputs[0], {e.index(0)});
}

/// `rows` iterations of executions of an instruction on `chains` values of
/// `type`, each of which `execute` makes from the value before and two operands
/// that do not change.
static void emitChains(Emitter &e, const KernelArguments &a, VectorType type,
                       function_ref<Value(Value, Value, Value)> execute) {
  int64_t size =
      type.getNumElements() * type.getElementTypeBitWidth() / int64_t(8);
  VectorType bytes = e.vectorType(size, e.i8Type());
  auto load = [&](int64_t position) {
    return e.bitcast(
        e.loadVector(bytes, a.inputs[0], {e.index(position * size)}), type);
  };
  SmallVector<Value> initial;
  for (int64_t i = 0; i < chains; ++i)
    initial.push_back(load(i));
  Value first = load(chains), second = load(chains + 1);
  SmallVector<Value> results =
      e.loop(e.index(0), a.rows, 1, initial, [&](Value, ValueRange carried) {
        SmallVector<Value> next(carried.begin(), carried.end());
        for (int64_t i = 0; i < PeakInstruction::perIteration; ++i)
          next[i % chains] = execute(next[i % chains], first, second);
        return next;
      });
  for (auto [i, result] : llvm::enumerate(results))
    e.storeVector(e.bitcast(result, bytes), a.outputs[0],
                  {e.index(static_cast<int64_t>(i) * size)});
}

/// Dot products of four bytes, `lanes` sums.
template <typename OpT, int64_t lanes>
static void emitDots(Emitter &e, const KernelArguments &a) {
  VectorType bytes = e.vectorType(4 * lanes, e.i8Type());
  emitChains(e, a, e.vectorType(lanes, e.i32Type()),
             [&](Value sum, Value lhs, Value rhs) -> Value {
               return OpT::create(e.builder(), e.location(), sum,
                                  e.bitcast(lhs, bytes), e.bitcast(rhs, bytes));
             });
}

/// Products of `size` bytes whose sums are operands of the next products:
/// otherwise they would not change and be computed once.
template <int64_t size>
static void emitMultiplyAddBytes(Emitter &e, const KernelArguments &a) {
  VectorType bytes = e.vectorType(size, e.i8Type());
  VectorType words = e.vectorType(size / 2, e.builder().getI16Type());
  emitChains(e, a, bytes, [&](Value value, Value factor, Value) -> Value {
    Value sums = bitnet_isa::MultiplyAddBytesOp::create(
        e.builder(), e.location(), words, value, factor);
    return e.bitcast(sums, bytes);
  });
}

/// Looked-up values are the next indices.
template <typename OpT, int64_t size, unsigned bits>
static void emitLookups(Emitter &e, const KernelArguments &a) {
  VectorType type = e.vectorType(size, e.builder().getIntegerType(bits));
  emitChains(e, a, type, [&](Value indices, Value table, Value) -> Value {
    return OpT::create(e.builder(), e.location(), table, indices);
  });
}

static void emitTwoTableLookups(Emitter &e, const KernelArguments &a) {
  VectorType type = e.vectorType(64, e.i8Type());
  emitChains(e, a, type, [&](Value indices, Value low, Value high) -> Value {
    return bitnet_isa::PermuteTwoBytesOp::create(e.builder(), e.location(), low,
                                                 indices, high);
  });
}

ArrayRef<PeakInstruction> mlir::bitnet::getDotInstructions() {
  using namespace bitnet_isa;
  static constexpr PeakInstruction rows[] = {
      {"pmaddubsw xmm", InstructionSet::SSSE3, 16, emitMultiplyAddBytes<16>},
      {"vpmaddubsw ymm", InstructionSet::AVX2, 32, emitMultiplyAddBytes<32>},
      {"vpdpbusd ymm", InstructionSet::AVXVNNI, 32,
       emitDots<DotAccumulateOp, 8>},
      {"vpmaddubsw zmm", InstructionSet::AVX512BW, 64,
       emitMultiplyAddBytes<64>},
      {"vpdpbusd zmm", InstructionSet::AVX512VNNI, 64,
       emitDots<DotAccumulateOp, 16>},
      {"sdot", InstructionSet::DotProd, 16, emitDots<SignedDotOp, 4>},
      {"smmla", InstructionSet::I8MM, 32, emitDots<MatrixMultiplyAddOp, 4>},
  };
  return rows;
}

ArrayRef<PeakInstruction> mlir::bitnet::getLookupInstructions() {
  using namespace bitnet_isa;
  static constexpr PeakInstruction rows[] = {
      {"pshufb xmm", InstructionSet::SSSE3, 16,
       emitLookups<ShuffleBytesOp, 16, 8>},
      {"vpshufb ymm", InstructionSet::AVX2, 32,
       emitLookups<ShuffleBytesOp, 32, 8>},
      {"vpshufb zmm", InstructionSet::AVX512BW, 64,
       emitLookups<ShuffleBytesOp, 64, 8>},
      {"vpermw zmm", InstructionSet::AVX512BW, 32,
       emitLookups<PermuteWordsOp, 32, 16>},
      {"vpermi2b zmm", InstructionSet::AVX512VBMI, 64, emitTwoTableLookups},
      {"tbl", InstructionSet::NEON, 16, emitLookups<TableLookupOp, 16, 8>},
  };
  return rows;
}
