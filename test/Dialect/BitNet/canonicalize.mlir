// RUN: bitnet-opt %s --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @all_columns
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x8xf32>
func.func @all_columns(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %0 = bitnet.columns %x from 0 : tensor<?x8xf32> -> tensor<?x8xf32>
  // CHECK-NEXT: return %[[X]]
  return %0 : tensor<?x8xf32>
}

// CHECK-LABEL: func.func @columns_of_columns
// CHECK-SAME:    %[[X:[^:]*]]: tensor<?x16xf32>
func.func @columns_of_columns(%x: tensor<?x16xf32>) -> tensor<?x2xf32> {
  %0 = bitnet.columns %x from 4 : tensor<?x16xf32> -> tensor<?x8xf32>
  %1 = bitnet.columns %0 from 3 : tensor<?x8xf32> -> tensor<?x4xf32>
  %2 = bitnet.columns %1 from 1 : tensor<?x4xf32> -> tensor<?x2xf32>
  // CHECK-NEXT: %[[Y:.*]] = bitnet.columns %[[X]] from 8 : tensor<?x16xf32> -> tensor<?x2xf32>
  // CHECK-NEXT: return %[[Y]]
  return %2 : tensor<?x2xf32>
}

// CHECK-LABEL: func.func @first_columns_stay
func.func @first_columns_stay(%x: tensor<?x8xf32>) -> tensor<?x4xf32> {
  // CHECK: bitnet.columns {{.*}} from 0
  %0 = bitnet.columns %x from 0 : tensor<?x8xf32> -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// Pure operations without a use go; attention fills the cache and stays.

!cache = !bitnet.kv_cache<layers = 1, heads = 1, head_size = 4,
  context_length = 64>

// CHECK-LABEL: func.func @unused_results
func.func @unused_results(%x: tensor<?x4xf32>, %cache: !cache, %at: tensor<?xi32>) {
  %0 = bitnet.add %x, %x : tensor<?x4xf32>
  // CHECK-NEXT: bitnet.attention
  // CHECK-NEXT: return
  %1 = bitnet.attention %x, %x, %x cache(%cache, layer 0) at %at
    : tensor<?x4xf32>, tensor<?x4xf32>, tensor<?x4xf32>, !cache, tensor<?xi32>
    -> tensor<?x4xf32>
  return
}
