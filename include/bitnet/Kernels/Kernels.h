//===- Kernels.h - Generators of kernel bodies ------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel is a function that computes a range of tiles of one operation. A
// generator emits its body; the operation's description in BitNetOps.td says
// what it computes. There are two lowerings of every operation: the portable
// one, scalars in loops, which is the oracle and runs on every CPU, and the
// kernel one, vectors. Both evaluate the same float operations in the same
// order, so their results are equal bit for bit.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_KERNELS_KERNELS_H
#define BITNET_KERNELS_KERNELS_H

#include "bitnet/Dialect/BitNet/IR/BitNet.h"
#include "bitnet/Kernels/Emitter.h"

#include <cmath>

namespace mlir::bitnet {

/// Arguments of the kernel function that is being generated.
struct KernelArguments {
  /// The range of tiles to compute.
  Value begin, end;
  /// Token rows of the pass.
  Value rows;
  /// Buffers and indices, in the order that the generator documents.
  SmallVector<Value> inputs;
  SmallVector<Value> outputs;
};

/// A matrix in memory: the encoding of its buffer and its shape.
struct PackedMatrix {
  LayoutAttr layout;
  int64_t rows, columns;

  int64_t getTileCount() const { return layout.getTileCount(rows); }
};

/// `bitnet.quantize_activations`. Tiles: token rows. Inputs: input, gate if
/// any, norm if any. Outputs: values, scales, sums.
struct QuantizeActivationsSpec {
  int64_t columns;
  /// Columns of the values buffer.
  int64_t paddedColumns;
  /// First column of the operand within its buffer.
  int64_t inputOffset, gateOffset;
  std::optional<Activation> activation;
  std::optional<float> eps;
  /// The least a.
  float floor = 1e-5f;
  /// Whether the factor is 127 * (1 / a).
  bool reciprocal = false;
};

/// `bitnet.rms_norm`. Tiles: token rows. Inputs: input, weight.
struct RMSNormSpec {
  int64_t columns;
  int64_t inputOffset;
  float eps;
  /// Columns of each run that is normalised by itself, which divide the
  /// columns; 0: all of them.
  int64_t headSize = 0;

  int64_t getRunColumns() const { return headSize ? headSize : columns; }
};

/// Weight scales of a quantised linear layer: one, one for each row, or one for
/// each row and block of columns.
enum class WeightScales { Matrix, Rows, Blocks };

/// `bitnet.quantized_linear`. Tiles: row tiles of the weight. Inputs: see
/// LinearInputs.
struct QuantizedLinearSpec {
  PackedMatrix weight;
  WeightScales scales;
  /// Columns that share a scale, if scales are of blocks: whole steps of the
  /// layout that divide the matrix.
  int64_t blockColumns;
  bool hasResidual;
  int64_t residualOffset;
  /// Whether scales of blocks come with offsets; only for int8 elements.
  bool hasOffsets = false;
  /// Whether scales of blocks, and offsets, are f16, as i16.
  bool hasHalfScales = false;
  /// Parts of the activations; kernels that look up take one.
  int64_t parts = 1;
};

/// The inputs of `bitnet.quantized_linear` by their names, in this order: those
/// of the first part of the activations, weight, weight scales, offsets and
/// residual if any, those of the other parts.
class LinearInputs {
public:
  LinearInputs(const KernelArguments &a, const QuantizedLinearSpec &spec)
      : inputs(a.inputs), hasOffsets(spec.hasOffsets),
        hasResidual(spec.hasResidual) {}

  /// [tokens][columns], or the tables of kernels that look up.
  Value getValues(int64_t part = 0) const { return inputs[getFirst(part)]; }
  /// [tokens]
  Value getScales(int64_t part = 0) const { return inputs[getFirst(part) + 1]; }
  Value getSums(int64_t part = 0) const { return inputs[getFirst(part) + 2]; }
  Value getWeight() const { return inputs[3]; }
  /// [1], [M] or [tiles][blocks][rows of a tile].
  Value getWeightScales() const { return inputs[4]; }
  /// As scales of blocks.
  Value getOffsets() const { return inputs[5]; }
  Value getResidual() const { return inputs[5 + hasOffsets]; }

private:
  int64_t getFirst(int64_t part) const {
    return part == 0 ? 0 : 5 + hasOffsets + hasResidual + 3 * (part - 1);
  }

  ArrayRef<Value> inputs;
  bool hasOffsets, hasResidual;
};

/// A row of 8-bit activations that a kernel multiplies: those of a token, or a
/// part of them.
struct ActivationRow {
  Value values, scales, sums;
  /// The token: the row of the three buffers.
  Value token;
};

/// Row `i` of a register tile that begins at `firstToken`: a token, or for
/// layers with parts of activations a part of that token.
ActivationRow getActivationRow(Emitter &e, const KernelArguments &a,
                               const QuantizedLinearSpec &spec,
                               Value firstToken, int64_t i);

/// `bitnet.lookup_tables`. Tiles: token rows x parts, so that several threads
/// share the work for one token. Inputs: values. Outputs: tables.
struct LookupTablesSpec {
  ElementKind element;
  /// Columns that get tables: whole steps of the element kind. The values
  /// buffer may have more.
  int64_t columns;

  /// Parts of a token row; part p holds steps [p S / parts, (p + 1) S / parts)
  /// of its S steps.
  static constexpr int64_t parts = 8;
};

/// What a kernel gets for the caches of a pass's sequences; see
/// `bitnet_runtime.launch`.
struct CacheInputs {
  static constexpr int64_t count = 4;

  explicit CacheInputs(ArrayRef<Value> inputs)
      : sequences(inputs[0]), rowSequences(inputs[1]), work(inputs[2]),
        merges(inputs[3]) {}

  Value sequences, rowSequences, work, merges;
};

/// `bitnet.attention`, writing keys and values. Tiles: key/value heads x token
/// rows. Inputs: key, value, table if any, positions, cache, layer. Reading it:
/// tiles: key/value heads x items of work, so that a range of tiles has few
/// heads. Inputs: query, table if any, cache, number of items, layer. Outputs:
/// the result and, if there are any, the slots. Merging slots: tiles: rows to
/// merge x query heads. Inputs: the result, slots, merges.
struct AttentionSpec {
  int64_t heads, cacheHeads, headSize;
  /// Rotated pairs of a head; 0: no table.
  int64_t pairs;
  int64_t queryOffset, keyOffset, valueOffset;
  /// Whether pairs are neighbours.
  bool interleaved = false;
  /// Positions that a token sees, itself among them; 0: all before it.
  int64_t window = 0;
  /// What queries are multiplied with; absent: 1 / sqrt(headSize).
  std::optional<float> scale = std::nullopt;
  /// Of the cache, whose scales lie behind the codes of all layers.
  CacheElement element = CacheElement::F32;
  int64_t layers = 1;
  HalfConversion conversion = HalfConversion::Integer;
  /// Slots for results of a partition; 0: items of work attend to all.
  int64_t slots = 0;

  /// Queries (token rows x query heads of a key/value head) that go through the
  /// cache together.
  static constexpr int64_t queriesAtOnce = 16;
  /// Positions of the smallest partition, and most partitions of a token.
  static constexpr int64_t smallestPartition = 512, mostPartitions = 16;
  /// Tokens whose partitions all have a slot.
  static constexpr int64_t slotRows = 8;

  float getScale() const {
    return scale ? *scale : 1.0f / std::sqrt(float(headSize));
  }
  /// Query heads that share a key/value head.
  int64_t getGroup() const { return heads / cacheHeads; }
  /// Most token rows of an item of work.
  int64_t getWorkRows() const {
    return std::max<int64_t>(1, queriesAtOnce / getGroup());
  }
  /// Elements of a slot for each query head: the weighted values, filled up to
  /// whole vectors, then maximum and total of the weights.
  int64_t getSlotElements() const {
    return getSlotState() + Emitter::laneCount;
  }
  int64_t getSlotState() const {
    return llvm::alignTo(headSize, Emitter::laneCount);
  }
};

/// Slots that attention gets in passes of at most `rows` token rows over
/// sequences of at most `positions`: none if they have no partitions.
int64_t getAttentionSlots(int64_t positions, int64_t rows);

/// Rotated pairs of heads: those of the table, and where their elements lie.
struct RotationSpec {
  int64_t headSize, pairs;
  /// Whether pairs are neighbours.
  bool interleaved = false;
};

/// `bitnet.embedding`. Tiles: token rows. Inputs: tokens, table (i16 for f16
/// and bf16 elements, i8 for others), row scales of integer tables.
/// `bitnet.output_head`. Tiles: row tiles of the table. Inputs for tables of
/// floats: input, table. Inputs for tables of int8 and int6: high and low parts
/// of the 16-bit activations, their scales and sums, table, row scales. Tables
/// of planes have the kernels of PlanesStage.
struct TableSpec {
  PackedMatrix table;
  int64_t inputOffset;
  /// What rows of an embedding are multiplied with, if anything.
  std::optional<float> scale = std::nullopt;
};

/// The kernels of `bitnet.output_head` with a table of planes, in the order in
/// which they run; lib/Kernels/PlanesHead.h says what they compute.
enum class PlanesStage {
  /// Tiles: row tiles of the table. Inputs: those of PlanesBuffers. Outputs:
  /// sums of the coarse plane, as the bits of the f32 that the logits will be;
  /// with limits the best estimate of each tile, f32.
  Coarse,
  /// Tiles: token rows. Inputs: those of PlanesBuffers, sums, limits, best
  /// estimates. Output: the threshold of each token.
  Thresholds,
  /// Tiles: row tiles of the table. Inputs: sums, which become the logits in
  /// place, those of PlanesBuffers, with limits the thresholds.
  Logits,
};

/// `bitnet.output_head` with a table of planes.
struct PlanesHeadSpec {
  PackedMatrix table;
  /// Whether tokens have limits.
  bool hasLimits;
};

/// The 16-bit activations of `bitnet.output_head` for tables of integers: the
/// columns `offset`, ... of a buffer of token rows become numbers from -limit
/// to limit. Tiles: token rows. Inputs: input. Outputs: high and low parts,
/// scales, sums of both.
struct HeadInputSpec {
  int64_t columns;
  int64_t offset;
  int64_t limit = 32512;
};

/// How a level multiplies unsigned bytes of tables and signed bytes of
/// activations.
enum class ByteProduct {
  /// In 32 bits, with operations that every vector unit has.
  Generic,
  /// vpmaddubsw and vpmaddwd.
  MultiplyAdd,
  /// vpdpbusd.
  DotAccumulate,
  /// sdot.
  SignedDot,
};

/// How an output head for tables of integers is computed.
struct IntegerHeadSpec {
  ByteProduct product;
  /// 32-bit lanes of a vector.
  int64_t lanes;
  /// Groups of lanes that are computed at a time for one token.
  int64_t groups;
  /// Tokens that are computed at a time, besides one, and groups of lanes then.
  int64_t tokenTile, tileGroups;
};

/// How a linear layer with 8-bit weights is computed.
struct Int8LinearSpec {
  ByteProduct product;
  /// 32-bit lanes of a vector.
  int64_t lanes;
  /// Groups of lanes that are computed at a time for one token.
  int64_t groups;
  /// Tokens that are computed at a time, besides one, and groups of lanes then.
  int64_t tokenTile, tileGroups;
  /// Groups for the parts of one token's activations.
  int64_t partGroups;
  HalfConversion conversion;
};

/// A range of columns of a buffer of token rows.
struct ColumnsSpec {
  int64_t columns;
  int64_t offset;
};

/// What `bitnet.quantize_activations` multiplies a row of largest magnitude
/// `absmax` with: 127 / absmax, or 127 * (1 / absmax).
Value emitQuantizationFactor(Emitter &e, Value absmax, bool reciprocal);
/// The activation function `activation` of `value`.
Value emitActivation(Emitter &e, Activation activation, Value value);

namespace portable {
void emitEmbedding(Emitter &e, const KernelArguments &a, const TableSpec &spec,
                   HalfConversion conversion);
/// `bitnet.embedding` of ternary and binary tables. Tiles: token rows. Inputs:
/// tokens, table, scales as those of `weight`. Rows are multiplied with
/// `factor`, if there is one.
void emitQuantizedEmbedding(Emitter &e, const KernelArguments &a,
                            const QuantizedLinearSpec &weight,
                            std::optional<float> factor,
                            HalfConversion conversion);
void emitQuantizeActivations(Emitter &e, const KernelArguments &a,
                             const QuantizeActivationsSpec &spec);
void emitQuantizeHeadInput(Emitter &e, const KernelArguments &a,
                           const HeadInputSpec &spec);
void emitRMSNorm(Emitter &e, const KernelArguments &a, const RMSNormSpec &spec);
void emitQuantizedLinear(Emitter &e, const KernelArguments &a,
                         const QuantizedLinearSpec &spec);
/// Tiles: token rows. Inputs: frequencies, positions.
void emitRotationTable(Emitter &e, const KernelArguments &a, int64_t pairs,
                       double amplitude);
void emitAttentionAppend(Emitter &e, const KernelArguments &a,
                         const AttentionSpec &spec);
void emitAttention(Emitter &e, const KernelArguments &a,
                   const AttentionSpec &spec);
void emitOutputHead(Emitter &e, const KernelArguments &a,
                    const TableSpec &spec);
/// What the stages of a head with a table of planes have to know of the
/// activations. Tiles: token rows. Inputs: high and low parts of the
/// activations, table. Outputs: terms i32 [tokens][2], bounds f32 [tokens][2].
void emitPlanesTerms(Emitter &e, const KernelArguments &a,
                     const PlanesHeadSpec &spec);
void emitPlanesHead(Emitter &e, const KernelArguments &a,
                    const PlanesHeadSpec &spec, PlanesStage stage);
/// Tiles: token rows. Inputs: gate, up.
void emitGate(Emitter &e, const KernelArguments &a, const ColumnsSpec &gate,
              const ColumnsSpec &up, Activation activation);
/// Tiles: token rows. Inputs: lhs, rhs.
void emitAdd(Emitter &e, const KernelArguments &a, const ColumnsSpec &lhs,
             const ColumnsSpec &rhs);
/// Tiles: token rows. Inputs: input, bias.
void emitAddBias(Emitter &e, const KernelArguments &a,
                 const ColumnsSpec &input);
/// Tiles: token rows. Inputs: input, values, scales.
void emitQuantizationError(Emitter &e, const KernelArguments &a,
                           const ColumnsSpec &input);
/// Tiles: token rows. Inputs: input, table.
void emitRope(Emitter &e, const KernelArguments &a, const ColumnsSpec &input,
              const RotationSpec &rotation);
/// Tiles: token rows. Inputs: input.
void emitCopyRows(Emitter &e, const KernelArguments &a,
                  const ColumnsSpec &input);
/// Tiles: token rows of the result. Inputs: input, the number of each of them.
void emitSelectRows(Emitter &e, const KernelArguments &a,
                    const ColumnsSpec &input);

/// Merges the results of partitions.
void emitAttentionMerge(Emitter &e, const KernelArguments &a,
                        const AttentionSpec &spec);

/// Rotates a head whose elements `read` gives, and passes each to `write`.
/// `table` may be null if there are no pairs.
void emitRotatedHead(Emitter &e, Value table, Value row,
                     const RotationSpec &rotation,
                     function_ref<Value(Value)> read,
                     function_ref<void(Value, Value)> write);
} // namespace portable

/// 16-lane vectors of f32: AVX2 and AVX-512.
namespace vectorized {
void emitQuantizeActivations(Emitter &e, const KernelArguments &a,
                             const QuantizeActivationsSpec &spec);
void emitQuantizeHeadInput(Emitter &e, const KernelArguments &a,
                           const HeadInputSpec &spec);
void emitRMSNorm(Emitter &e, const KernelArguments &a, const RMSNormSpec &spec);
/// `headSize` must be at least 16, here and in the next two.
void emitAttention(Emitter &e, const KernelArguments &a,
                   const AttentionSpec &spec, int64_t accumulators);
void emitAttentionAppend(Emitter &e, const KernelArguments &a,
                         const AttentionSpec &spec);
void emitAttentionMerge(Emitter &e, const KernelArguments &a,
                        const AttentionSpec &spec);
/// Tables of f16 and bf16 elements, in tiles of whole multiples of 16 x
/// `groups` rows, that many computed at a time for up to `tokenTile` tokens.
void emitFloatHead(Emitter &e, const KernelArguments &a, const TableSpec &spec,
                   HalfConversion conversion, int64_t groups,
                   int64_t tokenTile);
/// `bitnet.quantized_linear` with `int8` layouts in tiles of a multiple of
/// `kernel.lanes` x 4 rows.
void emitInt8Linear(Emitter &e, const KernelArguments &a,
                    const QuantizedLinearSpec &spec,
                    const Int8LinearSpec &kernel);
/// Tables of int8 and int6 elements, in tiles of a multiple of `kernel.lanes` x
/// `kernel.groups` rows.
void emitIntegerHead(Emitter &e, const KernelArguments &a,
                     const TableSpec &spec, const IntegerHeadSpec &kernel);

/// Tables of planes, in tiles of a multiple of `kernel.lanes` x `kernel.groups`
/// rows and of 16.
void emitPlanesHead(Emitter &e, const KernelArguments &a,
                    const PlanesHeadSpec &spec, PlanesStage stage,
                    const IntegerHeadSpec &kernel);

/// Calls `body` with the first token and the number of tokens of each token
/// tile: `tokenTile` at a time, then one by one.
void emitTokenTiles(Emitter &e, Value rows, int64_t tokenTile,
                    function_ref<void(Value, int64_t)> body);
/// The same with tiles of falling sizes, the last of which is 1: of each as
/// many as fit into the tokens that are left.
void emitTokenTiles(Emitter &e, Value rows, ArrayRef<int64_t> tokenTiles,
                    function_ref<void(Value, int64_t)> body);
/// Loops over the column steps of a tile of `matrix`. `body` gets the byte
/// where the step's data begins, its first column, and the sums so far to add
/// to; the result is the sums.
SmallVector<Value>
emitSteps(Emitter &e, const PackedMatrix &matrix, Value tile,
          ArrayRef<Value> initial,
          function_ref<void(Value, Value, MutableArrayRef<Value>)> body);
/// Four activations of `row` from `column` on, repeated to fill `type`.
Value emitBroadcastFour(Emitter &e, Value values, Value row, Value column,
                        VectorType type);
/// Stores results of matrix rows `firstRow`, ... for a token, leaving out rows
/// that only pad the last tile.
void emitStoreRows(Emitter &e, Value values, Value output, Value row,
                   Value firstRow, int64_t matrixRows, int64_t tileRows);
/// Loads elements `firstRow` + `offset`, ... of the last dimension, 0 for rows
/// that only pad the last tile.
Value emitLoadRows(Emitter &e, VectorType type, Value input, ValueRange leading,
                   Value firstRow, int64_t matrixRows, int64_t tileRows,
                   int64_t offset = 0);
/// `bitnet.lookup_tables` with vectors of `lanes` 16-bit elements.
void emitLookupTables(Emitter &e, const KernelArguments &a,
                      const LookupTablesSpec &spec, int64_t lanes);
/// Turns exact dot products of matrix rows `firstRow`, ... with activation rows
/// of a register tile into results and stores them. Scales are not of blocks.
void emitLinearResults(Emitter &e, const KernelArguments &a,
                       const QuantizedLinearSpec &spec, Value firstRow,
                       Value firstToken, ArrayRef<Value> dots);
/// The rows of a tile, from `firstLane` on in `groups` of `lanes`, and rows of
/// activations that a kernel computes at once.
struct RegisterBlock {
  Value tile, firstLane;
  int64_t lanes, groups;
  Value firstToken;
  int64_t tokens;
};
/// What a kernel computes of a block of columns.
struct BlockSums {
  /// The exact dot products, [group][token].
  SmallVector<Value> dots;
  /// The sums of the activations in every lane, [token]; they may be missing if
  /// the layer has no offsets.
  SmallVector<Value> activations;
};
/// Computes and stores results of a layer with scales of blocks. `emitBlock`
/// computes a block.
void emitBlockResults(Emitter &e, const KernelArguments &a,
                      const QuantizedLinearSpec &spec,
                      const RegisterBlock &rows, HalfConversion conversion,
                      function_ref<BlockSums(Value)> emitBlock);
} // namespace vectorized

namespace x86 {
/// `trit`, `trit5` and `bit` layouts with the instructions of `level`, in
/// vectors of 32 bits for each lane. The layout's tiles may have several times
/// as many rows as the table prefers.
void emitMultiplyAdd(Emitter &e, const KernelArguments &a,
                     const QuantizedLinearSpec &spec, InstructionSet level);
/// `bitnet.lookup_tables` with vectors of `lanes` 16-bit elements.
void emitLookupTables(Emitter &e, const KernelArguments &a,
                      const LookupTablesSpec &spec, int64_t lanes);
/// Looks up in tables for `trit_word`, by vpermw.
void emitLookupWords(Emitter &e, const KernelArguments &a,
                     const QuantizedLinearSpec &spec);
/// Looks up in tables for `trit_nibble` and `trit_sign`, by pshufb in vectors
/// of `lanes` bytes.
void emitLookupShuffle(Emitter &e, const KernelArguments &a,
                       const QuantizedLinearSpec &spec, int64_t lanes);
/// Looks up in tables for `trit_byte`, by vpermi2b.
void emitLookupPermute(Emitter &e, const KernelArguments &a,
                       const QuantizedLinearSpec &spec);
} // namespace x86

/// `trit` layouts, and `bit` ones without I8MM.
namespace aarch64 {
void emitQuantizedLinearNEON(Emitter &e, const KernelArguments &a,
                             const QuantizedLinearSpec &spec);
void emitQuantizedLinearDotProd(Emitter &e, const KernelArguments &a,
                                const QuantizedLinearSpec &spec);
void emitQuantizedLinearI8MM(Emitter &e, const KernelArguments &a,
                             const QuantizedLinearSpec &spec);
/// Looks up in tables for `trit_nibble`, by tbl.
void emitLookupNEON(Emitter &e, const KernelArguments &a,
                    const QuantizedLinearSpec &spec);
} // namespace aarch64

} // namespace mlir::bitnet

#endif // BITNET_KERNELS_KERNELS_H
