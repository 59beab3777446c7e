// RUN: bitnet-opt %s --convert-bitnet-to-llvm | FileCheck %s
// RUN: bitnet-opt %s --convert-bitnet-to-llvm | mlir-translate --mlir-to-llvmir \
// RUN:   | llc -mtriple=x86_64 -mcpu=znver5 -o - | FileCheck %s --check-prefix=ASM

// Every instruction becomes a call of its intrinsic, and that the instruction.

// CHECK-LABEL: llvm.func @vpdpbusd_512(
// CHECK-SAME:    %[[ACCUMULATOR:[^:]*]]: vector<16xi32>, %[[CODES:[^:]*]]: vector<64xi8>, %[[VALUES:[^:]*]]: vector<64xi8>)
// CHECK-NEXT:    %[[SUM:.*]] = llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.512"(%[[ACCUMULATOR]], %[[CODES]], %[[VALUES]]) : (vector<16xi32>, vector<64xi8>, vector<64xi8>) -> vector<16xi32>
// CHECK-NEXT:    llvm.return %[[SUM]]
// ASM-LABEL: vpdpbusd_512:
// ASM:         vpdpbusd %zmm2, %zmm1, %zmm0
func.func @vpdpbusd_512(%accumulator: vector<16xi32>, %codes: vector<64xi8>,
                        %values: vector<64xi8>) -> vector<16xi32> {
  %0 = bitnet_isa.x86.vpdpbusd %accumulator, %codes, %values
    : vector<16xi32>, vector<64xi8>
  return %0 : vector<16xi32>
}

// CHECK-LABEL: llvm.func @vpdpbusd_256(
// CHECK:         llvm.call_intrinsic "llvm.x86.avx512.vpdpbusd.256"({{.*}}) : (vector<8xi32>, vector<32xi8>, vector<32xi8>) -> vector<8xi32>
// ASM-LABEL: vpdpbusd_256:
// ASM:         vpdpbusd %ymm2, %ymm1, %ymm0
func.func @vpdpbusd_256(%accumulator: vector<8xi32>, %codes: vector<32xi8>,
                        %values: vector<32xi8>) -> vector<8xi32> {
  %0 = bitnet_isa.x86.vpdpbusd %accumulator, %codes, %values
    : vector<8xi32>, vector<32xi8>
  return %0 : vector<8xi32>
}

// The first operand is the unsigned one.

// CHECK-LABEL: llvm.func @vpmaddubsw(
// CHECK-SAME:    %[[CODES:[^:]*]]: vector<32xi8>, %[[VALUES:[^:]*]]: vector<32xi8>)
// CHECK:         llvm.call_intrinsic "llvm.x86.avx2.pmadd.ub.sw"(%[[CODES]], %[[VALUES]]) : (vector<32xi8>, vector<32xi8>) -> vector<16xi16>
// ASM-LABEL: vpmaddubsw:
// ASM:         vpmaddubsw %ymm1, %ymm0, %ymm0
func.func @vpmaddubsw(%codes: vector<32xi8>, %values: vector<32xi8>)
    -> vector<16xi16> {
  %0 = bitnet_isa.x86.vpmaddubsw %codes, %values
    : vector<32xi8> -> vector<16xi16>
  return %0 : vector<16xi16>
}

// CHECK-LABEL: llvm.func @vpmaddwd(
// CHECK:         llvm.call_intrinsic "llvm.x86.avx2.pmadd.wd"({{.*}}) : (vector<16xi16>, vector<16xi16>) -> vector<8xi32>
// ASM-LABEL: vpmaddwd:
// ASM:         vpmaddwd %ymm1, %ymm0, %ymm0
func.func @vpmaddwd(%words: vector<16xi16>, %values: vector<16xi16>)
    -> vector<8xi32> {
  %0 = bitnet_isa.x86.vpmaddwd %words, %values
    : vector<16xi16> -> vector<8xi32>
  return %0 : vector<8xi32>
}

// Other widths.

// CHECK-LABEL: llvm.func @vpmaddubsw_128(
// CHECK:         llvm.call_intrinsic "llvm.x86.ssse3.pmadd.ub.sw.128"({{.*}}) : (vector<16xi8>, vector<16xi8>) -> vector<8xi16>
// ASM-LABEL: vpmaddubsw_128:
// ASM:         vpmaddubsw %xmm1, %xmm0, %xmm0
func.func @vpmaddubsw_128(%codes: vector<16xi8>, %values: vector<16xi8>)
    -> vector<8xi16> {
  %0 = bitnet_isa.x86.vpmaddubsw %codes, %values
    : vector<16xi8> -> vector<8xi16>
  return %0 : vector<8xi16>
}

// CHECK-LABEL: llvm.func @vpmaddubsw_512(
// CHECK:         llvm.call_intrinsic "llvm.x86.avx512.pmaddubs.w.512"({{.*}}) : (vector<64xi8>, vector<64xi8>) -> vector<32xi16>
// ASM-LABEL: vpmaddubsw_512:
// ASM:         vpmaddubsw %zmm1, %zmm0, %zmm0
func.func @vpmaddubsw_512(%codes: vector<64xi8>, %values: vector<64xi8>)
    -> vector<32xi16> {
  %0 = bitnet_isa.x86.vpmaddubsw %codes, %values
    : vector<64xi8> -> vector<32xi16>
  return %0 : vector<32xi16>
}

// CHECK-LABEL: llvm.func @vpmaddwd_128(
// CHECK:         llvm.call_intrinsic "llvm.x86.sse2.pmadd.wd"({{.*}}) : (vector<8xi16>, vector<8xi16>) -> vector<4xi32>
// ASM-LABEL: vpmaddwd_128:
// ASM:         vpmaddwd %xmm1, %xmm0, %xmm0
func.func @vpmaddwd_128(%words: vector<8xi16>, %values: vector<8xi16>)
    -> vector<4xi32> {
  %0 = bitnet_isa.x86.vpmaddwd %words, %values
    : vector<8xi16> -> vector<4xi32>
  return %0 : vector<4xi32>
}

// CHECK-LABEL: llvm.func @vpmaddwd_512(
// CHECK:         llvm.call_intrinsic "llvm.x86.avx512.pmaddw.d.512"({{.*}}) : (vector<32xi16>, vector<32xi16>) -> vector<16xi32>
// ASM-LABEL: vpmaddwd_512:
// ASM:         vpmaddwd %zmm1, %zmm0, %zmm0
func.func @vpmaddwd_512(%words: vector<32xi16>, %values: vector<32xi16>)
    -> vector<16xi32> {
  %0 = bitnet_isa.x86.vpmaddwd %words, %values
    : vector<32xi16> -> vector<16xi32>
  return %0 : vector<16xi32>
}

// CHECK-LABEL: llvm.func @vpsignb_128(
// CHECK:         llvm.call_intrinsic "llvm.x86.ssse3.psign.b.128"({{.*}}) : (vector<16xi8>, vector<16xi8>) -> vector<16xi8>
// ASM-LABEL: vpsignb_128:
// ASM:         vpsignb %xmm1, %xmm0, %xmm0
func.func @vpsignb_128(%values: vector<16xi8>, %signs: vector<16xi8>)
    -> vector<16xi8> {
  %0 = bitnet_isa.x86.vpsignb %values, %signs : vector<16xi8>
  return %0 : vector<16xi8>
}

// CHECK-LABEL: llvm.func @vpsignb_256(
// CHECK:         llvm.call_intrinsic "llvm.x86.avx2.psign.b"({{.*}}) : (vector<32xi8>, vector<32xi8>) -> vector<32xi8>
// ASM-LABEL: vpsignb_256:
// ASM:         vpsignb %ymm1, %ymm0, %ymm0
func.func @vpsignb_256(%values: vector<32xi8>, %signs: vector<32xi8>)
    -> vector<32xi8> {
  %0 = bitnet_isa.x86.vpsignb %values, %signs : vector<32xi8>
  return %0 : vector<32xi8>
}

// LLVM writes over the indices or over half of the table, as it likes.

// CHECK-LABEL: llvm.func @vpermi2b(
// CHECK-SAME:    %[[LOW:[^:]*]]: vector<64xi8>, %[[INDICES:[^:]*]]: vector<64xi8>, %[[HIGH:[^:]*]]: vector<64xi8>)
// CHECK:         llvm.call_intrinsic "llvm.x86.avx512.vpermi2var.qi.512"(%[[LOW]], %[[INDICES]], %[[HIGH]]) : (vector<64xi8>, vector<64xi8>, vector<64xi8>) -> vector<64xi8>
// ASM-LABEL: vpermi2b:
// ASM:         vperm{{i|t}}2b {{.*}}%zmm0
func.func @vpermi2b(%low: vector<64xi8>, %indices: vector<64xi8>,
                    %high: vector<64xi8>) -> vector<64xi8> {
  %0 = bitnet_isa.x86.vpermi2b %low, %indices, %high : vector<64xi8>
  return %0 : vector<64xi8>
}
