// vm/lower_lets.cc: lets and thunks; see vm/lowering.h.
//
// Note [Lets and paths]
//   A let is built at most once on every path, or its traces would be printed twice. Where paths
//   meet again, what one arm built is forgotten, so a let that is also used elsewhere (uses are
//   counted) is given a slot of its own before the arms, and each arm that has not built it does so
//   at its end, unevaluated. A condition may branch before all of it has run (_And): what its
//   second operand uses and the other path may, too, is built before it.
//   A let whose every use is inside one suspended expression is built there (pass `sink`): the
//   expression captures what the let needs. But `idx` of something at hand is better done at once:
//   it costs no more than the capture, and keeping the whole row alive would.
#include <algorithm>
#include <set>

#include "vm/lowering.h"
#include "vm/usage.h"

namespace plan::vm {

namespace {

constexpr size_t kLetsLazyMax = 2000;  ///< laws with more lets build them in order, at once
constexpr uint32_t kLetChainMax = 64;  ///< the same if lets use each other in longer chains

}  // namespace

template <typename Visit>
void Lowering::visit_uses(const Expr* e, Visit visit) const {
  std::vector<const Expr*> pending{e};
  while (!pending.empty()) {
    const Expr* x = pending.back();
    pending.pop_back();
    switch (x->kind) {
      case Expr::Kind::kVariable:
        if (x->variable != 0) visit(x->variable);
        break;
      case Expr::Kind::kConstant: break;
      case Expr::Kind::kDeferred:
        for (const uint32_t v : variables_of(code.ir, x)) visit(v);
        break;
      case Expr::Kind::kApply:
        pending.push_back(x->head);
        pending.insert(pending.end(), x->args.begin(), x->args.end());
        break;
    }
  }
}

template <typename Visit>
void Lowering::visit_unit_uses(uint32_t unit, Visit visit) const {
  const uint32_t group = group_of(unit);
  const auto visit_other = [&](uint32_t v) {
    if (unit_of(v) != unit) visit(v);
  };
  if (group == 0) {
    visit_uses(let_of(unit), visit_other);
    return;
  }
  for (const uint32_t member : code.ir.groups[group]) visit_uses(let_of(member), visit_other);
}

void Lowering::count_uses() {
  uses.assign(code.ir.slots, 0);
  std::vector<uint32_t> pending;
  const auto count = [&](uint32_t v) {
    const uint32_t unit = unit_of(v);
    if (uses[unit]++ == 0 && is_let(unit) && is_unbuilt(v)) pending.push_back(unit);
  };
  visit_uses(block.body, count);
  while (!pending.empty()) {
    const uint32_t unit = pending.back();
    pending.pop_back();
    visit_unit_uses(unit, count);
  }
}

template <typename MayOwn>
Lowering::Uses Lowering::uses_in(std::span<const Expr* const> expressions, MayOwn may_own) const {
  Uses found;
  std::unordered_set<uint32_t> seen;
  std::vector<uint32_t> pending;
  const auto visit = [&](uint32_t v) {
    if (seen.insert(v).second) found.variables.push_back(v);
    const uint32_t unit = unit_of(v);
    if (++found.of[unit] != uses[unit] || !is_let(unit) || !is_unbuilt(v)) return;
    if (!may_own(unit)) return;
    found.own.insert(unit);
    pending.push_back(unit);
  };
  for (const Expr* e : expressions) visit_uses(e, visit);
  while (!pending.empty()) {
    const uint32_t unit = pending.back();
    pending.pop_back();
    visit_unit_uses(unit, visit);
  }
  return found;
}

Lowering::Uses Lowering::uses_in(std::span<const Expr* const> expressions) const {
  return uses_in(expressions, [](uint32_t) { return true; });
}

std::vector<uint32_t> Lowering::shared_lets(std::span<const Expr* const> expressions) const {
  std::vector<uint32_t> shared;
  if (uses.empty()) return shared;
  std::vector<uint32_t> found;
  std::unordered_set<uint32_t> seen;
  std::unordered_map<uint32_t, uint32_t> used;  // by unit
  std::vector<uint32_t> pending;
  const auto visit = [&](uint32_t v) {
    if (!is_let(v) || !is_unbuilt(v)) return;
    const uint32_t unit = unit_of(v);
    if (used[unit]++ == 0) pending.push_back(unit);
    if (seen.insert(v).second) found.push_back(v);
  };
  for (const Expr* e : expressions) visit_uses(e, visit);
  while (!pending.empty()) {
    const uint32_t unit = pending.back();
    pending.pop_back();
    visit_unit_uses(unit, visit);
  }
  for (const uint32_t v : found) {
    if (used[unit_of(v)] == uses[unit_of(v)]) continue;
    const uint32_t group = group_of(v);
    if (group == 0) {
      shared.push_back(v);
    } else {
      const std::vector<uint32_t>& members = code.ir.groups[group];
      shared.insert(shared.end(), members.begin(), members.end());
    }
  }
  std::sort(shared.begin(), shared.end());
  shared.erase(std::unique(shared.begin(), shared.end()), shared.end());
  return shared;
}

std::vector<uint32_t> Lowering::captured_by(const Expr* e) const {
  if (!code.ir.sinks || uses.empty()) return variables_of(code.ir, e);
  const Uses found = uses_in({&e, 1}, [this](uint32_t unit) { return !is_cheap_part(unit); });
  std::vector<uint32_t> captured;
  for (const uint32_t v : found.variables) {
    if (!found.own.contains(unit_of(v))) captured.push_back(v);
  }
  std::sort(captured.begin(), captured.end());
  return captured;
}

bool Lowering::is_cheap_part(uint32_t let) const {
  const Expr* e = let_of(let);
  if (e->kind != Expr::Kind::kApply || e->args.size() != 2) return false;
  const Head h = head_of(e);
  if (!h.jet || (*h.jet != JetId::kIdx && *h.jet != JetId::kGet)) return false;
  const bool is_idx = *h.jet == JetId::kIdx;
  const Expr* index = e->args[is_idx ? 0 : 1];
  const Expr* row = e->args[is_idx ? 1 : 0];
  if (row->kind != Expr::Kind::kVariable || is_unbuilt(row->variable)) return false;
  if (index->kind == Expr::Kind::kConstant) return index->value.is_small();
  return is_evaluated(index);
}

bool Lowering::is_evaluated(const Expr* e) const {
  return e->kind == Expr::Kind::kVariable && e->variable != 0 && !is_unbuilt(e->variable) &&
         variables[e->variable].whnf;
}

bool Lowering::owns_lets(const Expr* e) const {
  return code.ir.sinks && !uses.empty() && !uses_in({&e, 1}).own.empty();
}

Operand Lowering::variable_operand(uint32_t v) {
  if (v == 0) return constant_operand(code.function);
  if (variables[v].state == Variable::State::kUnbuilt) build_let(v);
  return slot_operand(variables[v].slot);
}

void Lowering::set_variable(uint32_t v, Operand o, bool whnf) {
  if (o.is_constant) {
    const uint32_t slot = new_slot();
    emit_to(Op::kMove, slot, {o});
    o = slot_operand(slot);
  }
  variables[v] = {Variable::State::kSlot, whnf, o.slot};
}

void Lowering::build_let(uint32_t v) {
  PLAN_ASSERT(is_let(v));
  const uint32_t group = group_of(v);
  if (group != 0) {
    build_group(code.ir.groups[group]);
    return;
  }
  const Operand o = lazy(let_of(v), entries_of_let(v));
  set_variable(v, o, is_whnf(o));
}

void Lowering::build_group(const std::vector<uint32_t>& members) {
  // Everything the members need from outside first, then the thunks, then the knots.
  std::vector<Block*> blocks;
  for (const uint32_t v : members) variables[v] = {Variable::State::kSlot, false, new_slot()};
  for (const uint32_t v : members) blocks.push_back(suspended(let_of(v)));
  const auto is_member = [&members](uint32_t v) {
    return std::binary_search(members.begin(), members.end(), v);
  };
  for (const Block* b : blocks) {
    for (const uint32_t v : b->captured) {
      if (!is_member(v)) variable_operand(v);
    }
  }
  struct Knot {
    uint32_t object, index, value;
  };
  std::vector<Knot> knots;
  for (size_t m = 0; m < members.size(); ++m) {
    std::vector<Operand> captured;
    for (size_t i = 0; i < blocks[m]->captured.size(); ++i) {
      const uint32_t v = blocks[m]->captured[i];
      if (is_member(v)) {
        knots.push_back({variables[members[m]].slot, static_cast<uint32_t>(i),
                         variables[v].slot});
        captured.push_back(constant_operand(small_nat(0)));
      } else {
        captured.push_back(variable_operand(v));
      }
    }
    emit_thunk(variables[members[m]].slot, blocks[m], std::move(captured));
  }
  for (const Knot& k : knots) {
    Instruction& i = emit(Op::kPatch);
    i.operands = {slot_operand(k.object), slot_operand(k.value)};
    i.immediate = k.index;
  }
}

bool Lowering::is_whnf(const Operand& o) const {
  if (o.is_constant) return o.value.is_whnf();
  for (const Variable& v : variables) {
    if (v.state == Variable::State::kSlot && v.slot == o.slot) return v.whnf;
  }
  return false;
}

Entries Lowering::entries_of(const Head& h, const Expr* e, size_t i) const {
  const bool is_new = e->args[i]->kind == Expr::Kind::kApply;
  if (!is_new || !has_pass(Pass::kOnce) || !h.is_known) return Entries::kMany;
  if (i >= h.arity) return Entries::kMany;
  return is_entered_once(vm, h.function, i) ? Entries::kOnce : Entries::kMany;
}

Entries Lowering::entries_of_let(uint32_t v) const {
  const std::vector<bool>& once = code.ir.once;
  return has_pass(Pass::kOnce) && !once.empty() && once[v] ? Entries::kOnce : Entries::kMany;
}

Block* Lowering::suspended(const Expr* e, Entries entries) {
  Block*& made = entries == Entries::kOnce ? e->once_block : e->block;
  if (made != nullptr) return made;
  code.blocks.emplace_back();
  Block* b = &code.blocks.back();
  b->code = &code;
  b->body = e;
  b->captured = captured_by(e);
  b->info = vm.infos.add();
  b->info->entry = reinterpret_cast<void*>(enter_thunk_uncompiled);
  b->info->code = b;
  b->info->owner = code.region;
  b->info->kind = gc::InfoKind::kThunk;
  b->info->frame_words = 1;
  code.infos.push_back(b->info);
  ++code.uncompiled;
  b->is_once = entries == Entries::kOnce;
  made = b;
  return b;
}

void Lowering::emit_thunk(uint32_t dst, Block* b, std::vector<Operand> captured) {
  Instruction& i = emit(Op::kThunk);
  i.has_dst = true;
  i.dst = dst;
  i.operands = std::move(captured);
  i.callee = b->info;
}

std::vector<Operand> Lowering::captures(const Block* b) {
  std::vector<Operand> captured;
  for (const uint32_t v : b->captured) captured.push_back(variable_operand(v));
  return captured;
}

Operand Lowering::thunk_of(const Expr* e, Entries entries) {
  Block* b = suspended(e, entries);
  std::vector<Operand> captured = captures(b);
  const uint32_t dst = new_slot();
  emit_thunk(dst, b, std::move(captured));
  return slot_operand(dst);
}

void Lowering::mark_whnf(uint32_t slot) {
  for (Variable& v : variables) {
    if (v.state == Variable::State::kSlot && v.slot == slot) v.whnf = true;
  }
}

std::vector<uint32_t> Lowering::lets_within(const Expr* e) const {
  std::set<uint32_t> found;
  std::unordered_set<uint32_t> units;
  std::vector<uint32_t> pending;
  const auto visit = [&](uint32_t v) {
    if (!is_let(v) || !is_unbuilt(v)) return;
    found.insert(v);
    if (units.insert(unit_of(v)).second) pending.push_back(unit_of(v));
  };
  visit_uses(e, visit);
  while (!pending.empty()) {
    const uint32_t unit = pending.back();
    pending.pop_back();
    visit_unit_uses(unit, visit);
  }
  return {found.begin(), found.end()};
}

std::unordered_set<uint32_t> Lowering::demanded_by(const Expr* e) const {
  std::unordered_set<uint32_t> demanded;
  std::vector<const Expr*> pending{e};
  while (!pending.empty()) {
    const Expr* x = pending.back();
    pending.pop_back();
    if (x->kind == Expr::Kind::kVariable) demanded.insert(x->variable);
    if (x->kind != Expr::Kind::kApply) continue;
    const Head h = head_of(x);
    if (!h.jet || x->args.size() != h.arity) continue;
    switch (*h.jet) {
      case JetId::kEql:
      case JetId::kNeq:
      case JetId::kLth:
      case JetId::kLte:
      case JetId::kGth:
      case JetId::kGte:
      case JetId::kAdd:
      case JetId::kSub:
        pending.push_back(x->args[0]);
        pending.push_back(x->args[1]);
        break;
      case JetId::kIsNat:
      case JetId::kEqz:
      case JetId::kNot:
      case JetId::kBit:
      case JetId::kAnd:
      case JetId::kLen:
      case JetId::kDec: pending.push_back(x->args[0]); break;
      default: break;
    }
  }
  return demanded;
}

bool Lowering::builds_lets_in_order() const {
  const Law& ir = code.ir;
  if (ir.lets.size() <= kLetChainMax) return false;
  if (ir.lets.size() > kLetsLazyMax) return true;
  std::vector<uint32_t> chain(ir.slots, 0);
  uint32_t longest = 0;
  for (const uint32_t v : ir.order) {
    uint32_t length = 1;
    visit_uses(let_of(v), [&](uint32_t used) { length = std::max(length, chain[used] + 1); });
    chain[v] = length;
    longest = std::max(longest, length);
  }
  return longest > kLetChainMax;
}

}  // namespace plan::vm
