//===- PreTokenizers.cpp - Pre-tokenizers by name -------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The patterns are those that the models were trained with. What they do not
// match is a piece as well, so that the alternative "\s+" after "\s+(?!\S)"
// makes no difference and some lists leave it out.
//
//===----------------------------------------------------------------------===//
#include "bitnet/Tokenizer/PreTokenizers.h"

using namespace llvm;
using namespace mlir::bitnet;

namespace {

/// Names that mean the same.
struct Entry {
  ArrayRef<StringLiteral> names;
  PreTokenizer preTokenizer;
};

} // namespace

#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define WORD R"([^\r\n\p{L}\p{N}]?\p{L}+)"
#define PUNCTUATION R"( ?[^\s\p{L}\p{N}]+[\r\n]*)"
#define SPACES R"(\s*[\r\n]+|\s+(?!\S)|\s+)"
#define GPT2                                                                   \
  R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|)"           \
  R"(\s+(?!\S)|\s+)"
// Words in which upper case comes before lower case.
#define CASED_WORD                                                             \
  R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*)"                      \
  R"([\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
#define UPPER_WORD                                                             \
  R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+)"                      \
  R"([\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
#define PUNCTUATION_AND_SLASHES R"( ?[^\s\p{L}\p{N}]+[\r\n/]*)"
// Han, and for the first models of DeepSeek what lies before it and Hangul.
#define EAST_ASIAN R"([\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+)"
#define HAN_AND_KANA R"([\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+)"

static constexpr StringLiteral llama3Names[] = {
    "llama-bpe", "llama3",   "llama-v3", "falcon3",     "falcon-h1",
    "pixtral",   "midm-2.0", "lfm2",     "jina-v5-nano"};
static constexpr StringLiteral llama3[] = {
    CONTRACTIONS "|" WORD R"(|\p{N}{1,3}|)" PUNCTUATION "|" SPACES};
static constexpr StringLiteral llama3VariantNames[] = {"dbrx", "smaug-bpe",
                                                       "glm4", "chatglm-bpe"};

static constexpr StringLiteral qwen2Names[] = {
    "qwen2",  "deepseek-r1-qwen", "kormo",      "f2llmv2", "stablelm2",
    "megrez", "hunyuan",          "solar-open", "grok-2"};
static constexpr StringLiteral qwen2[] = {
    CONTRACTIONS "|" WORD R"(|\p{N}|)" PUNCTUATION "|" SPACES};
static constexpr StringLiteral qwen35Names[] = {"qwen35"};
static constexpr StringLiteral qwen35[] = {
    CONTRACTIONS R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}|)"
                 R"( ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|)" SPACES};

static constexpr StringLiteral gpt2Names[] = {
    "gpt-2",      "phi-2",      "olmo",        "mpt",
    "jais",       "gigachat",   "jina-es",     "jina-de",
    "jina-v2-es", "jina-v2-de", "modern-bert", "a.x-4.0",
    "mellum",     "exaone4",    "trillion",    "granite-docling"};
static constexpr StringLiteral gpt2[] = {GPT2};

static constexpr StringLiteral starcoderNames[] = {
    "starcoder", "refact", "command-r",  "smollm",
    "codeshell", "exaone", "minerva-7b", "mellum2"};
static constexpr StringLiteral starcoder[] = {R"(\p{N})", GPT2};

static constexpr StringLiteral falconNames[] = {"falcon"};
static constexpr StringLiteral falcon[] = {R"([\p{P}\$\+<=>\^~\|`]+)", GPT2,
                                           "[0-9][0-9][0-9]"};

static constexpr StringLiteral defaultNames[] = {"default"};
static constexpr StringLiteral defaultPatterns[] = {
    R"([\p{P}\$\+<=>\^~\|]+)", GPT2, R"(\p{N}+)", "[0-9][0-9][0-9]"};

static constexpr StringLiteral deepseekLLMNames[] = {"deepseek-llm"};
// In the model's files the fourth pattern is "\s+$", for pieces without line
// ends. That alone would look for the end again from every character of a run
// of spaces. With an alternative for what is before the last run, which is a
// piece all the same, the time is linear.
static constexpr StringLiteral deepseekLLM[] = {
    R"([\r\n])",
    R"(\s?[)"
    R"(A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF)"
    R"(\u01C4-\u0293\u0295-\u02AF\u0370-\u0373\u0376\u0377\u037B-\u037D)"
    R"(\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5)"
    R"(\u03F7-\u0481\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5)"
    R"(\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77)"
    R"(\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D)"
    R"(\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4)"
    R"(\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3)"
    R"(\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107)"
    R"(\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D)"
    R"(\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184)"
    R"(\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D)"
    R"(\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF)"
    R"(\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A)"
    R"(\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB})"
    R"(\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF})"
    R"(\x{1E900}-\x{1E943})"
    "]+",
    R"(\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+)",
    R"(\s+(?!\s|\S)|(?:\s*\S)+)",
    EAST_ASIAN,
    R"(\p{N}+)"};

static constexpr StringLiteral deepseekCoderNames[] = {"deepseek-coder"};
static constexpr StringLiteral deepseekCoder[] = {
    R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", EAST_ASIAN, R"(\p{N})"};

static constexpr StringLiteral deepseek3Names[] = {
    "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"};
static constexpr StringLiteral deepseek3[] = {
    R"(\p{N}{1,3})", HAN_AND_KANA,
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|)"
    R"([^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|)" SPACES};

static constexpr StringLiteral tekkenNames[] = {"tekken"};
static constexpr StringLiteral tekken[] = {
    CASED_WORD "|" UPPER_WORD R"(|\p{N}|)" PUNCTUATION_AND_SLASHES "|" SPACES};

static constexpr StringLiteral gpt4oNames[] = {"gpt-4o", "llama4", "kanana2",
                                               "talkie", "minimax-m2"};
static constexpr StringLiteral gpt4o[] = {
    CASED_WORD CONTRACTIONS "?|" UPPER_WORD CONTRACTIONS
                            R"(?|\p{N}{1,3}|)" PUNCTUATION_AND_SLASHES
                            "|" SPACES};

static constexpr StringLiteral bailingNames[] = {"bailingmoe", "bailingmoe2",
                                                 "llada-moe"};
static constexpr StringLiteral bailing[] = {
    R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}|)"
    R"( ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)"};

static constexpr StringLiteral seedCoderNames[] = {"seed-coder"};
static constexpr StringLiteral seedCoder[] = {
    CONTRACTIONS "|" WORD R"(|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|)" SPACES};

static constexpr StringLiteral bloomNames[] = {"bloom", "gpt3-finnish",
                                               "poro-chat"};
static constexpr StringLiteral bloom[] = {
    R"( ?[^(\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+)"};
static constexpr StringLiteral vikingNames[] = {"viking"};
static constexpr StringLiteral viking[] = {bloom[0], R"(\p{N})"};

/// What belongs to a pre-tokenizer beside its patterns.
enum Traits : unsigned { None = 0, IgnoreMerges = 1, AddBos = 2 };

static Entry makeEntry(ArrayRef<StringLiteral> names,
                       ArrayRef<StringLiteral> patterns,
                       unsigned traits = None) {
  return {names,
          {patterns, (traits & IgnoreMerges) != 0, (traits & AddBos) != 0}};
}

static ArrayRef<Entry> getEntries() {
  static const Entry entries[] = {
      makeEntry(llama3Names, llama3, IgnoreMerges | AddBos),
      makeEntry(qwen2Names, qwen2),
      makeEntry(gpt2Names, gpt2),
      makeEntry(falconNames, falcon),
      makeEntry(starcoderNames, starcoder),
      makeEntry(deepseekLLMNames, deepseekLLM),
      makeEntry(deepseekCoderNames, deepseekCoder),
      makeEntry(deepseek3Names, deepseek3),
      makeEntry(defaultNames, defaultPatterns),
      makeEntry(llama3VariantNames, llama3),
      makeEntry(qwen35Names, qwen35),
      makeEntry(tekkenNames, tekken, IgnoreMerges | AddBos),
      makeEntry(gpt4oNames, gpt4o),
      makeEntry(bailingNames, bailing),
      makeEntry(seedCoderNames, seedCoder),
      makeEntry(bloomNames, bloom),
      makeEntry(vikingNames, viking)};
  return entries;
}

const PreTokenizer *mlir::bitnet::findPreTokenizer(StringRef name) {
  for (const Entry &entry : getEntries())
    for (StringRef other : entry.names)
      if (name == other)
        return &entry.preTokenizer;
  return nullptr;
}

std::vector<StringRef> mlir::bitnet::getPreTokenizerNames() {
  std::vector<StringRef> names;
  for (const Entry &entry : getEntries())
    names.insert(names.end(), entry.names.begin(), entry.names.end());
  return names;
}
