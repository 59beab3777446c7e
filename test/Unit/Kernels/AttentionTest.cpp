//===- AttentionTest.cpp - Kernels of attention ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Buffer.h"
#include "KernelJit.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <cmath>
#include <limits>
#include <map>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
constexpr int64_t blockSize = KVCacheType::positionGranule;
constexpr int64_t layerCount = 2, layer = 1;
/// Positions of the session, and of the longest pass.
constexpr int64_t capacity = 192, positions = 131, maximumTokens = 64;

struct Shape {
  int64_t heads, cacheHeads, headSize;
  /// Rotated pairs; 0: no table.
  int64_t pairs;
  bool interleaved = false;
  /// 0: all positions before.
  int64_t window = 0;
  /// 0: 1 / sqrt(headSize).
  float scale = 0;

  AttentionSpec spec() const {
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
    return spec;
  }
  int64_t inputColumns() const { return (heads + 2 * cacheHeads) * headSize; }
  int64_t outputColumns() const { return heads * headSize; }
  int64_t cacheSize() const {
    return layerCount * 2 * cacheHeads * capacity * headSize;
  }
  std::string name() const {
    return std::to_string(heads) + "/" + std::to_string(cacheHeads) +
           " heads of " + std::to_string(headSize) + ", " +
           std::to_string(pairs) + (interleaved ? " interleaved" : "") +
           " pairs, window " + std::to_string(window) + ", scale " +
           std::to_string(scale);
  }
};

using Generator = std::function<void(Emitter &, const KernelArguments &,
                                     const AttentionSpec &)>;

/// Queries, keys and values of all positions and their rotation table.
struct Operands {
  explicit Operands(const Shape &shape)
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

  Session(const Machine &machine, const Shape &shape, const Generator &attend,
          unsigned optimizationLevel = 3)
      : shape(shape), input(mostRows * shape.inputColumns()),
        table(mostRows * shape.pairs * 2), cache(shape.cacheSize()),
        otherCache(shape.cacheSize()), output(mostRows * shape.outputColumns()),
        append(compile(machine, portable::emitAttentionAppend,
                       /*isAppend=*/true, optimizationLevel)),
        attention(
            compile(machine, attend, /*isAppend=*/false, optimizationLevel)) {
    for (Buffer<float> *elements : {&cache, &otherCache})
      for (float &element : *elements)
        element = std::numeric_limits<float>::quiet_NaN();
  }

  /// A pass of tokens [begin, end) of both sequences, and the results of one.
  /// Tiles are computed in `parts` ranges, the last one first.
  std::vector<float> run(const Operands &operands, int64_t begin, int64_t end,
                         int64_t parts = 3) {
    Buffer<int32_t> positions(mostRows), rowSequences(mostRows);
    Buffer<int32_t> work(mostRows * 8);
    int64_t rows = 0, items = 0, mostOfItem = shape.spec().getWorkRows();
    input.clear();
    table.clear();
    output.clear();
    auto copyRow = [&](const std::vector<float> &source, Buffer<float> &target,
                       int64_t columns, int64_t position) {
      std::copy_n(source.begin() + position * columns, columns,
                  target.begin() + rows * columns);
    };
    std::vector<int64_t> rowsOf[sequences];
    for (int64_t first = begin; first < end; first += mostOfItem)
      for (int32_t sequence = 0; sequence < sequences; ++sequence) {
        int64_t count = std::min(mostOfItem, end - first);
        int32_t item[8] = {
            sequence, int32_t(rows), int32_t(count), int32_t(first), -1, -1};
        std::copy_n(item, 8, &work[items++ * 8]);
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
    auto runParts = [&](const Kernel &kernel, int64_t tiles,
                        llvm::ArrayRef<Argument> list) {
      for (int64_t part = parts; part-- > 0;)
        kernel(tiles * part / parts, tiles * (part + 1) / parts, rows, list);
    };
    runParts(append, rows * shape.cacheHeads, appendArguments);
    runParts(attention, items * shape.cacheHeads, arguments);
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
  Kernel compile(const Machine &machine, const Generator &emit, bool isAppend,
                 unsigned optimizationLevel) {
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
                e.index(capacity)};
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
          emit(e, a, shape.spec());
        },
        optimizationLevel);
  }

  Shape shape;
  Buffer<float> input, table, cache, otherCache, output;
  Kernel append, attention;
};

/// The generators to test on a machine, by name.
std::map<std::string, Generator> generators(const Machine &machine,
                                            const Shape &shape) {
  std::map<std::string, Generator> result;
  if (machine.tests(InstructionSet::Portable))
    result["portable"] = portable::emitAttention;
  if (machine.level == InstructionSet::Portable ||
      shape.headSize < Emitter::laneCount)
    return result;
  // As many accumulators as the compiler asks for at the level.
  int64_t accumulators = getVectorBits(machine.level) == 512 ? 16 : 4;
  result["vectors"] = [=](Emitter &e, const KernelArguments &a,
                          const AttentionSpec &spec) {
    vectorized::emitAttention(e, a, spec, accumulators);
  };
  return result;
}

/// The results and the cache of the portable lowering, token by token.
struct Oracle {
  Oracle(const Shape &shape, const Operands &operands) {
    Session session(getMachines().front(), shape, portable::emitAttention);
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

/// Keys and values lie where the description of the cache says, rotated; the
/// rest of the cache is left alone.
TEST_P(AttentionTest, AppendsToTheCache) {
  for (Shape shape : {Shape{4, 2, 96, 48}, Shape{5, 5, 100, 20},
                      Shape{2, 1, 16, 0}, Shape{2, 1, 64, 20, true}}) {
    Operands operands(shape);
    Session session(machine(), shape, portable::emitAttention);
    session.run(operands, 0, 60);
    session.run(operands, 60, 71);
    AttentionSpec spec = shape.spec();
    int64_t headSize = shape.headSize, written = 71;
    auto part = [&](int64_t l, int64_t keysOrValues, int64_t head) {
      int64_t block = (l * 2 + keysOrValues) * shape.cacheHeads + head;
      return session.getCache().data() + block * capacity * headSize;
    };
    for (int64_t l = 0; l < layerCount; ++l)
      for (int64_t head = 0; head < shape.cacheHeads; ++head)
        for (int64_t position = 0; position < capacity; ++position) {
          bool isWritten = l == layer && position < written;
          std::vector<float> key, value;
          if (isWritten) {
            key = operands.rotatedHead(shape, position,
                                       spec.keyOffset + head * headSize);
            const float *source =
                &operands.input[position * shape.inputColumns() +
                                spec.valueOffset + head * headSize];
            value.assign(source, source + headSize);
          }
          for (int64_t d = 0; d < headSize; ++d) {
            float k = part(
                l, 0, head)[(position / blockSize * headSize + d) * blockSize +
                            position % blockSize];
            float v = part(l, 1, head)[position * headSize + d];
            if (isWritten) {
              ASSERT_EQ(k, key[d]) << shape.name() << " at " << position;
              ASSERT_EQ(v, value[d]) << shape.name() << " at " << position;
            } else {
              ASSERT_TRUE(std::isnan(k) && std::isnan(v))
                  << shape.name() << ": layer " << l << ", " << position;
            }
          }
        }
  }
}

/// The portable lowering is the softmax of textbooks, up to rounding.
TEST(Attention, IsAccurate) {
  for (const Shape &shape : shapes) {
    Operands operands(shape);
    Session session(getMachines().front(), shape, portable::emitAttention);
    std::vector<float> results = session.run(operands, 0, 64);
    llvm::append_range(results, session.run(operands, 64, 128));
    llvm::append_range(results, session.run(operands, 128, positions));
    AttentionSpec spec = shape.spec();
    int64_t headSize = shape.headSize, group = shape.heads / shape.cacheHeads;
    for (int64_t t : {0, 1, 17, 62, 63, 64, 65, 66, 100, 127, 128, 129, 130})
      for (int64_t h = 0; h < shape.heads; ++h) {
        int64_t keyColumn = spec.keyOffset + h / group * headSize;
        int64_t valueColumn = spec.valueOffset + h / group * headSize;
        std::vector<float> query =
            operands.rotatedHead(shape, t, spec.queryOffset + h * headSize);
        int64_t first =
            shape.window ? std::max<int64_t>(t - shape.window + 1, 0) : 0;
        double scale =
            shape.scale != 0 ? shape.scale : 1 / std::sqrt(double(headSize));
        std::vector<double> scores;
        for (int64_t j = first; j <= t; ++j) {
          std::vector<float> key = operands.rotatedHead(shape, j, keyColumn);
          double score = 0;
          for (int64_t d = 0; d < headSize; ++d)
            score += double(query[d]) * key[d];
          scores.push_back(score * scale);
        }
        double largest = *std::max_element(scores.begin(), scores.end());
        double total = 0;
        for (double &score : scores)
          total += score = std::exp(score - largest);
        for (int64_t d = 0; d < headSize; ++d) {
          double expected = 0, magnitude = 0;
          for (int64_t j = first; j <= t; ++j) {
            double value =
                operands.input[j * shape.inputColumns() + valueColumn + d];
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
