//===- ImporterTest.cpp - Model files to modules --------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Imports what python/make_gguf_fixtures.py wrote to the directory that the
// environment variable BITNET_GGUF_FIXTURES names. What the graph looks like is
// tested in test/Import/GGUF.
//
//===----------------------------------------------------------------------===//
#include "Fixtures.h"
#include "bitnet/Dialect/BitNet/IR/ConstantData.h"
#include "bitnet/Dialect/BitNet/Transforms/Passes.h"
#include "bitnet/Import/GGUF/GGUFImporter.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace mlir::bitnet;
using namespace mlir::bitnet::test;

/// Tokens of all models but "llama3-vocabulary".
static constexpr int64_t vocabularySize = 298;

namespace {

/// A file with what its import gave.
struct Imported {
  std::unique_ptr<GGUFFile> file;
  OwningOpRef<ModuleOp> module;
  /// Empty on success.
  std::string error;
};

class Importer : public ::testing::Test {
protected:
  Imported import(const std::string &path, GGUFImportOptions options = {}) {
    Imported result;
    llvm::Expected<std::unique_ptr<GGUFFile>> file = GGUFFile::open(path);
    if (!file) {
      result.error = toString(file.takeError());
      return result;
    }
    result.file = std::move(*file);
    llvm::Expected<OwningOpRef<ModuleOp>> module =
        importGGUF(context, *result.file, options);
    if (module)
      result.module = std::move(*module);
    else
      result.error = toString(module.takeError());
    return result;
  }
  /// A file of the folder "valid"; its import must succeed.
  Imported importValid(llvm::StringRef name, GGUFImportOptions options = {}) {
    Imported result = import(getFixture("valid/" + name + ".gguf"), options);
    EXPECT_EQ(result.error, "") << name.str();
    return result;
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
};

} // namespace

static ModelAttr getModel(Imported &imported) {
  return (*imported.module)->getAttrOfType<ModelAttr>(modelAttrName);
}

/// The only operation of a type in the first layer or outside of layers.
template <typename Operation> static Operation findFirst(Imported &imported) {
  Operation first;
  imported.module->walk([&](Operation op) {
    first = op;
    return WalkResult::interrupt();
  });
  return first;
}

/// The constant with the location that has `name`.
template <typename Operation>
static Operation findConstant(Imported &imported, llvm::StringRef name) {
  Operation found;
  imported.module->walk([&](Operation op) {
    if (cast<NameLoc>(op.getLoc()).getName() == name)
      found = op;
  });
  return found;
}

TEST(StorageKinds, AreNamedLikeFormats) {
  for (unsigned kind = 0; kind <= getMaxEnumValForStorageKind(); ++kind) {
    auto storage = static_cast<StorageKind>(kind);
    EXPECT_EQ(stringifyStorageKind(storage).upper(),
              getWeightFormatName(mlir::bitnet::getWeightFormat(storage)));
    EXPECT_EQ(getStorageKind(mlir::bitnet::getWeightFormat(storage)), storage);
  }
}

TEST_F(Importer, ValidFilesBecomeModules) {
  for (const std::string &path : listFixtures("valid")) {
    GGUFImportOptions options;
    options.i2sLayout = getLayout(path);
    Imported imported = import(path, options);
    ASSERT_EQ(imported.error, "");
    EXPECT_TRUE(succeeded(verify(*imported.module))) << path;
    int64_t layers = getModel(imported).getLayerCount();
    int64_t linear = 0, attention = 0;
    imported.module->walk([&](BitLinearOp) { ++linear; });
    imported.module->walk([&](AttentionOp) { ++attention; });
    EXPECT_EQ(linear, 7 * layers) << path;
    EXPECT_EQ(attention, layers) << path;
  }
}

TEST_F(Importer, EveryOperationNamesItsTensorAndTheFile) {
  Imported imported = importValid("wide-i2_s");
  imported.module->walk([&](mlir::Operation *op) {
    auto location = dyn_cast<NameLoc>(op->getLoc());
    ASSERT_TRUE(location);
    if (isa<ModuleOp>(op)) {
      EXPECT_EQ(location.getName(), imported.file->getPath());
      return;
    }
    auto file = dyn_cast<NameLoc>(location.getChildLoc());
    ASSERT_TRUE(file);
    EXPECT_EQ(file.getName(), imported.file->getPath());
    if (isa<WeightOp, arith::ConstantOp>(op))
      EXPECT_NE(imported.file->findTensor(location.getName()), nullptr);
  });
}

TEST_F(Importer, ConstantsAreViewsOfTheFile) {
  for (const std::string &path : listFixtures("valid")) {
    GGUFImportOptions options;
    options.i2sLayout = getLayout(path);
    Imported imported = import(path, options);
    ASSERT_EQ(imported.error, "");
    auto expectView = [&](mlir::Operation *op, ElementsAttr data) {
      llvm::StringRef name = cast<NameLoc>(op->getLoc()).getName();
      const GGUFTensor *tensor = imported.file->findTensor(name);
      ASSERT_NE(tensor, nullptr) << name.str();
      std::vector<char> scratch;
      std::optional<ArrayRef<char>> bytes = getConstantBytes(data, scratch);
      ASSERT_TRUE(bytes);
      EXPECT_EQ(bytes->data(), tensor->data.data()) << name.str();
      EXPECT_EQ(bytes->size(), tensor->data.size()) << name.str();
    };
    imported.module->walk(
        [&](WeightOp weight) { expectView(weight, weight.getData()); });
    imported.module->walk([&](arith::ConstantOp norm) {
      if (isa<DenseResourceElementsAttr>(norm.getValue()))
        expectView(norm, cast<ElementsAttr>(norm.getValue()));
    });
  }
}

/// Norms that cannot be views have the same values.
TEST_F(Importer, OtherNormsAreDecoded) {
  for (llvm::StringRef name :
       {"unaligned", "bitnet-ragged-bf16", "b158-one-head-f32"}) {
    Imported imported = importValid(name);
    const char *tensorName = "blk.0.attn_norm.weight";
    auto norm = findConstant<arith::ConstantOp>(imported, tensorName);
    ASSERT_TRUE(norm);
    auto elements = dyn_cast<DenseFPElementsAttr>(norm.getValue());
    ASSERT_TRUE(elements) << name.str();
    StoredMatrix matrix = llvm::cantFail(getStoredMatrix(
        *imported.file, *imported.file->findTensor(tensorName)));
    std::vector<float> expected(matrix.getColumns());
    matrix.decodeRow(0, expected);
    EXPECT_TRUE(llvm::equal(elements.getValues<float>(), expected))
        << name.str();
  }
}

TEST_F(Importer, Defaults) {
  Imported imported = importValid("b158-defaults");
  EXPECT_EQ(getModel(imported),
            ModelAttr::get(&context, "b158-defaults", vocabularySize, 64, 128,
                           2, 64, Pooling::None));
  auto attention = findFirst<AttentionOp>(imported);
  EXPECT_EQ(attention.getCache().getType(),
            KVCacheType::get(&context, /*layers=*/2, /*heads=*/2,
                             /*head_size=*/64, /*context_length=*/64,
                             CacheElement::F16));
  auto rotations = findFirst<RotationTableOp>(imported);
  EXPECT_EQ(rotations.getFrequencies(),
            ArrayRef(makeRotation(1e4, 64, {}).frequencies));
  EXPECT_EQ(rotations.getType().getDimSize(1), 32);
  EXPECT_EQ(findFirst<RMSNormOp>(imported).getEps().convertToFloat(), 1e-5f);
}

TEST_F(Importer, Options) {
  GGUFImportOptions options;
  options.chunkSize = 4096;
  options.contextLength = 1000;
  options.activation = Activation::SiLU;
  options.modelName = "another";
  Imported imported = importValid("small", options);
  EXPECT_EQ(getModel(imported),
            ModelAttr::get(&context, "another", vocabularySize, 1000, 32, 1,
                           4096, Pooling::None));
  EXPECT_EQ(findFirst<GateOp>(imported).getActivation(), Activation::SiLU);
  EXPECT_EQ(
      findFirst<AttentionOp>(imported).getCache().getType().getContextLength(),
      1000);
}

TEST_F(Importer, OptionsHaveRanges) {
  std::string path = getFixture("valid/small.gguf");
  for (int64_t chunk : {0, -1, 4097}) {
    GGUFImportOptions options;
    options.chunkSize = chunk;
    EXPECT_EQ(import(path, options).error,
              "chunk size: expects an integer in [1, 4096], found " +
                  std::to_string(chunk));
  }
  for (int64_t length : {0, -1, (1 << 24) + 1}) {
    GGUFImportOptions options;
    options.contextLength = length;
    EXPECT_EQ(import(path, options).error,
              "context length: expects an integer in [1, 16777216], found " +
                  std::to_string(length));
  }
}

TEST_F(Importer, NameOfAFileWithoutAName) {
  Imported imported = importValid("name-empty");
  EXPECT_EQ(getModel(imported).getName(), "name-empty");
}

TEST_F(Importer, TokenizersAreOptional) {
  for (llvm::StringRef name : {"no-tokenizer", "tokenizer-none"}) {
    Imported imported = importValid(name);
    EXPECT_FALSE(findFirst<TokenizerOp>(imported)) << name.str();
    EXPECT_EQ(getModel(imported).getVocabularySize(), vocabularySize);
  }
}

TEST_F(Importer, VocabularyOfLlama3NeedsNoPreTokenizer) {
  Imported imported = importValid("llama3-vocabulary");
  EXPECT_TRUE(findFirst<TokenizerOp>(imported));
  EXPECT_EQ(getModel(imported).getVocabularySize(), 128256);
}

//===----------------------------------------------------------------------===//
// Files that are no models
//===----------------------------------------------------------------------===//

/// What quantising the weights of a module says; empty if it succeeds.
static std::string quantizeWeights(ModuleOp module) {
  std::string messages;
  ScopedDiagnosticHandler handler(
      module.getContext(), [&](Diagnostic &diagnostic) {
        llvm::raw_string_ostream(messages)
            << diagnostic.getLocation() << ": " << diagnostic << '\n';
        return success();
      });
  PassManager manager(module.getContext());
  manager.addPass(createQuantizeWeightsPass());
  bool failed = mlir::failed(manager.run(module));
  EXPECT_EQ(failed, !messages.empty());
  return messages;
}

TEST_F(Importer, InconsistentFilesAreRejected) {
  for (const std::string &path : listFixtures("inconsistent")) {
    Imported imported = import(path);
    if (imported.error.empty()) {
      std::string messages = quantizeWeights(*imported.module);
      EXPECT_NE(messages.find(readExpectation(path)), std::string::npos)
          << path << " gives: " << messages;
      EXPECT_NE(messages.find("blk.0.attn_q.weight"), std::string::npos)
          << messages;
      continue;
    }
    EXPECT_NE(imported.error.find(readExpectation(path)), std::string::npos)
        << imported.error;
    EXPECT_TRUE(llvm::StringRef(imported.error).starts_with(path + ": "))
        << imported.error;
  }
}

/// What a key or a tensor of the file is wrong with, the message locates.
TEST_F(Importer, MessagesHaveOffsets) {
  for (llvm::StringRef name :
       {"architecture-unknown", "head-count-kv-4", "experts", "query-bias",
        "norm-not-finite", "query-type-unknown", "merge-unknown"}) {
    Imported imported = import(getFixture("inconsistent/" + name + ".gguf"));
    EXPECT_NE(imported.error.find(".gguf: offset 0x"), std::string::npos)
        << imported.error;
  }
}

TEST_F(Importer, DamagedFilesDoNoHarm) {
  int64_t accepted = 0, rejected = 0;
  for (const std::string &path : listFixtures("damaged")) {
    Imported imported = import(path);
    if (!imported.error.empty()) {
      ++rejected;
      continue;
    }
    EXPECT_TRUE(succeeded(verify(*imported.module))) << path;
    ++accepted;
  }
  EXPECT_GT(accepted, 0);
  EXPECT_GT(rejected, 0);
}
