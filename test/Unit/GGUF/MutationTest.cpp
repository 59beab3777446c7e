//===- MutationTest.cpp - Random damage to GGUF files ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whatever the bytes are, parsing ends with an error or with a file whose views
// can all be read. The sanitizers check the reading.
//
//===----------------------------------------------------------------------===//
#include "TestFiles.h"
#include "bitnet/Import/GGUF/GGUFWeights.h"
#include "bitnet/Weights/Ternarize.h"

#include <gtest/gtest.h>

#include <random>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

/// Reads everything that a file offers; the sum keeps the reads alive.
static uint64_t readEverything(const GGUFFile &file) {
  uint64_t sum = 0;
  auto readBytes = [&](llvm::ArrayRef<char> bytes) {
    for (char byte : bytes)
      sum += static_cast<uint8_t>(byte);
  };
  for (const GGUFEntry &entry : file.getEntries()) {
    readBytes(entry.value.getBytes());
    for (llvm::StringRef text : entry.value.getStrings())
      readBytes(text);
    llvm::consumeError(file.getUnsigned(entry.key).takeError());
    llvm::consumeError(file.getFloat(entry.key).takeError());
    llvm::consumeError(file.getIntegerArray(entry.key).takeError());
    llvm::consumeError(file.getStringArray(entry.key).takeError());
  }
  for (const GGUFTensor &tensor : file.getTensors()) {
    readBytes(tensor.data);
    sum += file.findTensor(tensor.name)->getElementCount();
    llvm::Expected<StoredMatrix> matrix = getStoredMatrix(file, tensor);
    if (!matrix) {
      llvm::consumeError(matrix.takeError());
      continue;
    }
    llvm::Expected<TernaryMatrix> trits = isTernary(matrix->getFormat())
                                              ? readTernary(*matrix)
                                              : quantizeAbsMean(*matrix);
    if (trits)
      sum += trits->getView().countTrits().positive;
    else
      llvm::consumeError(trits.takeError());
  }
  return sum;
}

TEST(Mutation, NeverReadsOutside) {
  std::string whole = makeSample().build();
  std::mt19937_64 random(20240229);
  uint64_t accepted = 0, rejected = 0, sum = 0;
  // Integers that are special somewhere.
  constexpr uint64_t special[] = {0,
                                  1,
                                  31,
                                  ~uint64_t(0),
                                  uint64_t(1) << 63,
                                  uint64_t(1) << 62,
                                  uint64_t(1) << 61,
                                  0x7fffffff,
                                  0xffffffff};
  // A number of rounds, not a time, so that every machine tests the same.
  for (int round = 0; round < 100000; ++round) {
    std::string damaged = whole;
    for (uint64_t change = random() % 4 + 1; change > 0; --change) {
      size_t position = random() % damaged.size();
      switch (random() % 4) {
      case 0:
        damaged[position] ^= static_cast<char>(1 << (random() % 8));
        break;
      case 1:
        damaged[position] = static_cast<char>(random());
        break;
      case 2: {
        char bytes[8];
        llvm::support::endian::write64le(
            bytes, special[random() % std::size(special)]);
        damaged.replace(position, sizeof(bytes), bytes, sizeof(bytes));
        break;
      }
      case 3:
        damaged.erase(position, random() % 16);
        break;
      }
      if (damaged.empty())
        break;
    }
    // The exact size on the heap, so that every byte outside is poisoned.
    std::vector<char> exact(damaged.begin(), damaged.end());
    llvm::Expected<std::unique_ptr<GGUFFile>> file =
        GGUFFile::parse(exact, "test.gguf");
    if (file) {
      sum += readEverything(**file);
      ++accepted;
    } else {
      EXPECT_NE(toString(file.takeError()), "");
      ++rejected;
    }
  }
  // Both paths have been taken often.
  EXPECT_GT(accepted, 1000u);
  EXPECT_GT(rejected, 1000u);
  EXPECT_NE(sum, 0u);
}
