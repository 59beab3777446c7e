//===- FlatGraph.cpp - The nodes of a model, without functions ------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FlatGraph.h"
#include "GraphOrder.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <fmt/format.h>
#include <tuple>

using namespace mlir::bitnet;
using llvm::ArrayRef;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

std::string FlatNode::getQualifiedType() const {
  return domain.empty() ? opType.str() : (domain + "." + opType).str();
}

namespace {
/// The names of a graph, or of one call of a function.
struct Scope {
  /// In front of labels of nodes: empty, or the call's with a slash.
  std::string prefix;
  /// Indices of values; -1 for inputs of a function that a call leaves out.
  llvm::StringMap<int64_t> values;
  llvm::StringMap<int64_t> versions;
  /// Of the call, and those that it leaves to their defaults.
  llvm::StringMap<const ONNXAttribute *> attributes;
  /// Null for the graph.
  const ONNXFunction *function = nullptr;
  const Scope *caller = nullptr;
};

class Flattener {
public:
  explicit Flattener(const ONNXFile &file) : file(file) {}

  Expected<FlatGraph> run(ArrayRef<InputConstant> constants);

private:
  using FunctionKey = std::tuple<StringRef, StringRef, StringRef>;

  Error readFunctions();
  Error addInputs(Scope &scope, ArrayRef<InputConstant> constants);
  /// A value that `what` of this name defines.
  Expected<int64_t> define(Scope &scope, StringRef what, StringRef name);
  Error addVersions(Scope &scope, ArrayRef<ONNXImport> imports);
  Error addNodes(Scope &scope, ArrayRef<ONNXNode> nodes);
  Error addNode(Scope &scope, const ONNXNode &node, FlatNode flat);
  /// Adds what inlining a call makes to `work`; an error if it is too much.
  Error countWork(const ONNXFunction &function, const FlatNode &call);
  Error addCall(const Scope &caller, const ONNXFunction &function,
                FlatNode call);
  Error resolveAttributes(const Scope &scope, const ONNXNode &node,
                          FlatNode &flat);
  const ONNXFunction *lookupFunction(const ONNXNode &node) const;
  void append(FlatNode node);
  /// Replaces results of calls by what the functions return.
  Error resolveAliases();

  const ONNXFile &file;
  std::vector<std::pair<FunctionKey, const ONNXFunction *>> functions;
  FlatGraph graph;
  uint64_t work = 0;
};
} // namespace

/// The label of a node in a scope; functions may repeat long ones often.
static std::string getLabel(const Scope &scope, StringRef label) {
  constexpr size_t maximumLength = 256;
  if (scope.prefix.empty())
    return label.str();
  return scope.prefix + label.take_front(maximumLength).str();
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

Error Flattener::readFunctions() {
  for (const ONNXFunction &function : file.getFunctions())
    functions.push_back(
        {{function.domain, function.name, function.overload}, &function});
  llvm::sort(functions, llvm::less_first());
  auto twice =
      std::adjacent_find(functions.begin(), functions.end(),
                         [](auto &a, auto &b) { return a.first == b.first; });
  if (twice != functions.end())
    return file.makeError("function", twice->second->name,
                          "expects one definition, found several");
  return Error::success();
}

const ONNXFunction *Flattener::lookupFunction(const ONNXNode &node) const {
  FunctionKey key(node.domain, node.opType, node.overload);
  auto found = llvm::lower_bound(functions, key,
                                 [](const auto &entry, const FunctionKey &key) {
                                   return entry.first < key;
                                 });
  return found != functions.end() && found->first == key ? found->second
                                                         : nullptr;
}

Error Flattener::countWork(const ONNXFunction &function, const FlatNode &call) {
  // Functions that call functions twice would make any number of nodes.
  constexpr uint64_t maximumWork = 1 << 20;
  work += 1 + call.attributes.size() + function.inputs.size() +
          function.outputs.size() + function.defaults.size() +
          function.imports.size();
  for (const ONNXNode &node : function.nodes)
    work +=
        1 + node.inputs.size() + node.outputs.size() + node.attributes.size();
  if (work <= maximumWork)
    return Error::success();
  return file.makeError(fmt::format("expects functions that make at most {} "
                                    "nodes, operands and attributes",
                                    maximumWork));
}

Error Flattener::addCall(const Scope &caller, const ONNXFunction &function,
                         FlatNode call) {
  // A chain of functions may be long without recursion, too.
  constexpr int maximumDepth = 64;
  int depth = 0;
  for (const Scope *scope = &caller; scope; scope = scope->caller) {
    if (scope->function == &function)
      return file.makeError("node", call.label,
                            "expects functions that do not call themselves, "
                            "found " +
                                quoteONNXName(function.name));
    if (++depth > maximumDepth)
      return file.makeError(
          "node", call.label,
          fmt::format("expects functions in at most {} others", maximumDepth));
  }
  if (call.inputs.size() > function.inputs.size() ||
      call.outputs.size() > function.outputs.size())
    return file.makeError(
        "node", call.label,
        fmt::format("expects at most {} inputs and {} outputs of function {}, "
                    "found {} and {}",
                    function.inputs.size(), function.outputs.size(),
                    quoteONNXName(function.name), call.inputs.size(),
                    call.outputs.size()));

  Scope scope;
  constexpr size_t maximumPrefix = 1024;
  scope.prefix = call.label.substr(0, maximumPrefix) + "/";
  if (Error error = countWork(function, call))
    return error;
  for (const FlatAttribute &attribute : call.attributes)
    scope.attributes.try_emplace(attribute.name, attribute.value);
  for (const ONNXAttribute &attribute : function.defaults)
    scope.attributes.try_emplace(attribute.name, &attribute);
  scope.function = &function;
  scope.caller = &caller;
  if (Error error = addVersions(scope, function.imports))
    return error;
  for (auto [index, name] : llvm::enumerate(function.inputs)) {
    int64_t value = index < call.inputs.size() ? call.inputs[index] : -1;
    if (!scope.values.try_emplace(name, value).second)
      return file.makeError("function", function.name,
                            "expects inputs of different names, found " +
                                quoteONNXName(name) + " twice");
  }
  if (Error error = addNodes(scope, function.nodes))
    return error;
  for (auto [name, output] : llvm::zip(function.outputs, call.outputs)) {
    if (output < 0)
      continue;
    auto found = scope.values.find(name);
    if (found == scope.values.end() || found->second < 0)
      return file.makeError("function", function.name,
                            "expects output " + quoteONNXName(name) +
                                ", which nothing defines");
    graph.values[output].alias = found->second;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

void Flattener::append(FlatNode node) {
  for (int64_t output : node.outputs)
    if (output >= 0)
      graph.values[output].node = graph.nodes.size();
  graph.nodes.push_back(std::move(node));
}

Expected<int64_t> Flattener::define(Scope &scope, StringRef what,
                                    StringRef name) {
  int64_t value = graph.values.size();
  if (!scope.values.try_emplace(name, value).second)
    return file.makeError("value", name,
                          "expects one definition, found another by " + what);
  graph.values.push_back({name});
  return value;
}

Error Flattener::resolveAttributes(const Scope &scope, const ONNXNode &node,
                                   FlatNode &flat) {
  llvm::StringSet<> names;
  for (const ONNXAttribute &attribute : node.attributes) {
    if (!names.insert(attribute.name).second)
      return file.makeError("node", flat.label,
                            "expects attribute " +
                                quoteONNXName(attribute.name) + " once");
    if (attribute.kind != ONNXAttribute::Kind::Reference) {
      flat.attributes.push_back({attribute.name, &attribute});
      continue;
    }
    if (!scope.function)
      return file.makeError("node", flat.label,
                            "expects a value of attribute " +
                                quoteONNXName(attribute.name) +
                                ", found a reference outside a function");
    // What the call leaves out, the node does without.
    if (const ONNXAttribute *given = scope.attributes.lookup(attribute.string))
      flat.attributes.push_back({attribute.name, given});
  }
  return Error::success();
}

Error Flattener::addNode(Scope &scope, const ONNXNode &node, FlatNode flat) {
  for (StringRef name : node.inputs) {
    if (name.empty()) {
      flat.inputs.push_back(-1);
      continue;
    }
    auto found = scope.values.find(name);
    if (found == scope.values.end())
      return file.makeError("node", flat.label,
                            "reads " + quoteONNXName(name) +
                                ", which nothing defines");
    flat.inputs.push_back(found->second);
  }
  if (Error error = resolveAttributes(scope, node, flat))
    return error;
  if (const ONNXFunction *function = lookupFunction(node))
    return addCall(scope, *function, std::move(flat));
  auto version = scope.versions.find(node.domain);
  if (version == scope.versions.end())
    return file.makeError(
        "node", flat.label,
        "expects a version of the " +
            (node.domain.empty() ? "standard operators"
                                 : "operators " + quoteONNXName(node.domain)) +
            " among the imports, found none");
  flat.version = version->second;
  append(std::move(flat));
  return Error::success();
}

Error Flattener::addNodes(Scope &scope, ArrayRef<ONNXNode> nodes) {
  // Nodes may stand in any order: all names first.
  std::vector<FlatNode> flatNodes(nodes.size());
  for (auto [node, flat] : llvm::zip(nodes, flatNodes)) {
    flat.label = getLabel(scope, node.label);
    flat.opType = node.opType;
    flat.domain = node.domain;
    for (StringRef name : node.outputs) {
      if (name.empty()) {
        flat.outputs.push_back(-1);
        continue;
      }
      Expected<int64_t> value =
          define(scope, "node " + quoteONNXName(flat.label), name);
      if (!value)
        return value.takeError();
      flat.outputs.push_back(*value);
    }
  }
  for (auto [node, flat] : llvm::zip(nodes, flatNodes))
    if (Error error = addNode(scope, node, std::move(flat)))
      return error;
  return Error::success();
}

//===----------------------------------------------------------------------===//
// The graph
//===----------------------------------------------------------------------===//

Error Flattener::addVersions(Scope &scope, ArrayRef<ONNXImport> imports) {
  for (const ONNXImport &import : imports) {
    auto [entry, isNew] =
        scope.versions.try_emplace(import.domain, import.version);
    if (!isNew && entry->second != import.version)
      return file.makeError(
          "operators", import.domain,
          fmt::format("expects one version among the imports, found {} and {}",
                      entry->second, import.version));
  }
  return Error::success();
}

Error Flattener::addInputs(Scope &scope, ArrayRef<InputConstant> constants) {
  auto addConstant = [&](StringRef what, StringRef name,
                         const ONNXTensor &tensor) -> Error {
    if (name.empty())
      return file.makeError("expects tensors with names, found one without");
    Expected<int64_t> value = define(scope, what, name);
    if (!value)
      return value.takeError();
    graph.values[*value].constant = &tensor;
    return Error::success();
  };
  for (const ONNXTensor &tensor : file.getInitializers())
    if (Error error = addConstant("an initializer", tensor.name, tensor))
      return error;
  llvm::StringSet<> inputs;
  for (const ONNXValueInfo &input : file.getInputs()) {
    if (input.name.empty())
      return file.makeError("expects inputs with names, found one without");
    if (!inputs.insert(input.name).second)
      return file.makeError("input", input.name,
                            "expects one definition, found another");
    // Up to IR version 3, initializers are inputs too.
    if (scope.values.contains(input.name))
      continue;
    const auto *constant =
        llvm::find_if(constants, [&](const InputConstant &c) {
          return c.name == input.name;
        });
    Expected<int64_t> value = define(scope, "an input", input.name);
    if (!value)
      return value.takeError();
    if (constant != constants.end())
      graph.values[*value].constant = constant->tensor;
    else
      graph.values[*value].input = &input;
  }
  return Error::success();
}

Error Flattener::resolveAliases() {
  auto resolve = [&](int64_t &index) -> Error {
    // A function may return what the caller gave it: the result of a call.
    size_t steps = 0;
    int64_t value = index;
    while (value >= 0 && graph.values[value].alias >= 0) {
      value = graph.values[value].alias;
      if (++steps > graph.values.size())
        return file.makeError("value", graph.values[value].name,
                              "expects a definition, found only itself");
    }
    for (int64_t next = index; next != value;) {
      int64_t following = graph.values[next].alias;
      graph.values[next].alias = value;
      next = following;
    }
    index = value;
    return Error::success();
  };
  for (FlatNode &node : graph.nodes)
    for (int64_t &input : node.inputs)
      if (Error error = resolve(input))
        return error;
  for (int64_t &output : graph.outputs)
    if (Error error = resolve(output))
      return error;
  return Error::success();
}

Expected<FlatGraph> Flattener::run(ArrayRef<InputConstant> constants) {
  Scope scope;
  if (Error error = readFunctions())
    return error;
  if (Error error = addVersions(scope, file.getImports()))
    return error;
  if (Error error = addInputs(scope, constants))
    return error;
  if (Error error = addNodes(scope, file.getNodes()))
    return error;
  if (file.getOutputs().empty())
    return file.makeError("expects a graph with outputs, found none");
  for (const ONNXValueInfo &output : file.getOutputs()) {
    auto found = scope.values.find(output.name);
    if (found == scope.values.end())
      return file.makeError("output", output.name,
                            "expects a value, which nothing defines");
    graph.outputs.push_back(found->second);
  }
  if (Error error = resolveAliases())
    return error;
  if (Error error = sortNodes(file, graph))
    return error;
  return std::move(graph);
}

Expected<FlatGraph> mlir::bitnet::flatten(const ONNXFile &file,
                                          ArrayRef<InputConstant> constants) {
  return Flattener(file).run(constants);
}
