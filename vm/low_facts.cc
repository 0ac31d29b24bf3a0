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

/// A byte or the length of a bar: what a loop for small numbers computes itself.
bool is_of_bar(const Instruction& i) {
  return jet_of(i) == JetId::kBarIdx || jet_of(i) == JetId::kBarLen;
}

struct Propagation {
  const LowCode& low;
  bool small_loop;
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
    if (small_loop && wants_small(i, now)) {
      for (const Operand& o : i.operands) learn(now, o, kSmall);
      if (i.op != Op::kIfCheap) branch(i);
      if (i.has_dst) now[i.dst] = kSmall;
      return;
    }
    branch(i);
    if (i.has_dst) now[i.dst] = small_loop && is_of_bar(i) ? kSmall : result_fact(i, now);
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
    case Op::kSetElement:
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

namespace {

std::vector<Facts> propagate(const LowCode& low, LoopParameters parameters, bool small_loop) {
  Propagation p{low, small_loop, std::vector<Facts>(low.labels), Facts(low.slots, kNothing)};
  for (uint32_t k = 0; k < std::min(low.parameters, 32u); ++k) {
    if (((parameters.evaluated >> k) & 1) != 0) p.now[k] = kEvaluated;
    if (((parameters.small >> k) & 1) != 0) p.now[k] = kSmall;
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

}  // namespace

std::vector<Facts> facts_before(const LowCode& low, uint32_t small_parameters) {
  return propagate(low, {small_parameters, 0}, false);
}

std::vector<Facts> facts_in_small_loop(const LowCode& low, LoopParameters parameters) {
  return propagate(low, parameters, true);
}

LoopParameters loop_parameters(const LowCode& low, uint32_t small) {
  LoopParameters result{small, 0};
  const uint32_t count = std::min(low.parameters, 32u);
  for (const Instruction& i : low.instructions) {
    if (i.binds_label != kNoLabel || i.op != Op::kForce) continue;
    const Operand& o = i.operands[0];
    if (!o.is_constant && o.slot < count) result.evaluated |= uint32_t{1} << o.slot;
  }
  result.evaluated &= ~small;
  // What one turn does not hand on evaluated, none can rely on.
  for (uint32_t before = 0; before != result.evaluated;) {
    before = result.evaluated;
    const std::vector<Facts> facts = facts_in_small_loop(low, result);
    for (size_t n = 0; n < facts.size(); ++n) {
      const Instruction& i = low.instructions[n];
      if (i.binds_label != kNoLabel || i.op != Op::kSelfTail || facts[n].empty()) continue;
      for (uint32_t p = 0; p < count; ++p) {
        if (!is_known(i.operands[p], kEvaluated, facts[n])) result.evaluated &= ~(uint32_t{1} << p);
      }
    }
  }
  return result;
}

bool wants_small(const Instruction& i, const Facts& before) {
  const auto small = [&](size_t k) { return is_known(i.operands[k], kSmall, before); };
  switch (i.op) {
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
    case Op::kInc:
    case Op::kDec:
    case Op::kLazyAdd:
    case Op::kLazySub:
    case Op::kLazyMul:
    case Op::kLazyDiv:
    case Op::kLazyMod:
    case Op::kLazyInc:
    case Op::kLazyDec:
    case Op::kLazyNat:
    case Op::kLazyCompare:
    case Op::kIfCheap: return true;
    // With one of them an immediate, any two evaluated values are compared at once.
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual:
    case Op::kCompare: return !small(0) && !small(1);
    case Op::kJet: return nat_op_of(i) != NatOp::kNone;
    default: return false;
  }
}

namespace {

/// Whether `i` can be part of a turn that is begun anew.
bool can_be_repeated(const Instruction& i, const Facts& before) {
  if (i.binds_label != kNoLabel || wants_small(i, before)) return true;
  const bool evaluated =
      std::all_of(i.operands.begin(), i.operands.end(),
                  [&](const Operand& o) { return is_known(o, kEvaluated, before); });
  switch (i.op) {
    case Op::kMove:
    case Op::kJump:
    case Op::kSelfTail:
    case Op::kIf:
    case Op::kIfZero:
    case Op::kIfNat:
    case Op::kSwitch:
    case Op::kIdx:
    case Op::kLen:
    case Op::kIsNat:
    case Op::kIsZero:
    case Op::kNot:
    case Op::kBit:
    case Op::kToNat: return true;
    case Op::kForce:
    case Op::kLazyIsNat:
    case Op::kLazyIsZero:
    case Op::kLazyNot:
    case Op::kLazyBit: return evaluated;
    case Op::kIfEqual:
    case Op::kIfLess:
    case Op::kIfLessEqual:
    case Op::kCompare: return true;  // one of the operands is an immediate
    case Op::kJet: return jet_of(i) == JetId::kIdx || jet_of(i) == JetId::kGet || is_of_bar(i);
    default: return false;
  }
}

/// Where control goes from instruction n of a loop for small numbers.
std::vector<size_t> loop_successors(const LowCode& low, size_t n,
                                    const std::vector<size_t>& label_at) {
  const Instruction& i = low.instructions[n];
  std::vector<size_t> result;
  const bool falls = i.binds_label != kNoLabel ||
                     (i.op != Op::kJump && i.op != Op::kSwitch && i.op != Op::kTabSwitch &&
                      i.op != Op::kCall && i.op != Op::kCallKnown && !ends_path(i.op));
  if (falls) result.push_back(n + 1);
  if (i.label != kNoLabel && i.op != Op::kIfCheap) result.push_back(label_at[i.label]);
  for (const uint32_t label : i.labels) result.push_back(label_at[label]);
  return result;
}

}  // namespace

std::vector<bool> small_loop_code(const LowCode& low, LoopParameters parameters) {
  const std::vector<Instruction>& code = low.instructions;
  const std::vector<Facts> facts = facts_in_small_loop(low, parameters);
  std::vector<size_t> label_at(low.labels);
  std::vector<bool> leads_on(code.size());
  for (size_t n = code.size(); n-- > 0;) {
    const Instruction& i = code[n];
    if (i.binds_label != kNoLabel) label_at[i.binds_label] = n;
    leads_on[n] = i.binds_label == kNoLabel && i.op == Op::kSelfTail;
    for (const size_t next : loop_successors(low, n, label_at)) {
      if (leads_on[next]) leads_on[n] = true;
    }
  }
  std::vector<bool> result(code.size());
  result[0] = leads_on[0];
  for (size_t n = 0; n < code.size(); ++n) {
    if (!result[n]) continue;
    if (!can_be_repeated(code[n], facts[n])) return std::vector<bool>(code.size());
    for (const size_t next : loop_successors(low, n, label_at)) {
      if (leads_on[next] && !facts[next].empty()) result[next] = true;
    }
  }
  return result;
}

}  // namespace plan::vm
