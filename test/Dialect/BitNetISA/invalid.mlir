// RUN: bitnet-opt %s --split-input-file --verify-diagnostics

// vpdpbusd_c1
func.func @vpdpbusd_too_few_bytes(%sum: vector<16xi32>, %bytes: vector<32xi8>) {
  // expected-error @+1 {{expects 4 elements of 'vector<32xi8>' for each result, found 'vector<16xi32>'}}
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
  // expected-error @+1 {{operand #0 must be vector of 8-bit signless integer values of length 16/32/64, but got 'vector<32xi16>'}}
  %0 = bitnet_isa.x86.vpmaddubsw %words, %words : vector<32xi16> -> vector<16xi16>
  return
}

// -----

func.func @vpmaddubsw_wrong_result(%bytes: vector<32xi8>) {
  // expected-error @+1 {{result #0 must be vector of 16-bit signless integer values of length 8/16/32, but got 'vector<8xi32>'}}
  %0 = bitnet_isa.x86.vpmaddubsw %bytes, %bytes : vector<32xi8> -> vector<8xi32>
  return
}

// -----

func.func @vpmaddwd_bytes(%bytes: vector<16xi8>) {
  // expected-error @+1 {{operand #0 must be vector of 16-bit signless integer values of length 8/16/32, but got 'vector<16xi8>'}}
  %0 = bitnet_isa.x86.vpmaddwd %bytes, %bytes : vector<16xi8> -> vector<8xi32>
  return
}

// -----

// vpmaddubsw_c1
func.func @vpmaddubsw_too_many_results(%bytes: vector<32xi8>) {
  // expected-error @+1 {{expects 2 elements of 'vector<32xi8>' for each result, found 'vector<32xi16>'}}
  %0 = bitnet_isa.x86.vpmaddubsw %bytes, %bytes : vector<32xi8> -> vector<32xi16>
  return
}

// -----

// vpmaddwd_c1
func.func @vpmaddwd_too_few_results(%words: vector<16xi16>) {
  // expected-error @+1 {{expects 2 elements of 'vector<16xi16>' for each result, found 'vector<4xi32>'}}
  %0 = bitnet_isa.x86.vpmaddwd %words, %words : vector<16xi16> -> vector<4xi32>
  return
}

// -----

func.func @vpermi2b_256(%bytes: vector<32xi8>) {
  // expected-error @+1 {{operand #0 must be vector of 8-bit signless integer values of length 64, but got 'vector<32xi8>'}}
  %0 = bitnet_isa.x86.vpermi2b %bytes, %bytes, %bytes : vector<32xi8>
  return
}

// -----

func.func @vpsignb_512(%bytes: vector<64xi8>) {
  // expected-error @+1 {{operand #0 must be vector of 8-bit signless integer values of length 16/32, but got 'vector<64xi8>'}}
  %0 = bitnet_isa.x86.vpsignb %bytes, %bytes : vector<64xi8>
  return
}
