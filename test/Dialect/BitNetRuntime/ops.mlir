// RUN: bitnet-opt %s --verify-roundtrip | FileCheck %s

// CHECK: bitnet_runtime.blob @unplaced dense<1> : tensor<8xi8>
bitnet_runtime.blob @unplaced dense<1> : tensor<8xi8>
// CHECK: bitnet_runtime.blob @placed dense<2.000000e+00> : tensor<4xf32> offset = 64
bitnet_runtime.blob @placed dense<2.0> : tensor<4xf32> offset = 64

// CHECK-LABEL: func.func @blob_address
func.func @blob_address() {
  // CHECK: bitnet_runtime.blob_address @unplaced : memref<8xi8>
  %bytes = bitnet_runtime.blob_address @unplaced : memref<8xi8>
  // The kernel says how it reads the bytes.
  // CHECK: bitnet_runtime.blob_address @unplaced : memref<2x2xi16>
  %words = bitnet_runtime.blob_address @unplaced : memref<2x2xi16>
  // CHECK: bitnet_runtime.blob_address @placed : memref<4xf32>
  %floats = bitnet_runtime.blob_address @placed : memref<4xf32>
  return
}

!cache = !bitnet.kv_cache<layers = 1, heads = 1, head_size = 4,
  context_length = 64>

func.func private @one_result(index, index, index, memref<8x4xf32>,
                              memref<8x4xf32>)
func.func private @append(index, index, index, memref<8x4xf32>,
                          memref<8x2xi64>, memref<8xi32>, memref<8x8xi32>,
                          memref<8x4xi32>)

// CHECK-LABEL: func.func @launch
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x4xf32>, %[[CACHE:[^:]*]]: !bitnet.kv_cache<{{[^>]*}}>, %[[TILES:[^:]*]]: index, %[[ROWS:[^:]*]]: index
func.func @launch(%x: tensor<?x4xf32>, %cache: !cache, %tiles: index,
                  %rows: index) {
  // CHECK: %[[Y:.*]] = bitnet_runtime.launch @one_result tiles %[[TILES]] rows %[[ROWS]](%[[X]]) : (tensor<?x4xf32>) -> tensor<?x4xf32>
  %y = bitnet_runtime.launch @one_result tiles %tiles rows %rows (%x)
    : (tensor<?x4xf32>) -> tensor<?x4xf32>
  // A cache is four buffers.
  // CHECK: bitnet_runtime.launch @append tiles %[[TILES]] rows %[[ROWS]](%[[Y]], %[[CACHE]]) : (tensor<?x4xf32>, !bitnet.kv_cache<{{[^>]*}}>) -> ()
  bitnet_runtime.launch @append tiles %tiles rows %rows (%y, %cache)
    : (tensor<?x4xf32>, !cache) -> ()
  return
}

// CHECK-LABEL: func.func @buffer_at
// CHECK-SAME:    %[[ADDRESS:[^:]*]]: index
func.func @buffer_at(%address: index) {
  // CHECK: bitnet_runtime.buffer_at %[[ADDRESS]] : memref<64xf32>
  %buffer = bitnet_runtime.buffer_at %address : memref<64xf32>
  return
}

// CHECK-LABEL: func.func @work_count
// CHECK-SAME:    %[[CACHE:[^:]*]]: !bitnet.kv_cache<{{[^>]*}}>
func.func @work_count(%cache: !cache) {
  // CHECK: bitnet_runtime.work_count %[[CACHE]] : !bitnet.kv_cache<{{[^>]*}}>
  %count = bitnet_runtime.work_count %cache : !cache
  return
}

// CHECK-LABEL: func.func @merges
// CHECK-SAME:    %[[CACHE:[^:]*]]: !bitnet.kv_cache<{{[^>]*}}>
func.func @merges(%cache: !cache, %x: tensor<?x4xf32>) {
  // CHECK: %[[MERGES:.*]], %[[COUNT:.*]] = bitnet_runtime.merges %[[CACHE]] : !bitnet.kv_cache<{{[^>]*}}> -> memref<8x4xi32>
  %merges, %count = bitnet_runtime.merges %cache : !cache -> memref<8x4xi32>
  // CHECK: bitnet_runtime.launch @merge tiles %[[COUNT]] rows %[[COUNT]](%{{.*}}, %[[MERGES]]) {rare} :
  bitnet_runtime.launch @merge tiles %count rows %count (%x, %merges) {rare}
    : (tensor<?x4xf32>, memref<8x4xi32>) -> ()
  return
}
func.func private @merge(index, index, index, memref<8x4xf32>, memref<8x4xi32>)

// CHECK-LABEL: func.func @barrier
// CHECK-SAME:    %[[TEAM:[^:]*]]: !bitnet_runtime.team
func.func @barrier(%team: !bitnet_runtime.team) -> i1 {
  // CHECK: %[[IS_CANCELLED:.*]] = bitnet_runtime.barrier %[[TEAM]]
  // CHECK: return %[[IS_CANCELLED]] : i1
  %is_cancelled = bitnet_runtime.barrier %team
  return %is_cancelled : i1
}
