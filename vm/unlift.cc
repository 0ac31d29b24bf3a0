// vm/unlift.cc: which functions are only called, which of them breaks the cycle, and its copy.
//
// Recursion: as deep as expressions are nested, which decoding bounds, and as laws hand functions
// to each other, which kUnliftLaws bounds.
#include "vm/unlift.h"

#include "base/check.h"
#include "gc/make.h"
#include "gc/region.h"
#include "vm/ir_build.h"
#include "vm/law_copy.h"
#include "vm/machine.h"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

namespace plan::vm {

namespace {

bool is_constant(const Expr* e) { return e->kind == Expr::Kind::kConstant; }
bool is_variable(const Expr* e) { return e->kind == Expr::Kind::kVariable; }
bool is_apply(const Expr* e) { return e->kind == Expr::Kind::kApply; }

/// The law of a function that is run by its code; 0 for jets and for what is no law.
Value plain_law(Value function) {
  if (is_pin(function) && gc::pin_region(function)->jet >= 0) return small_nat(0);
  const Value law = is_pin(function) ? pin_item(function) : function;
  return is_law(law) ? law : small_nat(0);
}

/// Whether `e` is a known law with some of its arguments.
bool is_closure_of_law(const Expr* e) {
  if (!is_apply(e) || !is_constant(e->head)) return false;
  return plain_law(e->head->value).is_pointer() &&
         e->args.size() < gc::eval_arity(e->head->value);
}
uint64_t missing_arguments(const Expr* closure) {
  return gc::eval_arity(closure->head->value) - closure->args.size();
}

/// Functions by variable: how many arguments each waits for; 0 is no function.
using Functions = std::vector<uint64_t>;

/// Finds out whether functions are only called.
class Calls {
 public:
  explicit Calls(Machine& vm) : vm_(vm) {}

  /// Before a new question: after one that was answered with no, answers on the way may be wrong.
  void forget() { known_.clear(); }

  /// Whether nothing below `e`, in the law of `self`, does anything but call the functions. `e`
  /// itself may be evaluated.
  bool are_all(const Expr* e, const Functions& functions, Value self) {
    if (is_variable(e)) return functions[e->variable] == 0;
    if (!is_apply(e)) return true;
    if (is_variable(e->head) && e->args.size() < functions[e->head->variable]) return false;
    Value callee;
    if (is_constant(e->head)) callee = e->head->value;
    if (is_variable(e->head) && e->head->variable == 0) callee = self;
    for (size_t i = 0; i < e->args.size(); ++i) {
      const Expr* a = e->args[i];
      if (!mentions(a, functions)) continue;
      if (!is_function(a, functions)) {
        if (!are_all(a, functions, self)) return false;
        continue;
      }
      const bool is_handed_on = callee.is_pointer() && e->args.size() >= gc::eval_arity(callee);
      if (!is_handed_on || !is_only_called(callee, i, a, functions, self)) return false;
    }
    return true;
  }

  /// Whether the law `callee` only calls its parameter `i`, which is the function `a`.
  bool is_only_called(Value callee, size_t i, const Expr* a, const Functions& functions,
                      Value self) {
    const uint64_t missing = is_variable(a) ? functions[a->variable] : missing_arguments(a);
    if (!calls_parameter(callee, i, missing)) return false;
    if (is_variable(a)) return true;
    for (size_t k = 0; k < a->args.size(); ++k) {
      const Expr* held = a->args[k];
      if (!mentions(held, functions)) continue;
      const bool good = is_function(held, functions)
                            ? is_only_called(a->head->value, k, held, functions, self)
                            : are_all(held, functions, self);
      if (!good) return false;
    }
    return true;
  }

  static bool mentions(const Expr* e, const Functions& functions) {
    if (is_variable(e)) return functions[e->variable] != 0;
    if (!is_apply(e)) return false;
    return mentions(e->head, functions) ||
           std::any_of(e->args.begin(), e->args.end(),
                       [&](const Expr* a) { return mentions(a, functions); });
  }
  /// One of the functions, or a closure that holds one.
  static bool is_function(const Expr* e, const Functions& functions) {
    return is_variable(e) ? functions[e->variable] != 0 : is_closure_of_law(e);
  }

  /// The decoded law, or null if it is too large.
  const Law* law_of(Value function) {
    const Value value = running_law(vm_, function);
    if (!value.is_pointer()) return nullptr;
    const auto [place, is_new] = laws_.try_emplace(value.word);
    if (!is_new) return place->second.get();
    if (laws_.size() > kUnliftLaws || has_more_leaves(law_body(value), kUnliftLeaves)) {
      return nullptr;
    }
    auto law = std::make_unique<Law>();
    decode_law(value, *law);
    if (!has_deferred(*law)) place->second = std::move(law);
    return place->second.get();
  }

 private:
  bool calls_parameter(Value function, size_t i, uint64_t missing) {
    const Law* law = law_of(function);
    if (law == nullptr || i >= law->args) return false;
    // While it is being found out it is taken for true, a fixpoint from above. If it turns out to
    // be false, so does the whole question (see forget()).
    const auto [place, is_new] = known_.try_emplace({function.word, i, missing}, true);
    if (!is_new) return place->second;
    Functions functions(law->slots);
    functions[1 + i] = missing;
    place->second = are_all(law->body, functions, function) &&
                    std::all_of(law->lets.begin(), law->lets.end(), [&](const Expr* let) {
                      return are_all(let, functions, function);
                    });
    return place->second;
  }

  Machine& vm_;
  std::map<Word, std::unique_ptr<Law>> laws_;  ///< by law; null if not to be looked at
  std::map<std::tuple<Word, size_t, uint64_t>, bool> known_;
};

class Unlifter {
 public:
  Unlifter(Machine& vm, Law& law, Value function)
      : vm_(vm), law_(law), function_(function), keeper_(keeper_of_copies(vm, function)) {}

  void run() {
    if (keeper_.generation >= kCopyGenerations) return;
    const std::vector<std::vector<uint32_t>> groups = law_.groups;
    for (size_t g = 1; g < groups.size(); ++g) unlift(groups[g]);
    if (breakers_.empty()) return;
    for (const Expr*& let : law_.lets) let = rewrite(let);
    law_.body = rewrite(law_.body);
    group_lets(law_);
  }

 private:
  const Expr*& let_of(uint32_t variable) { return law_.lets[variable - 1 - law_.args]; }

  void unlift(const std::vector<uint32_t>& members) {
    if (keeper_.copies.size() >= kCopiesMax || !are_functions(members)) return;
    for (const uint32_t v : members) {
      const Expr* let = with_names(let_of(v));
      let_of(v) = let;
    }
    for (const uint32_t breaker : members) {
      const Value copy = copy_of(breaker);
      if (!copy.is_pointer()) continue;
      let_of(breaker) = make_apply(law_, make_constant(law_, copy), free_);
      breakers_.push_back(breaker);
      return;
    }
  }

  /// Whether all are closures of laws, hold nothing that is made of each other but closures, and
  /// are only called.
  bool are_functions(const std::vector<uint32_t>& members) {
    calls_.forget();
    functions_.assign(law_.slots, 0);
    for (const uint32_t v : members) {
      if (!is_closure_of_law(let_of(v))) return false;
      functions_[v] = missing_arguments(let_of(v));
    }
    for (size_t i = 0; i < law_.lets.size(); ++i) {
      const bool is_good = functions_[1 + law_.args + i] != 0
                               ? holds_functions(law_.lets[i])
                               : calls_.are_all(law_.lets[i], functions_, function_);
      if (!is_good) return false;
    }
    return calls_.are_all(law_.body, functions_, function_);
  }

  bool holds_functions(const Expr* closure) {
    if (calls_.law_of(closure->head->value) == nullptr) return false;
    for (size_t i = 0; i < closure->args.size(); ++i) {
      const Expr* a = closure->args[i];
      if (!Calls::mentions(a, functions_)) continue;
      if (!Calls::is_function(a, functions_)) return false;
      if (!is_variable(a) && !holds_functions(a)) return false;
      if (!calls_.is_only_called(closure->head->value, i, a, functions_, function_)) return false;
    }
    return true;
  }

  /// The closure, what it holds being named by lets: it is computed at most once.
  const Expr* with_names(const Expr* closure) {
    std::vector<const Expr*> args = closure->args;
    for (const Expr*& a : args) {
      if (!is_apply(a)) continue;
      if (Calls::mentions(a, functions_)) {
        a = with_names(a);
        continue;
      }
      a = make_variable(law_, add_let(law_, a));
      law_.group.push_back(0);
      functions_.push_back(0);
    }
    return make_apply(law_, closure->head, args);
  }

  // --- The copy of one member.

  /// 0 if the others are a cycle without the breaker, or it gets too large. Sets free_.
  Value copy_of(uint32_t breaker) {
    breaker_ = breaker;
    free_.clear();
    path_.clear();
    parts_ = 0;
    if (!collect(let_of(breaker))) return small_nat(0);
    const uint64_t args = free_.size() + functions_[breaker];
    if (args > kUnliftParameters) return small_nat(0);
    const std::vector<Word> key{function_.word, small_nat(breaker).word};
    if (const Value found = find_copy(keeper_, key); found.is_pointer()) return found;
    const Value function = let_of(breaker)->head->value;
    copy_ = std::make_unique<Law>();
    copy_->args = static_cast<uint32_t>(args);
    build(*calls_.law_of(function), function);
    const Value copy = keep_copy(vm_, keeper_, key, *copy_, law_name(plain_law(function)));
    keeper_of_copies(vm_, copy).optimise = true;
    return copy;
  }

  /// Finds what the copy needs from outside.
  bool collect(const Expr* closure) {
    for (const Expr* a : closure->args) {
      if (++parts_ > kUnliftParts) return false;
      if (is_constant(a)) continue;
      if (is_apply(a)) {
        if (!collect(a)) return false;
      } else if (functions_[a->variable] == 0) {
        add_free(a);
      } else if (a->variable != breaker_) {
        if (std::find(path_.begin(), path_.end(), a->variable) != path_.end()) return false;
        path_.push_back(a->variable);
        if (!collect(let_of(a->variable))) return false;
        path_.pop_back();
      }
    }
    return true;
  }
  void add_free(const Expr* variable) {
    if (place_of_free(variable->variable) == free_.size()) free_.push_back(variable);
  }
  size_t place_of_free(uint32_t variable) const {
    const auto is_it = [variable](const Expr* e) { return e->variable == variable; };
    return static_cast<size_t>(std::find_if(free_.begin(), free_.end(), is_it) - free_.begin());
  }

  void build(const Law& original, Value function) {
    copy_->slots = 1 + copy_->args + static_cast<uint32_t>(original.lets.size());
    const auto variable = [this](size_t v) {
      return make_variable(*copy_, static_cast<uint32_t>(v));
    };
    itself_ = variable(0);
    std::vector<const Expr*> outside;
    for (size_t i = 0; i < free_.size(); ++i) outside.push_back(variable(1 + i));
    itself_ = make_apply(*copy_, itself_, outside);
    variables_.assign(1, make_constant(*copy_, function));
    for (const Expr* given : let_of(breaker_)->args) variables_.push_back(from_outside(given));
    for (size_t v = 1 + free_.size(); v < copy_->slots; ++v) variables_.push_back(variable(v));
    PLAN_ASSERT(variables_.size() == original.slots);
    for (const Expr* let : original.lets) copy_->lets.push_back(from_inside(let));
    copy_->body = from_inside(original.body);
  }

  /// What a closure of the cycle holds, in the copy.
  const Expr* from_outside(const Expr* e) {
    if (is_constant(e)) return make_constant(*copy_, e->value);
    if (is_variable(e)) {
      if (e->variable == breaker_) return itself_;
      if (functions_[e->variable] != 0) return from_outside(let_of(e->variable));
      return make_variable(*copy_, static_cast<uint32_t>(1 + place_of_free(e->variable)));
    }
    std::vector<const Expr*> args;
    for (const Expr* a : e->args) args.push_back(from_outside(a));
    return make_apply(*copy_, make_constant(*copy_, e->head->value), args);
  }

  /// An expression of the breaker's law, in the copy.
  const Expr* from_inside(const Expr* e) {
    if (is_variable(e)) return variables_[e->variable];
    if (is_constant(e)) return make_constant(*copy_, e->value);
    std::vector<const Expr*> args;
    for (const Expr* a : e->args) args.push_back(from_inside(a));
    return make_apply(*copy_, from_inside(e->head), args);
  }

  /// Calls of the breakers become calls of their copies.
  const Expr* rewrite(const Expr* e) {
    if (!is_apply(e)) return e;
    std::vector<const Expr*> args;
    for (const Expr* a : e->args) args.push_back(rewrite(a));
    const bool is_call = is_variable(e->head) &&
                         std::find(breakers_.begin(), breakers_.end(), e->head->variable) !=
                             breakers_.end();
    if (!is_call && args == e->args) return e;
    return make_apply(law_, is_call ? let_of(e->head->variable) : e->head, args);
  }

  Machine& vm_;
  Law& law_;
  const Value function_;
  Code& keeper_;
  Calls calls_{vm_};
  Functions functions_;              ///< members of the cycle under way
  std::vector<uint32_t> breakers_;   ///< of the cycles that are loops now
  uint32_t breaker_ = 0;
  std::vector<const Expr*> free_;    ///< variables of the law that the copy needs, in order
  std::vector<uint32_t> path_;       ///< members on the way from the breaker
  uint32_t parts_ = 0;
  std::unique_ptr<Law> copy_;
  const Expr* itself_ = nullptr;     ///< the breaker, in the copy
  std::vector<const Expr*> variables_;  ///< what stands for each variable of the breaker's law
};

}  // namespace

void unlift_functions(Machine& vm, Law& law, Value function) {
  Unlifter(vm, law, function).run();
}

}  // namespace plan::vm
