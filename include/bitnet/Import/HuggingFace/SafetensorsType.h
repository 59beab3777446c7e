//===- SafetensorsType.h - Element types of safetensors ---------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_HUGGINGFACE_SAFETENSORSTYPE_H
#define BITNET_IMPORT_HUGGINGFACE_SAFETENSORSTYPE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>

namespace mlir::bitnet {

/// The element types that safetensors files name.
enum class SafetensorsType : uint8_t {
  Bool,
  F4,
  F6_E2M3,
  F6_E3M2,
  U8,
  I8,
  F8_E5M2,
  F8_E4M3,
  F8_E8M0,
  I16,
  U16,
  F16,
  BF16,
  I32,
  U32,
  F32,
  C64,
  F64,
  I64,
  U64,
};

/// The name of `type` in files, such as "BF16".
llvm::StringRef getSafetensorsTypeName(SafetensorsType type);

/// The type that files call `name`, or nothing.
std::optional<SafetensorsType> findSafetensorsType(llvm::StringRef name);

/// The bytes of a tensor of `shape`, in which extents may be 0; a shape without
/// extents is that of one element. Nothing on overflow of uint64_t, or if the
/// elements do not fill whole bytes.
std::optional<uint64_t> getSafetensorsBytes(SafetensorsType type,
                                            llvm::ArrayRef<uint64_t> shape);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_HUGGINGFACE_SAFETENSORSTYPE_H
