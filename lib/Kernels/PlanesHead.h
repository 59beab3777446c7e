//===- PlanesHead.h - What both lowerings of planes share -------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `bitnet.output_head` with a table of planes (PlanesTable.h). x are the 16-bit
// activations of a token, s the scale of its activations times that of a row.
// With w + 28 + u = 8 q + r the sum that a logit needs is
//
//   S = Σ w x = E + Σ (r - 4) x,   E = Σ (8 q - 24 - u) x
//
// E needs the coarse plane only: the first stage leaves it for all rows where
// their logits will be. |8 q - 24 - u| = |w - (r - 4)| <= 32 and
// 32 Σ |x| < 2^31, so that 32 bits hold E and S; products on the way there may
// be larger, modulo 2^32.
//
// With a limit k of a token, its k largest logits are wanted, and all that
// equal the least of them; others may be -infinity. E - Σ x / 2 is the best
// estimate of S. The k tiles with the best estimates name a row each, whose
// logits are computed: the least of these k is the threshold L. At least k
// logits are L or larger, so no row below L matters. A row gets its logit if
//
//   !((E - Σ x / 2 + 18.4 |x|) s < L),
//
// -infinity otherwise. What that leaves out by mistake: r = w + 28 + u mod 8 is
// uniform in [0, 8) whatever w is, and independent for each column, since u is.
// r - 7/2 = ±2 ± 1 ± 1/2 with independent signs, and a sign times a is
// sub-Gaussian with variance a² (cosh(t) <= exp(t² / 2)), so Σ (r - 7/2) x is
// with 21/4 |x|². It exceeds z sqrt(21/4) |x| with a probability of at most
// exp(-z² / 2), for z = 8 less than 1.3e-14. Which rows have the k largest
// logits does not depend on u, and no others matter: one of them is missing
// with a probability of at most 1.3e-14 k for a token, once in 7e13 tokens if
// they are chosen greedily. 8 sqrt(21/4) = 18.331. What is left to 18.4 covers
// the rounding of the float operations, which is below 0.01 |x| even for 65536
// columns: their arguments are at most 32 sqrt(65536) |x|, and there are four.
// The largest logits of trained models stand out so much that few rows are
// left.
//
// These are probabilities over the u, which are fixed: who chooses x by the
// bits of the fine plane can make them worse, who only knows w cannot.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_KERNELS_PLANESHEAD_H
#define BITNET_LIB_KERNELS_PLANESHEAD_H

#include "bitnet/Dialect/BitNet/IR/PlanesTable.h"
#include "bitnet/Kernels/Kernels.h"

namespace mlir::bitnet {

/// The largest limit that is made use of. Tokens with a larger one, or one that
/// exceeds the number of tiles, get all logits.
inline constexpr int64_t mostPlanesLimit = 256;

/// The buffers that all stages read, in this order.
struct PlanesBuffers {
  explicit PlanesBuffers(ArrayRef<Value> inputs)
      : high(inputs[0]), low(inputs[1]), scales(inputs[2]), terms(inputs[3]),
        bounds(inputs[4]), table(inputs[5]), rowScales(inputs[6]) {}

  static constexpr size_t count = 7;

  /// [tokens][padded columns], the parts of the activations.
  Value high, low;
  /// [tokens]
  Value scales;
  /// [tokens][2]: Σ (24 + u) x and 4 Σ x, modulo 2^32.
  Value terms;
  /// [tokens][2]: -Σ x / 2 and that plus 18.4 |x|.
  Value bounds;
  Value table;
  /// [rows]
  Value rowScales;
};

/// Float operations that scalar and vector kernels share.
class PlanesHead {
public:
  PlanesHead(Emitter &e, const PlanesBuffers &buffers,
             const PlanesHeadSpec &spec)
      : e(e), buffers(buffers), spec(spec),
        planes(spec.table.layout, spec.table.rows, spec.table.columns) {}

  /// The scale of logits of a token, `rowScales` being one number or several.
  Value getScale(Value token, Value rowScales);
  /// The logits of exact sums.
  Value getLogit(Value sum, Value scale);
  /// (coarse + bounds[token][which]) · scale; which = 0 is the best estimate, 1
  /// the largest logit to expect.
  Value getEstimate(Value coarse, Value token, int64_t which, Value scale);
  /// Element `which` of the terms of a token in `type`.
  Value getTerm(Value token, int64_t which, Type type);

  /// The thresholds of tokens. `emitFine` gives Σ r x of a row and a token.
  void emitThresholds(const KernelArguments &a,
                      function_ref<Value(Value row, Value token)> emitFine);

  Emitter &e;
  PlanesBuffers buffers;
  PlanesHeadSpec spec;
  PlanesTable planes;

private:
  Value splat(Value scalar, Type type);
  /// The estimates and tiles that are best, best first.
  void emitBestTiles(Value best, Value token, Value limit, Value estimates,
                     Value tiles);
  /// The row of `tile` with the best estimate.
  Value emitBestRow(Value sums, Value tile, Value token);
};

/// The coarse and the fine number of row `m` in column `k`, i32.
Value emitCoarseNumber(Emitter &e, const PackedMatrix &matrix, Value table,
                       Value m, Value k);
Value emitFineNumber(Emitter &e, const PackedMatrix &matrix, Value table,
                     Value m, Value k);
/// u_k, i32.
Value emitDither(Emitter &e, const PackedMatrix &matrix, Value table, Value k);

} // namespace mlir::bitnet

#endif // BITNET_LIB_KERNELS_PLANESHEAD_H
