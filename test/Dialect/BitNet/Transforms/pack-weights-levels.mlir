// RUN: split-file %s %t
// RUN: cat %t/avx2.mlir %t/graph.mlir \
// RUN:   | bitnet-opt --bitnet-pack-weights=kernel=mad-avx2 \
// RUN:   | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: cat %t/avx512vnni.mlir %t/graph.mlir \
// RUN:   | bitnet-opt --bitnet-pack-weights=kernel=mad-avx512vnni \
// RUN:   | FileCheck %s --check-prefixes=CHECK,VNNI
// RUN: cat %t/avx512vnni.mlir %t/graph.mlir \
// RUN:   | bitnet-opt --bitnet-pack-weights='kernel=mad-avx2 head=int8' \
// RUN:   | FileCheck %s --check-prefixes=CHECK,FORCED

// Layouts of kernels, and of tables by the level of the target.

//--- avx2.mlir
#target = #bitnet.target<triple = "x86_64", cpu = "haswell", features = "",
                         level = avx2>
//--- avx512vnni.mlir
#target = #bitnet.target<triple = "x86_64", cpu = "znver5", features = "",
                         level = avx512vnni>
//--- graph.mlir

!trits = !bitnet.matrix<10x17, #bitnet.trits>
!table = !bitnet.matrix<2x2, #bitnet.stored<f16>>

module attributes {bitnet.targets = [#target]} {

// CHECK-LABEL: func.func @layer
func.func @layer(%x: tensor<?x17xf32>) -> tensor<?x10xf32> {
  // CHECK: bitnet.quantize_activations {{.*}} -> (tensor<?x32xi8>, tensor<?xf32>, tensor<?xi32>)
  // One tile of 4 groups of 8 lanes, two steps.
  // AVX2: bitnet.weight dense_resource<w.packed> : tensor<256xi8> {{.*}} #bitnet.layout<trit, lanes = 8, groups = 4>>
  // AVX2: kernel "mad-avx2"
  // VNNI: bitnet.weight dense_resource<w.packed> : tensor<512xi8> {{.*}} #bitnet.layout<trit, lanes = 16, groups = 4>>
  // VNNI: kernel "mad-avx512vnni"
  // FORCED: #bitnet.layout<trit, lanes = 8, groups = 4>>
  // FORCED: kernel "mad-avx2"
  %q, %s, %sum = bitnet.quantize_activations %x
    : (tensor<?x17xf32>) -> (tensor<?x17xi8>, tensor<?xf32>, tensor<?xi32>)
  // +1 at row 0, column 16; row 1, column 2; row 9, column 7.
  %w = bitnet.weight dense<[
      0x55, 0x55, 0x55, 0x55, 0x56,  0x65, 0x55, 0x55, 0x55, 0x55,
      0x55, 0x55, 0x55, 0x55, 0x55,  0x55, 0x55, 0x55, 0x55, 0x55,
      0x55, 0x55, 0x55, 0x55, 0x55,  0x55, 0x55, 0x55, 0x55, 0x55,
      0x55, 0x55, 0x55, 0x55, 0x55,  0x55, 0x55, 0x55, 0x55, 0x55,
      0x55, 0x55, 0x55, 0x55, 0x55,  0x55, 0x95, 0x55, 0x55, 0x55
    ]> : tensor<50xi8> scales(dense<0.5> : tensor<1xf32>) -> !trits loc("w")
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x17xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x10xf32>
  return %y : tensor<?x10xf32>
}

// A table that is only looked up in keeps its rows together; one that is also
// an output head is in the head kernel's layout for both.

// CHECK-LABEL: func.func @tables
func.func @tables(%tokens: tensor<?xi32>) -> tensor<?x2xf32> {
  // AVX2:   bitnet.weight dense_resource<embedding.packed> : tensor<8xi8> -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 1, groups = 1>>
  // AVX2:   bitnet.weight dense_resource<tied.packed> : tensor<128xi8> -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 16, groups = 2>>
  // VNNI:   bitnet.weight dense_resource<embedding.packed> {{.*}} #bitnet.layout<f16, lanes = 1, groups = 1>>
  // VNNI:   bitnet.weight dense_resource<tied.packed> : tensor<256xi8> -> !bitnet.matrix<2x2, #bitnet.layout<f16, lanes = 16, groups = 4>>
  // FORCED: bitnet.weight dense_resource<embedding.packed> {{.*}} #bitnet.layout<int8, lanes = 1, groups = 1>>
  // FORCED: bitnet.weight dense_resource<tied.packed> : tensor<256xi8> scales({{.*}}) -> !bitnet.matrix<2x2, #bitnet.layout<int8, lanes = 16, groups = 4>>
  %embedding = bitnet.weight dense<"0x003C00B8F0570041"> : tensor<8xi8> -> !table
    loc("embedding")
  %tied = bitnet.weight dense<"0x003C00B8F0570041"> : tensor<8xi8> -> !table
    loc("tied")
  %x = bitnet.embedding %tokens, %embedding
    : tensor<?xi32>, !table -> tensor<?x2xf32>
  %y = bitnet.output_head %x, %tied
    : tensor<?x2xf32>, !table -> tensor<?x2xf32>
  %z = bitnet.embedding %tokens, %tied
    : tensor<?xi32>, !table -> tensor<?x2xf32>
  %sum = bitnet.add %y, %z : tensor<?x2xf32>
  return %sum : tensor<?x2xf32>
}
}

// Step 0: row 1, column 2 is byte 2, bits 0, of lane 1 (byte 6); row 9, column 7
// is byte 3, bits 2, of lane 9 (byte 39): lane 1 of group 1 where a group is 8
// lanes. Step 1: row 0, column 16 is byte 0, bits 0, of lane 0.

// CHECK-LABEL: dialect_resources
// AVX2-DAG:      w.packed: "0x10000000{{((55){6})}}56{{((55){32})}}59{{((55){88})}}56{{((55){127})}}"
// VNNI-DAG:      w.packed: "0x10000000{{((55){6})}}56{{((55){32})}}59{{((55){216})}}56{{((55){255})}}"
// The columns are 2 bytes of each of 32 and 64 rows.
// AVX2-DAG:      tied.packed: "0x10000000003CF057{{((0000){30})}}00B80041{{((0000){30})}}"
// VNNI-DAG:      tied.packed: "0x10000000003CF057{{((0000){62})}}00B80041{{((0000){62})}}"
// Each of 64 rows has 4 bytes.
// FORCED-DAG:    tied.packed: "0x10000000FF408080FF828080{{((80808080){62})}}"
