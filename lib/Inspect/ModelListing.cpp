//===- ModelListing.cpp - Listings as tables and JSON ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "bitnet/Inspect/ModelListing.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/FormatVariadic.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

using namespace mlir::bitnet;
namespace json = llvm::json;

namespace {
/// Tensors of one type, or of all.
struct Sum {
  uint64_t tensors = 0, elements = 0, bytes = 0;

  void add(const ListedTensor &tensor) {
    ++tensors;
    elements += tensor.elements;
    bytes += tensor.bytes;
  }
  double getBitsPerWeight() const {
    return elements == 0 ? 0.0
                         : 8.0 * static_cast<double>(bytes) /
                               static_cast<double>(elements);
  }
};
} // namespace

/// Sums in the order in which types first occur.
static llvm::MapVector<llvm::StringRef, Sum>
sumTypes(const ModelListing &listing) {
  llvm::MapVector<llvm::StringRef, Sum> sums;
  for (const ListedTensor &tensor : listing.tensors)
    sums[tensor.type].add(tensor);
  return sums;
}

static Sum sumAll(const ModelListing &listing) {
  Sum sum;
  for (const ListedTensor &tensor : listing.tensors)
    sum.add(tensor);
  return sum;
}

std::string mlir::bitnet::quoteListed(llvm::StringRef text) {
  constexpr size_t maximumShown = 60;
  llvm::StringRef shown = text.take_front(maximumShown);
  // Not in the middle of a character of UTF-8.
  while (shown.size() < text.size() && !shown.empty() &&
         (text[shown.size()] & 0xc0) == 0x80)
    shown = shown.drop_back();
  std::string quoted =
      llvm::formatv("{0}", json::Value(json::fixUTF8(shown))).str();
  if (shown.size() < text.size())
    quoted += fmt::format("... ({} bytes)", text.size());
  return quoted;
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

namespace {
/// Lines of cells in columns as wide as their widest cell.
class Table {
public:
  explicit Table(std::vector<std::string> titles, std::string alignment)
      : alignment(std::move(alignment)) {
    add(std::move(titles));
  }
  void add(std::vector<std::string> cells) {
    widths.resize(cells.size());
    for (size_t column = 0; column < cells.size(); ++column)
      widths[column] = std::max(widths[column], cells[column].size());
    lines.push_back(std::move(cells));
  }
  void print(llvm::raw_ostream &stream) const {
    for (const std::vector<std::string> &cells : lines) {
      std::string line;
      for (size_t column = 0; column < cells.size(); ++column)
        line += alignment[column] == '>'
                    ? fmt::format("  {:>{}}", cells[column], widths[column])
                    : fmt::format("  {:<{}}", cells[column], widths[column]);
      stream << llvm::StringRef(line).rtrim(' ') << '\n';
    }
  }

private:
  /// '<' or '>' for each column.
  std::string alignment;
  std::vector<std::vector<std::string>> lines;
  std::vector<size_t> widths;
};
} // namespace

static void printTensors(const ModelListing &listing,
                         llvm::raw_ostream &stream) {
  bool hasParts = listing.files.size() > 1;
  std::vector<std::string> titles = {"name",  "shape",       "type",
                                     "bytes", "bits/weight", "offset"};
  if (hasParts)
    titles.push_back("part");
  Table table(std::move(titles), "<<<>>>>");
  for (const ListedTensor &tensor : listing.tensors) {
    std::vector<std::string> cells = {
        tensor.name,
        fmt::format("{{{}}}", fmt::join(tensor.shape, ", ")),
        tensor.type,
        std::to_string(tensor.bytes),
        fmt::format("{:.3f}", tensor.getBitsPerWeight()),
        fmt::format("{:#x}", tensor.offset)};
    if (hasParts)
      cells.push_back(std::to_string(tensor.file + 1));
    table.add(std::move(cells));
  }
  table.print(stream);
}

static void printSums(const ModelListing &listing, llvm::raw_ostream &stream) {
  Table table({"type", "tensors", "weights", "bytes", "bits/weight"}, "<>>>>");
  auto add = [&](llvm::StringRef name, const Sum &sum) {
    table.add({name.str(), std::to_string(sum.tensors),
               std::to_string(sum.elements), std::to_string(sum.bytes),
               fmt::format("{:.3f}", sum.getBitsPerWeight())});
  };
  for (const auto &[type, sum] : sumTypes(listing))
    add(type, sum);
  add("all", sumAll(listing));
  table.print(stream);
}

void mlir::bitnet::printListing(const ModelListing &listing,
                                llvm::raw_ostream &stream) {
  stream << listing.format;
  for (const auto &[name, value] : listing.facts) {
    std::optional<llvm::StringRef> text = value.getAsString();
    stream << ", " << name << ' '
           << (text ? text->str() : llvm::formatv("{0}", value).str());
  }
  stream << ", " << listing.keys.size() << " keys, " << listing.tensors.size()
         << " tensors, " << sumAll(listing).elements << " weights\n";
  Table files({"file", "bytes", "tensors"}, "<>>");
  for (const ListedFile &file : listing.files)
    files.add(
        {file.path, std::to_string(file.bytes), std::to_string(file.tensors)});
  stream << '\n';
  files.print(stream);
  if (!listing.keys.empty()) {
    Table keys({"key", "type", "value"}, "<<<");
    for (const ListedKey &key : listing.keys)
      keys.add({key.name, key.type, key.text});
    stream << '\n';
    keys.print(stream);
  }
  if (listing.tensors.empty())
    return;
  stream << '\n';
  printTensors(listing, stream);
  stream << '\n';
  printSums(listing, stream);
}

//===----------------------------------------------------------------------===//
// JSON
//===----------------------------------------------------------------------===//

static json::Object toJSON(const Sum &sum) {
  return json::Object{{"tensors", sum.tensors},
                      {"weights", sum.elements},
                      {"bytes", sum.bytes},
                      {"bits_per_weight", sum.getBitsPerWeight()}};
}

json::Value mlir::bitnet::toJSON(const ModelListing &listing) {
  json::Object root{{"format", listing.format}};
  for (const auto &[name, value] : listing.facts) {
    std::string key = name;
    std::replace(key.begin(), key.end(), ' ', '_');
    root[key] = value;
  }
  json::Array files, tensors;
  for (const ListedFile &file : listing.files)
    files.push_back(json::Object{{"path", json::fixUTF8(file.path)},
                                 {"bytes", file.bytes},
                                 {"tensors", file.tensors}});
  json::Object keys, types;
  for (const ListedKey &key : listing.keys)
    keys[key.name] = json::Object{{"type", key.type}, {"value", key.value}};
  for (const ListedTensor &tensor : listing.tensors)
    tensors.push_back(
        json::Object{{"name", tensor.name},
                     {"shape", json::Array(tensor.shape)},
                     {"type", tensor.type},
                     {"weights", tensor.elements},
                     {"bytes", tensor.bytes},
                     {"bits_per_weight", tensor.getBitsPerWeight()},
                     {"offset", tensor.offset},
                     {"file", static_cast<uint64_t>(tensor.file)}});
  for (const auto &[type, sum] : sumTypes(listing))
    types[type] = ::toJSON(sum);
  root["files"] = std::move(files);
  root["keys"] = std::move(keys);
  root["tensors"] = std::move(tensors);
  root["types"] = std::move(types);
  root["all"] = ::toJSON(sumAll(listing));
  return root;
}
