//===- Passes.td - Passes on graphs of linear algebra ------*- tablegen -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_GRAPH_PASSES_TD
#define BITNET_GRAPH_PASSES_TD

include "mlir/Pass/PassBase.td"

def DescribeGraphPass : Pass<"bitnet-describe-graph", "::mlir::ModuleOp"> {
  let summary = "Writes down a graph's signature and resolves its sizes";
  let description = [{
    Sizes of tensors become arithmetic on the symbolic dimensions as far as the
    operations tell. The arguments and results of `@main` become the module's
    `bitnet.graph`, the sizes of the results a function of the symbolic
    dimensions, `@output_sizes`. The graph is named after the module or the file
    of its location.

    Attributes of arguments and results: `onnx.symbol` is the name of a leading
    `index` argument; `onnx.name`, `onnx.dims` and `onnx.type` are the name, the
    dimensions and the type of the elements (with signedness) of a tensor.

    Before:

    ```mlir
    func.func @main(%n: index {onnx.symbol = "n"},
                    %x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", 4]})
        -> (tensor<?x4xf32> {onnx.name = "y", onnx.dims = ["n", 4]})
    ```

    After, besides `@main`:

    ```mlir
    func.func @output_sizes(%n: index) -> (index, index) {
      %c4 = arith.constant 4 : index
      return %n, %c4 : index, index
    }
    ```
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::bitnet::BitNetDialect", "::mlir::func::FuncDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def FuseElementwisePass : Pass<"bitnet-fuse-elementwise", "::mlir::ModuleOp"> {
  let summary = "Computes elementwise operations where their results are read";
  let description = [{
    Of the `linalg.generic`s in `@main`, a producer goes into the body of its
    consumer if each of its elements is read once, or if computing it again
    takes hardly longer than loading it. Operands of reductions that read an
    element several times, such as products of matrices, are left alone, but for
    constants that a producer makes larger, such as 8-bit weights that become
    floats: they stay as small as they are.

    An initial value that is the same for all results of a reduction goes into
    its attribute `bitnet_runtime.initial`; its outputs are then not read.

    Before:

    ```mlir
    %init = linalg.fill ins(%zero : f32) outs(%e : tensor<?xf32>)
      -> tensor<?xf32>
    %sum = linalg.generic {...} ins(%x : tensor<?x8xf32>)
      outs(%init : tensor<?xf32>) {...} -> tensor<?xf32>
    ```

    After:

    ```mlir
    %sum = linalg.generic {...} ins(%x : tensor<?x8xf32>)
      outs(%e : tensor<?xf32>)
      attrs = {bitnet_runtime.initial = [0.000000e+00 : f32]} {...}
      -> tensor<?xf32>
    ```

    Input: linalg operations are generic.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"
  ];
}

def WidenElementsPass : Pass<"bitnet-widen-elements", "::mlir::ModuleOp"> {
  let summary = "Gives every element of a tensor at least a byte";
  let description = [{
    Tensors of integers of less than 8 bits in `@main` become tensors of bytes:
    booleans 0 or 1, others with their sign. Scalars keep their types; reading
    an element narrows it, so that unsigned ones may have any upper bits.

    Input: elementwise operations on tensors are linalg operations.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::tensor::TensorDialect"
  ];
}

def PlaceConstantsPass : Pass<"bitnet-place-constants", "::mlir::ModuleOp"> {
  let summary = "Turns constant tensors into blobs of the weights section";
  let description = [{
    A constant tensor becomes a `bitnet_runtime.blob` and its address, read as a
    tensor; one whose elements are all the same is filled in instead. Equal
    constants share a blob.

    Before:

    ```mlir
    %w = arith.constant dense<[1.0, 2.0]> : tensor<2xf32>
    ```

    After:

    ```mlir
    %address = bitnet_runtime.blob_address @constant : memref<2xf32>
    %w = bufferization.to_tensor %address restrict
      : memref<2xf32> to tensor<2xf32>
    ```
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bitnet_runtime::BitNetRuntimeDialect",
    "::mlir::bufferization::BufferizationDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"
  ];
}

def BufferizeGraphPass : Pass<"bitnet-bufferize-graph", "::mlir::ModuleOp"> {
  let summary = "Turns a graph on tensors into one on buffers";
  let description = [{
    `@main` becomes

    ```mlir
    func.func @run(%thread: index, %threads: index,
      %team: !bitnet_runtime.team, %symbols...: index,
      %inputs...: memref<Nxi8>, %outputs...: memref<Nxi8>,
      %arena: memref<Nxi8>)
    ```

    Inputs and outputs are views of their bytes, N is large. Inputs and constants
    are never written to; results are computed in place of an output if nothing
    is in the way, otherwise copied there.

    Input: `bitnet-describe-graph` has run, constant tensors are blobs.
    Result: no tensors; buffers are allocated outside of loops; copies are
    `linalg.copy`.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::bitnet_runtime::BitNetRuntimeDialect",
    "::mlir::bufferization::BufferizationDialect", "::mlir::func::FuncDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"
  ];
}

def PlaceBuffersPass : Pass<"bitnet-place-buffers", "::mlir::ModuleOp"> {
  let summary = "Gives buffers places in an arena";
  let description = [{
    Every `memref.alloc` of `@run` becomes a view of its arena. Buffers that are
    never live at the same time may share bytes.

    - If all sizes are constant, buffers get constant offsets.
    - Otherwise buffers share slots, chosen as if every symbolic dimension were
      64. A slot is as large as the largest of its buffers; sizes and offsets
      are computed when the function starts. The sum is what `@arena_size`,
      a function of the symbolic dimensions, returns.

    Blobs get their offsets in the weights section; its size becomes
    `bitnet_runtime.weights_size`.

    Input: what `bitnet-bufferize-graph` leaves. Result: no allocations.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::memref::MemRefDialect"
  ];
  let statistics = [
    Statistic<"numBuffers", "num-buffers", "Number of buffers placed">,
    Statistic<"numSlots", "num-slots", "Number of slots they share">
  ];
}

def ShareWorkPass : Pass<"bitnet-share-work", "::mlir::ModuleOp"> {
  let summary = "Lets all threads of a team compute a graph";
  let description = [{
    Every thread runs the body of `@run`. Of the operations at its top level,

    - a launch becomes a call of its kernel for this thread's share of the
      tiles, [tiles · thread / threads, tiles · (thread + 1) / threads);
    - a linalg operation on buffers gets the attribute `bitnet_runtime.shared`:
      each thread computes a part of it;
    - other operations that write memory, and linalg operations with little
      work, are left to thread 0;
    - the rest, scalars and views, are computed by every thread.

    A barrier stands before an operation that touches a place that operations
    since the last barrier wrote, or writes one which they read, unless thread 0
    does all of that; one barrier ends the function. Places are the arguments
    and the parts of the arena.

    Input: what `bitnet-place-buffers` leaves.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bitnet_runtime::BitNetRuntimeDialect",
    "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"
  ];
  let statistics = [
    Statistic<"numBarriers", "num-barriers", "Number of barriers">
  ];
}

def LowerLoopsPass : Pass<"bitnet-lower-loops", "::mlir::ModuleOp"> {
  let summary = "Turns linalg operations on buffers into vector loops";
  let description = [{
    Iterations of an operation that is `bitnet_runtime.shared` are shared by the
    threads in contiguous parts. Vectors have the width of the function's
    target, which results do not depend on:

    - Lanes are iterations of the innermost parallel loop along which results
      lie one behind the other; what cannot fill a vector is computed one by
      one. Elements that lie apart are loaded one by one.
    - If that loop reads elements that lie apart and a reduction does not (sums
      of rows, products with a transposed matrix), iterations of the reduction
      are dealt to 16 partial results, which a tree combines, as in a lane sum
      of the bitnet dialect.
    - Reductions compute several rows and vectors at once, so that products of
      matrices load less than they multiply. Sums run in the order of the loops;
      nothing is fused.

    Input: what `bitnet-share-work` leaves. Result: no linalg operations.
  }];
  let dependentDialects = [
    "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"
  ];
  let statistics = [
    Statistic<"numOperations", "num-operations", "Number of operations lowered">
  ];
}

def LowerReshapesPass : Pass<"bitnet-lower-reshapes", "::mlir::ModuleOp"> {
  let summary = "Turns expanded shapes of buffers into casts";
  let description = [{
    A `memref.expand_shape` in `@run` becomes a `memref.reinterpret_cast` whose
    strides follow from its sizes. MLIR's own lowering (expand-strided-metadata)
    takes one dynamic size for each expanded dimension; rows of a batch of
    sequences have two.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"
  ];
}

def ExpandMathPass : Pass<"bitnet-expand-math", "::mlir::ModuleOp"> {
  let summary = "Turns functions of a library into arithmetic";
  let description = [{
    An object must not need a mathematical library. Exponentials, logarithms,
    powers, trigonometric and hyperbolic functions, the error function and
    remainders in `@run` become additions, multiplications, divisions and square
    roots, on scalars and vectors alike, with the same results on every machine.
    So do rounding and conversions of 16-bit floats where the function's target
    has no instruction for them.

    Input: what `bitnet-lower-loops` leaves.
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
    "::mlir::vector::VectorDialect"
  ];
  let statistics = [
    Statistic<"numExpanded", "num-expanded", "Number of operations expanded">
  ];
}

#endif // BITNET_GRAPH_PASSES_TD
