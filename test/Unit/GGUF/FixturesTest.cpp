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
#include "bitnet/Weights/Binarize.h"
#include "bitnet/Weights/Ternarize.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <bit>

using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

namespace {
/// A linear tensor, from whatever format.
struct Quantized {
  TritCounts counts;
  std::vector<char> codes;
  float firstScale;
};
} // namespace

static Quantized describe(const BinaryMatrix &matrix) {
  TritCounts counts;
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t column = 0; column < matrix.columns; ++column)
      ++(matrix.getSign(row, column) > 0 ? counts.positive : counts.negative);
  return {counts, matrix.bytes, matrix.scales.front()};
}

static llvm::Expected<Quantized>
getQuantized(const GGUFFile &file, const GGUFTensor &tensor, I2SLayout layout) {
  llvm::Expected<StoredMatrix> matrix = getStoredMatrix(file, tensor, layout);
  if (!matrix)
    return matrix.takeError();
  if (isBinary(matrix->getFormat())) {
    llvm::Expected<BinaryMatrix> signs = readBinary(*matrix);
    if (!signs)
      return signs.takeError();
    return describe(*signs);
  }
  llvm::Expected<TernaryMatrix> trits = isTernary(matrix->getFormat())
                                            ? readTernary(*matrix)
                                            : quantizeAbsMean(*matrix);
  if (!trits)
    return trits.takeError();
  EXPECT_EQ(trits->getView().findInvalidCode(), std::nullopt);
  return Quantized{trits->getView().countTrits(), trits->codes,
                   trits->scales.front()};
}

/// The line that the independent writer gives for a tensor.
static std::string describe(llvm::StringRef name, const Quantized &matrix) {
  uint32_t checksum = llvm::crc32(
      llvm::ArrayRef(reinterpret_cast<const uint8_t *>(matrix.codes.data()),
                     matrix.codes.size()));
  return llvm::formatv("{0} {1} {2} {3} {4:x-8} {5:x-8}", name,
                       matrix.counts.negative, matrix.counts.zero,
                       matrix.counts.positive, checksum,
                       std::bit_cast<uint32_t>(matrix.firstScale))
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
      llvm::Expected<Quantized> matrix =
          getQuantized(**file, *tensor, getLayout(path));
      ASSERT_TRUE(static_cast<bool>(matrix)) << toString(matrix.takeError());
      EXPECT_EQ(describe(name, *matrix), line.str()) << path;
      ++tensors;
    }
    EXPECT_GE(tensors, 7) << path;
  }
}

static std::vector<float> decode(const StoredMatrix &matrix) {
  std::vector<float> weights(matrix.getRows() * matrix.getColumns());
  for (int64_t row = 0; row < matrix.getRows(); ++row)
    matrix.decodeRow(row, llvm::MutableArrayRef(weights).slice(
                              row * matrix.getColumns(), matrix.getColumns()));
  return weights;
}

/// The weights that the trits or signs of a matrix stand for.
template <typename Matrix, typename GetElement>
static std::vector<float> multiply(const Matrix &matrix,
                                   GetElement getElement) {
  std::vector<float> weights;
  for (int64_t row = 0; row < matrix.rows; ++row)
    for (int64_t column = 0; column < matrix.columns; ++column)
      weights.push_back(static_cast<float>(getElement(row, column)) *
                        matrix.getScale(row, column));
  return weights;
}

TEST(Fixtures, EveryFormatHasTheExpectedWeights) {
  std::string path = getFixture("formats/formats.gguf");
  llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(path);
  ASSERT_TRUE(static_cast<bool>(file)) << toString(file.takeError());
  auto getMatrix = [&](llvm::StringRef name) {
    return llvm::cantFail(getStoredMatrix(**file, *(*file)->findTensor(name)));
  };
  // I2_S64 looks like I2_S, and PackedRows is not in these files.
  for (unsigned index = 0;
       index < static_cast<unsigned>(WeightFormat::PackedRows); ++index) {
    auto format = static_cast<WeightFormat>(index);
    llvm::StringRef name = getWeightFormatName(format);
    if (format == WeightFormat::I2_S64)
      continue;
    ASSERT_NE((*file)->findTensor(name), nullptr) << name.str();
    StoredMatrix matrix = getMatrix(name);
    EXPECT_EQ(matrix.getFormat(), format) << name.str();
    std::vector<float> expected = decode(getMatrix((name + ".expected").str()));
    EXPECT_EQ(decode(matrix), expected) << name.str();
    if (isTernary(format)) {
      TernaryMatrix trits = llvm::cantFail(readTernary(matrix));
      auto getTrit = [&](int64_t row, int64_t column) {
        return trits.getTrit(row, column);
      };
      EXPECT_EQ(multiply(trits, getTrit), expected) << name.str();
    } else if (isBinary(format)) {
      BinaryMatrix bits = llvm::cantFail(readBinary(matrix));
      auto getSign = [&](int64_t row, int64_t column) {
        return bits.getSign(row, column);
      };
      EXPECT_EQ(multiply(bits, getSign), expected) << name.str();
    }
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
      llvm::consumeError(
          getQuantized(**file, tensor, getLayout(path)).takeError());
  }
  EXPECT_GT(rejected, 0);
}
