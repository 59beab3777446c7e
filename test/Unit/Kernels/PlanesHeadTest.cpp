//===- PlanesHeadTest.cpp - Kernels of output heads of planes -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The stages of a head with a table of planes against its formulas: logits bit
// for bit, and with limits no row missing that may be among the largest.
//
//===----------------------------------------------------------------------===//

#include "Reference.h"
#include "TableOperands.h"
#include "bitnet/Dialect/BitNet/IR/PlanesTable.h"

#include <algorithm>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

/// A table, and what it is multiplied with.
struct Problem {
  int64_t rows, columns;
  std::vector<float> weights;
  int64_t tokens;
  /// [tokens][columns]
  std::vector<float> inputs;
};

/// The kernels of a head and their buffers.
class PlanesRun {
public:
  PlanesRun(const Machine &machine, const HeadCase &head,
            const Problem &problem, bool hasLimits,
            unsigned optimizationLevel = 3);

  /// Runs all stages, in two pieces each. `limits`: one for each token, or
  /// none.
  void run(const std::vector<int32_t> &limits);

  /// What the logit of a row must be.
  float getExpected(int64_t token, int64_t m) const {
    int32_t sum = 0;
    for (int64_t k = 0; k < columns; ++k)
      sum += operand.getInteger(m, k) * getActivation(token, k);
    return static_cast<float>(sum) * getScale(token, m);
  }
  /// The largest logit that the coarse plane leaves possible.
  float getBound(int64_t token, int64_t m) const {
    int32_t sum = 0;
    double total = 0, squares = 0;
    for (int64_t k = 0; k < columns; ++k) {
      int x = getActivation(token, k);
      auto u = static_cast<int>(getDither(k));
      int coarse = (operand.getInteger(m, k) + 28 + u) / 8;
      sum += (8 * coarse - 24 - u) * x;
      total += x;
      squares += double(x) * x;
    }
    float norm = std::sqrt(static_cast<float>(squares));
    float bound = static_cast<float>(total) * -0.5f + norm * 18.4f;
    return (static_cast<float>(sum) + bound) * getScale(token, m);
  }
  float getLogit(int64_t token, int64_t m) const {
    return logits[token * rows + m];
  }
  /// -infinity without limits.
  float getThreshold(int64_t token) const { return thresholds[token]; }
  int64_t getTileCount() const { return operand.getMatrix().getTileCount(); }

  /// Fails unless the logit of `m` is the expected one.
  testing::AssertionResult isExact(int64_t token, int64_t m) const {
    float expected = getExpected(token, m), actual = getLogit(token, m);
    if ((std::isnan(expected) && std::isnan(actual)) ||
        std::bit_cast<uint32_t>(expected) == std::bit_cast<uint32_t>(actual))
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << "token " << token << ", row " << m << ": expected "
           << test::describe(expected) << ", found " << test::describe(actual);
  }

private:
  int getActivation(int64_t token, int64_t k) const {
    int64_t i = token * fineColumns + k;
    return high[i] * 256 + low[i];
  }
  float getScale(int64_t token, int64_t m) const {
    return scales[token] * operand.packed.scales[m];
  }

  int64_t rows, columns, tokens, fineColumns;
  PackedTableOperand operand;
  bool hasLimits;
  std::vector<Kernel> kernels;
  Buffer<float> inputs;
  Buffer<int8_t> high, low;
  Buffer<float> scales;
  Buffer<int32_t> sums, terms;
  Buffer<float> bounds;
  Buffer<char> table;
  Buffer<float> rowScales, logits, best, thresholds;
};
} // namespace

PlanesRun::PlanesRun(const Machine &machine, const HeadCase &head,
                     const Problem &problem, bool hasLimits,
                     unsigned optimizationLevel)
    : rows(problem.rows), columns(problem.columns), tokens(problem.tokens),
      fineColumns(PlanesTable(head.layout, rows, columns).getFineColumns()),
      operand(rows, columns, head.layout, problem.weights),
      hasLimits(hasLimits), inputs(problem.inputs), high(tokens * fineColumns),
      low(tokens * fineColumns), scales(tokens), sums(tokens * 2),
      terms(tokens * 2), bounds(tokens * 2), table(operand.packed.bytes),
      rowScales(operand.packed.scales), logits(tokens * rows),
      best(tokens * operand.getMatrix().getTileCount()), thresholds(tokens) {
  PlanesHeadSpec spec{operand.getMatrix(), hasLimits};
  int64_t limit = PlanesTable(head.layout, rows, columns).getActivationLimit();
  using Types = llvm::SmallVector<mlir::Type>;
  auto add = [&](Types inputTypes, Types outputTypes,
                 Kernel::BodyEmitter emit) {
    kernels.emplace_back(machine, inputTypes, outputTypes, emit,
                         optimizationLevel);
  };
  mlir::Type plane = byteBuffer({tokens, fineColumns});
  mlir::Type perToken = floatBuffer({tokens});
  mlir::Type logitRows = floatBuffer({tokens, rows});
  mlir::Type tableBytes = byteBuffer({table.size()});
  bool isPortable = head.kernel->level == InstructionSet::Portable;
  add({floatBuffer({tokens, columns})},
      {plane, plane, perToken, integerBuffer({tokens, 2})},
      [&](Emitter &e, const KernelArguments &a) {
        auto emit = isPortable ? portable::emitQuantizeHeadInput
                               : vectorized::emitQuantizeHeadInput;
        emit(e, a, {columns, 0, limit});
      });
  add({plane, plane, tableBytes},
      {integerBuffer({tokens, 2}), floatBuffer({tokens, 2})},
      [&](Emitter &e, const KernelArguments &a) {
        portable::emitPlanesTerms(e, a, spec);
      });
  Types shared = {plane,
                  plane,
                  perToken,
                  integerBuffer({tokens, 2}),
                  floatBuffer({tokens, 2}),
                  tableBytes,
                  floatBuffer({rows})};
  auto addStage = [&](PlanesStage stage, Types inputTypes, Types outputTypes) {
    add(inputTypes, outputTypes, [&](Emitter &e, const KernelArguments &a) {
      head.kernel->emitPlanes(e, a, spec, stage);
    });
  };
  Types coarse = {logitRows};
  Types last = {logitRows};
  llvm::append_range(last, shared);
  if (hasLimits) {
    mlir::Type perTile = floatBuffer({tokens, getTileCount()});
    coarse.push_back(perTile);
    last.push_back(perToken);
    Types middle = shared;
    middle.append({logitRows, integerBuffer({tokens}), perTile});
    addStage(PlanesStage::Thresholds, middle, {perToken});
  }
  addStage(PlanesStage::Coarse, shared, coarse);
  addStage(PlanesStage::Logits, last, {});
}

void PlanesRun::run(const std::vector<int32_t> &limits) {
  logits.clear();
  size_t next = 0;
  auto call = [&](int64_t tiles, llvm::ArrayRef<Argument> arguments) {
    const Kernel &kernel = kernels[next++];
    kernel(tiles / 2, tiles, tokens, arguments);
    kernel(0, tiles / 2, tokens, arguments);
  };
  int64_t tiles = getTileCount();
  call(tokens, {inputs, high, low, scales, sums});
  call(tokens, {high, low, table, terms, bounds});
  llvm::SmallVector<Argument> shared = {high,   low,   scales,   terms,
                                        bounds, table, rowScales};
  llvm::SmallVector<Argument> coarse = shared, middle = shared, last = {logits};
  coarse.push_back(logits);
  last.append(shared);
  Buffer<int32_t> limitBuffer(limits);
  // Thresholds are compiled before the stage that they follow.
  const Kernel *thresholdsKernel = hasLimits ? &kernels[next++] : nullptr;
  if (hasLimits) {
    coarse.push_back(best);
    middle.append({logits, limitBuffer, best, thresholds});
    last.push_back(thresholds);
  }
  call(tiles, coarse);
  if (thresholdsKernel) {
    (*thresholdsKernel)(0, tokens, tokens, middle);
  }
  call(tiles, last);
}

/// Every logit, whatever the limits.
static void expectAll(const PlanesRun &run, const Problem &problem,
                      int64_t token) {
  for (int64_t m = 0; m < problem.rows; ++m)
    ASSERT_TRUE(run.isExact(token, m));
}

/// The logits that a limit of `limit` wants. The result is how many rows have
/// one.
static int64_t expectLargest(const PlanesRun &run, const Problem &problem,
                             int64_t token, int64_t limit) {
  std::vector<float> expected;
  for (int64_t m = 0; m < problem.rows; ++m)
    expected.push_back(run.getExpected(token, m));
  std::vector<float> sorted = expected;
  // Not-a-numbers are no numbers to be among the largest.
  std::erase_if(sorted, [](float value) { return std::isnan(value); });
  std::ranges::sort(sorted, std::greater());
  float least = limit <= std::ssize(sorted) ? sorted[limit - 1] : -infinity;
  EXPECT_FALSE(run.getThreshold(token) > least)
      << "token " << token << ": threshold " << run.getThreshold(token)
      << " above " << least;
  int64_t exact = 0;
  for (int64_t m = 0; m < problem.rows; ++m) {
    bool isLess = run.getBound(token, m) < run.getThreshold(token);
    EXPECT_FALSE(isLess && !(expected[m] < least))
        << "token " << token << ", row " << m << " is wanted";
    if (isLess) {
      EXPECT_EQ(run.getLogit(token, m), -infinity)
          << "token " << token << ", row " << m;
      continue;
    }
    EXPECT_TRUE(run.isExact(token, m));
    ++exact;
  }
  return exact;
}

static std::string describe(const HeadCase &head, const Problem &problem) {
  return stringifyInstructionSet(head.kernel->level).str() + " " +
         std::to_string(problem.rows) + "x" + std::to_string(problem.columns) +
         " in tiles of " + std::to_string(head.layout.getTileRows());
}

namespace {
class PlanesHeadTest : public MachineTest {
protected:
  std::vector<HeadCase> getCases() const {
    return getHeadCases(ElementKind::Planes, machine());
  }
  /// Whether a case is the level's own kernel with its own layout.
  bool isOwn(const HeadCase &head) const {
    return head.kernel->level == machine().level &&
           head.kernel->getLayout(&getContext()) == head.layout;
  }
};
} // namespace

/// Numbers as they come, the largest and least, and what is hardly a number.
static std::vector<float> makeInputs(int64_t tokens, int64_t columns) {
  std::vector<float> inputs = Random(3).reals(tokens * columns, 4);
  for (int64_t k = 0; k < columns; ++k) {
    auto value = [&](int64_t token) -> float & {
      return inputs[token * columns + k];
    };
    value(1) = 7;
    value(2) = k % 2 ? -1e30f : 1e30f;
    value(3) = 0;
    value(4) *= 1e-9f;
  }
  inputs[5 * columns] = infinity;
  inputs[6 * columns + columns - 1] = -infinity;
  inputs[7 * columns + columns / 2] = notANumber;
  inputs[8 * columns + columns / 2] = -notANumber;
  return inputs;
}

TEST_P(PlanesHeadTest, EveryShapeAndLimit) {
  constexpr int64_t tokens = 9;
  constexpr std::pair<int64_t, int64_t> shapes[] = {
      {1, 1}, {7, 15}, {64, 64}, {65, 300}, {200, 513}, {128, 2600}};
  for (const HeadCase &head : getCases())
    for (auto [rows, columns] : shapes) {
      if (!isOwn(head) && columns != 300)
        continue;
      Problem problem{rows, columns,
                      PackedTableOperand::makeWeights(rows, columns), tokens,
                      makeInputs(tokens, columns)};
      SCOPED_TRACE(describe(head, problem));
      PlanesRun whole(machine(), head, problem, /*hasLimits=*/false);
      whole.run({});
      for (int64_t t = 0; t < tokens; ++t)
        ASSERT_NO_FATAL_FAILURE(expectAll(whole, problem, t));
      PlanesRun limited(machine(), head, problem, /*hasLimits=*/true);
      auto most = static_cast<int32_t>(limited.getTileCount());
      for (int32_t limit : {0, -1, 1, 2, most, most + 1}) {
        limited.run(std::vector<int32_t>(tokens, limit));
        for (int64_t t = 0; t < tokens; ++t)
          if (limit < 1 || limit > most)
            ASSERT_NO_FATAL_FAILURE(expectAll(limited, problem, t));
          else
            expectLargest(limited, problem, t, limit);
        if (HasFailure())
          return;
      }
    }
}

/// The likeliest tokens stand out, as those of trained models do.
static Problem makeTrained(int64_t rows, int64_t columns, int64_t tokens) {
  Random random(11);
  Problem problem{rows, columns, random.reals(rows * columns), tokens,
                  random.reals(tokens * columns)};
  for (int64_t t = 0; t < tokens; ++t)
    for (int64_t which = 0; which < 5; ++which) {
      int64_t m = random.integer(0, rows - 1);
      for (int64_t k = 0; k < columns; ++k)
        problem.inputs[t * columns + k] +=
            problem.weights[m * columns + k] * (1.0f - 0.1f * float(which));
    }
  return problem;
}

TEST_P(PlanesHeadTest, FewRowsAreLeft) {
  constexpr int64_t rows = 1500, columns = 768, tokens = 6;
  Problem problem = makeTrained(rows, columns, tokens);
  for (const HeadCase &head : getCases()) {
    if (!isOwn(head))
      continue;
    PlanesRun limited(machine(), head, problem, /*hasLimits=*/true);
    std::vector<int32_t> limits = {1, 4, 0, 3, 1000, 2};
    limited.run(limits);
    for (int64_t t = 0; t < tokens; ++t) {
      SCOPED_TRACE(describe(head, problem) + ", limit " +
                   std::to_string(limits[t]));
      if (limits[t] == 0 || limits[t] > limited.getTileCount()) {
        expectAll(limited, problem, t);
        continue;
      }
      int64_t exact = expectLargest(limited, problem, t, limits[t]);
      EXPECT_LT(exact, rows / 10);
      EXPECT_GE(exact, limits[t]);
    }
  }
}

/// Many of the largest logits are equal, next to each other and far apart.
TEST_P(PlanesHeadTest, TiesStay) {
  constexpr int64_t rows = 1024, columns = 512, tokens = 2;
  Problem problem = makeTrained(rows, columns, tokens);
  for (int64_t m : {3, 4, 5, 130, 700, 1023})
    for (int64_t k = 0; k < columns; ++k)
      problem.weights[m * columns + k] = problem.weights[k];
  for (int64_t k = 0; k < columns; ++k)
    problem.inputs[k] = problem.weights[k];
  for (const HeadCase &head : getCases()) {
    if (!isOwn(head))
      continue;
    SCOPED_TRACE(describe(head, problem));
    PlanesRun limited(machine(), head, problem, /*hasLimits=*/true);
    limited.run({2, 1});
    expectLargest(limited, problem, 0, 2);
    for (int64_t m : {0, 3, 4, 5, 130, 700, 1023}) {
      EXPECT_TRUE(limited.isExact(0, m));
      EXPECT_EQ(limited.getLogit(0, m), limited.getLogit(0, 0));
    }
  }
}

/// Scales that are zero, or infinite once multiplied.
TEST_P(PlanesHeadTest, ScalesOutOfRange) {
  constexpr int64_t rows = 700, columns = 40, tokens = 9;
  Problem problem{rows, columns, Random(5).reals(rows * columns), tokens,
                  makeInputs(tokens, columns)};
  for (int64_t m = 0; m < rows; ++m)
    for (int64_t k = 0; k < columns; ++k)
      problem.weights[m * columns + k] *= m % 4 == 0   ? 1e37f
                                          : m % 4 == 1 ? 0.0f
                                          : m % 4 == 2 ? 1e-42f
                                                       : 1.0f;
  for (const HeadCase &head : getCases()) {
    if (!isOwn(head))
      continue;
    SCOPED_TRACE(describe(head, problem));
    PlanesRun limited(machine(), head, problem, /*hasLimits=*/true);
    limited.run(std::vector<int32_t>(tokens, 3));
    for (int64_t t = 0; t < tokens; ++t)
      expectLargest(limited, problem, t, 3);
  }
}

TEST_P(PlanesHeadTest, WithoutOptimisation) {
  Problem problem{65, 70, PackedTableOperand::makeWeights(65, 70), 9,
                  makeInputs(9, 70)};
  for (const HeadCase &head : getCases()) {
    if (!isOwn(head))
      continue;
    SCOPED_TRACE(describe(head, problem));
    PlanesRun limited(machine(), head, problem, /*hasLimits=*/true,
                      /*optimizationLevel=*/0);
    limited.run(std::vector<int32_t>(9, 1));
    for (int64_t t = 0; t < 9; ++t)
      expectLargest(limited, problem, t, 1);
  }
}

/// What the bound says: over many tables, tokens and limits the largest logits
/// are always there, although a fine plane left out changes which are largest.
TEST(PlanesHead, ChoicesAreThoseOfAllLogits) {
  const Machine &machine = getMachines().back();
  if (!machine.missing.empty())
    GTEST_SKIP() << "this machine has no " << machine.missing;
  constexpr int64_t rows = 320, columns = 48, tokens = 64;
  const HeadKernel *kernel = findHeadKernel(ElementKind::Planes, machine.level);
  HeadCase head{kernel, kernel->getLayout(&getContext())};
  int64_t changed = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    Random random(seed);
    Problem problem{rows, columns, random.reals(rows * columns), tokens,
                    random.reals(tokens * columns)};
    PlanesRun limited(machine, head, problem, /*hasLimits=*/true);
    std::vector<int32_t> limits;
    for (int64_t t = 0; t < tokens; ++t)
      limits.push_back(static_cast<int32_t>(
          random.integer(1, std::min<int64_t>(5, limited.getTileCount()))));
    limited.run(limits);
    for (int64_t t = 0; t < tokens; ++t) {
      expectLargest(limited, problem, t, limits[t]);
      int64_t exactBest = 0, coarseBest = 0;
      for (int64_t m = 0; m < rows; ++m) {
        if (limited.getExpected(t, m) > limited.getExpected(t, exactBest))
          exactBest = m;
        if (limited.getBound(t, m) > limited.getBound(t, coarseBest))
          coarseBest = m;
      }
      changed += exactBest != coarseBest;
    }
  }
  EXPECT_GT(changed, 100);
}

BITNET_FOR_EACH_MACHINE(PlanesHeadTest);
