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
#include "vm/control.h"
#include "vm/demand.h"
#include "vm/ir_build.h"
#include "vm/known_head.h"
#include "vm/law_copy.h"
#include "vm/machine.h"
#include "vm/primops.h"

namespace plan::vm {

namespace {

constexpr uint32_t kLetsMax = 256;
constexpr size_t kLetsInPlaceMax = 64;  ///< with more, lets may all be built at the start
constexpr uint32_t kBodyLeavesMax = 2000;  ///< larger laws are not even decoded
constexpr uint32_t kBodyNodesMax = 8000;   ///< looked through for the functions in a body
constexpr uint32_t kDepthMax = 60;  ///< expressions inside each other, lets included; below the
                                    ///< depth at which lowering leaves arguments in demand lazy
constexpr uint32_t kNestingMax = 8;         ///< laws analysed for the sake of others
constexpr uint32_t kRelianceDepthMax = 64;  ///< stored usages compared for the sake of others
constexpr uint32_t kRoundsMax = 8;          ///< of the fixpoint
constexpr uint64_t kWorkMax = 40'000;  ///< steps and decoded nodes per question from outside

/// One question from outside and all that it leads to.
struct Analysis {
  Machine& vm;
  uint32_t nesting = 0;
  uint32_t reliance_depth = 0;
  uint64_t work = 0;
  bool is_incomplete = false;  ///< a limit on the question was met: not to be kept
  bool is_limited = false;     ///< that, or something known was found so: not to be stored

  uint64_t of(Value function);
  Usage of_law(Value law, Value function);
  uint64_t find(Value function, Value law);
  bool holds(const Usage& stored, Value law);
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

/// Parameters that a function has to enter once at most.
struct ReliedOn {
  Value function;
  uint64_t parameters = 0;
};

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
  /// What the answer holds with.
  const std::vector<ReliedOn>& relied_on() const { return relied_on_; }

 private:
  bool is_let(uint32_t v) const { return v > law_.args; }
  const Expr* let_of(uint32_t v) const { return law_.lets[v - 1 - law_.args]; }
  static bool is_variable(const Expr* e) { return e->kind == Expr::Kind::kVariable; }

  KnownHead head_of(const Expr* e) const { return known_head(analysis_.vm, e->head, self_); }
  static bool is_atom(const Expr* e) {
    return is_variable(e) || e->kind == Expr::Kind::kConstant;
  }
  static bool is_small_constant(const Expr* e) {
    return e->kind == Expr::Kind::kConstant && e->value.is_small();
  }

  uint64_t usage_of_callee(const KnownHead& h) {
    if (h.function == self_) {
      calls_itself_ = true;
      return usage_of_self_;
    }
    return analysis_.of(h.function);
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
  void hand_to(const KnownHead& h, const Expr* e, size_t i, Path& path) {
    const bool once = i < kUsageMax && (usage_of_callee(h) >> i & 1) != 0;
    const bool is_thunk = is_variable(e->args[i]) && (path[e->args[i]->variable] & kEvaluated) == 0;
    // Of itself the fixpoint says it, and of primops everybody knows.
    const bool is_told = h.function != self_ && !(h.jet && is_primop(*h.jet));
    if (once && is_thunk && is_told) relies_on(h.function, i);
    hand_on(e->args[i], once, path);
  }
  void relies_on(Value function, size_t i) {
    const auto at = std::find_if(relied_on_.begin(), relied_on_.end(),
                                 [&](const ReliedOn& r) { return r.function == function; });
    ReliedOn& r = at != relied_on_.end() ? *at : relied_on_.emplace_back(ReliedOn{function});
    r.parameters |= uint64_t{1} << i;
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
    const KnownHead h = head_of(e);
    const std::optional<JetId> jet = h.is_saturated(e->args.size()) ? h.jet : std::nullopt;
    if (jet && is_branch(*jet) && !std::all_of(e->args.begin(), e->args.end(), is_atom)) {
      suspended(e, path);
    } else if (const Expr* row = jet ? row_of_element(*jet, e) : nullptr) {
      hand_on(row, true, path);
    } else {
      apply(h, e, path);
    }
  }

  /// A product counts as any application.
  static bool is_branch(JetId jet) {
    const bool is_switch = jet == JetId::kSwitch || jet == JetId::kTabSwitch;
    return is_switch || (jet != JetId::kMul && control_order(jet).has_value());
  }
  /// The row, if `e` takes an element from it that is known by number.
  static const Expr* row_of_element(JetId jet, const Expr* e) {
    if (jet == JetId::kIdx && is_small_constant(e->args[0])) return e->args[1];
    if (jet == JetId::kGet && is_small_constant(e->args[1])) return e->args[0];
    return nullptr;
  }

  /// An application of which nothing is evaluated in place.
  void apply(const KnownHead& h, const Expr* e, Path& path) {
    if (!h.is_known) {
      hand_on(e->head, true, path);
      hand_on_all(e, 0, path);
      return;
    }
    if (h.is_built(e->args.size())) {
      hand_on_all(e, 0, path);
      return;
    }
    for (size_t i = 0; i < h.arity; ++i) hand_to(h, e, i, path);
    hand_on_all(e, h.arity, path);
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
    const KnownHead h = head_of(e);
    if (!h.is_saturated(e->args.size()) || h.is_built(e->args.size())) {
      apply(h, e, path);
    } else if (h.function == small_nat(3)) {
      strict(e->args[0], path);
    } else if (!h.jet) {
      apply(h, e, path);
    } else {
      call_jet(h, e, path);
    }
  }

  void call_jet(const KnownHead& h, const Expr* e, Path& path) {
    if (const std::optional<ControlOrder> order = control_order(*h.jet)) {
      if (h.jet == JetId::kAnd) may_build(e->args[1], path);
      branch(*order, e, path);
    } else if (const std::optional<SwitchArms> arms = SwitchArms::of(*h.jet, e)) {
      branch_to_arms(*arms, e, path);
    } else if (const Expr* row = row_of_element(*h.jet, e)) {
      strict(row, path);
    } else if (h.jet == JetId::kRowSet) {
      hand_on(e->args[0], false, path);
      strict(e->args[1], path);
      hand_on(e->args[2], false, path);
    } else {
      apply_in_demand(h, e, path);
    }
  }

  /// See Note [Arguments in demand] in vm/lower_strict.cc: that much holds for jets in all code.
  void apply_in_demand(const KnownHead& h, const Expr* e, Path& path) {
    std::vector<bool> done(e->args.size());
    for (const uint8_t i : demand_of(analysis_.vm, h.function).order()) {
      strict(e->args[i], path);
      done[i] = true;
    }
    for (size_t i = 0; i < done.size(); ++i) {
      if (!done[i]) hand_to(h, e, i, path);
    }
  }

  void branch(const ControlOrder& order, const Expr* e, Path& path) {
    for (const uint8_t i : order.first) strict(e->args[i], path);
    if (order.one_of.count == 0) return;
    const Path before = path;
    bool is_first = !order.may_end;
    for (const uint8_t i : order.one_of) {
      walk_arm(e->args[i], before, std::exchange(is_first, false), path);
    }
  }

  void branch_to_arms(const SwitchArms& arms, const Expr* e, Path& path) {
    strict(e->args[0], path);
    const Path before = path;
    walk_arm(e->args[1], before, true, path);
    for (size_t i = 0; i < arms.size(); ++i) {
      if (arms.expression(i) != nullptr) walk_arm(arms.expression(i), before, false, path);
    }
  }

  /// One way to go on from `before`; `path` has what the others come to, if this is not the first.
  void walk_arm(const Expr* arm, const Path& before, bool is_first, Path& path) {
    if (!take_step(before.size() / 8)) return;
    Path other = before;
    strict(arm, other);
    if (is_first) {
      path = std::move(other);
    } else {
      join(path, other);
    }
  }

  Analysis& analysis_;
  const Law& law_;
  const Value self_;
  const uint64_t usage_of_self_;
  const Path nothing_;            ///< nothing is evaluated
  const Path* built_ = nullptr;   ///< what is evaluated where the lets of this block are built
  std::vector<ReliedOn> relied_on_;
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

/// The laws and pins in the body of a law, from left to right; empty if there may be very many.
std::vector<Value> functions_in(Value body) {
  std::vector<Value> functions;
  std::vector<Value> pending{body};
  for (uint32_t seen = 0; !pending.empty(); ++seen) {
    if (seen > kBodyNodesMax) return {};
    const Value v = pending.back();
    pending.pop_back();
    if (is_pin(v) || is_law(v)) functions.push_back(v);
    if (!is_closure(v)) continue;
    for (uint64_t i = closure_size(v); i-- > 0;) pending.push_back(closure_arg(v, i));
    pending.push_back(closure_head(v));
  }
  return functions;
}

/// Nothing if it cannot be told to another process.
std::optional<std::vector<Reliance>> reliances(Value law, const std::vector<ReliedOn>& relied_on) {
  std::vector<Reliance> result;
  if (relied_on.empty()) return result;
  if (relied_on.size() > kReliancesMax) return std::nullopt;
  const std::vector<Value> functions = functions_in(law_body(law));
  for (const ReliedOn& r : relied_on) {
    const auto at = std::find(functions.begin(), functions.end(), r.function);
    const auto place = at - functions.begin();
    if (at == functions.end() || place > UINT16_MAX) return std::nullopt;
    result.push_back({static_cast<uint16_t>(place), r.parameters});
  }
  return result;
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
    if (found == once || !walk.calls_itself()) {
      std::optional<std::vector<Reliance>> relies_on = reliances(law, walk.relied_on());
      is_limited |= !relies_on;
      return {found, std::move(relies_on).value_or(std::vector<Reliance>{})};
    }
    once = found;
  }
  return {};
}

/// Whether a usage of the law that another process found is true here.
bool Analysis::holds(const Usage& stored, Value law) {
  if (stored.relies_on.empty()) return true;
  const std::vector<Value> functions = functions_in(law_body(law));
  ++reliance_depth;
  const bool result =
      std::all_of(stored.relies_on.begin(), stored.relies_on.end(), [&](const Reliance& r) {
        return r.constant < functions.size() &&
               (r.parameters & ~of(functions[r.constant])) == 0;
      });
  --reliance_depth;
  return result;
}

uint64_t Analysis::of(Value function) {
  if (!is_pin(function) && !is_law(function)) return 0;
  const bool is_jet = is_pin(function) && gc::pin_region(function)->jet >= 0;
  if (is_jet && !is_ir_jet(function)) {
    const auto jet = static_cast<JetId>(gc::pin_region(function)->jet);
    return is_primop(jet) ? ~uint64_t{0} : 0;
  }
  const Value law = running_law(vm, function);
  if (!is_law(law)) return 0;
  const Summary& known = vm.summaries.of(function);
  if (known.usage) {
    is_limited |= known.is_usage_provisional;
    return known.usage->once;
  }
  const bool is_deep = nesting > kNestingMax || reliance_depth > kRelianceDepthMax;
  if (is_deep || work > kWorkMax) {
    is_incomplete = is_limited = true;
    return 0;
  }
  const Usage* stored = vm.summaries.stored_usage(function);
  if (stored != nullptr && holds(*stored, law)) {
    vm.summaries.take_stored_usage(function);
    return stored->once;
  }
  return find(function, law);
}

/// Finds the usage and keeps it.
uint64_t Analysis::find(Value function, Value law) {
  const bool was_incomplete = std::exchange(is_incomplete, false);
  const bool was_limited = std::exchange(is_limited, false);
  ++vm.summaries.laws_walked;
  ++nesting;
  const Usage usage = of_law(law, function);
  --nesting;
  const bool is_kept = !is_incomplete || nesting == 0;
  if (is_kept) vm.summaries.set_usage(function, usage, is_limited);
  is_incomplete |= was_incomplete;
  is_limited |= was_limited;
  return is_kept ? usage.once : 0;
}

}  // namespace

uint64_t usage_of(Machine& vm, Value function) { return Analysis{vm}.of(function); }

bool is_entered_once(Machine& vm, Value function, size_t i) {
  return i < kUsageMax && (usage_of(vm, function) >> i & 1) != 0;
}

void find_single_entries(Machine& vm, Law& law, Value function) {
  law.once.clear();
  if (is_too_large(law)) return;
  Analysis analysis{vm};
  Walk walk(analysis, law, function, usage_of(vm, function));
  const std::optional<Path> path = walk.run();
  if (!path) return;
  for (const State s : *path) law.once.push_back((s & kEntries) != kMany);
}

}  // namespace plan::vm
