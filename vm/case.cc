// vm/case.cc: one walk over the law, lets first, conditions before branches.
#include "vm/case.h"

#include "base/check.h"
#include "vm/fold.h"
#include "vm/ir_build.h"
#include "vm/known_head.h"
#include "vm/nat_ops.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace plan::vm {

namespace {

constexpr uint32_t kAliasSteps = 16;   ///< lets followed from one to the next
constexpr uint32_t kFactDepthMax = 8;  ///< conditions within conditions that give facts
constexpr size_t kFactsMax = 256;      ///< in force at one place

class Folder {
 public:
  Folder(Machine& vm, Law& law, Value function) : vm_(vm), law_(law), function_(function) {}

  void run() {
    known_nats_.resize(law_.slots);
    const std::vector<uint32_t> order = law_.order;
    for (const uint32_t v : order) {
      const Expr* e = rewrite(let_of(v));
      let_of(v) = e;
    }
    law_.body = rewrite(law_.body);
    group_lets(law_);
  }

 private:
  /// A condition that was found true or false on the way here.
  struct Fact {
    const Expr* condition;
    bool truth;
    bool names_nat = false;  ///< the condition is a variable in known_nats_
  };
  /// What an expression is without being evaluated, and where its parts are.
  struct Known {
    Shape shape;
    const Expr* parts = nullptr;  ///< the application that makes a row or closure
    uint32_t let = 0;             ///< the let it stands in, 0 if in place
  };

  const Expr*& let_of(uint32_t v) { return law_.lets[v - 1 - law_.args]; }
  bool is_let(uint32_t v) const { return v > law_.args; }
  bool is_cyclic(uint32_t v) const { return law_.group[v - 1 - law_.args] != 0; }
  static bool is_constant(const Expr* e) { return e->kind == Expr::Kind::kConstant; }
  static bool is_variable(const Expr* e) { return e->kind == Expr::Kind::kVariable; }
  static bool is_atom(const Expr* e) { return is_constant(e) || is_variable(e); }
  const Expr* constant(Value v) { return make_constant(law_, v); }
  const Expr* bit(bool b) { return constant(small_nat(b ? 1 : 0)); }

  KnownHead head_of(const Expr* e) const { return known_head(vm_, e, function_); }

  Known known(const Expr* e) {
    Known k;
    for (uint32_t steps = 0; is_variable(e); ++steps) {
      if (e->variable == 0) return {Shape::of(function_)};
      if (!is_let(e->variable) || steps == kAliasSteps) return k;
      k.let = e->variable;
      e = let_of(e->variable);
    }
    if (is_constant(e)) return {Shape::of(e->value)};
    if (e->kind != Expr::Kind::kApply) return k;
    const KnownHead h = head_of(e->head);
    const bool is_row = h.is_known && is_cow(h.function) && e->args.size() == h.arity;
    if (!is_row && (!h.is_known || e->args.size() >= h.arity)) return k;
    k.shape = is_row ? Shape::row(e->args.size()) : Shape::closure(e->args.size());
    k.parts = e;
    return k;
  }

  /// Argument `i` of a known application, the last applied first; null if it cannot be had.
  const Expr* argument_of(const Known& k, uint64_t i) {
    if (k.parts == nullptr) return constant(k.shape.constant_argument(i));
    const size_t place = k.parts->args.size() - 1 - i;
    const Expr* e = k.parts->args[place];
    if (is_atom(e)) return rewrite(e);
    if (k.let == 0) return e;
    if (is_cyclic(k.let)) return nullptr;
    // It goes on being one computation: with a let of its own.
    const Expr* name = make_variable(law_, add_let(law_, e));
    law_.group.push_back(0);
    known_nats_.emplace_back();
    std::vector<const Expr*> args = k.parts->args;
    args[place] = name;
    let_of(k.let) = make_apply(law_, k.parts->head, args);
    return name;
  }

  const Expr* rewrite(const Expr* e) {
    switch (e->kind) {
      case Expr::Kind::kVariable:
        return rewrite_variable(e);
      case Expr::Kind::kApply:
        return rewrite_application(e);
      default:
        return e;
    }
  }

  const Expr* rewrite_variable(const Expr* e) {
    for (uint32_t steps = 0; steps < kAliasSteps && is_variable(e); ++steps) {
      const uint32_t v = e->variable;
      if (known_nats_[v]) return constant(*known_nats_[v]);
      if (!is_let(v) || is_cyclic(v) || !is_atom(let_of(v))) return e;
      e = let_of(v);
    }
    return e;
  }

  const Expr* rewrite_application(const Expr* e) {
    const Expr* head = rewrite(e->head);
    if (head != e->head) {
      return rewrite_call(make_apply(law_, head, e->args));
    }
    return rewrite_call(e);
  }

  /// The head of `e` is as simple as it gets by itself.
  const Expr* rewrite_call(const Expr* e) {
    if (const Expr* joined = join_closure(e)) e = joined;
    const KnownHead h = head_of(e->head);
    const size_t n = e->args.size();
    if (h.is_known && n > h.arity) return rewrite_long_call(h, e);
    if (h.is_known && n == h.arity) {
      if (const Expr* done = rewrite_control(h, e)) return done;
    }
    e = rewrite_arguments(e);
    if (!h.is_known || n != h.arity) return e;
    const Expr* folded = fold(h, e);
    return folded == nullptr ? e : folded;
  }

  /// A call with more arguments than its head takes.
  const Expr* rewrite_long_call(const KnownHead& h, const Expr* e) {
    const std::span<const Expr* const> args(e->args);
    const Expr* call = rewrite_call(make_apply(law_, e->head, args.first(h.arity)));
    std::vector<const Expr*> rest;
    for (const Expr* a : args.subspan(h.arity)) rest.push_back(rewrite(a));
    const Expr* whole = make_apply(law_, call, rest);
    if (const Expr* joined = join_closure(whole)) whole = joined;
    const KnownHead head = head_of(whole->head);
    if (!head.is_known || whole->args.size() != head.arity) return whole;
    const Expr* folded = fold(head, whole);
    return folded == nullptr ? whole : folded;
  }

  const Expr* rewrite_arguments(const Expr* e) {
    std::vector<const Expr*> args;
    for (const Expr* a : e->args) args.push_back(rewrite(a));
    return args == e->args ? e : make_apply(law_, e->head, args);
  }

  /// A call of a closure that a let holds becomes a call of its function.
  const Expr* join_closure(const Expr* e) {
    if (!is_variable(e->head) || e->head->variable == 0) return nullptr;
    const Known k = known(e->head);
    if (k.parts == nullptr || !k.shape.is_closure()) return nullptr;
    std::vector<const Expr*> args;
    // The let's application may change while its arguments get lets of their own.
    for (size_t i = k.parts->args.size(); i-- > 0;) {
      const Expr* a = argument_of(known(e->head), i);
      if (a == nullptr) return nullptr;
      args.push_back(a);
    }
    args.insert(args.end(), e->args.begin(), e->args.end());
    return make_apply(law_, k.parts->head, args);
  }

  // --- Control: the condition first, then what it leaves, knowing what it found.

  /// Null if `h` is nothing of that kind.
  const Expr* rewrite_control(const KnownHead& h, const Expr* e) {
    if (h.function == small_nat(2)) return rewrite_nat_case(e);
    if (!h.jet) return nullptr;
    switch (*h.jet) {
      case JetId::kIf:
      case JetId::kIfz:
        return rewrite_if(*h.jet, e);
      case JetId::kSeq:
      case JetId::kPseq: {
        const Expr* first = rewrite(e->args[0]);
        const Expr* second = rewrite(e->args[1]);
        return known(first).shape.is_known() ? second : same_or(e, {first, second});
      }
      case JetId::kPar:
        return rewrite(e->args[1]);
      case JetId::kAnd:
      case JetId::kOr:
        return rewrite_and_or(*h.jet, e);
      case JetId::kSwitch:
        return rewrite_switch(e);
      case JetId::kTabSwitch:
        return rewrite_tab_switch(e);
      default:
        return nullptr;
    }
  }

  const Expr* same_or(const Expr* e, const std::vector<const Expr*>& args) {
    return args == e->args ? e : make_apply(law_, e->head, args);
  }

  /// (2 z p x)
  const Expr* rewrite_nat_case(const Expr* e) {
    const Expr* x = rewrite(e->args[2]);
    const Shape shape = known(x).shape;
    if (shape.is_known() && !shape.is_true()) return rewrite(e->args[0]);
    if (shape.is_small()) {
      const Expr* less[] = {constant(small_nat(shape.small() - 1))};
      return rewrite(make_apply(law_, e->args[1], less));
    }
    return same_or(e, {rewrite(e->args[0]), rewrite(e->args[1]), x});
  }

  const Expr* rewrite_if(JetId jet, const Expr* e) {
    const Expr* condition = rewrite(e->args[0]);
    if (const std::optional<bool> truth = truth_of(jet, condition)) {
      return rewrite(e->args[*truth ? 1 : 2]);
    }
    const size_t before = facts_.size();
    assume_if(jet, condition, true);
    const Expr* then = rewrite(e->args[1]);
    forget(before);
    assume_if(jet, condition, false);
    const Expr* otherwise = rewrite(e->args[2]);
    forget(before);
    return same_or(e, {condition, then, otherwise});
  }

  std::optional<bool> truth_of(JetId jet, const Expr* condition) {
    const Shape shape = known(condition).shape;
    if (jet == JetId::kIfz) {
      if (shape.is_known()) return shape.is_zero();
      return std::nullopt;
    }
    if (shape.is_known()) return shape.is_true();
    return fact_about(condition);
  }

  void assume_if(JetId jet, const Expr* condition, bool truth) {
    if (jet != JetId::kIfz) {
      assume(condition, truth, 0);
    } else if (truth) {
      assume_nat(condition, small_nat(0));
    }
  }

  const Expr* rewrite_and_or(JetId jet, const Expr* e) {
    const bool is_and = jet == JetId::kAnd;
    const Expr* first = rewrite(e->args[0]);
    const std::optional<bool> truth = truth_of(JetId::kIf, first);
    if (truth && *truth != is_and) return bit(!is_and);
    const size_t before = facts_.size();
    assume(first, is_and, 0);
    const Expr* second = rewrite(e->args[1]);
    forget(before);
    if (truth) {
      const Shape shape = known(second).shape;
      if (shape.is_known()) return bit(shape.is_true());
      if (is_bit(second)) return second;
    }
    return same_or(e, {first, second});
  }

  const Expr* rewrite_switch(const Expr* e) {
    const Expr* index = rewrite(e->args[0]);
    const Known row = known(e->args[2]);
    const Shape shape = known(index).shape;
    if (row.shape.is_row() && shape.is_known()) {
      const bool in_range = shape.is_small() && shape.small() < row.shape.size();
      const Expr* arm = in_range ? argument_of(row, shape.small()) : e->args[1];
      if (arm != nullptr) return rewrite(arm);
    }
    const auto arm_key = [](size_t i) { return small_nat(i); };
    const Expr* arms = rewrite_arms(index, e->args[2], arm_key);
    return same_or(e, {index, rewrite(e->args[1]), arms});
  }

  /// The third argument is a set of keys applied to a row, or a constant, or anything else.
  const Expr* rewrite_tab_switch(const Expr* e) {
    const Expr* tab = e->args[2];
    const bool is_literal = tab->kind == Expr::Kind::kApply && tab->args.size() == 1 &&
                            is_constant(tab->head) && is_set(tab->head->value);
    const Known row = is_literal ? known(tab->args[0]) : Known{};
    if (!row.shape.is_row()) return nullptr;
    const Value keys = set_keys(tab->head->value);
    if (row.shape.size() != row_size(keys)) return nullptr;
    if (row_size(keys) == 0) return rewrite(e->args[1]);  // without a look at the key
    const Expr* key = rewrite(e->args[0]);
    if (const Shape shape = known(key).shape; shape.is_constant()) {
      const std::optional<uint64_t> place = place_of(shape.value(), keys);
      const bool is_there = place && *place < row.shape.size();
      const Expr* arm = is_there ? argument_of(row, *place) : place ? e->args[1] : nullptr;
      if (arm != nullptr) return rewrite(arm);
    }
    const auto arm_key = [keys](size_t i) { return row_at(keys, i); };
    const Expr* arms = rewrite_arms(key, tab->args[0], arm_key);
    return same_or(e, {key, rewrite(e->args[1]), same_or(tab, {arms})});
  }

  /// The index of `key`, or the size of `keys`; nothing if it takes long to find out.
  static std::optional<uint64_t> place_of(Value key, Value keys) {
    for (uint64_t i = 0; i < row_size(keys); ++i) {
      const std::optional<int> order = compare_constants(key, row_at(keys, i));
      if (!order) return std::nullopt;
      if (*order == 0) return i;
    }
    return row_size(keys);
  }

  /// Rewrites the arms that stand in a row here; in arm `i`, `index` is arm_key(i).
  template <typename ArmKey>
  const Expr* rewrite_arms(const Expr* index, const Expr* e, ArmKey arm_key) {
    const Known row = known(e);
    if (!row.shape.is_row() || row.let != 0 || row.parts == nullptr) return rewrite(e);
    std::vector<const Expr*> arms = e->args;
    for (size_t i = 0; i < arms.size(); ++i) {
      arms[i] = rewrite_arm(index, arm_key(arms.size() - 1 - i), arms[i]);
    }
    return same_or(e, arms);
  }

  const Expr* rewrite_arm(const Expr* index, Value key, const Expr* arm) {
    const size_t before = facts_.size();
    if (key.is_small()) assume_nat(index, key);
    const Expr* result = rewrite(arm);
    forget(before);
    return result;
  }

  // --- See Note [Facts] in vm/case.h.

  static bool same_atom(const Expr* a, const Expr* b) {
    if (a->kind != b->kind) return false;
    return is_variable(a) ? a->variable == b->variable : a->value == b->value;
  }

  bool is_askable(const Expr* e) const {
    if (is_variable(e)) return e->variable != 0;
    if (e->kind != Expr::Kind::kApply || !is_bit(e)) return false;
    return std::all_of(e->args.begin(), e->args.end(), is_atom);
  }

  /// A saturated call of a jet that gives 0 or 1, and evaluates only what its arguments are.
  bool is_bit(const Expr* e) const {
    if (e->kind != Expr::Kind::kApply) return false;
    const KnownHead h = head_of(e->head);
    return h.jet && e->args.size() == h.arity && gives_bit(*h.jet);
  }

  bool same(const Expr* a, const Expr* b) const {
    if (is_atom(a) || is_atom(b)) return same_atom(a, b);
    return same_atom(a->head, b->head) && a->args.size() == b->args.size() &&
           std::equal(a->args.begin(), a->args.end(), b->args.begin(), same_atom);
  }

  std::optional<bool> fact_about(const Expr* e) const {
    if (facts_.empty() || !is_askable(e)) return std::nullopt;
    for (size_t i = facts_.size(); i-- > 0;) {
      if (same(facts_[i].condition, e)) return facts_[i].truth;
    }
    return std::nullopt;
  }

  void forget(size_t count) {
    for (; facts_.size() > count; facts_.pop_back()) {
      const Fact& fact = facts_.back();
      if (fact.names_nat) known_nats_[fact.condition->variable].reset();
    }
  }

  void assume(const Expr* e, bool truth, uint32_t depth) {
    if (depth > kFactDepthMax || facts_.size() >= kFactsMax) return;
    if (is_askable(e)) facts_.push_back({e, truth});
    if (is_variable(e)) {
      if (is_let(e->variable)) assume(let_of(e->variable), truth, depth + 1);
      return;
    }
    if (!is_bit(e)) return;
    const auto& args = e->args;
    switch (*head_of(e->head).jet) {
      case JetId::kNot:
        return assume(args[0], !truth, depth + 1);
      case JetId::kBit:
        return assume(args[0], truth, depth + 1);
      case JetId::kAnd:
      case JetId::kOr:
        if (truth != (*head_of(e->head).jet == JetId::kAnd)) return;
        assume(args[0], truth, depth + 1);
        return assume(args[1], truth, depth + 1);
      case JetId::kEqz:
        if (truth) assume_nat(args[0], small_nat(0));
        return;
      case JetId::kEql:
      case JetId::kNeq:
        if (truth != (*head_of(e->head).jet == JetId::kEql)) return;
        if (is_constant(args[0])) assume_nat(args[1], args[0]->value);
        if (is_constant(args[1])) assume_nat(args[0], args[1]->value);
        return;
      default:
        return;
    }
  }

  /// `e` is the nat `n`.
  void assume_nat(const Expr* e, Value n) {
    if (!is_variable(e) || e->variable == 0 || !n.is_small() || facts_.size() >= kFactsMax) return;
    if (known_nats_[e->variable]) return;
    facts_.push_back({e, is_true(n), true});
    known_nats_[e->variable] = n;
  }

  // --- Calls of jets and opcodes; the arguments are rewritten.

  /// Null if nothing is known.
  const Expr* fold(const KnownHead& h, const Expr* e) {
    if (h.function == small_nat(3)) {
      const std::optional<uint64_t> n = fold_increment(known(e->args[0]).shape);
      return n ? constant(small_nat(*n)) : nullptr;
    }
    if (!h.jet) return nullptr;
    if (is_askable(e)) {
      if (const std::optional<bool> truth = fact_about(e)) return bit(*truth);
    }
    switch (*h.jet) {
      case JetId::kIdx:
        return fold_idx(e->args[0], e->args[1]);
      case JetId::kGet:
        return fold_idx(e->args[1], e->args[0]);
      case JetId::kDataTag:
        return fold_data_tag(e->args[0]);
      case JetId::kCdr: {
        const Known k = known(e->args[0]);
        return k.shape.is_application() ? argument_of(k, 0) : nullptr;
      }
      case JetId::kForce:
        return known(e->args[0]).shape.is_constant() ? e->args[0] : nullptr;
      case JetId::kPinItem: {
        const Shape shape = known(e->args[0]).shape;
        if (!shape.is_constant()) return nullptr;
        return constant(is_pin(shape.value()) ? pin_item(shape.value()) : small_nat(0));
      }
      default:
        break;
    }
    std::vector<Shape> shapes;
    for (const Expr* a : e->args) shapes.push_back(known(a).shape);
    const std::optional<uint64_t> n = fold_jet(*h.jet, shapes);
    return n ? constant(small_nat(*n)) : nullptr;
  }

  /// The row is looked at first; the index only if there is something to choose from.
  const Expr* fold_idx(const Expr* index, const Expr* row) {
    const Known k = known(row);
    if (!k.shape.is_known()) return nullptr;
    if (k.shape.size() == 0) return constant(small_nat(0));
    const Shape i = known(index).shape;
    if (!i.is_known()) return nullptr;
    const uint64_t place = i.is_nat() ? (i.is_small() ? i.small() : UINT64_MAX) : 0;
    return place < k.shape.size() ? argument_of(k, place) : constant(small_nat(0));
  }

  const Expr* fold_data_tag(const Expr* e) {
    const Known k = known(e);
    if (!k.shape.is_known()) return nullptr;
    if (k.shape.is_nat()) return constant(k.shape.value());
    return k.shape.size() == 0 ? constant(small_nat(0)) : argument_of(k, 0);
  }

  Machine& vm_;
  Law& law_;
  Value function_;
  std::vector<Fact> facts_;
  std::vector<std::optional<Value>> known_nats_;  ///< by variable, from facts in force
};

}  // namespace

void fold_known_cases(Machine& vm, Law& law, Value function) {
  Folder(vm, law, function).run();
}

}  // namespace plan::vm
