//===- ChatMachine.c - Runs chat templates --------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "ChatMachine.h"
#include "ChatOperators.h"

/// Most macros that call each other.
#define MOST_FRAMES 100u
/// Most texts that are being written at a time.
#define MOST_OUTPUTS 200u

/// A call of a macro.
typedef struct Frame {
  uint32_t returnTo;
  ChatValue *variables;
  ChatValue *top;
} Frame;

typedef struct Machine {
  ChatContext *context;
  ChatMemory *memory;
  const uint32_t *code;
  const uint32_t *lines;
  const BitNetChatString *strings;
  const BitNetChatMacro *macros;
  const uint8_t *texts;
  ChatValue *globals;
  ChatValue *locals;
  /// Behind the last value on the stack.
  ChatValue *top;
  uint32_t next;
  uint32_t frameCount;
  uint32_t outputCount;
  Frame frames[MOST_FRAMES];
  /// The first one is the caller's.
  ChatOutput *outputs[MOST_OUTPUTS];
} Machine;

static ChatValue getString(const Machine *machine, uint32_t number) {
  BitNetChatString string = machine->strings[number];
  return bitnetChatText(machine->texts + string.offset, string.size, 0);
}

static ChatValue *getVariable(const Machine *machine, uint32_t variable) {
  return variable & BITNET_CHAT_LOCAL
             ? &machine->locals[variable & ~BITNET_CHAT_LOCAL]
             : &machine->globals[variable];
}

static void push(Machine *machine, ChatValue value) { *machine->top++ = value; }

/// Replaces the last `count` values by one.
static void pushResult(Machine *machine, uint32_t count, ChatValue value) {
  machine->top -= count;
  push(machine, value);
}

static ChatOutput *getOutput(const Machine *machine) {
  return machine->outputs[machine->outputCount - 1];
}

static ChatValue *makeVariables(ChatMemory *memory, uint32_t count) {
  ChatValue *variables =
      bitnetChatAllocate(memory, (uint64_t)count * sizeof(ChatValue));
  for (uint32_t i = 0; variables && i < count; ++i)
    variables[i] = bitnetChatPlain(ChatUndefined);
  return variables;
}

//===----------------------------------------------------------------------===//
// Instructions
//===----------------------------------------------------------------------===//

static int beginCapture(Machine *machine) {
  if (machine->outputCount == MOST_OUTPUTS)
    return bitnetChatFail(machine->memory, "blocks are nested too deep");
  ChatOutput *output = bitnetChatAllocate(machine->memory, sizeof(*output));
  if (!output)
    return 0;
  *output = (ChatOutput){.grows = 1};
  machine->outputs[machine->outputCount++] = output;
  return 1;
}

static int endCapture(Machine *machine) {
  ChatValue text;
  if (!bitnetChatWritten(machine->memory, getOutput(machine), &text))
    return 0;
  --machine->outputCount;
  push(machine, text);
  return 1;
}

static int callMacro(Machine *machine, uint32_t number) {
  const BitNetChatMacro *macro = &machine->macros[number];
  if (machine->frameCount == MOST_FRAMES)
    return bitnetChatFail(machine->memory, "macros call each other too deep");
  uint32_t count = macro->variable_count + macro->stack_size;
  ChatValue *variables = makeVariables(machine->memory, count);
  if (!variables || !bitnetChatSpend(machine->memory, count) ||
      !beginCapture(machine))
    return 0;
  machine->top -= macro->parameter_count;
  for (uint32_t i = 0; i < macro->parameter_count; ++i)
    variables[i] = machine->top[i];
  machine->frames[machine->frameCount++] =
      (Frame){machine->next, machine->locals, machine->top};
  machine->locals = variables;
  machine->top = variables + macro->variable_count;
  machine->next = macro->entry;
  return 1;
}

static int returnFromMacro(Machine *machine) {
  Frame frame = machine->frames[--machine->frameCount];
  machine->next = frame.returnTo;
  machine->locals = frame.variables;
  machine->top = frame.top;
  return endCapture(machine);
}

static int beginLoop(Machine *machine, ChatValue *variable) {
  ChatItems *items;
  ChatLoopState *loop = bitnetChatAllocate(machine->memory, sizeof(*loop));
  if (!loop || !bitnetChatIterate(machine->memory, &machine->top[-1], &items))
    return 0;
  --machine->top;
  *loop = (ChatLoopState){.items = items};
  *variable = bitnetChatPlain(ChatLoop);
  variable->as.loop = loop;
  return 1;
}

static int unpack(Machine *machine, uint32_t count) {
  ChatItems *items;
  ChatValue list = *--machine->top;
  if (!bitnetChatIterate(machine->memory, &list, &items))
    return 0;
  if (items->count != count)
    return bitnetChatFail(machine->memory,
                          "expects as many values as there are variables");
  for (uint32_t i = count; i-- != 0;)
    push(machine, items->values[i]);
  return 1;
}

static int makeList(Machine *machine, ChatKind kind, uint32_t count) {
  ChatValue made;
  if (!bitnetChatMakeItems(machine->memory, kind, count, &made))
    return 0;
  const ChatValue *values = machine->top - count;
  uint32_t step = kind == ChatList ? 1 : 2;
  for (uint32_t i = 0; i < count; i += step)
    if (!(kind == ChatList
              ? bitnetChatAppendItem(machine->memory, made.as.items, values[i])
              : bitnetChatSetItem(machine->memory, made.as.items, values[i],
                                  values[i + 1])))
      return 0;
  pushResult(machine, count, made);
  return 1;
}

static int setAttribute(Machine *machine, ChatValue name) {
  machine->top -= 2;
  const ChatValue *object = &machine->top[1];
  if (object->kind != ChatNamespace)
    return bitnetChatFailText(machine->memory, "the attribute ", name,
                              " of what is no namespace cannot be set");
  return bitnetChatSetItem(machine->memory, object->as.items, name,
                           machine->top[0]);
}

static int writeSum(Machine *machine, uint32_t count) {
  machine->top -= count;
  uint32_t texts = 0;
  while (texts < count && machine->top[texts].kind == ChatText)
    ++texts;
  ChatValue sum;
  if (texts < count)
    return bitnetChatSum(machine->memory, machine->top, count, &sum) &&
           bitnetChatWrite(machine->memory, getOutput(machine), &sum);
  // Texts need not be put together first.
  for (uint32_t i = 0; i < count; ++i)
    if (!bitnetChatWriteText(machine->memory, getOutput(machine),
                             machine->top[i]))
      return 0;
  return 1;
}

static int compare(Machine *machine, enum BitNetChatOp op) {
  const ChatValue *a = &machine->top[-2];
  const ChatValue *b = &machine->top[-1];
  int truth = 0;
  int order = 0;
  if (op == BitNetChatEqual) {
    truth = bitnetChatEqual(a, b, 0);
    if (!bitnetChatSpend(machine->memory,
                         a->kind == ChatText ? a->size / 16 : 4))
      return 0;
  } else if (op == BitNetChatIn) {
    if (!bitnetChatIsIn(machine->memory, a, b, &truth))
      return 0;
  } else {
    if (!bitnetChatCompare(machine->memory, a, b, &order))
      return 0;
    truth = order < 0 || (op == BitNetChatLessEqual && order == 0);
  }
  pushResult(machine, 2, bitnetChatBool(truth));
  return 1;
}

/// Operations that make one value of the last ones on the stack.
static int compute(Machine *machine, enum BitNetChatOp op, uint32_t operand) {
  ChatMemory *memory = machine->memory;
  ChatValue *top = machine->top;
  ChatValue result;
  ChatValue string;
  uint32_t count;
  int done;
  switch (op) {
  case BitNetChatAttribute:
    count = 1;
    string = getString(machine, operand);
    done = bitnetChatGetAttribute(memory, &top[-1], &string, &result);
    break;
  case BitNetChatSubscript:
    count = 2;
    done = bitnetChatGetItem(memory, &top[-2], &top[-1], &result);
    break;
  case BitNetChatSlice:
    count = 4;
    done = bitnetChatGetSlice(memory, &top[-4], &top[-3], &result);
    break;
  case BitNetChatSum:
    count = operand;
    done = bitnetChatSum(memory, top - count, count, &result);
    break;
  case BitNetChatJoin:
    count = operand;
    done = bitnetChatJoinTexts(memory, top - count, count, &result);
    break;
  case BitNetChatNegate:
    count = 1;
    done = bitnetChatNegate(memory, &top[-1], &result);
    break;
  case BitNetChatCall:
    count = bitnetChatArity((enum BitNetChatFunction)operand);
    done = bitnetChatCall(machine->context, (enum BitNetChatFunction)operand,
                          top - count, &result);
    break;
  default:
    count = 2;
    done = bitnetChatArithmetic(memory, op, &top[-2], &top[-1], &result);
    break;
  }
  if (done)
    pushResult(machine, count, result);
  return done;
}

/// Instructions that choose the next one.
static int branch(Machine *machine, enum BitNetChatOp op, uint32_t operand) {
  ChatValue *variable;
  uint32_t target;
  switch (op) {
  case BitNetChatJump:
    machine->next = operand;
    return 1;
  case BitNetChatJumpIfFalse:
    if (!bitnetChatIsTrue(--machine->top))
      machine->next = operand;
    return 1;
  case BitNetChatJumpIfFalseOrPop:
  case BitNetChatJumpIfTrueOrPop:
    if (bitnetChatIsTrue(&machine->top[-1]) ==
        (op == BitNetChatJumpIfTrueOrPop))
      machine->next = operand;
    else
      --machine->top;
    return 1;
  default:
    break;
  }
  variable = getVariable(machine, operand);
  target = machine->code[machine->next++];
  if (op == BitNetChatGivenOrJump) {
    if (variable->kind != ChatMissing)
      machine->next = target;
    return 1;
  }
  ChatLoopState *loop = variable->as.loop;
  if (op == BitNetChatForEmpty) {
    if (loop->items->count == 0)
      machine->next = target;
    return 1;
  }
  if (loop->next >= loop->items->count)
    machine->next = target;
  else
    push(machine, loop->items->values[loop->next++]);
  return 1;
}

static ChatValue readWide(Machine *machine, ChatKind kind) {
  ChatValue value = bitnetChatPlain(kind);
  uint64_t low = machine->code[machine->next++];
  uint64_t high = machine->code[machine->next++];
  value.as.integer = (int64_t)(high << 32 | low);
  if (kind == ChatFloat) {
    union {
      int64_t bits;
      double number;
    } pun = {value.as.integer};
    value.as.number = pun.number;
  }
  return value;
}

/// Runs one instruction.
static int step(Machine *machine, enum BitNetChatOp op, uint32_t operand) {
  ChatMemory *memory = machine->memory;
  ChatLoopState *loop;
  int truth;
  switch (op) {
  case BitNetChatHalt:
    return 0;
  case BitNetChatWriteText:
    return bitnetChatWriteText(memory, getOutput(machine),
                               getString(machine, operand));
  case BitNetChatWrite:
    return bitnetChatWrite(memory, getOutput(machine), --machine->top);
  case BitNetChatWriteSum:
    return writeSum(machine, operand);
  case BitNetChatPushText:
    push(machine, getString(machine, operand));
    return 1;
  case BitNetChatPushSmall:
    // The operand is signed.
    push(machine, bitnetChatInteger((int32_t)(operand << 8) >> 8));
    return 1;
  case BitNetChatPushInteger:
    push(machine, readWide(machine, ChatInteger));
    return 1;
  case BitNetChatPushFloat:
    push(machine, readWide(machine, ChatFloat));
    return 1;
  case BitNetChatPushNone:
    push(machine, bitnetChatPlain(ChatNone));
    return 1;
  case BitNetChatPushFalse:
  case BitNetChatPushTrue:
    push(machine, bitnetChatBool(op == BitNetChatPushTrue));
    return 1;
  case BitNetChatPushFunction:
    push(machine, bitnetChatPlain(ChatFunction));
    return 1;
  case BitNetChatPushMissing:
    push(machine, bitnetChatPlain(ChatMissing));
    return 1;
  case BitNetChatPushUndefined:
    push(machine, bitnetChatPlain(ChatUndefined));
    return 1;
  case BitNetChatLoad:
    push(machine, *getVariable(machine, operand));
    return 1;
  case BitNetChatStore:
    *getVariable(machine, operand) = *--machine->top;
    return 1;
  case BitNetChatPop:
    --machine->top;
    return 1;
  case BitNetChatList:
    return makeList(machine, ChatList, operand);
  case BitNetChatDict:
    return makeList(machine, ChatDict, 2 * operand);
  case BitNetChatEqual:
  case BitNetChatLess:
  case BitNetChatLessEqual:
  case BitNetChatIn:
    return compare(machine, op);
  case BitNetChatNot:
    truth = bitnetChatIsTrue(&machine->top[-1]);
    pushResult(machine, 1, bitnetChatBool(!truth));
    return 1;
  case BitNetChatJump:
  case BitNetChatJumpIfFalse:
  case BitNetChatJumpIfFalseOrPop:
  case BitNetChatJumpIfTrueOrPop:
  case BitNetChatForNext:
  case BitNetChatForEmpty:
  case BitNetChatGivenOrJump:
    return branch(machine, op, operand);
  case BitNetChatForBegin:
    return beginLoop(machine, getVariable(machine, operand));
  case BitNetChatForItem:
    loop = getVariable(machine, operand)->as.loop;
    push(machine, loop->items->values[loop->next - 1]);
    return 1;
  case BitNetChatUnpack:
    return unpack(machine, operand);
  case BitNetChatAppend:
    machine->top -= 2;
    return bitnetChatAppendItem(memory, machine->top[0].as.items,
                                machine->top[1]);
  case BitNetChatBeginCapture:
    return beginCapture(machine);
  case BitNetChatEndCapture:
    return endCapture(machine);
  case BitNetChatSetAttribute:
    return setAttribute(machine, getString(machine, operand));
  case BitNetChatCallMacro:
    return callMacro(machine, operand);
  case BitNetChatReturn:
    return returnFromMacro(machine);
  default:
    return compute(machine, op, operand);
  }
}

int bitnetChatRun(ChatContext *context, const void *program,
                  const ChatValue *inputs, ChatOutput *output) {
  const BitNetChatHeader *header = program;
  const uint8_t *base = program;
  ChatMemory *memory = context->memory;
  Machine *machine = bitnetChatAllocate(memory, sizeof(*machine));
  ChatValue *values =
      makeVariables(memory, header->variable_count + header->stack_size);
  if (!machine || !values)
    return 0;
  machine->context = context;
  machine->memory = memory;
  machine->code = (const uint32_t *)(base + header->code_offset);
  machine->lines = (const uint32_t *)(base + header->lines_offset);
  machine->strings = (const BitNetChatString *)(base + header->strings_offset);
  machine->macros = (const BitNetChatMacro *)(base + header->macros_offset);
  machine->texts = base + header->texts_offset;
  machine->globals = values;
  machine->locals = values;
  machine->top = values + header->variable_count;
  machine->next = 0;
  machine->frameCount = 0;
  machine->outputCount = 1;
  machine->outputs[0] = output;
  const uint32_t *variables = (const uint32_t *)(base + header->inputs_offset);
  for (uint32_t i = 0; i < BitNetChatInputs; ++i)
    if (variables[i] != BITNET_CHAT_UNUSED)
      values[variables[i]] = inputs[i];
  for (;;) {
    uint32_t word = machine->code[machine->next];
    memory->line = machine->lines[machine->next++];
    if (!bitnetChatSpend(memory, 1) ||
        !step(machine, (enum BitNetChatOp)(word & 0xff), word >> 8))
      return memory->status == BITNET_OK;
  }
}
