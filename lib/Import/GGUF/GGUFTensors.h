//===- GGUFTensors.h - Tensors of a GGUF file by name -----------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_GGUF_GGUFTENSORS_H
#define BITNET_LIB_IMPORT_GGUF_GGUFTENSORS_H

#include "bitnet/Import/GGUF/GGUFWeights.h"
#include "bitnet/Import/LanguageModel/ModelTensors.h"

namespace mlir::bitnet {

/// The tensors of a file, which have the names that models' tensors have here.
class GGUFTensorSource final : public TensorSource {
public:
  /// `file` must outlive the source.
  GGUFTensorSource(const GGUFFile &file, I2SLayout layout)
      : file(file), layout(layout) {}

  size_t getCount() const override { return file.getTensors().size(); }
  std::optional<size_t> find(llvm::StringRef name) const override;
  llvm::StringRef getName(size_t tensor) const override {
    return file.getTensors()[tensor].name;
  }
  llvm::ArrayRef<uint64_t> getShape(size_t tensor) const override {
    return file.getTensors()[tensor].shape;
  }
  llvm::Expected<StoredMatrix> getMatrix(size_t tensor) const override;
  llvm::Error makeError(size_t tensor,
                        const llvm::Twine &message) const override;
  llvm::Error makeContentError(size_t tensor,
                               const llvm::Twine &message) const override;
  llvm::Error makeMissingError(llvm::StringRef name,
                               const llvm::Twine &wanted) const override;

private:
  const GGUFFile &file;
  I2SLayout layout;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_GGUF_GGUFTENSORS_H
