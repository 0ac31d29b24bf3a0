// vm/usage.cc: counts how often thunks are entered.
//
// For each variable the walk counts the entries of the thunk it may stand for, on the path that has
// most: one, or many. It goes by the order of evaluation of vm/lower_strict.cc and
// vm/lower_control.cc, for a variable that was surely evaluated before, in the slot that is read,
// costs nothing: neither to evaluate, nor to hand on, nor to capture. A suspended expression is a
// block of its own, whose slots begin with what it captures.
//
// A let is evaluated once at most on each path. It is built where it is first used (Note [Lets and
// paths] in vm/lower_lets.cc), so what is evaluated by then is evaluated in what it captures, with
// these exceptions:
//   - used first inside a suspended expression, it may be built before that, and captured;
//   - used in one arm of a branch, it may be built at the end of the others, too;
//   - used in the second operand of _And, it may be built before the first;
//   - in laws with very many lets, they are built before anything else.
#include "vm/usage.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "gc/make.h"
#include "gc/region.h"
#include "vm/demand.h"
#include "vm/ir_build.h"
#include "vm/jets.h"
#include "vm/law_copy.h"
#include "vm/machine.h"
#include "vm/primops.h"

namespace plan::vm {

namespace {

constexpr uint32_t kLetsMax = 256;
constexpr size_t kLetsInPlaceMax = 64;  ///< with more, lets may all be built at the start
constexpr uint32_t kBodyLeavesMax = 2000;  ///< larger laws are not even decoded
constexpr uint32_t kDepthMax = 60;  ///< expressions inside each other, lets included; below the
                                    ///< depth at which lowering leaves arguments in demand lazy
constexpr uint32_t kNestingMax = 8;       ///< laws analysed for the sake of others
constexpr uint32_t kRoundsMax = 8;        ///< of the fixpoint
constexpr uint64_t kWorkMax = 40'000;     ///< steps and decoded nodes per question from outside

/// One question from outside and all that it leads to.
struct Analysis {
  Machine& vm;
  uint32_t nesting = 0;
  uint64_t work = 0;
  bool is_incomplete = false;  ///< a limit on the question was met: not to be kept

  uint64_t of(Value function);
  Usage of_law(Value law, Value function);
};

/// What holds of a variable on a path.
using State = uint8_t;
constexpr State kEntries = 3;    ///< a number: none, kOne or kMany
constexpr State kOne = 1;
constexpr State kMany = 2;
constexpr State kEvaluated = 4;  ///< in this block
constexpr State kReached = 8;    ///< a let that was used
constexpr State kEarly = 16;     ///< a let that may be built before it is used

using Path = std::vector<State>;

constexpr uint64_t all_parameters(uint32_t count) {
  return count >= kUsageMax ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

/// Somebody counts on it that `function` enters argument `i` once at most.
void rely_on(Machine& vm, Value function, size_t i) {
  const auto found = vm.usages.find(function.word);
  if (found != vm.usages.end()) found->second.relied_on |= uint64_t{1} << i;
}

/// One walk through a law under one assumption about its calls of itself.
class Walk {
 public:
  Walk(Analysis& analysis, const Law& law, Value self, uint64_t usage_of_self)
      : analysis_(analysis), law_(law), self_(self), usage_of_self_(usage_of_self),
        nothing_(law.slots, law.lets.size() > kLetsInPlaceMax ? kEarly : 0) {}

  /// The states at the end, all paths taken together. Nothing if a limit was met.
  std::optional<Path> run() {
    Path path = nothing_;
    strict(law_.body, path);
    if (failed_) return std::nullopt;
    return path;
  }
  bool calls_itself() const { return calls_itself_; }
  /// Parameters of the law that variables were handed on to, in calls of itself.
  uint64_t relied_on_self() const { return relied_on_self_; }

 private:
  bool is_let(uint32_t v) const { return v > law_.args; }
  const Expr* let_of(uint32_t v) const { return law_.lets[v - 1 - law_.args]; }
  static bool is_variable(const Expr* e) { return e->kind == Expr::Kind::kVariable; }

  struct Callee {
    bool known = false;
    Value function;
    uint64_t arity = 0;
    std::optional<JetId> jet;
  };
  Callee callee_of(const Expr* e) const {
    Callee c;
    if (e->head->kind == Expr::Kind::kConstant) {
      c.function = e->head->value;
    } else if (is_variable(e->head) && e->head->variable == 0) {
      c.function = self_;
    } else {
      return c;
    }
    c.known = true;
    c.arity = gc::eval_arity(c.function);
    if (is_pin(c.function) && gc::pin_region(c.function)->jet >= 0) {
      c.jet = static_cast<JetId>(gc::pin_region(c.function)->jet);
    }
    return c;
  }
  /// A partial application or a row.
  static bool is_built(const Callee& c, size_t args) {
    return args < c.arity || (args == c.arity && is_cow(c.function));
  }
  static bool is_atom(const Expr* e) {
    return is_variable(e) || e->kind == Expr::Kind::kConstant;
  }
  static bool is_small_constant(const Expr* e) {
    return e->kind == Expr::Kind::kConstant && e->value.is_small();
  }

  uint64_t usage_of_callee(const Callee& c) {
    if (c.function == self_) {
      calls_itself_ = true;
      return usage_of_self_;
    }
    return analysis_.of(c.function);
  }

  bool take_step(uint64_t work) {
    analysis_.work += work;
    if (analysis_.work > kWorkMax) analysis_.is_incomplete = true;
    failed_ = failed_ || analysis_.work > kWorkMax || depth_ > kDepthMax;
    return !failed_;
  }

  // --- Variables.

  void enter(uint32_t v, State entries, Path& path) {
    if (v == 0 || (path[v] & kEvaluated) != 0) return;
    const State sum = std::min<State>((path[v] & kEntries) + entries, kMany);
    path[v] = static_cast<State>((path[v] & ~kEntries) | sum);
    if (is_let(v) && (path[v] & kReached) == 0) reach(v, path);
  }

  /// A let is used for the first time on this path.
  void reach(uint32_t v, Path& path) {
    const uint32_t group = law_.group[v - 1 - law_.args];
    if (group != 0) {
      reach_group(law_.groups[group], path);
      return;
    }
    path[v] |= kReached;
    const Path now = path;
    const Path& built = (path[v] & kEarly) != 0 ? nothing_ : built_ != nullptr ? *built_ : now;
    apart(path, built, built, [&] { lazy(let_of(v), path); });
  }
  void reach_group(const std::vector<uint32_t>& members, Path& path) {
    for (const uint32_t member : members) {
      path[member] = static_cast<State>((path[member] & ~kEntries) | kReached | kMany);
    }
    for (const uint32_t member : members) {
      for (const uint32_t used : variables_of(law_, let_of(member))) {
        apart(path, nothing_, nothing_, [&] { enter(used, kMany, path); });
      }
    }
  }

  /// Walks through a block of its own. `captured` has what is evaluated of what it captures,
  /// `built` of what its lets do.
  template <typename Inside>
  void apart(Path& path, const Path& captured, const Path& built, Inside walk) {
    if (!take_step(1 + path.size() / 8)) return;
    const Path before = path;
    const Path* const built_before = std::exchange(built_, &built);
    take_evaluated(path, captured);
    walk();
    take_evaluated(path, before);
    built_ = built_before;
  }
  void suspended(const Expr* e, Path& path) {
    const Path now = path;
    apart(path, now, built_ != nullptr ? *built_ : now, [&] { strict(e, path); });
  }
  static void take_evaluated(Path& path, const Path& from) {
    for (size_t v = 0; v < path.size(); ++v) {
      path[v] = static_cast<State>((path[v] & ~kEvaluated) | (from[v] & kEvaluated));
    }
  }

  /// The lets that `e` uses may be built now.
  void may_build(const Expr* e, Path& path) {
    std::vector<uint32_t> pending = variables_of(law_, e);
    while (!pending.empty() && take_step(1)) {
      const uint32_t v = pending.back();
      pending.pop_back();
      if (!is_let(v) || (path[v] & (kReached | kEarly)) != 0) continue;
      path[v] |= kEarly;
      for (const uint32_t used : variables_of(law_, let_of(v))) pending.push_back(used);
    }
  }

  // --- Paths that part and meet.

  static void join(Path& a, const Path& b) {
    for (size_t v = 0; v < a.size(); ++v) {
      const State entries = std::max<State>(a[v] & kEntries, b[v] & kEntries);
      const bool one_arm = ((a[v] ^ b[v]) & kReached) != 0;
      const State early = one_arm ? kEarly : (a[v] | b[v]) & kEarly;
      a[v] = static_cast<State>((a[v] & b[v] & (kEvaluated | kReached)) | early | entries);
    }
  }
  template <typename Then, typename Else>
  void fork(Path& path, Then then, Else otherwise) {
    if (!take_step(path.size() / 8)) return;
    Path other = path;
    then(path);
    otherwise(other);
    join(path, other);
  }

  // --- Lazy context: what is built, and evaluated once at most.

  /// An operand that is handed on.
  void hand_on(const Expr* e, bool once, Path& path) {
    if (is_variable(e)) {
      enter(e->variable, once ? kOne : kMany, path);
    } else {
      lazy(e, path);
    }
  }
  /// Argument `i` of a call.
  void hand_to(const Callee& c, const Expr* e, size_t i, Path& path) {
    const bool once = i < kUsageMax && (usage_of_callee(c) >> i & 1) != 0;
    const bool is_thunk = is_variable(e->args[i]) && (path[e->args[i]->variable] & kEvaluated) == 0;
    if (once && is_thunk && c.function == self_) {
      relied_on_self_ |= uint64_t{1} << i;
    } else if (once && is_thunk) {
      rely_on(analysis_.vm, c.function, i);
    }
    hand_on(e->args[i], once, path);
  }
  void hand_on_all(const Expr* e, size_t first, Path& path) {
    for (size_t i = first; i < e->args.size(); ++i) hand_on(e->args[i], false, path);
  }

  void lazy(const Expr* e, Path& path) {
    if (!take_step(1)) return;
    switch (e->kind) {
      case Expr::Kind::kConstant: return;
      case Expr::Kind::kVariable: enter(e->variable, kMany, path); return;
      case Expr::Kind::kDeferred: failed_ = true; return;
      case Expr::Kind::kApply: break;
    }
    ++depth_;
    lazy_apply(e, path);
    --depth_;
  }

  // As a thunk that applies, whose fields are not slots; or as a block of its own, which enters no
  // more. Only branches differ, but of atoms these may be the former.
  void lazy_apply(const Expr* e, Path& path) {
    const Callee c = callee_of(e);
    const bool is_saturated = c.known && e->args.size() == c.arity;
    if (is_saturated && c.jet && is_branch(*c.jet) &&
        !std::all_of(e->args.begin(), e->args.end(), is_atom)) {
      suspended(e, path);
      return;
    }
    if (is_saturated && c.jet == JetId::kIdx && is_small_constant(e->args[0])) {
      hand_on(e->args[1], true, path);
    } else if (is_saturated && c.jet == JetId::kGet && is_small_constant(e->args[1])) {
      hand_on(e->args[0], true, path);
    } else {
      apply(c, e, path);
    }
  }

  static bool is_branch(JetId jet) {
    switch (jet) {
      case JetId::kIf:
      case JetId::kIfz:
      case JetId::kSeq:
      case JetId::kAnd:
      case JetId::kOr:
      case JetId::kSwitch:
      case JetId::kTabSwitch: return true;
      default: return false;
    }
  }

  /// An application of which nothing is evaluated in place.
  void apply(const Callee& c, const Expr* e, Path& path) {
    if (!c.known) {
      hand_on(e->head, true, path);
      hand_on_all(e, 0, path);
      return;
    }
    if (is_built(c, e->args.size())) {
      hand_on_all(e, 0, path);
      return;
    }
    for (size_t i = 0; i < c.arity; ++i) hand_to(c, e, i, path);
    hand_on_all(e, c.arity, path);
  }

  // --- Strict context: what is evaluated here and now.

  void strict(const Expr* e, Path& path) {
    if (!take_step(1)) return;
    if (is_variable(e)) {
      enter(e->variable, kOne, path);
      path[e->variable] |= kEvaluated;
      return;
    }
    if (e->kind != Expr::Kind::kApply) {
      failed_ = failed_ || e->kind == Expr::Kind::kDeferred;
      return;
    }
    ++depth_;
    strict_apply(e, path);
    --depth_;
  }

  void strict_apply(const Expr* e, Path& path) {
    const Callee c = callee_of(e);
    const bool is_saturated = c.known && e->args.size() == c.arity;
    if (!is_saturated || is_built(c, e->args.size())) {
      apply(c, e, path);
    } else if (c.function == small_nat(3)) {
      strict(e->args[0], path);
    } else if (!c.jet) {
      apply(c, e, path);
    } else if (!branches(*c.jet, e, path) && !computes(*c.jet, e, path)) {
      call_jet(c, e, path);
    }
  }

  /// See Note [Arguments in demand] in vm/lower_strict.cc: that much holds for jets in all code.
  void call_jet(const Callee& c, const Expr* e, Path& path) {
    std::vector<bool> done(e->args.size());
    for (const uint8_t i : demand_of(analysis_.vm, c.function).order()) {
      strict(e->args[i], path);
      done[i] = true;
    }
    for (size_t i = 0; i < done.size(); ++i) {
      if (!done[i]) hand_to(c, e, i, path);
    }
  }

  bool branches(JetId jet, const Expr* e, Path& path) {
    const auto evaluate = [&](size_t i) {
      return [this, e, i](Path& p) { strict(e->args[i], p); };
    };
    const auto nothing = [](Path&) {};
    switch (jet) {
      case JetId::kIf:
      case JetId::kIfz:
        strict(e->args[0], path);
        fork(path, evaluate(1), evaluate(2));
        return true;
      case JetId::kSeq:
        strict(e->args[0], path);
        strict(e->args[1], path);
        return true;
      case JetId::kAnd: may_build(e->args[1], path); [[fallthrough]];
      case JetId::kOr:
        strict(e->args[0], path);
        fork(path, evaluate(1), nothing);
        return true;
      case JetId::kMul:
        strict(e->args[1], path);
        fork(path, evaluate(0), nothing);
        return true;
      case JetId::kSwitch:
      case JetId::kTabSwitch: return branches_to_arms(jet, e, path);
      default: return false;
    }
  }

  bool branches_to_arms(JetId jet, const Expr* e, Path& path) {
    const auto arms = literal_arms(jet, e);
    if (!arms) return false;
    strict(e->args[0], path);
    const Path before = path;
    strict(e->args[1], path);
    for (const Expr* arm : *arms) {
      if (!take_step(before.size() / 8)) return true;
      Path other = before;
      strict(arm, other);
      join(path, other);
    }
    return true;
  }

  /// The arms that are no constants, of a switch that Lowering::literal_arms() has as branches.
  static std::optional<std::vector<const Expr*>> literal_arms(JetId jet, const Expr* e) {
    const Expr* row = e->args[2];
    std::optional<uint64_t> keys;
    if (jet == JetId::kTabSwitch) {
      if (row->kind != Expr::Kind::kApply || row->args.size() != 1) return std::nullopt;
      if (row->head->kind != Expr::Kind::kConstant || !is_set(row->head->value)) {
        return std::nullopt;
      }
      const Value key_row = set_keys(row->head->value);
      for (uint64_t i = 0; i < row_size(key_row); ++i) {
        if (!row_at(key_row, i).is_nat()) return std::nullopt;
      }
      keys = row_size(key_row);
      row = row->args[0];
    }
    if (keys == 0) return std::nullopt;
    if (row->kind == Expr::Kind::kConstant && is_row(row->value)) {
      if (keys && *keys != row_size(row->value)) return std::nullopt;
      return std::vector<const Expr*>{};
    }
    if (row->kind != Expr::Kind::kApply || row->head->kind != Expr::Kind::kConstant) {
      return std::nullopt;
    }
    const Value cow = row->head->value;
    if (!is_cow(cow) || cow_size(cow) != small_nat(row->args.size())) return std::nullopt;
    if (keys && *keys != row->args.size()) return std::nullopt;
    return row->args;
  }

  /// Jets whose operands are evaluated in place, in the order of Lowering::strict_primop.
  bool computes(JetId jet, const Expr* e, Path& path) {
    switch (jet) {
      case JetId::kAdd:
      case JetId::kSub:
      case JetId::kDiv:
      case JetId::kMod:
        strict(e->args[1], path);
        strict(e->args[0], path);
        return true;
      case JetId::kDec:
      case JetId::kToNat:
      case JetId::kIsNat:
      case JetId::kEqz:
      case JetId::kNot:
      case JetId::kBit:
      case JetId::kLen: strict(e->args[0], path); return true;
      case JetId::kCmp:
      case JetId::kEql:
      case JetId::kNeq:
      case JetId::kLth:
      case JetId::kLte:
      case JetId::kGth:
      case JetId::kGte:
        strict(e->args[0], path);
        strict(e->args[1], path);
        return true;
      case JetId::kIdx:
        if (is_small_constant(e->args[0])) strict(e->args[1], path);
        return is_small_constant(e->args[0]);
      case JetId::kGet:
        if (is_small_constant(e->args[1])) strict(e->args[0], path);
        return is_small_constant(e->args[1]);
      case JetId::kRowSet:
        hand_on(e->args[0], false, path);
        strict(e->args[1], path);
        hand_on(e->args[2], false, path);
        return true;
      default: return false;
    }
  }

  Analysis& analysis_;
  const Law& law_;
  const Value self_;
  const uint64_t usage_of_self_;
  const Path nothing_;            ///< nothing is evaluated
  const Path* built_ = nullptr;   ///< what is evaluated where the lets of this block are built
  uint64_t relied_on_self_ = 0;
  uint32_t depth_ = 0;
  bool calls_itself_ = false;
  bool failed_ = false;
};

bool is_too_large(const Law& law) {
  return law.args > kUsageMax || law.lets.size() > kLetsMax || has_deferred(law);
}

uint64_t parameters_entered_once(const Law& law, const Path& path) {
  uint64_t once = 0;
  for (uint32_t p = 0; p < law.args; ++p) {
    if ((path[1 + p] & kEntries) != kMany) once |= uint64_t{1} << p;
  }
  return once;
}

Usage Analysis::of_law(Value law, Value function) {
  if (!law_args(law).is_small() || law_args(law).small() > kUsageMax) return {};
  if (has_more_leaves(law_body(law), kBodyLeavesMax)) return {};
  Law ir;
  decode_law(law, ir);
  work += ir.arena.size();
  // Before a law with cycles of lets runs, its functions are lifted (prepare_law): another form.
  if (is_too_large(ir) || ir.groups.size() > 1) return {};
  uint64_t once = all_parameters(ir.args);
  for (uint32_t round = 0; round < kRoundsMax; ++round) {
    Walk walk(*this, ir, function, once);
    const std::optional<Path> path = walk.run();
    if (!path) return {};
    const uint64_t found = once & parameters_entered_once(ir, *path);
    if (found == once || !walk.calls_itself()) return {found, walk.relied_on_self()};
    once = found;
  }
  return {};
}

uint64_t Analysis::of(Value function) {
  if (!is_pin(function) && !is_law(function)) return 0;
  const bool is_jet = is_pin(function) && gc::pin_region(function)->jet >= 0;
  if (is_jet && !is_ir_jet(function)) {
    const auto jet = static_cast<JetId>(gc::pin_region(function)->jet);
    return is_primop(jet) ? ~uint64_t{0} : 0;
  }
  if (const auto found = vm.usages.find(function.word); found != vm.usages.end()) {
    return found->second.once;
  }
  const Value law = running_law(vm, function);
  if (!is_law(law)) return 0;
  if (nesting > kNestingMax || work > kWorkMax) {
    is_incomplete = true;
    return 0;
  }
  const bool was_incomplete = std::exchange(is_incomplete, false);
  ++nesting;
  Usage usage = of_law(law, function);
  --nesting;
  const bool is_kept = !is_incomplete || nesting == 0;
  is_incomplete |= was_incomplete;
  if (!is_kept) return 0;
  // Through its record the function's region tells when the answer has to go.
  function_info(vm, function);
  vm.usages[function.word] = usage;
  return usage.once;
}

}  // namespace

uint64_t usage_of(Machine& vm, Value function) { return Analysis{vm}.of(function); }

bool is_entered_once(Machine& vm, Value function, size_t i) {
  if (i >= kUsageMax || (usage_of(vm, function) >> i & 1) == 0) return false;
  rely_on(vm, function, i);
  return true;
}

void find_single_entries(Machine& vm, Law& law, Value function) {
  law.once.clear();
  usage_of(vm, function);
  const auto known = vm.usages.find(function.word);
  if (known == vm.usages.end()) return;
  Usage& told = known->second;
  const auto withdraw = [&told](uint64_t found) {
    const uint64_t before = std::exchange(told.once, told.once & (found | told.relied_on));
    return told.once != before;
  };
  if (is_too_large(law)) {
    withdraw(0);
    return;
  }
  for (uint32_t round = 0; round < kRoundsMax; ++round) {
    Analysis analysis{vm};
    Walk walk(analysis, law, function, told.once);
    const std::optional<Path> path = walk.run();
    if (withdraw(path ? parameters_entered_once(law, *path) : 0)) continue;
    if (!path) return;
    told.relied_on |= walk.relied_on_self();
    for (const State s : *path) law.once.push_back((s & kEntries) != kMany);
    return;
  }
}

}  // namespace plan::vm
