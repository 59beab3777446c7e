//===- GGUFParts.h - Models in several files --------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tools split large models into files `<name>-00001-of-00003.gguf` and so on.
// Each is a whole GGUF file with tensors of its own, and the first, which may
// have none, has the metadata of the model. All have
//
//   split.no              u16, the number of the part, from 0
//   split.count           u16
//   split.tensors.count   i32, the tensors of all parts
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_GGUF_GGUFPARTS_H
#define BITNET_LIB_IMPORT_GGUF_GGUFPARTS_H

#include "bitnet/Import/GGUF/GGUFReader.h"

namespace mlir::bitnet {

/// Puts the parts of a model together.
class GGUFParts {
public:
  /// `file` itself if it is a whole model; else the first part, with the
  /// tensors of all. Errors: a part that is missing or says otherwise than the
  /// others about the model, a tensor in two parts, and what opening a part
  /// gives.
  static llvm::Expected<std::unique_ptr<GGUFFile>>
  complete(std::unique_ptr<GGUFFile> file);

private:
  explicit GGUFParts(std::unique_ptr<GGUFFile> file) : given(std::move(file)) {}

  llvm::Error readName();
  std::string getPartPath(uint64_t number) const;
  llvm::Expected<std::unique_ptr<GGUFFile>> openPart(uint64_t number);
  llvm::Error checkPart(const GGUFFile &part, uint64_t number) const;
  llvm::Error mergeTensors();

  /// The part that was named; moved from when its turn comes.
  std::unique_ptr<GGUFFile> given;
  uint64_t givenNumber = 0, count = 0;
  /// The path of a part in front of its number.
  std::string stem;
  std::unique_ptr<GGUFFile> first;
};

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_GGUF_GGUFPARTS_H
