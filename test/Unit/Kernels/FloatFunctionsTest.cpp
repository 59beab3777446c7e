//===- FloatFunctionsTest.cpp - The float functions that kernels share ----===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Buffer.h"
#include "KernelJit.h"

#include "bitnet/Weights/HalfFloat.h"

#include <cmath>
#include <limits>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
constexpr int64_t batch = 4096;
constexpr float infinity = std::numeric_limits<float>::infinity();

using Function = llvm::function_ref<mlir::Value(Emitter &, mlir::Value)>;

/// A function of f32, element by element and in vectors of 16, compiled for a
/// machine.
class Mapped {
public:
  Mapped(const Machine &machine, Function function, mlir::MemRefType outputType)
      : scalar(machine, {floatBuffer({batch})}, {outputType},
               [&](Emitter &e, const KernelArguments &a) {
                 e.loop(e.index(0), e.index(batch), 1, [&](mlir::Value i) {
                   e.store(function(e, e.load(a.inputs[0], {i})), a.outputs[0],
                           {i});
                 });
               }),
        vector(machine, {floatBuffer({batch})}, {outputType},
               [&](Emitter &e, const KernelArguments &a) {
                 auto type = e.vectorType(16, e.f32Type());
                 e.loop(e.index(0), e.index(batch), 16, [&](mlir::Value i) {
                   e.storeVector(
                       function(e, e.loadVector(type, a.inputs[0], {i})),
                       a.outputs[0], {i});
                 });
               }) {}

  /// Calls `check(argument, result)` for each argument; both versions must
  /// agree. Payloads and signs of not-a-numbers are not compared.
  template <typename T>
  void run(llvm::ArrayRef<float> arguments,
           llvm::function_ref<void(float, T)> check) {
    Buffer<float> input(batch);
    Buffer<T> fromScalar(batch), fromVector(batch);
    for (size_t first = 0; first < arguments.size(); first += batch) {
      auto chunk = arguments.slice(
          first, std::min<size_t>(batch, arguments.size() - first));
      std::fill(input.begin(), input.end(), 0.0f);
      llvm::copy(chunk, input.begin());
      scalar(0, 1, 1, {input, fromScalar});
      vector(0, 1, 1, {input, fromVector});
      for (size_t i = 0; i < chunk.size(); ++i) {
        bool bothNaN =
            fromScalar[i] != fromScalar[i] && fromVector[i] != fromVector[i];
        ASSERT_TRUE(bothNaN || std::bit_cast<uint32_t>(fromScalar[i]) ==
                                   std::bit_cast<uint32_t>(fromVector[i]))
            << "of " << test::describe(chunk[i]) << ": scalar "
            << test::describe(fromScalar[i]) << ", vector "
            << test::describe(fromVector[i]);
        ASSERT_NO_FATAL_FAILURE(check(chunk[i], fromScalar[i]));
      }
    }
  }

private:
  Kernel scalar, vector;
};

/// Every `stride`th float from `low` to `high`, and both.
std::vector<float> floatsBetween(float low, float high, uint32_t stride) {
  // Integers in the order of the floats.
  auto order = [](float value) {
    auto bits = std::bit_cast<int32_t>(value);
    return bits < 0 ? int64_t(INT32_MIN) - bits : int64_t(bits);
  };
  std::vector<float> values;
  for (int64_t i = order(low); i < order(high); i += stride)
    values.push_back(std::bit_cast<float>(
        static_cast<int32_t>(i < 0 ? int64_t(INT32_MIN) - i : i)));
  values.push_back(high);
  return values;
}

/// How many floats lie between a result and the exact number.
double errorInUlp(float actual, double exact) {
  int exponent;
  std::frexp(exact, &exponent);
  double ulp = std::ldexp(1.0, std::max(exponent, -125) - 24);
  return std::fabs(actual - exact) / ulp;
}

class FloatFunctionsTest : public MachineTest {};
} // namespace

TEST_P(FloatFunctionsTest, RoundToInt) {
  Mapped mapped(
      machine(), [](Emitter &e, mlir::Value x) { return e.roundToInt(x); },
      integerBuffer({batch}));
  std::vector<float> arguments = floatsBetween(-4194303, 4194303, 9973);
  for (float half = -1000.5f; half < 1000; half += 0.5f)
    for (float value : {std::nextafter(half, -infinity), half,
                        std::nextafter(half, infinity)})
      arguments.push_back(value);
  mapped.run<int32_t>(arguments, [](float x, int32_t result) {
    ASSERT_EQ(result, static_cast<int32_t>(std::nearbyint(x))) << describe(x);
  });
}

TEST_P(FloatFunctionsTest, Exponential) {
  Mapped mapped(
      machine(), [](Emitter &e, mlir::Value x) { return e.exponential(x); },
      floatBuffer({batch}));
  double worst = 0;
  mapped.run<float>(
      floatsBetween(-87.3f, 88.3f, 997), [&](float x, float result) {
        worst = std::max(worst, errorInUlp(result, std::exp(double(x))));
      });
  mapped.run<float>(
      floatsBetween(-1.0f, 1.0f, 1999), [&](float x, float result) {
        worst = std::max(worst, errorInUlp(result, std::exp(double(x))));
      });
  EXPECT_LE(worst, 2.0) << "ulp";
  RecordProperty("worstUlp", std::to_string(worst));
  mapped.run<float>({0.0f, -0.0f},
                    [](float, float result) { EXPECT_EQ(result, 1.0f); });
  mapped.run<float>({-87.4f, -88.0f, -1000.0f, -3e38f, -infinity},
                    [](float x, float result) {
                      EXPECT_EQ(result, 0.0f) << x;
                      EXPECT_FALSE(std::signbit(result)) << x;
                    });
}

TEST_P(FloatFunctionsTest, SiLU) {
  Mapped mapped(
      machine(), [](Emitter &e, mlir::Value x) { return e.silu(x); },
      floatBuffer({batch}));
  double worst = 0;
  mapped.run<float>(floatsBetween(-80.0f, 1e6f, 9973),
                    [&](float x, float result) {
                      double exact = x / (1 + std::exp(-double(x)));
                      if (x != 0)
                        worst = std::max(worst, errorInUlp(result, exact));
                    });
  EXPECT_LE(worst, 4.0) << "ulp";
  // Far below, the exact result is too small for the target's type.
  mapped.run<float>({-87.0f, -88.0f, -89.0f, -100.0f, -1e6f, -1e30f, -3.4e38f},
                    [](float x, float result) {
                      EXPECT_LE(result, 0.0f) << x;
                      EXPECT_GT(result, -1e-35f) << x;
                    });
  mapped.run<float>({0.0f, 100.0f, 1e6f, 1e30f, 3.4e38f, infinity},
                    [](float x, float result) { EXPECT_EQ(result, x); });
  mapped.run<float>(
      {std::numeric_limits<float>::quiet_NaN()},
      [](float, float result) { EXPECT_TRUE(std::isnan(result)); });
}

TEST_P(FloatFunctionsTest, SquaredRelu) {
  Mapped mapped(
      machine(), [](Emitter &e, mlir::Value x) { return e.squaredRelu(x); },
      floatBuffer({batch}));
  mapped.run<float>(floatsBetween(-1e30f, 1e30f, 99991),
                    [](float x, float result) {
                      float positive = x > 0 ? x : 0;
                      ASSERT_EQ(result, positive * positive) << x;
                    });
}

TEST_P(FloatFunctionsTest, HalfToFloat) {
  // In vectors; the embedding's test does the same in scalars.
  Kernel kernel(machine(), {wordBuffer({65536})}, {floatBuffer({65536})},
                [](Emitter &e, const KernelArguments &a) {
                  auto type = e.vectorType(16, e.builder().getI16Type());
                  e.loop(e.index(0), e.index(65536), 16, [&](mlir::Value i) {
                    e.storeVector(
                        e.halfToFloat(e.loadVector(type, a.inputs[0], {i}),
                                      HalfConversion::Integer),
                        a.outputs[0], {i});
                  });
                });
  Buffer<uint16_t> input(65536);
  Buffer<float> output(65536);
  for (int64_t i = 0; i < 65536; ++i)
    input[i] = static_cast<uint16_t>(i);
  kernel(0, 1, 1, {input, output});
  for (int64_t i = 0; i < 65536; ++i)
    ASSERT_EQ(std::bit_cast<uint32_t>(output[i]),
              std::bit_cast<uint32_t>(decodeF16(static_cast<uint16_t>(i))))
        << "half " << i;
}

TEST_P(FloatFunctionsTest, CosineSine) {
  Kernel kernel(machine(), {doubleBuffer({batch})},
                {doubleBuffer({batch}), doubleBuffer({batch})},
                [](Emitter &e, const KernelArguments &a) {
                  e.loop(e.index(0), e.index(batch), 1, [&](mlir::Value i) {
                    auto [cosine, sine] =
                        e.cosineSine(e.load(a.inputs[0], {i}));
                    e.store(cosine, a.outputs[0], {i});
                    e.store(sine, a.outputs[1], {i});
                  });
                });
  Buffer<double> angles(batch), cosines(batch), sines(batch);
  Random random(11);
  // Up to 2^24: small angles, all sizes, integers, and multiples of π / 4.
  for (int part = 0; part < 16; ++part) {
    for (int64_t i = 0; i < batch; ++i) {
      double unit = (double(random.real()) + 1) / 2;
      switch (part % 4) {
      case 0:
        angles[i] = unit * std::ldexp(1.0, int(random.integer(-30, 24)));
        break;
      case 1:
        angles[i] = (1 - unit / 2) * 0x1p24;
        break;
      case 2:
        angles[i] = double(random.integer(0, 1 << 24));
        break;
      default:
        angles[i] = double(random.integer(0, 21000000)) * M_PI / 4;
      }
    }
    if (part == 0)
      angles[0] = 0;
    kernel(0, 1, 1, {angles, cosines, sines});
    for (int64_t i = 0; i < batch; ++i) {
      long double angle = angles[i];
      ASSERT_LT(std::fabs(cosines[i] - std::cos(angle)), 1e-12L) << angle;
      ASSERT_LT(std::fabs(sines[i] - std::sin(angle)), 1e-12L) << angle;
    }
  }
}

BITNET_FOR_EACH_MACHINE(FloatFunctionsTest);
