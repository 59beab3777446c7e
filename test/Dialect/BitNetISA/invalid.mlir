// RUN: bitnet-opt %s --split-input-file --verify-diagnostics

// vpdpbusd_c1
func.func @vpdpbusd_too_few_bytes(%sum: vector<16xi32>, %bytes: vector<32xi8>) {
  // expected-error @+1 {{expects four bytes for each accumulator, found 'vector<32xi8>' and 'vector<16xi32>'}}
  %0 = bitnet_isa.x86.vpdpbusd %sum, %bytes, %bytes : vector<16xi32>, vector<32xi8>
  return
}

// -----

// vpdpbusd_c1
func.func @vpdpbusd_no_such_width(%sum: vector<4xi32>, %bytes: vector<32xi8>) {
  // expected-error @+1 {{operand #0 must be vector of 32-bit signless integer values of length 8/16, but got 'vector<4xi32>'}}
  %0 = bitnet_isa.x86.vpdpbusd %sum, %bytes, %bytes : vector<4xi32>, vector<32xi8>
  return
}

// -----

func.func @vpmaddubsw_words(%words: vector<32xi16>) {
  // expected-error @+1 {{operand #0 must be vector of 8-bit signless integer values of length 32, but got 'vector<32xi16>'}}
  %0 = bitnet_isa.x86.vpmaddubsw %words, %words : vector<32xi16> -> vector<16xi16>
  return
}

// -----

func.func @vpmaddubsw_wrong_result(%bytes: vector<32xi8>) {
  // expected-error @+1 {{result #0 must be vector of 16-bit signless integer values of length 16, but got 'vector<8xi32>'}}
  %0 = bitnet_isa.x86.vpmaddubsw %bytes, %bytes : vector<32xi8> -> vector<8xi32>
  return
}

// -----

func.func @vpmaddwd_bytes(%bytes: vector<16xi8>) {
  // expected-error @+1 {{operand #0 must be vector of 16-bit signless integer values of length 16, but got 'vector<16xi8>'}}
  %0 = bitnet_isa.x86.vpmaddwd %bytes, %bytes : vector<16xi8> -> vector<8xi32>
  return
}
