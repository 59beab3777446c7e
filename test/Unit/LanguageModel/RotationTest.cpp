//===- RotationTest.cpp - Frequencies of rotary position embeddings ------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/LanguageModel/Rotation.h"

#include <gtest/gtest.h>

#include <utility>

using namespace mlir::bitnet;

static void
expectFrequencies(const Rotation &rotation,
                  std::initializer_list<std::pair<size_t, double>> expected) {
  for (auto [pair, frequency] : expected)
    EXPECT_NEAR(rotation.frequencies[pair] / frequency, 1, 1e-12) << pair;
}

TEST(Rotation, FallsFromOneWithTheBase) {
  Rotation rotation = makeRotation(1e4, 8, {});
  ASSERT_EQ(rotation.frequencies.size(), 4u);
  expectFrequencies(rotation, {{0, 1}, {1, 0.1}, {2, 0.01}, {3, 0.001}});
  EXPECT_EQ(rotation.amplitude, 1);
}

TEST(Rotation, LinearScalingDividesAll) {
  RotationScaling scaling;
  scaling.kind = RotationScaling::Kind::Linear;
  scaling.factor = 4;
  expectFrequencies(makeRotation(1e4, 8, scaling), {{0, 0.25}, {3, 0.00025}});
}

// A model of 65536 positions that was trained with 16384. Pairs up to 20 stay,
// pairs from 37 on are divided by 4. The numbers are those of the formula of
// arXiv:2309.00071, evaluated by another program.
TEST(Rotation, YaRNMixesByThePair) {
  RotationScaling scaling;
  scaling.kind = RotationScaling::Kind::YaRN;
  scaling.factor = 4;
  scaling.originalContext = 16384;
  expectFrequencies(makeRotation(1e6, 128, scaling),
                    {{0, 1},
                     {20, 0.01333521432163324},
                     {30, 0.000860547176327363},
                     {40, 4.445698525097307e-05},
                     {50, 5.133812566142866e-06},
                     {63, 3.102344401879299e-07}});
  EXPECT_NEAR(getYaRNAmplitude(4), 1.138629436111989, 1e-15);
  EXPECT_EQ(getYaRNAmplitude(1), 1);
}

// The factors of Llama 3.1, likewise.
TEST(Rotation, Llama3MixesByTheWavelength) {
  RotationScaling scaling;
  scaling.kind = RotationScaling::Kind::Llama3;
  scaling.factor = 8;
  scaling.originalContext = 8192;
  expectFrequencies(makeRotation(5e5, 128, scaling),
                    {{0, 1},
                     {20, 0.016560440080994446},
                     {28, 0.003211445994752591},
                     {30, 0.0013718935677611381},
                     {33, 0.00031269375038406517},
                     {40, 3.428102195952591e-05},
                     {63, 3.068925988914511e-07}});
}
