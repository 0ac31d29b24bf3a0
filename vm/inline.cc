// vm/inline.cc: one walk over the law; what is inlined is built by the same functions, so calls
// that become known by it are seen at once.
//
// Recursion: as deep as expressions are nested, which decoding and kInlineNesting bound.
#include "vm/inline.h"

#include "base/check.h"
#include "gc/make.h"
#include "gc/region.h"
#include "vm/ir_build.h"
#include "vm/machine.h"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace plan::vm {

namespace {

/// How a callee uses a parameter.
struct Parameter {
  uint32_t uses = 0;
  bool is_applied = false;   ///< stands at a head
  bool is_examined = false;  ///< is an argument of a jet
  bool is_passed = false;    ///< is an argument of another known function
};

/// A law that may be inlined.
struct Callee {
  Law law;
  uint32_t leaves = 0;
  uint32_t nesting = 0;
  std::vector<Parameter> parameters;  ///< by variable
};

bool is_atom(const Expr* e) {
  return e->kind == Expr::Kind::kVariable || e->kind == Expr::Kind::kConstant;
}

uint32_t nesting_of(const Expr* e) {
  if (e->kind != Expr::Kind::kApply) return 0;
  uint32_t deepest = nesting_of(e->head);
  for (const Expr* a : e->args) deepest = std::max(deepest, nesting_of(a));
  return deepest + 1;
}

/// `v` is exactly `op` with `n` arguments.
bool is_code(Value v, uint64_t op, uint64_t n) {
  return is_closure(v) && closure_size(v) == n && closure_head(v) == small_nat(op);
}

/// True if a law's body has more leaves than `max`, or mentions the law. Looks no further.
bool is_large_or_recursive(Value body, uint32_t max) {
  uint32_t leaves = 0;
  std::vector<Value> pending{body};
  while (!pending.empty()) {
    const Value v = pending.back();
    pending.pop_back();
    if (is_code(v, 0, 2) || is_code(v, 1, 2)) {
      pending.push_back(closure_arg(v, 0));
      pending.push_back(closure_arg(v, 1));
      continue;
    }
    if (v == small_nat(0) || ++leaves > max) return true;
  }
  return false;
}

bool is_jet(Value function) { return is_pin(function) && gc::pin_region(function)->jet >= 0; }

class Inliner {
 public:
  Inliner(Machine& vm, Law& law, Value function) : vm_(vm), law_(law), function_(function) {}

  void run() {
    uint64_t leaves = law_.body->size;
    for (const Expr* let : law_.lets) leaves += let->size;
    const uint64_t limit = std::max(kLeavesAlways, kGrowth * leaves);
    room_ = limit > leaves ? limit - leaves : 0;
    written_lets_ = law_.lets.size();
    for (const Expr* let : law_.lets) look_at(let);
    look_at(law_.body);
    for (size_t i = 0; i < written_lets_; ++i) {
      // What a cycle's members hold is delayed in any case, and would make the cycle larger.
      if (law_.group[i] != 0) continue;
      const Expr* let = rewrite(law_.lets[i]);
      law_.lets[i] = let;
    }
    law_.body = rewrite(law_.body);
    group_lets(law_);
  }

 private:
  /// How often laws without a pin occur, and whether the law calls itself.
  void look_at(const Expr* root) {
    std::vector<const Expr*> pending{root};
    while (!pending.empty()) {
      const Expr* e = pending.back();
      pending.pop_back();
      if (e->kind == Expr::Kind::kConstant && is_law(e->value)) ++occurrences_[e->value.word];
      if (e->kind == Expr::Kind::kVariable && e->variable == 0) is_loop_ = true;
      if (e->kind != Expr::Kind::kApply) continue;
      pending.push_back(e->head);
      pending.insert(pending.end(), e->args.begin(), e->args.end());
    }
  }

  const Expr* rewrite(const Expr* e) {
    if (e->kind != Expr::Kind::kApply) return e;
    std::vector<const Expr*> args;
    bool same = true;
    for (const Expr* a : e->args) {
      args.push_back(rewrite(a));
      same = same && args.back() == a;
    }
    if (const Expr* inlined = try_inline(e->head, args, 0)) return inlined;
    return same ? e : make_apply(law_, e->head, args);
  }

  /// An application in text that is being inlined, `depth` calls deep.
  const Expr* apply(const Expr* head, std::vector<const Expr*> args, uint32_t depth) {
    const Expr* e = make_apply(law_, head, args);
    if (depth >= kInlineDepth) return e;
    const Expr* inlined = try_inline(e->head, e->args, depth);
    return inlined != nullptr ? inlined : e;
  }

  /// The law's text in place of its call, or null.
  const Expr* try_inline(const Expr* head, std::span<const Expr* const> args, uint32_t depth) {
    if (head->kind != Expr::Kind::kConstant || head->value == function_) return nullptr;
    if (!may_be_inlined(head->value, args)) return nullptr;
    const Callee* callee = callee_of(head->value);
    if (callee == nullptr || callee->law.args != args.size()) return nullptr;
    if (callee->leaves > threshold(head->value, *callee, args) || callee->leaves > room_) {
      return nullptr;
    }
    uint32_t nesting = 0;
    for (size_t i = 0; i < args.size(); ++i) {
      nesting = std::max(nesting, nesting_of(args[i]));
      if (callee->parameters[1 + i].is_applied && is_cyclic(args[i])) return nullptr;
    }
    if (nesting + callee->nesting > kInlineNesting) return nullptr;
    room_ -= callee->leaves;
    return instantiate(head, *callee, args, depth);
  }

  bool is_cyclic(const Expr* e) const {
    if (e->kind != Expr::Kind::kVariable || e->variable <= law_.args) return false;
    const size_t let = e->variable - 1 - law_.args;
    return let < law_.group.size() && law_.group[let] != 0;
  }

  /// False: callee_of() and threshold() need not be asked.
  bool may_be_inlined(Value function, std::span<const Expr* const> args) {
    if (!is_law(running_law(vm_, function))) return false;
    const std::optional<uint8_t> leaves = vm_.summaries.of(function).inline_leaves;
    if (!leaves) return true;
    return *leaves != kNeverInlined && *leaves <= room_ && *leaves <= threshold_max(function, args);
  }

  /// What threshold() is at most.
  uint32_t threshold_max(Value function, std::span<const Expr* const> args) const {
    if (is_law(function)) return kLocalLeaves;
    const bool any = std::any_of(args.begin(), args.end(), [this](const Expr* a) {
      return is_known_function(a) || is_known_row(a);
    });
    if (any) return is_ir_jet(function) ? kJetLeaves : kKnownLeaves;
    return is_loop_ ? kLoopLeaves : kAlwaysLeaves;
  }

  uint32_t threshold(Value function, const Callee& callee,
                     std::span<const Expr* const> args) const {
    if (is_law(function)) {
      const auto found = occurrences_.find(function.word);
      if (found != occurrences_.end() && found->second == 1) return kLocalLeaves;
    }
    for (size_t i = 0; i < args.size(); ++i) {
      const Parameter& p = callee.parameters[1 + i];
      if (p.is_applied && is_known_function(args[i])) return kKnownLeaves;
      if (p.is_passed && is_known_function(args[i])) {
        return is_ir_jet(function) ? kJetLeaves : kLoopLeaves;
      }
      if (p.is_examined && is_known_row(args[i])) return kKnownLeaves;
    }
    return is_loop_ ? kLoopLeaves : kAlwaysLeaves;
  }

  const Expr* value_of(const Expr* e) const {
    if (e->kind != Expr::Kind::kVariable || e->variable <= law_.args) return e;
    return law_.lets[e->variable - 1 - law_.args];
  }
  bool is_known_function(const Expr* e) const {
    e = value_of(e);
    if (e->kind == Expr::Kind::kVariable && e->variable == 0) return true;
    return e->kind == Expr::Kind::kConstant ? e->value.is_function() : is_partial(e);
  }
  bool is_known_row(const Expr* e) const {
    e = value_of(e);
    if (e->kind == Expr::Kind::kConstant) return is_row(e->value);
    return e->kind == Expr::Kind::kApply && e->head->kind == Expr::Kind::kConstant &&
           is_cow(e->head->value) && e->args.size() == gc::eval_arity(e->head->value);
  }
  /// A known function with some of its arguments.
  bool is_partial(const Expr* e) const {
    if (e->kind != Expr::Kind::kApply) return false;
    Value function;
    if (e->head->kind == Expr::Kind::kConstant) {
      function = e->head->value;
    } else if (e->head->kind == Expr::Kind::kVariable && e->head->variable == 0) {
      function = function_;
    } else {
      return false;
    }
    return e->args.size() < gc::eval_arity(function);
  }

  /// Null if the function is never inlined.
  const Callee* callee_of(Value function) {
    const Value law = running_law(vm_, function);
    const auto [place, is_new] = callees_.try_emplace(law.word);
    if (!is_new) return place->second.get();
    place->second = read_callee(law);
    const Callee* callee = place->second.get();
    if (vm_.summaries.of(function).inline_leaves) return callee;
    ++vm_.summaries.laws_walked;
    const bool is_never = callee == nullptr || callee->leaves > kLocalLeaves;
    vm_.summaries.set_inline_leaves(
        function, is_never ? kNeverInlined : static_cast<uint8_t>(callee->leaves));
    return callee;
  }

  static std::unique_ptr<Callee> read_callee(Value law) {
    if (is_large_or_recursive(law_body(law), kLocalLeaves)) return nullptr;
    auto callee = std::make_unique<Callee>();
    decode_law(law, callee->law);
    if (has_deferred(callee->law) || has_local_loop(callee->law)) return nullptr;
    remove_unused_lets(callee->law);
    callee->parameters.resize(callee->law.slots);
    measure(*callee, callee->law.body);
    for (const Expr* let : callee->law.lets) measure(*callee, let);
    return callee;
  }

  /// A cycle of functions is left to the law that has it (vm/unlift.h).
  static bool has_local_loop(const Law& law) {
    for (size_t i = 0; i < law.lets.size(); ++i) {
      const Expr* let = law.lets[i];
      if (law.group[i] == 0 || let->kind != Expr::Kind::kApply) continue;
      const Expr* head = let->head;
      if (head->kind != Expr::Kind::kConstant || !head->value.is_function()) continue;
      if (let->args.size() < gc::eval_arity(head->value)) return true;
    }
    return false;
  }

  static void measure(Callee& callee, const Expr* root) {
    callee.leaves += root->size;
    callee.nesting = std::max(callee.nesting, nesting_of(root));
    std::vector<const Expr*> pending{root};
    while (!pending.empty()) {
      const Expr* e = pending.back();
      pending.pop_back();
      if (e->kind == Expr::Kind::kVariable) ++callee.parameters[e->variable].uses;
      if (e->kind != Expr::Kind::kApply) continue;
      const Expr* head = e->head;
      if (head->kind == Expr::Kind::kVariable) callee.parameters[head->variable].is_applied = true;
      const bool is_known = head->kind == Expr::Kind::kConstant;
      const bool examines = is_known && is_jet(head->value);
      for (const Expr* a : e->args) {
        pending.push_back(a);
        if (!is_known || a->kind != Expr::Kind::kVariable) continue;
        Parameter& p = callee.parameters[a->variable];
        (examines ? p.is_examined : p.is_passed) = true;
      }
      pending.push_back(head);
    }
  }

  // --- Instances.

  /// What stands for each variable of the callee.
  struct Instance {
    const Callee& callee;
    const Expr* self;
    std::vector<const Expr*> variables;
    uint32_t depth;
  };

  const Expr* instantiate(const Expr* head, const Callee& callee,
                          std::span<const Expr* const> args, uint32_t depth) {
    Instance instance{callee, head, {head}, depth + 1};
    for (size_t i = 0; i < args.size(); ++i) {
      instance.variables.push_back(argument(callee.parameters[1 + i], args[i]));
    }
    // Lets see each other, so all have their names first.
    const size_t first = law_.lets.size();
    for (size_t i = 0; i < callee.law.lets.size(); ++i) {
      instance.variables.push_back(make_variable(law_, new_let(make_constant(law_, small_nat(0)))));
    }
    for (size_t i = 0; i < callee.law.lets.size(); ++i) {
      const Expr* let = copy(instance, callee.law.lets[i]);
      law_.lets[first + i] = let;
    }
    return copy(instance, callee.law.body);
  }

  uint32_t new_let(const Expr* e) {
    const uint32_t variable = add_let(law_, e);
    law_.group.push_back(0);
    return variable;
  }

  /// What takes the place of a parameter.
  const Expr* argument(const Parameter& p, const Expr* arg) {
    if (is_atom(arg) || p.uses == 0) return arg;
    if (p.is_applied && is_partial(arg)) {
      // Where it is applied, its arguments join those of the call: each must be a name.
      if (p.uses == 1) return arg;
      std::vector<const Expr*> held;
      for (const Expr* a : arg->args) {
        held.push_back(is_atom(a) ? a : make_variable(law_, new_let(a)));
      }
      return make_apply(law_, arg->head, held);
    }
    if (p.uses == 1 && !p.is_applied) return arg;
    return make_variable(law_, new_let(arg));
  }

  const Expr* copy(Instance& instance, const Expr* e) {
    switch (e->kind) {
      case Expr::Kind::kVariable: return named(instance, e->variable);
      case Expr::Kind::kConstant: return make_constant(law_, e->value);
      case Expr::Kind::kDeferred: PLAN_UNREACHABLE();
      case Expr::Kind::kApply: break;
    }
    std::vector<const Expr*> args;
    for (const Expr* a : e->args) args.push_back(copy(instance, a));
    const Expr* head = e->head->kind == Expr::Kind::kVariable
                           ? instance.variables[e->head->variable]
                           : make_constant(law_, e->head->value);
    return apply(head, std::move(args), instance.depth);
  }

  /// A parameter that is a closure used more than once is built once, where it is no head.
  const Expr* named(Instance& instance, uint32_t variable) {
    const Expr*& e = instance.variables[variable];
    if (is_atom(e) || instance.callee.parameters[variable].uses <= 1) return e;
    if (e->kind == Expr::Kind::kApply) {
      const auto found = names_.find(e);
      if (found != names_.end()) return found->second;
      const Expr* name = make_variable(law_, new_let(e));
      names_.emplace(e, name);
      return name;
    }
    return e;
  }

  Machine& vm_;
  Law& law_;
  const Value function_;
  bool is_loop_ = false;
  uint64_t room_ = 0;  ///< leaves that may still be added
  size_t written_lets_ = 0;
  std::map<Word, uint32_t> occurrences_;
  std::map<Word, std::unique_ptr<Callee>> callees_;  ///< by law; null if not to be inlined
  std::map<const Expr*, const Expr*> names_;         ///< lets of closures
};

}  // namespace

void inline_calls(Machine& vm, Law& law, Value function) {
  Inliner(vm, law, function).run();
}

}  // namespace plan::vm
