//===- BitNetAttrs.td - Attributes of the bitnet dialect ---*- tablegen -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_IR_BITNETATTRS_TD
#define BITNET_DIALECT_BITNET_IR_BITNETATTRS_TD

include "bitnet/Dialect/BitNet/IR/BitNetDialect.td"
include "bitnet/Dialect/BitNet/IR/BitNetInterfaces.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class BitNet_Attr<string name, string mnemonicName, list<Trait> traits = []>
    : AttrDef<BitNet_Dialect, name, traits> {
  let mnemonic = mnemonicName;
}

//===----------------------------------------------------------------------===//
// Encodings of a matrix
//===----------------------------------------------------------------------===//

def BitNet_StorageKind : I32EnumAttr<"StorageKind",
    "element formats of model files", [
  I32EnumAttrCase<"F32", 0, "f32">,
  I32EnumAttrCase<"F16", 1, "f16">,
  I32EnumAttrCase<"BF16", 2, "bf16">,
  I32EnumAttrCase<"Q8_0", 3, "q8_0">,
  I32EnumAttrCase<"Q6_K", 4, "q6_k">,
  I32EnumAttrCase<"TQ1_0", 5, "tq1_0">,
  I32EnumAttrCase<"TQ2_0", 6, "tq2_0">,
  I32EnumAttrCase<"I2_S", 7, "i2_s">,
  I32EnumAttrCase<"I2_S64", 8, "i2_s64">
]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_StoredAttr : BitNet_Attr<"Stored", "stored",
    [DeclareAttrInterfaceMethods<BitNet_MatrixEncoding>]> {
  let summary = "elements exactly as a model file stores them";
  let description = [{
    Row-major, in the GGUF element format of that name. `i2_s` is the published
    layout (128 elements in 32 bytes), `i2_s64` the one that ARM builds of
    bitnet.cpp write (64 elements in 16 bytes); both end in 32 bytes whose
    first four are the f32 scale of the tensor.
  }];
  let parameters = (ins EnumParameter<BitNet_StorageKind>:$kind);
  let assemblyFormat = "`<` $kind `>`";
}

def BitNet_TritsAttr : BitNet_Attr<"Trits", "trits",
    [DeclareAttrInterfaceMethods<BitNet_MatrixEncoding>]> {
  let summary = "ternary elements, row-major, 2 bits each";
  let description = [{
    A row is ceil(K / 4) bytes. Element k is the two bits 2 (k mod 4) of byte
    k / 4 and holds trit + 1: 0, 1 or 2. Elements that pad the last byte are
    trit 0. The form in which passes compare, merge and pack ternary weights,
    and which the portable kernel reads.
  }];
}

def BitNet_ElementKind : I32EnumAttr<"ElementKind",
    "elements of a packed layout", [
  I32EnumAttrCase<"Trit", 0, "trit">,
  I32EnumAttrCase<"Int8", 1, "int8">,
  I32EnumAttrCase<"F16", 2, "f16">
]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_LayoutAttr : BitNet_Attr<"Layout", "layout",
    [DeclareAttrInterfaceMethods<BitNet_MatrixEncoding>]> {
  let summary = "rows in vector lanes, several groups of lanes interleaved";
  let description = [{
    The one description that the packer writes by and kernels read by.

    A tile is `groups` x `lanes` rows; a step is the columns that one lane
    holds. The matrix is the sequence

    ```
    [row tile][column step][group][lane][lane byte]
    ```

    so that a kernel that works on one tile reads a single sequential stream.
    Elements of a lane, for the element kinds:

    ```
    trit  4 bytes, 16 columns: column 4 f + j is bits 2 f of byte j; trit + 1
    int8  4 bytes,  4 columns: column j is byte j; value + 128
    f16   2 bytes,  1 column, IEEE half precision
    ```

    Rows are padded to whole tiles and columns to whole steps with zeros (trit
    code 1, byte 128, +0.0).

    Example: `#bitnet.layout<trit, lanes = 16, groups = 4>` stores 64 rows of
    16 columns in 256 bytes.
  }];
  let parameters = (ins EnumParameter<BitNet_ElementKind>:$element,
                        "int64_t":$lanes, "int64_t":$groups);
  let assemblyFormat = [{
    `<` $element `,` `lanes` `=` $lanes `,` `groups` `=` $groups `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Rows of a tile.
    int64_t getTileRows() const { return getLanes() * getGroups(); }
    /// Bytes of one lane in one step.
    int64_t getLaneBytes() const {
      return getElement() == ElementKind::F16 ? 2 : 4;
    }
    /// Columns of one lane in one step.
    int64_t getStepColumns() const;
    /// Row tiles and column steps that hold a matrix.
    int64_t getTileCount(int64_t rows) const {
      return (rows + getTileRows() - 1) / getTileRows();
    }
    int64_t getStepCount(int64_t columns) const {
      return (columns + getStepColumns() - 1) / getStepColumns();
    }
    /// Bytes of one step of one tile.
    int64_t getStepBytes() const { return getTileRows() * getLaneBytes(); }
  }];
}

//===----------------------------------------------------------------------===//
// Model and target
//===----------------------------------------------------------------------===//

def BitNet_ModelAttr : BitNet_Attr<"Model", "model"> {
  let summary = "facts about a language model that its object carries";
  let description = [{
    The value of the module attribute `bitnet.model`. `chunk_size` is the most
    tokens of one pass; every activation tensor has at most that many rows.
  }];
  let parameters = (ins StringRefParameter<"name">:$name,
                        "int64_t":$vocabulary_size, "int64_t":$context_length,
                        "int64_t":$embedding_length, "int64_t":$layer_count,
                        "int64_t":$chunk_size);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def BitNet_InstructionSet : I32EnumAttr<"InstructionSet",
    "levels of instruction sets with kernels of their own, oldest first", [
  I32EnumAttrCase<"Portable", 0, "portable">,
  I32EnumAttrCase<"AVX2", 1, "avx2">,
  I32EnumAttrCase<"AVX512VNNI", 2, "avx512vnni">
]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_TargetAttr : BitNet_Attr<"Target", "target"> {
  let summary = "the machine that code is generated for";
  let description = [{
    The value of the module attribute `bitnet.target`: an LLVM triple, an LLVM
    CPU name, LLVM target features (`+avx2,...`; empty: those of the CPU) and
    the newest level of kernels that the CPU can run.
  }];
  let parameters = (ins StringRefParameter<"triple">:$triple,
                        StringRefParameter<"CPU name">:$cpu,
                        StringRefParameter<"features">:$features,
                        EnumParameter<BitNet_InstructionSet>:$level);
  let assemblyFormat = "`<` struct(params) `>`";
}

//===----------------------------------------------------------------------===//
// Attributes of operations
//===----------------------------------------------------------------------===//

def BitNet_Activation : I32EnumAttr<"Activation",
    "activation functions of a gated feed-forward layer", [
  I32EnumAttrCase<"SquaredReLU", 0, "squared_relu">,
  I32EnumAttrCase<"SiLU", 1, "silu">
]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_ActivationAttr
    : EnumAttr<BitNet_Dialect, BitNet_Activation, "activation"> {
  let assemblyFormat = "$value";
}

#endif // BITNET_DIALECT_BITNET_IR_BITNETATTRS_TD
