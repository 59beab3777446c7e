//===- WeightsFile.cpp - Weights beside an object -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Runtime/ContentHash.h"
#include "../Runtime/WeightsFormat.h"
#include "Blobs.h"
#include "bitnet/Codegen/Codegen.h"
#include "bitnet/Dialect/BitNetRuntime/Transforms/Passes.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Writes and hashes what the file holds, from its beginning to its end.
class ContentsWriter {
public:
  /// `stream` may be null: nothing is written.
  ContentsWriter(llvm::raw_ostream *stream,
                 function_ref<void(int64_t)> progress)
      : stream(stream), progress(progress) {
    bitnetHashBegin(&hash);
  }

  void write(ArrayRef<char> bytes) {
    // In pieces that are still in a cache when they are written.
    constexpr size_t piece = 1 << 20;
    for (; !bytes.empty();
         bytes = bytes.drop_front(std::min(piece, bytes.size()))) {
      ArrayRef<char> next = bytes.take_front(piece);
      bitnetHashAppend(&hash, next.data(), next.size());
      if (stream)
        stream->write(next.data(), next.size());
      done += next.size();
      progress(done);
    }
  }

  /// Writes zeros up to `offset`.
  void skipTo(int64_t offset) {
    static const char zeros[BITNET_WEIGHTS_PAGE] = {};
    while (done < offset)
      write(ArrayRef(zeros).take_front(offset - done));
  }

  int64_t getSize() const { return done; }
  /// Of all that was written; ends it.
  uint64_t getHash() { return bitnetHashEnd(&hash); }

private:
  llvm::raw_ostream *stream;
  function_ref<void(int64_t)> progress;
  bitnet_content_hash hash;
  int64_t done = 0;
};
} // namespace

static void writeHeader(llvm::raw_pwrite_stream &stream, uint64_t size,
                        uint64_t hash) {
  using llvm::support::endian::byte_swap;
  constexpr auto little = llvm::endianness::little;
  const bitnet_weights_header header = {
      byte_swap(BITNET_WEIGHTS_MAGIC, little),
      byte_swap(uint32_t(BITNET_WEIGHTS_VERSION), little),
      byte_swap(uint32_t(BITNET_WEIGHTS_PAGE), little), byte_swap(size, little),
      byte_swap(hash, little)};
  stream.pwrite(reinterpret_cast<const char *>(&header), sizeof(header), 0);
}

/// The weights of `module` in the order of their places.
static llvm::Error writeContents(ModuleOp module, ContentsWriter &writer) {
  SmallVector<bitnet_runtime::BlobOp> blobs;
  for (auto blob : module.getOps<bitnet_runtime::BlobOp>()) {
    if (!blob.getOffset())
      return llvm::createStringError("expects a planned module: blob @" +
                                     blob.getSymName() + " has no place");
    if (!isReadByRuntime(blob))
      blobs.push_back(blob);
  }
  llvm::sort(blobs, [](auto lhs, auto rhs) {
    return *lhs.getOffset() < *rhs.getOffset();
  });
  for (bitnet_runtime::BlobOp blob : blobs) {
    std::vector<char> scratch;
    llvm::Expected<SectionBlob> entry = getSectionBlob(blob, scratch);
    if (!entry)
      return entry.takeError();
    if (entry->offset < writer.getSize())
      return llvm::createStringError("blob @" + blob.getSymName() +
                                     " lies where another does");
    writer.skipTo(entry->offset);
    writer.write(entry->bytes);
  }
  int64_t size = std::max(writer.getSize(), getWeightsSize(module));
  writer.skipTo(std::max<int64_t>(llvm::alignTo(size, BITNET_WEIGHTS_PAGE),
                                  BITNET_WEIGHTS_PAGE));
  return llvm::Error::success();
}

int64_t mlir::bitnet::getWeightsSize(ModuleOp module) {
  auto size =
      module->getAttrOfType<IntegerAttr>(bitnet_runtime::weightsSizeAttrName);
  return size ? size.getInt() : 0;
}

llvm::Expected<WeightsFile>
mlir::bitnet::emitWeightsFile(ModuleOp module, StringRef path, StringRef name,
                              function_ref<void(int64_t)> progress) {
  std::optional<llvm::raw_fd_ostream> stream;
  if (!path.empty()) {
    std::error_code error;
    stream.emplace(path, error, llvm::sys::fs::CD_OpenExisting,
                   llvm::sys::fs::FA_Write, llvm::sys::fs::OF_None);
    if (error)
      return llvm::createFileError(path, error);
    // Blobs go straight to the file.
    stream->SetUnbuffered();
    stream->write_zeros(BITNET_WEIGHTS_PAGE);
  }
  ContentsWriter writer(stream ? &*stream : nullptr, progress);
  llvm::Error error = writeContents(module, writer);
  if (error) {
    if (stream)
      stream->clear_error();
    return std::move(error);
  }
  WeightsFile file{name.str(), uint64_t(writer.getSize()), writer.getHash()};
  if (stream) {
    writeHeader(*stream, file.contentsSize, file.hash);
    if (llvm::Error failure = closeStream(*stream, path))
      return std::move(failure);
  }
  return file;
}
