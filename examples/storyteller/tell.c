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
  bitnet_generation_options options = BITNET_GENERATION_OPTIONS_DEFAULT;
  bitnet_generate_result result;
  bitnet_session *session;
  bitnet_status status = bitnet_session_create(&storyteller, NULL, &session);
  if (status == BITNET_OK) {
    options.max_tokens = 200;
    options.sampling.temperature = 0.7f;
    options.sampling.top_p = 0.9f;
    options.sampling.seed = 7;
    options.callback = print;
    printf("%s", prompt);
    status =
        bitnet_generate(session, prompt, strlen(prompt), &options, &result);
    if (status == BITNET_OK)
      printf("\n\n%u tokens, %.0f tokens per second\n", result.generated_tokens,
             result.generated_tokens / result.generate_seconds);
    bitnet_session_destroy(session);
  }
  if (status != BITNET_OK)
    fprintf(stderr, "tell: %s\n", bitnet_status_text(status));
  return status != BITNET_OK;
}
