// vm/lower_control.cc: where paths part and meet; see vm/lowering.h.
// Branches see a copy of the variables; what they build is forgotten afterwards, but for what
// Note [Lets and paths] in vm/lower_lets.cc says.
#include <algorithm>

#include "vm/lowering.h"

namespace plan::vm {

std::vector<Variable> Lowering::meet(std::vector<Variable> a, const std::vector<Variable>& b) {
  for (size_t v = 0; v < a.size(); ++v) {
    const bool same = a[v].state == b[v].state && a[v].slot == b[v].slot;
    if (!same) {
      a[v] = Variable{};
    } else if (!b[v].whnf) {
      a[v].whnf = false;
    }
  }
  return a;
}

Lowering::Join Lowering::begin_join(std::span<const Expr* const> whole,
                                    std::vector<Variable> common) {
  Join join{std::move(common), {}, 0};
  std::swap(variables, join.common);
  const std::vector<uint32_t> shared = shared_lets(whole);
  std::swap(variables, join.common);
  for (const uint32_t v : shared) {
    join.kept.push_back({v, {Variable::State::kSlot, true, new_slot()}});
  }
  join.first_slot = next_slot;
  return join;
}

void Lowering::begin_arm(const Join& join, const std::vector<Variable>& state) {
  variables = state;
  next_slot = join.first_slot;
}

void Lowering::end_arm(Join& join) {
  for (Join::Kept& k : join.kept) {
    const Operand o = variable_operand(k.variable);
    k.after.whnf = k.after.whnf && variables[k.variable].whnf;
    emit_to(Op::kMove, k.after.slot, {o});
  }
}

void Lowering::finish_join(Join& join) {
  variables = std::move(join.common);
  for (const Join::Kept& k : join.kept) variables[k.variable] = k.after;
  next_slot = join.first_slot;
}

template <typename Then, typename Else>
void Lowering::branch(std::span<const Expr* const> whole, const std::vector<Variable>& else_state,
            uint32_t label_else, uint32_t label_end, Then then, Else otherwise) {
  Join join = begin_join(whole, meet(variables, else_state));
  then();
  end_arm(join);
  emit(Op::kJump).label = label_end;
  bind(label_else);
  begin_arm(join, else_state);
  otherwise();
  end_arm(join);
  bind(label_end);
  finish_join(join);
}

std::vector<Variable> Lowering::condition(const Expr* e, uint32_t label_else, const Paths& paths) {
  if (e->kind == Expr::Kind::kApply) {
    const Head h = head_of(e);
    if (h.is_known && h.jet && e->args.size() == h.arity) {
      if (auto other = fused(*h.jet, e, label_else, paths)) return std::move(*other);
    }
  }
  branch_on(Op::kIf, strict(e), label_else);
  return variables;
}

void Lowering::branch_on(Op op, Operand o, uint32_t label_else) {
  Instruction& i = emit(op);
  i.operands = {o};
  i.label = label_else;
}

void Lowering::compare_branch(Op op, const Expr* a, const Expr* b, uint32_t label, bool swap) {
  const Operand x = strict(a);
  const Operand y = strict(b);
  const uint32_t scratch = new_slot();
  Instruction& i = emit(op);
  i.operands = swap ? std::vector<Operand>{y, x} : std::vector<Operand>{x, y};
  i.has_dst = true;
  i.dst = scratch;
  i.immediate = swap ? 1 : 0;
  i.label = label;
}

std::optional<std::vector<Variable>> Lowering::fused(JetId jet, const Expr* e, uint32_t label_else,
                                           const Paths& paths) {
  switch (jet) {
    case JetId::kIsNat: branch_on(Op::kIfNat, strict(e->args[0]), label_else); break;
    case JetId::kEqz: branch_on(Op::kIfZero, strict(e->args[0]), label_else); break;
    case JetId::kEql:
      compare_branch(Op::kIfEqual, e->args[0], e->args[1], label_else, false);
      break;
    case JetId::kLth:
      compare_branch(Op::kIfLess, e->args[0], e->args[1], label_else, false);
      break;
    case JetId::kLte:
      compare_branch(Op::kIfLessEqual, e->args[0], e->args[1], label_else, false);
      break;
    case JetId::kGth:
      compare_branch(Op::kIfLess, e->args[0], e->args[1], label_else, true);
      break;
    case JetId::kGte:
      compare_branch(Op::kIfLessEqual, e->args[0], e->args[1], label_else, true);
      break;
    case JetId::kNeq: {
      const uint32_t label_true = new_label();
      compare_branch(Op::kIfEqual, e->args[0], e->args[1], label_true, false);
      emit(Op::kJump).label = label_else;
      bind(label_true);
      break;
    }
    case JetId::kNot: {
      const uint32_t label_true = new_label();
      std::vector<Variable> if_true =
          condition(e->args[0], label_true, {paths.if_false, paths.if_true});
      emit(Op::kJump).label = label_else;
      bind(label_true);
      std::swap(variables, if_true);
      return if_true;
    }
    case JetId::kAnd: return both(e, label_else, paths);
    case JetId::kBit: return condition(e->args[0], label_else, paths);
    default: return std::nullopt;
  }
  return variables;
}

std::vector<Variable> Lowering::both(const Expr* e, uint32_t label_else, const Paths& paths) {
  Paths first = paths;
  first.if_true.push_back(e->args[1]);
  // The other path may come from either operand: it must find built what the second one builds,
  // be it inside other lets, unless only what follows here uses that.
  if (!uses.empty()) {
    const Uses onwards = uses_in(first.if_true);
    const std::unordered_set<uint32_t> demanded = demanded_by(e->args[0]);
    for (const uint32_t v : lets_within(e->args[1])) {
      if (!onwards.own.contains(unit_of(v)) && !demanded.contains(v)) variable_operand(v);
    }
  }
  std::vector<Variable> if_false = condition(e->args[0], label_else, first);
  return meet(std::move(if_false), condition(e->args[1], label_else, paths));
}

std::optional<Operand> Lowering::strict_control(JetId jet, const Expr* e, uint32_t dst) {
  const uint32_t label_else = new_label();
  const uint32_t label_end = new_label();
  switch (jet) {
    case JetId::kIf: {
      const std::vector<Variable> else_state =
          condition(e->args[0], label_else, {{e->args[1]}, {e->args[2]}});
      branch({&e, 1}, else_state, label_else, label_end, [&] { strict_into(e->args[1], dst); },
             [&] { strict_into(e->args[2], dst); });
      return slot_operand(dst);
    }
    case JetId::kIfz:
      branch_on(Op::kIfZero, strict(e->args[0]), label_else);
      branch({&e, 1}, std::vector<Variable>(variables), label_else, label_end,
             [&] { strict_into(e->args[1], dst); },
             [&] { strict_into(e->args[2], dst); });
      return slot_operand(dst);
    case JetId::kSeq:
      strict(e->args[0]);
      strict_into(e->args[1], dst);
      return slot_operand(dst);
    case JetId::kAnd:
      branch_on(Op::kIf, strict(e->args[0]), label_else);
      branch({&e, 1}, std::vector<Variable>(variables), label_else, label_end,
             [&] { emit_to(Op::kBit, dst, {strict(e->args[1])}); },
             [&] { move_to(constant_operand(small_nat(0)), dst); });
      return slot_operand(dst);
    case JetId::kOr:
      branch_on(Op::kIf, strict(e->args[0]), label_else);
      branch({&e, 1}, std::vector<Variable>(variables), label_else, label_end,
             [&] { move_to(constant_operand(small_nat(1)), dst); },
             [&] { emit_to(Op::kBit, dst, {strict(e->args[1])}); });
      return slot_operand(dst);
    case JetId::kSwitch:
    case JetId::kTabSwitch: {
      const auto arms = SwitchArms::of(jet, e);
      if (!arms) return std::nullopt;
      const Operand index = strict(e->args[0]);
      Join join = begin_join({&e, 1}, variables);
      compile_arms(jet, e, *arms, index, [&](const Expr* arm) {
        strict_into(arm, dst);
        end_arm(join);
        emit(Op::kJump).label = label_end;
      });
      bind(label_end);
      finish_join(join);
      return slot_operand(dst);
    }
    default: return std::nullopt;
  }
}

template <typename Arm>
void Lowering::compile_arms(JetId jet, const Expr* e, const SwitchArms& arms, Operand index,
                            Arm compile_arm) {
  const uint32_t label_default = new_label();
  std::vector<uint32_t> arm_labels;
  for (size_t i = 0; i < arms.size(); ++i) arm_labels.push_back(new_label());
  Instruction& i = emit(jet == JetId::kSwitch ? Op::kSwitch : Op::kTabSwitch);
  i.operands = {index};
  i.label = label_default;
  i.labels = arm_labels;
  if (jet == JetId::kTabSwitch) {
    for (size_t k = 0; k < arms.size(); ++k) i.keys.push_back(arms.key(k));
  }
  const std::vector<Variable> before = variables;
  const uint32_t slot = next_slot;
  const auto compile_one = [&](uint32_t label, const Expr* arm) {
    bind(label);
    variables = before;
    next_slot = slot;
    compile_arm(arm);
  };
  for (size_t k = 0; k < arms.size(); ++k) {
    const Expr* arm = arms.expression(k);
    compile_one(arm_labels[k], arm != nullptr ? arm : make_constant(code.ir, arms.constant(k)));
  }
  compile_one(label_default, e->args[1]);
  variables = before;
  next_slot = slot;
}

Operand Lowering::multiply(const Expr* e, uint32_t dst) {
  const Operand b = strict(e->args[1]);
  if (b.is_constant && b.value != small_nat(0) && b.value.is_nat()) {
    return emit_to(Op::kMul, dst, {strict(e->args[0]), b});
  }
  const uint32_t label_else = new_label();
  const uint32_t label_end = new_label();
  branch_on(Op::kIf, b, label_else);
  branch({&e, 1}, std::vector<Variable>(variables), label_else, label_end,
         [&] {
           const Operand a = strict(e->args[0]);
           emit_to(Op::kMul, dst, {a, b});
         },
         [&] { move_to(constant_operand(small_nat(0)), dst); });
  return slot_operand(dst);
}

template <typename Then, typename Else>
void Lowering::tail_branch(uint32_t label_else, const std::vector<Variable>& else_state, Then then,
                 Else otherwise) {
  const uint32_t slot = next_slot;
  then();
  bind(label_else);
  variables = else_state;
  next_slot = slot;
  otherwise();
}

bool Lowering::tail_control(JetId jet, const Expr* e) {
  const uint32_t label_else = new_label();
  switch (jet) {
    case JetId::kIf: {
      const std::vector<Variable> else_state =
          condition(e->args[0], label_else, {{e->args[1]}, {e->args[2]}});
      tail_branch(label_else, else_state, [&] { tail(e->args[1]); },
                  [&] { tail(e->args[2]); });
      return true;
    }
    case JetId::kIfz:
      branch_on(Op::kIfZero, strict(e->args[0]), label_else);
      tail_branch(label_else, std::vector<Variable>(variables), [&] { tail(e->args[1]); },
                  [&] { tail(e->args[2]); });
      return true;
    case JetId::kSeq:
      strict(e->args[0]);
      tail(e->args[1]);
      return true;
    case JetId::kAnd:
    case JetId::kOr: ret(*strict_control(jet, e, new_slot())); return true;
    case JetId::kSwitch:
    case JetId::kTabSwitch: {
      const auto arms = SwitchArms::of(jet, e);
      if (!arms) return false;
      compile_arms(jet, e, *arms, strict(e->args[0]), [&](const Expr* arm) { tail(arm); });
      return true;
    }
    default: return false;
  }
}

}  // namespace plan::vm
