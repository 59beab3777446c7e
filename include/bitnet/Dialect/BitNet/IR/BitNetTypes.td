//===- BitNetTypes.td - Types of the bitnet dialect --------*- tablegen -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_IR_BITNETTYPES_TD
#define BITNET_DIALECT_BITNET_IR_BITNETTYPES_TD

include "bitnet/Dialect/BitNet/IR/BitNetAttrs.td"

class BitNet_Type<string name, string mnemonicName>
    : TypeDef<BitNet_Dialect, name> {
  let mnemonic = mnemonicName;
}

def BitNet_MatrixType : BitNet_Type<"Matrix", "matrix"> {
  let summary = "a weight matrix in some encoding";
  let description = [{
    M rows (output features) by K columns (input features). The encoding says
    how the bytes are laid out; it implements `MatrixEncoding`.

    Example: `!bitnet.matrix<512x1536, #bitnet.stored<i2_s>>`,
    `!bitnet.matrix<512x1536, #bitnet.trits>`.
  }];
  let parameters = (ins "int64_t":$rows, "int64_t":$columns,
                        "::mlir::Attribute":$encoding);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Bytes that the matrix takes.
    int64_t getByteSize() const;
    /// What its elements are, if linear layers can have them: those of
    /// `#bitnet.trits`, `#bitnet.bits`, `#bitnet.int8` and their layouts.
    std::optional<WeightKind> getWeightKind() const;
    /// Whether the encoding is `#bitnet.trits` or a layout of trits.
    bool isTernary() const { return getWeightKind() == WeightKind::Ternary; }
    /// Whether it is `#bitnet.bits` or a layout of bits.
    bool isBinary() const { return getWeightKind() == WeightKind::Binary; }
  }];
}

def BitNet_KVCacheType : BitNet_Type<"KVCache", "kv_cache"> {
  let summary = "keys and values of the sequences of a pass";
  let description = [{
    Stands for the caches of all sequences that the tokens of a pass belong to,
    and for what the pass has to attend to. A sequence has room for `capacity`
    positions, a multiple of 64 and at most `context_length` rounded up to one.
    For each layer and key/value head, keys lie in blocks of 64 positions with
    the position innermost, so that the scores of 16 positions form one vector,
    and values lie position by position:

    ```
    [layer][0: keys  ][head][capacity / 64][head_size][64 positions]
    [layer][1: values][head][capacity     ][head_size]
    ```

    Elements are f32 or, rounded half to even, f16 or bf16; or 8-bit integers
    with an f32 scale for each head of a key or value, absmax / 127: a code is
    round_half_even(x · (127 / absmax)). An absmax below 1e-30 counts as 0, and
    scale and codes are 0. The scales follow all codes:

    ```
    [layer][0: keys, 1: values][head][capacity]
    ```

    Example: `!bitnet.kv_cache<layers = 8, heads = 4, head_size = 64,
    context_length = 512, element = f16>`; without an element it is f32.
  }];
  let parameters = (ins "int64_t":$layers, "int64_t":$heads,
                        "int64_t":$head_size, "int64_t":$context_length,
                        DefaultValuedParameter<"::mlir::bitnet::CacheElement",
                          "::mlir::bitnet::CacheElement::F32">:$element);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Positions of one block of keys; capacities are multiples of it.
    static constexpr int64_t positionGranule = 64;
    /// Bytes that one position takes.
    int64_t getBytesPerPosition() const;
  }];
}

#endif // BITNET_DIALECT_BITNET_IR_BITNETTYPES_TD
