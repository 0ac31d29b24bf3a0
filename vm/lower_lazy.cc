// vm/lower_lazy.cc: lazy context, and what is computed instead; see vm/lowering.h.
//
// Note [Cheap eagerness]
//   A suspended primop on operands that happen to be evaluated is computed at once if that is total
//   and small (kLazy..): no analysis, no change of meaning, and most thunks of real Sire disappear
//   (design, optimiser-study.md, finding 1). Nothing that could crash, run long or allocate much is
//   ever computed early.
//   So is a conditional of such operations (pass `speculate`): as long as every nat on the path it
//   takes turns out to be an immediate, it is computed; else the whole of it is suspended, and
//   nothing has happened. The same for all the arguments of a loop's next turn together, if there
//   is a conditional among them: as long as they are immediates, none is tested twice.
#include <algorithm>

#include "vm/lowering.h"
#include "vm/primops.h"

namespace plan::vm {

namespace {

constexpr uint32_t kCheapNodesMax = 24;  ///< of a conditional that is computed early
constexpr uint32_t kCheapTurnNodesMax = 96;  ///< of the arguments of a turn, with their lets
constexpr size_t kCheapInstructionsMax = 200;  ///< made of them: a let may be computed on many arms

}  // namespace

Operand Lowering::lazy(const Expr* e, Entries entries) {
  switch (e->kind) {
    case Expr::Kind::kVariable: return variable_operand(e->variable);
    case Expr::Kind::kConstant: return constant_operand(e->value);
    case Expr::Kind::kDeferred: return thunk_of(e);
    case Expr::Kind::kApply: return lazy_apply(e, entries);
  }
  PLAN_UNREACHABLE();
}

Operand Lowering::lazy_apply(const Expr* e, Entries entries) {
  const Head h = head_of(e);
  const size_t n = e->args.size();
  if (h.is_known && n < h.arity) return closure(h.function, e);
  if (h.is_known && is_complete_row(h, n)) return row_literal(e);
  if (h.is_known && n == h.arity) {
    if (const auto cheap = lazy_primop(h, e, entries)) return *cheap;
  }
  const bool atoms = is_atom(e->head) && n <= 6 &&
                     std::all_of(e->args.begin(), e->args.end(),
                                 [this](const Expr* a) { return is_atom(a); });
  // Code of its own enters a known callee directly, and need not update.
  const bool direct = (code.optimise && is_known_call(h, n)) || entries == Entries::kOnce;
  if (!atoms || owns_lets(e) || direct) return thunk_of(e, entries);
  std::vector<Operand> operands{h.is_known ? constant_operand(h.function) : lazy(e->head)};
  for (const Expr* a : e->args) operands.push_back(lazy(a));
  return emit_to(Op::kApplyThunk, new_slot(), std::move(operands));
}

Operand Lowering::row_literal(const Expr* e) {
  std::vector<Operand> elements;
  for (const Expr* a : e->args) elements.push_back(lazy(a));
  std::reverse(elements.begin(), elements.end());
  return emit_to(Op::kRow, new_slot(), std::move(elements));
}

Operand Lowering::closure(Value function, const Expr* e) {
  std::vector<Operand> args;
  if (is_closure(function)) {
    for (uint64_t i = 0; i < closure_size(function); ++i) {
      args.push_back(constant_operand(closure_arg(function, i)));
    }
    function = closure_head(function);
  }
  for (const Expr* a : e->args) args.push_back(lazy(a));
  const uint64_t whole = gc::eval_arity(function);
  const uint64_t left = whole == kArityHuge ? whole : whole - args.size();
  Operand result = emit_to(Op::kClosure, new_slot(), std::move(args), left);
  out.back().function = function;
  return result;
}

std::optional<Lowering::LazyOp> Lowering::lazy_op(const Head& h) const {
  const auto compare = [](CompareMode mode) {
    return LazyOp{Op::kLazyCompare, static_cast<Word>(mode)};
  };
  if (is_increment(h)) return LazyOp{Op::kLazyInc};
  if (!h.jet) return std::nullopt;
  switch (*h.jet) {
    case JetId::kAdd: return LazyOp{Op::kLazyAdd};
    case JetId::kSub: return LazyOp{Op::kLazySub};
    case JetId::kMul: return LazyOp{Op::kLazyMul};
    case JetId::kDiv: return LazyOp{Op::kLazyDiv};
    case JetId::kMod: return LazyOp{Op::kLazyMod};
    case JetId::kEql: return compare(CompareMode::kEqual);
    case JetId::kNeq: return compare(CompareMode::kNotEqual);
    case JetId::kLth: return compare(CompareMode::kLess);
    case JetId::kLte: return compare(CompareMode::kLessEqual);
    case JetId::kGth: return compare(CompareMode::kGreater);
    case JetId::kGte: return compare(CompareMode::kGreaterEqual);
    case JetId::kDec: return LazyOp{Op::kLazyDec};
    case JetId::kIsNat: return LazyOp{Op::kLazyIsNat};
    case JetId::kEqz: return LazyOp{Op::kLazyIsZero};
    case JetId::kNot: return LazyOp{Op::kLazyNot};
    case JetId::kBit: return LazyOp{Op::kLazyBit};
    case JetId::kLen: return LazyOp{Op::kLazyLen};
    default: break;
  }
  const NatOp op = nat_op_of(*h.jet);
  if (op == NatOp::kNone) return std::nullopt;
  return LazyOp{Op::kLazyNat, static_cast<Word>(op)};
}

std::optional<Operand> Lowering::lazy_primop(const Head& h, const Expr* e, Entries entries) {
  if (const auto op = lazy_op(h)) return lazily(*op, h, e);
  if (!h.jet) return std::nullopt;
  switch (*h.jet) {
    case JetId::kIdx:
      if (const auto part = lazy_idx(e->args[0], e->args[1])) return part;
      return lazily({Op::kLazyElement, 0}, h, e);
    case JetId::kGet:
      if (const auto part = lazy_idx(e->args[1], e->args[0])) return part;
      return lazily({Op::kLazyElement, 1}, h, e);
    default: return is_conditional(*h.jet) ? speculate(e, entries) : std::nullopt;
  }
}

Operand Lowering::lazily(LazyOp op, const Head& h, const Expr* e) {
  std::vector<Operand> operands;
  for (size_t i = 0; i < e->args.size(); ++i) {
    operands.push_back(lazy(e->args[i], entries_of(h, e, i)));
  }
  return emit_lazily(op, h, std::move(operands), new_slot());
}

Operand Lowering::emit_lazily(LazyOp op, const Head& h, std::vector<Operand> operands,
                              uint32_t dst) {
  Operand result = emit_to(op.op, dst, std::move(operands), op.immediate);
  out.back().function = h.function;
  return result;
}

std::optional<Operand> Lowering::lazy_idx(const Expr* index, const Expr* row) {
  if (index->kind != Expr::Kind::kConstant || !index->value.is_small()) return std::nullopt;
  Operand result = emit_to_after(Op::kLazyIdx, {lazy(row)});
  out.back().immediate = index->value.word;
  return result;
}

bool Lowering::is_cheap(const Expr* e, CheapSearch& search) const {
  if (search.nodes == 0) return false;
  --search.nodes;
  if (e->kind == Expr::Kind::kVariable) {
    const uint32_t v = e->variable;
    if (v == 0 || search.lets == Lets::kBuilt || !is_let(v) || !is_unbuilt(v)) return v != 0;
    if (std::find(search.seen.begin(), search.seen.end(), v) != search.seen.end()) return true;
    search.seen.push_back(v);
    return group_of(v) == 0 && is_cheap(let_of(v), search);
  }
  if (e->kind == Expr::Kind::kConstant) return e->value.is_small();
  if (e->kind != Expr::Kind::kApply) return false;
  const Head h = head_of(e);
  if (!h.is_known || e->args.size() != h.arity) return false;
  const auto op = lazy_op(h);
  const bool cheap = (op && op->op != Op::kLazyLen) || (h.jet && is_conditional(*h.jet));
  return cheap && std::all_of(e->args.begin(), e->args.end(),
                              [&](const Expr* a) { return is_cheap(a, search); });
}

std::optional<Operand> Lowering::speculate(const Expr* e, Entries entries) {
  CheapSearch search{Lets::kBuilt, kCheapNodesMax};
  if (!speculates || !is_cheap(e, search) || owns_lets(e)) return std::nullopt;
  Block* b = suspended(e, entries);
  std::vector<Operand> captured = captures(b);  // builds every let that is used below
  const uint32_t dst = new_slot();
  const uint32_t label_suspend = new_label();
  const uint32_t label_end = new_label();
  const uint32_t first_slot = next_slot;
  Cheap cheap{label_suspend, Lets::kBuilt, out.size() + kCheapInstructionsMax, {}};
  compute_into(e, dst, cheap);
  emit(Op::kJump).label = label_end;
  bind(label_suspend);
  emit_thunk(dst, b, std::move(captured));
  bind(label_end);
  next_slot = first_slot;
  return slot_operand(dst);
}

Operand Lowering::compute(const Expr* e, Cheap& cheap) {
  if (out.size() > cheap.out_max) return constant_operand(small_nat(0));
  if (e->kind == Expr::Kind::kConstant) return constant_operand(e->value);
  if (e->kind == Expr::Kind::kApply) {
    const uint32_t dst = new_slot();
    compute_into(e, dst, cheap);
    return slot_operand(dst);
  }
  for (const auto& [variable, slot] : cheap.known) {
    if (variable == e->variable) return slot_operand(slot);
  }
  const uint32_t dst = new_slot();
  if (cheap.lets == Lets::kComputed && is_let(e->variable) && is_unbuilt(e->variable)) {
    compute_into(let_of(e->variable), dst, cheap);
  } else {
    require_immediate(variable_operand(e->variable), dst, cheap);
  }
  cheap.known.emplace_back(e->variable, dst);
  return slot_operand(dst);
}

void Lowering::require_immediate(Operand o, uint32_t dst, const Cheap& cheap) {
  Instruction& i = emit(Op::kIfCheap);
  i.operands = {o};
  i.has_dst = true;
  i.dst = dst;
  i.label = cheap.label_suspend;
}

void Lowering::compute_into(const Expr* e, uint32_t dst, Cheap& cheap) {
  if (e->kind != Expr::Kind::kApply) {
    move_to(compute(e, cheap), dst);
    return;
  }
  const Head h = head_of(e);
  if (h.jet && is_conditional(*h.jet)) {
    compute_conditional(*h.jet, e, dst, cheap);
    return;
  }
  std::vector<Operand> operands;
  for (const Expr* a : e->args) operands.push_back(compute(a, cheap));
  emit_lazily(*lazy_op(h), h, std::move(operands), dst);
  const Op op = out.back().op;
  const bool shifts_left =
      op == Op::kLazyNat && out.back().immediate == static_cast<Word>(NatOp::kShiftLeft);
  const bool may_overflow =
      op == Op::kLazyAdd || op == Op::kLazyMul || op == Op::kLazyInc || shifts_left;
  if (may_overflow) require_immediate(slot_operand(dst), dst, cheap);
}

void Lowering::compute_conditional(JetId jet, const Expr* e, uint32_t dst, Cheap& cheap) {
  const uint32_t label_else = new_label();
  const uint32_t label_end = new_label();
  branch_on(jet == JetId::kIfz ? Op::kIfZero : Op::kIf, compute(e->args[0], cheap), label_else);
  const size_t known = cheap.known.size();
  const uint32_t first_slot = next_slot;
  const auto arm = [&](auto compute_arm) {
    compute_arm();
    cheap.known.resize(known);
    next_slot = first_slot;
  };
  const auto value_of = [&](size_t k) {
    return [&, k] { compute_into(e->args[k], dst, cheap); };
  };
  const auto truth_of = [&](size_t k) {
    return [&, k] { emit_to(Op::kBit, dst, {compute(e->args[k], cheap)}); };
  };
  const auto constant = [&](uint64_t n) {
    return [&, n] { move_to(constant_operand(small_nat(n)), dst); };
  };
  const auto arms = [&](auto then, auto otherwise) {
    arm(then);
    emit(Op::kJump).label = label_end;
    bind(label_else);
    arm(otherwise);
    bind(label_end);
  };
  switch (jet) {
    case JetId::kAnd: return arms(truth_of(1), constant(0));
    case JetId::kOr: return arms(constant(1), truth_of(1));
    default: return arms(value_of(1), value_of(2));
  }
}

void Lowering::next_turn(const Head& h, const Expr* e) {
  const auto [first, done] = demanded_arguments(h, e);
  std::vector<const Expr*> rest;
  for (size_t i = 0; i < done.size(); ++i) {
    if (!done[i] && !is_at_hand(e->args[i])) rest.push_back(e->args[i]);
  }
  const bool was_speculating = speculates;
  if (speculates && is_worth_computing(rest)) {
    const uint32_t label_suspend = new_label();
    const std::vector<Variable> before = variables;
    const uint32_t first_slot = next_slot;
    const size_t first_instruction = out.size();
    Cheap cheap{label_suspend, Lets::kComputed, out.size() + kCheapInstructionsMax, {}};
    std::vector<Operand> args = first;
    for (size_t i = 0; i < done.size(); ++i) {
      if (done[i]) continue;
      args[i] = is_at_hand(e->args[i]) ? lazy(e->args[i]) : compute(e->args[i], cheap);
    }
    if (out.size() > cheap.out_max) {
      out.resize(first_instruction);
    } else {
      emit(Op::kSelfTail).operands = std::move(args);
      bind(label_suspend);
      speculates = false;
    }
    variables = before;
    next_slot = first_slot;
  }
  emit(Op::kSelfTail).operands = delay_the_rest(h, e, first, done);
  speculates = was_speculating;
}

bool Lowering::is_at_hand(const Expr* e) const {
  if (e->kind == Expr::Kind::kConstant) return true;
  if (e->kind != Expr::Kind::kVariable) return false;
  return e->variable == 0 || !is_let(e->variable) || !is_unbuilt(e->variable);
}

bool Lowering::is_worth_computing(const std::vector<const Expr*>& args) const {
  CheapSearch search{Lets::kComputed, kCheapTurnNodesMax};
  bool has_conditional = false;
  for (const Expr* e : args) {
    if (!is_cheap(e, search)) return false;
    const Expr* inner = e->kind == Expr::Kind::kVariable ? let_of(e->variable) : e;
    if (inner->kind != Expr::Kind::kApply) continue;
    const Head h = head_of(inner);
    has_conditional = has_conditional || (h.jet && is_conditional(*h.jet));
  }
  return has_conditional;
}

}  // namespace plan::vm
