//===- BitNetOps.td - Operations of the bitnet dialect -----*- tablegen -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_IR_BITNETOPS_TD
#define BITNET_DIALECT_BITNET_IR_BITNETOPS_TD

include "bitnet/Dialect/BitNet/IR/BitNetAttrs.td"
include "bitnet/Dialect/BitNet/IR/BitNetTypes.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class BitNet_Op<string mnemonic, list<Trait> traits = []>
    : Op<BitNet_Dialect, mnemonic, traits>;

// Rows of tokens: tensor<?xCx...>. Kernels are made for a number of columns.
class BitNet_RowsOf<Type element, string summary>
    : ConfinedType<2DTensorOf<[element]>,
        [CPred<"!::llvm::cast<::mlir::ShapedType>($_self).isDynamicDim(1)">],
        "2D tensor of " # summary # " with a static number of columns">;
def BitNet_Rows : BitNet_RowsOf<F32, "f32">;
def BitNet_QuantizedRows : BitNet_RowsOf<I8, "i8">;
def BitNet_RowScales : 1DTensorOf<[F32]>;
def BitNet_RowSums : 1DTensorOf<[I32]>;
def BitNet_Tokens : 1DTensorOf<[I32]>;
// A position in its sequence for each row.
def BitNet_Positions : 1DTensorOf<[I32]>;
def BitNet_RowNumbers : 1DTensorOf<[I32]>;
def BitNet_ChannelWeights : 1DTensorOf<[F32]>;
// A cosine and a sine for each of P pairs.
def BitNet_RotationTable
    : ConfinedType<3DTensorOf<[F32]>,
        [CPred<"::llvm::cast<::mlir::ShapedType>($_self).getDimSize(1) > 0">,
         CPred<"::llvm::cast<::mlir::ShapedType>($_self).getDimSize(2) == 2">],
        "tensor<?xPx2xf32> with P > 0">;

//===----------------------------------------------------------------------===//
// Constants and data
//===----------------------------------------------------------------------===//

def BitNet_WeightOp : BitNet_Op<"weight", [Pure,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a constant weight matrix";
  let description = [{
    `data` holds the bytes of the matrix in its type's encoding. `scales`
    multiply the elements: absent, one for the matrix, or one for each row.
    Encodings that carry scales of their own (`#bitnet.stored`) may have one
    here, a factor on the whole matrix, as files of models have it beside the
    tensor; trits and packed trits must have them. `offsets` are added: a weight
    is element * scale + offset.

    Constraints:
    1. (weight_c1) `data` is a rank-1 i8 tensor of exactly the type's size.
    2. (weight_c2) `scales` is an f32 vector of 1 or M elements, or as
       weight_c4 says.
    3. (weight_c3) stored encodings have at most one of `scales`; ternary and
       binary ones and `#bitnet.int8` have some.
    4. (weight_c4) `scales` of a ternary or binary matrix may be an M x B
       tensor: one for each row and block of K / B columns, a multiple of 32;
       for `#bitnet.int8` of 16. In a layout they lie beside the tiles that they
       multiply: T x B x R for T tiles of R rows, 0 for rows that only pad the
       last tile. There they may be f16.
    5. (weight_c5) only `#bitnet.int8` and its layout have `offsets`: a tensor of
       the type of `scales`, which are of blocks.

    Example:

    ```mlir
    %w = bitnet.weight dense_resource<q> : tensor<64xi8> scales(dense<0.5>
      : tensor<1xf32>) -> !bitnet.matrix<16x16, #bitnet.trits>
    ```
  }];
  let arguments = (ins ElementsAttr:$data, OptionalAttr<ElementsAttr>:$scales,
                       OptionalAttr<ElementsAttr>:$offsets);
  let results = (outs BitNet_MatrixType:$result);
  let assemblyFormat = [{
    $data (`scales` `(` $scales^ `)`)? (`offsets` `(` $offsets^ `)`)? attr-dict
    `->` qualified(type($result))
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result,
      "::mlir::ElementsAttr":$data, "::mlir::ElementsAttr":$scales), [{
    build($_builder, $_state, result, data, scales, /*offsets=*/ElementsAttr());
  }]>];
  let extraClassDeclaration = [{
    /// Columns that share a scale; 0: scales are of rows or the matrix, or there
    /// are none.
    int64_t getBlockColumns();
  }];
  let hasVerifier = 1;
}

def BitNet_TokenizerOp : BitNet_Op<"tokenizer"> {
  let summary = "the tables of the model's tokenizer";
  let description = [{
    At most one in a module. `data` is what `buildTokenizerTables` makes; the
    byte format is described in lib/Runtime/TokenizerFormat.h.

    Constraints:
    1. (tokenizer_c1) `data` is a rank-1 i8 tensor.
  }];
  let arguments = (ins ElementsAttr:$data);
  let assemblyFormat = "$data attr-dict";
  let hasVerifier = 1;
}

def BitNet_ChatTemplateOp : BitNet_Op<"chat_template"> {
  let summary = "the compiled chat template of the model";
  let description = [{
    At most one in a module. `data` is what `compileChatTemplate` makes; the
    byte format is described in lib/Runtime/ChatTemplateFormat.h.

    Constraints:
    1. (chat_template_c1) `data` is a rank-1 i8 tensor.
  }];
  let arguments = (ins ElementsAttr:$data);
  let assemblyFormat = "$data attr-dict";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Embedding and output head
//===----------------------------------------------------------------------===//

def BitNet_EmbeddingOp : BitNet_Op<"embedding", [Pure]> {
  let summary = "rows of a table, one for each token";
  let description = [{
    result[t, k] = table[tokens[t], k], converted to f32; integer elements are
    multiplied by the scale of their row, ternary and binary ones by theirs, and
    then all by `scale`, if there is one.

    Constraints:
    1. (embedding_c1) the result has the table's K columns and as many rows as
       there are tokens.
    2. (embedding_c2) the table is not `#bitnet.int8`.
    3. (embedding_c3) `scale` is positive and finite.

    Example:

    ```mlir
    %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
      !bitnet.matrix<4096x512, #bitnet.stored<f16>> -> tensor<?x512xf32>
    ```
  }];
  let arguments = (ins BitNet_Tokens:$tokens, BitNet_MatrixType:$table,
                       OptionalAttr<F32Attr>:$scale);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $tokens `,` $table attr-dict `:` type($tokens) `,` qualified(type($table))
    `->` type($result)
  }];
  let hasVerifier = 1;
}

def BitNet_OutputHeadOp : BitNet_Op<"output_head", [Pure]> {
  let summary = "logits from the last hidden state";
  let description = [{
    result[t, m] = Σ_k input[t, k] · table[m, k].

    Tables of f16 and bf16 elements: the sum runs over k in order, in f32.

    Tables of int8 and int6 elements w with a scale s_m for each row: the input is
    quantised to 16 bits, x_k = round_half_even(input[t, k] · 32512 / a) with
    a = max(absmax(input[t]), 1e-5), split as x_k = 256 h_k + l_k with
    -128 <= l_k < 128, and

    result[t, m] = (f32(Σ h w) · 256 + f32(Σ l w)) · ((a / 32512) · s_m)

    where the two integer sums are exact.

    Tables of planes elements: the same with R = min(32512, floor((2^26 - 1) / K))
    in place of 32512, and

    result[t, m] = f32(Σ x w) · ((a / R) · s_m)

    whose integer sum is exact.

    `limits`, if there are any, say how many of the largest logits of a row are
    wanted; 0 or less: all. Tables of planes are then read in two passes: of
    logits less than the k-th largest of a row whose limit is k, most are
    -infinity instead; which, depends on the kernel. All others are what they are
    without limits, bit for bit. One of the k largest is missing with a
    probability of at most 1.3e-14 k (lib/Kernels/PlanesHead.h). Limits change
    nothing for other tables.

    A table that a file stores as trits or bits stays that: the operation becomes
    `bitnet.bit_linear` with float activations when weights are quantised.

    Constraints:
    1. (output_head_c1) the input has K columns, the result M.
    2. (output_head_c2) the table is neither ternary nor binary nor
       `#bitnet.int8`.

    Example:

    ```mlir
    %y = bitnet.output_head %x, %table limits(%limits : tensor<?xi32>)
      : tensor<?x512xf32>, !bitnet.matrix<4096x512, #bitnet.stored<f16>>
      -> tensor<?x4096xf32>
    ```
  }];
  let arguments = (ins BitNet_Rows:$input, BitNet_MatrixType:$table,
                       Optional<1DTensorOf<[I32]>>:$limits);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $input `,` $table (`limits` `(` $limits^ `:` type($limits) `)`)? attr-dict
    `:` type($input) `,` qualified(type($table)) `->` type($result)
  }];
  let hasVerifier = 1;
}

def BitNet_SelectRowsOp : BitNet_Op<"select_rows", [Pure]> {
  let summary = "some rows of a tensor";
  let description = [{
    result[i, k] = input[rows[i], k]. The numbers differ from each other and are
    those of rows that the input has. A pass whose logits nobody wants selects
    none.

    Constraints:
    1. (select_rows_c1) input and result have the same number of columns.

    Example:

    ```mlir
    %y = bitnet.select_rows %x, %rows : tensor<?x512xf32>, tensor<?xi32>
      -> tensor<?x512xf32>
    ```
  }];
  let arguments = (ins BitNet_Rows:$input, BitNet_RowNumbers:$rows);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $input `,` $rows attr-dict `:` type($input) `,` type($rows) `->`
    type($result)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Normalisation and quantisation
//===----------------------------------------------------------------------===//

def BitNet_RMSNormOp : BitNet_Op<"rms_norm", [Pure,
    AllTypesMatch<["input", "result"]>]> {
  let summary = "root mean square normalisation of each row";
  let description = [{
    result[t, k] = (input[t, k] · r) · weight[k] with
    r = 1 / sqrt(S · (1 / K) + eps), where S is the lane sum of input[t, k]²
    (Zhang and Sennrich, arXiv:1910.07467).

    With `head_size` every run of that many columns is normalised as a row of
    its own, with the same `weight`: the norms of queries and keys.

    Constraints:
    1. (rms_norm_c1) `weight` has K elements, or `head_size`.
    2. (rms_norm_c2) `eps` is positive and finite.
    3. (rms_norm_c3) `head_size` is positive and divides the columns.

    Example:

    ```mlir
    %y = bitnet.rms_norm %x, %w eps = 1.0e-6 {head_size = 128}
      : tensor<?x1024xf32>, tensor<128xf32>
    ```
  }];
  let arguments = (ins BitNet_Rows:$input, BitNet_ChannelWeights:$weight,
                       F32Attr:$eps, OptionalAttr<I64Attr>:$head_size);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $input `,` $weight `eps` `=` $eps attr-dict `:` type($input) `,`
    type($weight)
  }];
  let hasVerifier = 1;
}

def BitNet_QuantizeActivationsOp : BitNet_Op<"quantize_activations",
    [Pure, AttrSizedOperandSegments]> {
  let summary = "8-bit absmax quantisation of each row";
  let description = [{
    The quantiser that BitNet b1.58 is trained with (arXiv:2402.17764). For each
    row x of K elements:

    a = max(absmax(x), floor); values[t, k] = round_half_even(x[k] · (127 / a));
    scales[t] = a / 127; sums[t] = Σ_k values[t, k].

    With `reciprocal` the factor is 127 · (1 / a), as PyTorch computes it: it may
    differ in its last bit, and then a value near a tie rounds to the other side.

    No value lies outside ±127. `values` may have more columns than the input;
    they are 0.

    What produces x may be fused, in this order: `gate` (with `activation`)
    makes x = f(gate) · input as `bitnet.gate` does; `norm` (with `eps`)
    normalises x as `bitnet.rms_norm` does.

    Constraints:
    1. (quantize_activations_c1) `values` has at least K columns.
    2. (quantize_activations_c2) `gate` has the input's columns; `activation` is
       present exactly if `gate` is.
    3. (quantize_activations_c3) `norm` has K elements; `eps` is present exactly
       if `norm` is, positive and finite.
    4. (quantize_activations_c4) `floor` is finite and at least 1e-30, so that
       127 / a is finite, too.

    Example:

    ```mlir
    %q, %scale, %sum = bitnet.quantize_activations %x norm(%w) {eps = 1.0e-5 :
      f32} : (tensor<?x512xf32>, tensor<512xf32>) -> (tensor<?x512xi8>,
      tensor<?xf32>, tensor<?xi32>)
    ```
  }];
  let arguments = (ins BitNet_Rows:$input, Optional<BitNet_Rows>:$gate,
                       Optional<BitNet_ChannelWeights>:$norm,
                       OptionalAttr<BitNet_ActivationAttr>:$activation,
                       OptionalAttr<F32Attr>:$eps,
                       DefaultValuedAttr<F32Attr, "1.0e-5f">:$floor,
                       UnitAttr:$reciprocal);
  let results = (outs BitNet_QuantizedRows:$values, BitNet_RowScales:$scales,
                      BitNet_RowSums:$sums);
  let assemblyFormat = [{
    $input (`gate` `(` $gate^ `)`)? (`norm` `(` $norm^ `)`)? attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def BitNet_QuantizationErrorOp : BitNet_Op<"quantization_error", [Pure,
    AllTypesMatch<["input", "result"]>]> {
  let summary = "what quantisation leaves of each row";
  let description = [{
    result[t, k] = input[t, k] − f32(values[t, k]) · scales[t], for the columns of
    the input. Quantised in turn, it gives the next 8 bits of the input.

    Constraints:
    1. (quantization_error_c1) `values` has at least the input's columns.
  }];
  let arguments = (ins BitNet_Rows:$input, BitNet_QuantizedRows:$values,
                       BitNet_RowScales:$scales);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $input `,` $values `,` $scales attr-dict `:` type($input) `,` type($values)
    `,` type($scales)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Linear layers
//===----------------------------------------------------------------------===//

def BitNet_BitLinearOp : BitNet_Op<"bit_linear", [Pure]> {
  let summary = "a linear layer with quantised weights and activations";
  let description = [{
    The layer as models describe it, from float rows to float rows: activations
    are quantised as by `bitnet.quantize_activations`, then multiplied as by
    `bitnet.quantized_linear`. Weights in a float format are master weights: they
    stand for what `bitnet-quantize-weights` makes of them.

    Layers of models that do not quantise activations have `float_activations`.
    Their input x is taken apart into x = Σ_i scales_i · values_i + e with three
    8-bit quantisations, each of what the one before left over, and the products
    are added from the last to the first. With a = absmax(x), |e[k]| is at most
    a · 2^-24 + |x[k]| · 2^-24: a rounding of f32 each. `floor` holds for each
    quantisation, so that it has to be small.

    With `keep_weights` weights in a float format are no masters: they are kept
    as they are, ternary or binary if every element is, or else to 8 bits.

    Constraints:
    1. (bit_linear_c1) the input has K columns, the result M.
    2. (bit_linear_c2) `floor` is finite and at least 1e-30.

    Example:

    ```mlir
    %y = bitnet.bit_linear %x, %w : tensor<?x512xf32>,
      !bitnet.matrix<256x512, #bitnet.stored<i2_s>> -> tensor<?x256xf32>
    ```
  }];
  let arguments = (ins BitNet_Rows:$input, BitNet_MatrixType:$weight,
                       DefaultValuedAttr<F32Attr, "1.0e-5f">:$floor,
                       UnitAttr:$reciprocal, UnitAttr:$float_activations,
                       UnitAttr:$keep_weights);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $input `,` $weight attr-dict `:` type($input) `,` qualified(type($weight))
    `->` type($result)
  }];
  let hasVerifier = 1;
}

def BitNet_QuantizedLinearOp : BitNet_Op<"quantized_linear", [Pure,
    AttrSizedOperandSegments]> {
  let summary = "product of 8-bit activations and a matrix of few bits";
  let description = [{
    result[t, m] = f32(D) · (weight_scale[m] · scales[t]) (+ residual[t, m]),
    where D = Σ_k values[t, k] · w[m, k] is an exact 32-bit integer, w being in
    {-1, 0, 1}, {-1, 1} or [-128, 127]. A matrix with a scale for each block b of
    columns has result[t, m] = S · scales[t] (+ residual[t, m]): with D_b, the
    same sum over the columns of b, S begins as +0.0 and becomes
    S + f32(D_b) · weight_scale[m, b] for b = 0, 1, ... in turn. With offsets, it
    becomes (S + f32(D_b) · weight_scale[m, b]) + f32(A_b) · weight_offset[m, b],
    A_b being the sum of the activations of b.

    `remainders` are the values, scales and sums of further parts of the
    activations, each what quantising the sum of those before left over. With P_0
    the result for `values` and P_1, P_2, ... those for the others, without
    residual, result = (P_0 + (P_1 + (P_2 + ...))) (+ residual). A kernel reads
    the weights once for all parts.

    `values` are the activations, or, for a kernel of the lookup-table family,
    the tables that `bitnet.lookup_tables` makes of them.

    `kernel` names the row of the kernel table that computes it; absent, none
    has been chosen yet.

    Constraints:
    1. (quantized_linear_c1) the weight is ternary, binary or of 8-bit integers.
    2. (quantized_linear_c2) `values` has at least K columns.
    3. (quantized_linear_c3) the result has M columns; a residual has the result's
       type.
    4. (quantized_linear_c4) `remainders` are none or two parts of three tensors
       each, of the types of `values`, `scales` and `sums`.
  }];
  let arguments = (ins BitNet_QuantizedRows:$values, BitNet_RowScales:$scales,
                       BitNet_RowSums:$sums, BitNet_MatrixType:$weight,
                       Optional<BitNet_Rows>:$residual,
                       Variadic<AnyRankedTensor>:$remainders,
                       OptionalAttr<StrAttr>:$kernel);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $values `,` $scales `,` $sums `,` $weight (`residual` `(` $residual^ `)`)?
    (`remainders` `(` $remainders^ `)`)? (`kernel` $kernel^)? attr-dict `:`
    functional-type(operands, results)
  }];
  let builders = [OpBuilder<(ins "::mlir::Type":$result,
      "::mlir::Value":$values, "::mlir::Value":$scales, "::mlir::Value":$sums,
      "::mlir::Value":$weight, "::mlir::Value":$residual,
      "::mlir::StringAttr":$kernel), [{
    build($_builder, $_state, result, values, scales, sums, weight, residual,
          /*remainders=*/ValueRange(), kernel);
  }]>];
  let extraClassDeclaration = [{
    /// Parts of the activations.
    int64_t getPartCount() { return 1 + getRemainders().size() / 3; }
    /// The 8-bit values of a part, 0 being `values`.
    ::mlir::OpOperand &getPartValuesMutable(int64_t part);
    ::mlir::Value getPartValues(int64_t part) {
      return getPartValuesMutable(part).get();
    }
  }];
  let hasVerifier = 1;
}

def BitNet_LookupTablesOp : BitNet_Op<"lookup_tables", [Pure]> {
  let summary = "sums of activations for every value of a group of trits";
  let description = [{
    For each group of columns that a field of `element` holds, the sums
    S = Σ_i t_i · values[t, column_i] for the trits t_i of every value of the
    field: what the lookup-table kernels read by the packed weights instead of
    multiplying. Layers that read the same activations share them. A row of the
    result is the tables of one token in the order of the columns:

    ```
                 columns, entries
    trit_word    3         32      S in 16 bits
    trit_byte    4        128      S + 508 = L + 32 H, 0 <= L < 32
    trit_nibble  2         16      S + 254 = L + 23 H, 0 <= L < 23
    trit_sign    3         16      S = L + 31 H, -15 <= L <= 15, for the
                                   magnitudes
    ```

    Entry e belongs to the value e of the field. Where sums have two parts, the
    bytes L of all entries precede the bytes H. Entries that no field has are
    not read and may have any value.

    A byte adds 8 parts of `trit_byte` or `trit_sign` or 11 of `trit_nibble`:
    radices near the square root of the number of sums make both parts small.
    These three kinds need values of at most 127 in magnitude, as
    `bitnet.quantize_activations` makes them; `trit_word` takes -128 as well.

    Constraints:
    1. (lookup_tables_c1) the element kind is one of these.
    2. (lookup_tables_c2) the result is the tables of whole column steps.
    3. (lookup_tables_c3) `values` has at least their columns.

    Example:

    ```mlir
    %t = bitnet.lookup_tables %q for trit_word : (tensor<?x18xi8>)
      -> tensor<?x384xi8>
    ```
  }];
  let arguments = (ins BitNet_QuantizedRows:$values,
                       BitNet_ElementKindAttr:$element);
  let results = (outs BitNet_QuantizedRows:$tables);
  let assemblyFormat = [{
    $values `for` $element attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

def BitNet_GateOp : BitNet_Op<"gate", [Pure,
    AllTypesMatch<["gate", "up", "result"]>]> {
  let summary = "gate of a feed-forward layer";
  let description = [{
    result = f(gate) · up, elementwise, with

    ```
    squared_relu  f(x) = max(x, 0)²
    silu          f(x) = x / (1 + exp(-x))
    gelu_tanh     f(x) = x / 2 · (1 + tanh(z / 2)) = x / (1 + exp(-z)) with
                  z = 2 sqrt(2 / π) · (x + 0.044715 x³)
    ```
  }];
  let arguments = (ins BitNet_Rows:$gate, BitNet_Rows:$up,
                       BitNet_ActivationAttr:$activation);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $activation $gate `,` $up attr-dict `:` type($result)
  }];
}

def BitNet_AddOp : BitNet_Op<"add", [Pure, Commutative,
    SameOperandsAndResultType]> {
  let summary = "sum of two tensors: the residual connection";
  let description = [{result = lhs + rhs, elementwise.}];
  let arguments = (ins BitNet_Rows:$lhs, BitNet_Rows:$rhs);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

def BitNet_AddBiasOp : BitNet_Op<"add_bias", [Pure,
    AllTypesMatch<["input", "result"]>]> {
  let summary = "sum of each row and a bias";
  let description = [{
    result[t, k] = input[t, k] + bias[k].

    Constraints:
    1. (add_bias_c1) `bias` has as many elements as the input has columns.

    Example:

    ```mlir
    %y = bitnet.add_bias %x, %bias : tensor<?x512xf32>, tensor<512xf32>
    ```
  }];
  let arguments = (ins BitNet_Rows:$input, BitNet_ChannelWeights:$bias);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $input `,` $bias attr-dict `:` type($input) `,` type($bias)
  }];
  let hasVerifier = 1;
}

def BitNet_ColumnsOp : BitNet_Op<"columns", [Pure]> {
  let summary = "a range of columns of a tensor";
  let description = [{
    result[t, k] = input[t, offset + k]. Takes apart the result of merged linear
    layers; it is a view, not a copy.

    Constraints:
    1. (columns_c1) `offset` is not negative, and offset + columns of the result
       is at most the columns of the input.
  }];
  let arguments = (ins BitNet_Rows:$input, I64Attr:$offset);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $input `from` $offset attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===----------------------------------------------------------------------===//
// Attention
//===----------------------------------------------------------------------===//

def BitNet_RotationTableOp : BitNet_Op<"rotation_table", [Pure]> {
  let summary = "cosines and sines of RoPE for the tokens of a pass";
  let description = [{
    result[t, i, 0] = cos(a) · amplitude, result[t, i, 1] = sin(a) · amplitude
    for a = positions[t] · frequencies[i] (Su et al., arXiv:2104.09864).
    Computed in f64 and rounded to f32.

    Importers compute the frequencies: base^(-i / P) for P pairs, and what
    models make of these for longer contexts (linear scaling, the factors of
    Llama 3, YaRN, which has an amplitude, too).

    Constraints:
    1. (rotation_table_c1) there is a frequency for each pair of the result;
       they are positive and finite.
    2. (rotation_table_c2) `amplitude` is positive and finite.

    Example:

    ```mlir
    %table = bitnet.rotation_table %positions
      {frequencies = array<f64: 1.0, 0.01>} : tensor<?xi32> -> tensor<?x2x2xf32>
    ```
  }];
  let arguments = (ins BitNet_Positions:$positions,
                       DenseF64ArrayAttr:$frequencies,
                       DefaultValuedAttr<F64Attr, "1.0">:$amplitude);
  let results = (outs BitNet_RotationTable:$result);
  let assemblyFormat = [{
    $positions attr-dict `:` type($positions) `->` type($result)
  }];
  let hasVerifier = 1;
}

def BitNet_RopeOp : BitNet_Op<"rope", [Pure,
    AllTypesMatch<["input", "result"]>]> {
  let summary = "rotary position embedding";
  let description = [{
    The columns are heads of `head_size` elements. Elements i and i + P of a
    head form a pair (the convention of GPT-NeoX), P being the pairs of the
    table:

    result[i]     = x[i] · cos_i − x[i + P] · sin_i
    result[i + P] = x[i + P] · cos_i + x[i] · sin_i

    With `interleaved` elements 2 i and 2 i + 1 do (the convention of Llama's
    GGUF files) instead. Elements from 2 P on are left alone.

    Constraints:
    1. (rope_c1) `head_size` is positive and divides the columns.
    2. (rope_c2) 2 P is at most `head_size`.
  }];
  let arguments = (ins BitNet_Rows:$input, BitNet_RotationTable:$table,
                       I64Attr:$head_size, UnitAttr:$interleaved);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $input `,` $table `head_size` `=` $head_size attr-dict `:` type($input) `,`
    type($table)
  }];
  let hasVerifier = 1;
}

def BitNet_AttentionOp : BitNet_Op<"attention",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "causal grouped-query attention over a KV cache";
  let description = [{
    Writes the keys and values of the pass's tokens to layer `layer` of the
    caches of their sequences, at `positions`, then attends: the token at
    position p of a sequence sees its positions 0 to p, or with a `window` the
    last so many of these, max(0, p − window + 1) to p. With H query heads and G key/value
    heads, query head h reads key/value head h / (H / G) (Ainslie et al.,
    arXiv:2305.13245). With a `table`, queries and keys are rotated first, as by
    `bitnet.rope` (with `interleaved`, as there).

    For each head, with q = query · `scale`, which is 1 / sqrt(head_size) unless
    given, positions are taken in blocks of 64, from the one with the first
    position seen on. In each block, s_j = Σ_d q[d] · key_j[d] in the order of d;
    n = max(m, max_j s_j); c = exp(m − n); w_j = exp(s_j − n), or 0 for unseen
    positions; l = l · c + L, where L adds w_j, w_{j+16}, w_{j+32} and w_{j+48}
    as (a + b) + (c + d) and the 16 results as a lane sum does;
    o[d] = o[d] · c + Σ_j w_j · value_j[d] in the order of j; m = n. The result
    is o[d] · (1 / l).

    Constraints:
    1. (attention_c1) key and value have G · head_size columns, as the cache
       says; the query has a multiple of that; the result has the query's type.
    2. (attention_c2) `layer` is one of the cache's.
    3. (attention_c3) the pairs of `table` fit into a head; `interleaved` is
       there only with a table.
    4. (attention_c4) `window` and `scale` are positive, and `scale` is finite.
  }];
  let arguments = (ins BitNet_Rows:$query, BitNet_Rows:$key,
                       BitNet_Rows:$value, Optional<BitNet_RotationTable>:$table,
                       BitNet_KVCacheType:$cache, BitNet_Positions:$positions,
                       I64Attr:$layer, UnitAttr:$interleaved,
                       OptionalAttr<I64Attr>:$window,
                       OptionalAttr<F32Attr>:$scale);
  let results = (outs BitNet_Rows:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`rope` `(` $table^ `:` type($table) `)`)? `cache`
    `(` $cache `,` `layer` $layer `)` `at` $positions attr-dict `:` type($query)
    `,` type($key) `,` type($value) `,` qualified(type($cache)) `,`
    type($positions) `->` type($result)
  }];
  let hasVerifier = 1;
}

#endif // BITNET_DIALECT_BITNET_IR_BITNETOPS_TD
