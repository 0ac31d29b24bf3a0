// vm/low_code.h: linear code over virtual slots: what a block of a law's IR is lowered to, and what
// both of its executable forms, bytecode (vm/encode.cc) and native code (jit/), are made from.
//
// Slots hold values; the first `parameters` of them are the block's parameters (the arguments of a
// law, the captures of a suspended expression). An instruction reads its operands, then writes
// `dst`. Labels are positions in the list. An instruction for which suspends() holds may push the
// frame and come back later with the result in `dst`; only slots that are live then survive.
//
// Invariants : a slot is written before it is read on every path; the only backward jump is
//              kSelfTail, to the start.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gc/info.h"
#include "value/value.h"
#include "vm/jets.h"
#include "vm/ops.h"

namespace plan::vm {

struct Block;
struct Machine;

inline constexpr uint32_t kNoLabel = ~uint32_t{0};

/// A slot or a constant.
struct Operand {
  bool is_constant = true;
  uint32_t slot = 0;
  Value value;
};
inline Operand constant_operand(Value v) { return Operand{true, 0, v}; }
inline Operand slot_operand(uint32_t slot) { return Operand{false, slot, Value{}}; }

struct Instruction {
  Op op = Op::kMove;
  bool has_dst = false;
  uint32_t dst = 0;
  std::vector<Operand> operands;
  Word immediate = 0;               ///< index (a nat word), mode, NatOp, jet, missing arguments
  gc::Info* callee = nullptr;       ///< record of a known callee, or of the thunk built
  Value function;                   ///< the constant function
  uint32_t label = kNoLabel;        ///< branch target; switches: the default
  std::vector<uint32_t> labels;     ///< arms of a switch
  std::vector<Value> keys;          ///< keys of a tab switch
  uint32_t binds_label = kNoLabel;  ///< if set, no instruction: the label stands here
};

struct LowCode {
  std::vector<Instruction> instructions;
  uint32_t parameters = 0;
  uint32_t slots = 0;
  uint32_t labels = 0;
};

/// The jet that a kJet calls; its immediate is that and 1. Leaves of the evaluator have none.
inline std::optional<JetId> jet_of(const Instruction& i) {
  if (i.op != Op::kJet || i.immediate == 0) return std::nullopt;
  return static_cast<JetId>(i.immediate - 1);
}

/// A set of slots, 64 per word.
using LiveSet = std::vector<uint64_t>;
inline bool is_live(const LiveSet& set, uint32_t slot) {
  return ((set[slot / 64] >> (slot % 64)) & 1) != 0;
}

inline bool suspends(Op op) {
  switch (op) {
    case Op::kForce:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual:
    case Op::kCompare:
    case Op::kCall:
    case Op::kCallKnown:
    case Op::kSelfTail:
    case Op::kJet: return true;
    default: return false;
  }
}

/// True when nothing follows the instruction on its path.
inline bool ends_path(Op op) {
  switch (op) {
    case Op::kRet:
    case Op::kRetEval:
    case Op::kTailCall:
    case Op::kTailKnown:
    case Op::kSelfTail: return true;
    default: return false;
  }
}

/// The slots still read after each instruction that suspends, its dst excluded; for kSelfTail the
/// parameters. Empty sets elsewhere. O(instructions * slots / 64).
std::vector<LiveSet> live_after_suspension(const LowCode& low);

/// Lowers a block whose law is decoded. Direct code, allocates nothing in the heap.
LowCode lower_block(Machine& vm, Block& block);
/// Gives the block its bytecode.
void encode_block(Machine& vm, Block& block, const LowCode& low);

}  // namespace plan::vm
