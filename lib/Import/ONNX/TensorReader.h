//===- TensorReader.h - Messages of tensors as bytes ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_IMPORT_ONNX_TENSORREADER_H
#define BITNET_LIB_IMPORT_ONNX_TENSORREADER_H

#include "ExternalData.h"
#include "bitnet/Import/ONNX/ONNXReader.h"
#include "llvm/Support/Allocator.h"

#include <onnx/onnx_pb.h>

namespace mlir::bitnet {

/// `message` as a tensor: a view of it or of `external`, or of bytes in
/// `allocator` if the message has elements that are narrower than the field
/// that holds them. Errors have no name of the tensor or file.
llvm::Expected<ONNXTensor> readTensor(const ::onnx::TensorProto &message,
                                      ExternalData &external,
                                      llvm::BumpPtrAllocator &allocator);

} // namespace mlir::bitnet

#endif // BITNET_LIB_IMPORT_ONNX_TENSORREADER_H
