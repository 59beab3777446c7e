//===- ONNXReader.h - ONNX files, checked -----------------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads models of IR version 3 and later. What a message of the format holds is
// seen through plain structures, whose names, numbers and tensor data are views
// of the parsed message, or of a map of external data, and live as long as the
// ONNXFile. Whatever the bytes are, opening ends with a file in which every
// tensor has the data that its type and shape need, or with one error. Names
// and references between nodes are as the file has them, unchecked.
//
// All errors read `<path>: <what> '<name>': expects ..., found ...`.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_IMPORT_ONNX_ONNXREADER_H
#define BITNET_IMPORT_ONNX_ONNXREADER_H

#include "bitnet/Import/ONNX/ONNXElementType.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlir::bitnet {

/// A tensor with its elements.
struct ONNXTensor {
  llvm::StringRef name;
  /// A type with stored bits.
  ONNXElementType type;
  /// Extents of 0 and more, slowest first; their product fits int64_t.
  llvm::SmallVector<int64_t, 4> shape;
  /// The elements in row-major order, little-endian. Those of 4 and 2 bits
  /// follow each other from the low bits of a byte to the high ones.
  llvm::ArrayRef<char> bytes;

  /// The product of the extents.
  int64_t getElementCount() const;
};

/// A size of an input: a number, or symbolic.
struct ONNXDimension {
  /// Nothing: the size is symbolic.
  std::optional<int64_t> size;
  /// Of a symbolic size; may be empty.
  llvm::StringRef name;
};

/// An input or output of the graph.
struct ONNXValueInfo {
  llvm::StringRef name;
  /// What it is if it is no dense tensor, such as "sequence"; else empty.
  llvm::StringRef otherKind;
  ONNXElementType type;
  /// Nothing: the file does not say how many dimensions there are.
  std::optional<std::vector<ONNXDimension>> shape;
};

/// An attribute of a node.
struct ONNXAttribute {
  enum class Kind {
    Integer,
    Float,
    String,
    Tensor,
    Integers,
    Floats,
    Strings,
    /// In a function: the attribute called `string` of the calling node.
    Reference,
    /// What no graph can have; `string` says what it is.
    Other,
  };
  llvm::StringRef name;
  Kind kind;
  int64_t integer = 0;
  float number = 0;
  llvm::StringRef string;
  llvm::ArrayRef<int64_t> integers;
  llvm::ArrayRef<float> numbers;
  std::vector<llvm::StringRef> strings;
  std::optional<ONNXTensor> tensor;
};

/// A node of the graph or of a function.
struct ONNXNode {
  /// The node's name, or `OpType#index` if it has none.
  std::string label;
  llvm::StringRef opType;
  /// Empty for the standard operators, also where the file has "ai.onnx".
  llvm::StringRef domain;
  /// Which of several functions of the same name is called.
  llvm::StringRef overload;
  /// Names of values; empty where one is left out.
  std::vector<llvm::StringRef> inputs;
  std::vector<llvm::StringRef> outputs;
  std::vector<ONNXAttribute> attributes;
};

/// A set of operators that nodes use.
struct ONNXImport {
  /// Empty for the standard operators.
  llvm::StringRef domain;
  /// Positive; for the standard operators, in [7, 25].
  int64_t version;
};

/// An operator that the file defines by nodes.
struct ONNXFunction {
  llvm::StringRef name;
  llvm::StringRef domain;
  llvm::StringRef overload;
  std::vector<llvm::StringRef> inputs;
  std::vector<llvm::StringRef> outputs;
  /// Values of attributes that a call may leave out.
  std::vector<ONNXAttribute> defaults;
  std::vector<ONNXImport> imports;
  std::vector<ONNXNode> nodes;
};

/// An ONNX file that has been read.
class ONNXFile {
public:
  /// Reads the regular file at `path`, of at most 2 GiB, and maps the files of
  /// external data that it names in its folder or below.
  static llvm::Expected<std::unique_ptr<ONNXFile>> open(llvm::StringRef path);
  /// Reads `bytes`, less than 2 GiB, as the file at `path`: that is for
  /// messages, and its folder for external data.
  static llvm::Expected<std::unique_ptr<ONNXFile>>
  parse(llvm::ArrayRef<char> bytes, llvm::StringRef path);
  ~ONNXFile();

  llvm::StringRef getPath() const { return path; }
  llvm::ArrayRef<ONNXImport> getImports() const { return imports; }
  llvm::ArrayRef<ONNXFunction> getFunctions() const { return functions; }
  llvm::ArrayRef<ONNXTensor> getInitializers() const { return initializers; }
  llvm::ArrayRef<ONNXValueInfo> getInputs() const { return inputs; }
  llvm::ArrayRef<ONNXValueInfo> getOutputs() const { return outputs; }
  llvm::ArrayRef<ONNXNode> getNodes() const { return nodes; }

  /// Reads the tensor that is alone in the regular file at `path`; its data
  /// lives as long as this.
  llvm::Expected<ONNXTensor> readTensor(llvm::StringRef path);

  /// An error about the file.
  llvm::Error makeError(const llvm::Twine &message) const;
  /// An error about the node, tensor, ... (`what`) called `name`.
  llvm::Error makeError(llvm::StringRef what, llvm::StringRef name,
                        const llvm::Twine &message) const;

private:
  friend class ONNXReader;
  /// What the views are of: messages, maps, and arrays that had to be made.
  struct Storage;
  ONNXFile(llvm::StringRef path);

  std::string path;
  std::unique_ptr<Storage> storage;
  std::vector<ONNXImport> imports;
  std::vector<ONNXFunction> functions;
  std::vector<ONNXTensor> initializers;
  std::vector<ONNXValueInfo> inputs;
  std::vector<ONNXValueInfo> outputs;
  std::vector<ONNXNode> nodes;
};

/// `name` in single quotes, escaped, and shortened if it is long.
std::string quoteONNXName(llvm::StringRef name);

} // namespace mlir::bitnet

#endif // BITNET_IMPORT_ONNX_ONNXREADER_H
