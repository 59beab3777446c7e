//===- TokenizerFolderTest.cpp - Tokenizers of folders --------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The folders in test/Data/tokenizers, and what is expected of them, are
// written by python/make_character_tokenizers.py. It can write other texts to
// another folder, which the environment variable BITNET_TOKENIZER_FOLDERS
// names.
//
//===----------------------------------------------------------------------===//
#include "bitnet/Import/HuggingFace/TokenizerFolder.h"
#include "ModelDescriptor.h"
#include "bitnet/Tokenizer/PreTokenizers.h"
#include "bitnet/runtime.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

using namespace llvm;
using namespace mlir::bitnet;

extern "C" const bitnet_model_functions bitnet_runtime_functions;

static std::string readFile(const Twine &path) {
  return cantFail(errorOrToExpected(MemoryBuffer::getFile(path)))
      ->getBuffer()
      .str();
}

namespace {

/// A folder with files of the test's own.
class Folder {
public:
  Folder() { EXPECT_FALSE(sys::fs::createUniqueDirectory("tokenizer", path)); }
  Folder(const Folder &) = delete;
  ~Folder() { sys::fs::remove_directories(path); }

  std::string getPath(StringRef name) const {
    return (path + "/" + name).str();
  }
  void write(StringRef name, StringRef text) {
    std::error_code code;
    raw_fd_ostream(getPath(name), code) << text;
    EXPECT_FALSE(code);
  }
  Expected<std::optional<FolderTokenizer>> read(int64_t size = 10000) const {
    return readTokenizerFolder(path, size);
  }
  /// The message of the error, without the folder.
  std::string getError(int64_t size = 10000) const {
    Expected<std::optional<FolderTokenizer>> tokenizer = read(size);
    if (tokenizer)
      return "no error";
    return toString(tokenizer.takeError()).substr(path.size() + 1);
  }

  SmallString<128> path;
};

/// A model that has a tokenizer and nothing else.
class TokenizerModel {
public:
  explicit TokenizerModel(const TokenizerDescription &description)
      : tables(cantFail(buildTokenizerTables(description))) {
    descriptor.vocabulary_size = description.tokens.size();
    descriptor.tokenizer = tables.data();
    descriptor.tokenizer_size = tables.size();
    model = {&bitnet_runtime_functions, &descriptor};
  }
  TokenizerModel(const TokenizerModel &) = delete;

  std::vector<int32_t> tokenize(StringRef text, uint32_t flags) const {
    std::vector<int32_t> tokens(3 * text.size() + 4);
    size_t count = 0;
    EXPECT_EQ(bitnet_tokenize(&model, text.data(), text.size(), flags,
                              tokens.data(), tokens.size(), &count),
              BITNET_OK);
    tokens.resize(count);
    return tokens;
  }
  std::string detokenize(ArrayRef<int32_t> tokens) const {
    std::string text(64 * tokens.size() + 64, '\0');
    size_t length = 0;
    EXPECT_EQ(bitnet_detokenize(&model, tokens.data(), tokens.size(), 0,
                                text.data(), text.size(), &length),
              BITNET_OK);
    text.resize(length);
    return text;
  }

private:
  std::vector<char> tables;
  bitnet_model_descriptor descriptor = {};
  bitnet_model model;
};

class Data : public ::testing::TestWithParam<const char *> {};

} // namespace

INSTANTIATE_TEST_SUITE_P(Folders, Data,
                         ::testing::Values("sentencepiece-bpe",
                                           "sentencepiece-unigram", "prepend",
                                           "metaspace-first", "metaspace-split",
                                           "no-prefix", "unigram",
                                           "unigram-unknown"));

TEST_P(Data, GivesTheTokensOfTheLibrary) {
  const char *other = std::getenv("BITNET_TOKENIZER_FOLDERS");
  std::string folder =
      (other ? std::string(other) : BITNET_TEST_DATA "/tokenizers") + "/" +
      GetParam();
  Expected<std::optional<FolderTokenizer>> read =
      readTokenizerFolder(folder, 600);
  ASSERT_TRUE(bool(read)) << toString(read.takeError());
  TokenizerModel model((*read)->description);
  // SentencePiece itself never recognises control tokens.
  bool isLibrary = !StringRef(GetParam()).starts_with("sentencepiece");
  json::Value cases =
      cantFail(json::parse(readFile(folder + "/expectations.json")));
  ASSERT_GT(cases.getAsArray()->size(), 90u);
  for (const json::Value &value : *cases.getAsArray()) {
    const json::Object &expected = *value.getAsObject();
    StringRef text = *expected.getString("text");
    std::vector<int32_t> ids;
    for (const json::Value &id : *expected.getArray("ids"))
      ids.push_back(*id.getAsInteger());
    EXPECT_EQ(model.tokenize(text, isLibrary ? BITNET_TOKENIZE_SPECIAL : 0),
              ids)
        << text.str();
    // SentencePiece writes U+2047 for what is unknown.
    if (!llvm::is_contained(ids, 0))
      EXPECT_EQ(model.detokenize(ids), expected.getString("decoded")->str());
  }
}

TEST(TokenizerFolder, NothingThere) {
  Folder folder;
  Expected<std::optional<FolderTokenizer>> tokenizer = folder.read();
  ASSERT_TRUE(bool(tokenizer));
  EXPECT_FALSE(tokenizer->has_value());
}

TEST(TokenizerFolder, ByteLevel) {
  Folder folder;
  folder.write("tokenizer.json",
               readFile(BITNET_TEST_DATA "/storyteller-tokenizer.json"));
  folder.write("config.json",
               R"({"bos_token_id": 4094, "eos_token_id": [4095, 17]})");
  auto tokenizer = std::move(*cantFail(folder.read(4100)));
  const TokenizerDescription &description = tokenizer.description;
  EXPECT_EQ(description.kind, TokenizerKind::BytePair);
  const PreTokenizer *llama = findPreTokenizer("llama-bpe");
  EXPECT_EQ(description.splitPatterns,
            std::vector<std::string>(llama->splitPatterns.begin(),
                                     llama->splitPatterns.end()));
  EXPECT_EQ(description.tokens.size(), 4100u);
  EXPECT_EQ(description.types[4094], 3);
  EXPECT_EQ(description.types[4096], 5);
  EXPECT_EQ(description.tokens[4095], "<|end_of_text|>");
  EXPECT_EQ(description.merges.size(), 3838u);
  EXPECT_EQ(description.bosToken, 4094u);
  EXPECT_EQ(description.eosToken, 4095u);
  EXPECT_EQ(description.endTokens, (std::vector<uint32_t>{4095, 17}));
  EXPECT_FALSE(description.addBos);

  TokenizerModel model(description);
  json::Value cases = cantFail(json::parse(
      readFile(BITNET_TEST_DATA "/storyteller-tokenizer-expectations.json")));
  for (const json::Value &value : *cases.getAsArray()) {
    const json::Object &expected = *value.getAsObject();
    StringRef text = *expected.getString("text");
    std::vector<int32_t> ids;
    for (const json::Value &id : *expected.getArray("ids"))
      ids.push_back(*id.getAsInteger());
    EXPECT_EQ(model.tokenize(text, BITNET_TOKENIZE_SPECIAL), ids);
  }
}

TEST(TokenizerFolder, TooManyTokens) {
  Folder folder;
  folder.write("tokenizer.json",
               readFile(BITNET_TEST_DATA "/storyteller-tokenizer.json"));
  EXPECT_EQ(folder.getError(4095),
            "tokenizer.json: added_tokens[1]: expects an id below 4095, the "
            "number of the model's tokens, for '<|end_of_text|>', found an "
            "object");
}

namespace {

/// A small tokenizer, parts of which are replaced.
class Parts : public ::testing::Test {
protected:
  /// Writes the file with `text` for the part `name`.
  std::string getError(StringRef name, StringRef text) {
    json::Value small = cantFail(json::parse(R"({
      "added_tokens": [{"id": 2, "content": "<s>", "special": true}],
      "pre_tokenizer": {"type": "ByteLevel", "use_regex": true},
      "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 3},
                "merges": ["a b"]}})"));
    json::Object &root = *small.getAsObject();
    if (!name.empty())
      root[name] = cantFail(json::parse(text));
    std::string contents;
    raw_string_ostream(contents) << small;
    folder.write("tokenizer.json", contents);
    std::string error = folder.getError();
    StringRef message = error;
    message.consume_front("tokenizer.json: ");
    return message.str();
  }

  Folder folder;
};

} // namespace

TEST_F(Parts, AreUnderstood) {
  EXPECT_EQ(getError("", ""), "no error");
  for (auto [name, text] : std::vector<std::pair<StringRef, StringRef>>{
           {"normalizer", R"({"type": "NFC"})"},
           {"normalizer", R"({"type": "Sequence", "normalizers": []})"},
           {"truncation", R"({"max_length": 512})"},
           {"decoder", R"({"type": "ByteLevel"})"},
           {"post_processor", R"({"type": "ByteLevel"})"},
           {"post_processor", R"({"type": "TemplateProcessing",
              "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                         {"Sequence": {"id": "A", "type_id": 0}},
                         {"SpecialToken": {"id": "<s>", "type_id": 0}}],
              "special_tokens": {"<s>": {"ids": [2]}}})"},
           {"pre_tokenizer", R"({"type": "Sequence", "pretokenizers": [
              {"type": "Digits", "individual_digits": true},
              {"type": "Punctuation", "behavior": "Contiguous"},
              {"type": "ByteLevel"},
              {"type": "Split", "pattern": {"Regex": "[0-9][0-9][0-9]"},
               "behavior": "Isolated", "invert": false}]})"},
           {"added_tokens", "null"}})
    EXPECT_EQ(getError(name, text), "no error") << text.str();
}

TEST_F(Parts, AreRefused) {
  struct Case {
    StringRef name, text, message;
  };
  for (const Case &part : std::vector<Case>{
           {"extra", "1",
            "extra: expects no such setting (but version, truncation, padding, "
            "added_tokens, normalizer, pre_tokenizer, post_processor, decoder, "
            "model), found 1"},
           {"normalizer", R"({"type": "Lowercase"})",
            "normalizer.type: expects 'NFC', 'Prepend' or 'Replace', found "
            "'Lowercase'"},
           {"normalizer",
            R"({"type": "Sequence", "normalizers": [{"type": "NFC"}, 3]})",
            "normalizer.normalizers[1].type: expects a string, found nothing"},
           {"normalizer", R"({"type": "Prepend", "prepend": "x"})",
            "normalizer.prepend: expects '\xe2\x96\x81', found 'x'"},
           {"pre_tokenizer", "null",
            "pre_tokenizer: expects ByteLevel, or that spaces become "
            "'\xe2\x96\x81', found null"},
           {"pre_tokenizer", R"({"type": "Whitespace"})",
            "pre_tokenizer.type: expects 'ByteLevel', 'Split', 'Digits', "
            "'Punctuation' or 'Metaspace', found 'Whitespace'"},
           {"pre_tokenizer",
            R"({"type": "ByteLevel", "add_prefix_space": true})",
            "pre_tokenizer.add_prefix_space: expects null, found true"},
           {"pre_tokenizer", R"({"type": "Split", "pattern": {"Regex": "a"},
             "behavior": "Removed"})",
            "pre_tokenizer.behavior: expects 'Isolated', found 'Removed'"},
           {"pre_tokenizer", R"({"type": "Sequence", "pretokenizers": [
              {"type": "ByteLevel"}, {"type": "Digits"}]})",
            "pre_tokenizer.pretokenizers[1]: expects no such pattern behind "
            "ByteLevel, found an object"},
           {"pre_tokenizer", R"({"type": "Metaspace", "replacement": "_"})",
            "pre_tokenizer.replacement: expects '\xe2\x96\x81', found '_'"},
           {"model", "3", "model: expects an object, found 3"},
           {"model", R"({"type": "WordPiece"})",
            "model.type: expects 'BPE' or 'Unigram', found 'WordPiece'"},
           {"model", R"({"type": "BPE", "vocab": {"a": -1}, "merges": []})",
            "model.vocab.a: expects an integer from 0 to 2147483647, found -1"},
           {"model", R"({"type": "BPE", "vocab": {"a": 0, "b": 0}})",
            "model.vocab.b: expects another id for 'b' than that of 'a', found "
            "0"},
           {"model", R"({"type": "BPE", "vocab": {"a": 2000000000}})",
            "model.vocab.a: expects an id below 10000, the number of the "
            "model's tokens, for 'a', found 2000000000"},
           {"model", R"({"type": "BPE", "vocab": {}, "merges": 7})",
            "model.merges: expects an array, found 7"},
           {"model", R"({"type": "BPE", "vocab": {}, "merges": [["a"]]})",
            "model.merges[0]: expects two tokens, found an array"},
           {"model", R"({"type": "BPE", "vocab": {}, "dropout": 0.1})",
            "model.dropout: expects null, found 0.1"},
           {"model", R"({"type": "BPE", "vocab": {}, "unk_token": "u"})",
            "model.unk_token: expects a token of the vocabulary, found 'u'"},
           {"model", R"({"type": "Unigram", "vocab": [["a", 1]]})",
            "model.type: expects 'BPE' with ByteLevel, found 'Unigram'"},
           {"added_tokens",
            R"([{"id": 9, "content": "x", "single_word": true}])",
            "added_tokens[0].single_word: expects null, found true"},
           {"added_tokens", R"([{"id": 0, "content": "x"}])",
            "added_tokens[0]: expects another id for 'x' than that of 'a', "
            "found an object"},
           {"added_tokens", R"([{"id": 9, "content": ""}])",
            "added_tokens[0].content: expects a text that is not empty, found "
            "''"},
           {"post_processor", R"({"type": "BertProcessing"})",
            "post_processor.type: expects 'ByteLevel' or 'TemplateProcessing', "
            "found 'BertProcessing'"},
           {"post_processor", R"({"type": "TemplateProcessing", "single": [],
              "special_tokens": {}})",
            "post_processor.single: expects a Sequence, found an array"},
           {"decoder", R"({"type": "WordPiece"})",
            "decoder.type: expects 'ByteLevel', found 'WordPiece'"}})
    EXPECT_EQ(getError(part.name, part.text), part.message.str());
}

TEST(TokenizerFolder, Malformed) {
  Folder folder;
  folder.write("tokenizer.json", "[1");
  EXPECT_TRUE(StringRef(folder.getError())
                  .starts_with("tokenizer.json: expects JSON: "));
  folder.write("tokenizer.json", "{}");
  EXPECT_EQ(folder.getError(),
            "tokenizer.json: pre_tokenizer: expects ByteLevel, or that spaces "
            "become '\xe2\x96\x81', found nothing");
}

TEST(TokenizerFolder, MalformedSentencePiece) {
  std::string good = readFile(BITNET_TEST_DATA
                              "/tokenizers/sentencepiece-bpe/tokenizer.model");
  Folder folder;
  folder.write("tokenizer.model", "hello");
  EXPECT_EQ(folder.getError(),
            "tokenizer.model: expects a model of SentencePiece, found bytes "
            "that are no protocol buffer");
  folder.write("tokenizer.model", "");
  EXPECT_EQ(folder.getError(), "tokenizer.model: expects a model of "
                               "SentencePiece, found no pieces");
  folder.write("tokenizer.model", good);
  EXPECT_EQ(folder.getError(), "no error");
  EXPECT_TRUE(StringRef(folder.getError(599))
                  .starts_with("tokenizer.model: piece 599: expects an id "
                               "below 599, the number of the model's tokens"));
  // No prefix of the file crashes the reader.
  for (size_t size = 1; size < good.size(); size += 97) {
    folder.write("tokenizer.model", StringRef(good).take_front(size));
    EXPECT_NE(folder.getError(), "");
  }
}

TEST(TokenizerFolder, Configuration) {
  Folder folder;
  folder.write("tokenizer.model",
               readFile(BITNET_TEST_DATA
                        "/tokenizers/sentencepiece-bpe/tokenizer.model"));
  folder.write("added_tokens.json", R"({"<pad>": 600, "</line>": 601})");
  folder.write("tokenizer_config.json", R"({
    "bos_token": {"content": "<s>", "lstrip": false}, "eos_token": null,
    "add_bos_token": false, "add_eos_token": true,
    "chat_template": [{"name": "tools", "template": "x"},
                      {"name": "default", "template": "{{ messages }}"}],
    "added_tokens_decoder": {
      "602": {"content": "<end>", "rstrip": true, "special": true}}})");
  folder.write("special_tokens_map.json",
               R"({"eos_token": "<end>", "pad_token": "<pad>"})");
  folder.write("generation_config.json", R"({"eos_token_id": 602})");
  auto tokenizer = std::move(*cantFail(folder.read(700)));
  const TokenizerDescription &description = tokenizer.description;
  EXPECT_EQ(description.kind, TokenizerKind::SentencePiece);
  EXPECT_EQ(description.bosToken, 1u);
  EXPECT_EQ(description.eosToken, 602u);
  EXPECT_EQ(description.paddingToken, 600u);
  EXPECT_EQ(description.endTokens, std::vector<uint32_t>{602});
  EXPECT_FALSE(description.addBos);
  EXPECT_TRUE(description.addEos);
  EXPECT_EQ(tokenizer.chatTemplate, "{{ messages }}");
  TokenizerModel model(description);
  std::vector<int32_t> ids =
      model.tokenize("</line><end>  </line>", BITNET_TOKENIZE_SPECIAL);
  EXPECT_EQ(ids, (std::vector<int32_t>{601, 602, 601}));
  folder.write("chat_template.jinja", "{# newer #}");
  EXPECT_EQ((*cantFail(folder.read(700))).chatTemplate, "{# newer #}");
  folder.write("tokenizer_config.json", R"({"bos_token": "<none>"})");
  EXPECT_EQ(folder.getError(), "tokenizer_config.json: bos_token: expects a "
                               "token of the vocabulary, found '<none>'");
  folder.write("special_tokens_map.json", "{}");
  folder.write("tokenizer_config.json", R"({"add_bos_token": "yes"})");
  EXPECT_EQ(folder.getError(), "tokenizer_config.json: add_bos_token: expects "
                               "true or false, found 'yes'");
}
