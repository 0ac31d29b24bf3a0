// vm/cse.cc: one walk over the body in the order of evaluation, one that puts the lets in place.
#include "vm/cse.h"

#include "base/check.h"
#include "vm/control.h"
#include "vm/demand.h"
#include "vm/ir_build.h"
#include "vm/known_head.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <vector>

namespace plan::vm {

namespace {

constexpr size_t kAvailableMax = 64;  ///< looked through for each call

class Sharer {
 public:
  Sharer(Machine& vm, Law& law, Value function) : vm_(vm), law_(law), function_(function) {}

  void run() {
    strict(law_.body);
    if (shared_.empty()) return;
    law_.body = rewrite(law_.body);
    group_lets(law_);
  }

 private:
  /// A call that was built or evaluated on the way here.
  struct Available {
    const Expr* call;
    uint32_t let = 0;  ///< its variable, once it is shared
  };

  static bool is_constant(const Expr* e) { return e->kind == Expr::Kind::kConstant; }
  static bool is_variable(const Expr* e) { return e->kind == Expr::Kind::kVariable; }

  KnownHead head_of(const Expr* e) const { return known_head(vm_, e, function_); }

  /// The jet of a saturated call.
  std::optional<JetId> jet_of(const Expr* e) const {
    const KnownHead h = head_of(e->head);
    return e->args.size() == h.arity ? h.jet : std::nullopt;
  }

  bool is_shareable(const Expr* e) const {
    const std::optional<JetId> jet = jet_of(e);
    if (!jet) return false;
    const auto is_index = [](const Expr* i) { return is_constant(i) && i->value.is_small(); };
    const auto is_name = [](const Expr* x) { return is_variable(x) && x->variable != 0; };
    switch (*jet) {
      case JetId::kIdx:
        return is_index(e->args[0]) && is_name(e->args[1]);
      case JetId::kGet:
        return is_name(e->args[0]) && is_index(e->args[1]);
      case JetId::kLen:
      case JetId::kDataTag:
      case JetId::kCdr:
      case JetId::kPinItem:
        return is_name(e->args[0]);
      default:
        return false;
    }
  }

  static bool same_atom(const Expr* a, const Expr* b) {
    if (a->kind != b->kind) return false;
    return is_variable(a) ? a->variable == b->variable : a->value == b->value;
  }
  static bool same(const Expr* a, const Expr* b) {
    if (!same_atom(a->head, b->head) || a->args.size() != b->args.size()) return false;
    for (size_t i = 0; i < a->args.size(); ++i) {
      if (!same_atom(a->args[i], b->args[i])) return false;
    }
    return true;
  }

  /// True if `e` now stands for a let.
  bool reuse(const Expr* e) {
    if (!is_shareable(e)) return false;
    for (size_t i = available_.size(); i-- > 0;) {
      Available& a = available_[i];
      if (!same(a.call, e)) continue;
      if (a.call == e) return false;  // one node in two places
      if (a.let == 0) a.let = let_for(a.call);
      shared_.emplace(e, a.let);
      return true;
    }
    return false;
  }

  uint32_t let_for(const Expr* call) {
    const auto [found, is_new] = shared_.emplace(call, 0);
    if (is_new) found->second = add_let(law_, call);
    return found->second;
  }

  /// An element of a row that is evaluated by now.
  bool is_at_hand(const Expr* e) const {
    if (!is_shareable(e) || available_.size() >= kAvailableMax) return false;
    const JetId jet = *jet_of(e);
    if (jet != JetId::kIdx && jet != JetId::kGet) return false;
    const uint32_t row = e->args[jet == JetId::kIdx ? 1 : 0]->variable;
    return std::find(evaluated_.begin(), evaluated_.end(), row) != evaluated_.end();
  }

  void provide(const Expr* e) {
    if (is_shareable(e) && available_.size() < kAvailableMax) available_.push_back({e});
  }

  // --- The walk. `strict` is for what is evaluated when its turn comes, `lazy` for what is built
  // then, and `suspended` for what some thunk does later.

  void strict(const Expr* e) {
    if (is_variable(e)) evaluated_.push_back(e->variable);
    if (e->kind != Expr::Kind::kApply || reuse(e)) return;
    const std::optional<JetId> jet = jet_of(e);
    if (jet) {
      strict_jet(*jet, e);
      provide(e);
      return;
    }
    if (head_of(e->head).function == small_nat(3) && e->args.size() == 1) {
      strict(e->args[0]);
      return;
    }
    parts(e, &Sharer::lazy);
  }

  void lazy(const Expr* e) {
    if (e->kind != Expr::Kind::kApply || reuse(e)) return;
    const bool is_built = head_of(e->head).is_built(e->args.size());
    parts(e, is_built || is_shareable(e) ? &Sharer::lazy : &Sharer::suspended);
    provide(e);
  }

  void suspended(const Expr* e) {
    if (e->kind != Expr::Kind::kApply || reuse(e)) return;
    if (is_at_hand(e)) {
      available_.push_back({e, let_for(e)});
      return;
    }
    parts(e, &Sharer::suspended);
  }

  void parts(const Expr* e, void (Sharer::*walk)(const Expr*)) {
    for (const Expr* a : e->args) (this->*walk)(a);
  }

  /// What runs on some paths only leaves nothing behind.
  void branch(const Expr* e) {
    const size_t count = available_.size();
    const size_t evaluated = evaluated_.size();
    strict(e);
    available_.erase(available_.begin() + static_cast<std::ptrdiff_t>(count), available_.end());
    evaluated_.resize(evaluated);
  }

  /// Walks the arguments in the order in which they are evaluated.
  void strict_jet(JetId jet, const Expr* e) {
    if (const std::optional<ControlOrder> order = control_order(jet)) {
      for (const uint8_t i : order->first) strict(e->args[i]);
      for (const uint8_t i : order->one_of) branch(e->args[i]);
      return;
    }
    if (const std::optional<SwitchArms> arms = SwitchArms::of(jet, e)) {
      strict(e->args[0]);
      branch(e->args[1]);
      for (size_t i = 0; i < arms->size(); ++i) {
        if (arms->expression(i) != nullptr) branch(arms->expression(i));
      }
      return;
    }
    const Demand demand = demand_of(vm_, head_of(e->head).function);
    std::vector<bool> done(e->args.size());
    for (const uint8_t i : demand.order()) {
      strict(e->args[i]);
      done[i] = true;
    }
    for (size_t i = 0; i < done.size(); ++i) {
      if (!done[i]) lazy(e->args[i]);
    }
  }

  const Expr* rewrite(const Expr* e) {
    if (e->kind != Expr::Kind::kApply) return e;
    if (const auto found = shared_.find(e); found != shared_.end()) {
      return make_variable(law_, found->second);
    }
    std::vector<const Expr*> args;
    for (const Expr* a : e->args) args.push_back(rewrite(a));
    return args == e->args ? e : make_apply(law_, e->head, args);
  }

  Machine& vm_;
  Law& law_;
  Value function_;
  std::vector<Available> available_;
  std::vector<uint32_t> evaluated_;  ///< variables, on the way here
  std::unordered_map<const Expr*, uint32_t> shared_;  ///< calls that a let stands for
};

}  // namespace

void share_elements(Machine& vm, Law& law, Value function) {
  Sharer(vm, law, function).run();
}

}  // namespace plan::vm
