// REQUIRES: aarch64-registered-target

// RUN: bitnet-opt %s --convert-bitnet-to-llvm | FileCheck %s
// RUN: bitnet-opt %s --convert-bitnet-to-llvm | mlir-translate --mlir-to-llvmir \
// RUN:   | llc -mtriple=aarch64 -mcpu=neoverse-v1 -o - \
// RUN:   | FileCheck %s --check-prefix=ASM

// Every instruction becomes a call of its intrinsic, and that the instruction.

// CHECK-LABEL: llvm.func @sdot(
// CHECK-SAME:    %[[ACCUMULATOR:[^:]*]]: vector<4xi32>, %[[CODES:[^:]*]]: vector<16xi8>, %[[VALUES:[^:]*]]: vector<16xi8>)
// CHECK-NEXT:    %[[SUM:.*]] = llvm.call_intrinsic "llvm.aarch64.neon.sdot.v4i32.v16i8"(%[[ACCUMULATOR]], %[[CODES]], %[[VALUES]]) : (vector<4xi32>, vector<16xi8>, vector<16xi8>) -> vector<4xi32>
// CHECK-NEXT:    llvm.return %[[SUM]]
// ASM-LABEL: sdot:
// ASM:         sdot v0.4s, v1.16b, v2.16b
func.func @sdot(%accumulator: vector<4xi32>, %codes: vector<16xi8>,
                %values: vector<16xi8>) -> vector<4xi32> {
  %0 = bitnet_isa.arm.sdot %accumulator, %codes, %values
    : vector<4xi32>, vector<16xi8>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: llvm.func @smmla(
// CHECK-SAME:    %[[ACCUMULATOR:[^:]*]]: vector<4xi32>, %[[VALUES:[^:]*]]: vector<16xi8>, %[[CODES:[^:]*]]: vector<16xi8>)
// CHECK:         llvm.call_intrinsic "llvm.aarch64.neon.smmla.v4i32.v16i8"(%[[ACCUMULATOR]], %[[VALUES]], %[[CODES]]) : (vector<4xi32>, vector<16xi8>, vector<16xi8>) -> vector<4xi32>
// ASM-LABEL: smmla:
// ASM:         smmla v0.4s, v1.16b, v2.16b
func.func @smmla(%accumulator: vector<4xi32>, %values: vector<16xi8>,
                 %codes: vector<16xi8>) -> vector<4xi32> {
  %0 = bitnet_isa.arm.smmla %accumulator, %values, %codes
    : vector<4xi32>, vector<16xi8>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: llvm.func @saddlp(
// CHECK:         llvm.call_intrinsic "llvm.aarch64.neon.saddlp.v4i32.v8i16"({{.*}}) : (vector<8xi16>) -> vector<4xi32>
// ASM-LABEL: saddlp:
// ASM:         saddlp v0.4s, v0.8h
func.func @saddlp(%words: vector<8xi16>) -> vector<4xi32> {
  %0 = bitnet_isa.arm.saddlp %words : vector<8xi16> -> vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: llvm.func @tbl(
// CHECK:         llvm.call_intrinsic "llvm.aarch64.neon.tbl1.v16i8"({{.*}}) : (vector<16xi8>, vector<16xi8>) -> vector<16xi8>
// ASM-LABEL: tbl:
// ASM:         tbl v0.16b, { v0.16b }, v1.16b
func.func @tbl(%table: vector<16xi8>, %indices: vector<16xi8>)
    -> vector<16xi8> {
  %0 = bitnet_isa.arm.tbl %table, %indices : vector<16xi8>
  return %0 : vector<16xi8>
}
