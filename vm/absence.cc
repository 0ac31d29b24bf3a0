// vm/absence.cc: finds absent parameters, and takes their arguments out of calls.
#include "vm/absence.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "gc/region.h"
#include "vm/ir_build.h"
#include "vm/known_head.h"
#include "vm/law_copy.h"
#include "vm/machine.h"

namespace plan::vm {

namespace {

constexpr uint32_t kBodyLeavesMax = 2000;  ///< larger laws are not even decoded
constexpr uint32_t kNestingMax = 8;        ///< laws analysed for the sake of others
constexpr uint32_t kRoundsMax = 8;         ///< of the fixpoint
constexpr uint64_t kWorkMax = 20'000;      ///< decoded nodes per question from outside

constexpr uint64_t all_parameters(uint32_t count) {
  return count >= kAbsenceParametersMax ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

/// One question from outside and all that it leads to.
struct Analysis {
  Machine& vm;
  uint32_t nesting = 0;
  uint64_t work = 0;
  bool is_incomplete = false;  ///< a limit on the question was met: not to be kept
  bool is_limited = false;     ///< that, or something known was found so: not to be stored

  uint64_t of(Value function);
  uint64_t of_law(Value law, Value function);
  /// The absent arguments of a call in the law of `self`, of which so much is known.
  uint64_t of_call(const Expr* call, Value self, uint64_t absent_of_self) {
    const KnownHead head = known_head(vm, call->head, self);
    if (!head.is_known || call->args.size() < head.arity) return 0;
    return head.function == self ? absent_of_self : of(head.function);
  }
};

bool is_absent(uint64_t absent, size_t i) {
  return i < kAbsenceParametersMax && (absent >> i & 1) != 0;
}

/// What the body of a law uses, directly or through lets.
class Uses {
 public:
  Uses(Analysis& analysis, const Law& law, Value self, uint64_t absent_of_self)
      : analysis_(analysis), law_(law), self_(self), absent_of_self_(absent_of_self),
        used_(law.slots) {}

  uint64_t unused_parameters() {
    pending_.push_back(law_.body);
    while (!pending_.empty()) {
      const Expr* e = pending_.back();
      pending_.pop_back();
      if (e->kind == Expr::Kind::kVariable) use(e->variable);
      if (e->kind == Expr::Kind::kApply) look_into(e);
    }
    uint64_t unused = all_parameters(law_.args);
    for (uint32_t p = 0; p < std::min(law_.args, kAbsenceParametersMax); ++p) {
      if (used_[1 + p]) unused &= ~(uint64_t{1} << p);
    }
    return unused;
  }

 private:
  void use(uint32_t variable) {
    if (used_[variable]) return;
    used_[variable] = true;
    if (variable > law_.args) pending_.push_back(law_.lets[variable - 1 - law_.args]);
  }
  void look_into(const Expr* call) {
    const uint64_t absent = analysis_.of_call(call, self_, absent_of_self_);
    pending_.push_back(call->head);
    for (size_t i = 0; i < call->args.size(); ++i) {
      if (!is_absent(absent, i)) pending_.push_back(call->args[i]);
    }
  }

  Analysis& analysis_;
  const Law& law_;
  const Value self_;
  const uint64_t absent_of_self_;
  std::vector<bool> used_;
  std::vector<const Expr*> pending_;
};

uint64_t Analysis::of_law(Value law, Value function) {
  if (has_more_leaves(law_body(law), kBodyLeavesMax)) return 0;
  Law ir;
  decode_law(law, ir);
  work += ir.arena.size();
  if (has_deferred(ir)) return 0;
  uint64_t absent = all_parameters(ir.args);
  for (uint32_t round = 0; round < kRoundsMax; ++round) {
    const uint64_t found = absent & Uses(*this, ir, function, absent).unused_parameters();
    if (found == absent) return found;
    absent = found;
  }
  return 0;
}

uint64_t Analysis::of(Value function) {
  if (!is_pin(function) && !is_law(function)) return 0;
  const bool is_jet = is_pin(function) && gc::pin_region(function)->jet >= 0;
  if (is_jet && !is_ir_jet(function)) return 0;
  const Value law = running_law(vm, function);
  if (!is_law(law)) return 0;
  const Summary& known = vm.summaries.of(function);
  if (known.absent) {
    is_limited |= known.is_absent_provisional;
    return *known.absent;
  }
  if (nesting > kNestingMax || work > kWorkMax) {
    is_incomplete = is_limited = true;
    return 0;
  }
  const bool was_incomplete = std::exchange(is_incomplete, false);
  const bool was_limited = std::exchange(is_limited, false);
  ++vm.summaries.laws_walked;
  ++nesting;
  const uint64_t absent = of_law(law, function);
  --nesting;
  // What was found under a limit may be too little: good enough for who asked, not for others.
  if (!is_incomplete || nesting == 0) vm.summaries.set_absent(function, absent, is_limited);
  is_incomplete |= was_incomplete;
  is_limited |= was_limited;
  return absent;
}

/// Rebuilds expressions without what is absent.
class Dropper {
 public:
  Dropper(Machine& vm, Law& law, Value function)
      : vm_(vm), law_(law), function_(function), of_self_(absent_parameters(vm, function)),
        nothing_(make_constant(law, small_nat(0))) {}

  void run() {
    for (const Expr*& let : law_.lets) let = without_absent(let);
    law_.body = without_absent(law_.body);
    if (!has_changed_) return;
    group_lets(law_);
    remove_unused_lets(law_);
  }

 private:
  const Expr* without_absent(const Expr* e) {
    if (e->kind != Expr::Kind::kApply) return e;
    Analysis analysis{vm_};
    const uint64_t absent = analysis.of_call(e, function_, of_self_);
    std::vector<const Expr*> args = e->args;
    for (size_t i = 0; i < args.size(); ++i) {
      if (!is_absent(absent, i)) {
        args[i] = without_absent(args[i]);
      } else if (args[i]->kind != Expr::Kind::kConstant) {
        args[i] = nothing_;
        has_changed_ = true;
      }
    }
    return args == e->args ? e : make_apply(law_, e->head, args);
  }

  Machine& vm_;
  Law& law_;
  const Value function_;
  const uint64_t of_self_;
  const Expr* const nothing_;
  bool has_changed_ = false;
};

}  // namespace

uint64_t absent_parameters(Machine& vm, Value function) { return Analysis{vm}.of(function); }

void drop_absent_arguments(Machine& vm, Law& law, Value function) {
  Dropper(vm, law, function).run();
}

}  // namespace plan::vm
