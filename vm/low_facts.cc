// vm/low_facts.cc: what is known of the slots of linear code; see vm/low_facts.h.
#include "vm/low_facts.h"

#include <algorithm>

#include "vm/primops.h"

namespace plan::vm {

uint8_t fact_of(const Operand& o, const Facts& facts) {
  if (!o.is_constant) return facts[o.slot];
  if (o.value.is_small()) return kSmall;
  if (o.value.is_nat()) return kNat;
  return o.value.is_whnf() ? kEvaluated : kNothing;
}

namespace {

bool is_non_zero(const Operand& o) {
  return o.is_constant && o.value.is_small() && o.value.word != 0;
}

void meet(Facts& facts, const Facts& other) {
  for (size_t k = 0; k < facts.size(); ++k) facts[k] &= other[k];
}

struct Propagation {
  const LowCode& low;
  std::vector<Facts> at_label;
  Facts now;  ///< empty: control does not come here

  void flow_to(uint32_t label, const Facts& facts) {
    Facts& there = at_label[label];
    if (there.empty()) {
      there = facts;
    } else {
      meet(there, facts);
    }
  }
  static void learn(Facts& facts, const Operand& o, Fact fact) {
    if (!o.is_constant) facts[o.slot] |= fact;
  }
  bool is_small(const Operand& o) const { return is_known(o, kSmall, now); }

  /// A test that succeeds teaches something of its operands; now on the path that falls through.
  void learn_from_test(const Instruction& i) {
    switch (i.op) {
      case Op::kIfZero: learn(now, i.operands[0], kSmall); return;
      case Op::kIf:
      case Op::kIfNat: learn(now, i.operands[0], kNat); return;
      case Op::kIfEqual:
        if (is_small(i.operands[0]) || is_small(i.operands[1])) {
          for (const Operand& o : i.operands) learn(now, o, kSmall);
        }
        return;
      case Op::kIfLess:
      case Op::kIfLessEqual:
        // What is below an immediate is one.
        if (is_small(i.operands[1])) learn(now, i.operands[0], kSmall);
        return;
      default: return;
    }
  }

  void branch(const Instruction& i) {
    if (i.label != kNoLabel) flow_to(i.label, now);
    if (!i.labels.empty()) {
      Facts chosen = now;
      if (i.op == Op::kSwitch) learn(chosen, i.operands[0], kSmall);
      for (const uint32_t label : i.labels) flow_to(label, chosen);
    }
    learn_from_test(i);
  }

  void step(const Instruction& i) {
    if (i.binds_label != kNoLabel) {
      const Facts& jumped = at_label[i.binds_label];
      if (now.empty()) {
        now = jumped;
      } else if (!jumped.empty()) {
        meet(now, jumped);
      }
      return;
    }
    if (now.empty()) return;
    branch(i);
    if (i.has_dst) now[i.dst] = result_fact(i, now);
    const bool leaves = i.op == Op::kJump || i.op == Op::kSwitch || i.op == Op::kTabSwitch;
    if (leaves || ends_path(i.op)) now.clear();
  }
};

uint8_t nat_op_fact(NatOp op, bool a_small, bool b_small) {
  const bool both = a_small && b_small;
  switch (op) {
    case NatOp::kNone: return kEvaluated;
    case NatOp::kShiftRight: return a_small ? kSmall : kNat;
    case NatOp::kShiftLeft: return kNat;
    case NatOp::kAnd: return a_small || b_small ? kSmall : kNat;
    case NatOp::kOr:
    case NatOp::kXor: return both ? kSmall : kNat;
    // Of any two values; an immediate is below all others.
    case NatOp::kMin: return a_small || b_small ? kSmall : kEvaluated;
    case NatOp::kMax: return both ? kSmall : kEvaluated;
  }
  return kEvaluated;
}

}  // namespace

uint8_t result_fact(const Instruction& i, const Facts& before) {
  const auto small = [&](size_t k) { return is_known(i.operands[k], kSmall, before); };
  const auto evaluated = [&](size_t k) { return is_known(i.operands[k], kEvaluated, before); };
  switch (i.op) {
    case Op::kMove: return fact_of(i.operands[0], before);
    case Op::kForce: return fact_of(i.operands[0], before) | kEvaluated;
    case Op::kToNat: return fact_of(i.operands[0], before) | kNat;
    case Op::kAdd:
    case Op::kMul:
    case Op::kInc: return kNat;
    // None of these is above the first operand, taken as a nat.
    case Op::kSub:
    case Op::kDec:
    case Op::kDiv: return small(0) ? kSmall : kNat;
    case Op::kMod: return small(0) || is_non_zero(i.operands[1]) ? kSmall : kNat;
    case Op::kLen:
    case Op::kIsNat:
    case Op::kIsZero:
    case Op::kNot:
    case Op::kBit:
    case Op::kCompare: return kSmall;
    case Op::kLazySub:
    case Op::kLazyDiv:
    case Op::kLazyMod:
    case Op::kLazyCompare: return small(0) && small(1) ? kSmall : kNothing;
    case Op::kLazyNat:
      if (static_cast<NatOp>(i.immediate) == NatOp::kShiftLeft) return kNothing;
      return small(0) && small(1) ? kSmall : kNothing;
    case Op::kIfCheap: return kSmall;
    case Op::kLazyDec: return small(0) ? kSmall : kNothing;
    case Op::kLazyIsNat:
    case Op::kLazyIsZero:
    case Op::kLazyNot:
    case Op::kLazyBit:
    case Op::kLazyLen: return evaluated(0) ? kSmall : kNothing;
    case Op::kIfFunction:
    case Op::kRow:
    case Op::kClosure:
    case Op::kCall:
    case Op::kCallKnown: return kEvaluated;
    case Op::kJet: {
      const NatOp op = nat_op_of(i);
      return op == NatOp::kNone ? kEvaluated : nat_op_fact(op, small(0), small(1));
    }
    default: return kNothing;
  }
}

bool may_suspend(const Instruction& i, const Facts& before) {
  const auto small = [&](size_t k) { return is_known(i.operands[k], kSmall, before); };
  switch (i.op) {
    case Op::kForce: return !is_known(i.operands[0], kEvaluated, before);
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual:
    case Op::kCompare: return !small(0) && !small(1);  // an immediate is below anything else
    case Op::kDiv:
    case Op::kMod: return !small(0) || !is_non_zero(i.operands[1]);
    default: return suspends(i.op);
  }
}

std::vector<Facts> facts_before(const LowCode& low, uint32_t small_parameters) {
  Propagation p{low, std::vector<Facts>(low.labels), Facts(low.slots, kNothing)};
  for (uint32_t k = 0; k < std::min(low.parameters, 32u); ++k) {
    if (((small_parameters >> k) & 1) != 0) p.now[k] = kSmall;
  }
  std::vector<Facts> result(low.instructions.size());
  for (size_t n = 0; n < result.size(); ++n) {
    // A label belongs to what follows it.
    if (low.instructions[n].binds_label != kNoLabel) p.step(low.instructions[n]);
    result[n] = p.now;
    if (low.instructions[n].binds_label == kNoLabel) p.step(low.instructions[n]);
  }
  return result;
}

}  // namespace plan::vm
