/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Tells a story. Build: cc tell.c storyteller.o -o tell */
#include "storyteller.h"
#include <stdio.h>
#include <string.h>

static int print(void *user, const char *text, size_t length) {
  (void)user;
  fwrite(text, 1, length, stdout);
  return fflush(stdout);
}

int main(int argc, char **argv) {
  const char *prompt = argc > 1 ? argv[1] : "Once upon a time";
  bitnet_sampling_options sampling = BITNET_SAMPLING_OPTIONS_DEFAULT;
  bitnet_generate_result result;
  bitnet_session *session;
  bitnet_status status = bitnet_session_create(&storyteller, NULL, &session);
  if (status == BITNET_OK) {
    sampling.temperature = 0.7f;
    sampling.top_p = 0.9f;
    sampling.seed = 7;
    printf("%s", prompt);
    status = bitnet_generate(session, prompt, strlen(prompt), 200, &sampling,
                             print, NULL, &result);
    if (status == BITNET_OK)
      printf("\n\n%u tokens, %.0f tokens per second\n", result.generated_tokens,
             result.generated_tokens / result.generate_seconds);
    bitnet_session_destroy(session);
  }
  if (status != BITNET_OK)
    fprintf(stderr, "tell: %s\n", bitnet_status_text(status));
  return status != BITNET_OK;
}
