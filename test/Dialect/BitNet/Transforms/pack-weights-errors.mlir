// RUN: bitnet-opt %s --bitnet-pack-weights=head=f16 --split-input-file \
// RUN:   --verify-diagnostics

func.func @values_of_unknown_origin(%q: tensor<?x18xi8>, %s: tensor<?xf32>,
                                    %sum: tensor<?xi32>) -> tensor<?x1xf32> {
  %w = bitnet.weight dense<0x55> : tensor<5xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !bitnet.matrix<1x18, #bitnet.trits>
  // expected-error @+1 {{expects values of 32 columns or made by bitnet.quantize_activations, found 'tensor<?x18xi8>'}}
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x18xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x18, #bitnet.trits>) -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----

func.func @dot_product_could_overflow(%q: tensor<?x524304xi8>, %s: tensor<?xf32>,
                                      %sum: tensor<?xi32>) -> tensor<?x1xf32> {
  %w = bitnet.weight dense<0x55> : tensor<131076xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !bitnet.matrix<1x524304, #bitnet.trits>
  // expected-error @+1 {{expects at most 262144 columns, found 524304}}
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x524304xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x524304, #bitnet.trits>) -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----

// Trits are whatever the file says until they are packed.
func.func @invalid_code(%q: tensor<?x16xi8>, %s: tensor<?xf32>,
                        %sum: tensor<?xi32>) -> tensor<?x2xf32> {
  // expected-error @+1 {{expects trit codes 0, 1 and 2 and padding of code 1, found another in row 1, column 2}}
  %w = bitnet.weight dense<[0x55, 0x75]> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !bitnet.matrix<2x3, #bitnet.trits>
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x3, #bitnet.trits>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

func.func @padding_not_zero(%q: tensor<?x16xi8>, %s: tensor<?xf32>,
                            %sum: tensor<?xi32>) -> tensor<?x2xf32> {
  // expected-error @+1 {{expects trit codes 0, 1 and 2 and padding of code 1, found another in row 0, column 3}}
  %w = bitnet.weight dense<[0x95, 0x55]> : tensor<2xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !bitnet.matrix<2x3, #bitnet.trits>
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<2x3, #bitnet.trits>) -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}

// -----

func.func @trits_missing(%q: tensor<?x16xi8>, %s: tensor<?xf32>,
                         %sum: tensor<?xi32>) -> tensor<?x1xf32> {
  // expected-error @+1 {{expects data; it was printed without}}
  %w = bitnet.weight dense_resource<missing> : tensor<1xi8>
    scales(dense<0.5> : tensor<1xf32>) -> !bitnet.matrix<1x3, #bitnet.trits>
  %y = bitnet.quantized_linear %q, %s, %sum, %w
    : (tensor<?x16xi8>, tensor<?xf32>, tensor<?xi32>,
       !bitnet.matrix<1x3, #bitnet.trits>) -> tensor<?x1xf32>
  return %y : tensor<?x1xf32>
}

// -----

func.func @table_missing(%tokens: tensor<?xi32>) -> tensor<?x2xf32> {
  // expected-error @+1 {{expects data; it was printed without}}
  %table = bitnet.weight dense_resource<missing> : tensor<8xi8>
    -> !bitnet.matrix<1x2, #bitnet.stored<f32>>
  %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<1x2, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %x : tensor<?x2xf32>
}

// -----

func.func @table_overflows_half_precision(%tokens: tensor<?xi32>)
    -> tensor<?x2xf32> {
  // [1, 65520]
  // expected-error @+1 {{expects half precision values, found 65520.000000 in row 0, column 1}}
  %table = bitnet.weight dense<"0x0000803F00F07F47"> : tensor<8xi8>
    -> !bitnet.matrix<1x2, #bitnet.stored<f32>>
  %x = bitnet.embedding %tokens, %table : tensor<?xi32>,
    !bitnet.matrix<1x2, #bitnet.stored<f32>> -> tensor<?x2xf32>
  return %x : tensor<?x2xf32>
}
