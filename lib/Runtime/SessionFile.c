//===- SessionFile.c - Saving and restoring sessions ----------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "Cache.h"
#include "ContentHash.h"
#include "Session.h"
#include "StateFormat.h"
#include "System.h"

/// The header of a state with `position` positions. Returns 0 if it would take
/// more bytes than there can be.
static int makeHeader(const Session *session, uint32_t position,
                      uint32_t hasOutputs, struct bitnet_state_header *header) {
  const struct bitnet_model_descriptor *descriptor = session->descriptor;
  const struct bitnet_cache_descriptor *cache = &descriptor->cache;
  *header = (struct bitnet_state_header){
      .magic = BITNET_STATE_MAGIC,
      .version = BITNET_STATE_VERSION,
      .position = position,
      .identity = descriptor->identity,
      .has_outputs = hasOutputs,
      .output_width = bitnetOutputWidth(descriptor),
      .layers = cache->layers,
      .heads = cache->heads,
      .head_size = cache->head_size,
      .element = cache->element,
  };
  // The session has room for the cache, so this does not overflow.
  uint64_t size = sizeof(*header) + position * (uint64_t)sizeof(int32_t) +
                  position * descriptor->kv_bytes_per_position;
  if (hasOutputs)
    size += header->output_width * (uint64_t)sizeof(float);
  uint64_t padding = BITNET_HASH_BLOCK - 1;
  header->size = (size + padding) / BITNET_HASH_BLOCK * BITNET_HASH_BLOCK +
                 sizeof(uint64_t);
  return header->size <= (uint64_t)PTRDIFF_MAX;
}

/// Where a state is written: memory with enough room, or a file.
typedef struct StateWriter {
  const Session *session;
  Cache cache;
  struct bitnet_content_hash hash;
  /// Null: to `file`, by way of `bytes`.
  char *buffer;
  uint64_t file;
  uint32_t hasFailed;
  /// Bytes of `bytes` that are used.
  uint32_t used;
  char bytes[4096];
} StateWriter;

static void flush(StateWriter *writer) {
  if (!writer->hasFailed &&
      !bitnetSystemWrite(writer->file, writer->bytes, writer->used))
    writer->hasFailed = 1;
  writer->used = 0;
}

static void writeBytes(StateWriter *writer, const void *bytes, uint64_t size) {
  if (writer->buffer) {
    __builtin_memcpy(writer->buffer, bytes, size);
    writer->buffer += size;
    return;
  }
  const char *next = bytes;
  while (size != 0) {
    uint64_t piece = sizeof(writer->bytes) - writer->used;
    if (piece > size)
      piece = size;
    __builtin_memcpy(writer->bytes + writer->used, next, piece);
    writer->used += (uint32_t)piece;
    next += piece;
    size -= piece;
    if (writer->used == sizeof(writer->bytes))
      flush(writer);
  }
}

static void writeHashed(StateWriter *writer, const void *bytes, uint64_t size) {
  bitnetHashAppend(&writer->hash, bytes, size);
  writeBytes(writer, bytes, size);
}

static void writeRun(void *user, uint64_t strip, uint64_t offset,
                     uint64_t size) {
  StateWriter *writer = user;
  writeHashed(writer, bitnetStrip(&writer->cache, strip) + offset, size);
}

/// Writes the state that `header` is of.
static void writeState(StateWriter *writer, const Session *session,
                       const struct bitnet_state_header *header) {
  static const char zeros[BITNET_HASH_BLOCK];
  writer->cache =
      (Cache){&session->descriptor->cache, session->kvCache, session->capacity};
  bitnetHashBegin(&writer->hash);
  writeHashed(writer, header, sizeof(*header));
  writeHashed(writer, session->tokens,
              header->position * (uint64_t)sizeof(int32_t));
  if (header->has_outputs)
    writeHashed(writer, session->outputs,
                header->output_width * (uint64_t)sizeof(float));
  bitnetVisitCache(writer->cache.descriptor, header->position, writeRun,
                   writer);
  writeHashed(writer, zeros,
              header->size - sizeof(uint64_t) - writer->hash.length);
  uint64_t hash = bitnetHashEnd(&writer->hash);
  writeBytes(writer, &hash, sizeof(hash));
}

static bitnet_status save(const Session *session, void *buffer, size_t capacity,
                          size_t *size) {
  struct bitnet_state_header header;
  if (!makeHeader(session, session->position, session->hasLogits, &header))
    return BITNET_OUT_OF_MEMORY;
  *size = (size_t)header.size;
  if (capacity < header.size)
    return BITNET_BUFFER_TOO_SMALL;
  StateWriter writer;
  writer.buffer = buffer;
  writeState(&writer, session, &header);
  return BITNET_OK;
}

bitnet_status bitnetSessionSave(const bitnet_session *session, void *buffer,
                                size_t capacity, size_t *size) {
  const Session *self = (const Session *)session;
  if (!size || (!buffer && capacity != 0))
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status = save(self, buffer, capacity, size);
  bitnetLeave(self);
  return status;
}

static bitnet_status saveFile(const Session *session, const char *path) {
  struct bitnet_state_header header;
  if (!makeHeader(session, session->position, session->hasLogits, &header))
    return BITNET_OUT_OF_MEMORY;
  StateWriter writer;
  writer.buffer = (void *)0;
  writer.used = 0;
  writer.hasFailed = 0;
  bitnet_status status = bitnetSystemBeginFile(path, &writer.file);
  if (status != BITNET_OK)
    return status;
  writeState(&writer, session, &header);
  flush(&writer);
  return bitnetSystemEndFile(path, writer.file, !writer.hasFailed);
}

bitnet_status bitnetSessionSaveFile(const bitnet_session *session,
                                    const char *path) {
  const Session *self = (const Session *)session;
  if (!path)
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status = saveFile(self, path);
  bitnetLeave(self);
  return status;
}

/// Where a state is read from.
typedef struct StateReader {
  Cache cache;
  const char *next;
} StateReader;

static void readBytes(StateReader *reader, void *bytes, uint64_t size) {
  if (size != 0)
    __builtin_memcpy(bytes, reader->next, size);
  reader->next += size;
}

static void readRun(void *user, uint64_t strip, uint64_t offset,
                    uint64_t size) {
  StateReader *reader = user;
  readBytes(reader, bitnetStrip(&reader->cache, strip) + offset, size);
}

/// Whether there is a state of a session of this model, so far as its header
/// says. `header` receives it.
static bitnet_status checkHeader(const Session *session, const void *state,
                                 size_t size,
                                 struct bitnet_state_header *header) {
  if (size < sizeof(*header)) {
    uint64_t magic = 0;
    if (size >= sizeof(magic))
      __builtin_memcpy(&magic, state, sizeof(magic));
    return magic == BITNET_STATE_MAGIC ? BITNET_STATE_DAMAGED
                                       : BITNET_STATE_MISMATCH;
  }
  __builtin_memcpy(header, state, sizeof(*header));
  struct bitnet_state_header expected;
  makeHeader(session, 0, 0, &expected);
  if (header->magic != expected.magic || header->version != expected.version ||
      header->identity != expected.identity ||
      header->output_width != expected.output_width ||
      header->layers != expected.layers || header->heads != expected.heads ||
      header->head_size != expected.head_size ||
      header->element != expected.element)
    return BITNET_STATE_MISMATCH;
  // Longer than the model's context is no state of it.
  if (header->position > session->descriptor->context_length ||
      header->has_outputs > 1 || header->size != size)
    return BITNET_STATE_DAMAGED;
  return BITNET_OK;
}

/// Whether all tokens are in the vocabulary.
static int areTokens(const Session *session, const void *tokens,
                     uint32_t count) {
  const char *next = tokens;
  for (uint32_t i = 0; i < count; ++i, next += sizeof(int32_t)) {
    uint32_t token;
    __builtin_memcpy(&token, next, sizeof(token));
    if (token >= session->descriptor->vocabulary_size)
      return 0;
  }
  return 1;
}

static bitnet_status restore(Session *session, const void *state, size_t size) {
  struct bitnet_state_header header, expected;
  bitnet_status status = checkHeader(session, state, size, &header);
  if (status != BITNET_OK)
    return status;
  if (!makeHeader(session, header.position, header.has_outputs, &expected) ||
      header.size != expected.size)
    return BITNET_STATE_DAMAGED;
  struct bitnet_content_hash hash;
  bitnetHashBegin(&hash);
  bitnetHashAppend(&hash, state, size - sizeof(uint64_t));
  uint64_t stored;
  __builtin_memcpy(&stored, (const char *)state + size - sizeof(stored),
                   sizeof(stored));
  if (bitnetHashEnd(&hash) != stored ||
      !areTokens(session, (const char *)state + sizeof(header),
                 header.position))
    return BITNET_STATE_DAMAGED;
  if (header.position > session->contextSize)
    return BITNET_CONTEXT_FULL;
  StateReader reader = {
      {&session->descriptor->cache, session->kvCache, session->capacity},
      (const char *)state + sizeof(header)};
  readBytes(&reader, session->tokens,
            header.position * (uint64_t)sizeof(int32_t));
  if (header.has_outputs)
    readBytes(&reader, session->outputs,
              header.output_width * (uint64_t)sizeof(float));
  bitnetVisitCache(reader.cache.descriptor, header.position, readRun, &reader);
  session->position = header.position;
  session->hasLogits = header.has_outputs;
  return BITNET_OK;
}

bitnet_status bitnetSessionRestore(bitnet_session *session, const void *state,
                                   size_t size) {
  Session *self = (Session *)session;
  if (!state)
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  bitnet_status status = restore(self, state, size);
  bitnetLeave(self);
  return status;
}

bitnet_status bitnetSessionRestoreFile(bitnet_session *session,
                                       const char *path) {
  Session *self = (Session *)session;
  if (!path)
    return BITNET_INVALID_ARGUMENT;
  if (!bitnetEnter(self))
    return BITNET_BUSY;
  const void *state;
  uint64_t size;
  bitnet_status status = bitnetSystemOpenFile(path, &state, &size);
  if (status == BITNET_OK) {
    status = restore(self, state, (size_t)size);
    bitnetSystemUnmap(state, size);
  }
  bitnetLeave(self);
  return status;
}
