// RUN: bitnet-opt %s --bitnet-expand-math --verify-diagnostics

func.func @run(%x: f32) -> f32 {
  // expected-error @+1 {{expects a function that can be computed}}
  %y = math.cbrt %x : f32
  return %y : f32
}
