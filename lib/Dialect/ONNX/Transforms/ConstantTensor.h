//===- ConstantTensor.h - Values of constants -------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_DIALECT_ONNX_TRANSFORMS_CONSTANTTENSOR_H
#define BITNET_LIB_DIALECT_ONNX_TRANSFORMS_CONSTANTTENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

#include <vector>

namespace mlir::onnx {

/// The largest magnitude of the integers that constants hold: as far as f32 is
/// exact. Weights, their codes and scales are smaller.
inline constexpr int64_t largestInteger = 1 << 24;

/// A constant of static shape, row-major. Elements of every type are held in
/// f32, which is exact for those that are accepted.
struct ConstantTensor {
  RankedTensorType type;
  std::vector<float> values;

  int64_t size() const { return static_cast<int64_t>(values.size()); }
  ArrayRef<int64_t> getShape() const { return type.getShape(); }
};

/// Rounds or wraps numbers to an element type, as arithmetic in that type does.
class ElementConverter {
public:
  explicit ElementConverter(Type type);

  /// Whether the type is a float or integer type that constants may have.
  bool isSupported() const { return kind != Kind::Other; }
  bool isF32() const { return kind == Kind::F32; }
  /// What `value` becomes. Integers truncate and wrap.
  float convert(double value);
  /// Whether all numbers so far became elements that f32 holds exactly.
  bool isExact() const { return exact; }

private:
  enum class Kind { F32, F16, BF16, Integer, Other };

  float convertToInteger(double value);

  Kind kind = Kind::Other;
  unsigned bits = 0;
  bool isUnsigned = false;
  bool exact = true;
};

/// The elements of a constant. Nothing if they are not at hand, of a type that
/// is not supported or too large.
std::optional<ConstantTensor> readConstant(ElementsAttr attribute);

} // namespace mlir::onnx

#endif // BITNET_LIB_DIALECT_ONNX_TRANSFORMS_CONSTANTTENSOR_H
