// vm/specialise.cc: loops, what is known of the arguments of their calls, and copies.
//
// Recursion: as deep as expressions are nested, which decoding and inlining bound.
#include "vm/specialise.h"

#include "base/check.h"
#include "gc/make.h"
#include "gc/region.h"
#include "vm/ir_build.h"
#include "vm/law_copy.h"
#include "vm/machine.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace plan::vm {

namespace {

bool is_constant(const Expr* e) { return e->kind == Expr::Kind::kConstant; }
bool is_variable(const Expr* e) { return e->kind == Expr::Kind::kVariable; }
bool is_atom(const Expr* e) { return is_constant(e) || is_variable(e); }

/// A law that calls itself, and what its parameters are to it; indices are variables.
struct Loop {
  Law law;
  Value name;
  std::vector<bool> is_invariant;
  std::vector<bool> is_applied;
  std::vector<bool> is_kept;  ///< is used otherwise, too
};

/// Collects the facts of a Loop; false if the law mentions itself otherwise than in its calls.
class LoopReader {
 public:
  explicit LoopReader(Loop& loop) : loop_(loop) {
    const size_t parameters = 1 + loop.law.args;
    loop.is_invariant.assign(parameters, true);
    loop.is_applied.assign(parameters, false);
    loop.is_kept.assign(parameters, false);
  }

  bool read() {
    for (const Expr* let : loop_.law.lets) visit_all(let);
    visit_all(loop_.law.body);
    return calls_itself_ && !mentions_itself_;
  }

 private:
  bool is_parameter(const Expr* e) const {
    return is_variable(e) && e->variable <= loop_.law.args && e->variable != 0;
  }

  void visit_all(const Expr* root) {
    pending_.push_back(root);
    while (!pending_.empty()) {
      const Expr* e = pending_.back();
      pending_.pop_back();
      visit(e);
    }
  }

  void visit(const Expr* e) {
    if (is_variable(e)) {
      if (e->variable == 0) mentions_itself_ = true;
      if (is_parameter(e)) loop_.is_kept[e->variable] = true;
    }
    if (e->kind != Expr::Kind::kApply) return;
    const bool is_self = is_variable(e->head) && e->head->variable == 0;
    if (is_self && e->args.size() == loop_.law.args) {
      calls_itself_ = true;
      visit_turn(e);
      return;
    }
    if (is_parameter(e->head)) {
      loop_.is_applied[e->head->variable] = true;
    } else {
      pending_.push_back(e->head);
    }
    pending_.insert(pending_.end(), e->args.begin(), e->args.end());
  }

  /// A call of the law by itself.
  void visit_turn(const Expr* e) {
    for (size_t i = 0; i < e->args.size(); ++i) {
      const Expr* a = e->args[i];
      if (is_variable(a) && a->variable == 1 + i) continue;
      loop_.is_invariant[1 + i] = false;
      pending_.push_back(a);
    }
  }

  Loop& loop_;
  std::vector<const Expr*> pending_;
  bool calls_itself_ = false;
  bool mentions_itself_ = false;
};

/// A function and the first of its arguments.
struct Given {
  Value function;
  std::vector<const Expr*> held;
};

/// The copy of a loop.
class Copier {
 public:
  Copier(const Loop& loop, std::span<const std::optional<Given>> given)
      : loop_(loop), given_(given) {}

  /// False if it would have no parameter, or too many.
  bool plan() {
    for (size_t i = 0; i < loop_.law.args; ++i) {
      names_.emplace_back();
      if (!given_[i]) {
        names_.back().push_back(++copy_.args);
        continue;
      }
      for (const Expr* held : given_[i]->held) {
        if (!is_constant(held)) names_.back().push_back(++copy_.args);
      }
    }
    copy_.slots = 1 + copy_.args + static_cast<uint32_t>(loop_.law.lets.size());
    return copy_.args >= 1 && copy_.args <= kSpecialiseParameters;
  }

  const Law& make() {
    substitute_parameters();
    for (const Expr* let : loop_.law.lets) copy_.lets.push_back(copy(let));
    copy_.body = copy(loop_.law.body);
    return copy_;
  }

 private:
  void substitute_parameters() {
    variables_.push_back(make_variable(copy_, 0));
    for (size_t i = 0; i < loop_.law.args; ++i) {
      if (!given_[i]) {
        variables_.push_back(make_variable(copy_, names_[i][0]));
        continue;
      }
      std::vector<const Expr*> held;
      size_t next = 0;
      for (const Expr* h : given_[i]->held) {
        held.push_back(is_constant(h) ? make_constant(copy_, h->value)
                                      : make_variable(copy_, names_[i][next++]));
      }
      variables_.push_back(make_apply(copy_, make_constant(copy_, given_[i]->function), held));
    }
    for (size_t i = 0; i < loop_.law.lets.size(); ++i) {
      variables_.push_back(make_variable(copy_, 1 + copy_.args + static_cast<uint32_t>(i)));
    }
  }

  const Expr* copy(const Expr* e) {
    if (is_variable(e)) return variables_[e->variable];
    if (is_constant(e)) return make_constant(copy_, e->value);
    std::vector<const Expr*> args;
    if (is_variable(e->head) && e->head->variable == 0) {
      for (size_t i = 0; i < e->args.size(); ++i) {
        if (!given_[i]) {
          args.push_back(copy(e->args[i]));
          continue;
        }
        for (const uint32_t name : names_[i]) args.push_back(make_variable(copy_, name));
      }
      return make_apply(copy_, variables_[0], args);
    }
    for (const Expr* a : e->args) args.push_back(copy(a));
    return make_apply(copy_, copy(e->head), args);
  }

  const Loop& loop_;
  std::span<const std::optional<Given>> given_;  ///< by parameter, from 0
  std::vector<std::vector<uint32_t>> names_;     ///< of each parameter: its variables in the copy
  std::vector<const Expr*> variables_;           ///< what stands for each variable of the loop
  Law copy_;
};

/// Null if the law is no loop of use.
std::unique_ptr<Loop> read_loop_of(Value law) {
  const Leaves leaves = leaves_of_body(law_body(law), kSpecialiseLeaves);
  if (leaves.count > kSpecialiseLeaves || !leaves.mention_law) return nullptr;
  auto loop = std::make_unique<Loop>();
  decode_law(law, loop->law);
  loop->name = law_name(law);
  if (has_deferred(loop->law) || !LoopReader(*loop).read()) return nullptr;
  return loop;
}

/// Null if the function is no loop of use.
std::unique_ptr<Loop> read_loop(Machine& vm, Value function) {
  const Value law = running_law(vm, function);
  if (!is_law(law)) return nullptr;
  const std::optional<bool> is_loop = vm.summaries.of(function).is_loop;
  if (is_loop && !*is_loop) return nullptr;
  if (!is_loop) ++vm.summaries.laws_walked;
  std::unique_ptr<Loop> loop = read_loop_of(law);
  if (!is_loop) vm.summaries.set_loop(function, loop != nullptr);
  return loop;
}

void add_to_key(std::vector<Word>& key, const std::optional<Given>& given) {
  if (!given) {
    key.push_back(small_nat(0).word);
    return;
  }
  key.push_back(small_nat(1 + given->held.size()).word);
  key.push_back(given->function.word);
  for (const Expr* held : given->held) {
    key.push_back(small_nat(is_constant(held) ? 1 : 0).word);
    if (is_constant(held)) key.push_back(held->value.word);
  }
}

/// 0 if there is to be none.
Value copy_of(Machine& vm, Code& keeper, Value function, const Loop& loop,
              std::span<const std::optional<Given>> given) {
  std::vector<Word> key{function.word};
  for (const std::optional<Given>& g : given) add_to_key(key, g);
  if (const Value found = find_copy(keeper, key); found.is_pointer()) return found;
  // The loop's own versions (vm/versions.h) may be hot already.
  const Value version = find_copy(keeper_of_copies(vm, function), key);
  if (version.is_pointer()) {
    share_copy(vm, keeper, key, version);
    return version;
  }
  uint32_t versions = 0;
  for (const Code::Copy& copy : keeper.copies) versions += copy.key[0] == key[0] ? 1 : 0;
  if (versions >= kSpecialiseVersions || keeper.copies.size() >= kCopiesMax) return small_nat(0);
  Copier copier(loop, given);
  if (!copier.plan()) return small_nat(0);
  return keep_copy(vm, keeper, key, copier.make(), loop.name);
}

class Specialiser {
 public:
  Specialiser(Machine& vm, Law& law, Value function)
      : vm_(vm), law_(law), function_(function), keeper_(keeper_of_copies(vm, function)) {}

  void run() {
    if (keeper_.generation >= kCopyGenerations) return;
    const size_t lets = law_.lets.size();
    for (size_t i = 0; i < lets; ++i) {
      const Expr* let = rewrite(law_.lets[i]);
      law_.lets[i] = let;
    }
    law_.body = rewrite(law_.body);
    group_lets(law_);
  }

 private:
  const Expr* rewrite(const Expr* e) {
    if (e->kind != Expr::Kind::kApply) return e;
    std::vector<const Expr*> args;
    bool same = true;
    for (const Expr* a : e->args) {
      args.push_back(rewrite(a));
      same = same && args.back() == a;
    }
    if (const Expr* call = specialised(e->head, args)) return call;
    return same ? e : make_apply(law_, e->head, args);
  }

  const Expr* specialised(const Expr* head, std::span<const Expr* const> args) {
    if (!is_constant(head) || head->value == function_) return nullptr;
    const Loop* loop = loop_of(head->value);
    if (loop == nullptr || loop->law.args != args.size()) return nullptr;
    std::vector<std::optional<Given>> given;
    bool any = false;
    for (size_t i = 0; i < args.size(); ++i) {
      given.push_back(given_to(*loop, static_cast<uint32_t>(1 + i), args[i]));
      any = any || given.back().has_value();
    }
    if (!any) return nullptr;
    const Value copy = copy_of(vm_, keeper_, head->value, *loop, given);
    if (!copy.is_pointer()) return nullptr;
    std::vector<const Expr*> rest;
    for (size_t i = 0; i < args.size(); ++i) {
      if (!given[i]) {
        rest.push_back(args[i]);
        continue;
      }
      for (const Expr* held : given[i]->held) {
        if (!is_constant(held)) rest.push_back(held);
      }
    }
    return make_apply(law_, make_constant(law_, copy), rest);
  }

  /// The function known for a parameter, if the loop is worth a copy for it.
  std::optional<Given> given_to(const Loop& loop, uint32_t parameter, const Expr* arg) {
    if (!loop.is_invariant[parameter] || !loop.is_applied[parameter]) return std::nullopt;
    uint32_t let = 0;
    if (is_variable(arg) && arg->variable > law_.args) {
      let = arg->variable;
      if (let - 1 - law_.args >= law_.group.size() || group_of(let) != 0) return std::nullopt;
      arg = let_of(let);
    }
    if (is_constant(arg)) {
      if (!arg->value.is_function()) return std::nullopt;
      return Given{arg->value, {}};
    }
    if (arg->kind != Expr::Kind::kApply || !is_constant(arg->head)) return std::nullopt;
    if (arg->args.size() >= gc::eval_arity(arg->head->value)) return std::nullopt;
    // Built anew in every turn it would cost more than it saves.
    if (loop.is_kept[parameter]) return std::nullopt;
    if (let != 0) arg = name_parts(let);
    return Given{arg->head->value, arg->args};
  }

  uint32_t group_of(uint32_t let) const { return law_.group[let - 1 - law_.args]; }
  const Expr*& let_of(uint32_t let) { return law_.lets[let - 1 - law_.args]; }

  /// The closure in a let goes on being built once, and what it holds computed once.
  const Expr* name_parts(uint32_t let) {
    const Expr* closure = let_of(let);
    if (std::all_of(closure->args.begin(), closure->args.end(), is_atom)) return closure;
    std::vector<const Expr*> held;
    for (const Expr* a : closure->args) {
      if (is_atom(a)) {
        held.push_back(a);
      } else {
        held.push_back(make_variable(law_, add_let(law_, a)));
        law_.group.push_back(0);
      }
    }
    const Expr* named = make_apply(law_, closure->head, held);
    let_of(let) = named;
    return named;
  }

  const Loop* loop_of(Value function) {
    const Value law = is_pin(function) ? pin_item(function) : function;
    const auto [place, is_new] = loops_.try_emplace(law.word);
    if (is_new) place->second = read_loop(vm_, function);
    return place->second.get();
  }

  Machine& vm_;
  Law& law_;
  const Value function_;
  Code& keeper_;
  std::map<Word, std::unique_ptr<Loop>> loops_;  ///< by law; null if it is no loop of use
};

}  // namespace

void specialise_calls(Machine& vm, Law& law, Value function) {
  Specialiser(vm, law, function).run();
}

std::vector<FunctionParameter> function_parameters(Machine& vm, Value function) {
  std::vector<FunctionParameter> result;
  const std::unique_ptr<Loop> loop = read_loop(vm, function);
  if (loop == nullptr) return result;
  for (uint32_t v = 1; v <= loop->law.args; ++v) {
    if (!loop->is_invariant[v] || !loop->is_applied[v]) continue;
    result.push_back({v - 1, !loop->is_kept[v]});
  }
  return result;
}

Value specialised_copy(Machine& vm, Value function, std::span<const SeenFunction> seen) {
  const std::unique_ptr<Loop> loop = read_loop(vm, function);
  Code& keeper = keeper_of_copies(vm, function);
  if (loop == nullptr || keeper.generation >= kCopyGenerations) return small_nat(0);
  std::vector<std::optional<Given>> given(loop->law.args);
  for (const SeenFunction& s : seen) {
    // What is held is not known: a variable, whichever.
    const Expr* variable = make_variable(loop->law, 1);
    given[s.parameter] = Given{s.function, std::vector<const Expr*>(s.held, variable)};
  }
  return copy_of(vm, keeper, function, *loop, given);
}

}  // namespace plan::vm
