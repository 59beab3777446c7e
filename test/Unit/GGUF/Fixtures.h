//===- Fixtures.h - Files of python/make_gguf_fixtures.py -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_GGUF_FIXTURES_H
#define BITNET_TEST_UNIT_GGUF_FIXTURES_H

#include "bitnet/Import/GGUF/GGUFWeights.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace mlir::bitnet::test {

/// The path of a file or folder of the fixtures.
inline std::string getFixture(const llvm::Twine &name) {
  const char *root = std::getenv("BITNET_GGUF_FIXTURES");
  llvm::SmallString<128> path(root ? root : "");
  llvm::sys::path::append(path, name);
  return path.str().str();
}

/// The files of a folder that end in .gguf, in order; a failed test if there
/// are none.
inline std::vector<std::string> listFixtures(llvm::StringRef folder) {
  std::vector<std::string> paths;
  std::string directory = getFixture(folder);
  std::error_code code;
  for (llvm::sys::fs::directory_iterator file(directory, code), end;
       !code && file != end; file.increment(code))
    if (llvm::StringRef(file->path()).ends_with(".gguf"))
      paths.push_back(file->path());
  llvm::sort(paths);
  EXPECT_FALSE(paths.empty()) << directory << ": no fixtures";
  return paths;
}

/// What the writer left beside a file; a failed test if there is nothing.
inline std::string readExpectation(llvm::StringRef path) {
  llvm::SmallString<128> expectedPath(path);
  llvm::sys::path::replace_extension(expectedPath, "expected");
  llvm::ErrorOr<std::unique_ptr<llvm::MemoryBuffer>> expected =
      llvm::MemoryBuffer::getFile(expectedPath);
  bool isThere = expected && !(*expected)->getBuffer().empty();
  EXPECT_TRUE(isThere) << expectedPath.c_str();
  return isThere ? (*expected)->getBuffer().str() : "no expectation";
}

/// What I2_S means in the file, by the name of the file.
inline I2SLayout getLayout(llvm::StringRef path) {
  return path.contains("i2_s64") ? I2SLayout::Groups64 : I2SLayout::Groups128;
}

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_GGUF_FIXTURES_H
