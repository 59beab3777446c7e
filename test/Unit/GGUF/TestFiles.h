//===- TestFiles.h - What the tests of the reader share ---------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_GGUF_TESTFILES_H
#define BITNET_TEST_UNIT_GGUF_TESTFILES_H

#include "GGUFBuilder.h"

#include <memory>
#include <string>

namespace mlir::bitnet::test {

/// A right file with an entry of every kind and three tensors.
inline GGUFBuilder makeSample() {
  using Type = GGUFValueType;
  GGUFBuilder builder;
  builder.entry(Bytes().key("general.architecture", Type::String).string("a"))
      .entry(Bytes().key("u8", Type::U8).u8(200))
      .entry(Bytes().key("i8", Type::I8).u8(0xff))
      .entry(Bytes().key("u16", Type::U16).number<uint16_t>(65535))
      .entry(Bytes().key("i16", Type::I16).number<int16_t>(-300))
      .entry(Bytes().key("u32", Type::U32).u32(4000000000))
      .entry(Bytes().key("i32", Type::I32).number<int32_t>(-70000))
      .entry(Bytes().key("u64", Type::U64).u64(~uint64_t(0)))
      .entry(Bytes().key("i64", Type::I64).number<int64_t>(-5))
      .entry(Bytes().key("f32", Type::F32).f32(1.5f))
      .entry(Bytes().key("f64", Type::F64).u64(std::bit_cast<uint64_t>(0.1)))
      .entry(Bytes().key("bool", Type::Bool).u8(1))
      .entry(Bytes()
                 .arrayKey("strings", Type::String, 3)
                 .string("one")
                 .string("")
                 .string("\xff three"))
      .entry(Bytes().arrayKey("integers", Type::I32, 2).u32(7).u32(0xffffffff))
      .entry(Bytes().arrayKey("floats", Type::F32, 2).f32(-2).f32(0.25f))
      .entry(Bytes().arrayKey("bools", Type::Bool, 3).u8(0).u8(1).u8(1))
      .entry(Bytes().arrayKey("empty", Type::String, 0));
  builder.tensor("norm", {5}, GGUFTensorType::F32, 20)
      .tensor("linear", {64, 4}, GGUFTensorType::I2_S, 64 + 32)
      .tensor("head", {32, 3}, GGUFTensorType::Q8_0, 3 * 34);
  return builder;
}

/// The message of the error that parsing `bytes` gives; empty if it succeeds.
inline std::string getParseError(const std::string &bytes) {
  llvm::Expected<std::unique_ptr<GGUFFile>> file =
      GGUFFile::parse(bytes, "test.gguf");
  return file ? "" : llvm::toString(file.takeError());
}

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_GGUF_TESTFILES_H
