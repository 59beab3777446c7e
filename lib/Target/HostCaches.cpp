//===- HostCaches.cpp - The data caches of this machine -------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Target/HostCaches.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Threading.h"

#include <unistd.h>

using namespace mlir::bitnet;
using llvm::StringRef;

/// The text of a one-line file; empty if there is none.
static std::string readLine(const llvm::Twine &path) {
  auto file = llvm::MemoryBuffer::getFileAsStream(path);
  return file ? (*file)->getBuffer().trim().str() : "";
}

unsigned mlir::bitnet::countProcessors(StringRef list) {
  unsigned count = 0;
  for (StringRef rest = list; !rest.empty();) {
    unsigned first, last;
    if (rest.consumeInteger(10, first))
      return 0;
    last = first;
    if (rest.consume_front("-") && rest.consumeInteger(10, last))
      return 0;
    if (last < first || (!rest.empty() && !rest.consume_front(",")))
      return 0;
    count += last - first + 1;
  }
  return count;
}

/// A cache as Linux describes it in a folder; nothing if it holds no data.
static std::optional<HostCache> readCache(const std::string &folder) {
  HostCache cache;
  std::string type = readLine(folder + "/type");
  if (type != "Data" && type != "Unified")
    return std::nullopt;
  std::string sizeText = readLine(folder + "/size");
  StringRef size = sizeText;
  if (StringRef(readLine(folder + "/level")).getAsInteger(10, cache.level) ||
      size.consumeInteger(10, cache.bytes) || cache.bytes <= 0)
    return std::nullopt;
  if (size == "K")
    cache.bytes <<= 10;
  else if (size == "M")
    cache.bytes <<= 20;
  else if (!size.empty())
    return std::nullopt;
  cache.processors =
      std::max(1u, countProcessors(readLine(folder + "/shared_cpu_list")));
  return cache;
}

/// What sysconf says; it tells nothing of sharing.
static llvm::SmallVector<HostCache> askLibrary() {
  llvm::SmallVector<HostCache> caches;
#ifdef _SC_LEVEL1_DCACHE_SIZE
  static constexpr int names[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE,
                                  _SC_LEVEL3_CACHE_SIZE};
  for (auto [index, name] : llvm::enumerate(names)) {
    long bytes = sysconf(name);
    unsigned level = static_cast<unsigned>(index) + 1;
    if (bytes > 0)
      caches.push_back({level, bytes, level < 3 ? 1u : ~0u});
  }
#endif
  return caches;
}

llvm::SmallVector<HostCache>
mlir::bitnet::getHostCaches(StringRef systemFolder) {
  llvm::SmallVector<HostCache> caches;
  for (unsigned index = 0;; ++index) {
    std::string folder =
        (systemFolder + "/cpu0/cache/index" + llvm::Twine(index)).str();
    if (readLine(folder + "/type").empty())
      break;
    if (std::optional<HostCache> cache = readCache(folder))
      caches.push_back(*cache);
  }
  if (caches.empty())
    caches = askLibrary();
  if (caches.empty())
    caches = {{1, 32 << 10, 1}, {2, 1 << 20, 1}};
  llvm::sort(caches, [](const HostCache &lhs, const HostCache &rhs) {
    return lhs.level < rhs.level;
  });
  return caches;
}

int64_t mlir::bitnet::getStreamBytes() {
  return 4 * getHostCaches().back().getCapacity(
                 llvm::hardware_concurrency().compute_thread_count());
}
