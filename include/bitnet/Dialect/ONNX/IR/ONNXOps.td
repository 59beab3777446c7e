//===- ONNXOps.td - The onnx dialect -----------------------*- tablegen -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_ONNX_IR_ONNXOPS_TD
#define BITNET_DIALECT_ONNX_IR_ONNXOPS_TD

include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def ONNX_Dialect : Dialect {
  let name = "onnx";
  let cppNamespace = "::mlir::onnx";
  let summary = "graphs as ONNX files store them";
  let description = [{
    A graph is a function `@main`. Its leading arguments are the graph's
    symbolic dimensions, its other arguments the graph's inputs, its results the
    outputs:

    ```mlir
    func.func @main(%batch: index {onnx.symbol = "batch"},
                    %image: tensor<?x1x28x28xf32> {onnx.name = "image",
                      onnx.dims = ["batch", 1, 28, 28]})
        -> (tensor<?x10xf32> {onnx.name = "logits",
              onnx.dims = ["batch", 10]})
    ```

    Every dynamic dimension of an input is a symbol; dimensions of the same name
    are equal and at least 1. An input that reaches an output unchanged is
    allowed; so is the same value for several outputs.

    Elements are signless integers for ONNX's signed ones (`i8` is INT8), unsigned
    ones (`ui8`) for its unsigned ones, `i1` for BOOL, and the floats of the
    builtin dialect. An operation carries the name of its node as location,
    within the name of the file: `loc("/net/Gemm"("model.onnx"))`; unnamed nodes
    are called `OpType#index`.
  }];
  let useDefaultTypePrinterParser = 0;
  let hasConstantMaterializer = 1;
}

class ONNX_Op<string mnemonic, list<Trait> traits = []>
    : Op<ONNX_Dialect, mnemonic, traits>;

def ONNX_Value : AnyTypeOf<[AnyRankedTensor, NoneType]>;

def ONNX_NodeOp : ONNX_Op<"node", [Pure,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a node of a graph";
  let description = [{
    The operator `op_type` of `domain` (empty: the standard operators) as
    `version` of the domain's operator set defines it. Its attributes have the
    names that ONNX gives them: INT as i64, FLOAT as f32, STRING as a string,
    INTS and FLOATS as dense arrays of i64 and f32, STRINGS as an array, TENSOR
    as elements. Inputs and outputs that are left out have type `none`.

    What operators exist, the shapes of their results and what they compute is
    in `lib/Conversion/ONNXToLinalg`.

    Constraints:
    1. (node_c1) `version` is positive.
    2. (node_c2) attributes whose names mean one kind of value in all operators,
       such as `axis` and `epsilon`, are of that kind.

    Example:

    ```mlir
    %y = onnx.node "Gemm" version 13 (%x, %w, %bias) {transB = 1 : i64}
      : (tensor<?x784xf32>, tensor<512x784xf32>, tensor<512xf32>)
      -> tensor<?x512xf32>
    %z = onnx.node "com.microsoft" "QuickGelu" version 1 (%y)
      : (tensor<?x512xf32>) -> tensor<?x512xf32>
    ```
  }];
  let arguments = (ins Variadic<ONNX_Value>:$inputs, StrAttr:$op_type,
                       DefaultValuedStrAttr<StrAttr, "">:$domain,
                       I64Attr:$version);
  let results = (outs Variadic<ONNX_Value>:$outputs);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Whether this is the operator `type` of `domain`.
    bool is(::llvm::StringRef type, ::llvm::StringRef domain = "") {
      return getOpType() == type && getDomain() == domain;
    }
    /// Input `index`, or null if the node has no such input or leaves it out.
    ::mlir::Value getInput(unsigned index);
    /// The number of inputs up to the last that is there.
    unsigned getInputCount();
    /// The attribute `name` of the ONNX node, or null.
    ::mlir::Attribute getNodeAttr(::llvm::StringRef name) {
      return (*this)->getDiscardableAttr(name);
    }
    int64_t getInt(::llvm::StringRef name, int64_t absent);
    float getFloat(::llvm::StringRef name, float absent);
    /// The string is the attribute's.
    ::llvm::StringRef getString(::llvm::StringRef name,
                                ::llvm::StringRef absent);
    /// Nothing if there is no such attribute.
    ::std::optional<::llvm::ArrayRef<int64_t>> getInts(::llvm::StringRef name);
    ::std::optional<::llvm::ArrayRef<float>> getFloats(::llvm::StringRef name);
  }];
}

def ONNX_ConstantOp : ONNX_Op<"constant", [Pure, ConstantLike,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "an initializer or another constant tensor";
  let description = [{
    The tensor `value`. Large ones are resources that stay mapped from the file.

    Constraints:
    1. (constant_c1) the result has the type of `value`.
  }];
  let arguments = (ins ElementsAttr:$value);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

def ONNX_NoneOp : ONNX_Op<"none", [Pure]> {
  let summary = "the absence of an optional input";
  let results = (outs NoneType:$result);
  let assemblyFormat = "attr-dict";
}

#endif // BITNET_DIALECT_ONNX_IR_ONNXOPS_TD
