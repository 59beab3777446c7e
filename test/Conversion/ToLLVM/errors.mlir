// RUN: bitnet-opt %s --convert-bitnet-to-llvm --split-input-file --verify-diagnostics

bitnet_runtime.blob @unplaced dense<1.0> : tensor<4xf32>
func.func @blob_without_offset() -> f32 {
  %zero = arith.constant 0 : index
  // expected-error @+1 {{failed to legalize operation 'bitnet_runtime.blob_address'}}
  %scales = bitnet_runtime.blob_address @unplaced : memref<4xf32>
  %first = memref.load %scales[%zero] : memref<4xf32>
  return %first : f32
}

// -----

func.func private @kernel(index, index, index)
func.func @launch_not_planned(%n: index) {
  // expected-error @+1 {{failed to legalize operation 'bitnet_runtime.launch'}}
  bitnet_runtime.launch @kernel tiles %n rows %n () : () -> ()
  return
}
