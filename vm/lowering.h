// vm/lowering.h: IR -> linear code (vm/low_code.h), one block at a time, in linear time. For the
// files vm/lower*.cc alone.
//
// Three contexts: *tail* (the block's result), *strict* (WHNF needed now) and *lazy* (may stay
// unevaluated). What each does with an expression is the first two levels of the optimiser study:
//   - control jets on the strict spine are branches; lets are built at their first use on each
//     path: evaluated on the spot if that use is strict, as a thunk otherwise;
//   - primops evaluate their operands in the order of their laws, so the first crash is the same;
//   - Note [Cheap eagerness]; Note [Arguments in demand].
// A let that belongs to a cycle is built as a group of thunks, patched into each other.
//
// vm/lower.cc: tail context, and what begins it all; vm/lower_lets.cc: lets and suspension;
// vm/lower_lazy.cc, vm/lower_strict.cc: these contexts; vm/lower_control.cc: where paths part.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>

#include "base/check.h"
#include "gc/make.h"
#include "gc/region.h"
#include "vm/control.h"
#include "vm/ir_build.h"
#include "vm/jets.h"
#include "vm/known_head.h"
#include "vm/low_code.h"
#include "vm/machine.h"
#include "vm/optimise.h"

namespace plan::vm {

/// A variable of the IR: where its value is.
struct Variable {
  enum class State : uint8_t { kUnbuilt, kSlot } state = State::kUnbuilt;
  bool whnf = false;
  uint32_t slot = 0;
};

/// How often a new thunk is entered: Note [Single-entry thunks] in vm/apply.cc.
enum class Entries : uint8_t { kMany, kOnce };

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
  using Head = KnownHead;
  Head head_of(const Expr* e) const { return known_head(vm, e->head, code.function); }
  bool is_increment(const Head& h) const { return h.is_known && h.function == small_nat(3); }

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
  void visit_uses(const Expr* e, Visit visit) const;
  /// The uses in the lets of a unit, but for those of each other.
  template <typename Visit>
  void visit_unit_uses(uint32_t unit, Visit visit) const;
  void count_uses();

  /// What some expressions use, directly or through lets that only they use.
  struct Uses {
    std::vector<uint32_t> variables;            ///< in order of discovery
    std::unordered_map<uint32_t, uint32_t> of;  ///< by unit
    std::unordered_set<uint32_t> own;           ///< units that only they use
  };
  /// `may_own` decides whether the inside of such a let belongs to the expressions.
  template <typename MayOwn>
  Uses uses_in(std::span<const Expr* const> expressions, MayOwn may_own) const;
  Uses uses_in(std::span<const Expr* const> expressions) const;

  /// The lets not built yet that `expressions` use and something else does, too. Through other lets
  /// as well, whoever uses these: evaluating a let on an arm builds what is in it on that arm.
  std::vector<uint32_t> shared_lets(std::span<const Expr* const> expressions) const;

  /// What a suspended expression captures.
  std::vector<uint32_t> captured_by(const Expr* e) const;
  /// An element of something already built, at a constant or evaluated index.
  bool is_cheap_part(uint32_t let) const;
  /// A variable that is in a slot, in WHNF.
  bool is_evaluated(const Expr* e) const;
  /// Some let is used by `e` alone.
  bool owns_lets(const Expr* e) const;
  Operand variable_operand(uint32_t v);
  void set_variable(uint32_t v, Operand o, bool whnf);
  void build_let(uint32_t v);
  void build_group(const std::vector<uint32_t>& members);
  bool is_whnf(const Operand& o) const;

  // --- Suspension.
  Block* suspended(const Expr* e, Entries entries = Entries::kMany);
  void emit_thunk(uint32_t dst, Block* b, std::vector<Operand> captured);
  std::vector<Operand> captures(const Block* b);
  Operand thunk_of(const Expr* e, Entries entries = Entries::kMany);
  /// How often the callee enters the thunk made for argument `i` of the call.
  Entries entries_of(const Head& h, const Expr* e, size_t i) const;
  Entries entries_of_let(uint32_t v) const;
  /// Puts updated thunks around parameters that this form of the law enters more often than its
  /// callers were told.
  void share_parameters();

  bool is_atom(const Expr* e) const {
    return e->kind == Expr::Kind::kVariable || e->kind == Expr::Kind::kConstant;
  }

  // --- Lazy context.
  Operand lazy(const Expr* e, Entries entries = Entries::kMany);
  Operand lazy_apply(const Expr* e, Entries entries);

  /// In hot code such a thunk has code of its own, which enters the callee directly.
  bool is_known_call(const Head& h, size_t n) const {
    return h.is_known && n == h.arity && h.function.is_function() && !is_closure(h.function);
  }
  bool is_complete_row(const Head& h, size_t n) const {
    return is_cow(h.function) && n == h.arity;
  }

  Operand row_literal(const Expr* e);
  Operand closure(Value function, const Expr* e);
  std::optional<Operand> lazy_primop(const Head& h, const Expr* e, Entries entries);
  struct LazyOp {
    Op op;
    Word immediate = 0;
  };
  /// The instruction of an operation that is computed if its operands are immediates. For others
  /// than kLazyLen these are all it needs.
  std::optional<LazyOp> lazy_op(const Head& h) const;
  Operand lazily(LazyOp op, const Head& h, const Expr* e);
  Operand emit_lazily(LazyOp op, const Head& h, std::vector<Operand> operands, uint32_t dst);
  Operand emit_to_after(Op op, std::vector<Operand> operands) {
    return emit_to(op, new_slot(), std::move(operands));
  }
  std::optional<Operand> lazy_idx(const Expr* index, const Expr* row);

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
  bool is_cheap(const Expr* e, CheapSearch& search) const;

  /// The conditional `e`, computed if that is cheap, else suspended.
  std::optional<Operand> speculate(const Expr* e, Entries entries);

  struct Cheap {
    uint32_t label_suspend;  ///< where what turns out not to be cheap goes
    Lets lets;
    size_t out_max;          ///< instructions; beyond, what was emitted is of no use
    std::vector<std::pair<uint32_t, uint32_t>> known;  ///< variable, slot with its immediate
  };

  /// The operand is an immediate.
  Operand compute(const Expr* e, Cheap& cheap);
  void require_immediate(Operand o, uint32_t dst, const Cheap& cheap);
  void compute_into(const Expr* e, uint32_t dst, Cheap& cheap);

  void compute_conditional(JetId jet, const Expr* e, uint32_t dst, Cheap& cheap);

  // --- Strict context: the operand holds a WHNF.
  Operand force(Operand o, bool known = false);
  Operand strict(const Expr* e);
  bool may_copy_let(const Expr* e);
  Operand strict_variable(uint32_t v);

  /// Every variable that shares the slot is evaluated now.
  void mark_whnf(uint32_t slot);

  /// Evaluates an application to WHNF in `dst`.
  Operand strict_apply(const Expr* e, uint32_t dst);

  Operand move_to(Operand o, uint32_t dst) { return emit_to(Op::kMove, dst, {o}); }

  Operand strict_unknown(const Expr* e, uint32_t dst);
  std::vector<Operand> call_operands(const Expr* e);

  /// Appends the arguments of a call that is at least saturated. See Note [Arguments in demand].
  std::vector<Operand> arguments(const Head& h, const Expr* e, std::vector<Operand> operands = {});
  /// Evaluates the arguments in demand; the others have no operand yet.
  std::pair<std::vector<Operand>, std::vector<bool>> demanded_arguments(const Head& h,
                                                                        const Expr* e);
  std::vector<Operand> delay_the_rest(const Head& h, const Expr* e, std::vector<Operand> operands,
                                      const std::vector<bool>& done);
  Operand strict_call(const Head& h, const Expr* e, uint32_t dst);

  // --- Control in strict position. Branches see a copy of the variables; what they build is
  // forgotten afterwards, but for what Note [Lets and paths] says.

  /// Variables that are in the same slot in both.
  static std::vector<Variable> meet(std::vector<Variable> a, const std::vector<Variable>& b);

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
  Join begin_join(std::span<const Expr* const> whole, std::vector<Variable> common);
  void begin_arm(const Join& join, const std::vector<Variable>& state);
  void end_arm(Join& join);
  void finish_join(Join& join);

  /// Two arms that meet: the first follows, with the variables as they are; the other begins at
  /// `label_else` with `else_state`.
  template <typename Then, typename Else>
  void branch(std::span<const Expr* const> whole, const std::vector<Variable>& else_state,
              uint32_t label_else, uint32_t label_end, Then then, Else otherwise);
  void strict_into(const Expr* e, uint32_t dst);

  /// What may run after a condition, for each answer.
  struct Paths {
    std::vector<const Expr*> if_true, if_false;
  };

  /// Evaluates a condition and branches to `label_else` when it is false. The variables are then
  /// those of the path that goes on; the other's are the result.
  std::vector<Variable> condition(const Expr* e, uint32_t label_else, const Paths& paths);
  void branch_on(Op op, Operand o, uint32_t label_else);
  void compare_branch(Op op, const Expr* a, const Expr* b, uint32_t label, bool swap);
  /// The condition itself, if it is a test: see condition().
  std::optional<std::vector<Variable>> fused(JetId jet, const Expr* e, uint32_t label_else,
                                             const Paths& paths);
  std::vector<Variable> both(const Expr* e, uint32_t label_else, const Paths& paths);
  /// The lets not built yet that `e` uses, through other lets as well; ascending.
  std::vector<uint32_t> lets_within(const Expr* e) const;
  /// Variables that are surely evaluated when `e` is.
  std::unordered_set<uint32_t> demanded_by(const Expr* e) const;
  std::optional<Operand> strict_control(JetId jet, const Expr* e, uint32_t dst);

  template <typename Arm>
  void compile_arms(JetId jet, const Expr* e, const SwitchArms& arms, Operand index,
                    Arm compile_arm);

  // --- Primops in strict position. Operand order is the laws' (jets.tsv, eval_law).
  Operand binary_second_first(Op op, const Expr* e, uint32_t dst);
  Operand compare_op(CompareMode mode, const Expr* e, uint32_t dst);
  std::optional<Operand> strict_primop(JetId jet, const Expr* e, uint32_t dst);

  // The law multiplies by repeated addition: with a second operand of 0 the first is untouched.
  Operand multiply(const Expr* e, uint32_t dst);
  std::optional<Operand> element_of(JetId jet, const Expr* e, uint32_t dst);
  Operand set_element(const Expr* e, uint32_t dst);

  // --- Tail context.
  void ret(Operand o) { emit(Op::kRet).operands = {o}; }

  void tail(const Expr* e);
  void emit_ret_eval(Operand o) { emit(Op::kRetEval).operands = {o}; }

  void tail_variable(uint32_t v);
  void tail_apply(const Expr* e);
  void next_turn(const Head& h, const Expr* e);
  /// Passed on as it is.
  bool is_at_hand(const Expr* e) const;
  bool is_worth_computing(const std::vector<const Expr*>& args) const;
  void tail_unknown(const Expr* e);
  bool tail_primop(JetId jet, const Expr* e);

  template <typename Then, typename Else>
  void tail_branch(uint32_t label_else, const std::vector<Variable>& else_state, Then then,
                   Else otherwise);
  bool tail_control(JetId jet, const Expr* e);

  /// Too many lets, or chains of them too long, for building one to build those it uses.
  bool builds_lets_in_order() const;

  /// Calls that a version was made for go there (vm/versions.h).
  void pass_on(const Version& version);
  LowCode run();
};

}  // namespace plan::vm
