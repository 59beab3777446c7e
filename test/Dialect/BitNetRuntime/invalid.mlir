// RUN: bitnet-opt %s --split-input-file --verify-diagnostics

// The comment above a function is the label of the constraint in
// BitNetRuntimeOps.td that it breaks.

// blob_c1
// expected-error @+1 {{expects an offset that is a multiple of 64, found 32}}
bitnet_runtime.blob @data dense<1> : tensor<8xi8> offset = 32

// -----

// blob_address_c1
func.func @blob_address_of_nothing() {
  // expected-error @+1 {{expects @data to be a bitnet_runtime.blob}}
  %0 = bitnet_runtime.blob_address @data : memref<8xi8>
  return
}

// -----

// blob_address_c1
func.func private @data()
func.func @blob_address_of_a_function() {
  // expected-error @+1 {{expects @data to be a bitnet_runtime.blob}}
  %0 = bitnet_runtime.blob_address @data : memref<8xi8>
  return
}

// -----

// blob_address_c2
bitnet_runtime.blob @data dense<1> : tensor<8xi8>
func.func @blob_address_too_long() {
  // expected-error @+1 {{expects a buffer within 'tensor<8xi8>', found 'memref<9xi8>'}}
  %0 = bitnet_runtime.blob_address @data : memref<9xi8>
  return
}

// -----

// blob_address_c2: three floats are more than eight bytes
bitnet_runtime.blob @data dense<1> : tensor<8xi8>
func.func @blob_address_elements_too_wide() {
  // expected-error @+1 {{expects a buffer within 'tensor<8xi8>', found 'memref<3xf32>'}}
  %0 = bitnet_runtime.blob_address @data : memref<3xf32>
  return
}

// -----

// launch_c1
func.func @launch_of_nothing(%n: index) {
  // expected-error @+1 {{expects @kernel to be a function}}
  bitnet_runtime.launch @kernel tiles %n rows %n () : () -> ()
  return
}

// -----

// launch_c1
bitnet_runtime.blob @kernel dense<1> : tensor<8xi8>
func.func @launch_of_a_blob(%n: index) {
  // expected-error @+1 {{expects @kernel to be a function}}
  bitnet_runtime.launch @kernel tiles %n rows %n () : () -> ()
  return
}

// -----

// launch_c1: an input and a result
func.func private @kernel(index, index, index, memref<8x4xf32>)
func.func @launch_without_output_argument(%n: index, %x: tensor<?x4xf32>) {
  // expected-error @+1 {{expects @kernel to have 5 arguments, found 4}}
  %y = bitnet_runtime.launch @kernel tiles %n rows %n (%x)
    : (tensor<?x4xf32>) -> tensor<?x4xf32>
  return
}

// -----

// launch_c1: a cache takes four arguments
func.func private @kernel(index, index, index, memref<8x2xi64>)
func.func @launch_without_work(%n: index,
    %cache: !bitnet.kv_cache<layers = 1, heads = 1, head_size = 2, context_length = 64>) {
  // expected-error @+1 {{expects @kernel to have 7 arguments, found 4}}
  bitnet_runtime.launch @kernel tiles %n rows %n (%cache)
    : (!bitnet.kv_cache<layers = 1, heads = 1, head_size = 2, context_length = 64>) -> ()
  return
}
