//===- FixturesTest.cpp - Files of an independent writer ------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads what python/make_gguf_fixtures.py wrote to the directory that the
// environment variable BITNET_GGUF_FIXTURES names.
//
//===----------------------------------------------------------------------===//
#include "Fixtures.h"
#include "bitnet/Weights/Ternarize.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <bit>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

/// The trits of a linear tensor, from whatever format.
static llvm::Expected<TernaryMatrix>
getTrits(const GGUFFile &file, const GGUFTensor &tensor, I2SLayout layout) {
  llvm::Expected<StoredMatrix> matrix = getStoredMatrix(file, tensor, layout);
  if (!matrix)
    return matrix.takeError();
  return isTernary(matrix->getFormat()) ? readTernary(*matrix)
                                        : quantizeAbsMean(*matrix);
}

/// The line that the independent writer gives for a tensor.
static std::string describe(llvm::StringRef name, const TernaryMatrix &matrix) {
  TritCounts counts = matrix.getView().countTrits();
  uint32_t checksum = llvm::crc32(
      llvm::ArrayRef(reinterpret_cast<const uint8_t *>(matrix.codes.data()),
                     matrix.codes.size()));
  return llvm::formatv("{0} {1} {2} {3} {4:x-8} {5:x-8}", name, counts.negative,
                       counts.zero, counts.positive, checksum,
                       std::bit_cast<uint32_t>(matrix.scales.front()))
      .str();
}

TEST(Fixtures, ValidFilesHaveTheExpectedTrits) {
  for (const std::string &path : listFixtures("valid")) {
    llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(path);
    ASSERT_TRUE(static_cast<bool>(file)) << toString(file.takeError());
    std::string expected = readExpectation(path);
    int64_t tensors = 0;
    for (llvm::StringRef line : llvm::split(expected, '\n')) {
      if (line.empty())
        continue;
      llvm::StringRef name = line.split(' ').first;
      const GGUFTensor *tensor = (*file)->findTensor(name);
      ASSERT_NE(tensor, nullptr) << line.str();
      llvm::Expected<TernaryMatrix> matrix =
          getTrits(**file, *tensor, getLayout(path));
      ASSERT_TRUE(static_cast<bool>(matrix)) << toString(matrix.takeError());
      EXPECT_EQ(describe(name, *matrix), line.str()) << path;
      EXPECT_EQ(matrix->getView().findInvalidCode(), std::nullopt);
      ++tensors;
    }
    EXPECT_GE(tensors, 7) << path;
  }
}

TEST(Fixtures, MalformedFilesAreRejected) {
  for (const std::string &path : listFixtures("malformed")) {
    llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(path);
    EXPECT_FALSE(static_cast<bool>(file)) << path;
    if (!file)
      EXPECT_TRUE(
          llvm::StringRef(toString(file.takeError())).starts_with(path + ": "));
  }
}

TEST(Fixtures, InconsistentFilesAreWellFormed) {
  for (const std::string &path : listFixtures("inconsistent")) {
    llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(path);
    EXPECT_TRUE(static_cast<bool>(file)) << toString(file.takeError());
  }
}

TEST(Fixtures, DamagedFilesDoNoHarm) {
  int64_t rejected = 0;
  for (const std::string &path : listFixtures("damaged")) {
    llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(path);
    if (!file) {
      llvm::consumeError(file.takeError());
      ++rejected;
      continue;
    }
    for (const GGUFTensor &tensor : (*file)->getTensors())
      llvm::consumeError(getTrits(**file, tensor, getLayout(path)).takeError());
  }
  EXPECT_GT(rejected, 0);
}
