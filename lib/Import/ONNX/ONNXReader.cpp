//===- ONNXReader.cpp - Reading ONNX files --------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "bitnet/Import/ONNX/ONNXReader.h"
#include "TensorReader.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <fmt/format.h>
#include <google/protobuf/unknown_field_set.h>

using namespace mlir::bitnet;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;
using llvm::Twine;
using ::onnx::AttributeProto;
namespace pb = google::protobuf;

struct ONNXFile::Storage {
  Storage(StringRef path) : external(path) {}

  ::onnx::ModelProto model;
  /// Tensors of files of their own, and attributes in fields that are newer
  /// than the library.
  std::vector<std::unique_ptr<pb::Message>> messages;
  ExternalData external;
  llvm::BumpPtrAllocator allocator;
};

std::string mlir::bitnet::quoteONNXName(StringRef name) {
  constexpr size_t maximumShown = 200;
  std::string quoted;
  llvm::raw_string_ostream stream(quoted);
  stream << '\'';
  llvm::printEscapedString(name.take_front(maximumShown), stream);
  stream << (name.size() > maximumShown ? "...'" : "'");
  return quoted;
}

int64_t ONNXTensor::getElementCount() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

ONNXFile::ONNXFile(StringRef path)
    : path(path), storage(std::make_unique<Storage>(path)) {}

ONNXFile::~ONNXFile() = default;

Error ONNXFile::makeError(const Twine &message) const {
  return llvm::createStringError(path + ": " + message);
}

Error ONNXFile::makeError(StringRef what, StringRef name,
                          const Twine &message) const {
  return makeError(what + " " + quoteONNXName(name) + ": " + message);
}

//===----------------------------------------------------------------------===//
// Messages to structures
//===----------------------------------------------------------------------===//

namespace mlir::bitnet {
/// Fills in a file from its message.
class ONNXReader {
public:
  explicit ONNXReader(ONNXFile &file) : file(file), storage(*file.storage) {}

  Error read();

private:
  Expected<ONNXAttribute> readAttribute(const AttributeProto &message,
                                        const Twine &where);
  Error readAttributes(const pb::RepeatedPtrField<AttributeProto> &messages,
                       const Twine &where, std::vector<ONNXAttribute> &result);
  Error readNodes(const pb::RepeatedPtrField<::onnx::NodeProto> &messages,
                  std::vector<ONNXNode> &result);
  Error
  readImports(const pb::RepeatedPtrField<::onnx::OperatorSetIdProto> &messages,
              std::vector<ONNXImport> &result);
  Error readFunction(const ::onnx::FunctionProto &message);
  Expected<ONNXValueInfo> readValueInfo(const ::onnx::ValueInfoProto &message,
                                        StringRef what);
  Error readGraph(const ::onnx::GraphProto &graph);

  ONNXFile &file;
  ONNXFile::Storage &storage;
};
} // namespace mlir::bitnet

/// "ai.onnx" is another name of the standard operators' domain.
static StringRef getDomain(StringRef domain) {
  return domain == "ai.onnx" ? "" : domain;
}

/// The strings in a field that the library does not know.
static std::vector<StringRef> getUnknownStrings(const pb::Message &message,
                                                int number) {
  std::vector<StringRef> strings;
  const pb::UnknownFieldSet &fields =
      message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < fields.field_count(); ++i)
    if (const pb::UnknownField &field = fields.field(i);
        field.number() == number &&
        field.type() == pb::UnknownField::TYPE_LENGTH_DELIMITED)
      strings.push_back(field.length_delimited());
  return strings;
}

static StringRef getUnknownString(const pb::Message &message, int number) {
  std::vector<StringRef> strings = getUnknownStrings(message, number);
  return strings.empty() ? StringRef() : strings.back();
}

template <typename Strings>
static std::vector<StringRef> getStrings(const Strings &strings) {
  return std::vector<StringRef>(strings.begin(), strings.end());
}

template <typename Field> static auto getArray(const Field &field) {
  return llvm::ArrayRef(field.data(), field.size());
}

/// The type of an attribute, which files before IR version 2 leave out.
static AttributeProto::AttributeType getType(const AttributeProto &message) {
  if (message.type() != AttributeProto::UNDEFINED)
    return message.type();
  if (message.has_i())
    return AttributeProto::INT;
  if (message.has_f())
    return AttributeProto::FLOAT;
  if (message.has_s())
    return AttributeProto::STRING;
  if (message.has_t())
    return AttributeProto::TENSOR;
  if (message.has_g() || message.graphs_size() > 0)
    return AttributeProto::GRAPH;
  if (message.ints_size() > 0)
    return AttributeProto::INTS;
  if (message.floats_size() > 0)
    return AttributeProto::FLOATS;
  if (message.strings_size() > 0)
    return AttributeProto::STRINGS;
  return AttributeProto::UNDEFINED;
}

Expected<ONNXAttribute> ONNXReader::readAttribute(const AttributeProto &message,
                                                  const Twine &where) {
  using Kind = ONNXAttribute::Kind;
  ONNXAttribute attribute;
  attribute.name = message.name();
  attribute.kind = Kind::Other;
  if (!message.ref_attr_name().empty()) {
    attribute.kind = Kind::Reference;
    attribute.string = message.ref_attr_name();
    return attribute;
  }
  switch (getType(message)) {
  case AttributeProto::INT:
    attribute.kind = Kind::Integer;
    attribute.integer = message.i();
    break;
  case AttributeProto::FLOAT:
    attribute.kind = Kind::Float;
    attribute.number = message.f();
    break;
  case AttributeProto::STRING:
    attribute.kind = Kind::String;
    attribute.string = message.s();
    break;
  case AttributeProto::INTS:
    attribute.kind = Kind::Integers;
    attribute.integers = getArray(message.ints());
    break;
  case AttributeProto::FLOATS:
    attribute.kind = Kind::Floats;
    attribute.numbers = getArray(message.floats());
    break;
  case AttributeProto::STRINGS:
    attribute.kind = Kind::Strings;
    attribute.strings = getStrings(message.strings());
    break;
  case AttributeProto::TENSOR: {
    attribute.kind = Kind::Tensor;
    Expected<ONNXTensor> tensor =
        readTensor(message.t(), storage.external, storage.allocator);
    if (!tensor)
      return file.makeError(where + ": attribute " +
                            quoteONNXName(attribute.name) + ": " +
                            llvm::toString(tensor.takeError()));
    attribute.tensor = std::move(*tensor);
    break;
  }
  case AttributeProto::GRAPH:
  case AttributeProto::GRAPHS:
    attribute.string = "a subgraph";
    break;
  case AttributeProto::SPARSE_TENSOR:
  case AttributeProto::SPARSE_TENSORS:
    attribute.string = "a sparse tensor";
    break;
  case AttributeProto::TENSORS:
    attribute.string = "a list of tensors";
    break;
  case AttributeProto::TYPE_PROTO:
  case AttributeProto::TYPE_PROTOS:
    attribute.string = "a type";
    break;
  case AttributeProto::UNDEFINED:
    attribute.string = "nothing";
    break;
  }
  return attribute;
}

Error ONNXReader::readAttributes(
    const pb::RepeatedPtrField<AttributeProto> &messages, const Twine &where,
    std::vector<ONNXAttribute> &result) {
  result.reserve(messages.size());
  for (const AttributeProto &message : messages) {
    Expected<ONNXAttribute> attribute = readAttribute(message, where);
    if (!attribute)
      return attribute.takeError();
    result.push_back(std::move(*attribute));
  }
  return Error::success();
}

Error ONNXReader::readNodes(
    const pb::RepeatedPtrField<::onnx::NodeProto> &messages,
    std::vector<ONNXNode> &result) {
  // `overload` is a field of NodeProto since IR version 10.
  constexpr int overloadField = 8;
  result.reserve(messages.size());
  for (const ::onnx::NodeProto &message : messages) {
    ONNXNode &node = result.emplace_back();
    node.opType = message.op_type();
    node.label = message.name();
    if (node.label.empty())
      node.label = fmt::format("{}#{}", node.opType.str(), result.size() - 1);
    node.domain = getDomain(message.domain());
    node.overload = getUnknownString(message, overloadField);
    node.inputs = getStrings(message.input());
    node.outputs = getStrings(message.output());
    if (node.opType.empty())
      return file.makeError("node", node.label, "expects an operator");
    if (Error error = readAttributes(message.attribute(),
                                     "node " + quoteONNXName(node.label),
                                     node.attributes))
      return error;
  }
  return Error::success();
}

Error ONNXReader::readImports(
    const pb::RepeatedPtrField<::onnx::OperatorSetIdProto> &messages,
    std::vector<ONNXImport> &result) {
  constexpr int64_t oldest = 1, newest = 25;
  for (const ::onnx::OperatorSetIdProto &message : messages) {
    ONNXImport import = {getDomain(message.domain()), message.version()};
    if (import.domain.empty() &&
        (import.version < oldest || import.version > newest))
      return file.makeError(fmt::format(
          "expects version {} to {} of the standard operators, found {}",
          oldest, newest, import.version));
    if (import.version < 1)
      return file.makeError(
          "operators", import.domain,
          fmt::format("expects a positive version, found {}", import.version));
    result.push_back(import);
  }
  return Error::success();
}

Error ONNXReader::readFunction(const ::onnx::FunctionProto &message) {
  // Fields of FunctionProto since IR versions 9 and 10.
  constexpr int attributeProtoField = 11, overloadField = 13;
  ONNXFunction &function = file.functions.emplace_back();
  function.name = message.name();
  function.domain = getDomain(message.domain());
  function.overload = getUnknownString(message, overloadField);
  function.inputs = getStrings(message.input());
  function.outputs = getStrings(message.output());
  std::string where = "function " + quoteONNXName(function.name);
  for (StringRef bytes : getUnknownStrings(message, attributeProtoField)) {
    auto attribute = std::make_unique<AttributeProto>();
    if (!attribute->ParsePartialFromArray(bytes.data(), bytes.size()))
      return file.makeError(where + ": expects attributes with their values");
    Expected<ONNXAttribute> value = readAttribute(*attribute, where);
    if (!value)
      return value.takeError();
    function.defaults.push_back(std::move(*value));
    storage.messages.push_back(std::move(attribute));
  }
  if (Error error = readImports(message.opset_import(), function.imports))
    return error;
  return readNodes(message.node(), function.nodes);
}

Expected<ONNXValueInfo>
ONNXReader::readValueInfo(const ::onnx::ValueInfoProto &message,
                          StringRef what) {
  ONNXValueInfo info;
  info.name = message.name();
  const ::onnx::TypeProto &type = message.type();
  switch (type.value_case()) {
  case ::onnx::TypeProto::kTensorType:
    break;
  case ::onnx::TypeProto::kSequenceType:
    info.otherKind = "a sequence";
    break;
  case ::onnx::TypeProto::kMapType:
    info.otherKind = "a map";
    break;
  case ::onnx::TypeProto::kOptionalType:
    info.otherKind = "an optional";
    break;
  case ::onnx::TypeProto::kSparseTensorType:
    info.otherKind = "a sparse tensor";
    break;
  default:
    info.otherKind = "no type";
    break;
  }
  const ::onnx::TypeProto::Tensor &tensor = type.tensor_type();
  info.type = static_cast<ONNXElementType>(tensor.elem_type());
  if (!tensor.has_shape())
    return info;
  info.shape.emplace();
  for (const ::onnx::TensorShapeProto::Dimension &message :
       tensor.shape().dim()) {
    ONNXDimension &dimension = info.shape->emplace_back();
    if (message.has_dim_value())
      dimension.size = message.dim_value();
    dimension.name = message.dim_param();
    if (message.has_dim_value() && message.dim_value() < 0)
      return file.makeError(
          what, info.name,
          fmt::format("expects sizes that are not negative, found {}",
                      message.dim_value()));
  }
  return info;
}

Error ONNXReader::readGraph(const ::onnx::GraphProto &graph) {
  for (const ::onnx::TensorProto &message : graph.initializer()) {
    Expected<ONNXTensor> tensor =
        readTensor(message, storage.external, storage.allocator);
    if (!tensor)
      return file.makeError("tensor", message.name(),
                            llvm::toString(tensor.takeError()));
    file.initializers.push_back(std::move(*tensor));
  }
  for (const ::onnx::SparseTensorProto &message : graph.sparse_initializer())
    return file.makeError("tensor", message.values().name(),
                          "expects dense data, found a sparse tensor");
  for (const ::onnx::ValueInfoProto &message : graph.input()) {
    Expected<ONNXValueInfo> info = readValueInfo(message, "input");
    if (!info)
      return info.takeError();
    file.inputs.push_back(std::move(*info));
  }
  for (const ::onnx::ValueInfoProto &message : graph.output()) {
    Expected<ONNXValueInfo> info = readValueInfo(message, "output");
    if (!info)
      return info.takeError();
    file.outputs.push_back(std::move(*info));
  }
  return readNodes(graph.node(), file.nodes);
}

Error ONNXReader::read() {
  const ::onnx::ModelProto &model = storage.model;
  constexpr int64_t oldest = 3;
  if (model.ir_version() < oldest)
    return file.makeError(fmt::format(
        "expects an ONNX file of IR version {} or later, found {}", oldest,
        model.has_ir_version() ? llvm::itostr(model.ir_version()) : "none"));
  if (!model.has_graph())
    return file.makeError("expects a graph, found none");
  if (Error error = readImports(model.opset_import(), file.imports))
    return error;
  file.functions.reserve(model.functions_size());
  for (const ::onnx::FunctionProto &message : model.functions())
    if (Error error = readFunction(message))
      return error;
  return readGraph(model.graph());
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

/// Parses `bytes` of the file at `path`; `what` says what they should be.
static Error parseMessage(llvm::ArrayRef<char> bytes, StringRef path,
                          StringRef what, pb::Message &message) {
  // What is wrong is said once, by us.
  pb::LogSilencer silencer;
  if (message.ParsePartialFromArray(bytes.data(), bytes.size()))
    return Error::success();
  return llvm::createStringError(path + ": expects " + what +
                                 ", found something else or a part of one");
}

static Expected<std::unique_ptr<llvm::MemoryBuffer>>
mapMessage(StringRef path, StringRef what) {
  // Sizes within a message are of type int.
  return mapFile(path, what, std::numeric_limits<int>::max());
}

Expected<std::unique_ptr<ONNXFile>> ONNXFile::open(StringRef path) {
  Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer =
      mapMessage(path, "an ONNX file");
  if (!buffer)
    return buffer.takeError();
  return parse(
      llvm::ArrayRef((*buffer)->getBufferStart(), (*buffer)->getBufferSize()),
      path);
}

Expected<std::unique_ptr<ONNXFile>> ONNXFile::parse(llvm::ArrayRef<char> bytes,
                                                    StringRef path) {
  std::unique_ptr<ONNXFile> file(new ONNXFile(path));
  if (Error error =
          parseMessage(bytes, path, "an ONNX file", file->storage->model))
    return error;
  if (Error error = ONNXReader(*file).read())
    return error;
  return file;
}

Expected<ONNXTensor> ONNXFile::readTensor(StringRef path) {
  constexpr StringRef what = "a serialized tensor";
  Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer = mapMessage(path, what);
  if (!buffer)
    return buffer.takeError();
  auto message = std::make_unique<::onnx::TensorProto>();
  if (Error error = parseMessage(llvm::ArrayRef((*buffer)->getBufferStart(),
                                                (*buffer)->getBufferSize()),
                                 path, what, *message))
    return error;
  ExternalData external(path);
  if (message->data_location() == ::onnx::TensorProto::EXTERNAL)
    return llvm::createStringError(
        path + ": expects the data of the tensor in the file");
  Expected<ONNXTensor> tensor =
      bitnet::readTensor(*message, external, storage->allocator);
  if (!tensor)
    return llvm::createStringError(path + ": " +
                                   llvm::toString(tensor.takeError()));
  storage->messages.push_back(std::move(message));
  return tensor;
}
