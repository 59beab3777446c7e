// RUN: bitnet-opt %s --bitnet-describe-graph --split-input-file | FileCheck %s

// Sizes follow from the symbols through operations; the signature keeps the
// signs of elements.

// CHECK: bitnet.graph = #bitnet.graph<name = "join", symbols = ["n", "m"],
// CHECK-SAME: inputs = [#bitnet.graph_tensor<name = "x", type = f32, dims = ()[s0, s1] -> (s0, 4)>, #bitnet.graph_tensor<name = "b", type = ui8, dims = ()[s0, s1] -> (s1, 4)>]
// CHECK-SAME: outputs = [#bitnet.graph_tensor<name = "y", type = f32, dims = ()[s0, s1] -> (s0 + s1, 4)>, #bitnet.graph_tensor<name = "output1", type = f32, dims = ()[s0, s1] -> (s0 * 4)>]
module @join {
  // CHECK-LABEL: func.func @output_sizes
  // CHECK-SAME:    (%[[N:.*]]: index, %[[M:.*]]: index) -> (index, index, index)
  // CHECK: %[[SUM:.*]] = arith.addi %[[N]], %[[M]]
  // CHECK: %[[PRODUCT:.*]] = arith.muli %[[N]], %{{.*}}
  // CHECK: return %[[SUM]], %{{.*}}, %[[PRODUCT]]
  func.func @main(%n: index {onnx.symbol = "n"}, %m: index {onnx.symbol = "m"},
      %x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["n", 4]},
      %b: tensor<?x4xi8> {onnx.name = "b", onnx.dims = ["m", 4],
                          onnx.type = ui8})
      -> (tensor<?x4xf32> {onnx.name = "y"}, tensor<?xf32>) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %rows = tensor.dim %x, %c0 : tensor<?x4xf32>
    %more = tensor.dim %b, %c0 : tensor<?x4xi8>
    %sum = arith.addi %rows, %more : index
    %empty = tensor.empty(%sum) : tensor<?x4xf32>
    %zero = arith.constant 0.0 : f32
    %y = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x4xf32>)
      -> tensor<?x4xf32>
    %flat = tensor.collapse_shape %x [[0, 1]]
      : tensor<?x4xf32> into tensor<?xf32>
    return %y, %flat : tensor<?x4xf32>, tensor<?xf32>
  }
}

// -----

// What a loop passes on has the size of what it is given.

// CHECK: dims = ()[s0] -> (s0)>]
// CHECK-LABEL: func.func @output_sizes(
// CHECK-SAME:    %[[N:.*]]: index) -> index
// CHECK-NEXT: return %[[N]]
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<?xf32> {onnx.dims = ["n"]}) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %y = scf.for %i = %c0 to %c3 step %c1 iter_args(%t = %x) -> tensor<?xf32> {
    %slice = tensor.extract_slice %t[%i] [1] [1] : tensor<?xf32> to tensor<1xf32>
    %next = tensor.insert_slice %slice into %t[%c0] [1] [1]
      : tensor<1xf32> into tensor<?xf32>
    scf.yield %next : tensor<?xf32>
  }
  return %y : tensor<?xf32>
}
