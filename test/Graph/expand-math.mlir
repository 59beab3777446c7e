// RUN: bitnet-opt %s --bitnet-expand-math --split-input-file | FileCheck %s

// Without instructions for rounding, numbers below 2^23 are rounded by adding
// that; f32 functions without a version of their own are computed in f64.

#target = #bitnet.target<triple = "x86_64", cpu = "x86-64", features = "",
                         level = portable>
module attributes {bitnet.targets = [#target]} {
  // CHECK-LABEL: func.func @run
  // CHECK-NOT: math.roundeven
  // CHECK: arith.constant dense<0x4B000000> : vector<4xf32>
  // CHECK: math.absf
  // CHECK-NOT: math.log
  // CHECK: arith.extf %{{.*}} : vector<4xf32> to vector<4xf64>
  // CHECK-NOT: math.exp
  // CHECK: arith.truncf %{{.*}} : vector<4xf64> to vector<4xf32>
  // CHECK: return
  func.func @run(%x: vector<4xf32>)
      -> (vector<4xf32>, vector<4xf32>, vector<4xf32>)
      attributes {bitnet.target = #target} {
    %a = math.roundeven %x : vector<4xf32>
    %b = math.log %x : vector<4xf32>
    %c = math.exp %x : vector<4xf32>
    return %a, %b, %c : vector<4xf32>, vector<4xf32>, vector<4xf32>
  }
}

// -----

#target = #bitnet.target<triple = "x86_64", cpu = "haswell", features = "",
                         level = avx2>
module attributes {bitnet.targets = [#target]} {
  // CHECK-LABEL: func.func @run
  // CHECK-NEXT: math.roundeven
  // CHECK-NEXT: arith.extf %{{.*}} : f16 to f32
  // CHECK-NEXT: return
  func.func @run(%x: vector<4xf32>, %h: f16) -> (vector<4xf32>, f32)
      attributes {bitnet.target = #target} {
    %a = math.roundeven %x : vector<4xf32>
    %b = arith.extf %h : f16 to f32
    return %a, %b : vector<4xf32>, f32
  }
}
