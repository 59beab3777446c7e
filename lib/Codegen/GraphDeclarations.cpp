//===- GraphDeclarations.cpp - A graph's part of its C header -------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphDeclarations.h"
#include "DimensionText.h"
#include "bitnet/Codegen/Codegen.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

#include <fmt/format.h>

using namespace mlir;
using namespace mlir::bitnet;

namespace {
/// Turns names of a model file into identifiers that differ.
class IdentifierTable {
public:
  /// Takes an identifier, so that no name becomes it.
  void reserve(StringRef identifier) { taken.insert(identifier); }

  /// The name with all else than letters and digits as underscores, `kind` in
  /// front if there is no letter to begin with or the beginning is ours, and a
  /// number at the end if there is such an identifier, or word, already.
  std::string add(StringRef name, StringRef kind) {
    std::string stem;
    for (char c : name)
      if (llvm::isAlnum(c))
        stem += c;
      else if (!stem.empty() && stem.back() != '_')
        stem += '_';
    if (stem.empty() || !llvm::isAlpha(stem.front()) ||
        StringRef(stem).starts_with_insensitive("bitnet_"))
      stem = kind.str() + (stem.empty() ? "" : "_") + stem;
    while (stem.back() == '_')
      stem.pop_back();
    std::string identifier = stem;
    for (unsigned count = 2;
         !isIdentifier(identifier) || !taken.insert(identifier).second; ++count)
      identifier = stem + "_" + std::to_string(count);
    return identifier;
  }

private:
  llvm::StringSet<> taken;
};

/// A parameter of `<symbol>_run`.
struct Parameter {
  /// With its type.
  std::string declaration;
  std::string identifier;
  /// Empty: none.
  std::string comment;
};
} // namespace

/// Text that a comment can hold: printable, and without its end.
static std::string escapeComment(StringRef text) {
  std::string result;
  for (char c : text) {
    bool isMark = !result.empty() && ((result.back() == '*' && c == '/') ||
                                      (result.back() == '/' && c == '*'));
    if (isMark)
      result += ' ';
    // A backslash at the end of a line would join the next one to it.
    result += llvm::isPrint(c) || (c & 0x80) ? (c == '\\' ? '/' : c) : ' ';
  }
  return result;
}

/// "float [batch, 10]"
static std::string describeShape(GraphTensorAttr tensor, ArrayAttr symbols) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleaveComma(
      tensor.getDims().getResults(), stream,
      [&](AffineExpr dim) { stream << getDimensionText(dim, symbols); });
  return "[" + text + "]";
}

/// What the identifier leaves open: the shape, the elements unless C's type
/// tells, and the name if it is another.
static Parameter makeTensorParameter(GraphTensorAttr tensor, ArrayAttr symbols,
                                     bool isInput, IdentifierTable &table) {
  Parameter parameter;
  parameter.identifier =
      table.add(tensor.getName(), isInput ? "input" : "output");
  const TensorElement &element = tensor.getElement();
  parameter.declaration =
      fmt::format("{}{} *{}", isInput ? "const " : "", element.cType.str(),
                  parameter.identifier);
  std::string comment = describeShape(tensor, symbols);
  Type type = tensor.getType();
  if (type.isInteger(1))
    comment += ", 0 or 1";
  else if (!type.isF32() && !type.isF64() &&
           (!type.isInteger() || type.getIntOrFloatBitWidth() < 8))
    comment += fmt::format(", {}", element.type.str());
  if (parameter.identifier != tensor.getName())
    comment += fmt::format(", \"{}\"", tensor.getName().str());
  parameter.comment = escapeComment(comment);
  return parameter;
}

static void printParameters(ArrayRef<Parameter> parameters,
                            llvm::raw_ostream &stream) {
  llvm::interleave(
      parameters, stream,
      [&](const Parameter &parameter) {
        stream << "    " << parameter.declaration;
        if (!parameter.comment.empty())
          stream << " /* " << parameter.comment << " */";
      },
      ",\n");
}

/// "  T name[] = {a, b};", or a null pointer: C has no empty arrays.
static void printArray(StringRef type, StringRef pointerType, StringRef name,
                       ArrayRef<Parameter> elements,
                       llvm::raw_ostream &stream) {
  if (elements.empty()) {
    stream << "  " << pointerType << name << " = NULL;\n";
    return;
  }
  stream << "  " << type << name << "[] = {";
  llvm::interleaveComma(elements, stream, [&](const Parameter &parameter) {
    stream << parameter.identifier;
  });
  stream << "};\n";
}

static void printSymbols(ArrayRef<Parameter> symbols,
                         llvm::raw_ostream &stream) {
  printArray("const size_t ", "const size_t *", "bitnet_symbols", symbols,
             stream);
}

void mlir::bitnet::printGraphDeclarations(ModuleOp module, GraphAttr graph,
                                          StringRef symbol,
                                          llvm::raw_ostream &stream) {
  std::string run = (symbol + "_run").str();
  std::string arenaSize = (symbol + "_arena_size").str();
  IdentifierTable table;
  for (StringRef name :
       {symbol, StringRef(run), StringRef(arenaSize), StringRef("arena"),
        StringRef("arena_size"), StringRef("threads")})
    table.reserve(name);

  SmallVector<Parameter> inputs, symbols, outputs;
  ArrayAttr names = graph.getSymbols();
  for (auto name : names.getAsRange<StringAttr>()) {
    std::string identifier = table.add(name, "dim");
    std::string comment =
        identifier == name.getValue() ? "" : escapeComment(name.str());
    symbols.push_back({"size_t " + identifier, identifier, comment});
  }
  for (GraphTensorAttr input : graph.getInputTensors())
    inputs.push_back(
        makeTensorParameter(input, names, /*isInput=*/true, table));
  for (GraphTensorAttr output : graph.getOutputTensors())
    outputs.push_back(
        makeTensorParameter(output, names, /*isInput=*/false, table));

  stream << "/** The graph \"" << escapeComment(graph.getName()) << "\"; for "
         << describeTargets(module) << ". */\n"
         << "extern const bitnet_graph " << symbol << ";\n\n"
         << "/** Bytes of the arena that a run takes; SIZE_MAX if there is no "
            "such arena, or\n    if a dimension is 0. */\n"
         << "static inline size_t " << arenaSize << "(\n";
  if (symbols.empty())
    stream << "    void";
  printParameters(symbols, stream);
  stream << ") {\n";
  printSymbols(symbols, stream);
  stream << "  size_t bitnet_size = SIZE_MAX;\n"
         << "  return bitnet_graph_arena_size(&" << symbol
         << ", bitnet_symbols, &bitnet_size) == BITNET_OK\n"
         << "             ? bitnet_size\n             : SIZE_MAX;\n}\n\n";

  SmallVector<Parameter> all;
  all.append(inputs);
  all.append(symbols);
  all.append(outputs);
  all.push_back({"void *arena", "arena", "aligned to 64 bytes"});
  all.push_back({"size_t arena_size", "arena_size", "in bytes"});
  all.push_back(
      {"bitnet_threads *threads", "threads", "or NULL: this thread only"});
  stream << "/** Runs the graph: bitnet_graph_run with typed arguments. */\n"
         << "static inline bitnet_status " << run << "(\n";
  printParameters(all, stream);
  stream << ") {\n";
  printSymbols(symbols, stream);
  printArray("const void *const ", "const void *const *", "bitnet_inputs",
             inputs, stream);
  printArray("void *const ", "void *const *", "bitnet_outputs", outputs,
             stream);
  stream << "  return bitnet_graph_run(&" << symbol
         << ", bitnet_symbols, bitnet_inputs, bitnet_outputs,\n"
         << "                          arena, arena_size, threads);\n}\n\n";
}
