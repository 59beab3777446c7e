// RUN: bitnet-opt %s --convert-onnx-to-linalg --canonicalize --split-input-file | FileCheck %s

// Slices and concatenations of symbolic sizes; an end beyond any size is the
// end of the axis.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[S:[^:]*]]: index {{.*}}, %[[X:[^:]*]]: tensor<?x8xf32> {{.*}}, %[[Y:[^:]*]]: tensor<3x8xf32>
// CHECK: %[[ALL:.*]] = arith.addi %[[S]], %{{.*}} : index
// CHECK: %[[EMPTY:.*]] = tensor.empty(%[[ALL]]) : tensor<?x8xf32>
// CHECK: %[[FIRST:.*]] = tensor.insert_slice %[[X]] into %[[EMPTY]][0, 0] [%[[S]], 8] [1, 1]
// CHECK: %[[JOINED:.*]] = tensor.insert_slice %[[Y]] into %[[FIRST]][%[[S]], 0] [3, 8] [1, 1]
// CHECK: tensor.extract_slice %[[JOINED]][1, 0] [%{{.*}}, 4] [1, 2]
func.func @main(%s: index {onnx.symbol = "s"},
                %x: tensor<?x8xf32> {onnx.name = "x", onnx.dims = ["s", 8]},
                %y: tensor<3x8xf32> {onnx.name = "y", onnx.dims = [3, 8]})
    -> (tensor<?x4xf32> {onnx.name = "z", onnx.dims = ["s + 2", 4]}) {
  %starts = onnx.constant dense<[1, 0]> : tensor<2xi64> : tensor<2xi64>
  %ends = onnx.constant dense<[9223372036854775807, -1]> : tensor<2xi64>
    : tensor<2xi64>
  %axes = onnx.constant dense<[0, -1]> : tensor<2xi64> : tensor<2xi64>
  %steps = onnx.constant dense<[1, 2]> : tensor<2xi64> : tensor<2xi64>
  %joined = onnx.node "Concat" version 13 (%x, %y) {axis = 0 : i64}
    : (tensor<?x8xf32>, tensor<3x8xf32>) -> tensor<?x8xf32>
  %z = onnx.node "Slice" version 13 (%joined, %starts, %ends, %axes, %steps)
    : (tensor<?x8xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>,
       tensor<2xi64>) -> tensor<?x4xf32>
  return %z : tensor<?x4xf32>
}

// -----

// Pads as an exporter writes them: reversed pairs, transposed and flattened,
// all of it known.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x8xf32>
// CHECK: %[[FILL:.*]] = linalg.fill {{.*}} -> tensor<2x11xf32>
// CHECK: tensor.insert_slice %[[X]] into %[[FILL]][0, 1] [2, 8] [1, 1]
func.func @main(%x: tensor<2x8xf32> {onnx.name = "x", onnx.dims = [2, 8]})
    -> (tensor<2x11xf32> {onnx.name = "y", onnx.dims = [2, 11]}) {
  %pads = onnx.constant dense<[1, 2]> : tensor<2xi64> : tensor<2xi64>
  %two = onnx.constant dense<2> : tensor<1xi64> : tensor<1xi64>
  %zeros = onnx.node "ConstantOfShape" version 9 (%two)
    {value = dense<0> : tensor<1xi64>} : (tensor<1xi64>) -> tensor<2xi64>
  %all = onnx.node "Concat" version 13 (%pads, %zeros) {axis = 0 : i64}
    : (tensor<2xi64>, tensor<2xi64>) -> tensor<4xi64>
  %pairs = onnx.constant dense<[-1, 2]> : tensor<2xi64> : tensor<2xi64>
  %table = onnx.node "Reshape" version 13 (%all, %pairs)
    : (tensor<4xi64>, tensor<2xi64>) -> tensor<2x2xi64>
  %last = onnx.constant dense<-1> : tensor<1xi64> : tensor<1xi64>
  %first = onnx.constant dense<-9223372036854775807> : tensor<1xi64>
    : tensor<1xi64>
  %axis = onnx.constant dense<0> : tensor<1xi64> : tensor<1xi64>
  %reversed = onnx.node "Slice" version 13 (%table, %last, %first, %axis, %last)
    : (tensor<2x2xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>,
       tensor<1xi64>) -> tensor<2x2xi64>
  %columns = onnx.node "Transpose" version 13 (%reversed)
    {perm = array<i64: 1, 0>} : (tensor<2x2xi64>) -> tensor<2x2xi64>
  %flat = onnx.node "Reshape" version 13 (%columns, %last)
    : (tensor<2x2xi64>, tensor<1xi64>) -> tensor<4xi64>
  %y = onnx.node "Pad" version 13 (%x, %flat)
    : (tensor<2x8xf32>, tensor<4xi64>) -> tensor<2x11xf32>
  return %y : tensor<2x11xf32>
}

// -----

// Indices are clamped; a known one is a slice.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[N:[^:]*]]: index {{.*}}, %[[X:[^:]*]]: tensor<16x8xf32> {{.*}}, %[[I:[^:]*]]: tensor<?xi64>
// CHECK: linalg.generic {{.*}} ins(%[[I]] : tensor<?xi64>) outs(%{{.*}} : tensor<?x8xf32>)
// CHECK: ^bb0(%[[INDEX:.*]]: i64, %{{.*}}: f32):
// CHECK: %[[COLUMN:.*]] = linalg.index 1
// CHECK: %[[AT:.*]] = arith.index_cast %[[INDEX]]
// CHECK: %[[NEGATIVE:.*]] = arith.cmpi slt, %[[AT]], %{{.*}}
// CHECK: %[[FROM_END:.*]] = arith.addi %[[AT]], %{{.*}}
// CHECK: %[[POSITION:.*]] = arith.select %[[NEGATIVE]], %[[FROM_END]], %[[AT]]
// CHECK: %[[CAPPED:.*]] = arith.minsi %[[POSITION]], %{{.*}}
// CHECK: %[[SAFE:.*]] = arith.maxsi %[[CAPPED]], %{{.*}}
// CHECK: tensor.extract %[[X]][%[[SAFE]], %[[COLUMN]]]
// CHECK: tensor.extract_slice %[[X]][15, 0] [1, 8] [1, 1]
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<16x8xf32> {onnx.name = "x", onnx.dims = [16, 8]},
                %i: tensor<?xi64> {onnx.name = "i", onnx.dims = ["n"]})
    -> (tensor<?x8xf32> {onnx.name = "y", onnx.dims = ["n", 8]},
        tensor<8xf32> {onnx.name = "z", onnx.dims = [8]}) {
  %last = onnx.constant dense<-1> : tensor<i64> : tensor<i64>
  %y = onnx.node "Gather" version 13 (%x, %i)
    : (tensor<16x8xf32>, tensor<?xi64>) -> tensor<?x8xf32>
  %z = onnx.node "Gather" version 13 (%x, %last)
    : (tensor<16x8xf32>, tensor<i64>) -> tensor<8xf32>
  return %y, %z : tensor<?x8xf32>, tensor<8xf32>
}

// -----

// Updates come one after another; those outside leave the data as it is.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[N:[^:]*]]: index {{.*}}, %[[X:[^:]*]]: tensor<16xf32> {{.*}}, %[[I:[^:]*]]: tensor<?xi32> {{.*}}, %[[U:[^:]*]]: tensor<?xf32>
// CHECK: scf.for %[[AT:.*]] = %{{.*}} to %[[N]] step %{{.*}} iter_args(%[[DATA:.*]] = %[[X]])
// CHECK: %[[UPDATE:.*]] = tensor.extract %[[U]][%[[AT]]]
// CHECK: %[[INSIDE:.*]] = arith.cmpi ult, %[[POSITION:.*]], %{{.*}}
// CHECK: %[[SAFE:.*]] = arith.maxsi
// CHECK: %[[OLD:.*]] = tensor.extract %[[DATA]][%[[SAFE]]]
// CHECK: %[[SUM:.*]] = arith.addf %[[OLD]], %[[UPDATE]]
// CHECK: %[[NEW:.*]] = arith.select %[[INSIDE]], %[[SUM]], %[[OLD]]
// CHECK: %[[NEXT:.*]] = tensor.insert %[[NEW]] into %[[DATA]][%[[SAFE]]]
// CHECK: scf.yield %[[NEXT]]
func.func @main(%n: index {onnx.symbol = "n"},
                %x: tensor<16xf32> {onnx.name = "x", onnx.dims = [16]},
                %i: tensor<?xi32> {onnx.name = "i", onnx.dims = ["n"]},
                %u: tensor<?xf32> {onnx.name = "u", onnx.dims = ["n"]})
    -> (tensor<16xf32> {onnx.name = "y", onnx.dims = [16]}) {
  %y = onnx.node "ScatterElements" version 16 (%x, %i, %u) {reduction = "add"}
    : (tensor<16xf32>, tensor<?xi32>, tensor<?xf32>) -> tensor<16xf32>
  return %y : tensor<16xf32>
}

// -----

// Positions of a sequence, a mask of them, and repeats.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[S:[^:]*]]: index {{.*}}, %[[X:[^:]*]]: tensor<?x4xf32>
// CHECK: %[[EMPTY:.*]] = tensor.empty(%[[S]]) : tensor<?xi64>
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel"]} outs(%[[EMPTY]]
// CHECK: linalg.index 0
// CHECK: tensor.empty(%[[S]]) : tensor<3x?x4xf32>
// CHECK: tensor.collapse_shape %{{.*}} {{\[}}[0, 1], [2]] : tensor<3x?x4xf32> into tensor<?x4xf32>
func.func @main(%s: index {onnx.symbol = "s"},
                %x: tensor<?x4xf32> {onnx.name = "x", onnx.dims = ["s", 4]})
    -> (tensor<?xi64> {onnx.name = "y", onnx.dims = ["s"]},
        tensor<?x4xf32> {onnx.name = "z", onnx.dims = ["s * 3", 4]}) {
  %zero = onnx.constant dense<0> : tensor<i64> : tensor<i64>
  %one = onnx.constant dense<1> : tensor<i64> : tensor<i64>
  %repeats = onnx.constant dense<[3, 1]> : tensor<2xi64> : tensor<2xi64>
  %shape = onnx.node "Shape" version 15 (%x)
    : (tensor<?x4xf32>) -> tensor<2xi64>
  %size = onnx.node "Gather" version 13 (%shape, %zero)
    : (tensor<2xi64>, tensor<i64>) -> tensor<i64>
  %y = onnx.node "Range" version 11 (%zero, %size, %one)
    : (tensor<i64>, tensor<i64>, tensor<i64>) -> tensor<?xi64>
  %z = onnx.node "Tile" version 13 (%x, %repeats)
    : (tensor<?x4xf32>, tensor<2xi64>) -> tensor<?x4xf32>
  return %y, %z : tensor<?xi64>, tensor<?x4xf32>
}

// -----

// Entries of a circular cache begin where each sequence says.

// CHECK-LABEL: func.func @main(
// CHECK-SAME: %[[X:[^:]*]]: tensor<2x16x4xf32> {{.*}}, %[[U:[^:]*]]: tensor<2x3x4xf32> {{.*}}, %[[I:[^:]*]]: tensor<2xi64>
// CHECK: scf.for %[[BATCH:[^ ]*]] =
// CHECK: scf.for %[[AT:[^ ]*]] =
// CHECK: scf.for
// CHECK: %[[INDEX:.*]] = tensor.extract %[[I]][%[[BATCH]]]
// CHECK: %[[START:.*]] = arith.index_cast %[[INDEX]]
// CHECK: %[[POSITION:.*]] = arith.addi %[[START]], %[[AT]]
// CHECK: arith.remui %[[POSITION]], %{{.*}}
// CHECK: tensor.insert
func.func @main(%x: tensor<2x16x4xf32> {onnx.name = "x",
                                        onnx.dims = [2, 16, 4]},
                %u: tensor<2x3x4xf32> {onnx.name = "u", onnx.dims = [2, 3, 4]},
                %i: tensor<2xi64> {onnx.name = "i", onnx.dims = [2]})
    -> (tensor<2x16x4xf32> {onnx.name = "y", onnx.dims = [2, 16, 4]}) {
  %y = onnx.node "TensorScatter" version 24 (%x, %u, %i) {mode = "circular"}
    : (tensor<2x16x4xf32>, tensor<2x3x4xf32>, tensor<2xi64>)
    -> tensor<2x16x4xf32>
  return %y : tensor<2x16x4xf32>
}
