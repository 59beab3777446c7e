//===- LinearWorkload.cpp - Linear layers on random data ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Execution/LinearWorkload.h"

#include "bitnet/Packing/Packing.h"
#include "bitnet/Target/HostCaches.h"
#include "bitnet/Weights/HalfFloat.h"
#include "llvm/Support/MathExtras.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::bitnet;

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

namespace {
/// splitmix64: a matrix of a billion elements shall take seconds.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

private:
  uint64_t state;
};
} // namespace

/// A byte of four codes (trit + 1) from four random bytes.
static char makeCodes(uint32_t random, bool isBinary) {
  unsigned codes = 0;
  for (unsigned i = 0; i < 4; ++i) {
    unsigned byte = (random >> (8 * i)) & 255;
    unsigned code = isBinary ? (byte & 1) * 2 : byte * 3 >> 8;
    codes |= code << (2 * i);
  }
  return static_cast<char>(codes);
}

LinearOperands::LinearOperands(int64_t rows, int64_t columns, int64_t tokens,
                               bool isBinary, LinearForm form)
    : weight(rows, columns), values(tokens * columns), scales(tokens),
      sums(tokens), form(form) {
  Random random(static_cast<uint64_t>(rows) << 32 ^
                static_cast<uint64_t>(columns));
  weight.scales = {0.03125f};
  // What pads the last byte of a row stays as it is.
  int64_t rowBytes = weight.getView().getRowBytes();
  for (int64_t m = 0; m < rows; ++m)
    for (int64_t i = 0; i < rowBytes; ++i) {
      char codes = makeCodes(static_cast<uint32_t>(random.next()), isBinary);
      int64_t left = columns - 4 * i;
      if (left >= 4) {
        weight.codes[m * rowBytes + i] = codes;
        continue;
      }
      for (int64_t k = 0; k < left; ++k)
        weight.setTrit(m, 4 * i + k, (codes >> (2 * k) & 3) - 1);
    }
  for (int64_t t = 0; t < tokens; ++t) {
    scales[t] = 0.5f + static_cast<float>(t % 64) / 64;
    for (int64_t k = 0; k < columns; ++k) {
      auto value = static_cast<int>(random.next() % 255) - 127;
      values[t * columns + k] = static_cast<int8_t>(value);
      sums[t] += value;
    }
  }
}

bool mlir::bitnet::isBinary(const LinearKernel &kernel) {
  return kernel.element == ElementKind::Bit;
}

/// The weight in a layout of trits, bits or 8-bit numbers.
static std::vector<char> packWeight(const TernaryMatrix &weight,
                                    LayoutAttr layout) {
  if (layout.getElement() == ElementKind::Int8) {
    std::vector<char> codes(weight.rows * weight.columns);
    for (int64_t m = 0; m < weight.rows; ++m)
      for (int64_t k = 0; k < weight.columns; ++k)
        codes[m * weight.columns + k] = static_cast<char>(weight.getTrit(m, k));
    return packInt8(codes, weight.rows, weight.columns, layout);
  }
  if (layout.getElement() != ElementKind::Bit)
    return packTrits(weight.getView(), layout);
  BinaryView view{weight.rows, weight.columns, {}};
  std::vector<char> bits(weight.rows * view.getRowBytes());
  for (int64_t m = 0; m < weight.rows; ++m)
    for (int64_t k = 0; k < weight.columns; ++k)
      if (weight.getTrit(m, k) > 0)
        bits[m * view.getRowBytes() + k / 8] |= static_cast<char>(1 << k % 8);
  view.bytes = bits;
  return packBits(view, layout);
}

//===----------------------------------------------------------------------===//
// Workloads
//===----------------------------------------------------------------------===//

llvm::Expected<LinearWorkload>
LinearWorkload::create(TargetAttr target, const LinearKernel &row,
                       const LinearOperands &operands, int64_t streamBytes) {
  MLIRContext *context = target.getContext();
  LayoutAttr layout = row.getLayout(context);
  PackedMatrix matrix{layout, operands.weight.rows, operands.weight.columns};
  int64_t tokens = operands.getTokens();
  int64_t padded = layout.getPaddedColumns(matrix.columns);
  int64_t tableBytes = getLookupTableBytes(row.element, padded);
  auto buffer = [&](ArrayRef<int64_t> shape, Type element) -> Type {
    return MemRefType::get(shape, element);
  };
  Type i8 = IntegerType::get(context, 8), i32 = IntegerType::get(context, 32);
  Type f32 = Float32Type::get(context);
  int64_t weightBytes = layout.getTileCount(matrix.rows) *
                        layout.getStepCount(matrix.columns) *
                        layout.getStepBytes();
  // The packer's result, and the copy that kernels read.
  if (llvm::Error error = checkAvailableMemory(2 * weightBytes))
    return std::move(error);

  QuantizedLinearSpec spec{matrix, WeightScales::Matrix, /*blockColumns=*/0,
                           /*hasResidual=*/false, /*residualOffset=*/0};
  spec.parts = operands.form.parts;
  Type scales = buffer({1}, f32);
  if (operands.form.blockColumns) {
    spec.scales = WeightScales::Blocks;
    spec.blockColumns = operands.form.blockColumns;
    spec.hasHalfScales = true;
    scales = buffer({layout.getTileCount(matrix.rows),
                     matrix.columns / spec.blockColumns, layout.getTileRows()},
                    IntegerType::get(context, 16));
  }
  bool hasTables = row.family == KernelFamily::LookupTable;
  Type activations[] = {buffer({tokens, hasTables ? tableBytes : padded}, i8),
                        buffer({tokens}, f32), buffer({tokens}, i32)};
  SmallVector<Type> inputs(std::begin(activations), std::end(activations));
  inputs.append({buffer({weightBytes}, i8), scales});
  for (int64_t part = 1; part < spec.parts; ++part)
    llvm::append_range(inputs, activations);
  llvm::Expected<JitKernel> kernel = JitKernel::compile(
      target, inputs, buffer({tokens, matrix.rows}, f32),
      [&](Emitter &e, const KernelArguments &a) { row.emit(e, a, spec); });
  if (!kernel)
    return kernel.takeError();
  std::optional<JitKernel> tableKernel;
  if (hasTables) {
    LookupTablesSpec tables{row.element, padded};
    llvm::Expected<JitKernel> made = JitKernel::compile(
        target, buffer({tokens, padded}, i8), buffer({tokens, tableBytes}, i8),
        [&](Emitter &e, const KernelArguments &a) {
          row.emitTables(e, a, tables);
        });
    if (!made)
      return made.takeError();
    tableKernel = std::move(*made);
  }
  LinearWorkload workload(std::move(*kernel), std::move(tableKernel));
  if (llvm::Error error = workload.allocate(operands, layout, streamBytes))
    return std::move(error);
  return workload;
}

llvm::Error LinearWorkload::allocate(const LinearOperands &operands,
                                     LayoutAttr layout, int64_t streamBytes) {
  const TernaryMatrix &matrix = operands.weight;
  int64_t tokens = operands.getTokens();
  int64_t padded = layout.getPaddedColumns(matrix.columns);
  rows = matrix.rows;
  tiles = layout.getTileCount(rows);
  weightScale = matrix.getScale(0, 0);
  form = operands.form;
  int64_t scaleCount = form.blockColumns
                           ? layout.getTileCount(rows) * matrix.columns /
                                 form.blockColumns * layout.getTileRows()
                           : 0;
  std::vector<char> packed = packWeight(matrix, layout);
  weightBytes = static_cast<int64_t>(packed.size());
  copyStride = static_cast<int64_t>(llvm::alignTo(packed.size(), 64));
  copies =
      std::max(int64_t(1), llvm::divideCeilSigned(streamBytes, copyStride));

  std::pair<AlignedBuffer *, int64_t> buffers[] = {
      {&values, tokens * padded},
      {&tables, tokens * getLookupTableBytes(layout.getElement(), padded)},
      {&scales, tokens * 4},
      {&sums, tokens * 4},
      {&weight, copies * copyStride},
      {&blockScales, scaleCount * 2},
      {&output, tokens * rows * 4}};
  for (auto [buffer, bytes] : buffers) {
    llvm::Expected<AlignedBuffer> made = AlignedBuffer::create(bytes);
    if (!made)
      return made.takeError();
    *buffer = std::move(*made);
  }
  for (int64_t t = 0; t < tokens; ++t)
    std::copy_n(operands.values.data() + t * matrix.columns, matrix.columns,
                values.as<int8_t>() + t * padded);
  llvm::copy(operands.scales, scales.as<float>());
  llvm::copy(operands.sums, sums.as<int32_t>());
  std::fill_n(blockScales.as<uint16_t>(), scaleCount, encodeF16(weightScale));
  for (int64_t copy = 0; copy < copies; ++copy)
    llvm::copy(packed, weight.data() + copy * copyStride);
  return llvm::Error::success();
}

void LinearWorkload::run(ThreadTeam &team, int64_t tokens, bool streams,
                         int64_t calls) {
  AlignedBuffer &operand = hasTables() ? tables : values;
  char *weightScales = form.blockColumns
                           ? blockScales.data()
                           : reinterpret_cast<char *>(&weightScale);
  team.run([&](ThreadTeam::Member member) {
    auto [begin, end] = team.getShare(member.thread, tiles);
    for (int64_t call = 0; call < calls; ++call) {
      int64_t copy = streams ? (nextCopy + call) % copies : 0;
      SmallVector<KernelArgument> arguments = {
          operand, scales, sums, weight.data() + copy * copyStride,
          weightScales};
      for (int64_t part = 1; part < form.parts; ++part)
        arguments.append({operand, scales, sums});
      arguments.push_back(output);
      kernel(begin, end, tokens, arguments);
      member.barrier();
    }
  });
  if (streams)
    nextCopy = (nextCopy + calls) % copies;
}

void LinearWorkload::runTables(ThreadTeam &team, int64_t tokens,
                               int64_t calls) {
  team.run([&](ThreadTeam::Member member) {
    auto [begin, end] =
        team.getShare(member.thread, tokens * LookupTablesSpec::parts);
    for (int64_t call = 0; call < calls; ++call) {
      (*tableKernel)(begin, end, tokens, {values, tables});
      member.barrier();
    }
  });
}

//===----------------------------------------------------------------------===//
// Measurement
//===----------------------------------------------------------------------===//

llvm::Expected<std::vector<LinearTiming>> mlir::bitnet::measureLinearKernels(
    TargetAttr target, ArrayRef<const LinearKernel *> kernels,
    const LinearCase &shape, const TimingOptions &options) {
  bool streams = shape.from == WeightsFrom::Memory;
  int64_t streamBytes = streams ? getStreamBytes() : 0;
  llvm::Expected<ThreadTeam> team = ThreadTeam::create(shape.threads);
  if (!team)
    return team.takeError();
  std::vector<LinearWorkload> workloads;
  std::optional<LinearOperands> operands[2];
  for (const LinearKernel *kernel : kernels) {
    bool binary = isBinary(*kernel);
    if (!operands[binary])
      operands[binary].emplace(shape.rows, shape.columns, shape.tokens, binary,
                               shape.form);
    llvm::Expected<LinearWorkload> workload =
        LinearWorkload::create(target, *kernel, *operands[binary], streamBytes);
    if (!workload)
      return workload.takeError();
    workloads.push_back(std::move(*workload));
  }
  std::vector<std::function<void(int64_t)>> candidates;
  for (LinearWorkload &workload : workloads) {
    candidates.push_back([&](int64_t calls) {
      workload.run(*team, shape.tokens, streams, calls);
    });
    if (workload.hasTables())
      candidates.push_back([&](int64_t calls) {
        workload.runTables(*team, shape.tokens, calls);
      });
  }
  std::vector<Timing> timings = measureInTurn(candidates, options);
  std::vector<LinearTiming> results;
  const Timing *timing = timings.data();
  for (LinearWorkload &workload : workloads) {
    LinearTiming &result = results.emplace_back();
    result.call = *timing++;
    if (workload.hasTables())
      result.tables = *timing++;
  }
  return results;
}

llvm::Expected<double>
mlir::bitnet::measureLinearKernel(TargetAttr target, const LinearKernel &kernel,
                                  const LinearCase &shape,
                                  const TimingOptions &options) {
  llvm::Expected<std::vector<LinearTiming>> timings =
      measureLinearKernels(target, &kernel, shape, options);
  if (!timings)
    return timings.takeError();
  return timings->front().call.median;
}
