// RUN: bitnet-opt %s --bitnet-place-constants | FileCheck %s

// CHECK: bitnet_runtime.blob @weights dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf32>
// CHECK-NOT: bitnet_runtime.blob

// Equal constants share a blob; what is the same everywhere is filled in.

// CHECK-LABEL: func.func @main
func.func @main() -> (tensor<2xf32>, tensor<2xf32>, tensor<8xi32>) {
  // CHECK: %[[ADDRESS:.*]] = bitnet_runtime.blob_address @weights : memref<2xf32>
  // CHECK: %[[A:.*]] = bufferization.to_tensor %[[ADDRESS]] restrict
  %a = arith.constant dense<[1.0, 2.0]> : tensor<2xf32> loc("weights")
  // CHECK: bitnet_runtime.blob_address @weights
  %b = arith.constant dense<[1.0, 2.0]> : tensor<2xf32> loc("weights")
  // CHECK: %[[SEVEN:.*]] = arith.constant 7 : i32
  // CHECK: linalg.fill ins(%[[SEVEN]] : i32) outs(%{{.*}} : tensor<8xi32>)
  %c = arith.constant dense<7> : tensor<8xi32>
  return %a, %b, %c : tensor<2xf32>, tensor<2xf32>, tensor<8xi32>
}
