// RUN: split-file %s %t
// RUN: cat %t/all.mlir %t/graph.mlir | bitnet-opt --bitnet-pack-weights=head=f16 \
// RUN:   | FileCheck %s --check-prefixes=CHECK,ALL
// RUN: cat %t/all.mlir %t/graph.mlir \
// RUN:   | bitnet-opt --bitnet-pack-weights='kernel=mad-avx2 head=int8' \
// RUN:   | FileCheck %s --check-prefixes=CHECK,FORCED
// RUN: cat %t/base3.mlir %t/graph.mlir | bitnet-opt --bitnet-pack-weights=head=f16 \
// RUN:   | FileCheck %s --check-prefixes=CHECK,ALL
// RUN: cat %t/alone.mlir %t/graph.mlir \
// RUN:   | bitnet-opt --bitnet-pack-weights='kernel=mad-avx512vbmi head=f16' \
// RUN:   | FileCheck %s --check-prefixes=CHECK,ALONE
// RUN: cat %t/two.mlir %t/graph.mlir | bitnet-opt --bitnet-pack-weights=head=f16 \
// RUN:   | FileCheck %s --check-prefixes=CHECK,TWO

// Several targets read one copy of the weights, in the layout that slows them
// down least: that of the widest kernel, which the others read too. Forced
// kernels read it if they can, so that the others do not suffer.

//--- all.mlir
#targets = [
  #bitnet.target<triple = "x86_64", cpu = "x86-64-v4", features = "+avx512vnni", level = avx512vnni>,
  #bitnet.target<triple = "x86_64", cpu = "x86-64-v3", features = "", level = avx2>,
  #bitnet.target<triple = "x86_64", cpu = "x86-64", features = "", level = portable>
]
//--- base3.mlir
// Others cannot read what the first could read fastest from memory.
#targets = [
  #bitnet.target<triple = "x86_64", cpu = "znver5", features = "", level = avx512vbmi>,
  #bitnet.target<triple = "x86_64", cpu = "x86-64", features = "", level = portable>
]
//--- alone.mlir
#targets = [
  #bitnet.target<triple = "x86_64", cpu = "znver5", features = "", level = avx512vbmi>
]
//--- two.mlir
#targets = [
  #bitnet.target<triple = "x86_64", cpu = "x86-64-v3", features = "", level = avx2>,
  #bitnet.target<triple = "x86_64", cpu = "x86-64", features = "", level = portable>
]
//--- graph.mlir

!trits = !bitnet.matrix<2560x1024, #bitnet.trits>
!table = !bitnet.matrix<2x2, #bitnet.stored<f16>>

module attributes {bitnet.targets = #targets} {

// CHECK-LABEL: func.func @layer
func.func @layer(%x: tensor<?x1024xf32>) -> tensor<?x2560xf32> {
  // ALL:    #bitnet.layout<trit, lanes = 16, groups = 4>>
  // ALL:    kernel "mad-avx512vnni"
  // ALONE:  #bitnet.layout<trit5, lanes = 16, groups = 4>>
  // ALONE:  kernel "mad-avx512vbmi"
  // FORCED: #bitnet.layout<trit, lanes = 16, groups = 4>>
  // FORCED: kernel "mad-avx2"
  // TWO:    #bitnet.layout<trit, lanes = 8, groups = 4>>
  // TWO:    kernel "mad-avx2"
  %q, %s, %sum = bitnet.quantize_activations %x
    : (tensor<?x1024xf32>) -> (tensor<?x1024xi8>, tensor<?xf32>, tensor<?xi32>)
  %w = bitnet.weight dense<0x55> : tensor<655360xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !trits
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x1024xi8>, tensor<?xf32>, tensor<?xi32>, !trits) -> tensor<?x2560xf32>
  return %y : tensor<?x2560xf32>
}

// CHECK-LABEL: func.func @head
func.func @head(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  // ALL:    #bitnet.layout<f16, lanes = 16, groups = 4>>
  // FORCED: #bitnet.layout<int8, lanes = 16, groups = 4>>
  // TWO:    #bitnet.layout<f16, lanes = 16, groups = 2>>
  %table = bitnet.weight dense<0> : tensor<8xi8> -> !table
  %y = bitnet.output_head %x, %table
    : tensor<?x2xf32>, !table -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
}
