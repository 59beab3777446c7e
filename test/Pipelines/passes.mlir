// RUN: bitnet-opt %s --bitnet-quantize --dump-pass-pipeline -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=QUANTIZE
// RUN: bitnet-opt %s --bitnet-fold --dump-pass-pipeline -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=FOLD
// RUN: bitnet-opt %s --bitnet-pack --dump-pass-pipeline -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=PACK
// RUN: bitnet-opt %s --bitnet-pack='kernel=mad-avx2 head=int8' \
// RUN:   --dump-pass-pipeline -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=PACK-OPTIONS
// RUN: not bitnet-opt %s --bitnet-lower-kernels --dump-pass-pipeline \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=LOWER-KERNELS
// RUN: not bitnet-opt %s --bitnet-plan --dump-pass-pipeline -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=PLAN
// RUN: not bitnet-opt %s --bitnet-plan-model --dump-pass-pipeline \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=PLAN-MODEL
// RUN: not bitnet-opt %s --bitnet-to-llvm --dump-pass-pipeline \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=TO-LLVM

// The passes of each stage. The last ones need more than an empty module.

module attributes {
  bitnet.targets = [#bitnet.target<triple = "x86_64", cpu = "haswell",
    features = "", level = avx2>]
} {}

// QUANTIZE:      builtin.module(
// QUANTIZE-NEXT:   bitnet-recognize{report-remarks=false},
// QUANTIZE-NEXT:   onnx-fold-constants,
// QUANTIZE-NEXT:   bitnet-quantize-weights{masters=absmean},
// QUANTIZE-NEXT:   bitnet-check-stage{stage=quantized}
// QUANTIZE-NEXT: )

// FOLD:      builtin.module(
// FOLD-NEXT:   func.func(
// FOLD-NEXT:     bitnet-decompose-linear
// FOLD-NEXT:   ),
// FOLD-NEXT:   cse,
// FOLD-NEXT:   func.func(
// FOLD-NEXT:     bitnet-fuse-quantization
// FOLD-NEXT:   ),
// FOLD-NEXT:   bitnet-merge-linear,
// FOLD-NEXT:   func.func(
// FOLD-NEXT:     bitnet-fuse-epilogues
// FOLD-NEXT:   ),
// FOLD-NEXT:   bitnet-check-stage{stage=folded}
// FOLD-NEXT: )

// PACK:      builtin.module(
// PACK-NEXT:   bitnet-pack-weights{head=auto head-error={{.*}} kernel=},
// PACK-NEXT:   bitnet-check-stage{stage=packed}
// PACK-NEXT: )

// PACK-OPTIONS: bitnet-pack-weights{head=int8 head-error={{.*}} kernel=mad-avx2},

// LOWER-KERNELS:      builtin.module(
// LOWER-KERNELS-NEXT:   convert-onnx-to-linalg,
// LOWER-KERNELS-NEXT:   convert-bitnet-to-kernels,
// LOWER-KERNELS-NEXT:   canonicalize{{.*}},
// LOWER-KERNELS-NEXT:   cse,
// LOWER-KERNELS-NEXT:   bitnet-check-stage{stage=kernels}
// LOWER-KERNELS-NEXT: )

// PLAN-MODEL:      builtin.module(
// PLAN-MODEL-NEXT:   bitnet-plan-memory,
// PLAN-MODEL-NEXT:   canonicalize{{.*}},
// PLAN-MODEL-NEXT:   cse
// PLAN-MODEL-NEXT: )

// PLAN:      builtin.module(
// PLAN-NEXT:   bitnet-plan-module,
// PLAN-NEXT:   bitnet-check-stage{stage=planned}
// PLAN-NEXT: )

// TO-LLVM:      builtin.module(
// TO-LLVM-NEXT:   convert-bitnet-to-llvm,
// TO-LLVM-NEXT:   bitnet-check-stage{stage=llvm}
// TO-LLVM-NEXT: )
