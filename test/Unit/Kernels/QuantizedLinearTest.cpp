//===- QuantizedLinearTest.cpp - Kernels of quantised layers --------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every kernel against a naive integer loop and the float formula of
// bitnet.quantized_linear. All of them equal the loop bit for bit, and so each
// other.
//
//===----------------------------------------------------------------------===//

#include "Buffer.h"
#include "KernelJit.h"

#include "bitnet/Kernels/KernelTable.h"
#include "bitnet/Packing/Packing.h"
#include "bitnet/Weights/HalfFloat.h"

#include <deque>
#include <numeric>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
/// Most token rows of a call; buffers have that many.
constexpr int64_t maximumTokens = 64;
constexpr int64_t tokenCounts[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 64};

struct Shape {
  int64_t rows, columns;
  bool hasRowScales, hasResidual;
  int64_t residualOffset = 0;
  /// Columns that share a scale; 0: scales are of rows or the matrix.
  int64_t blockColumns = 0;
  /// Of blocks of int8 elements.
  bool hasOffsets = false;
  bool hasHalfScales = false;
  int64_t parts = 1;

  int64_t residualColumns() const { return rows + residualOffset + 5; }
  int64_t blocks() const { return columns / blockColumns; }
  WeightScales scales() const {
    if (blockColumns)
      return WeightScales::Blocks;
    return hasRowScales ? WeightScales::Rows : WeightScales::Matrix;
  }
  /// As they are before packing.
  int64_t scaleCount() const {
    if (blockColumns)
      return rows * blocks();
    return hasRowScales ? rows : 1;
  }
};

std::string describe(const LinearKernel &kernel, const Shape &shape) {
  return kernel.name.str() + " " + std::to_string(shape.rows) + "x" +
         std::to_string(shape.columns);
}

WeightKind getKind(const LinearKernel &kernel) {
  return *getWeightKind(kernel.element);
}

enum class Contents {
  Random,
  ZeroRows,
  AllLargest,
  AllSmallest,
  /// +1 for activations +127 and -1 for -127, in an alternating pattern.
  Alternating,
  /// The same, and the negative of it in odd rows.
  Opposing,
  ZeroActivations,
  /// Activations of -128, which not all kernels accept: all of them with +1,
  /// and in turn with 127 and trits of the same sign.
  AllLowest,
  AlternatingLowest,
};
constexpr Contents lowestContents[] = {Contents::AllLowest,
                                       Contents::AlternatingLowest};
constexpr Contents allContents[] = {
    Contents::Random,         Contents::ZeroRows,    Contents::AllLargest,
    Contents::AllSmallest,    Contents::Alternating, Contents::Opposing,
    Contents::ZeroActivations};

/// Operands of one layer and its results by the definition.
struct Layer {
  /// Of a binary layer, weights that would be 0 are +1 and -1 in turn; of int8,
  /// those that would be +1 and -1 are up to 127 and -128.
  Layer(const Shape &shape, Contents contents,
        WeightKind kind = WeightKind::Ternary);

  float multiply(const Shape &shape, int64_t m, int64_t row,
                 llvm::ArrayRef<int> weights) const;

  WeightKind kind;
  /// [rows][columns]
  std::vector<int> weight;
  /// [parts][tokens][columns], without padding.
  std::vector<int> values;
  /// [parts][tokens]
  std::vector<float> scales;
  std::vector<float> weightScales, weightOffsets, residual;
  /// [tokens][rows].
  std::vector<float> results;
};

Layer::Layer(const Shape &shape, Contents contents, WeightKind kind)
    : kind(kind), weight(shape.rows * shape.columns),
      values(shape.parts * maximumTokens * shape.columns) {
  Random random(static_cast<unsigned>(shape.rows * 7919 + shape.columns * 31 +
                                      int(contents)));
  int64_t rows = shape.rows, columns = shape.columns;
  auto trit = [&](int64_t m, int64_t k) -> int {
    int alternating = k % 2 ? -1 : 1;
    switch (contents) {
    case Contents::ZeroRows:
      return m % 3 == 0 ? 0 : int(random.integer(-1, 1));
    case Contents::AllLargest:
    case Contents::AllLowest:
      return 1;
    case Contents::AllSmallest:
      return -1;
    case Contents::Alternating:
    case Contents::AlternatingLowest:
      return alternating;
    case Contents::Opposing:
      return m % 2 ? -alternating : alternating;
    default:
      return int(random.integer(-1, 1));
    }
  };
  auto value = [&](int64_t t, int64_t k) -> int {
    int alternating = k % 2 ? -127 : 127;
    switch (contents) {
    case Contents::AllLargest:
      return 127;
    case Contents::AllSmallest:
      return -127;
    case Contents::Alternating:
    case Contents::Opposing:
      return t % 2 ? -alternating : alternating;
    case Contents::ZeroActivations:
      return 0;
    case Contents::AllLowest:
      return -128;
    case Contents::AlternatingLowest:
      return alternating < 0 ? -128 : 127;
    default:
      return int(random.integer(-127, 127));
    }
  };
  for (int64_t m = 0; m < rows; ++m)
    for (int64_t k = 0; k < columns; ++k) {
      int element = trit(m, k);
      if (kind == WeightKind::Binary && element == 0)
        element = (m + k) % 2 * 2 - 1;
      if (kind == WeightKind::Int8)
        element = contents == Contents::Random ? int(random.integer(-128, 127))
                  : element < 0                ? -128
                                               : 127 * element;
      weight[m * columns + k] = element;
    }
  for (int64_t t = 0; t < shape.parts * maximumTokens; ++t)
    for (int64_t k = 0; k < columns; ++k)
      values[t * columns + k] = value(t, k);
  scales = random.reals(shape.parts * maximumTokens, 0.1f);
  weightScales = random.reals(shape.scaleCount(), 3);
  weightOffsets = random.reals(shape.scaleCount(), 3);
  if (shape.hasHalfScales)
    for (auto *numbers : {&weightScales, &weightOffsets})
      for (float &number : *numbers)
        number = decodeF16(encodeF16(number));
  residual = random.reals(maximumTokens * shape.residualColumns(), 50);

  results.resize(maximumTokens * rows);
  for (int64_t m = 0; m < rows; ++m) {
    auto row = llvm::ArrayRef(weight).slice(m * columns, columns);
    for (int64_t t = 0; t < maximumTokens; ++t) {
      float result =
          multiply(shape, m, (shape.parts - 1) * maximumTokens + t, row);
      for (int64_t part = shape.parts - 1; part-- > 0;)
        result = multiply(shape, m, part * maximumTokens + t, row) + result;
      if (shape.hasResidual)
        result =
            result +
            residual[t * shape.residualColumns() + shape.residualOffset + m];
      results[t * rows + m] = result;
    }
  }
}

/// The tables of a row of activations by the definition. Entries that no field
/// has are nonsense.
std::vector<int8_t> makeTables(ElementKind element,
                               llvm::ArrayRef<int8_t> values) {
  const LookupFormat &format = *getLookupFormat(element);
  std::vector<int8_t> tables(getLookupTableBytes(element, values.size()), 0x5A);
  auto *table = tables.data();
  for (; !values.empty(); values = values.drop_front(format.columns)) {
    for (int64_t entry = 0; entry < format.entries; ++entry) {
      auto trits = getLookupTrits(element, entry);
      if (!trits)
        continue;
      int64_t sum = format.offset;
      for (int64_t i = 0; i < format.columns; ++i)
        sum += (*trits)[i] * values[i];
      if (format.radix == 0) {
        std::memcpy(table + 2 * entry, &sum, 2);
        continue;
      }
      table[entry] = static_cast<int8_t>(sum % format.radix + format.leastLow);
      table[format.entries + entry] =
          static_cast<int8_t>(sum / format.radix + format.leastHigh);
    }
    table += format.getTableBytes();
  }
  return tables;
}

/// Row `m` of the weight times row `t` of the values.
float Layer::multiply(const Shape &shape, int64_t m, int64_t t,
                      llvm::ArrayRef<int> weights) const {
  const int *row = &values[t * shape.columns];
  auto dot = [&](int64_t begin, int64_t end) {
    int32_t sum = 0;
    for (int64_t k = begin; k < end; ++k)
      sum += row[k] * weights[k];
    return static_cast<float>(sum);
  };
  if (!shape.blockColumns) {
    float scale = weightScales[shape.hasRowScales ? m : 0] * scales[t];
    return dot(0, shape.columns) * scale;
  }
  float sum = 0;
  for (int64_t block = 0; block < shape.blocks(); ++block) {
    int64_t begin = block * shape.blockColumns;
    float product = dot(begin, begin + shape.blockColumns) *
                    weightScales[m * shape.blocks() + block];
    sum = sum + product;
    if (!shape.hasOffsets)
      continue;
    int32_t activations =
        std::accumulate(row + begin, row + begin + shape.blockColumns, 0);
    product = static_cast<float>(activations) *
              weightOffsets[m * shape.blocks() + block];
    sum = sum + product;
  }
  return sum * scales[t];
}

std::vector<char> packWeight(const Shape &shape, const Layer &layer,
                             LayoutAttr layout) {
  auto getWeight = [&](int64_t m, int64_t k) {
    return layer.weight[m * shape.columns + k];
  };
  auto forEach = [&](auto set) {
    for (int64_t m = 0; m < shape.rows; ++m)
      for (int64_t k = 0; k < shape.columns; ++k)
        set(m, k);
  };
  switch (layer.kind) {
  case WeightKind::Ternary: {
    TernaryMatrix trits(shape.rows, shape.columns);
    forEach(
        [&](int64_t m, int64_t k) { trits.setTrit(m, k, getWeight(m, k)); });
    return packTrits(trits.getView(), layout);
  }
  case WeightKind::Binary: {
    BinaryMatrix bits(shape.rows, shape.columns);
    forEach([&](int64_t m, int64_t k) {
      if (getWeight(m, k) > 0)
        bits.setPositive(m, k);
    });
    return packBits(bits.getView(), layout);
  }
  case WeightKind::Int8:
    std::vector<char> codes(layer.weight.begin(), layer.weight.end());
    return packInt8(codes, shape.rows, shape.columns, layout);
  }
  llvm_unreachable("unknown weights");
}

/// A kernel that has been compiled for a shape, and its operands.
class CompiledLayer {
public:
  /// `kernel` and `layout` need not belong together: the portable generator
  /// reads every layout.
  CompiledLayer(const Machine &machine, const Shape &shape,
                const LinearKernel &row, LayoutAttr layout,
                unsigned optimizationLevel = 3)
      : shape(shape), layout(layout), looksUp(row.emitTables),
        paddedColumns(layout.getStepCount(shape.columns) *
                      layout.getStepColumns()),
        weightBytes(layout.getTileCount(shape.rows) *
                    layout.getStepCount(shape.columns) * layout.getStepBytes()),
        valueBytes(looksUp ? getLookupTableBytes(row.element, paddedColumns)
                           : paddedColumns),
        kernel(compile(machine, row.emit, optimizationLevel)),
        weight(weightBytes), weightScales(packedScaleCount()),
        weightOffsets(packedScaleCount()), halfScales(packedScaleCount()),
        halfOffsets(packedScaleCount()),
        residual(maximumTokens * shape.residualColumns()),
        output(maximumTokens * shape.rows) {
    for (int64_t part = 0; part < shape.parts; ++part) {
      values.emplace_back(maximumTokens * valueBytes);
      scales.emplace_back(maximumTokens);
      sums.emplace_back(maximumTokens);
    }
  }

  /// For calls of up to `tokens` tokens.
  void setOperands(const Layer &layer, int64_t tokens = maximumTokens) {
    std::vector<int8_t> row(paddedColumns);
    for (int64_t part = 0; part < shape.parts; ++part)
      for (int64_t t = 0; t < tokens; ++t) {
        int64_t from = part * maximumTokens + t;
        scales[part][t] = layer.scales[from];
        sums[part][t] = 0;
        for (int64_t k = 0; k < shape.columns; ++k) {
          int value = layer.values[from * shape.columns + k];
          row[k] = static_cast<int8_t>(value);
          sums[part][t] += value;
        }
        std::vector<int8_t> read =
            looksUp ? makeTables(layout.getElement(), row) : row;
        ASSERT_EQ(static_cast<int64_t>(read.size()), valueBytes);
        llvm::copy(read, values[part].data() + t * valueBytes);
      }
    std::vector<char> packed = packWeight(shape, layer, layout);
    ASSERT_EQ(static_cast<int64_t>(packed.size()), weight.size());
    llvm::copy(packed, weight.begin());
    auto setScales = [&](llvm::ArrayRef<float> from, Buffer<float> &to,
                         Buffer<int16_t> &halves) {
      std::vector<float> numbers =
          shape.blockColumns ? packBlockScales(from, shape.rows, layout)
                             : from.vec();
      llvm::copy(numbers, to.begin());
      for (auto [number, half] : llvm::zip_equal(numbers, halves))
        half = static_cast<int16_t>(encodeF16(number));
    };
    setScales(layer.weightScales, weightScales, halfScales);
    setScales(layer.weightOffsets, weightOffsets, halfOffsets);
    llvm::copy(layer.residual, residual.begin());
  }

  int64_t tileCount() const { return layout.getTileCount(shape.rows); }
  void run(int64_t begin, int64_t end, int64_t tokens) {
    llvm::SmallVector<Argument> arguments = {values[0], scales[0], sums[0],
                                             weight};
    auto addScales = [&](Buffer<float> &numbers, Buffer<int16_t> &halves) {
      if (shape.hasHalfScales)
        arguments.push_back(halves);
      else
        arguments.push_back(numbers);
    };
    addScales(weightScales, halfScales);
    if (shape.hasOffsets)
      addScales(weightOffsets, halfOffsets);
    if (shape.hasResidual)
      arguments.push_back(residual);
    for (int64_t part = 1; part < shape.parts; ++part)
      arguments.append({values[part], scales[part], sums[part]});
    arguments.push_back(output);
    kernel(begin, end, tokens, arguments);
  }

private:
  Kernel compile(const Machine &machine, decltype(LinearKernel::emit) emit,
                 unsigned optimizationLevel) {
    mlir::Type activations[] = {byteBuffer({maximumTokens, valueBytes}),
                                floatBuffer({maximumTokens}),
                                integerBuffer({maximumTokens})};
    llvm::SmallVector<mlir::Type> inputs(std::begin(activations),
                                         std::end(activations));
    inputs.push_back(byteBuffer({weightBytes}));
    auto makeBuffer = shape.hasHalfScales ? wordBuffer : floatBuffer;
    mlir::Type scalesType =
        shape.blockColumns ? makeBuffer({layout.getTileCount(shape.rows),
                                         shape.blocks(), layout.getTileRows()})
                           : floatBuffer({shape.scaleCount()});
    inputs.append(1 + shape.hasOffsets, scalesType);
    if (shape.hasResidual)
      inputs.push_back(floatBuffer({maximumTokens, shape.residualColumns()}));
    for (int64_t part = 1; part < shape.parts; ++part)
      llvm::append_range(inputs, activations);
    QuantizedLinearSpec spec{{layout, shape.rows, shape.columns},
                             shape.scales(),
                             shape.blockColumns,
                             shape.hasResidual,
                             shape.residualOffset,
                             shape.hasOffsets,
                             shape.hasHalfScales,
                             shape.parts};
    return Kernel(
        machine, inputs, {floatBuffer({maximumTokens, shape.rows})},
        [&](Emitter &e, const KernelArguments &a) { emit(e, a, spec); },
        optimizationLevel);
  }

  int64_t packedScaleCount() const {
    return shape.blockColumns ? layout.getTileCount(shape.rows) *
                                    shape.blocks() * layout.getTileRows()
                              : shape.scaleCount();
  }

  Shape shape;
  LayoutAttr layout;
  bool looksUp;
  int64_t paddedColumns, weightBytes, valueBytes;
  Kernel kernel;
  /// Of each part.
  std::deque<Buffer<int8_t>> values;
  std::deque<Buffer<float>> scales;
  std::deque<Buffer<int32_t>> sums;
  Buffer<char> weight;
  Buffer<float> weightScales, weightOffsets;
  Buffer<int16_t> halfScales, halfOffsets;
  Buffer<float> residual;

public:
  Buffer<float> output;
};

/// Whole tile range, for every number of tokens in turn.
void checkTokenCounts(CompiledLayer &compiled, const Layer &layer,
                      int64_t rows) {
  for (int64_t tokens : tokenCounts) {
    compiled.output.clear();
    compiled.run(0, compiled.tileCount(), tokens);
    ASSERT_TRUE(haveSameRows(layer.results, compiled.output, tokens, rows))
        << tokens << " tokens";
  }
}

/// Uneven pieces of the tile range, in an order of their own.
void checkPartition(CompiledLayer &compiled, const Layer &layer, int64_t rows,
                    int64_t tokens) {
  Random random(static_cast<unsigned>(rows));
  std::vector<std::pair<int64_t, int64_t>> pieces;
  for (int64_t begin = 0; begin < compiled.tileCount();) {
    int64_t end = std::min(compiled.tileCount(), begin + random.integer(1, 3));
    pieces.insert(pieces.begin() + random.integer(0, pieces.size()),
                  {begin, end});
    begin = end;
  }
  compiled.output.clear();
  for (auto [begin, end] : pieces) {
    compiled.run(begin, begin, tokens); // An empty piece does nothing.
    compiled.run(begin, end, tokens);
  }
  ASSERT_TRUE(haveSameRows(layer.results, compiled.output, tokens, rows))
      << "in pieces";
}

/// Whether activations may be -128.
bool acceptsLowest(const LinearKernel &kernel) {
  return kernel.family == KernelFamily::MultiplyAdd ||
         kernel.element == ElementKind::TritWord;
}

class QuantizedLinearTest : public MachineTest {
protected:
  std::vector<const LinearKernel *> kernels() const {
    std::vector<const LinearKernel *> rows;
    for (const LinearKernel &kernel : getLinearKernels())
      if (machine().tests(kernel.level))
        rows.push_back(&kernel);
    return rows;
  }
};

/// Every M with two or three K and every K with two M.
std::vector<Shape> makeShapes() {
  constexpr int64_t rowCounts[] = {1, 7, 16, 31, 32, 33, 63, 64, 65, 200};
  constexpr int64_t columnCounts[] = {1,  4,   15,  16,  17,  20,  41,
                                      64, 100, 128, 129, 512, 1536};
  std::vector<Shape> shapes;
  for (size_t i = 0; i < 2 * std::size(columnCounts); ++i) {
    Shape shape{rowCounts[i % std::size(rowCounts)],
                columnCounts[i % std::size(columnCounts)],
                /*hasRowScales=*/i * 5 / 3 % 2 == 0,
                /*hasResidual=*/i * 5 / 6 % 2 == 0};
    shape.residualOffset = i % 3 == 0 ? 3 : 0;
    shapes.push_back(shape);
  }
  return shapes;
}
} // namespace

TEST_P(QuantizedLinearTest, EqualsTheNaiveLoop) {
  size_t next = 0, count = 0;
  for (const Shape &shape : makeShapes()) {
    ++count;
    // Random operands, and two of the special ones in turn.
    std::vector<Layer> layers[3];
    Contents contents[3] = {Contents::Random};
    for (int i = 1; i < 3; ++i)
      contents[i] = allContents[1 + next++ % (std::size(allContents) - 1)];
    for (WeightKind kind :
         {WeightKind::Ternary, WeightKind::Binary, WeightKind::Int8})
      for (Contents each : contents)
        layers[int(kind)].emplace_back(shape, each, kind);
    for (const LinearKernel *kernel : kernels()) {
      // Kernels of older levels have been tested at their own level. Those that
      // look up have tests of their own; every third shape has all widths.
      bool isOlder = kernel->level != machine().level;
      bool looksUp = kernel->family == KernelFamily::LookupTable;
      if (count % ((isOlder ? 3 : 1) * (looksUp ? 3 : 1)) != 0)
        continue;
      SCOPED_TRACE(describe(*kernel, shape));
      CompiledLayer compiled(machine(), shape, *kernel,
                             kernel->getLayout(&getContext()));
      for (const Layer &layer : layers[int(getKind(*kernel))]) {
        compiled.setOperands(layer);
        ASSERT_NO_FATAL_FAILURE(checkTokenCounts(compiled, layer, shape.rows));
        ASSERT_NO_FATAL_FAILURE(checkPartition(compiled, layer, shape.rows, 5));
      }
    }
  }
}

TEST_P(QuantizedLinearTest, EqualsTheNaiveLoopAtTheLargestSums) {
  for (Shape shape :
       {Shape{65, 6912, true, false}, Shape{64, 6912, false, true},
        Shape{33, 129, false, false}, Shape{7, 128, true, true},
        Shape{16, 512, false, false}}) {
    for (const LinearKernel *kernel : kernels()) {
      SCOPED_TRACE(describe(*kernel, shape));
      CompiledLayer compiled(machine(), shape, *kernel,
                             kernel->getLayout(&getContext()));
      std::vector<Contents> everything(std::begin(allContents),
                                       std::end(allContents));
      if (acceptsLowest(*kernel))
        llvm::append_range(everything, lowestContents);
      for (Contents contents : everything) {
        Layer layer(shape, contents, getKind(*kernel));
        compiled.setOperands(layer, 7);
        for (int64_t tokens : {1, 7}) {
          compiled.output.clear();
          compiled.run(0, compiled.tileCount(), tokens);
          ASSERT_TRUE(
              haveSameRows(layer.results, compiled.output, tokens, shape.rows))
              << "contents " << int(contents) << ", " << tokens << " tokens";
        }
      }
    }
  }
}

TEST_P(QuantizedLinearTest, EqualsTheNaiveLoopWithoutOptimisation) {
  for (Shape shape :
       {Shape{33, 100, true, true, 3}, Shape{64, 128, false, false}})
    for (const LinearKernel *kernel : kernels()) {
      SCOPED_TRACE(kernel->name.str());
      CompiledLayer compiled(machine(), shape, *kernel,
                             kernel->getLayout(&getContext()),
                             /*optimizationLevel=*/0);
      for (Contents contents : allContents) {
        Layer layer(shape, contents, getKind(*kernel));
        compiled.setOperands(layer);
        ASSERT_NO_FATAL_FAILURE(checkTokenCounts(compiled, layer, shape.rows));
      }
    }
}

/// Objects for several levels hold weights once, in tiles of 64 rows.
TEST_P(QuantizedLinearTest, ReadsTilesOfMoreRows) {
  Shape shape{150, 100, true, true, 3};
  for (const LinearKernel *kernel : kernels()) {
    LayoutAttr layout = LayoutAttr::get(&getContext(), kernel->element, 16, 4);
    if (!kernel->accepts(layout))
      continue;
    SCOPED_TRACE(kernel->name.str());
    Layer layer(shape, Contents::Random, getKind(*kernel));
    CompiledLayer compiled(machine(), shape, *kernel, layout);
    compiled.setOperands(layer);
    ASSERT_NO_FATAL_FAILURE(checkTokenCounts(compiled, layer, shape.rows));
    ASSERT_NO_FATAL_FAILURE(checkPartition(compiled, layer, shape.rows, 5));
  }
}

/// Widths about those of one and two column blocks, and more rows than a tile.
TEST_P(QuantizedLinearTest, ReadsColumnBlocks) {
  for (const LinearKernel *kernel : kernels()) {
    if (kernel->block == 0)
      continue;
    LayoutAttr layout = kernel->getLayout(&getContext());
    int64_t blockColumns = layout.getBlock() * layout.getStepColumns();
    int64_t tileRows = layout.getTileRows();
    bool hasResidual = false;
    for (auto [rows, columns] :
         {std::pair(2 * tileRows, blockColumns - 1),
          std::pair(tileRows + 1, blockColumns),
          std::pair(tileRows - 1, 2 * blockColumns + 1)}) {
      SCOPED_TRACE(kernel->name.str() + " " + std::to_string(rows) + "x" +
                   std::to_string(columns));
      hasResidual = !hasResidual;
      Shape shape{rows, columns, true, hasResidual, 3};
      CompiledLayer compiled(machine(), shape, *kernel, layout);
      for (Contents contents : {Contents::Random, Contents::Opposing}) {
        Layer layer(shape, contents, getKind(*kernel));
        compiled.setOperands(layer);
        ASSERT_NO_FATAL_FAILURE(checkTokenCounts(compiled, layer, shape.rows));
        ASSERT_NO_FATAL_FAILURE(checkPartition(compiled, layer, shape.rows, 7));
      }
    }
  }
}

/// Tiles of the kernel's own rows and of a multiple of them are different
/// bytes, and the kernel reads both.
TEST_P(QuantizedLinearTest, ReadsColumnBlocksOfLargerTiles) {
  for (const LinearKernel *kernel : kernels()) {
    if (kernel->block == 0)
      continue;
    LayoutAttr layout =
        LayoutAttr::get(&getContext(), kernel->element, kernel->lanes,
                        2 * kernel->groups, kernel->block);
    if (!kernel->accepts(layout))
      continue;
    SCOPED_TRACE(kernel->name.str());
    Shape shape{layout.getTileRows() * 2 - 5, 300, true, false};
    Layer layer(shape, Contents::Random);
    CompiledLayer compiled(machine(), shape, *kernel, layout);
    compiled.setOperands(layer);
    ASSERT_NO_FATAL_FAILURE(checkTokenCounts(compiled, layer, shape.rows));
    ASSERT_NO_FATAL_FAILURE(checkPartition(compiled, layer, shape.rows, 5));
  }
}

TEST_P(QuantizedLinearTest, EqualsTheNaiveLoopWithScalesOfBlocks) {
  for (auto [rows, columns, block, hasResidual] :
       {std::tuple<int64_t, int64_t, int64_t, bool>{1, 32, 32, false},
        {33, 128, 32, true},
        {65, 384, 128, false},
        {150, 192, 96, true},
        {16, 2560, 128, false},
        {33, 192, 64, true},
        {65, 512, 256, false},
        {40, 320, 160, true},
        {70, 1024, 1024, true}}) {
    Shape shape{rows, columns, true, hasResidual, /*residualOffset=*/2, block};
    for (const LinearKernel *kernel : kernels()) {
      // Kernels of older levels have been tested at their own level.
      if (!kernel->computes(*getWeightKind(kernel->element), block) ||
          (kernel->level != machine().level && rows > 65))
        continue;
      SCOPED_TRACE(describe(*kernel, shape) + ", blocks of " +
                   std::to_string(block));
      for (int64_t groups : {kernel->groups, 64 / kernel->lanes}) {
        LayoutAttr layout = LayoutAttr::get(&getContext(), kernel->element,
                                            kernel->lanes, groups);
        if (!kernel->accepts(layout))
          continue;
        CompiledLayer compiled(machine(), shape, *kernel, layout);
        for (Contents contents :
             {Contents::Random, Contents::AllLargest, Contents::AllLowest,
              Contents::AlternatingLowest}) {
          Layer layer(shape, contents, getKind(*kernel));
          compiled.setOperands(layer);
          ASSERT_NO_FATAL_FAILURE(
              checkTokenCounts(compiled, layer, shape.rows));
          ASSERT_NO_FATAL_FAILURE(
              checkPartition(compiled, layer, shape.rows, 5));
        }
      }
    }
  }
}

/// A row of `shapes` for every kernel that computes it.
static void checkShapes(const Machine &machine,
                        llvm::ArrayRef<const LinearKernel *> kernels,
                        llvm::ArrayRef<Shape> shapes) {
  for (const Shape &shape : shapes)
    for (const LinearKernel *kernel : kernels) {
      WeightKind kind = getKind(*kernel);
      if (!kernel->computes(kind, shape.blockColumns) ||
          (shape.hasOffsets && kind != WeightKind::Int8) ||
          (shape.blockColumns % 32 != 0 && kind != WeightKind::Int8) ||
          (shape.parts > 1 && kernel->emitTables))
        continue;
      SCOPED_TRACE(describe(*kernel, shape) + ", blocks of " +
                   std::to_string(shape.blockColumns) + ", " +
                   std::to_string(shape.parts) + " parts");
      CompiledLayer compiled(machine, shape, *kernel,
                             kernel->getLayout(&getContext()));
      for (Contents contents :
           {Contents::Random, Contents::AlternatingLowest}) {
        Layer layer(shape, contents, kind);
        compiled.setOperands(layer);
        ASSERT_NO_FATAL_FAILURE(checkTokenCounts(compiled, layer, shape.rows));
        ASSERT_NO_FATAL_FAILURE(checkPartition(compiled, layer, shape.rows, 5));
      }
    }
}

TEST_P(QuantizedLinearTest, EqualsTheNaiveLoopWithSmallBlocksAndOffsets) {
  std::vector<Shape> shapes;
  for (auto [rows, columns, block] :
       {std::tuple<int64_t, int64_t, int64_t>{1, 16, 16},
        {33, 128, 16},
        {65, 96, 32},
        {70, 512, 256}})
    for (bool hasOffsets : {false, true}) {
      Shape shape{rows, columns, true, hasOffsets, 2, block};
      shape.hasOffsets = hasOffsets;
      shape.hasHalfScales = rows % 2 == 1;
      shapes.push_back(shape);
    }
  checkShapes(machine(), kernels(), shapes);
}

TEST_P(QuantizedLinearTest, EqualsTheNaiveLoopWithPartsOfActivations) {
  std::vector<Shape> shapes;
  for (auto [rows, columns, block] :
       {std::tuple<int64_t, int64_t, int64_t>{1, 20, 0},
        {65, 129, 0},
        {37, 256, 32},
        {64, 384, 128}}) {
    Shape shape{rows, columns, rows > 1, rows > 60, 2, block};
    shape.hasHalfScales = block == 128;
    shape.parts = 3;
    shapes.push_back(shape);
  }
  shapes.push_back(shapes.back());
  shapes.back().hasOffsets = true;
  checkShapes(machine(), kernels(), shapes);
}

TEST(QuantizedLinear, PortableGeneratorReadsEveryLayout) {
  for (ElementKind element :
       {ElementKind::Trit, ElementKind::Bit, ElementKind::Int8}) {
    Shape shape{37, 50, true, false};
    Layer layer(shape, Contents::Random, *getWeightKind(element));
    for (int64_t lanes : {1, 4, 8, 16})
      for (int64_t groups : {1, 2, 3}) {
        SCOPED_TRACE(std::to_string(lanes) + " lanes, " +
                     std::to_string(groups) + " groups");
        CompiledLayer compiled(
            getMachines().front(), shape, *lookupLinearKernel("portable"),
            LayoutAttr::get(&getContext(), element, lanes, groups));
        compiled.setOperands(layer);
        ASSERT_NO_FATAL_FAILURE(checkTokenCounts(compiled, layer, shape.rows));
      }
  }
}

BITNET_FOR_EACH_MACHINE(QuantizedLinearTest);
