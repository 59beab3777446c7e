// RUN: bitnet-opt %s --pass-pipeline='builtin.module(bitnet-merge-linear)' --split-input-file --verify-diagnostics

func.func @data_missing(%q: tensor<?x5xi8>, %s: tensor<?xf32>,
                        %sum: tensor<?xi32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // expected-error @+1 {{expects data; it was printed without}}
  %w = bitnet.weight dense_resource<missing> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !bitnet.matrix<1x5, #bitnet.trits>
  %0 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x5, #bitnet.trits>) -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x5, #bitnet.trits>) -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}

// -----

func.func @scales_missing(%q: tensor<?x5xi8>, %s: tensor<?xf32>,
                          %sum: tensor<?xi32>)
    -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  // expected-error @+1 {{expects scales; they were printed without}}
  %w = bitnet.weight dense<0x55> : tensor<2xi8>
    scales(dense_resource<missing> : tensor<1xf32>) -> !bitnet.matrix<1x5, #bitnet.trits>
  %0 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x5, #bitnet.trits>) -> tensor<?x1xf32>
  %1 = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x5xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x5, #bitnet.trits>) -> tensor<?x1xf32>
  return %0, %1 : tensor<?x1xf32>, tensor<?x1xf32>
}
