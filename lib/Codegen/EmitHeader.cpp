//===- EmitHeader.cpp - The C header of a model ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "GraphDeclarations.h"
#include "RuntimeBitcode.h"
#include "bitnet/Codegen/Codegen.h"
#include "bitnet/common.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::bitnet;

/// Words that C, C++ or the header above give another meaning.
static bool isReserved(StringRef name) {
  static const llvm::StringSet<> words = {
      // C23 and C++23 keywords, and the alternative spellings of operators.
      "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor",
      "bool", "break", "case", "catch", "char", "char16_t", "char32_t",
      "char8_t", "class", "co_await", "co_return", "co_yield", "compl",
      "concept", "const", "const_cast", "consteval", "constexpr", "constinit",
      "continue", "decltype", "default", "delete", "do", "double",
      "dynamic_cast", "else", "enum", "explicit", "export", "extern", "false",
      "float", "for", "friend", "goto", "if", "inline", "int", "long",
      "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr",
      "operator", "or", "or_eq", "private", "protected", "public", "register",
      "reinterpret_cast", "requires", "restrict", "return", "short", "signed",
      "sizeof", "static", "static_assert", "static_cast", "struct", "switch",
      "template", "this", "thread_local", "throw", "true", "try", "typedef",
      "typeid", "typename", "typeof", "typeof_unqual", "union", "unsigned",
      "using", "virtual", "void", "volatile", "wchar_t", "while", "xor",
      "xor_eq",
      // What the header declares or includes, and what programs must define.
      "main", "NULL", "size_t", "ptrdiff_t", "max_align_t", "nullptr_t",
      "offsetof", "unreachable",
      // Macros of compilers that do not keep to the standard.
      "linux", "unix", "i386",
      // What objects need from the C library.
      "memcpy", "memset", "memmove", "memcmp", "malloc", "free",
      "aligned_alloc", "pthread_create", "pthread_join", "syscall",
      "clock_gettime", "getenv"};
  return words.contains(name) || name.starts_with("bitnet_") ||
         name.starts_with("BITNET_") || name.starts_with("_") ||
         (name.contains("int") && name.ends_with("_t"));
}

bool mlir::bitnet::isIdentifier(StringRef name) {
  if (name.empty() || llvm::isDigit(name.front()) || isReserved(name))
    return false;
  return llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

/// The size of a language model, as a comment.
static void printModelComment(ModuleOp module, llvm::raw_ostream &stream) {
  auto model = module->getAttrOfType<ModelAttr>(modelAttrName);
  stream << "/** " << model.getLayerCount() << " layers of "
         << model.getEmbeddingLength() << " channels, "
         << model.getVocabularySize() << " tokens, context of "
         << model.getContextLength() << "; for " << describeTargets(module)
         << ". */\n";
}

void mlir::bitnet::emitHeader(ModuleOp module, StringRef symbol,
                              llvm::raw_ostream &stream) {
  auto graph = module->getAttrOfType<GraphAttr>(graphAttrName);
  std::string guard = symbol.upper() + "_H";
  stream << "/* " << symbol << ".h - A compiled BitNet "
         << (graph ? "graph" : "model") << ".\n"
         << "   Generated together with the object that defines `" << symbol
         << "`; do not edit. */\n"
         << "#ifndef " << guard << "\n#define " << guard << "\n\n"
         << (graph ? getGraphHeader() : getRuntimeHeader()) << "\n"
         << "#if BITNET_ABI_VERSION != " << BITNET_ABI_VERSION << "u\n"
         << "#error \"another version of the BitNet interface was included "
            "before this header\"\n"
         << "#endif\n\n"
         << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  if (graph) {
    printGraphDeclarations(module, graph, symbol, stream);
  } else {
    printModelComment(module, stream);
    stream << "extern const bitnet_model " << symbol << ";\n\n";
  }
  stream << "#ifdef __cplusplus\n}\n#endif\n\n"
         << "#endif /* " << guard << " */\n";
}
