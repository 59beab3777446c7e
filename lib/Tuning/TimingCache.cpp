//===- TimingCache.cpp - Measured times that are kept ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Tuning/TimingCache.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>

using namespace mlir::bitnet;
namespace json = llvm::json;

static std::string makeKey(llvm::StringRef kernel, int64_t rows,
                           int64_t columns) {
  return fmt::format("{} {}x{}", kernel.str(), rows, columns);
}

/// Whether `value` is {machine: {kernel and shape: [decode, prefill]}}.
static bool isValid(const json::Value &value) {
  const json::Object *machines = value.getAsObject();
  return machines && llvm::all_of(*machines, [](const auto &machine) {
           const json::Object *times = machine.second.getAsObject();
           return times && llvm::all_of(*times, [](const auto &time) {
                    const json::Array *pair = time.second.getAsArray();
                    return pair && pair->size() == 2 &&
                           (*pair)[0].getAsInteger().value_or(0) > 0 &&
                           (*pair)[1].getAsInteger().value_or(0) > 0;
                  });
         });
}

llvm::Expected<TimingCache> TimingCache::load(llvm::StringRef path) {
  TimingCache cache;
  cache.path = path.str();
  llvm::sys::fs::file_status status;
  if (llvm::sys::fs::status(path, status) ==
      std::errc::no_such_file_or_directory)
    return cache;
  if (!llvm::sys::fs::is_regular_file(status))
    return llvm::createStringError(path + ": expects a regular file");
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/true);
  if (!buffer)
    return llvm::createFileError(path, buffer.getError());
  llvm::Expected<json::Value> value = json::parse((*buffer)->getBuffer());
  if (!value) {
    llvm::consumeError(value.takeError());
    return llvm::createStringError(
        path + ": expects JSON of kernel timings; remove the file");
  }
  if (!isValid(*value))
    return llvm::createStringError(
        path + ": expects two positive times for each kernel and shape of each "
               "machine; remove the file");
  cache.machines = std::move(*value->getAsObject());
  return cache;
}

std::optional<MeasuredTime> TimingCache::find(llvm::StringRef machine,
                                              llvm::StringRef kernel,
                                              int64_t rows,
                                              int64_t columns) const {
  const json::Object *times = machines.getObject(machine);
  const json::Array *pair =
      times ? times->getArray(makeKey(kernel, rows, columns)) : nullptr;
  if (!pair)
    return std::nullopt;
  return MeasuredTime{*(*pair)[0].getAsInteger(), *(*pair)[1].getAsInteger()};
}

void TimingCache::add(llvm::StringRef machine, llvm::StringRef kernel,
                      int64_t rows, int64_t columns, MeasuredTime time) {
  json::Object *times = machines.getObject(machine);
  if (!times) {
    // A key that owns its text.
    machines[machine.str()] = json::Object();
    times = machines.getObject(machine);
  }
  (*times)[makeKey(kernel, rows, columns)] =
      json::Array{time.decode, time.prefill};
}

llvm::Error TimingCache::save() const {
  llvm::StringRef folder = llvm::sys::path::parent_path(path);
  if (!folder.empty())
    if (std::error_code code = llvm::sys::fs::create_directories(folder))
      return llvm::createFileError(folder, code);
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &stream) {
    stream << llvm::formatv("{0:2}\n", json::Value(json::Object(machines)));
    return llvm::Error::success();
  });
}

std::string mlir::bitnet::getDefaultTimingCachePath() {
  llvm::SmallString<128> path;
  // Environment variables that are set to nothing count as not set.
  if (!llvm::sys::path::cache_directory(path) ||
      !llvm::sys::path::is_absolute(path))
    return "";
  llvm::sys::path::append(path, "bitnet-compiler", "timings.json");
  return path.str().str();
}
