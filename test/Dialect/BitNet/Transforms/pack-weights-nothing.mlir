// RUN: bitnet-opt %s --bitnet-pack-weights | FileCheck %s

// A module without anything of the dialect.
// CHECK: module {
module {}
