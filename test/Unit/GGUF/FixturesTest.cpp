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
#include "bitnet/Import/GGUF/GGUFWeights.h"
#include "bitnet/Weights/Ternarize.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>

using namespace mlir::bitnet;

/// The files of a fixture folder that end in .gguf, in order; a failed test if
/// there are none.
static std::vector<std::string> listFixtures(llvm::StringRef folder) {
  std::vector<std::string> paths;
  const char *root = std::getenv("BITNET_GGUF_FIXTURES");
  llvm::SmallString<128> directory(root ? root : "");
  llvm::sys::path::append(directory, folder);
  std::error_code code;
  for (llvm::sys::fs::directory_iterator file(directory, code), end;
       !code && file != end; file.increment(code))
    if (llvm::StringRef(file->path()).ends_with(".gguf"))
      paths.push_back(file->path());
  llvm::sort(paths);
  EXPECT_FALSE(paths.empty()) << directory.c_str() << ": no fixtures";
  return paths;
}

/// Whether the interleaving of I2_S in the file is in groups of 64.
static I2SLayout getLayout(llvm::StringRef path) {
  return path.contains("i2_s64") ? I2SLayout::Groups64 : I2SLayout::Groups128;
}

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
    llvm::SmallString<128> expectedPath(path);
    llvm::sys::path::replace_extension(expectedPath, "expected");
    llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> expected =
        llvm::MemoryBuffer::getFile(expectedPath);
    ASSERT_TRUE(static_cast<bool>(expected)) << expectedPath.c_str();
    int64_t tensors = 0;
    for (llvm::StringRef line : llvm::split((*expected)->getBuffer(), '\n')) {
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
