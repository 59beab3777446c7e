// RUN: bitnet-opt %s --bitnet-quantize-weights --bitnet-decompose-linear --bitnet-pack-weights | FileCheck %s

// Two weights that read one resource: its bytes stay until both are converted.

!stored = !bitnet.matrix<1x4, #bitnet.stored<f32>>

// CHECK-LABEL: func.func @one_resource
func.func @one_resource(%x: tensor<?x4xf32>) -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // CHECK-COUNT-2: bitnet.weight dense_resource<{{.*}}> : tensor<4xi8> scales(dense<5.000000e-01> : tensor<1xf32>)
  %a = bitnet.weight dense_resource<shared> : tensor<16xi8> -> !stored
  %b = bitnet.weight dense_resource<shared> : tensor<16xi8> -> !stored
  %y = bitnet.bit_linear %x, %a : tensor<?x4xf32>, !stored -> tensor<?x1xf32>
  %z = bitnet.bit_linear %x, %b : tensor<?x4xf32>, !stored -> tensor<?x1xf32>
  return %y, %z : tensor<?x1xf32>, tensor<?x1xf32>
}

// The weights 0.5, -0.5, 0 and 0.5: trit codes 2, 0, 1 and 2, in the low bits of
// a byte each; padding is code 1.
// CHECK: weight.packed: "0x1000000056545556"
// CHECK: weight.packed_1: "0x1000000056545556"
{-#
  dialect_resources: {
    builtin: {
      shared: "0x040000000000003F000000BF000000000000003F"
    }
  }
#-}
