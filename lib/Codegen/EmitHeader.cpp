//===- EmitHeader.cpp - The C header of a model ---------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RuntimeBitcode.h"
#include "bitnet/Codegen/Codegen.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::bitnet;

bool mlir::bitnet::isIdentifier(StringRef name) {
  static const llvm::StringSet<> keywords = {
      "auto",      "break",    "case",     "char",     "class",    "const",
      "continue",  "default",  "delete",   "do",       "double",   "else",
      "enum",      "explicit", "export",   "extern",   "false",    "float",
      "for",       "friend",   "goto",     "if",       "inline",   "int",
      "long",      "main",     "mutable",  "new",      "operator", "private",
      "protected", "public",   "register", "restrict", "return",   "short",
      "signed",    "sizeof",   "static",   "struct",   "switch",   "template",
      "this",      "throw",    "true",     "try",      "typedef",  "union",
      "unsigned",  "using",    "virtual",  "void",     "volatile", "while"};
  if (name.empty() || llvm::isDigit(name.front()) || keywords.contains(name))
    return false;
  return llvm::all_of(name,
                      [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

void mlir::bitnet::emitHeader(ModuleOp module, StringRef symbol,
                              llvm::raw_ostream &stream) {
  auto model = module->getAttrOfType<ModelAttr>(modelAttrName);
  auto target = module->getAttrOfType<TargetAttr>(targetAttrName);
  std::string guard = symbol.upper() + "_H";
  stream << "/* " << symbol << ".h - A compiled BitNet model.\n"
         << "   Generated together with the object that defines `" << symbol
         << "`; do not edit. */\n"
         << "#ifndef " << guard << "\n#define " << guard << "\n\n"
         << getRuntimeHeader() << "\n"
         << "#if BITNET_ABI_VERSION != 1u\n"
         << "#error \"another version of bitnet/runtime.h was included "
            "before this header\"\n"
         << "#endif\n\n"
         << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
         << "/** " << model.getLayerCount() << " layers of "
         << model.getEmbeddingLength() << " channels, "
         << model.getVocabularySize() << " tokens, context of "
         << model.getContextLength() << "; for " << target.getCpu() << ". */\n"
         << "extern const bitnet_model " << symbol << ";\n\n"
         << "#ifdef __cplusplus\n}\n#endif\n\n"
         << "#endif /* " << guard << " */\n";
}
