// vm/stream.cc: how long instructions are, and where their records stand.
#include "vm/stream.h"

#include <array>

namespace plan::vm {

Op op_of_handler(Word handler) {
  static const auto kHandlers = [] {
    std::array<Word, static_cast<size_t>(Op::kCount)> handlers{};
    for (size_t i = 0; i < handlers.size(); ++i) handlers[i] = op_handler(static_cast<Op>(i));
    return handlers;
  }();
  size_t i = 0;
  while (i < kHandlers.size() && kHandlers[i] != handler) ++i;
  return static_cast<Op>(i);
}

uint32_t instruction_words(Op op, const Word* pc) {
  const auto list = [](uint32_t n) { return (n + 1) / 2; };
  switch (op) {
    case Op::kMove:
    case Op::kRet:
    case Op::kRetEval:
    case Op::kJump:
    case Op::kIf:
    case Op::kIfZero:
    case Op::kIfNat:
    case Op::kDec:
    case Op::kInc:
    case Op::kLen:
    case Op::kIsNat:
    case Op::kIsZero:
    case Op::kNot:
    case Op::kBit:
    case Op::kToNat: return 2;
    case Op::kForce:
    case Op::kAdd:
    case Op::kSub:
    case Op::kIdx:
    case Op::kLazyDec:
    case Op::kLazyInc:
    case Op::kLazyIdx:
    case Op::kLazyIsNat:
    case Op::kLazyIsZero:
    case Op::kLazyNot:
    case Op::kLazyBit:
    case Op::kLazyLen:
    case Op::kIfCheap:
    case Op::kSetElement:
    case Op::kPatch: return 3;
    case Op::kIfFunction:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
    case Op::kCompare:
    case Op::kLazyAdd:
    case Op::kLazySub:
    case Op::kLazyMul:
    case Op::kLazyDiv:
    case Op::kLazyMod:
    case Op::kLazyCompare:
    case Op::kLazyNat:
    case Op::kLazyElement: return 4;
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual: return 5;
    case Op::kSwitch: return 3 + high_half(pc[1]);
    case Op::kTabSwitch: return 3 + 2 * high_half(pc[1]);
    case Op::kRow:
    case Op::kApplyThunk: return 2 + list(high_half(pc[1]));
    case Op::kThunk: return 3 + list(high_half(pc[1]));
    case Op::kClosure: return 4 + list(high_half(pc[1]));
    case Op::kCall:
    case Op::kTailCall: return 3 + list(low_half(pc[1]));
    case Op::kTailKnown:
    case Op::kSelfTail: return 4 + list(low_half(pc[1]));
    case Op::kCallKnown: return 5 + list(low_half(pc[1]));
    case Op::kJet: return 6 + list(low_half(pc[1]));
    case Op::kCount: break;
  }
  return 1;
}

gc::Info* frame_record(Op op, const Word* pc) {
  switch (op) {
    case Op::kForce:
    case Op::kCall:
    case Op::kSelfTail: return info_of(pc[2]);
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
    case Op::kCompare: return info_of(pc[3]);
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual:
    case Op::kCallKnown:
    case Op::kJet: return info_of(pc[4]);
    default: return nullptr;
  }
}

}  // namespace plan::vm
