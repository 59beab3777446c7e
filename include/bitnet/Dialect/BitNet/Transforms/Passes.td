//===- Passes.td - Passes on the bitnet dialect ------------*- tablegen -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_TD
#define BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Quantisation
//===----------------------------------------------------------------------===//

def QuantizeWeightsPass : Pass<"bitnet-quantize-weights", "::mlir::ModuleOp"> {
  let summary = "Turns the weights of linear layers into trits or bits and scales";
  let description = [{
    Ternary and binary formats keep their trits or bits and scales exactly; those
    of blocks become scales of the matrix or of rows if they agree. Float and
    8-bit or 6-bit formats are master weights. `masters` says what they become:

    - absmean: t = clamp(round_half_even(w · (1 / s)), -1, 1) with
      s = max(mean |w|, 1e-5) over the matrix, the quantiser of BitNet b1.58
      (arXiv:2402.17764).
    - sign: +1 if w > mean w, else -1, with s = mean |w| over the matrix, the
      quantiser of BitNet (arXiv:2310.11453).

    Weights of layers with `keep_weights` are no masters. They become trits or
    bits if that is what they are, with scales of the matrix, of rows or of
    blocks, or else `#bitnet.int8`, exactly for 8-bit and smaller formats, rounded
    in blocks of 32 columns for floats (KeepWeights.h).

    Masters that are quantised already, with one magnitude for all weights (but
    zeros, for absmean), keep their signs and have that magnitude as the scale.

    Before:

    ```mlir
    %w = bitnet.weight dense_resource<q> : tensor<65568xi8>
      -> !bitnet.matrix<512x512, #bitnet.stored<i2_s>>
    ```

    After:

    ```mlir
    %w = bitnet.weight dense_resource<q_trits> : tensor<65536xi8>
      scales(dense<0.5> : tensor<1xf32>) -> !bitnet.matrix<512x512, #bitnet.trits>
    ```

    Tables of embeddings and output heads stay as they are, unless their format
    is ternary or binary: those become trits or bits, too, and `bitnet.output_head`
    a `bitnet.bit_linear` with float activations.
  }];
  let options = [
    Option<"masters", "masters", "::mlir::bitnet::MasterQuantizer",
           /*default=*/"::mlir::bitnet::MasterQuantizer::AbsMean",
           "How float weights of linear layers are quantised",
           [{::llvm::cl::values(
             clEnumValN(::mlir::bitnet::MasterQuantizer::AbsMean, "absmean",
                        "to trits, as BitNet b1.58"),
             clEnumValN(::mlir::bitnet::MasterQuantizer::Sign, "sign",
                        "to signs, as BitNet"))}]>
  ];
  let statistics = [
    Statistic<"numQuantized", "num-quantized", "Number of matrices converted">
  ];
}

//===----------------------------------------------------------------------===//
// Folding
//===----------------------------------------------------------------------===//

def DecomposeBitLinearPass
    : Pass<"bitnet-decompose-linear", "::mlir::func::FuncOp"> {
  let summary = "Splits linear layers into quantisation and product";
  let description = [{
    `bitnet.bit_linear` becomes `bitnet.quantize_activations` and
    `bitnet.quantized_linear`, so that layers that read the same activations can
    share their quantisation. Needs ternary, binary or int8 weights.
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"];
}

def FuseQuantizationPass
    : Pass<"bitnet-fuse-quantization", "::mlir::func::FuncOp"> {
  let summary = "Fuses gates and norms into the quantisation that reads them";
  let description = [{
    `bitnet.gate` and `bitnet.rms_norm` disappear into
    `bitnet.quantize_activations` when that is their only use, bit for bit.

    Before:

    ```mlir
    %u = bitnet.gate squared_relu %g, %up : tensor<?x1536xf32>
    %n = bitnet.rms_norm %u, %w eps = 1.0e-5 : tensor<?x1536xf32>, tensor<1536xf32>
    %q:3 = bitnet.quantize_activations %n : ...
    ```

    After:

    ```mlir
    %q:3 = bitnet.quantize_activations %up gate(%g) norm(%w)
      {activation = #bitnet<activation squared_relu>, eps = 1.0e-5 : f32} : ...
    ```
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"];
}

def FuseEpiloguesPass
    : Pass<"bitnet-fuse-epilogues", "::mlir::func::FuncOp"> {
  let summary = "Fuses residuals into linear layers and RoPE into attention";
  let description = [{
    - `bitnet.add` of a linear layer's result, its only use, becomes the layer's
      residual.
    - `bitnet.rope` of an attention's query and of its key, each the only use,
      with the same table, become the attention's table. One alone is left.

    Bit for bit.
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"];
}

def MergeLinearPass : Pass<"bitnet-merge-linear", "::mlir::ModuleOp"> {
  let summary = "Merges linear layers that read the same activations";
  let description = [{
    Query, key and value, or gate and up projections: one product with the rows
    of all, and views of its columns. The merged weight has a scale for each row
    unless all scales are equal.

    Before:

    ```mlir
    %k = bitnet.quantized_linear %q, %s, %sum, %wk : ... -> tensor<?x256xf32>
    %v = bitnet.quantized_linear %q, %s, %sum, %wv : ... -> tensor<?x256xf32>
    ```

    After:

    ```mlir
    %kv = bitnet.quantized_linear %q, %s, %sum, %wkv : ... -> tensor<?x512xf32>
    %k = bitnet.columns %kv from 0 : tensor<?x512xf32> -> tensor<?x256xf32>
    %v = bitnet.columns %kv from 256 : tensor<?x512xf32> -> tensor<?x256xf32>
    ```

    Layers with a residual, layers in different blocks, layers whose weight is
    multiplied with other activations as well, and layers of which some are
    ternary, some binary, or have scales of other blocks, are left alone.
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"];
  let statistics = [
    Statistic<"numMerged", "num-merged", "Number of layers merged away">
  ];
}

//===----------------------------------------------------------------------===//
// Packing
//===----------------------------------------------------------------------===//

def PackWeightsPass : Pass<"bitnet-pack-weights", "::mlir::ModuleOp"> {
  let summary = "Chooses kernels and packs weights into their layouts";
  let description = [{
    Each `bitnet.quantized_linear` gets a kernel: the one that `kernel` names, or
    the one of the kernel table that the cost model expects to be fastest for
    the layer at the level of `bitnet.targets` on the machine `bitnet.machine`,
    going by `bitnet.timings` where there are any. Its weight is packed into the
    kernel's layout and the activations it reads are padded to whole steps.
    Tables of embeddings and output heads are packed for the head's kernel; an
    embedding and a head that share a table share the packed one.

    Weights are packed once, whatever the number of targets: every target must
    have a kernel of the same family for the layout that is chosen, and the one
    that slows down all of them least, added, is. Targets that cannot run the
    named kernel get theirs when kernels are generated.

    With `head=auto`, a table w becomes the w' of the fewest bits (int6, int8,
    f16 or bf16) for which ‖w − w'‖ / ‖w‖ is at most `head-error` and for no row
    more than twice that, rows that are shorter than the root mean square of all
    counting as that long. bf16 comes before f16 for tables stored in BF16. An
    error, if there is none.

    The module attribute `bitnet.tables` says of each table the element kind and
    both errors. Freed on the way: the trits of each matrix once it is packed.
  }];
  let dependentDialects = ["::mlir::bitnet::BitNetDialect"];
  let options = [
    Option<"kernel", "kernel", "std::string", /*default=*/"",
           "Kernel of quantised linear layers; empty: chosen for the target">,
    Option<"head", "head", "::mlir::bitnet::HeadFormat",
           /*default=*/"::mlir::bitnet::HeadFormat::Auto",
           "Elements of the output head and embedding",
           [{::llvm::cl::values(
             clEnumValN(::mlir::bitnet::HeadFormat::Auto, "auto",
                        "the smallest that head-error allows"),
             clEnumValN(::mlir::bitnet::HeadFormat::F16, "f16",
                        "IEEE half precision"),
             clEnumValN(::mlir::bitnet::HeadFormat::BF16, "bf16", "bfloat16"),
             clEnumValN(::mlir::bitnet::HeadFormat::Int8, "int8",
                        "8 bits with a scale for each row"),
             clEnumValN(::mlir::bitnet::HeadFormat::Int6, "int6",
                        "6 bits with a scale for each row"),
             clEnumValN(::mlir::bitnet::HeadFormat::Planes, "planes",
                        "6 bits in two planes of 3"))}]>,
    Option<"headError", "head-error", "double",
           /*default=*/"::mlir::bitnet::defaultHeadError",
           "Relative error that head=auto may make">
  ];
  let statistics = [
    Statistic<"packedBytes", "packed-bytes", "Bytes of packed weights">
  ];
}

//===----------------------------------------------------------------------===//
// Contracts
//===----------------------------------------------------------------------===//

def CheckStagePass : Pass<"bitnet-check-stage", "::mlir::ModuleOp"> {
  let summary = "Checks what a stage promises of its result";
  let description = [{
    Emits an error for each operation that breaks the contract:

    - `quantized`: every linear layer has ternary weights with scales;
    - `folded`: no `bitnet.bit_linear`, and no `bitnet.gate`, `bitnet.rms_norm`
      or `bitnet.add` whose only use could take it in;
    - `packed`: every matrix is in a `#bitnet.layout`, every linear layer names
      its kernel;
    - `kernels`: no operation of the bitnet dialect; from here on, each of
      `bitnet.targets` has its entry function, `@evaluate`, or
      `@evaluate_<level>` if there are several;
    - `planned`: no tensor, every blob has an offset, the module has its arena
      and weights sizes;
    - `llvm`: only the LLVM dialect, and blobs.
  }];
  let options = [
    Option<"stage", "stage", "::mlir::bitnet::Stage",
           /*default=*/"::mlir::bitnet::Stage::Quantized",
           "The stage whose contract is checked",
           [{::llvm::cl::values(
             clEnumValN(::mlir::bitnet::Stage::Quantized, "quantized", ""),
             clEnumValN(::mlir::bitnet::Stage::Folded, "folded", ""),
             clEnumValN(::mlir::bitnet::Stage::Packed, "packed", ""),
             clEnumValN(::mlir::bitnet::Stage::Kernels, "kernels", ""),
             clEnumValN(::mlir::bitnet::Stage::Planned, "planned", ""),
             clEnumValN(::mlir::bitnet::Stage::LLVM, "llvm", ""))}]>
  ];
}

#endif // BITNET_DIALECT_BITNET_TRANSFORMS_PASSES_TD
