// RUN: bitnet-opt %s --bitnet-check-stage=stage=kernels --split-input-file --verify-diagnostics
// RUN: bitnet-opt %s --bitnet-check-stage=stage=planned --split-input-file --verify-diagnostics
// RUN: bitnet-opt %s --bitnet-check-stage=stage=llvm --split-input-file --verify-diagnostics

// From kernel generation on, each target of a module has its entry function.

#avx2 = #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>
module attributes {bitnet.targets = [#avx2],
                   bitnet_runtime.arena_size = 64 : i64,
                   bitnet_runtime.weights_size = 64 : i64} {
  llvm.func @evaluate() attributes {bitnet.target = #avx2} {
    llvm.return
  }
}

// -----

#avx2 = #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>
#portable = #bitnet.target<triple = "t", cpu = "c", features = "", level = portable>
module attributes {bitnet.targets = [#avx2, #portable],
                   bitnet_runtime.arena_size = 64 : i64,
                   bitnet_runtime.weights_size = 64 : i64} {
  llvm.func @evaluate_avx2() attributes {bitnet.target = #avx2} {
    llvm.return
  }
  llvm.func @evaluate_portable() attributes {bitnet.target = #portable} {
    llvm.return
  }
}

// -----

// Code for several targets has their names.
#avx2 = #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>
#portable = #bitnet.target<triple = "t", cpu = "c", features = "", level = portable>
// expected-error @+1 {{expects a function @evaluate_portable for #bitnet.target<triple = "t", cpu = "c", features = "", level = portable>}}
module attributes {bitnet.targets = [#avx2, #portable],
                   bitnet_runtime.arena_size = 64 : i64,
                   bitnet_runtime.weights_size = 64 : i64} {
  llvm.func @evaluate_avx2() attributes {bitnet.target = #avx2} {
    llvm.return
  }
  llvm.func @evaluate() attributes {bitnet.target = #portable} {
    llvm.return
  }
}

// -----

// Code for another CPU of the level.
#avx2 = #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>
// expected-error @+1 {{expects a function @evaluate for #bitnet.target<triple = "t", cpu = "c", features = "", level = avx2>}}
module attributes {bitnet.targets = [#avx2],
                   bitnet_runtime.arena_size = 64 : i64,
                   bitnet_runtime.weights_size = 64 : i64} {
  llvm.func @evaluate() attributes {
      bitnet.target = #bitnet.target<triple = "t", cpu = "d", features = "", level = avx2>} {
    llvm.return
  }
}
