// RUN: bitnet-opt %s --convert-bitnet-to-llvm | FileCheck %s

// What the object writer and the runtime define.

// CHECK-DAG: llvm.mlir.global external constant @bitnet_runtime_weights() {{.*}} : !llvm.array<0 x i8>
// CHECK-DAG: llvm.func @bitnet_runtime_barrier(!llvm.ptr) -> i32

// Blobs stay for the object writer.

// CHECK: bitnet_runtime.blob @scales dense<1.000000e+00> : tensor<4xf32> offset = 128
bitnet_runtime.blob @scales dense<1.0> : tensor<4xf32> offset = 128
// Beyond the 29 bits of a constant index.
bitnet_runtime.blob @far dense<1.0> : tensor<4xf32> offset = 4294967296

// CHECK-LABEL: llvm.func @blob_address()
// CHECK-DAG:     %[[WEIGHTS:.*]] = llvm.mlir.addressof @bitnet_runtime_weights : !llvm.ptr
// CHECK-DAG:     %[[OFFSET:.*]] = llvm.mlir.constant(128 : i64) : i64
// CHECK:         %[[BLOB:.*]] = llvm.getelementptr %[[WEIGHTS]][%[[OFFSET]]] : (!llvm.ptr, i64) -> !llvm.ptr, i8
// CHECK:         %[[DESCRIPTOR:.*]] = llvm.insertvalue %[[BLOB]], %{{.*}}[1]
// CHECK:         %[[SECOND:.*]] = llvm.getelementptr {{.*}} -> !llvm.ptr, f32
// CHECK:         llvm.load %[[SECOND]] : !llvm.ptr -> f32
func.func @blob_address() -> f32 {
  %one = arith.constant 1 : index
  %scales = bitnet_runtime.blob_address @scales : memref<4xf32>
  %second = memref.load %scales[%one] : memref<4xf32>
  return %second : f32
}

// CHECK-LABEL: llvm.func @far_blob_address()
// CHECK:         llvm.mlir.constant(4294967296 : i64) : i64
func.func @far_blob_address() -> f32 {
  %zero = arith.constant 0 : index
  %far = bitnet_runtime.blob_address @far : memref<4xf32>
  %first = memref.load %far[%zero] : memref<4xf32>
  return %first : f32
}

// CHECK-LABEL: llvm.func @buffer_at(
// CHECK-SAME:    %[[ADDRESS:[^:]*]]: i64
// CHECK:         %[[BUFFER:.*]] = llvm.inttoptr %[[ADDRESS]] : i64 to !llvm.ptr
// CHECK:         llvm.insertvalue %[[BUFFER]], %{{.*}}[1]
func.func @buffer_at(%address: index) -> f32 {
  %one = arith.constant 1 : index
  %buffer = bitnet_runtime.buffer_at %address : memref<4xf32>
  %second = memref.load %buffer[%one] : memref<4xf32>
  return %second : f32
}

// Buffers and teams are passed as bare pointers, indices as i64.

// CHECK-LABEL: llvm.func @barrier(
// CHECK-SAME:    %[[TEAM:[^:]*]]: !llvm.ptr, %{{[^:]*}}: !llvm.ptr, %{{[^:]*}}: i64)
// CHECK:         %[[ANSWER:.*]] = llvm.call @bitnet_runtime_barrier(%[[TEAM]]) : (!llvm.ptr) -> i32
// CHECK:         %[[ZERO:.*]] = llvm.mlir.constant(0 : i32) : i32
// CHECK:         %[[IS_CANCELLED:.*]] = llvm.icmp "ne" %[[ANSWER]], %[[ZERO]] : i32
// CHECK:         llvm.return %[[IS_CANCELLED]] : i1
func.func @barrier(%team: !bitnet_runtime.team, %buffer: memref<4x8xf32>,
                   %rows: index) -> i1 {
  %is_cancelled = bitnet_runtime.barrier %team
  return %is_cancelled : i1
}

// A view of the arena is a pointer too.

// CHECK-LABEL: llvm.func @view(
// CHECK-SAME:    %[[ARENA:[^:]*]]: !llvm.ptr)
// CHECK:         llvm.call @kernel(%{{.*}}) : (!llvm.ptr) -> ()
func.func private @kernel(%buffer: memref<4x8xf32>) {
  return
}
func.func @view(%arena: memref<256xi8>) {
  %offset = arith.constant 128 : index
  %buffer = memref.view %arena[%offset][] : memref<256xi8> to memref<4x8xf32>
  call @kernel(%buffer) : (memref<4x8xf32>) -> ()
  return
}

// Code for a target: LLVM's names, and kernels that stay functions of their own.

// CHECK-LABEL: llvm.func @for_target()
// CHECK-SAME:    no_inline
// CHECK-SAME:    no_unwind
// CHECK-SAME:    prefer_vector_width = "512"
// CHECK-SAME:    target_cpu = "x86-64-v4"
// CHECK-SAME:    target_features = #llvm.target_features<["+avx512vnni", "-fma"]>
func.func @for_target() attributes {bitnet.target =
    #bitnet.target<triple = "x86_64", cpu = "x86-64-v4", features = "+avx512vnni,-fma", level = avx512vnni>} {
  return
}

// CHECK-LABEL: llvm.func @for_narrow_target()
// CHECK-NOT:     prefer_vector_width
// CHECK-SAME:    target_cpu = "haswell"
// CHECK-NOT:     target_features
// CHECK:         llvm.return
func.func @for_narrow_target() attributes {bitnet.target =
    #bitnet.target<triple = "x86_64", cpu = "haswell", features = "", level = avx2>} {
  return
}

// CHECK-LABEL: llvm.func @for_no_target() {
func.func @for_no_target() {
  return
}
