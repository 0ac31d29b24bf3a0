// vm/stream.h: a block's bytecode, read again. vm/code.h and vm/ops.def describe it.
#pragma once

#include <cstdint>

#include "gc/info.h"
#include "value/value.h"
#include "vm/ops.h"

namespace plan::vm {

/// The instruction whose handler is `handler`; kCount: none, the word has been replaced.
Op op_of_handler(Word handler);
/// Words of the instruction at `pc`, from the handler to the last operand.
uint32_t instruction_words(Op op, const Word* pc);
/// The record of its frame; null if it pushes none.
gc::Info* frame_record(Op op, const Word* pc);

inline uint32_t low_half(Word w) { return static_cast<uint32_t>(w); }
inline uint32_t high_half(Word w) { return static_cast<uint32_t>(w >> 32); }

/// Calls f(distance in words from pc) for each place that the instruction may jump to.
template <typename F>
void for_each_jump(Op op, const Word* pc, F f) {
  switch (op) {
    case Op::kJump: f(low_half(pc[1])); break;
    case Op::kIf:
    case Op::kIfZero:
    case Op::kIfNat:
    case Op::kIfCheap: f(high_half(pc[1])); break;
    case Op::kIfFunction:
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual: f(low_half(pc[2])); break;
    case Op::kSwitch:
    case Op::kTabSwitch: {
      const uint32_t arms = high_half(pc[1]);
      const Word* first = pc + 3 + (op == Op::kTabSwitch ? arms : 0);
      f(low_half(pc[2]));
      for (uint32_t i = 0; i < arms; ++i) f(low_half(first[i]));
      break;
    }
    default: break;
  }
}

}  // namespace plan::vm
