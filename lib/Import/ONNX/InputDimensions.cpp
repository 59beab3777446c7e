//===- InputDimensions.cpp - Symbolic dimensions of a graph ---------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "InputDimensions.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

#include <fmt/format.h>

using namespace mlir::bitnet;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

namespace {
class DimensionReader {
public:
  DimensionReader(const ONNXFile &file, const ONNXImportOptions &options)
      : file(file), options(options) {}

  /// Collects the names of symbols, and what the options settle.
  Error readNames();
  /// Checks an input and that its size fits memory.
  Error checkInput(const ONNXValueInfo &input);
  /// Settles the symbols of an input that `tensor` replaces.
  Error bindConstant(const ONNXValueInfo &input, const ONNXTensor &tensor);
  std::vector<InputDimensions::Size> getSizes(const ONNXValueInfo &input);

private:
  /// The name of the symbol at `axis`, unlike all names that the file has.
  std::string getName(const ONNXValueInfo &input, size_t axis);

  const ONNXFile &file;
  const ONNXImportOptions &options;
  llvm::StringSet<> names;
  llvm::StringMap<int64_t> settled;
};
} // namespace

std::string DimensionReader::getName(const ONNXValueInfo &input, size_t axis) {
  StringRef named = (*input.shape)[axis].name;
  if (!named.empty())
    return named.str();
  std::string name = fmt::format("{}_dim{}", input.name.str(), axis);
  while (names.contains(name))
    name += '_';
  return name;
}

Error DimensionReader::readNames() {
  for (const ONNXValueInfo &input : file.getInputs())
    for (const ONNXDimension &dimension :
         input.shape.value_or(std::vector<ONNXDimension>()))
      if (!dimension.size && !dimension.name.empty())
        names.insert(dimension.name);
  llvm::StringSet<> all;
  for (const ONNXValueInfo &input : file.getInputs())
    for (size_t axis = 0; input.shape && axis < input.shape->size(); ++axis)
      if (!(*input.shape)[axis].size)
        all.insert(getName(input, axis));
  for (const ONNXImportOptions::Dimension &dimension : options.dimensions) {
    if (!all.contains(dimension.name))
      return file.makeError("dimension", dimension.name,
                            "expects a symbolic dimension of an input");
    if (dimension.size < 1 || !llvm::isUInt<31>(dimension.size))
      return file.makeError(
          "dimension", dimension.name,
          fmt::format("expects a size in [1, 2^31), found {}", dimension.size));
    auto [entry, isNew] = settled.try_emplace(dimension.name, dimension.size);
    if (!isNew && entry->second != dimension.size)
      return file.makeError("dimension", dimension.name,
                            fmt::format("expects one size, found {} and {}",
                                        entry->second, dimension.size));
  }
  return Error::success();
}

Error DimensionReader::checkInput(const ONNXValueInfo &input) {
  auto fail = [&](const llvm::Twine &message) {
    return file.makeError("input", input.name, message);
  };
  if (!input.otherKind.empty())
    return fail("expects a tensor, found " + input.otherKind);
  if (!getStoredBits(input.type))
    return fail("expects elements of a number type or BOOL, found " +
                getElementTypeName(input.type));
  if (!input.shape)
    return fail("expects a number of dimensions, found none");
  constexpr size_t maximumRank = 64;
  if (input.shape->size() > maximumRank)
    return fail(fmt::format("expects at most {} dimensions, found {}",
                            maximumRank, input.shape->size()));
  constexpr int64_t maximumCount = int64_t(1) << 40;
  int64_t count = 1;
  for (const ONNXDimension &dimension : *input.shape)
    if (llvm::MulOverflow(
            count, std::max<int64_t>(dimension.size.value_or(1), 1), count) ||
        count > maximumCount)
      return fail("expects at most 2^40 elements, found more");
  return Error::success();
}

Error DimensionReader::bindConstant(const ONNXValueInfo &input,
                                    const ONNXTensor &tensor) {
  auto fail = [&](const llvm::Twine &message) {
    return file.makeError("input", input.name, message);
  };
  if (tensor.type != input.type)
    return fail("expects a constant of " + getElementTypeName(input.type) +
                ", found " + getElementTypeName(tensor.type));
  if (tensor.shape.size() != input.shape->size())
    return fail(fmt::format("expects a constant of {} dimensions, found {}",
                            input.shape->size(), tensor.shape.size()));
  for (auto [axis, size] : llvm::enumerate(tensor.shape)) {
    int64_t expected = 0;
    if (std::optional<int64_t> fixed = (*input.shape)[axis].size)
      expected = *fixed;
    else
      expected = settled.try_emplace(getName(input, axis), size).first->second;
    if (expected != size)
      return fail(fmt::format("expects a constant of size {} in dimension {}, "
                              "found {}",
                              expected, axis, size));
  }
  return Error::success();
}

std::vector<InputDimensions::Size>
DimensionReader::getSizes(const ONNXValueInfo &input) {
  std::vector<InputDimensions::Size> sizes;
  for (auto [axis, dimension] : llvm::enumerate(*input.shape)) {
    if (dimension.size) {
      sizes.push_back(*dimension.size);
      continue;
    }
    std::string name = getName(input, axis);
    if (auto found = settled.find(name); found != settled.end())
      sizes.push_back(found->second);
    else
      sizes.push_back(std::move(name));
  }
  return sizes;
}

Expected<InputDimensions>
InputDimensions::create(const ONNXFile &file, ArrayRef<InputConstant> constants,
                        const ONNXImportOptions &options) {
  DimensionReader reader(file, options);
  if (Error error = reader.readNames())
    return error;
  llvm::StringSet<> initializers;
  for (const ONNXTensor &tensor : file.getInitializers())
    initializers.insert(tensor.name);
  llvm::StringMap<const ONNXTensor *> replaced;
  for (const InputConstant &constant : constants)
    if (!replaced.try_emplace(constant.name, constant.tensor).second)
      return file.makeError("input", constant.name,
                            "expects one constant, found several");
  std::vector<const ONNXValueInfo *> inputs;
  for (const ONNXValueInfo &input : file.getInputs()) {
    if (initializers.contains(input.name))
      continue;
    if (Error error = reader.checkInput(input))
      return error;
    auto constant = replaced.find(input.name);
    if (constant == replaced.end()) {
      inputs.push_back(&input);
      continue;
    }
    if (Error error = reader.bindConstant(input, *constant->second))
      return error;
    replaced.erase(constant);
  }
  if (!replaced.empty())
    return file.makeError("input", replaced.begin()->first(),
                          "expects an input of the graph that is no constant");
  InputDimensions result;
  llvm::StringSet<> seen;
  for (const ONNXValueInfo *input : inputs) {
    std::vector<Size> &sizes = result.sizes[input->name];
    sizes = reader.getSizes(*input);
    for (const Size &size : sizes)
      if (const std::string *symbol = std::get_if<std::string>(&size))
        if (seen.insert(*symbol).second)
          result.symbols.push_back(*symbol);
  }
  return result;
}
