/* Prints the output of constant.mlir and the variant that computed it. */
#include "constant.h"

#include <stdio.h>

int main(void) {
  bitnet_graph_info graph;
  bitnet_variant_info variant;
  int32_t y = 0;
  uint32_t index = 0;
  bitnet_status status = constant_run(&y, NULL, constant_arena_size(), NULL);
  if (status != BITNET_OK) {
    puts(bitnet_status_text(status));
    return 1;
  }
  bitnet_get_graph_info(&constant, &graph);
  bitnet_graph_variant(&constant, &index);
  bitnet_get_graph_variant(&constant, index, &variant);
  printf("%d by %s of %u, for %s, with %s\n", (int)y, variant.name,
         (unsigned)graph.variant_count, variant.cpu, variant.kernel);
  return 0;
}
