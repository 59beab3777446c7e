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
