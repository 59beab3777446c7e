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
  I32EnumAttrCase<"I2_S64", 8, "i2_s64">,
  I32EnumAttrCase<"Q1_0", 9, "q1_0">,
  I32EnumAttrCase<"F64", 10, "f64">,
  I32EnumAttrCase<"I8", 11, "i8">,
  I32EnumAttrCase<"I16", 12, "i16">,
  I32EnumAttrCase<"I32", 13, "i32">,
  I32EnumAttrCase<"I64", 14, "i64">,
  I32EnumAttrCase<"Q4_0", 15, "q4_0">,
  I32EnumAttrCase<"Q4_1", 16, "q4_1">,
  I32EnumAttrCase<"Q5_0", 17, "q5_0">,
  I32EnumAttrCase<"Q5_1", 18, "q5_1">,
  I32EnumAttrCase<"Q2_K", 19, "q2_k">,
  I32EnumAttrCase<"Q3_K", 20, "q3_k">,
  I32EnumAttrCase<"Q4_K", 21, "q4_k">,
  I32EnumAttrCase<"Q5_K", 22, "q5_k">,
  I32EnumAttrCase<"IQ4_NL", 23, "iq4_nl">,
  I32EnumAttrCase<"IQ1_BN", 24, "iq1_bn">,
  I32EnumAttrCase<"IQ2_BN", 25, "iq2_bn">,
  I32EnumAttrCase<"IQ2_BN_R4", 26, "iq2_bn_r4">,
  I32EnumAttrCase<"Q2_0", 27, "q2_0">,
  I32EnumAttrCase<"PQ2_0", 28, "pq2_0">,
  I32EnumAttrCase<"PTQ1_0", 29, "ptq1_0">,
  I32EnumAttrCase<"PackedRows", 30, "packed_rows">
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
    first four are the f32 scale of the tensor. `packed_rows` is the uint8
    tensor of Hugging Face folders: byte row r is the 2-bit codes of rows r, r +
    M / 4, r + M / 2 and r + 3 M / 4, without a scale.
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

def BitNet_BitsAttr : BitNet_Attr<"Bits", "bits",
    [DeclareAttrInterfaceMethods<BitNet_MatrixEncoding>]> {
  let summary = "binary elements, row-major, 1 bit each";
  let description = [{
    A row is ceil(K / 8) bytes. Element k is bit k mod 8 of byte k / 8: 1 is +1,
    0 is -1. Bits that pad the last byte are 0. The form in which passes pack
    binary weights (BitNet v1, 1-bit models).
  }];
}

def BitNet_Int8Attr : BitNet_Attr<"Int8", "int8",
    [DeclareAttrInterfaceMethods<BitNet_MatrixEncoding>]> {
  let summary = "8-bit elements, row-major";
  let description = [{
    A row is K bytes, numbers from -128 to 127. The form in which passes merge
    and pack weights that are neither ternary nor binary.
  }];
}

def BitNet_ElementKind : I32EnumAttr<"ElementKind",
    "elements of a packed layout and how a lane holds them", [
  I32EnumAttrCase<"Trit", 0, "trit">,
  I32EnumAttrCase<"Int8", 1, "int8">,
  I32EnumAttrCase<"F16", 2, "f16">,
  I32EnumAttrCase<"Trit5", 3, "trit5">,
  I32EnumAttrCase<"TritWord", 4, "trit_word">,
  I32EnumAttrCase<"TritByte", 5, "trit_byte">,
  I32EnumAttrCase<"TritNibble", 6, "trit_nibble">,
  I32EnumAttrCase<"TritSign", 7, "trit_sign">,
  I32EnumAttrCase<"Bit", 8, "bit">,
  I32EnumAttrCase<"BF16", 9, "bf16">,
  I32EnumAttrCase<"Int6", 10, "int6">,
  I32EnumAttrCase<"Planes", 11, "planes">
]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_ElementKindAttr
    : EnumAttr<BitNet_Dialect, BitNet_ElementKind, "element_kind"> {
  let assemblyFormat = "$value";
}

def BitNet_LayoutAttr : BitNet_Attr<"Layout", "layout",
    [DeclareAttrInterfaceMethods<BitNet_MatrixEncoding>]> {
  let summary = "rows in vector lanes, several groups of lanes interleaved";
  let description = [{
    The one description that the packer writes by and kernels read by.

    A tile is `groups` x `lanes` rows; a step is the columns that one lane
    holds; a block is `block` steps, or all of them if `block` is 0. A lane holds
    one or several words, each in a plane of its own. The matrix is the sequence

    ```
    [column block][row tile][column step][plane][group][lane][byte of the word]
    ```

    so that a kernel that works on one tile, or on one column block, reads a
    single sequential stream. The words of a lane, for the element kinds (t: the
    trit plus 1, so 0, 1 or 2):

    ```
                 planes x bytes, columns   fields
    trit         1 x 4, 16   column 4 f + j is bits 2 f of byte j; t
    trit5        1 x 4, 20   byte j: columns j, 4 + j, ... 16 + j in base 3,
                             in the code below
    trit_word    1 x 2,  9   bits 5 i: columns 3 i to 3 i + 2;
                             t0 + 3 t1 + 9 t2
    trit_byte    1 x 1,  4   bits 0 to 4: t0 + 3 t1 + 9 t2; bits 5 and 6: t3
    trit_nibble  1 x 1,  4   bits 4 i: columns 2 i, 2 i + 1; t0 + 3 t1
    trit_sign    5 x 1, 24   bits 4 (i mod 2) of plane i / 2: the magnitude, and
                             bit i of plane 4: the sign (1: negative) of
                             (t0 - 1) + 3 (t1 - 1) + 9 (t2 - 1), where t0 is
                             column 3 i
    bit          1 x 4, 32   column 4 f + j is bit f of byte j; 1 is +1, 0 is -1
    int8         1 x 4,  4   column j is byte j; value + 128
    int6         3 x 4, 16   column 4 f + j is bits 0 to 5 of byte j of plane f
                             for f < 3; column 12 + j is bits 6 and 7 of byte j
                             of the three planes, the lowest in plane 0;
                             value + 32
    planes       3 x 4, 32   column 4 f + j, in field f of byte j of the planes;
                             the upper half of a number, see below
    f16          1 x 2,  1   IEEE half precision
    bf16         1 x 2,  1   the upper half of an IEEE single
    ```

    A byte q of `trit5` decodes without a multiplication. With
    u = avg(q, avg(q, 0)) & 0xC0, avg rounding up, u / 64 is t of the last
    column, and (q + u) mod 128 looked up in a table gives the other four. The
    codes: with v = t0 + 3 t1 + 9 t2 + 27 t3 of the first four columns, q is the
    byte of class t4 ([0, 85), [85, 170) and [170, 255) have t4 = 0, 1, 2)
    whose (q + 64 t4) mod 128, mod 85, is v; v < 81.

    A number w of `planes`, in [-28, 28], is stored in two halves of 3 bits, the
    upper one q and the lower one r, as w + 28 + u_k = 8 q + r. Column k has a
    number u_k in [0, 8), the same for all rows and unrelated to them (see
    `getDither`), so that what the upper half leaves out looks like noise; see
    `bitnet.output_head`. Eight numbers of three bits are a byte of each of three
    planes: field f < 6 is bits 3 (f mod 2) to 3 (f mod 2) + 2 of plane f / 2;
    bits 6 and 7 of plane 0 are bits 1 and 2 of field 6, those of plane 1 of field
    7; bits 6 and 7 of plane 2 are bit 0 of fields 6 and 7. The tiles have the
    upper halves. After them come the lower halves of row after row, so that one
    row is read without its neighbours, and the u_k, a byte each:

    ```
    [tiles][row][plane][byte b < P][u_k, k < columns]
    ```

    with P = 32 ceil(columns / 256); column P f + b is field f of bytes b.

    Rows are padded to whole tiles and columns to whole steps with zeros (trit
    0, bit 0, value 0, +0.0). The last block has the steps that are left.

    Example: `#bitnet.layout<trit, lanes = 16, groups = 4>` stores 64 rows of
    16 columns in 256 bytes.
  }];
  let parameters = (ins EnumParameter<BitNet_ElementKind>:$element,
                        "int64_t":$lanes, "int64_t":$groups,
                        DefaultValuedParameter<"int64_t", "0">:$block);
  let assemblyFormat = [{
    `<` $element `,` `lanes` `=` $lanes `,` `groups` `=` $groups
    (`,` `block` `=` $block^)? `>`
  }];
  let builders = [AttrBuilder<(ins "::mlir::bitnet::ElementKind":$element,
      "int64_t":$lanes, "int64_t":$groups), [{
    return $_get($_ctxt, element, lanes, groups, /*block=*/0);
  }]>];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// How a lane holds its columns.
    const LaneFormat &getFormat() const { return getLaneFormat(getElement()); }
    /// Rows of a tile.
    int64_t getTileRows() const { return getLanes() * getGroups(); }
    /// Bytes of one lane in one step, of all planes.
    int64_t getLaneBytes() const {
      return getFormat().planes * getFormat().wordBytes;
    }
    /// Columns of one lane in one step.
    int64_t getStepColumns() const { return getFormat().columns; }
    /// Whether a kernel for tiles of `lanes` x `groups` can read it: it has such
    /// tiles, or larger ones, which are the same bytes with more groups if lanes
    /// have one plane.
    bool hasTilesOf(int64_t lanes, int64_t groups) const {
      if (getFormat().planes > 1)
        return getLanes() == lanes && getGroups() == groups;
      return getTileRows() % (lanes * groups) == 0;
    }
    /// Row tiles and column steps that hold a matrix.
    int64_t getTileCount(int64_t rows) const {
      return (rows + getTileRows() - 1) / getTileRows();
    }
    int64_t getStepCount(int64_t columns) const {
      return (columns + getStepColumns() - 1) / getStepColumns();
    }
    /// Columns after padding.
    int64_t getPaddedColumns(int64_t columns) const {
      return getStepCount(columns) * getStepColumns();
    }
    /// Steps of every column block but the last.
    int64_t getBlockSteps(int64_t columns) const {
      return getBlock() ? getBlock() : getStepCount(columns);
    }
    /// Column blocks that hold a matrix.
    int64_t getBlockCount(int64_t columns) const {
      return (getStepCount(columns) + getBlockSteps(columns) - 1) /
             getBlockSteps(columns);
    }
    /// Bytes of one step of one tile.
    int64_t getStepBytes() const { return getTileRows() * getLaneBytes(); }
  }];
}

//===----------------------------------------------------------------------===//
// Model and target
//===----------------------------------------------------------------------===//

def BitNet_Pooling : I32EnumAttr<"Pooling",
    "how hidden states become one vector", [
  I32EnumAttrCase<"None", 0, "none">,
  I32EnumAttrCase<"Mean", 1, "mean">,
  I32EnumAttrCase<"Cls", 2, "cls">,
  I32EnumAttrCase<"Last", 3, "last">
]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_PoolingParameter : EnumParameter<BitNet_Pooling> {
  let defaultValue = "Pooling::None";
}

def BitNet_ModelAttr : BitNet_Attr<"Model", "model"> {
  let summary = "facts about a language model that its object carries";
  let description = [{
    The value of the module attribute `bitnet.model`. `chunk_size` is the most
    tokens of one pass; every activation tensor has at most that many rows.

    `@evaluate` of a language model returns logits, `vocabulary_size` for each
    row. That of an embedding model, which has a `pooling` other than `none`,
    returns the final hidden states, `embedding_length` for each row. The
    runtime makes one vector of them: their `mean`, that of the first token
    (`cls`), or that of the `last`.
  }];
  let parameters = (ins StringRefParameter<"name">:$name,
                        "int64_t":$vocabulary_size, "int64_t":$context_length,
                        "int64_t":$embedding_length, "int64_t":$layer_count,
                        "int64_t":$chunk_size,
                        BitNet_PoolingParameter:$pooling);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def BitNet_InstructionSet : I32EnumAttr<"InstructionSet",
    "levels of instruction sets with kernels of their own", [
  I32EnumAttrCase<"Portable", 0, "portable">,
  I32EnumAttrCase<"SSSE3", 1, "ssse3">,
  I32EnumAttrCase<"AVX2", 2, "avx2">,
  I32EnumAttrCase<"AVXVNNI", 3, "avxvnni">,
  I32EnumAttrCase<"AVX512BW", 4, "avx512bw">,
  I32EnumAttrCase<"AVX512VNNI", 5, "avx512vnni">,
  I32EnumAttrCase<"AVX512VBMI", 6, "avx512vbmi">,
  I32EnumAttrCase<"NEON", 7, "neon">,
  I32EnumAttrCase<"DotProd", 8, "dotprod">,
  I32EnumAttrCase<"I8MM", 9, "i8mm">
]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_TargetAttr : BitNet_Attr<"Target", "target"> {
  let summary = "the machine that code is generated for";
  let description = [{
    An LLVM triple, an LLVM CPU name, LLVM target features to add to and take
    from those of the CPU (`+avxvnni,-avx512f`), and the newest level of kernels
    that the CPU can run.
  }];
  let parameters = (ins StringRefParameter<"triple">:$triple,
                        StringRefParameter<"CPU name">:$cpu,
                        StringRefParameter<"features">:$features,
                        EnumParameter<BitNet_InstructionSet>:$level);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def BitNet_MachineAttr : BitNet_Attr<"Machine", "machine"> {
  let summary = "what the choice of kernels assumes of a machine";
  let description = [{
    The value of the module attribute `bitnet.machine`. `threads` is how many
    threads evaluate a session; `clock` is in MHz, caches in bytes (`l2_bytes` of
    one core, `l3_bytes` of all, 0: there is none), bandwidths in MB/s: of the
    caches for one thread, of memory for one thread and for all.
  }];
  let parameters = (ins "int64_t":$threads, "int64_t":$clock,
                        "int64_t":$l2_bytes, "int64_t":$l3_bytes,
                        "int64_t":$l2_bandwidth, "int64_t":$l3_bandwidth,
                        "int64_t":$memory_bandwidth_one,
                        "int64_t":$memory_bandwidth);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def BitNet_TimingAttr : BitNet_Attr<"Timing", "timing"> {
  let summary = "measured times of a kernel on a shape";
  let description = [{
    Element of the array `bitnet.timings` of a module: nanoseconds that `kernel`
    takes for a `rows` x `columns` matrix on the machine that it will run on, for
    one token with the weights where they will be (`decode`), and for each token
    of a long prompt (`prefill`). They take the place of estimates.
  }];
  let parameters = (ins StringRefParameter<"kernel">:$kernel, "int64_t":$rows,
                        "int64_t":$columns, "int64_t":$decode,
                        "int64_t":$prefill);
  let assemblyFormat = "`<` struct(params) `>`";
}

//===----------------------------------------------------------------------===//
// Graphs
//===----------------------------------------------------------------------===//

def BitNet_GraphTensorAttr : BitNet_Attr<"GraphTensor", "graph_tensor"> {
  let summary = "an input or output of a graph";
  let description = [{
    Its name, the type of its elements, and its dimensions over the symbols of
    the graph: `()[s0, s1] -> (s0, 12, s0 * s1)`. Elements are signless integers
    for signed ones, `ui8` and its kind for unsigned ones, `i1` for booleans,
    and floats. In memory they are row-major; those of less than a byte take one
    byte each.

    Constraints:
    1. (graph_tensor_c1) the elements have a place at the C boundary (see
       `TensorElement`).
    2. (graph_tensor_c2) there are at most 8 dimensions, and constant ones are
       at least 0.
    3. (graph_tensor_c3) dimensions use symbols and constants only.
  }];
  let parameters = (ins StringRefParameter<"name">:$name, "::mlir::Type":$type,
                        "::mlir::AffineMap":$dims);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Most dimensions (graph.h promises this number).
    static constexpr unsigned maximumRank = 8;
    unsigned getRank() const { return getDims().getNumResults(); }
    const TensorElement &getElement() const {
      return *getTensorElement(getType());
    }
  }];
}

def BitNet_GraphAttr : BitNet_Attr<"Graph", "graph"> {
  let summary = "what users see of a graph";
  let description = [{
    The value of the module attribute `bitnet.graph`: the name of the graph,
    those of its symbolic dimensions, and its inputs and outputs, in the order
    of the arguments of `@run`.

    ```mlir
    #bitnet.graph<name = "mnist", symbols = ["batch"],
      inputs = [#bitnet.graph_tensor<name = "image", type = f32,
        dims = ()[s0] -> (s0, 1, 28, 28)>],
      outputs = [#bitnet.graph_tensor<name = "logits", type = f32,
        dims = ()[s0] -> (s0, 10)>]>
    ```

    Constraints:
    1. (graph_c1) `symbols` are at most 64 strings; `inputs` and `outputs` are
       `#bitnet.graph_tensor`s over as many symbols.
    2. (graph_c2) names of symbols, of inputs, and of outputs differ.
    3. (graph_c3) a dimension of an input is a symbol or a constant, and every
       symbol is a dimension of an input.
    4. (graph_c4) there is an output.
  }];
  let parameters = (ins StringRefParameter<"name">:$name,
                        "::mlir::ArrayAttr":$symbols,
                        "::mlir::ArrayAttr":$inputs,
                        "::mlir::ArrayAttr":$outputs);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Most symbols (graph.h promises this number).
    static constexpr unsigned maximumSymbols = 64;
    auto getInputTensors() const {
      return getInputs().getAsRange<GraphTensorAttr>();
    }
    auto getOutputTensors() const {
      return getOutputs().getAsRange<GraphTensorAttr>();
    }
  }];
}

//===----------------------------------------------------------------------===//
// Attributes of operations
//===----------------------------------------------------------------------===//

def BitNet_CacheElement : I32EnumAttr<"CacheElement",
    "how keys and values are kept", [
  I32EnumAttrCase<"F32", 0, "f32">,
  I32EnumAttrCase<"F16", 1, "f16">,
  I32EnumAttrCase<"BF16", 2, "bf16">,
  I32EnumAttrCase<"Int8", 3, "int8">
]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_Activation : I32EnumAttr<"Activation",
    "activation functions of a gated feed-forward layer", [
  I32EnumAttrCase<"SquaredReLU", 0, "squared_relu">,
  I32EnumAttrCase<"SiLU", 1, "silu">,
  I32EnumAttrCase<"GELUTanh", 2, "gelu_tanh">
]> {
  let cppNamespace = "::mlir::bitnet";
  let genSpecializedAttr = 0;
}

def BitNet_ActivationAttr
    : EnumAttr<BitNet_Dialect, BitNet_Activation, "activation"> {
  let assemblyFormat = "$value";
}

#endif // BITNET_DIALECT_BITNET_IR_BITNETATTRS_TD
