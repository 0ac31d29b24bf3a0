// vm/lower_strict.cc: strict context: the operand holds a WHNF; see vm/lowering.h.
//
// Note [Arguments in demand]
//   Optimised code evaluates the arguments that a known function is going to evaluate first, in
//   that order, before the call (vm/demand.h), and builds the others after them, when more
//   variables are evaluated. How they are passed does not change: the callee tests, as it does for
//   any caller.
//   What a jet demands stands in a table: that much is done in code that runs once, too.
#include "vm/demand.h"
#include "vm/lowering.h"
#include "vm/primops.h"

namespace plan::vm {

namespace {

constexpr uint32_t kLetCopySizeMax = 24;     ///< lets up to this size may be compiled on each path
constexpr size_t kCopyInstructionsMax = 4000;  ///< beyond, lets are no longer compiled per path
constexpr uint32_t kDemandedDepthMax = 64;  ///< calls inside arguments in demand of calls

}  // namespace

Operand Lowering::force(Operand o, bool known) {
  if (known || (o.is_constant && o.value.is_whnf())) return o;
  return emit_to(Op::kForce, o.is_constant ? new_slot() : o.slot, {o});
}

Operand Lowering::strict(const Expr* e) {
  switch (e->kind) {
    case Expr::Kind::kConstant: return force(constant_operand(e->value));
    case Expr::Kind::kVariable: return strict_variable(e->variable);
    case Expr::Kind::kDeferred: return force(thunk_of(e));
    case Expr::Kind::kApply: {
      const uint32_t dst = new_slot();
      return strict_apply(e, dst);
    }
  }
  PLAN_UNREACHABLE();
}

bool Lowering::may_copy_let(const Expr* e) {
  if (out.size() > kCopyInstructionsMax) return false;
  if (e->size <= kLetCopySizeMax) return true;
  return ++let_copies <= 4;
}

Operand Lowering::strict_variable(uint32_t v) {
  if (v == 0) return constant_operand(code.function);
  if (variables[v].state == Variable::State::kUnbuilt && group_of(v) == 0 &&
      may_copy_let(let_of(v))) {
    set_variable(v, strict(let_of(v)), true);
    return slot_operand(variables[v].slot);
  }
  const Operand o = variable_operand(v);
  if (!variables[v].whnf) {
    force(o);
    mark_whnf(o.slot);
  }
  return o;
}

Operand Lowering::strict_apply(const Expr* e, uint32_t dst) {
  const Head h = head_of(e);
  const size_t n = e->args.size();
  if (!h.is_known) return strict_unknown(e, dst);
  if (n < h.arity) return move_to(closure(h.function, e), dst);
  if (is_complete_row(h, n)) return move_to(row_literal(e), dst);
  if (n > h.arity) return strict_unknown(e, dst);
  if (is_increment(h)) return emit_to(Op::kInc, dst, {strict(e->args[0])});
  if (h.jet) {
    if (const auto done = strict_control(*h.jet, e, dst)) return *done;
    if (const auto done = strict_primop(*h.jet, e, dst)) return *done;
  }
  return strict_call(h, e, dst);
}

Operand Lowering::strict_unknown(const Expr* e, uint32_t dst) {
  std::vector<Operand> operands = call_operands(e);
  return emit_to(Op::kCall, dst, std::move(operands));
}

std::vector<Operand> Lowering::call_operands(const Expr* e) {
  const Head h = head_of(e);
  if (h.is_known && e->args.size() >= h.arity) {
    return arguments(h, e, {constant_operand(h.function)});
  }
  std::vector<Operand> operands{lazy(e->head)};
  for (const Expr* a : e->args) operands.push_back(lazy(a));
  return operands;
}

std::vector<Operand> Lowering::arguments(const Head& h, const Expr* e,
                                         std::vector<Operand> operands) {
  const auto [first, done] = demanded_arguments(h, e);
  const std::vector<Operand> all = delay_the_rest(h, e, first, done);
  operands.insert(operands.end(), all.begin(), all.end());
  return operands;
}

std::pair<std::vector<Operand>, std::vector<bool>> Lowering::demanded_arguments(const Head& h,
                                                                      const Expr* e) {
  std::vector<Operand> operands(e->args.size());
  std::vector<bool> done(e->args.size());
  if ((uses_demand || h.jet) && demanded_depth < kDemandedDepthMax) {
    ++demanded_depth;
    const Demand demand = demand_of(vm, h.function, nat_arguments(code.ir, e));
    for (const uint8_t i : demand.order()) {
      operands[i] = strict(e->args[i]);
      done[i] = true;
    }
    --demanded_depth;
  }
  return {std::move(operands), std::move(done)};
}

std::vector<Operand> Lowering::delay_the_rest(const Head& h, const Expr* e,
                                              std::vector<Operand> operands,
                                              const std::vector<bool>& done) {
  for (size_t i = 0; i < done.size(); ++i) {
    if (!done[i]) operands[i] = lazy(e->args[i], entries_of(h, e, i));
  }
  return operands;
}

Operand Lowering::strict_call(const Head& h, const Expr* e, uint32_t dst) {
  if (!h.function.is_function() || is_closure(h.function)) return strict_unknown(e, dst);
  std::vector<Operand> args = arguments(h, e);
  gc::Info* callee = function_info(vm, h.function);
  const bool leaf = callee->entry == reinterpret_cast<void*>(run_leaf_jet);
  Operand result = emit_to(leaf ? Op::kJet : Op::kCallKnown, dst, std::move(args));
  if (leaf && h.jet) out.back().immediate = static_cast<Word>(*h.jet) + 1;
  out.back().callee = callee;
  out.back().function = h.function;
  return result;
}

void Lowering::strict_into(const Expr* e, uint32_t dst) {
  if (e->kind == Expr::Kind::kApply) {
    strict_apply(e, dst);
  } else {
    move_to(strict(e), dst);
  }
}

Operand Lowering::binary_second_first(Op op, const Expr* e, uint32_t dst) {
  const Operand b = strict(e->args[1]);
  const Operand a = strict(e->args[0]);
  return emit_to(op, dst, {a, b});
}

Operand Lowering::compare_op(CompareMode mode, const Expr* e, uint32_t dst) {
  const Operand a = strict(e->args[0]);
  const Operand b = strict(e->args[1]);
  return emit_to(Op::kCompare, dst, {a, b}, static_cast<Word>(mode));
}

std::optional<Operand> Lowering::strict_primop(JetId jet, const Expr* e, uint32_t dst) {
  switch (jet) {
    case JetId::kAdd: return binary_second_first(Op::kAdd, e, dst);
    case JetId::kSub: return binary_second_first(Op::kSub, e, dst);
    case JetId::kMul: return multiply(e, dst);
    case JetId::kDiv: return binary_second_first(Op::kDiv, e, dst);
    case JetId::kMod: return binary_second_first(Op::kMod, e, dst);
    case JetId::kDec: return emit_to(Op::kDec, dst, {strict(e->args[0])});
    case JetId::kToNat: return emit_to(Op::kToNat, dst, {strict(e->args[0])});
    case JetId::kIsNat: return emit_to(Op::kIsNat, dst, {strict(e->args[0])});
    case JetId::kEqz: return emit_to(Op::kIsZero, dst, {strict(e->args[0])});
    case JetId::kNot: return emit_to(Op::kNot, dst, {strict(e->args[0])});
    case JetId::kBit: return emit_to(Op::kBit, dst, {strict(e->args[0])});
    case JetId::kLen: return emit_to(Op::kLen, dst, {strict(e->args[0])});
    case JetId::kEql: return compare_op(CompareMode::kEqual, e, dst);
    case JetId::kNeq: return compare_op(CompareMode::kNotEqual, e, dst);
    case JetId::kLth: return compare_op(CompareMode::kLess, e, dst);
    case JetId::kLte: return compare_op(CompareMode::kLessEqual, e, dst);
    case JetId::kGth: return compare_op(CompareMode::kGreater, e, dst);
    case JetId::kGte: return compare_op(CompareMode::kGreaterEqual, e, dst);
    case JetId::kCmp: return compare_op(CompareMode::kOrder, e, dst);
    case JetId::kIdx:
    case JetId::kGet: {
      const auto element = element_of(jet, e, dst);
      if (!element) return std::nullopt;
      return emit_to(Op::kForce, dst, {*element});
    }
    case JetId::kRowSet: return set_element(e, dst);
    default: return std::nullopt;
  }
}

/// Of the IR of jets (vm/ir_leaves.def): a row under construction is never delayed.
Operand Lowering::set_element(const Expr* e, uint32_t dst) {
  const Operand row = lazy(e->args[0]);
  const Operand index = strict(e->args[1]);
  return emit_to(Op::kSetElement, dst, {row, index, lazy(e->args[2])});
}

/// Not evaluated yet. Nothing unless evaluating the index cannot do anything: the row comes first.
std::optional<Operand> Lowering::element_of(JetId jet, const Expr* e, uint32_t dst) {
  const bool is_get = jet == JetId::kGet;
  const Expr* index = e->args[is_get ? 1 : 0];
  const Expr* row = e->args[is_get ? 0 : 1];
  if (index->kind == Expr::Kind::kConstant && index->value.is_small()) {
    return emit_to(Op::kIdx, dst, {strict(row)}, index->value.word);
  }
  if (!is_evaluated(index)) return std::nullopt;
  const Operand i = variable_operand(index->variable);
  const Operand r = strict(row);
  emit_to(Op::kLazyElement, dst, {is_get ? r : i, is_get ? i : r}, is_get ? 1 : 0);
  out.back().function = head_of(e).function;
  return slot_operand(dst);
}

}  // namespace plan::vm
