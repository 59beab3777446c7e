//===- ChatTemplateFormat.h - A compiled chat template ------------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The contract between the compiler, which turns a template in Jinja's language
// into a program (lib/ChatTemplate), and the runtime, which runs it
// (ChatMachine.c). It is one block of read-only data, trusted because the
// compiler made it, of 32-bit little-endian words:
//
//   BitNetChatHeader
//   code     u32 [code_count]        instructions, see below
//   lines    u32 [code_count]        the template's line of each word of code
//   strings  BitNetChatString [string_count]
//   macros   BitNetChatMacro [macro_count]
//   inputs   u32 [BitNetChatInputs]  the variable of each BitNetChatInput, or
//                                    all ones: the template does not use it
//   texts    u8 [text_size]          of all strings, padded to a multiple of 4
//
// Offsets in the header are in bytes from the block's start, offsets of strings
// from the start of `texts`.
//
// An instruction has its BitNetChatOp in bits 7..0 and its operand in bits
// 31..8. The machine has a stack of values; "a b -> c" says that an instruction
// takes b, then a, from the stack and puts c onto it. A variable is a number,
// with BITNET_CHAT_LOCAL set if it belongs to a macro's call.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_CHATTEMPLATEFORMAT_H
#define BITNET_LIB_RUNTIME_CHATTEMPLATEFORMAT_H

#include <stdint.h>

/// "BNCT"
#define BITNET_CHAT_MAGIC UINT32_C(0x54434e42)
#define BITNET_CHAT_VERSION 1u

#define BITNET_CHAT_OPERAND_BITS 24u
#define BITNET_CHAT_LOCAL (UINT32_C(1) << 23)
#define BITNET_CHAT_UNUSED UINT32_MAX

/// Operations. s: a string's number, v: a variable, n: a count, a: an index
/// into the code, w: the word of code behind the instruction.
enum BitNetChatOp {
  BitNetChatHalt,             ///< The template's end.
  BitNetChatWriteText,        ///< s: writes a text of the template.
  BitNetChatWrite,            ///< a -> : writes a value.
  BitNetChatWriteSum,         ///< n, a1 .. an -> : writes a1 + .. + an.
  BitNetChatPushText,         ///< s: -> text
  BitNetChatPushSmall,        ///< operand, a signed number: -> integer
  BitNetChatPushInteger,      ///< two words, the low one first: -> integer
  BitNetChatPushFloat,        ///< two words, the low one first: -> float
  BitNetChatPushNone,         ///< -> none
  BitNetChatPushFalse,        ///< -> false
  BitNetChatPushTrue,         ///< -> true
  BitNetChatPushFunction,     ///< -> something that is defined and true
  BitNetChatPushMissing,      ///< -> stands for an argument that is not given
  BitNetChatPushUndefined,    ///< s, a name: -> undefined
  BitNetChatLoad,             ///< v: -> a
  BitNetChatStore,            ///< v: a ->
  BitNetChatPop,              ///< a ->
  BitNetChatAttribute,        ///< s: a -> a.s
  BitNetChatSubscript,        ///< a b -> a[b]
  BitNetChatSlice,            ///< a start stop step -> a[start:stop:step]
  BitNetChatList,             ///< n: a1 .. an -> [a1, .., an]
  BitNetChatDict,             ///< n: k1 a1 .. kn an -> {k1: a1, .., kn: an}
  BitNetChatSum,              ///< n: a1 .. an -> a1 + .. + an
  BitNetChatJoin,             ///< n: a1 .. an -> a1 ~ .. ~ an
  BitNetChatSubtract,         ///< a b -> a - b
  BitNetChatMultiply,         ///< a b -> a * b
  BitNetChatDivide,           ///< a b -> a / b
  BitNetChatFloorDivide,      ///< a b -> a // b
  BitNetChatModulo,           ///< a b -> a % b
  BitNetChatNegate,           ///< a -> -a
  BitNetChatEqual,            ///< a b -> a == b
  BitNetChatLess,             ///< a b -> a < b
  BitNetChatLessEqual,        ///< a b -> a <= b
  BitNetChatIn,               ///< a b -> a in b
  BitNetChatNot,              ///< a -> not a
  BitNetChatJump,             ///< a: goes on there.
  BitNetChatJumpIfFalse,      ///< a: c -> ; goes on there if c is false.
  BitNetChatJumpIfFalseOrPop, ///< a: c -> c there if false, c -> here if true
  BitNetChatJumpIfTrueOrPop,  ///< a: c -> c there if true, c -> here if false
  BitNetChatForBegin,         ///< v: a -> ; v becomes a loop over a.
  BitNetChatForNext,          ///< v w: -> next item; at the end goes on at w.
  BitNetChatForItem,          ///< v: -> the loop's item once more
  BitNetChatForEmpty,         ///< v w: goes on at w if the loop has no items.
  BitNetChatUnpack,           ///< n: [a1, .., an] -> an .. a1
  BitNetChatAppend,           ///< list a -> ; adds to the list.
  BitNetChatBeginCapture, ///< What is written goes into a text from here on.
  BitNetChatEndCapture,   ///< -> that text
  BitNetChatSetAttribute, ///< s: a namespace -> ; namespace.s = a
  BitNetChatCall,         ///< a BitNetChatFunction: its arguments -> result
  BitNetChatCallMacro,    ///< a macro's number: a1 .. an -> text
  BitNetChatReturn,       ///< The end of a macro.
  BitNetChatGivenOrJump   ///< v w: goes on at w if v is not missing.
};

/// What filters, tests, methods and functions are called with: X(identifier,
/// kind, names, parameters). Kinds: Filter, Test, Method, Function. Names of
/// the same thing and names of parameters are separated by commas; what a
/// filter, test or method is applied to is an argument in front of them.
/// Arguments that are not given are missing.
#define BITNET_CHAT_FUNCTIONS(X)                                               \
  X(FilterTrim, Filter, "trim", "chars")                                       \
  X(FilterLength, Filter, "length,count", "")                                  \
  X(FilterUpper, Filter, "upper", "")                                          \
  X(FilterLower, Filter, "lower", "")                                          \
  X(FilterTitle, Filter, "title", "")                                          \
  X(FilterCapitalize, Filter, "capitalize", "")                                \
  X(FilterReplace, Filter, "replace", "old,new,count")                         \
  X(FilterJoin, Filter, "join", "d,attribute")                                 \
  X(FilterDefault, Filter, "default,d", "default_value,boolean")               \
  X(FilterFirst, Filter, "first", "")                                          \
  X(FilterLast, Filter, "last", "")                                            \
  X(FilterList, Filter, "list", "")                                            \
  X(FilterString, Filter, "string,safe", "")                                   \
  X(FilterInt, Filter, "int", "default")                                       \
  X(FilterAbs, Filter, "abs", "")                                              \
  X(FilterJson, Filter, "tojson", "indent,ensure_ascii,separators,sort_keys")  \
  X(FilterItems, Filter, "items", "")                                          \
  X(FilterReverse, Filter, "reverse", "")                                      \
  X(FilterIndent, Filter, "indent", "width,first,blank")                       \
  X(TestDefined, Test, "defined", "")                                          \
  X(TestUndefined, Test, "undefined", "")                                      \
  X(TestNone, Test, "none", "")                                                \
  X(TestString, Test, "string", "")                                            \
  X(TestMapping, Test, "mapping", "")                                          \
  X(TestIterable, Test, "iterable", "")                                        \
  X(TestSequence, Test, "sequence", "")                                        \
  X(TestNumber, Test, "number", "")                                            \
  X(TestInteger, Test, "integer", "")                                          \
  X(TestFloat, Test, "float", "")                                              \
  X(TestBoolean, Test, "boolean", "")                                          \
  X(TestTrue, Test, "true", "")                                                \
  X(TestFalse, Test, "false", "")                                              \
  X(TestEqual, Test, "eq,equalto,==", "other")                                 \
  X(TestNotEqual, Test, "ne,!=", "other")                                      \
  X(TestGreater, Test, "gt,greaterthan,>", "other")                            \
  X(TestGreaterEqual, Test, "ge,>=", "other")                                  \
  X(TestLess, Test, "lt,lessthan,<", "other")                                  \
  X(TestLessEqual, Test, "le,<=", "other")                                     \
  X(TestIn, Test, "in", "seq")                                                 \
  X(TestOdd, Test, "odd", "")                                                  \
  X(TestEven, Test, "even", "")                                                \
  X(TestDivisibleBy, Test, "divisibleby", "num")                               \
  X(MethodStrip, Method, "strip", "chars")                                     \
  X(MethodLeftStrip, Method, "lstrip", "chars")                                \
  X(MethodRightStrip, Method, "rstrip", "chars")                               \
  X(MethodSplit, Method, "split", "sep,maxsplit")                              \
  X(MethodRightSplit, Method, "rsplit", "sep,maxsplit")                        \
  X(MethodSplitLines, Method, "splitlines", "")                                \
  X(MethodStartsWith, Method, "startswith", "prefix")                          \
  X(MethodEndsWith, Method, "endswith", "suffix")                              \
  X(MethodRemovePrefix, Method, "removeprefix", "prefix")                      \
  X(MethodRemoveSuffix, Method, "removesuffix", "suffix")                      \
  X(MethodUpper, Method, "upper", "")                                          \
  X(MethodLower, Method, "lower", "")                                          \
  X(MethodTitle, Method, "title", "")                                          \
  X(MethodCapitalize, Method, "capitalize", "")                                \
  X(MethodReplace, Method, "replace", "old,new,count")                         \
  X(MethodFind, Method, "find", "sub")                                         \
  X(MethodCount, Method, "count", "sub")                                       \
  X(MethodJoin, Method, "join", "iterable")                                    \
  X(MethodItems, Method, "items", "")                                          \
  X(MethodKeys, Method, "keys", "")                                            \
  X(MethodValues, Method, "values", "")                                        \
  X(MethodGet, Method, "get", "key,default")                                   \
  X(FunctionRange, Function, "range", "start,stop,step")                       \
  X(FunctionNamespace, Function, "namespace", "values")                        \
  X(FunctionDict, Function, "dict", "values")                                  \
  X(FunctionRaise, Function, "raise_exception", "message")                     \
  X(FunctionNow, Function, "strftime_now", "format")

enum BitNetChatFunction {
#define BITNET_CHAT_ENUMERATE(identifier, kind, names, parameters)             \
  BitNetChat##identifier,
  BITNET_CHAT_FUNCTIONS(BITNET_CHAT_ENUMERATE)
#undef BITNET_CHAT_ENUMERATE
      BitNetChatFunctions
};

/// Variables that the runtime gives a template. All others are undefined.
#define BITNET_CHAT_INPUTS(X)                                                  \
  X(Messages, "messages")                                                      \
  X(AddGenerationPrompt, "add_generation_prompt")                              \
  X(BosToken, "bos_token")                                                     \
  X(EosToken, "eos_token")                                                     \
  X(EnableThinking, "enable_thinking")

enum BitNetChatInput {
#define BITNET_CHAT_ENUMERATE(identifier, name) BitNetChatInput##identifier,
  BITNET_CHAT_INPUTS(BITNET_CHAT_ENUMERATE)
#undef BITNET_CHAT_ENUMERATE
      BitNetChatInputs
};

typedef struct BitNetChatHeader {
  uint32_t magic;
  uint32_t version;
  uint32_t code_count;
  uint32_t string_count;
  uint32_t macro_count;
  uint32_t text_size;
  /// Variables that do not belong to macros.
  uint32_t variable_count;
  /// Most values on the stack outside of macros.
  uint32_t stack_size;
  uint32_t code_offset;
  uint32_t lines_offset;
  uint32_t strings_offset;
  uint32_t macros_offset;
  uint32_t inputs_offset;
  uint32_t texts_offset;
  uint32_t reserved[2];
} BitNetChatHeader;

typedef struct BitNetChatString {
  uint32_t offset;
  uint32_t size;
} BitNetChatString;

typedef struct BitNetChatMacro {
  /// Index of its first instruction.
  uint32_t entry;
  /// Its first variables.
  uint32_t parameter_count;
  uint32_t variable_count;
  uint32_t stack_size;
} BitNetChatMacro;

#ifdef __cplusplus
static_assert(sizeof(BitNetChatHeader) == 64, "no padding");
#else
_Static_assert(sizeof(BitNetChatHeader) == 64, "no padding");
#endif

#endif // BITNET_LIB_RUNTIME_CHATTEMPLATEFORMAT_H
