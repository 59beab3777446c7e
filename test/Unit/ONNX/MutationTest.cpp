//===- MutationTest.cpp - Damage to ONNX files ----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Whatever the bytes are, importing ends with an error that names the file or
// with a module that is valid and whose constants can all be read. The
// sanitizers check the reading. What is damaged are the files that
// python/make_onnx_fixtures.py wrote to the directory that the environment
// variable BITNET_ONNX_FIXTURES names.
//
//===----------------------------------------------------------------------===//
#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "bitnet/Dialect/ONNX/Operators/OperatorTable.h"
#include "bitnet/Import/ONNX/ONNXImporter.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
class Mutation : public ::testing::Test {
protected:
  void SetUp() override;
  /// Imports `bytes` as a file beside the fixtures.
  void import(StringRef bytes);

  std::string folder;
  std::vector<std::string> files;
  std::unique_ptr<MLIRContext> context;
  uint64_t accepted = 0, rejected = 0, sum = 0;
};
} // namespace

void Mutation::SetUp() {
  const char *root = std::getenv("BITNET_ONNX_FIXTURES");
  llvm::SmallString<128> path(root ? root : "");
  llvm::sys::path::append(path, "valid");
  folder = path.str();
  std::vector<std::string> paths;
  std::error_code code;
  for (llvm::sys::fs::directory_iterator file(folder, code), end;
       !code && file != end; file.increment(code))
    if (StringRef(file->path()).ends_with(".onnx"))
      paths.push_back(file->path());
  ASSERT_FALSE(paths.empty()) << folder << ": no fixtures";
  llvm::sort(paths);
  for (const std::string &path : paths)
    files.push_back((*llvm::MemoryBuffer::getFile(path))->getBuffer().str());
}

void Mutation::import(StringRef bytes) {
  // Attributes stay in a context: a new one now and then.
  if (!context || (accepted + rejected) % 2000 == 0)
    context = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler handler(context.get(), [](Diagnostic &diagnostic) {
    ADD_FAILURE() << "a diagnostic instead of an error: " << diagnostic.str();
  });
  // The exact size on the heap, so that every byte outside is poisoned.
  std::vector<char> exact(bytes.begin(), bytes.end());
  ONNXImportOptions options;
  options.isSupported = [](StringRef domain, StringRef type, int64_t version) {
    return onnx::lookupOperator(domain, type, version) != nullptr;
  };
  std::unique_ptr<ONNXFile> file;
  OwningOpRef<ModuleOp> module;
  llvm::Error error =
      ONNXFile::parse(exact, folder + "/damaged.onnx").moveInto(file);
  if (!error)
    error = importONNX(*context, *file, options).moveInto(module);
  if (error) {
    EXPECT_TRUE(StringRef(toString(std::move(error))).starts_with(folder));
    ++rejected;
    return;
  }
  EXPECT_TRUE(succeeded(verify(*module)));
  module->walk([&](onnx::ConstantOp constant) {
    if (constant.getType().getElementTypeBitWidth() < 8)
      return;
    std::vector<char> scratch;
    std::optional<ArrayRef<char>> bytes =
        getConstantBytes(constant.getValue(), scratch);
    ASSERT_TRUE(bytes);
    for (char byte : *bytes)
      sum += static_cast<uint8_t>(byte);
  });
  ++accepted;
}

TEST_F(Mutation, WholeFilesImport) {
  // Only one needs an option.
  for (const std::string &file : files)
    import(file);
  EXPECT_EQ(rejected, 1u);
}

TEST_F(Mutation, TruncatedFilesDoNoHarm) {
  for (const std::string &file : files) {
    // Large tensors are not cut everywhere.
    size_t step = std::max<size_t>(1, file.size() / 500);
    for (size_t size = 0; size < file.size(); size += step)
      import(StringRef(file).take_front(size));
  }
  EXPECT_GT(rejected, 1000u);
}

TEST_F(Mutation, DamagedFilesDoNoHarm) {
  std::mt19937_64 random(20240229);
  // Numbers in protobuf's encoding that are special somewhere: -1, the least,
  // the largest and the largest of 32 bits, and ends of groups of 7 bits.
  const StringRef special[] = {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                               "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
                               "\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                               "\xff\xff\xff\xff\x0f",
                               "\x7f",
                               "\x80\x01"};
  // A number of rounds, not a time, so that every machine tests the same.
  for (int round = 0; round < 100000; ++round) {
    std::string damaged = files[random() % files.size()];
    for (uint64_t change = random() % 4 + 1; change > 0; --change) {
      if (damaged.empty())
        break;
      size_t position = random() % damaged.size();
      switch (random() % 5) {
      case 0:
        damaged[position] ^= static_cast<char>(1 << (random() % 8));
        break;
      case 1:
        damaged[position] = static_cast<char>(random());
        break;
      case 2: {
        StringRef number = special[random() % std::size(special)];
        damaged.replace(position, random() % 2, number.data(), number.size());
        break;
      }
      case 3:
        damaged.erase(position, random() % 16);
        break;
      case 4: {
        // A part of the file again, such as a node or a tensor.
        std::string part = damaged.substr(position, random() % 64);
        damaged.insert(random() % damaged.size(), part);
        break;
      }
      }
    }
    import(damaged);
  }
  // Both paths have been taken often.
  EXPECT_GT(accepted, 1000u);
  EXPECT_GT(rejected, 1000u);
  EXPECT_NE(sum, 0u);
}
