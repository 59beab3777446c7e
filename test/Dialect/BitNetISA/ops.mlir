// RUN: bitnet-opt %s --verify-roundtrip | FileCheck %s

// CHECK-LABEL: func.func @vpdpbusd
// CHECK-SAME:    %[[ACCUMULATOR:[^:]*]]: vector<16xi32>, %[[CODES:[^:]*]]: vector<64xi8>, %[[VALUES:[^:]*]]: vector<64xi8>
func.func @vpdpbusd(%accumulator: vector<16xi32>, %codes: vector<64xi8>,
                    %values: vector<64xi8>) -> vector<16xi32> {
  // CHECK: bitnet_isa.x86.vpdpbusd %[[ACCUMULATOR]], %[[CODES]], %[[VALUES]] : vector<16xi32>, vector<64xi8>
  %0 = bitnet_isa.x86.vpdpbusd %accumulator, %codes, %values
    : vector<16xi32>, vector<64xi8>
  return %0 : vector<16xi32>
}

// CHECK-LABEL: func.func @vpdpbusd_256
func.func @vpdpbusd_256(%accumulator: vector<8xi32>, %codes: vector<32xi8>,
                        %values: vector<32xi8>) -> vector<8xi32> {
  // CHECK: bitnet_isa.x86.vpdpbusd {{.*}} : vector<8xi32>, vector<32xi8>
  %0 = bitnet_isa.x86.vpdpbusd %accumulator, %codes, %values
    : vector<8xi32>, vector<32xi8>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: func.func @vpmaddubsw
// CHECK-SAME:    %[[CODES:[^:]*]]: vector<32xi8>, %[[VALUES:[^:]*]]: vector<32xi8>
func.func @vpmaddubsw(%codes: vector<32xi8>, %values: vector<32xi8>)
    -> vector<16xi16> {
  // CHECK: bitnet_isa.x86.vpmaddubsw %[[CODES]], %[[VALUES]] : vector<32xi8> -> vector<16xi16>
  %0 = bitnet_isa.x86.vpmaddubsw %codes, %values
    : vector<32xi8> -> vector<16xi16>
  return %0 : vector<16xi16>
}

// CHECK-LABEL: func.func @vpmaddwd
// CHECK-SAME:    %[[WORDS:[^:]*]]: vector<16xi16>, %[[VALUES:[^:]*]]: vector<16xi16>
func.func @vpmaddwd(%words: vector<16xi16>, %values: vector<16xi16>)
    -> vector<8xi32> {
  // CHECK: bitnet_isa.x86.vpmaddwd %[[WORDS]], %[[VALUES]] : vector<16xi16> -> vector<8xi32>
  %0 = bitnet_isa.x86.vpmaddwd %words, %values
    : vector<16xi16> -> vector<8xi32>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: func.func @vpsignb
// CHECK-SAME:    %[[VALUES:[^:]*]]: vector<32xi8>, %[[SIGNS:[^:]*]]: vector<32xi8>
func.func @vpsignb(%values: vector<32xi8>, %signs: vector<32xi8>)
    -> vector<32xi8> {
  // CHECK: bitnet_isa.x86.vpsignb %[[VALUES]], %[[SIGNS]] : vector<32xi8>
  %0 = bitnet_isa.x86.vpsignb %values, %signs : vector<32xi8>
  return %0 : vector<32xi8>
}

// CHECK-LABEL: func.func @vpermi2b
// CHECK-SAME:    %[[LOW:[^:]*]]: vector<64xi8>, %[[INDICES:[^:]*]]: vector<64xi8>, %[[HIGH:[^:]*]]: vector<64xi8>
func.func @vpermi2b(%low: vector<64xi8>, %indices: vector<64xi8>,
                    %high: vector<64xi8>) -> vector<64xi8> {
  // CHECK: bitnet_isa.x86.vpermi2b %[[LOW]], %[[INDICES]], %[[HIGH]] : vector<64xi8>
  %0 = bitnet_isa.x86.vpermi2b %low, %indices, %high : vector<64xi8>
  return %0 : vector<64xi8>
}

// CHECK-LABEL: func.func @sdot
// CHECK-SAME:    %[[ACCUMULATOR:[^:]*]]: vector<4xi32>, %[[CODES:[^:]*]]: vector<16xi8>, %[[VALUES:[^:]*]]: vector<16xi8>
func.func @sdot(%accumulator: vector<4xi32>, %codes: vector<16xi8>,
                %values: vector<16xi8>) -> vector<4xi32> {
  // CHECK: bitnet_isa.arm.sdot %[[ACCUMULATOR]], %[[CODES]], %[[VALUES]] : vector<4xi32>, vector<16xi8>
  %0 = bitnet_isa.arm.sdot %accumulator, %codes, %values
    : vector<4xi32>, vector<16xi8>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: func.func @smmla
// CHECK-SAME:    %[[ACCUMULATOR:[^:]*]]: vector<4xi32>, %[[VALUES:[^:]*]]: vector<16xi8>, %[[CODES:[^:]*]]: vector<16xi8>
func.func @smmla(%accumulator: vector<4xi32>, %values: vector<16xi8>,
                 %codes: vector<16xi8>) -> vector<4xi32> {
  // CHECK: bitnet_isa.arm.smmla %[[ACCUMULATOR]], %[[VALUES]], %[[CODES]] : vector<4xi32>, vector<16xi8>
  %0 = bitnet_isa.arm.smmla %accumulator, %values, %codes
    : vector<4xi32>, vector<16xi8>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: func.func @saddlp
// CHECK-SAME:    %[[WORDS:[^:]*]]: vector<8xi16>
func.func @saddlp(%words: vector<8xi16>) -> vector<4xi32> {
  // CHECK: bitnet_isa.arm.saddlp %[[WORDS]] : vector<8xi16> -> vector<4xi32>
  %0 = bitnet_isa.arm.saddlp %words : vector<8xi16> -> vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: func.func @tbl
// CHECK-SAME:    %[[TABLE:[^:]*]]: vector<16xi8>, %[[INDICES:[^:]*]]: vector<16xi8>
func.func @tbl(%table: vector<16xi8>, %indices: vector<16xi8>)
    -> vector<16xi8> {
  // CHECK: bitnet_isa.arm.tbl %[[TABLE]], %[[INDICES]] : vector<16xi8>
  %0 = bitnet_isa.arm.tbl %table, %indices : vector<16xi8>
  return %0 : vector<16xi8>
}
