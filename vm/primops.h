// vm/primops.h: what interpreter and native code share of the primitive operations. Direct code on
// evaluated operands.
#pragma once

#include "value/object.h"
#include "value/order.h"
#include "vm/dispatch.h"
#include "vm/jets.h"
#include "vm/low_code.h"
#include "vm/ops.h"

namespace plan::vm {

/// How `a` and `b` compare (negative, 0, positive) where that needs no look inside them; else 2.
inline int quick_order(Word a, Word b) {
  if (((a | b) & 1) == 0) return a < b ? -1 : (a > b ? 1 : 0);
  const bool na = Value{a}.is_nat();
  const bool nb = Value{b}.is_nat();
  if (na != nb) return na ? -1 : 1;
  if (!na) return 2;
  if ((a & 1) == 0) return -1;
  if ((b & 1) == 0) return 1;
  return compare_normal(Value{a}, Value{b});
}

/// The answer in that CompareMode, given how the operands compare.
inline Word compare_answer(Word mode, int order) {
  switch (static_cast<CompareMode>(mode)) {
    case CompareMode::kOrder: return static_cast<Word>(order + 1) << 1;
    case CompareMode::kEqual: return static_cast<Word>(order == 0) << 1;
    case CompareMode::kNotEqual: return static_cast<Word>(order != 0) << 1;
    case CompareMode::kLess: return static_cast<Word>(order < 0) << 1;
    case CompareMode::kLessEqual: return static_cast<Word>(order <= 0) << 1;
    case CompareMode::kGreater: return static_cast<Word>(order > 0) << 1;
    case CompareMode::kGreaterEqual: return static_cast<Word>(order >= 0) << 1;
  }
  return 0;
}

/// What the jet computes, if both arguments are immediate nats.
inline NatOp nat_op_of(JetId jet) {
  switch (jet) {
    case JetId::kRsh: return NatOp::kShiftRight;
    case JetId::kLsh: return NatOp::kShiftLeft;
    case JetId::kCon: return NatOp::kAnd;
    case JetId::kDis: return NatOp::kOr;
    case JetId::kMix: return NatOp::kXor;
    case JetId::kMin: return NatOp::kMin;
    case JetId::kMax: return NatOp::kMax;
    default: return NatOp::kNone;
  }
}

/// Jets that vm/lower.cc always turns into instructions. As functions they are code like laws are:
/// the jet applied to its own arguments.
bool is_primop(JetId jet);

/// That of a kJet.
inline NatOp nat_op_of(const Instruction& i) {
  const std::optional<JetId> jet = jet_of(i);
  return jet ? nat_op_of(*jet) : NatOp::kNone;
}

/// False if the result is no immediate.
inline bool immediate_result(NatOp op, Word a, Word b, Word& result) {
  switch (op) {
    case NatOp::kNone: return false;
    case NatOp::kShiftRight: result = (b >> 1) < 64 ? (a >> (b >> 1)) & ~Word{1} : 0; return true;
    case NatOp::kShiftLeft: {
      const Word count = (b >> 1) < 64 ? b >> 1 : 63;
      result = a << count;
      return result >> count == a;
    }
    case NatOp::kAnd: result = a & b; return true;
    case NatOp::kOr: result = a | b; return true;
    case NatOp::kXor: result = a ^ b; return true;
    case NatOp::kMin: result = a < b ? a : b; return true;
    case NatOp::kMax: result = a < b ? b : a; return true;
  }
  return false;
}

/// The number of arguments of an application, as a nat word; 0 for everything else.
inline Word argument_count(Word x) {
  const Value v{x};
  if (!v.is_pointer() || v.is_big()) return 0;
  switch (v.object()->kind()) {
    case Kind::kRow: return row_size(v) << 1;
    case Kind::kClosure: return closure_size(v) << 1;
    case Kind::kTab: return 1 << 1;
    default: return 0;
  }
}

// Multiplication and division whose operands are in r1 and r2; they return to the frame at sp.
PLAN_EVALUATES slow_multiply(PLAN_STATE);
PLAN_EVALUATES slow_divide(PLAN_STATE);
PLAN_EVALUATES slow_modulo(PLAN_STATE);
// Sums and differences; these poll, too.
PLAN_EVALUATES slow_add(PLAN_STATE);
PLAN_EVALUATES slow_subtract(PLAN_STATE);

/// No value at all.
inline constexpr Word kNoResult = kTagThunk;
/// Calls the leaf jet of `record` with the arguments at `args`, which it may overwrite. The result
/// may be a thunk. kNoResult: the jet wants something else first, and the call has to go through
/// run_leaf_jet, from the start.
Word leaf_result(Machine& vm, const gc::Info* record, Word* args);

}  // namespace plan::vm
