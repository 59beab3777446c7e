//===- Weights.c - Weights in a file of their own -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Weights.h"
#include "ContentHash.h"
#include "System.h"
#include "WeightsFormat.h"

void bitnetAppendText(WeightsMessage *message, const char *text) {
  for (; *text && message->length + 1 < message->size; ++text)
    message->buffer[message->length++] = *text;
  if (message->length < message->size)
    message->buffer[message->length] = '\0';
}

/// In hexadecimal with all digits of 64 bits, or in decimal with as few as it
/// has.
static void appendNumber(WeightsMessage *message, uint64_t value,
                         uint32_t base) {
  char digits[24];
  char *end = digits + sizeof(digits) - 1;
  char *next = end;
  *end = '\0';
  do {
    *--next = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0 || (base == 16 && end - next != 16));
  bitnetAppendText(message, next);
}

/// "'<path>' <what> <found>, the model expects <expected>"
static bitnet_status reportMismatch(WeightsMessage *message, const char *path,
                                    const char *what, uint64_t found,
                                    uint64_t expected, uint32_t base) {
  bitnetAppendText(message, "'");
  bitnetAppendText(message, path);
  bitnetAppendText(message, "' ");
  bitnetAppendText(message, what);
  appendNumber(message, found, base);
  bitnetAppendText(message, ", the model expects ");
  appendNumber(message, expected, base);
  return BITNET_WEIGHTS_MISMATCH;
}

/// Whether the file is the one that was written with the object, as far as its
/// header and its size say.
static bitnet_status checkFile(const struct bitnet_weights_file *file,
                               const struct bitnet_open_weights *opened,
                               const char *path, WeightsMessage *message) {
  struct bitnet_weights_header header = {0};
  if (opened->file_size >= sizeof(header))
    __builtin_memcpy(&header, opened->file, sizeof(header));
  if (header.magic != BITNET_WEIGHTS_MAGIC) {
    bitnetAppendText(message, "'");
    bitnetAppendText(message, path);
    bitnetAppendText(message,
                     "' is not a file of weights, the model expects '");
    bitnetAppendText(message, file->name);
    bitnetAppendText(message, "'");
    return BITNET_WEIGHTS_MISMATCH;
  }
  if (header.version != BITNET_WEIGHTS_VERSION ||
      header.contents_offset != BITNET_WEIGHTS_PAGE)
    return reportMismatch(message, path, "has version ", header.version,
                          BITNET_WEIGHTS_VERSION, 10);
  if (header.hash != file->hash)
    return reportMismatch(message, path, "has weights of the hash ",
                          header.hash, file->hash, 16);
  if (header.contents_size != file->contents_size)
    return reportMismatch(message, path, "has weights of the size ",
                          header.contents_size, file->contents_size, 10);
  uint64_t size = BITNET_WEIGHTS_PAGE + file->contents_size;
  if (opened->file_size != size)
    return reportMismatch(message, path, "has a size of ", opened->file_size,
                          size, 10);
  return BITNET_OK;
}

static void closeFile(struct bitnet_open_weights *opened) {
  if (opened->is_mapped)
    bitnetSystemUnmap(opened->file, opened->file_size);
}

static bitnet_status openFile(const struct bitnet_weights_file *file,
                              const bitnet_evaluator_options *options,
                              struct bitnet_open_weights *opened) {
  WeightsMessage message = {options->message,
                            options->message ? options->message_size : 0, 0};
  char path[BITNET_LONGEST_PATH];
  const char *name = path;
  *opened = (struct bitnet_open_weights){
      .file = options->weights,
      .file_size = options->weights_size,
  };
  if (!options->weights) {
    bitnet_status status =
        bitnetMapWeights(file, options, opened, path, &message);
    if (status != BITNET_OK)
      return status;
  } else if ((uintptr_t)options->weights % BITNET_ALIGNMENT != 0) {
    bitnetAppendText(&message, "the option weights is not aligned to 64 bytes");
    return BITNET_INVALID_ARGUMENT;
  } else {
    name = "the option weights";
  }
  opened->contents = (const char *)opened->file + BITNET_WEIGHTS_PAGE;
  bitnet_status status = checkFile(file, opened, name, &message);
  if (status != BITNET_OK)
    closeFile(opened);
  else if (message.size != 0)
    // Places where it was not.
    message.buffer[0] = '\0';
  return status;
}

static bitnet_status verifyFile(const struct bitnet_weights_file *file,
                                const struct bitnet_open_weights *opened) {
  struct bitnet_content_hash hash;
  bitnetHashBegin(&hash);
  bitnetHashAppend(&hash, opened->contents, file->contents_size);
  return bitnetHashEnd(&hash) == file->hash ? BITNET_OK
                                            : BITNET_WEIGHTS_DAMAGED;
}

const struct bitnet_weights_functions bitnet_runtime_weights_functions = {
    .open = openFile,
    .close = closeFile,
    .verify = verifyFile,
};
