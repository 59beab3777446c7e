//===- AttentionTest.cpp - Kernels of attention ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Buffer.h"
#include "KernelJit.h"

#include "bitnet/Kernels/KernelTable.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <bit>
#include <cmath>
#include <limits>
#include <map>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
constexpr int64_t blockSize = KVCacheType::positionGranule;
constexpr int64_t layerCount = 2, layer = 1;
/// Positions of most sessions, and of the longest pass.
constexpr int64_t usualCapacity = 192, positions = 131, maximumTokens = 64;
/// Positions of long sessions: with partitions of 512 and, at the end, of 1024.
constexpr int64_t longCapacity = 8256, longPositions = 8200;

struct Shape {
  int64_t heads, cacheHeads, headSize;
  /// Rotated pairs; 0: no table.
  int64_t pairs;
  bool interleaved = false;
  /// 0: all positions before.
  int64_t window = 0;
  /// 0: 1 / sqrt(headSize).
  float scale = 0;
  CacheElement element = CacheElement::F32;
  int64_t capacity = usualCapacity;

  AttentionSpec spec(InstructionSet level = InstructionSet::Portable) const {
    // The operands lie in one buffer, as merged linear layers leave them.
    AttentionSpec spec{heads,
                       cacheHeads,
                       headSize,
                       pairs,
                       0,
                       heads * headSize,
                       (heads + cacheHeads) * headSize,
                       interleaved,
                       window};
    if (scale != 0)
      spec.scale = scale;
    spec.element = element;
    spec.layers = layerCount;
    spec.conversion = getHalfConversion(level);
    spec.slots = getAttentionSlots(capacity, maximumTokens);
    return spec;
  }
  int64_t inputColumns() const { return (heads + 2 * cacheHeads) * headSize; }
  int64_t outputColumns() const { return heads * headSize; }
  /// In words of 4 bytes.
  int64_t cacheSize() const {
    return KVCacheType::get(&getContext(), layerCount, cacheHeads, headSize,
                            capacity, element)
               .getBytesPerPosition() *
           capacity / 4;
  }
  std::string name() const {
    return std::to_string(heads) + "/" + std::to_string(cacheHeads) +
           " heads of " + std::to_string(headSize) + ", " +
           std::to_string(pairs) + (interleaved ? " interleaved" : "") +
           " pairs, window " + std::to_string(window) + ", scale " +
           std::to_string(scale) + ", " + stringifyCacheElement(element).str() +
           ", " + std::to_string(capacity) + " positions";
  }
};

using Emit = std::function<void(Emitter &, const KernelArguments &,
                                const AttentionSpec &)>;

/// The kernels of a level.
struct Generator {
  Emit append, attend;
  bool isVector;
};

const Generator portableGenerator = {portable::emitAttentionAppend,
                                     portable::emitAttention,
                                     /*isVector=*/false};

/// Queries, keys and values of all positions and their rotation table.
struct Operands {
  explicit Operands(const Shape &shape, int64_t positions = ::positions)
      : input(Random(3).reals(positions * shape.inputColumns(), 2)),
        table(positions * shape.pairs * 2) {
    // Scores that differ much in some places, so that the maximum moves.
    for (int64_t t = 0; t < positions; t += 17)
      for (int64_t c = 0; c < shape.inputColumns(); ++c)
        input[t * shape.inputColumns() + c] *= 4;
    for (int64_t t = 0; t < positions; ++t)
      for (int64_t i = 0; i < shape.pairs; ++i) {
        double angle = double(t) * std::pow(10000.0, -double(i) / shape.pairs);
        table[(t * shape.pairs + i) * 2] = static_cast<float>(std::cos(angle));
        table[(t * shape.pairs + i) * 2 + 1] =
            static_cast<float>(std::sin(angle));
      }
  }
  /// The float operations of bitnet.rope on the head at `column`.
  std::vector<float> rotatedHead(const Shape &shape, int64_t position,
                                 int64_t column) const {
    const float *x = &input[position * shape.inputColumns() + column];
    std::vector<float> result(x, x + shape.headSize);
    for (int64_t p = 0; p < shape.pairs; ++p) {
      int64_t i = shape.interleaved ? 2 * p : p;
      int64_t j = shape.interleaved ? i + 1 : p + shape.pairs;
      const float *pair = &table[(position * shape.pairs + p) * 2];
      result[i] = x[i] * pair[0] - x[j] * pair[1];
      result[j] = x[j] * pair[0] + x[i] * pair[1];
    }
    return result;
  }
  std::vector<float> input, table;
};

/// Both kernels of attention and the caches of two sequences, full of
/// not-a-numbers. Tokens alternate between the sequences in runs of a few, as
/// batches of several sessions do; both get the same, and have to give the
/// same.
class Session {
public:
  static constexpr int64_t sequences = 2;
  static constexpr int64_t mostRows = sequences * maximumTokens;

  Session(const Machine &machine, const Shape &shape,
          const Generator &generator, unsigned optimizationLevel = 3)
      : shape(shape), input(mostRows * shape.inputColumns()),
        table(mostRows * shape.pairs * 2), cache(shape.cacheSize()),
        otherCache(shape.cacheSize()), output(mostRows * shape.outputColumns()),
        append(compile(machine, generator.append, /*isAppend=*/true,
                       optimizationLevel)),
        attention(compile(machine, generator.attend, /*isAppend=*/false,
                          optimizationLevel)),
        merging(
            compileMerging(machine, generator.isVector, optimizationLevel)) {
    // Not-a-numbers of every type of floats.
    for (Buffer<float> *elements : {&cache, &otherCache})
      std::memset(elements->data(), 0xff, elements->size() * sizeof(float));
  }

  /// What a pass does.
  enum Plan {
    /// Items of several tokens and all partitions.
    Whole,
    /// An item for each token and partition.
    Partitions,
    /// An item for several tokens and each partition.
    SharedPartitions,
    /// Nothing is read.
    AppendOnly
  };

  /// A pass of tokens [begin, end) of both sequences, and the results of one.
  /// Tiles are computed in `parts` ranges, the last one first.
  std::vector<float> run(const Operands &operands, int64_t begin, int64_t end,
                         int64_t parts = 3, Plan plan = Whole) {
    Buffer<int32_t> positions(mostRows), rowSequences(mostRows);
    Buffer<int32_t> work(mostRows * 8);
    Buffer<int32_t> merges(mostRows * 4);
    Buffer<float> slots(std::max<int64_t>(shape.spec().slots, 1) * shape.heads *
                        shape.spec().getSlotElements());
    int64_t rows = 0, items = 0, mergeCount = 0, slot = 0;
    int64_t mostOfItem = plan == Partitions ? 1 : shape.spec().getWorkRows();
    input.clear();
    table.clear();
    output.clear();
    auto copyRow = [&](const std::vector<float> &source, Buffer<float> &target,
                       int64_t columns, int64_t position) {
      std::copy_n(source.begin() + position * columns, columns,
                  target.begin() + rows * columns);
    };
    std::vector<int64_t> rowsOf[sequences];
    for (int64_t first = begin, count; first < end; first += count)
      for (int32_t sequence = 0; sequence < sequences; ++sequence) {
        count = std::min(mostOfItem, end - first);
        // Tokens of an item have partitions of the same size.
        int64_t size = getPartitionSize(first);
        while (getPartitionSize(first + count - 1) != size)
          --count;
        int32_t item[8] = {
            sequence, int32_t(rows), int32_t(count), int32_t(first), -1, -1};
        if (plan == Whole || plan == AppendOnly) {
          std::copy_n(item, 8, &work[items++ * 8]);
        } else {
          int32_t partitions = int32_t((first + count - 1) / size + 1);
          item[5] = int32_t(slot);
          for (item[4] = 0; item[4] < partitions; ++item[4], ++item[5])
            std::copy_n(item, 8, &work[items++ * 8]);
          for (int64_t i = 0; i < count; ++i, ++mergeCount) {
            int32_t merge[4] = {int32_t(rows + i), int32_t(slot + 16 * i),
                                int32_t((first + i) / size + 1)};
            std::copy_n(merge, 4, &merges[mergeCount * 4]);
          }
          slot += 16 * count;
        }
        for (int64_t i = 0; i < count; ++i) {
          copyRow(operands.input, input, shape.inputColumns(), first + i);
          copyRow(operands.table, table, shape.pairs * 2, first + i);
          positions[rows] = int32_t(first + i);
          rowSequences[rows] = sequence;
          rowsOf[sequence].push_back(rows++);
        }
      }
    llvm::SmallVector<Argument> appendArguments = {input, input};
    llvm::SmallVector<Argument> arguments = {input};
    if (shape.pairs)
      for (auto *list : {&appendArguments, &arguments})
        list->push_back(table);
    appendArguments.append(
        {positions, cache, otherCache, rowSequences, work, layer});
    arguments.append(
        {cache, otherCache, rowSequences, work, items, layer, output});
    if (shape.spec().slots)
      arguments.push_back(slots);
    auto runParts = [&](const Kernel &kernel, int64_t tiles,
                        llvm::ArrayRef<Argument> list) {
      for (int64_t part = parts; part-- > 0;)
        kernel(tiles * part / parts, tiles * (part + 1) / parts, rows, list);
    };
    runParts(append, rows * shape.cacheHeads, appendArguments);
    if (plan == AppendOnly)
      return {};
    runParts(attention, items * shape.cacheHeads, arguments);
    runParts(merging, mergeCount * shape.heads, {output, slots, merges});
    int64_t columns = shape.outputColumns();
    std::vector<float> results[sequences];
    for (int64_t sequence = 0; sequence < sequences; ++sequence)
      for (int64_t row : rowsOf[sequence])
        results[sequence].insert(results[sequence].end(),
                                 output.begin() + row * columns,
                                 output.begin() + (row + 1) * columns);
    EXPECT_TRUE(haveSameBits(results[0], results[1], results[0].size()));
    for (int64_t i = rows * columns; i < output.size(); ++i)
      if (!output.isUntouched(i)) {
        ADD_FAILURE() << "element " << i << " was written";
        break;
      }
    EXPECT_TRUE(haveSameBits(cache, otherCache, cache.size()));
    return results[0];
  }

  Buffer<float> &getCache() { return cache; }

private:
  static int64_t getPartitionSize(int64_t position) {
    int64_t size = 512;
    while (16 * size < position + 1)
      size *= 2;
    return size;
  }

  Kernel compileMerging(const Machine &machine, bool isVector,
                        unsigned optimizationLevel) {
    AttentionSpec spec = shape.spec(machine.level);
    return Kernel(
        machine,
        {floatBuffer({mostRows, shape.outputColumns()}),
         floatBuffer({std::max<int64_t>(spec.slots, 1), shape.heads,
                      spec.getSlotElements()}),
         integerBuffer({mostRows, 4})},
        {},
        [&](Emitter &e, const KernelArguments &a) {
          (isVector ? vectorized::emitAttentionMerge
                    : portable::emitAttentionMerge)(e, a, spec);
        },
        optimizationLevel);
  }

  Kernel compile(const Machine &machine, const Emit &emit, bool isAppend,
                 unsigned optimizationLevel) {
    AttentionSpec spec = shape.spec(machine.level);
    auto inputType = floatBuffer({mostRows, shape.inputColumns()});
    llvm::SmallVector<mlir::Type> inputs(isAppend ? 2 : 1, inputType);
    if (shape.pairs)
      inputs.push_back(floatBuffer({mostRows, shape.pairs, 2}));
    if (isAppend)
      inputs.push_back(integerBuffer({mostRows}));
    size_t firstCache = inputs.size();
    inputs.append(sequences, floatBuffer({shape.cacheSize()}));
    inputs.append({integerBuffer({mostRows}), integerBuffer({mostRows, 8})});
    inputs.append(isAppend ? 1 : 2, indexType());
    llvm::SmallVector<mlir::Type> outputs;
    if (!isAppend)
      outputs.push_back(floatBuffer({mostRows, shape.outputColumns()}));
    if (!isAppend && spec.slots)
      outputs.push_back(
          floatBuffer({spec.slots, shape.heads, spec.getSlotElements()}));
    return Kernel(
        machine, inputs, outputs,
        [&](Emitter &e, KernelArguments a) {
          // Only the kernel knows where the caches are: an emulator copies
          // buffers.
          llvm::ArrayRef<mlir::Value> all = a.inputs;
          mlir::Value table =
              e.stackBuffer({sequences, 2}, e.builder().getI64Type());
          for (int64_t i = 0; i < sequences; ++i) {
            mlir::Value members[] = {
                mlir::memref::ExtractAlignedPointerAsIndexOp::create(
                    e.builder(), e.location(), all[firstCache + i]),
                e.index(shape.capacity)};
            for (int64_t j = 0; j < 2; ++j)
              e.store(e.indexCast(members[j], e.builder().getI64Type()), table,
                      {e.index(i), e.index(j)});
          }
          llvm::SmallVector<mlir::Value> list(all.take_front(firstCache));
          all = all.drop_front(firstCache + sequences);
          mlir::Value noMerges = e.stackBuffer({1, 4}, e.i32Type());
          list.append({table, all[0], all[1], noMerges});
          llvm::append_range(list, all.drop_front(2));
          a.inputs = std::move(list);
          emit(e, a, spec);
        },
        optimizationLevel);
  }

  Shape shape;
  Buffer<float> input, table, cache, otherCache, output;
  Kernel append, attention, merging;
};

/// The generators to test on a machine, by name.
std::map<std::string, Generator> generators(const Machine &machine,
                                            const Shape &shape) {
  std::map<std::string, Generator> result;
  if (machine.tests(InstructionSet::Portable))
    result["portable"] = portableGenerator;
  if (machine.level == InstructionSet::Portable ||
      shape.headSize < Emitter::laneCount)
    return result;
  // As many accumulators as the compiler asks for at the level.
  int64_t accumulators = getVectorBits(machine.level) == 512 ? 16 : 4;
  result["vectors"] = {
      vectorized::emitAttentionAppend,
      [=](Emitter &e, const KernelArguments &a, const AttentionSpec &spec) {
        vectorized::emitAttention(e, a, spec, accumulators);
      },
      /*isVector=*/true};
  return result;
}

/// The results and the cache of the portable lowering, token by token.
struct Oracle {
  Oracle(const Shape &shape, const Operands &operands) {
    Session session(getMachines().front(), shape, portableGenerator);
    for (int64_t position = 0; position < positions; ++position)
      llvm::append_range(results,
                         session.run(operands, position, position + 1));
    cache.assign(session.getCache().begin(), session.getCache().end());
  }
  /// Made once for all machines.
  static const Oracle &get(const Shape &shape, const Operands &operands) {
    static std::map<std::string, Oracle> oracles;
    return oracles.try_emplace(shape.name(), shape, operands).first->second;
  }
  std::vector<float> results, cache;
};

/// Passes of all lengths, with limits at, before and after edges of blocks.
std::vector<int64_t> passLimits() {
  return {0, 1, 2, 3, 62, 63, 64, 65, 66, 67, 127, 128, 129, 130, positions};
}

constexpr Shape shapes[] = {
    {1, 1, 16, 8},
    {2, 1, 64, 32},
    {4, 2, 96, 48},
    {8, 4, 128, 64},
    {5, 5, 100, 50},
    {5, 5, 64, 16},
    {8, 4, 16, 0},
    {4, 2, 100, 0},
    {2, 1, 128, 64},
    {1, 1, 96, 20},
    {10, 2, 32, 16},
    {8, 2, 48, 24},
    {6, 2, 32, 8},
    {18, 1, 16, 4},
    {2, 1, 256, 128},
    {3, 1, 17, 8},
    // Neighbouring pairs.
    {2, 2, 100, 50, true},
    // Windows of a token, within a block, of a block, and longer.
    {4, 2, 64, 32, false, 1},
    {6, 1, 32, 16, true, 63},
    {4, 4, 16, 8, false, 64},
    {2, 1, 100, 20, false, 100, 0.25f},
    // Other elements of the cache.
    {8, 2, 64, 32, false, 0, 0, CacheElement::F16},
    {3, 1, 17, 8, false, 0, 0, CacheElement::F16},
    {4, 2, 100, 50, true, 70, 0, CacheElement::BF16},
    {8, 2, 128, 64, false, 0, 0, CacheElement::Int8},
    {2, 1, 16, 4, false, 40, 0, CacheElement::Int8},
    {2, 1, 8, 4, false, 0, 0, CacheElement::Int8},
};

constexpr Shape longShapes[] = {
    {4, 2, 32, 16, false, 0, 0, CacheElement::F32, longCapacity},
    {2, 1, 17, 8, false, 600, 0, CacheElement::Int8, longCapacity},
};

class AttentionTest : public MachineTest {};
} // namespace

/// Every machine and generator, in passes of several tokens, against the
/// portable lowering token by token.
TEST_P(AttentionTest, EqualsThePortableLoweringTokenByToken) {
  for (const Shape &shape : shapes) {
    Operands operands(shape);
    const Oracle &oracle = Oracle::get(shape, operands);
    for (const auto &[name, emit] : generators(machine(), shape)) {
      SCOPED_TRACE(shape.name() + ", " + name);
      Session session(machine(), shape, emit);
      std::vector<int64_t> limits = passLimits();
      for (size_t i = 0; i + 1 < limits.size(); ++i) {
        int64_t begin = limits[i], end = limits[i + 1];
        std::vector<float> actual = session.run(operands, begin, end);
        ASSERT_TRUE(haveSameBits(llvm::ArrayRef(oracle.results)
                                     .drop_front(begin * shape.outputColumns()),
                                 actual, actual.size()))
            << "tokens " << begin << " to " << end;
      }
      ASSERT_TRUE(
          haveSameBits(oracle.cache, session.getCache(), shape.cacheSize()))
          << "cache";
    }
  }
}

/// Tokens that are computed together, and with which others, do not matter: any
/// number of them, from any position on, divided among any number of threads.
TEST_P(AttentionTest, DoesNotDependOnPassesAndParts) {
  for (const Shape &shape : shapes) {
    Operands operands(shape);
    const Oracle &oracle = Oracle::get(shape, operands);
    for (const auto &[name, emit] : generators(machine(), shape)) {
      SCOPED_TRACE(shape.name() + ", " + name);
      Session session(machine(), shape, emit);
      for (int64_t begin = 0, pass = 0; begin < positions; ++pass) {
        // 1 to 9 tokens, each number at several places of a block.
        int64_t end = std::min(begin + pass * 4 % 9 + 1, positions);
        int64_t parts = pass % 4 + 1;
        std::vector<float> actual = session.run(operands, begin, end, parts);
        ASSERT_TRUE(haveSameBits(llvm::ArrayRef(oracle.results)
                                     .drop_front(begin * shape.outputColumns()),
                                 actual, actual.size()))
            << "tokens " << begin << " to " << end << " in " << parts
            << " parts";
        begin = end;
      }
    }
  }
}

TEST_P(AttentionTest, IsTheSameWithoutOptimisation) {
  for (Shape shape :
       {Shape{4, 2, 64, 32}, Shape{2, 1, 100, 50, true, 40, 0.5f}}) {
    Operands operands(shape);
    std::vector<std::vector<float>> results;
    for (const auto &[name, emit] : generators(machine(), shape))
      for (unsigned level : {0, 3}) {
        Session session(machine(), shape, emit, level);
        results.push_back(session.run(operands, 0, maximumTokens));
        llvm::append_range(results.back(), session.run(operands, 64, 70));
        EXPECT_TRUE(
            haveSameBits(results.front(), results.back(), results[0].size()))
            << shape.name() << ", " << name << ", level " << level;
      }
  }
}

/// What the cache makes of the numbers of a head, and its scale.
static std::vector<float>
expectCached(const Shape &shape, std::vector<float> numbers, float &scale) {
  scale = 0;
  for (float x : numbers)
    scale = std::max(scale, std::fabs(x));
  float factor = 127 / scale;
  scale /= 127;
  for (float &x : numbers)
    switch (shape.element) {
    case CacheElement::F32:
      break;
    case CacheElement::F16:
      x = static_cast<float>(static_cast<_Float16>(x));
      break;
    case CacheElement::BF16: {
      uint32_t bits = std::bit_cast<uint32_t>(x);
      bits += 0x7fff + (bits >> 16 & 1);
      x = std::bit_cast<float>(bits & 0xffff0000);
      break;
    }
    case CacheElement::Int8:
      x = std::nearbyint(x * factor);
      break;
    }
  return numbers;
}

/// The numbers and scales of the cache in the order that KVCacheType describes.
class CacheReader {
public:
  CacheReader(const Shape &shape, Buffer<float> &cache)
      : shape(shape), bytes(reinterpret_cast<const char *>(cache.data())) {}

  /// Without its scale.
  float getElement(int64_t l, int64_t part, int64_t head, int64_t position,
                   int64_t d) const {
    int64_t block = (l * 2 + part) * shape.cacheHeads + head;
    int64_t offset =
        part == 0 ? (position / blockSize * shape.headSize + d) * blockSize +
                        position % blockSize
                  : position * shape.headSize + d;
    int64_t i = block * shape.capacity * shape.headSize + offset;
    switch (shape.element) {
    case CacheElement::F32:
      return read<float>(4 * i);
    case CacheElement::F16:
      return static_cast<float>(read<_Float16>(2 * i));
    case CacheElement::BF16:
      return std::bit_cast<float>(uint32_t(read<uint16_t>(2 * i)) << 16);
    case CacheElement::Int8:
      return read<int8_t>(i);
    }
    llvm_unreachable("unknown element");
  }
  float getScale(int64_t l, int64_t part, int64_t head,
                 int64_t position) const {
    if (shape.element != CacheElement::Int8)
      return 1;
    int64_t codes =
        layerCount * 2 * shape.cacheHeads * shape.capacity * shape.headSize;
    int64_t block = (l * 2 + part) * shape.cacheHeads + head;
    return read<float>(codes + (block * shape.capacity + position) * 4);
  }

private:
  template <typename T> T read(int64_t offset) const {
    T value;
    std::memcpy(&value, bytes + offset, sizeof(T));
    return value;
  }
  Shape shape;
  const char *bytes;
};

/// Keys and values lie where the description of the cache says, rotated and
/// rounded; the rest of the cache is left alone.
TEST_P(AttentionTest, AppendsToTheCache) {
  for (Shape shape : {Shape{4, 2, 96, 48}, Shape{5, 5, 100, 20},
                      Shape{2, 1, 16, 0}, Shape{2, 1, 64, 20, true},
                      Shape{2, 1, 64, 20, false, 0, 0, CacheElement::F16},
                      Shape{2, 2, 100, 20, true, 0, 0, CacheElement::BF16},
                      Shape{2, 2, 64, 20, false, 0, 0, CacheElement::Int8}}) {
    Operands operands(shape);
    // Numbers that halves have as subnormal ones, or not at all.
    for (size_t i = 0; i < operands.input.size(); i += 5)
      operands.input[i] *= 0x1p-15f;
    for (size_t i = 3; i < operands.input.size(); i += 701)
      operands.input[i] *= 0x1p17f;
    // A value of nothing.
    AttentionSpec spec = shape.spec();
    std::fill_n(operands.input.begin() + 7 * shape.inputColumns() +
                    spec.valueOffset,
                shape.headSize, 0.0f);
    for (const auto &[name, generator] : generators(machine(), shape)) {
      SCOPED_TRACE(shape.name() + ", " + name);
      Session session(machine(), shape, generator);
      session.run(operands, 0, 60, 3, Session::AppendOnly);
      session.run(operands, 60, 71, 3, Session::AppendOnly);
      CacheReader cache(shape, session.getCache());
      for (int64_t l = 0; l < layerCount; ++l)
        for (int64_t part : {0, 1})
          for (int64_t head = 0; head < shape.cacheHeads; ++head)
            for (int64_t position = 0; position < shape.capacity; ++position) {
              bool isWritten = l == layer && position < 71;
              std::vector<float> numbers(shape.headSize);
              float scale = 0;
              if (isWritten && part == 0)
                numbers = operands.rotatedHead(
                    shape, position, spec.keyOffset + head * shape.headSize);
              else if (isWritten)
                std::copy_n(
                    &operands.input[position * shape.inputColumns() +
                                    spec.valueOffset + head * shape.headSize],
                    shape.headSize, numbers.begin());
              std::vector<float> expected = expectCached(shape, numbers, scale);
              float actualScale = cache.getScale(l, part, head, position);
              if (shape.element == CacheElement::Int8) {
                if (isWritten) {
                  ASSERT_EQ(actualScale, scale) << position;
                } else {
                  ASSERT_TRUE(std::isnan(actualScale)) << position;
                }
              }
              for (int64_t d = 0; d < shape.headSize; ++d) {
                float actual = cache.getElement(l, part, head, position, d);
                if (isWritten && scale != 0) {
                  ASSERT_EQ(actual, expected[d])
                      << numbers[d] << " at " << position << ", " << d;
                } else if (isWritten) {
                  ASSERT_EQ(actual, 0) << position;
                } else if (shape.element == CacheElement::Int8) {
                  ASSERT_EQ(actual, -1) << position;
                } else {
                  ASSERT_TRUE(std::isnan(actual)) << position;
                }
              }
            }
    }
  }
}

/// Tokens that see several partitions: together or alone, each partition by
/// itself or all in one item, against the portable lowering of all in one.
TEST_P(AttentionTest, PartitionsAreMergedAlike) {
  // Around edges of partitions; from 8192 on they have 1024 positions.
  constexpr std::pair<int64_t, int64_t> passes[] = {
      {0, 3}, {511, 514}, {1021, 1026}, {5000, 5001}, {8189, 8196}};
  for (const Shape &shape : longShapes) {
    Operands operands(shape, longPositions);
    auto appendAll = [&](Session &session) {
      for (int64_t begin = 0; begin < longPositions; begin += maximumTokens)
        session.run(operands, begin,
                    std::min(begin + maximumTokens, longPositions), 1,
                    Session::AppendOnly);
    };
    static std::map<std::string, std::vector<float>> oracles;
    std::vector<float> &oracle = oracles[shape.name()];
    if (oracle.empty()) {
      Session session(getMachines().front(), shape, portableGenerator);
      appendAll(session);
      for (auto [begin, end] : passes)
        for (int64_t position = begin; position < end; ++position)
          llvm::append_range(oracle,
                             session.run(operands, position, position + 1));
    }
    for (const auto &[name, generator] : generators(machine(), shape)) {
      Session session(machine(), shape, generator);
      appendAll(session);
      for (Session::Plan plan :
           {Session::Whole, Session::Partitions, Session::SharedPartitions}) {
        const float *expected = oracle.data();
        for (auto [begin, end] : passes) {
          // Slots suffice for four tokens of both sequences.
          for (int64_t first = begin; first < end; first += 4) {
            int64_t last = std::min(first + 4, end);
            std::vector<float> actual =
                session.run(operands, first, last, 3, plan);
            ASSERT_TRUE(haveSameBits(expected, actual, actual.size()))
                << shape.name() << ", " << name << ", plan " << plan
                << ", tokens " << first << " to " << last;
            expected += actual.size();
          }
        }
      }
    }
  }
}

/// The portable lowering is the softmax of textbooks, up to rounding.
TEST(Attention, IsAccurate) {
  for (const Shape &shape : shapes) {
    Operands operands(shape);
    Session session(getMachines().front(), shape, portableGenerator);
    std::vector<float> results = session.run(operands, 0, 64);
    llvm::append_range(results, session.run(operands, 64, 128));
    llvm::append_range(results, session.run(operands, 128, positions));
    AttentionSpec spec = shape.spec();
    CacheReader cache(shape, session.getCache());
    int64_t headSize = shape.headSize, group = shape.heads / shape.cacheHeads;
    for (int64_t t : {0, 1, 17, 62, 63, 64, 65, 66, 100, 127, 128, 129, 130})
      for (int64_t h = 0; h < shape.heads; ++h) {
        // The cache rounds: what it holds counts.
        auto read = [&](int64_t part, int64_t position, int64_t d) {
          return double(cache.getElement(layer, part, h / group, position, d)) *
                 cache.getScale(layer, part, h / group, position);
        };
        std::vector<float> query =
            operands.rotatedHead(shape, t, spec.queryOffset + h * headSize);
        int64_t first =
            shape.window ? std::max<int64_t>(t - shape.window + 1, 0) : 0;
        double scale =
            shape.scale != 0 ? shape.scale : 1 / std::sqrt(double(headSize));
        std::vector<double> scores;
        for (int64_t j = first; j <= t; ++j) {
          double score = 0;
          for (int64_t d = 0; d < headSize; ++d)
            score += double(query[d]) * read(0, j, d);
          scores.push_back(score * scale);
        }
        double largest = *std::max_element(scores.begin(), scores.end());
        double total = 0;
        for (double &score : scores)
          total += score = std::exp(score - largest);
        for (int64_t d = 0; d < headSize; ++d) {
          double expected = 0, magnitude = 0;
          for (int64_t j = first; j <= t; ++j) {
            double value = read(1, j, d);
            double weight = scores[j - first] / total;
            expected += weight * value;
            magnitude += weight * std::fabs(value);
          }
          float actual = results[t * shape.outputColumns() + h * headSize + d];
          // Scores are at most some 100 and so off by 1e-5 or less.
          ASSERT_NEAR(actual, expected, 1e-4 * magnitude + 1e-30)
              << shape.name() << ", token " << t << ", head " << h;
        }
      }
  }
}

BITNET_FOR_EACH_MACHINE(AttentionTest);
