// vm/lower.cc: IR -> linear code (vm/low_code.h), one block at a time, in linear time.
//
// Three contexts: *tail* (the block's result), *strict* (WHNF needed now) and *lazy* (may stay
// unevaluated). What each does with an expression is the first two levels of the optimiser study:
//   - control jets on the strict spine are branches; lets are built at their first use on each
//     path: evaluated on the spot if that use is strict, as a thunk otherwise;
//   - primops evaluate their operands in the order of their laws, so the first crash is the same;
//   - Note [Cheap eagerness]; Note [Arguments in demand].
// A let that belongs to a cycle is built as a group of thunks, patched into each other.
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
//
// Note [Arguments in demand]
//   Optimised code evaluates the arguments that a known function is going to evaluate first, in
//   that order, before the call (vm/demand.h), and builds the others after them, when more
//   variables are evaluated. How they are passed does not change: the callee tests, as it does for
//   any caller.
//   What a jet demands stands in a table: that much is done in code that runs once, too.
#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "base/check.h"
#include "gc/make.h"
#include "gc/region.h"
#include "vm/dump.h"
#include "vm/demand.h"
#include "vm/ir_build.h"
#include "vm/jets.h"
#include "vm/low_code.h"
#include "vm/machine.h"
#include "vm/optimise.h"
#include "vm/primops.h"

namespace plan::vm {

namespace {

constexpr uint32_t kLetCopySizeMax = 24;     ///< lets up to this size may be compiled on each path
constexpr size_t kCopyInstructionsMax = 4000;  ///< beyond, lets are no longer compiled per path
constexpr size_t kLetsLazyMax = 2000;  ///< laws with more lets build them in order, at once
constexpr uint32_t kLetChainMax = 64;  ///< the same if lets use each other in longer chains
constexpr uint32_t kCheapNodesMax = 24;  ///< of a conditional that is computed early
constexpr uint32_t kCheapTurnNodesMax = 96;  ///< of the arguments of a turn, with their lets
constexpr size_t kCheapInstructionsMax = 200;  ///< made of them: a let may be computed on many arms
constexpr uint32_t kDemandedDepthMax = 64;  ///< calls inside arguments in demand of calls

struct Variable {
  enum class State : uint8_t { kUnbuilt, kSlot } state = State::kUnbuilt;
  bool whnf = false;
  uint32_t slot = 0;
};

struct Lowering {
  Machine& vm;
  Block& block;
  Code& code;
  std::vector<Variable> variables;
  std::vector<Instruction> out;
  uint32_t parameters;
  uint32_t next_slot;
  uint32_t max_slot;
  uint32_t labels = 0;
  uint32_t let_copies = 0;
  std::vector<uint32_t> uses;  ///< of a let or a cycle of lets (see unit_of), in this block
  uint32_t demanded_depth = 0;
  const bool uses_demand;
  bool speculates;

  Lowering(Machine& machine, Block& b)
      : vm(machine), block(b), code(*b.code), variables(b.code->ir.slots),
        parameters(static_cast<uint32_t>(b.captured.size())), next_slot(parameters),
        max_slot(parameters),
        uses_demand(has_pass(Pass::kDemand)), speculates(has_pass(Pass::kSpeculate)) {
    for (uint32_t i = 0; i < parameters; ++i) {
      variables[block.captured[i]] = {Variable::State::kSlot, false, i};
    }
    if (!code.ir.lets.empty()) count_uses();
  }

  bool has_pass(Pass pass) const {
    return (code.optimise || vm.options.optimise_always) && vm.options.passes.has(pass);
  }

  // --- Emission.
  uint32_t new_slot() {
    max_slot = std::max(max_slot, next_slot + 1);
    return next_slot++;
  }
  uint32_t new_label() { return labels++; }
  Instruction& emit(Op op) {
    out.emplace_back();
    out.back().op = op;
    return out.back();
  }
  void bind(uint32_t label) { emit(Op::kJump).binds_label = label; }
  Operand emit_to(Op op, uint32_t dst, std::vector<Operand> operands, Word immediate = 0) {
    Instruction& i = emit(op);
    i.has_dst = true;
    i.dst = dst;
    i.operands = std::move(operands);
    i.immediate = immediate;
    return slot_operand(dst);
  }

  // --- Heads.
  struct Head {
    bool known = false;
    Value function;
    uint64_t arity = 0;
    std::optional<JetId> jet;
  };
  Head head_of(const Expr* e) const {
    Head h;
    Value f;
    if (e->head->kind == Expr::Kind::kConstant) {
      f = e->head->value;
    } else if (e->head->kind == Expr::Kind::kVariable && e->head->variable == 0) {
      f = code.function;
    } else {
      return h;
    }
    h.known = true;
    h.function = f;
    h.arity = gc::eval_arity(f);
    if (is_pin(f) && gc::pin_region(f)->jet >= 0) {
      const auto jet = static_cast<JetId>(gc::pin_region(f)->jet);
      if (vm.options.jets) h.jet = jet;
    }
    return h;
  }
  bool is_increment(const Head& h) const { return h.known && h.function == small_nat(3); }

  // --- Variables.
  const Expr* let_of(uint32_t variable) const {
    return code.ir.lets[variable - 1 - code.ir.args];
  }
  uint32_t group_of(uint32_t variable) const {
    return code.ir.group[variable - 1 - code.ir.args];
  }
  bool is_let(uint32_t variable) const { return variable > code.ir.args; }

  // --- Uses of lets: Note [Lets and paths].

  /// Lets of one cycle are built together: the first stands for all.
  uint32_t unit_of(uint32_t variable) const {
    if (!is_let(variable)) return variable;
    const uint32_t group = group_of(variable);
    return group == 0 ? variable : code.ir.groups[group].front();
  }
  bool is_unbuilt(uint32_t variable) const {
    return variables[variable].state == Variable::State::kUnbuilt;
  }

  template <typename Visit>
  void visit_uses(const Expr* e, Visit visit) const {
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
  /// The uses in the lets of a unit, but for those of each other.
  template <typename Visit>
  void visit_unit_uses(uint32_t unit, Visit visit) const {
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

  void count_uses() {
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

  /// What some expressions use, directly or through lets that only they use.
  struct Uses {
    std::vector<uint32_t> variables;            ///< in order of discovery
    std::unordered_map<uint32_t, uint32_t> of;  ///< by unit
    std::unordered_set<uint32_t> own;           ///< units that only they use
  };
  /// `may_own` decides whether the inside of such a let belongs to the expressions.
  template <typename MayOwn>
  Uses uses_in(std::span<const Expr* const> expressions, MayOwn may_own) const {
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
  Uses uses_in(std::span<const Expr* const> expressions) const {
    return uses_in(expressions, [](uint32_t) { return true; });
  }

  /// The lets not built yet that `expressions` use and something else does, too. Through other lets
  /// as well, whoever uses these: evaluating a let on an arm builds what is in it on that arm.
  std::vector<uint32_t> shared_lets(std::span<const Expr* const> expressions) const {
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

  /// What a suspended expression captures.
  std::vector<uint32_t> captured_by(const Expr* e) const {
    if (!code.ir.sinks || uses.empty()) return variables_of(code.ir, e);
    const Uses found = uses_in({&e, 1}, [this](uint32_t unit) { return !is_cheap_part(unit); });
    std::vector<uint32_t> captured;
    for (const uint32_t v : found.variables) {
      if (!found.own.contains(unit_of(v))) captured.push_back(v);
    }
    std::sort(captured.begin(), captured.end());
    return captured;
  }
  /// A constant index into something already built.
  bool is_cheap_part(uint32_t let) const {
    const Expr* e = let_of(let);
    if (e->kind != Expr::Kind::kApply || e->args.size() != 2) return false;
    const Head h = head_of(e);
    if (!h.jet || (*h.jet != JetId::kIdx && *h.jet != JetId::kGet)) return false;
    const bool is_idx = *h.jet == JetId::kIdx;
    const Expr* index = e->args[is_idx ? 0 : 1];
    const Expr* row = e->args[is_idx ? 1 : 0];
    return index->kind == Expr::Kind::kConstant && index->value.is_small() &&
           row->kind == Expr::Kind::kVariable && !is_unbuilt(row->variable);
  }
  /// Some let is used by `e` alone.
  bool owns_lets(const Expr* e) const {
    return code.ir.sinks && !uses.empty() && !uses_in({&e, 1}).own.empty();
  }

  Operand variable_operand(uint32_t v) {
    if (v == 0) return constant_operand(code.function);
    if (variables[v].state == Variable::State::kUnbuilt) build_let(v);
    return slot_operand(variables[v].slot);
  }

  void set_variable(uint32_t v, Operand o, bool whnf) {
    if (o.is_constant) {
      const uint32_t slot = new_slot();
      emit_to(Op::kMove, slot, {o});
      o = slot_operand(slot);
    }
    variables[v] = {Variable::State::kSlot, whnf, o.slot};
  }

  void build_let(uint32_t v) {
    PLAN_ASSERT(is_let(v));
    const uint32_t group = group_of(v);
    if (group != 0) {
      build_group(code.ir.groups[group]);
      return;
    }
    const Operand o = lazy(let_of(v));
    set_variable(v, o, is_whnf(o));
  }

  void build_group(const std::vector<uint32_t>& members) {
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

  bool is_whnf(const Operand& o) const {
    if (o.is_constant) return o.value.is_whnf();
    for (const Variable& v : variables) {
      if (v.state == Variable::State::kSlot && v.slot == o.slot) return v.whnf;
    }
    return false;
  }

  // --- Suspension.
  Block* suspended(const Expr* e) {
    if (e->block != nullptr) return e->block;
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
    e->block = b;
    return b;
  }

  void emit_thunk(uint32_t dst, Block* b, std::vector<Operand> captured) {
    Instruction& i = emit(Op::kThunk);
    i.has_dst = true;
    i.dst = dst;
    i.operands = std::move(captured);
    i.callee = b->info;
  }

  std::vector<Operand> captures(const Block* b) {
    std::vector<Operand> captured;
    for (const uint32_t v : b->captured) captured.push_back(variable_operand(v));
    return captured;
  }
  Operand thunk_of(const Expr* e) {
    Block* b = suspended(e);
    std::vector<Operand> captured = captures(b);
    const uint32_t dst = new_slot();
    emit_thunk(dst, b, std::move(captured));
    return slot_operand(dst);
  }

  bool is_atom(const Expr* e) const {
    return e->kind == Expr::Kind::kVariable || e->kind == Expr::Kind::kConstant;
  }

  // --- Lazy context.
  Operand lazy(const Expr* e) {
    switch (e->kind) {
      case Expr::Kind::kVariable: return variable_operand(e->variable);
      case Expr::Kind::kConstant: return constant_operand(e->value);
      case Expr::Kind::kDeferred: return thunk_of(e);
      case Expr::Kind::kApply: return lazy_apply(e);
    }
    PLAN_UNREACHABLE();
  }

  Operand lazy_apply(const Expr* e) {
    const Head h = head_of(e);
    const size_t n = e->args.size();
    if (h.known && n < h.arity) return closure(h.function, e);
    if (h.known && is_complete_row(h, n)) return row_literal(e);
    if (h.known && n == h.arity) {
      if (const auto cheap = lazy_primop(h, e)) return *cheap;
    }
    const bool atoms = is_atom(e->head) && n <= 6 &&
                       std::all_of(e->args.begin(), e->args.end(),
                                   [this](const Expr* a) { return is_atom(a); });
    if (!atoms || owns_lets(e) || (code.optimise && is_known_call(h, n))) return thunk_of(e);
    std::vector<Operand> operands{h.known ? constant_operand(h.function) : lazy(e->head)};
    for (const Expr* a : e->args) operands.push_back(lazy(a));
    return emit_to(Op::kApplyThunk, new_slot(), std::move(operands));
  }

  /// In hot code such a thunk has code of its own, which enters the callee directly.
  bool is_known_call(const Head& h, size_t n) const {
    return h.known && n == h.arity && h.function.is_function() && !is_closure(h.function);
  }
  bool is_complete_row(const Head& h, size_t n) const {
    return is_cow(h.function) && n == h.arity;
  }

  Operand row_literal(const Expr* e) {
    std::vector<Operand> elements;
    for (const Expr* a : e->args) elements.push_back(lazy(a));
    std::reverse(elements.begin(), elements.end());
    return emit_to(Op::kRow, new_slot(), std::move(elements));
  }

  Operand closure(Value function, const Expr* e) {
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

  std::optional<Operand> lazy_primop(const Head& h, const Expr* e) {
    if (is_increment(h)) return lazy_unary(Op::kLazyInc, h, e->args[0]);
    if (!h.jet) return std::nullopt;
    switch (*h.jet) {
      case JetId::kAdd: return lazy_binary(Op::kLazyAdd, h, e);
      case JetId::kSub: return lazy_binary(Op::kLazySub, h, e);
      case JetId::kMul: return lazy_binary(Op::kLazyMul, h, e);
      case JetId::kDiv: return lazy_binary(Op::kLazyDiv, h, e);
      case JetId::kMod: return lazy_binary(Op::kLazyMod, h, e);
      case JetId::kEql: return lazy_compare(CompareMode::kEqual, h, e);
      case JetId::kNeq: return lazy_compare(CompareMode::kNotEqual, h, e);
      case JetId::kLth: return lazy_compare(CompareMode::kLess, h, e);
      case JetId::kLte: return lazy_compare(CompareMode::kLessEqual, h, e);
      case JetId::kGth: return lazy_compare(CompareMode::kGreater, h, e);
      case JetId::kGte: return lazy_compare(CompareMode::kGreaterEqual, h, e);
      case JetId::kDec: return lazy_unary(Op::kLazyDec, h, e->args[0]);
      case JetId::kIsNat: return lazy_unary(Op::kLazyIsNat, h, e->args[0]);
      case JetId::kEqz: return lazy_unary(Op::kLazyIsZero, h, e->args[0]);
      case JetId::kNot: return lazy_unary(Op::kLazyNot, h, e->args[0]);
      case JetId::kBit: return lazy_unary(Op::kLazyBit, h, e->args[0]);
      case JetId::kLen: return lazy_unary(Op::kLazyLen, h, e->args[0]);
      case JetId::kIdx:
        if (const auto part = lazy_idx(e->args[0], e->args[1])) return part;
        return lazy_element(h, e, false);
      case JetId::kGet:
        if (const auto part = lazy_idx(e->args[1], e->args[0])) return part;
        return lazy_element(h, e, true);
      default: break;
    }
    if (nat_op_of(*h.jet) != NatOp::kNone) {
      Operand result = lazy_binary(Op::kLazyNat, h, e);
      out.back().immediate = static_cast<Word>(nat_op_of(*h.jet));
      return result;
    }
    return is_conditional(*h.jet) ? speculate(e) : std::nullopt;
  }

  Operand lazy_unary(Op op, const Head& h, const Expr* a) {
    Operand result = emit_to_after(op, {lazy(a)});
    out.back().function = h.function;
    return result;
  }
  Operand lazy_binary(Op op, const Head& h, const Expr* e) {
    const Operand a = lazy(e->args[0]);
    const Operand b = lazy(e->args[1]);
    Operand result = emit_to_after(op, {a, b});
    out.back().function = h.function;
    return result;
  }
  Operand lazy_compare(CompareMode mode, const Head& h, const Expr* e) {
    Operand result = lazy_binary(Op::kLazyCompare, h, e);
    out.back().immediate = static_cast<Word>(mode);
    return result;
  }
  Operand emit_to_after(Op op, std::vector<Operand> operands) {
    return emit_to(op, new_slot(), std::move(operands));
  }
  std::optional<Operand> lazy_idx(const Expr* index, const Expr* row) {
    if (index->kind != Expr::Kind::kConstant || !index->value.is_small()) return std::nullopt;
    Operand result = emit_to_after(Op::kLazyIdx, {lazy(row)});
    out.back().immediate = index->value.word;
    return result;
  }
  /// At an index that is no constant.
  Operand lazy_element(const Head& h, const Expr* e, bool row_first) {
    Operand result = lazy_binary(Op::kLazyElement, h, e);
    out.back().immediate = row_first ? 1 : 0;
    return result;
  }

  // --- Conditionals of cheap operations: see Note [Cheap eagerness].
  static bool is_conditional(JetId jet) {
    return jet == JetId::kIf || jet == JetId::kIfz || jet == JetId::kAnd || jet == JetId::kOr;
  }

  /// Whether a let that is used is built before, or computed where it is used.
  enum class Lets : uint8_t { kBuilt, kComputed };
  struct CheapSearch {
    Lets lets;
    uint32_t nodes;  ///< as many may follow
    std::vector<uint32_t> seen = {};  ///< lets
  };
  /// Whether all of `e` can be computed of immediates.
  bool is_cheap(const Expr* e, CheapSearch& search) const {
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
    if (!h.known || e->args.size() != h.arity) return false;
    const bool jet = h.jet && (is_conditional(*h.jet) || is_cheap_jet(*h.jet));
    return (jet || is_increment(h)) && std::all_of(e->args.begin(), e->args.end(),
                                [&](const Expr* a) { return is_cheap(a, search); });
  }
  static bool is_cheap_jet(JetId jet) {
    switch (jet) {
      case JetId::kAdd:
      case JetId::kSub:
      case JetId::kMul:
      case JetId::kDiv:
      case JetId::kMod:
      case JetId::kEql:
      case JetId::kNeq:
      case JetId::kLth:
      case JetId::kLte:
      case JetId::kGth:
      case JetId::kGte:
      case JetId::kDec:
      case JetId::kIsNat:
      case JetId::kEqz:
      case JetId::kNot:
      case JetId::kBit: return true;
      default: return nat_op_of(jet) != NatOp::kNone;
    }
  }

  /// The conditional `e`, computed if that is cheap, else suspended.
  std::optional<Operand> speculate(const Expr* e) {
    CheapSearch search{Lets::kBuilt, kCheapNodesMax};
    if (!speculates || !is_cheap(e, search) || owns_lets(e)) return std::nullopt;
    Block* b = suspended(e);
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

  struct Cheap {
    uint32_t label_suspend;  ///< where what turns out not to be cheap goes
    Lets lets;
    size_t out_max;          ///< instructions; beyond, what was emitted is of no use
    std::vector<std::pair<uint32_t, uint32_t>> known;  ///< variable, slot with its immediate
  };

  /// The operand is an immediate.
  Operand compute(const Expr* e, Cheap& cheap) {
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
  void require_immediate(Operand o, uint32_t dst, const Cheap& cheap) {
    Instruction& i = emit(Op::kIfCheap);
    i.operands = {o};
    i.has_dst = true;
    i.dst = dst;
    i.label = cheap.label_suspend;
  }

  void compute_into(const Expr* e, uint32_t dst, Cheap& cheap) {
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
    emit_cheap(h, std::move(operands), dst);
    const Op op = out.back().op;
    const bool may_overflow = op == Op::kLazyAdd || op == Op::kLazyMul || op == Op::kLazyInc ||
                              out.back().immediate == static_cast<Word>(NatOp::kShiftLeft);
    if (may_overflow) require_immediate(slot_operand(dst), dst, cheap);
  }

  /// An operation of is_cheap_jet() on immediates.
  void emit_cheap(const Head& h, std::vector<Operand> operands, uint32_t dst) {
    const auto lazily = [&](Op op, Word immediate = 0) {
      emit_to(op, dst, std::move(operands), immediate);
      out.back().function = h.function;
    };
    const auto comparing = [&](CompareMode mode) {
      lazily(Op::kLazyCompare, static_cast<Word>(mode));
    };
    if (is_increment(h)) return lazily(Op::kLazyInc);
    switch (*h.jet) {
      case JetId::kAdd: return lazily(Op::kLazyAdd);
      case JetId::kSub: return lazily(Op::kLazySub);
      case JetId::kMul: return lazily(Op::kLazyMul);
      case JetId::kDiv: return lazily(Op::kLazyDiv);
      case JetId::kMod: return lazily(Op::kLazyMod);
      case JetId::kEql: return comparing(CompareMode::kEqual);
      case JetId::kNeq: return comparing(CompareMode::kNotEqual);
      case JetId::kLth: return comparing(CompareMode::kLess);
      case JetId::kLte: return comparing(CompareMode::kLessEqual);
      case JetId::kGth: return comparing(CompareMode::kGreater);
      case JetId::kGte: return comparing(CompareMode::kGreaterEqual);
      case JetId::kDec: return lazily(Op::kLazyDec);
      case JetId::kIsNat: return lazily(Op::kLazyIsNat);
      case JetId::kEqz: return lazily(Op::kLazyIsZero);
      case JetId::kNot: return lazily(Op::kLazyNot);
      case JetId::kBit: return lazily(Op::kLazyBit);
      default: return lazily(Op::kLazyNat, static_cast<Word>(nat_op_of(*h.jet)));
    }
  }

  void compute_conditional(JetId jet, const Expr* e, uint32_t dst, Cheap& cheap) {
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

  // --- Strict context: the operand holds a WHNF.
  Operand force(Operand o, bool known = false) {
    if (known || (o.is_constant && o.value.is_whnf())) return o;
    return emit_to(Op::kForce, o.is_constant ? new_slot() : o.slot, {o});
  }

  Operand strict(const Expr* e) {
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

  bool may_copy_let(const Expr* e) {
    if (out.size() > kCopyInstructionsMax) return false;
    if (e->size <= kLetCopySizeMax) return true;
    return ++let_copies <= 4;
  }

  Operand strict_variable(uint32_t v) {
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

  /// Every variable that shares the slot is evaluated now.
  void mark_whnf(uint32_t slot) {
    for (Variable& v : variables) {
      if (v.state == Variable::State::kSlot && v.slot == slot) v.whnf = true;
    }
  }

  /// Evaluates an application to WHNF in `dst`.
  Operand strict_apply(const Expr* e, uint32_t dst) {
    const Head h = head_of(e);
    const size_t n = e->args.size();
    if (!h.known) return strict_unknown(e, dst);
    if (n < h.arity) return move_to(closure(h.function, e), dst);
    if (is_complete_row(h, n)) return move_to(row_literal(e), dst);
    if (n > h.arity) return strict_unknown(e, dst);
    if (is_increment(h)) return emit_to(Op::kInc, dst, {strict(e->args[0])});
    if (h.jet) {
      if (const auto done = strict_control(*h.jet, e, dst)) return *done;
      if (const auto done = strict_primop(*h.jet, h, e, dst)) return *done;
    }
    return strict_call(h, e, dst);
  }

  Operand move_to(Operand o, uint32_t dst) { return emit_to(Op::kMove, dst, {o}); }

  Operand strict_unknown(const Expr* e, uint32_t dst) {
    std::vector<Operand> operands = call_operands(e);
    return emit_to(Op::kCall, dst, std::move(operands));
  }
  std::vector<Operand> call_operands(const Expr* e) {
    const Head h = head_of(e);
    if (h.known && e->args.size() >= h.arity) {
      return arguments(h, e, {constant_operand(h.function)});
    }
    std::vector<Operand> operands{lazy(e->head)};
    for (const Expr* a : e->args) operands.push_back(lazy(a));
    return operands;
  }

  /// Appends the arguments of a call that is at least saturated. See Note [Arguments in demand].
  std::vector<Operand> arguments(const Head& h, const Expr* e, std::vector<Operand> operands = {}) {
    const auto [first, done] = demanded_arguments(h, e);
    const std::vector<Operand> all = delay_the_rest(e, first, done);
    operands.insert(operands.end(), all.begin(), all.end());
    return operands;
  }
  /// Evaluates the arguments in demand; the others have no operand yet.
  std::pair<std::vector<Operand>, std::vector<bool>> demanded_arguments(const Head& h,
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
  std::vector<Operand> delay_the_rest(const Expr* e, std::vector<Operand> operands,
                                      const std::vector<bool>& done) {
    for (size_t i = 0; i < done.size(); ++i) {
      if (!done[i]) operands[i] = lazy(e->args[i]);
    }
    return operands;
  }

  Operand strict_call(const Head& h, const Expr* e, uint32_t dst) {
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

  // --- Control in strict position. Branches see a copy of the variables; what they build is
  // forgotten afterwards, but for what Note [Lets and paths] says.

  /// Variables that are in the same slot in both.
  static std::vector<Variable> meet(std::vector<Variable> a, const std::vector<Variable>& b) {
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

  /// Where the arms of a branch meet.
  struct Join {
    std::vector<Variable> common;  ///< what is built before either arm
    struct Kept {
      uint32_t variable;
      Variable after;
    };
    std::vector<Kept> kept;  ///< what every arm has built at its end
    uint32_t first_slot;     ///< for each arm
  };
  /// `whole` is everything that runs before the paths meet; `common` holds in every arm.
  Join begin_join(std::span<const Expr* const> whole, std::vector<Variable> common) {
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
  void begin_arm(const Join& join, const std::vector<Variable>& state) {
    variables = state;
    next_slot = join.first_slot;
  }
  void end_arm(Join& join) {
    for (Join::Kept& k : join.kept) {
      const Operand o = variable_operand(k.variable);
      k.after.whnf = k.after.whnf && variables[k.variable].whnf;
      emit_to(Op::kMove, k.after.slot, {o});
    }
  }
  void finish_join(Join& join) {
    variables = std::move(join.common);
    for (const Join::Kept& k : join.kept) variables[k.variable] = k.after;
    next_slot = join.first_slot;
  }

  /// Two arms that meet: the first follows, with the variables as they are; the other begins at
  /// `label_else` with `else_state`.
  template <typename Then, typename Else>
  void branch(std::span<const Expr* const> whole, const std::vector<Variable>& else_state,
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

  void strict_into(const Expr* e, uint32_t dst) {
    if (e->kind == Expr::Kind::kApply) {
      strict_apply(e, dst);
    } else {
      move_to(strict(e), dst);
    }
  }

  /// What may run after a condition, for each answer.
  struct Paths {
    std::vector<const Expr*> if_true, if_false;
  };

  /// Evaluates a condition and branches to `label_else` when it is false. The variables are then
  /// those of the path that goes on; the other's are the result.
  std::vector<Variable> condition(const Expr* e, uint32_t label_else, const Paths& paths) {
    if (e->kind == Expr::Kind::kApply) {
      const Head h = head_of(e);
      if (h.known && h.jet && e->args.size() == h.arity) {
        if (auto other = fused(*h.jet, e, label_else, paths)) return std::move(*other);
      }
    }
    branch_on(Op::kIf, strict(e), label_else);
    return variables;
  }
  void branch_on(Op op, Operand o, uint32_t label_else) {
    Instruction& i = emit(op);
    i.operands = {o};
    i.label = label_else;
  }
  void compare_branch(Op op, const Expr* a, const Expr* b, uint32_t label, bool swap) {
    const Operand x = strict_kept(a, b);
    const Operand y = strict(b);
    const uint32_t scratch = new_slot();
    Instruction& i = emit(op);
    i.operands = swap ? std::vector<Operand>{y, x} : std::vector<Operand>{x, y};
    i.has_dst = true;
    i.dst = scratch;
    i.immediate = swap ? 1 : 0;
    i.label = label;
  }
  /// The condition itself, if it is a test: see condition().
  std::optional<std::vector<Variable>> fused(JetId jet, const Expr* e, uint32_t label_else,
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
  std::vector<Variable> both(const Expr* e, uint32_t label_else, const Paths& paths) {
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
  /// The lets not built yet that `e` uses, through other lets as well; ascending.
  std::vector<uint32_t> lets_within(const Expr* e) const {
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
  /// Variables that are surely evaluated when `e` is.
  std::unordered_set<uint32_t> demanded_by(const Expr* e) const {
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

  std::optional<Operand> strict_control(JetId jet, const Expr* e, uint32_t dst) {
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
        const auto arms = literal_arms(jet, e);
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

  struct Arms {
    std::vector<const Expr*> arms;  // index order
    std::vector<Value> keys;        // tab switch
  };
  std::optional<Arms> literal_arms(JetId jet, const Expr* e) {
    const Expr* row = e->args[2];
    Arms result;
    if (jet == JetId::kTabSwitch) {
      // A literal tab is the constant key set applied to a row.
      if (row->kind != Expr::Kind::kApply || row->args.size() != 1) return std::nullopt;
      const Expr* head = row->head;
      if (head->kind != Expr::Kind::kConstant || !is_set(head->value)) return std::nullopt;
      const Value keys = set_keys(head->value);
      // The law compares keys one by one; without any it does not evaluate the one it looks for.
      if (row_size(keys) == 0) return std::nullopt;
      for (uint64_t i = 0; i < row_size(keys); ++i) {
        if (!row_at(keys, i).is_nat()) return std::nullopt;
        result.keys.push_back(row_at(keys, i));
      }
      row = row->args[0];
    }
    if (row->kind == Expr::Kind::kConstant && is_row(row->value)) {
      for (uint64_t i = 0; i < row_size(row->value); ++i) {
        code.ir.arena.push_back(std::make_unique<Expr>());
        code.ir.arena.back()->value = row_at(row->value, i);
        result.arms.push_back(code.ir.arena.back().get());
      }
    } else {
      if (row->kind != Expr::Kind::kApply || row->head->kind != Expr::Kind::kConstant) {
        return std::nullopt;
      }
      const Value cow = row->head->value;
      if (!is_cow(cow) || cow_size(cow) != small_nat(row->args.size())) return std::nullopt;
      result.arms.assign(row->args.rbegin(), row->args.rend());
    }
    if (jet == JetId::kTabSwitch && result.keys.size() != result.arms.size()) return std::nullopt;
    return result;
  }

  template <typename Arm>
  void compile_arms(JetId jet, const Expr* e, const Arms& arms, Operand index, Arm compile_arm) {
    const uint32_t label_default = new_label();
    std::vector<uint32_t> arm_labels;
    for (size_t i = 0; i < arms.arms.size(); ++i) arm_labels.push_back(new_label());
    Instruction& i = emit(jet == JetId::kSwitch ? Op::kSwitch : Op::kTabSwitch);
    i.operands = {index};
    i.label = label_default;
    i.labels = arm_labels;
    i.keys = arms.keys;
    const std::vector<Variable> before = variables;
    const uint32_t slot = next_slot;
    const auto compile_one = [&](uint32_t label, const Expr* arm) {
      bind(label);
      variables = before;
      next_slot = slot;
      compile_arm(arm);
    };
    for (size_t k = 0; k < arms.arms.size(); ++k) compile_one(arm_labels[k], arms.arms[k]);
    compile_one(label_default, e->args[1]);
    variables = before;
    next_slot = slot;
  }

  // --- Primops in strict position. Operand order is the laws' (jets.tsv, eval_law).
  /// Evaluates `a` so that it survives the evaluation of `b`: a slot nobody else overwrites.
  Operand strict_kept(const Expr* a, const Expr*) { return strict(a); }

  Operand binary_second_first(Op op, const Expr* e, uint32_t dst) {
    const Operand b = strict_kept(e->args[1], e->args[0]);
    const Operand a = strict(e->args[0]);
    return emit_to(op, dst, {a, b});
  }
  Operand compare_op(CompareMode mode, const Expr* e, uint32_t dst) {
    const Operand a = strict_kept(e->args[0], e->args[1]);
    const Operand b = strict(e->args[1]);
    return emit_to(Op::kCompare, dst, {a, b}, static_cast<Word>(mode));
  }

  std::optional<Operand> strict_primop(JetId jet, const Head&, const Expr* e, uint32_t dst) {
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
      case JetId::kIdx: return strict_idx(e->args[0], e->args[1], dst);
      case JetId::kGet: return strict_idx(e->args[1], e->args[0], dst);
      default: return std::nullopt;
    }
  }

  // The law multiplies by repeated addition: with a second operand of 0 the first is untouched.
  Operand multiply(const Expr* e, uint32_t dst) {
    const Operand b = strict_kept(e->args[1], e->args[0]);
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

  std::optional<Operand> strict_idx(const Expr* index, const Expr* row, uint32_t dst) {
    if (index->kind != Expr::Kind::kConstant || !index->value.is_small()) return std::nullopt;
    emit_to(Op::kIdx, dst, {strict(row)}, index->value.word);
    return emit_to(Op::kForce, dst, {slot_operand(dst)});
  }

  // --- Tail context.
  void ret(Operand o) { emit(Op::kRet).operands = {o}; }

  void tail(const Expr* e) {
    switch (e->kind) {
      case Expr::Kind::kConstant:
        if (e->value.is_whnf()) {
          ret(constant_operand(e->value));
        } else {
          emit(Op::kRetEval).operands = {constant_operand(e->value)};
        }
        return;
      case Expr::Kind::kVariable: tail_variable(e->variable); return;
      case Expr::Kind::kDeferred: emit_ret_eval(thunk_of(e)); return;
      case Expr::Kind::kApply: tail_apply(e); return;
    }
  }
  void emit_ret_eval(Operand o) { emit(Op::kRetEval).operands = {o}; }

  void tail_variable(uint32_t v) {
    if (v == 0) {
      ret(constant_operand(code.function));
      return;
    }
    if (variables[v].state == Variable::State::kUnbuilt && group_of(v) == 0 &&
        may_copy_let(let_of(v))) {
      tail(let_of(v));
      return;
    }
    const Operand o = variable_operand(v);
    if (variables[v].whnf) {
      ret(o);
    } else {
      emit_ret_eval(o);
    }
  }

  void tail_apply(const Expr* e) {
    const Head h = head_of(e);
    const size_t n = e->args.size();
    if (!h.known || n > h.arity) {
      tail_unknown(e);
      return;
    }
    if (n == h.arity && h.jet && tail_control(*h.jet, e)) return;
    const bool direct = n < h.arity || is_complete_row(h, n) || is_increment(h);
    if (direct) {
      ret(strict_apply(e, new_slot()));
      return;
    }
    if (h.jet && tail_primop(*h.jet, h, e)) return;
    if (!h.function.is_function() || is_closure(h.function)) {
      tail_unknown(e);
      return;
    }
    if (h.function == code.function && block.is_law && !h.jet) {
      next_turn(h, e);
      return;
    }
    std::vector<Operand> args = arguments(h, e);
    Instruction& i = emit(Op::kTailKnown);
    i.operands = std::move(args);
    i.callee = function_info(vm, h.function);
    i.function = h.function;
  }

  void next_turn(const Head& h, const Expr* e) {
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
    emit(Op::kSelfTail).operands = delay_the_rest(e, first, done);
    speculates = was_speculating;
  }
  /// Passed on as it is.
  bool is_at_hand(const Expr* e) const {
    if (e->kind == Expr::Kind::kConstant) return true;
    if (e->kind != Expr::Kind::kVariable) return false;
    return e->variable == 0 || !is_let(e->variable) || !is_unbuilt(e->variable);
  }
  bool is_worth_computing(const std::vector<const Expr*>& args) const {
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

  void tail_unknown(const Expr* e) {
    std::vector<Operand> operands = call_operands(e);
    emit(Op::kTailCall).operands = std::move(operands);
  }

  bool tail_primop(JetId jet, const Head& h, const Expr* e) {
    if (jet == JetId::kIdx || jet == JetId::kGet) {
      const Expr* index = jet == JetId::kIdx ? e->args[0] : e->args[1];
      const Expr* row = jet == JetId::kIdx ? e->args[1] : e->args[0];
      if (index->kind != Expr::Kind::kConstant || !index->value.is_small()) return false;
      const uint32_t dst = new_slot();
      const Operand r = strict(row);
      emit_ret_eval(emit_to(Op::kIdx, dst, {r}, index->value.word));
      return true;
    }
    const auto result = strict_primop(jet, h, e, new_slot());
    if (!result) return false;
    ret(*result);
    return true;
  }

  template <typename Then, typename Else>
  void tail_branch(uint32_t label_else, const std::vector<Variable>& else_state, Then then,
                   Else otherwise) {
    const uint32_t slot = next_slot;
    then();
    bind(label_else);
    variables = else_state;
    next_slot = slot;
    otherwise();
  }

  bool tail_control(JetId jet, const Expr* e) {
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
        const auto arms = literal_arms(jet, e);
        if (!arms) return false;
        compile_arms(jet, e, *arms, strict(e->args[0]), [&](const Expr* arm) { tail(arm); });
        return true;
      }
      default: return false;
    }
  }

  /// Too many lets, or chains of them too long, for building one to build those it uses.
  bool builds_lets_in_order() const {
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

  /// Calls that a version was made for go there (vm/versions.h).
  void pass_on(const Version& version) {
    const uint32_t label = new_label();
    const uint32_t slot = next_slot;
    std::vector<uint32_t> functions;
    for (const SeenFunction& seen : version.seen) {
      functions.push_back(new_slot());
      emit_to(Op::kIfFunction, functions.back(), {slot_operand(seen.parameter)}, seen.held);
      out.back().function = seen.function;
      out.back().label = label;
    }
    std::vector<Operand> args;
    size_t next = 0;
    for (uint32_t p = 0; p < parameters; ++p) {
      if (next == version.seen.size() || version.seen[next].parameter != p) {
        args.push_back(slot_operand(p));
        continue;
      }
      // As `idx` counts: from the last.
      const Operand f = slot_operand(functions[next]);
      for (uint32_t k = version.seen[next].held; k-- > 0;) {
        args.push_back(emit_to(Op::kIdx, new_slot(), {f}, small_nat(k).word));
      }
      ++next;
    }
    Instruction& i = emit(Op::kTailKnown);
    i.operands = std::move(args);
    i.callee = function_info(vm, version.copy);
    i.function = version.copy;
    bind(label);
    next_slot = slot;
  }

  LowCode run() {
    const Law& ir = code.ir;
    if (block.is_law) {
      for (const Version& version : code.versions) pass_on(version);
    }
    if (block.is_law && builds_lets_in_order()) {
      // In this order every let finds what it uses already built, so nothing nests.
      for (const uint32_t v : ir.order) variable_operand(v);
    }
    tail(block.body);
    return LowCode{std::move(out), parameters, max_slot, labels};
  }
};

}  // namespace

std::vector<LiveSet> live_after_suspension(const LowCode& low) {
  const size_t words = (low.slots + 63) / 64 + 1;
  const std::vector<Instruction>& out = low.instructions;
  std::vector<LiveSet> result(out.size());
  std::vector<LiveSet> at_label(low.labels);
  LiveSet live(words, 0);
  const auto merge = [&live](const LiveSet& other) {
    for (size_t k = 0; k < other.size(); ++k) live[k] |= other[k];
  };
  for (size_t n = out.size(); n-- > 0;) {
    const Instruction& i = out[n];
    if (i.binds_label != kNoLabel) {
      at_label[i.binds_label] = live;
      continue;
    }
    if (ends_path(i.op) || i.op == Op::kJump) std::fill(live.begin(), live.end(), 0);
    if (i.label != kNoLabel) merge(at_label[i.label]);
    for (const uint32_t label : i.labels) merge(at_label[label]);
    if (i.has_dst) live[i.dst / 64] &= ~(uint64_t{1} << (i.dst % 64));
    if (i.op == Op::kSelfTail) {
      LiveSet loop(words, 0);
      for (uint32_t p = 0; p < low.parameters; ++p) loop[p / 64] |= uint64_t{1} << (p % 64);
      result[n] = std::move(loop);
    } else if (suspends(i.op)) {
      // A fused comparison that suspends re-reads nothing: only what comes after is live.
      result[n] = live;
    }
    for (const Operand& o : i.operands) {
      if (!o.is_constant) live[o.slot / 64] |= uint64_t{1} << (o.slot % 64);
    }
  }
  return result;
}

LowCode lower_block(Machine& vm, Block& block) {
  LowCode low = Lowering(vm, block).run();
  dump_low_code(vm, block.code->function, low, block.is_law ? "lowered" : "thunk, lowered");
  return low;
}

namespace {

/// The law f a1 .. an = f a1 .. an, for an f that lowering turns into instructions.
void apply_to_arguments(Value function, Law& law) {
  law.args = static_cast<uint32_t>(gc::eval_arity(function));
  law.slots = 1 + law.args;
  law.groups.resize(1);
  std::vector<const Expr*> args;
  for (uint32_t i = 1; i <= law.args; ++i) args.push_back(make_variable(law, i));
  law.body = make_apply(law, make_constant(law, function), args);
}

}  // namespace

void decode_block(Machine& vm, Block& block) {
  if (block.is_law && block.body == nullptr && block.code->is_primop) {
    apply_to_arguments(block.code->function, block.code->ir);
    block.body = block.code->ir.body;
    for (uint32_t i = 1; i <= block.code->ir.args; ++i) block.captured.push_back(i);
  }
  if (block.is_law && block.body == nullptr) {
    decode_law(block.code->law, block.code->ir);
    if (block.code->optimise || vm.options.optimise_always) {
      optimise_law(vm, block.code->ir, block.code->function, vm.options.passes);
    } else {
      prepare_law(vm, block.code->ir, block.code->function, vm.options.passes);
    }
    block.body = block.code->ir.body;
    for (uint32_t i = 1; i <= block.code->ir.args; ++i) block.captured.push_back(i);
  }
  if (block.body->kind == Expr::Kind::kDeferred) {
    const Expr* decoded = decode_expression(block.code->ir, block.body->value);
    // A deferred expression decodes to something else than itself: its own depth starts at 0.
    block.body = decoded;
  }
}

void compile_block(Machine& vm, Block& block) {
  PLAN_ASSERT(block.stream.empty());
  decode_block(vm, block);
  Code& code = *block.code;
  if (block.is_law) ++code.uncompiled;
  encode_block(vm, block, lower_block(vm, block));
  if (--code.uncompiled == 0) {
    // Nothing will be compiled from it again; most laws run once and would keep it for nothing.
    code.ir = Law{};
    code.entry.body = nullptr;
  }
}

}  // namespace plan::vm
