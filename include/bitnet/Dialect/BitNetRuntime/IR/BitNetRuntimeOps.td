//===- BitNetRuntimeOps.td - Parallel kernels, weights in memory, barriers ===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef BITNET_DIALECT_BITNETRUNTIME_IR_BITNETRUNTIMEOPS_TD
#define BITNET_DIALECT_BITNETRUNTIME_IR_BITNETRUNTIMEOPS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/DialectBase.td"
include "mlir/IR/OpBase.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def BitNetRuntime_Dialect : Dialect {
  let name = "bitnet_runtime";
  let cppNamespace = "::mlir::bitnet_runtime";
  let summary = "how kernels run: launches, blobs of weights, barriers";
  let description = [{
    What lies between a graph of operations and the code of a model: kernels
    that several threads share (`launch`), constant data in the object's weights
    section (`blob`), and the points where the threads meet (`barrier`).
  }];
  let useDefaultTypePrinterParser = 1;
}

class BitNetRuntime_Op<string mnemonic, list<Trait> traits = []>
    : Op<BitNetRuntime_Dialect, mnemonic, traits>;

def BitNetRuntime_TeamType : TypeDef<BitNetRuntime_Dialect, "Team"> {
  let mnemonic = "team";
  let summary = "a thread's place among those that run one pass together";
  let description = [{`struct bitnet_member *` of lib/Runtime/Threads.h.}];
}

def BitNetRuntime_BlobOp : BitNetRuntime_Op<"blob", [Symbol]> {
  let summary = "constant data in the object's weights section";
  let description = [{
    `data` becomes bytes of the object file without ever being an LLVM constant.
    Planning gives each blob its `offset` in the section, a multiple of 64.

    Constraints:
    1. (blob_c1) `offset` is a multiple of 64.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, ElementsAttr:$data,
                       OptionalAttr<I64Attr>:$offset);
  let assemblyFormat = "$sym_name $data (`offset` `=` $offset^)? attr-dict";
  let hasVerifier = 1;
}

def BitNetRuntime_BlobAddressOp : BitNetRuntime_Op<"blob_address",
    [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a blob as a buffer";
  let description = [{
    Constraints:
    1. (blob_address_c1) the symbol is a `bitnet_runtime.blob`.
    2. (blob_address_c2) the buffer has at most the blob's bytes; its element
       type is how the kernel reads them.
  }];
  let arguments = (ins FlatSymbolRefAttr:$blob);
  let results = (outs AnyStaticShapeMemRef:$result);
  let assemblyFormat = "$blob attr-dict `:` type($result)";
}

def BitNetRuntime_BufferAtOp : BitNetRuntime_Op<"buffer_at", [Pure]> {
  let summary = "the buffer at an address";
  let description = [{
    What lies at `address`, a number of bytes from address 0, as a buffer: how
    kernels reach the cache of a sequence. Its size in the type is a bound that
    no address depends on.
  }];
  let arguments = (ins Index:$address);
  let results = (outs AnyStaticShapeMemRef:$result);
  let assemblyFormat = "$address attr-dict `:` type($result)";
}

def BitNetRuntime_WorkCountOp : BitNetRuntime_Op<"work_count", [Pure]> {
  let summary = "the items of work of a pass's attention";
  let description = [{
    `struct bitnet_attention_work` of lib/Runtime/VariantDescriptor.h.
  }];
  let arguments = (ins AnyType:$cache);
  let results = (outs Index:$result);
  let assemblyFormat = "$cache attr-dict `:` type($cache)";
}

def BitNetRuntime_MergesOp : BitNetRuntime_Op<"merges", [Pure]> {
  let summary = "the rows that a pass's attention merges";
  let description = [{
    `struct bitnet_attention_merge` of lib/Runtime/VariantDescriptor.h, and how
    many they are.

    Example:

    ```mlir
    %merges, %count = bitnet_runtime.merges %cache : !bitnet.kv_cache<...>
      -> memref<64x4xi32>
    ```
  }];
  let arguments = (ins AnyType:$cache);
  let results = (outs AnyStaticShapeMemRef:$merges, Index:$count);
  let assemblyFormat = [{
    $cache attr-dict `:` type($cache) `->` type($merges)
  }];
}

def BitNetRuntime_LaunchOp : BitNetRuntime_Op<"launch",
    [AttrSizedOperandSegments, DeclareOpInterfaceMethods<SymbolUserOpInterface>,
     DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                               ["reifyResultShapes"]>,
     MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "runs a kernel over tiles, shared by all threads";
  let description = [{
    Calls `kernel` for ranges of tiles that cover [0, `tiles`) once, at the same
    time, in any partition; the kernel's results do not depend on it. The
    dynamic dimension of each result is `rows`.

    The kernel is a function
    `(begin: index, end: index, rows: index, inputs..., results...)`. Tensors of
    N dynamic rows are passed as buffers of as many rows as a pass may have; a
    `!bitnet.kv_cache` is passed as four buffers (lib/Runtime/VariantDescriptor.h
    describes their elements):

    ```
    sequences      memref<?x2xi64>  address and capacity of each cache
    row sequences  memref<?xi32>    the sequence of each token row
    work           memref<?x8xi32>  items of the pass's attention
    merges         memref<?x4xi32>  rows put together from several items
    ```

    A launch without results changes the caches that it gets or, without any, the
    tensor that is its first input.

    A `rare` one mostly has no tiles. Then it costs no barrier.

    Bufferised, a launch has `outs` buffers instead of results.

    Constraints:
    1. (launch_c1) the symbol is a function with as many arguments as this needs.
    2. (launch_c2) there are no results if there are outputs.

    Example:

    ```mlir
    %y = bitnet_runtime.launch @relu tiles %n rows %n (%x)
      : (tensor<?x8xf32>) -> (tensor<?x8xf32>)
    bitnet_runtime.launch @relu tiles %n rows %n (%a)
      outs(%b : memref<?x8xf32>) : (memref<?x8xf32>) -> ()
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Index:$tiles, Index:$rows,
                       Variadic<AnyType>:$inputs, Variadic<AnyMemRef>:$outputs,
                       UnitAttr:$rare);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $kernel `tiles` $tiles `rows` $rows `(` $inputs `)`
    (`outs` `(` $outputs^ `:` type($outputs) `)`)? attr-dict `:`
    functional-type($inputs, $results)
  }];
  let hasVerifier = 1;
}

def BitNetRuntime_BarrierOp : BitNetRuntime_Op<"barrier",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "waits for all threads of the team";
  let description = [{
    What any thread wrote before it, every thread reads after it. The result,
    the same for all threads, says that the pass is cancelled: they are to
    return. Passes of graphs never are.
  }];
  let arguments = (ins BitNetRuntime_TeamType:$team);
  let results = (outs I1:$is_cancelled);
  let assemblyFormat = "$team attr-dict";
}

#endif // BITNET_DIALECT_BITNETRUNTIME_IR_BITNETRUNTIMEOPS_TD
