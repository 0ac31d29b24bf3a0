// vm/demand.cc: finds the ordered demand of laws.
//
// The walk follows the order of evaluation that vm/lower.cc gives a law's code, from the body
// inwards, and notes each parameter when it is evaluated for the first time. It ends at the first
// thing it cannot pass over (Path::kBarrier). Branches are walked apart and joined: what they begin
// with in common stays; if they differ after it, the path ends there.
//
// Along the way it collects what is surely true of variables (Facts), for two questions: whether a
// comparison is total (it is if one side is no application, for nothing inside is looked at then),
// and whether a loop ends (see `shrinks`).
#include "vm/demand.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "gc/make.h"
#include "gc/region.h"
#include "vm/control.h"
#include "vm/ir.h"
#include "vm/jets.h"
#include "vm/known_head.h"
#include "vm/machine.h"

namespace plan::vm {

namespace {

constexpr uint32_t kParametersMax = 64;
constexpr uint32_t kLetsMax = 256;
constexpr uint32_t kBodyNodesMax = 4000;  ///< larger laws are not even decoded
constexpr uint32_t kDepthMax = 64;        ///< expressions inside each other, lets included
constexpr uint32_t kNestingMax = 8;       ///< laws analysed for the sake of others
constexpr uint32_t kRoundsMax = 4;        ///< of assumptions about recursion, and about kinds
constexpr uint64_t kWorkMax = 40'000;     ///< steps and decoded nodes per question from outside
constexpr uint32_t kLetChainMax = 8;      ///< lets that only name other lets, looked through

using Facts = uint8_t;
constexpr Facts kEvaluated = 1;
constexpr Facts kFlat = 2;          ///< not an application
constexpr Facts kNat = 4 | kFlat;
constexpr Facts kNonZero = 8;       ///< not the nat 0
constexpr bool has(Facts facts, Facts all) { return (facts & all) == all; }

struct Path {
  enum class End : uint8_t { kOpen, kBarrier, kLoop };  ///< kLoop: calls itself, nothing known yet
  Demand demand;
  std::vector<Facts> facts;  ///< per variable
  Facts result = 0;          ///< of the value that was evaluated last
  End end = End::kOpen;

  bool is_open() const { return end == End::kOpen; }
  void stop() {
    if (is_open()) end = End::kBarrier;
    result = 0;
  }
};

void join(Path& a, const Path& b) {
  if (b.end == Path::End::kLoop) return;
  if (a.end == Path::End::kLoop) {
    a = b;
    return;
  }
  const bool same = a.demand.keep_common(b.demand);
  if (!same || !b.is_open()) a.stop();
  a.result &= b.result;
  for (size_t i = 0; i < a.facts.size(); ++i) a.facts[i] &= b.facts[i];
}

Facts facts_of_constant(Value v) {
  Facts facts = v == small_nat(0) ? 0 : kNonZero;
  if (v.is_nat()) return facts | kNat;
  const bool is_app = is_closure(v) || is_tab(v) || (is_row(v) && row_size(v) != 0);
  return is_app ? facts : facts | kFlat;
}

std::optional<JetId> jet_of(Value function) {
  // Without jets only the traces are matched, and these are always run by their code.
  if (!is_pin(function) || gc::pin_region(function)->jet < 0) return std::nullopt;
  return static_cast<JetId>(gc::pin_region(function)->jet);
}

/// What the code of a jet asks for, as spec/jets.tsv writes it: arguments from 1, in order. Jets
/// that may decline are not total, nor are those whose result or time has no bound (a number of
/// bits, a hash). What depends on values (`_If`, `_Mul`) is in Walk::control.
struct JetDemand {
  std::string_view order;
  enum class Rest : uint8_t { kAnything, kTotal, kTotalNat } rest = Rest::kAnything;
};

JetDemand jet_demand(JetId jet) {
  using Rest = JetDemand::Rest;
  switch (jet) {
    case JetId::kIsPin:
    case JetId::kIsLaw:
    case JetId::kIsApp:
    case JetId::kIsNat:
    case JetId::kPlanTag:
    case JetId::kLawName:
    case JetId::kLawArgs:
    case JetId::kEqz:
    case JetId::kNot:
    case JetId::kBit:
    case JetId::kToNat:
    case JetId::kDec:
    case JetId::kPopCount:
    case JetId::kMet:
    case JetId::kNull:
    case JetId::kArity:
    case JetId::kLen:
    case JetId::kCowSize:
    case JetId::kIsCow:
    case JetId::kIsRow:
    case JetId::kIsDigit:
    case JetId::kSetIsEmpty:
    case JetId::kSetLen:
    case JetId::kIsSet:
    case JetId::kIsTab:
    case JetId::kIsBar:
    case JetId::kBarIsEmpty:
    case JetId::kTypeTag:
    case JetId::kW32:
    case JetId::kW64: return {"1", Rest::kTotalNat};
    case JetId::kPinItem:
    case JetId::kLawBody:
    case JetId::kCar:
    case JetId::kHead:
    case JetId::kCow:
    case JetId::kNatBar:
    case JetId::kSetToRow:
    case JetId::kSetMin:
    case JetId::kTabKeys:
    case JetId::kTabKeysRow: return {"1", Rest::kTotal};
    case JetId::kAdd:
    case JetId::kSub:
    case JetId::kDiv:
    case JetId::kMod:
    case JetId::kRsh:
    case JetId::kDis:
    case JetId::kCon:
    case JetId::kMix:
    case JetId::kAdd32:
    case JetId::kSub32:
    case JetId::kDiv32:
    case JetId::kAnd32:
    case JetId::kOr32:
    case JetId::kXor32:
    case JetId::kRsh32:
    case JetId::kRol32:
    case JetId::kAdd64:
    case JetId::kSub64:
    case JetId::kDiv64:
    case JetId::kAnd64:
    case JetId::kOr64:
    case JetId::kXor64:
    case JetId::kRsh64:
    case JetId::kRol64: return {"21", Rest::kTotalNat};
    case JetId::kXor:
    case JetId::kXnor:
    case JetId::kTestBit:
    case JetId::kBix:
    case JetId::kTrunc:
    case JetId::kRor32:
    case JetId::kRor64:
    case JetId::kIDiv64: return {"12", Rest::kTotalNat};
    case JetId::kBitSlice: return {"213", Rest::kTotalNat};
    case JetId::kClearBit: return {"12", Rest::kTotal};
    case JetId::kCmp:
    case JetId::kEql:
    case JetId::kNeq:
    case JetId::kLth:
    case JetId::kLte:
    case JetId::kGth:
    case JetId::kGte:
    case JetId::kMin:
    case JetId::kMax:
    case JetId::kSetBit:
    case JetId::kZip:
    case JetId::kDrop:
    case JetId::kTake:
    case JetId::kSetDrop:
    case JetId::kSetTake:
    case JetId::kTabElemIdx:
    case JetId::kBarIdx:
    case JetId::kBarTake:
    case JetId::kBarDrop: return {"12"};
    case JetId::kWeld:
    case JetId::kSetWeld:
    case JetId::kPadWeld:
    case JetId::kNatToSizedBar:
    case JetId::kBarWeld: return {"21"};
    case JetId::kSwitch: return {"13"};
    case JetId::kBitwise: return {"32"};
    case JetId::kBarSliceToNat: return {"213"};
    case JetId::kBarElemIndexOff: return {"23"};
    case JetId::kForce:
    case JetId::kSeq:
    case JetId::kPseq:
    case JetId::kTrace:
    case JetId::kDeepTrace:
    case JetId::kTry:
    case JetId::kCdr:
    case JetId::kIf:
    case JetId::kIfz:
    case JetId::kAnd:
    case JetId::kOr:
    case JetId::kNand:
    case JetId::kNor:
    case JetId::kBex:
    case JetId::kLsh:
    case JetId::kLsh32:
    case JetId::kLsh64:
    case JetId::kOrdWeld:
    case JetId::kPut:
    case JetId::kGet:
    case JetId::kLast:
    case JetId::kGen:
    case JetId::kRev:
    case JetId::kRowSnoc:
    case JetId::kSum:
    case JetId::kCat:
    case JetId::kSizedListToRow:
    case JetId::kSizedListToRowRev:
    case JetId::kImplode:
    case JetId::kMkSet:
    case JetId::kSetSing:
    case JetId::kSetCatRowAsc:
    case JetId::kMkTab:
    case JetId::kTabSing:
    case JetId::kTabVals:
    case JetId::kTabKeysList:
    case JetId::kTabLen:
    case JetId::kTabIsEmpty:
    case JetId::kTabToPairs:
    case JetId::kTabFromPairs:
    case JetId::kTabToPairList:
    case JetId::kTabWeld:
    case JetId::kTabMinKey:
    case JetId::kPadCat:
    case JetId::kPadFlat:
    case JetId::kBar:
    case JetId::kBarNat:
    case JetId::kBarLen:
    case JetId::kBarCat:
    case JetId::kBarFlat:
    case JetId::kDataTag:
    case JetId::kLoadSeed:
    case JetId::kSaveSeed:
    case JetId::kSaveGerm:
    case JetId::kBlake3:
    case JetId::kPlanHash:
    case JetId::kPinHash: return {"1"};
    case JetId::kMul:
    case JetId::kMul32:
    case JetId::kMul64:
    case JetId::kPow:
    case JetId::kIdx:
    case JetId::kMap:
    case JetId::kRowCons:
    case JetId::kSumOf:
    case JetId::kBsearch:
    case JetId::kSetHas:
    case JetId::kSetIns:
    case JetId::kSetDel:
    case JetId::kSetSplitAt:
    case JetId::kSetIntersect:
    case JetId::kSetSub:
    case JetId::kSetSplitLT:
    case JetId::kTabIdx:
    case JetId::kTabHas:
    case JetId::kTabLookup:
    case JetId::kTabSplitAt:
    case JetId::kTabSplitLT:
    case JetId::kTabMapWithKey:
    case JetId::kTabMap:
    case JetId::kTabUnionWith:
    case JetId::kTabFilterWithKey:
    case JetId::kBarElemIndexEnd:
    case JetId::kLoadGerm:
    case JetId::kPar: return {"2"};
    case JetId::kTimes:
    case JetId::kNatFold:
    case JetId::kMut:
    case JetId::kTabIns:
    case JetId::kTabSwitch:
    case JetId::kTabAlter:
    case JetId::kTabFoldlWithKey: return {"3"};
    case JetId::kRowNew: return {"1"};
    case JetId::kTabInsert: return {"13"};
    case JetId::kTabReplace: return {"123"};
    case JetId::kRowSet:
    case JetId::kRowOfList:
    case JetId::kTabWith:
    case JetId::kTabKeep:
    case JetId::kTabRemove:
    case JetId::kTabMerge: return {"12"};
    case JetId::kKeyPlace: return {"2"};
    case JetId::kDivMod:
    case JetId::kUnfoldr:
    case JetId::kTryExp:
    case JetId::kDecline:
    case JetId::kCount: return {""};
  }
  PLAN_UNREACHABLE();
}

Demand demand_of_jet(JetId jet) {
  const JetDemand known = jet_demand(jet);
  Demand demand;
  for (const char c : known.order) demand.add(static_cast<uint8_t>(c - '1'));
  demand.total = known.rest != JetDemand::Rest::kAnything;
  demand.gives_nat = known.rest == JetDemand::Rest::kTotalNat;
  return demand;
}

/// Nats as functions: vm/opcodes.cc.
Demand demand_of_opcode(Value nat) {
  Demand demand;
  if (nat == small_nat(0)) {
    demand.add(0);
    demand.add(1);
  } else if (nat == small_nat(1)) {
    demand.add(4);
  } else if (nat == small_nat(2)) {
    demand.add(2);
  } else {
    demand.add(0);
    demand.total = demand.gives_nat = nat == small_nat(3);
  }
  return demand;
}

/// Whether the jet gives nats only.
bool is_nat_jet(JetId jet) {
  switch (jet) {
    case JetId::kCmp:
    case JetId::kEql:
    case JetId::kNeq:
    case JetId::kLth:
    case JetId::kLte:
    case JetId::kGth:
    case JetId::kGte:
    case JetId::kAnd:
    case JetId::kOr:
    case JetId::kNand:
    case JetId::kNor:
    case JetId::kMul:
    case JetId::kPow:
    case JetId::kBex:
    case JetId::kLsh:
    case JetId::kMul32:
    case JetId::kMul64:
    case JetId::kLsh32:
    case JetId::kLsh64: return true;
    default: return jet_demand(jet).rest == JetDemand::Rest::kTotalNat;
  }
}

/// Whether `e` evaluates to a nat, if to anything. `facts` of variables may be null.
bool is_nat_expression(const Law& law, const Expr* e, const Facts* facts) {
  for (uint32_t i = 0; i < kLetChainMax && e->kind == Expr::Kind::kVariable; ++i) {
    if (facts != nullptr && has(facts[e->variable], kNat)) return true;
    if (e->variable <= law.args) return false;
    e = law.lets[e->variable - 1 - law.args];
  }
  if (e->kind == Expr::Kind::kConstant) return e->value.is_nat();
  if (e->kind != Expr::Kind::kApply || e->head->kind != Expr::Kind::kConstant) return false;
  const Value f = e->head->value;
  if (e->args.size() != gc::eval_arity(f)) return false;
  if (f == small_nat(3)) return true;
  const std::optional<JetId> jet = jet_of(f);
  return jet && is_nat_jet(*jet);
}

uint64_t nat_arguments_of(const Law& law, const Expr* call, const Facts* facts) {
  uint64_t nats = 0;
  for (uint32_t i = 0; i < call->args.size() && i < kParametersMax; ++i) {
    if (is_nat_expression(law, call->args[i], facts)) nats |= uint64_t{1} << i;
  }
  return nats;
}

bool is_comparison(JetId jet) {
  switch (jet) {
    case JetId::kCmp:
    case JetId::kEql:
    case JetId::kNeq:
    case JetId::kLth:
    case JetId::kLte:
    case JetId::kGth:
    case JetId::kGte:
    case JetId::kMin:
    case JetId::kMax: return true;
    default: return false;
  }
}

/// The comparison that holds when `jet` does not; of the six that give a truth value.
JetId negated(JetId jet) {
  switch (jet) {
    case JetId::kEql: return JetId::kNeq;
    case JetId::kNeq: return JetId::kEql;
    case JetId::kLth: return JetId::kGte;
    case JetId::kGte: return JetId::kLth;
    case JetId::kGth: return JetId::kLte;
    case JetId::kLte: return JetId::kGth;
    default: PLAN_UNREACHABLE();
  }
}
/// The comparison of the operands the other way round.
JetId mirrored(JetId jet) {
  switch (jet) {
    case JetId::kLth: return JetId::kGth;
    case JetId::kGth: return JetId::kLth;
    case JetId::kLte: return JetId::kGte;
    case JetId::kGte: return JetId::kLte;
    default: return jet;
  }
}
/// What holds of x if it compares so with the nat `bound`. Nats are less than everything else.
Facts facts_of_comparison(JetId jet, Value bound) {
  const bool zero = bound == small_nat(0);
  switch (jet) {
    case JetId::kEql: return static_cast<Facts>(kNat | (zero ? 0 : kNonZero));
    case JetId::kLth:
    case JetId::kLte: return kNat;
    case JetId::kGth: return kNonZero;
    case JetId::kGte: return zero ? 0 : kNonZero;
    case JetId::kNeq: return zero ? kNonZero : 0;
    default: return 0;
  }
}

/// Whether the tree of applications in a law's body has more than kBodyNodesMax nodes.
bool is_too_large(Value law) {
  if (!law_args(law).is_small() || law_args(law).small() > kParametersMax) return true;
  std::vector<Value> pending{law_body(law)};
  for (uint32_t seen = 0; !pending.empty(); ++seen) {
    if (seen > kBodyNodesMax) return true;
    const Value v = pending.back();
    pending.pop_back();
    if (!is_closure(v) || closure_size(v) != 2 || closure_head(v).is_pointer()) continue;
    pending.push_back(closure_arg(v, 0));
    pending.push_back(closure_arg(v, 1));
  }
  return false;
}

/// One question from outside and all that it leads to.
struct Analysis {
  Machine& vm;
  uint32_t nesting = 0;
  uint64_t work = 0;
  bool is_incomplete = false;  ///< a limit on the question was met: not to be kept
  bool is_limited = false;     ///< that, or one on what is kept: not to be stored

  Demand of(Value function, uint64_t nats);
  std::optional<Demand> of_kinds(Value function, Value law, uint64_t nats, const Demand& otherwise);
};

struct Question {
  const Law& law;
  Value self;
  uint64_t nats = 0;  ///< arguments taken for nats
  Demand otherwise;   ///< the demand without that
};

/// One walk through a law under one assumption about its calls of itself.
class Walk {
 public:
  struct Answer {
    Demand demand;
    bool only_loops = false;  ///< every path ends in a call of itself
    bool is_recursive = false;
    uint64_t shrinking = ~uint64_t{0};  ///< parameters that get less in every call of itself
  };

  Walk(Analysis& analysis, const Question& question, const Demand* assumed)
      : analysis_(analysis), question_(question), law_(question.law), self_(question.self),
        assumed_(assumed) {}

  Answer run() {
    Path path;
    path.facts.resize(law_.slots);
    for (uint32_t v = 1; v <= law_.args; ++v) {
      if ((question_.nats >> (v - 1) & 1) != 0) path.facts[v] = kNat;
    }
    strict(law_.body, path);
    answer_.only_loops = path.end == Path::End::kLoop;
    answer_.demand = path.demand;
    answer_.demand.total = path.is_open();
    answer_.demand.gives_nat = path.is_open() && has(path.result, kNat);
    answer_.demand.kinds_asked = kinds_asked_;
    return answer_;
  }

 private:
  bool is_parameter(uint32_t v) const { return v > 0 && v <= law_.args; }
  bool is_let(uint32_t v) const { return v > law_.args; }
  const Expr* let_of(uint32_t v) const { return law_.lets[v - 1 - law_.args]; }

  KnownHead head_of(const Expr* e) const { return known_head(analysis_.vm, e->head, self_); }
  /// A saturated call of a jet.
  std::optional<JetId> jet_call_of(const Expr* e) const {
    if (e->kind != Expr::Kind::kApply) return std::nullopt;
    const KnownHead h = head_of(e);
    return h.is_saturated(e->args.size()) ? h.jet : std::nullopt;
  }
  /// What a variable that only names an expression stands for.
  const Expr* behind(const Expr* e) const {
    for (uint32_t i = 0; i < kLetChainMax; ++i) {
      if (e->kind != Expr::Kind::kVariable || !is_let(e->variable)) break;
      e = let_of(e->variable);
    }
    return e;
  }

  // --- The order of evaluation.

  /// Evaluates `e` to WHNF at the end of `path`.
  void strict(const Expr* e, Path& path) {
    if (!path.is_open()) return;
    if (depth_ > kDepthMax || ++analysis_.work > kWorkMax) {
      analysis_.is_incomplete |= analysis_.work > kWorkMax;
      path.stop();
      return;
    }
    ++depth_;
    switch (e->kind) {
      case Expr::Kind::kConstant: path.result = facts_of_constant(e->value); break;
      case Expr::Kind::kVariable: strict_variable(e->variable, path); break;
      case Expr::Kind::kDeferred: path.stop(); break;
      case Expr::Kind::kApply: strict_apply(e, path); break;
    }
    --depth_;
  }

  void strict_variable(uint32_t v, Path& path) {
    if (v == 0) {
      path.result = kNonZero;
      return;
    }
    if (!has(path.facts[v], kEvaluated)) {
      path.result = 0;
      if (is_parameter(v)) {
        if (!path.demand.add(static_cast<uint8_t>(v - 1))) path.stop();
      } else if (law_.group[v - 1 - law_.args] == 0) {
        strict(let_of(v), path);
      } else if (!is_built_expression(let_of(v))) {
        path.stop();  // part of a cycle: it may lead back to itself
      }
      if (!path.is_open()) return;
      path.facts[v] |= kEvaluated | path.result;
    }
    path.result = path.facts[v];
  }
  bool is_built_expression(const Expr* e) const {
    return e->kind == Expr::Kind::kApply && head_of(e).is_built(e->args.size());
  }

  void strict_apply(const Expr* e, Path& path) {
    const KnownHead h = head_of(e);
    if (h.is_built(e->args.size())) {
      path.result = kNonZero;
      return;
    }
    if (!h.is_known) {
      strict(e->head, path);
      path.stop();
      return;
    }
    call(h, e, path);
    if (e->args.size() > h.arity) path.stop();
  }

  void call(const KnownHead& h, const Expr* e, Path& path) {
    if (h.function == self_) {
      call_self(e, path);
    } else if (!h.jet || !control(*h.jet, e, path)) {
      const Demand demand = analysis_.of(h.function, nats_of(e, path));
      for (size_t i = 0; i < e->args.size() && i < kParametersMax; ++i) {
        if ((demand.kinds_asked >> i & 1) != 0) ask_kind(e->args[i]);
      }
      apply(demand, e, path);
    }
  }
  uint64_t nats_of(const Expr* call, const Path& path) const {
    return nat_arguments_of(law_, call, path.facts.data());
  }
  void ask_kind(const Expr* e) {
    e = behind(e);
    if (e->kind != Expr::Kind::kVariable || !is_parameter(e->variable)) return;
    kinds_asked_ |= uint64_t{1} << (e->variable - 1);
  }

  /// The arguments that `demand` names, and the rest of the call.
  void apply(const Demand& demand, const Expr* e, Path& path) {
    for (const uint8_t argument : demand.order()) strict(e->args[argument], path);
    path.result = demand.gives_nat ? kNat : 0;
    if (!demand.total) path.stop();
  }

  void call_self(const Expr* e, Path& path) {
    answer_.is_recursive = true;
    if ((question_.nats & ~nats_of(e, path)) != 0) {
      PLAN_ASSERT(!question_.otherwise.total);
      apply(question_.otherwise, e, path);
      return;
    }
    answer_.shrinking &= shrinking(e, path);
    if (assumed_ == nullptr) {
      path.end = Path::End::kLoop;
      return;
    }
    PLAN_ASSERT(!assumed_->total);  // it may never end
    apply(*assumed_, e, path);
  }

  template <typename Then, typename Else>
  void fork(Path& path, Then then, Else otherwise) {
    if (!path.is_open()) return;
    analysis_.work += path.facts.size() / 8;
    Path other = path;
    then(path);
    otherwise(other);
    join(path, other);
  }

  /// The jets whose demand depends on values. False: jet_demand() says it.
  bool control(JetId jet, const Expr* e, Path& path) {
    const Expr* a = e->args[0];
    const auto nothing = [](Path&) {};
    const auto then = [&](const Expr* condition, bool truth, const Expr* next) {
      return [this, condition, truth, next](Path& p) {
        assume(condition, truth, p);
        strict(next, p);
      };
    };
    switch (jet) {
      case JetId::kIf:
        strict(a, path);
        fork(path, then(a, true, e->args[1]), then(a, false, e->args[2]));
        return true;
      case JetId::kIfz: {
        strict(a, path);
        fork(path,
             [&](Path& p) {
               know(a, kNat, p);
               strict(e->args[1], p);
             },
             [&](Path& p) {
               know(a, kNonZero, p);
               strict(e->args[2], p);
             });
        return true;
      }
      case JetId::kSeq:
      case JetId::kPseq:
        strict(a, path);
        strict(e->args[1], path);
        return true;
      case JetId::kPar: strict(e->args[1], path); return true;
      case JetId::kAnd:
      case JetId::kNand:
      case JetId::kOr:
      case JetId::kNor: {
        const bool goes_on = jet == JetId::kAnd || jet == JetId::kNand;
        strict(a, path);
        fork(path, then(a, goes_on, e->args[1]), nothing);
        path.result = kNat;
        return true;
      }
      case JetId::kOrdWeld:
        strict(a, path);
        fork(path, [&](Path& p) { strict(e->args[1], p); }, nothing);
        return true;
      case JetId::kMul:
      case JetId::kMul32:
      case JetId::kMul64: multiply(jet, e->args[1], a, path); return true;
      case JetId::kLsh32:
      case JetId::kLsh64: multiply(jet, a, e->args[1], path); return true;
      case JetId::kSwitch:
      case JetId::kTabSwitch: return strict_switch(jet, e, path);
      default: break;
    }
    if (!is_comparison(jet)) return false;
    compare(jet, a, e->args[1], path);
    return true;
  }

  /// A product: with `first` 0 (for words: 0 after the cast) the other operand is left alone.
  void multiply(JetId jet, const Expr* first, const Expr* second, Path& path) {
    strict(first, path);
    if (jet == JetId::kMul && has(path.result, kNat | kNonZero)) {
      strict(second, path);
    } else {
      fork(path, [&](Path& p) { strict(second, p); }, [](Path&) {});
    }
    path.result = kNat;
  }

  void compare(JetId jet, const Expr* a, const Expr* b, Path& path) {
    strict(a, path);
    const Facts first = path.result;
    strict(b, path);
    const Facts second = path.result;
    if (!has(first, kFlat) && !has(second, kFlat)) {
      if (path.is_open()) {
        ask_kind(a);
        ask_kind(b);
      }
      path.stop();  // goes into both, evaluating
      return;
    }
    const bool gives_operand = jet == JetId::kMin || jet == JetId::kMax;
    path.result = gives_operand ? static_cast<Facts>(first & second & ~kEvaluated) : kNat;
  }

  bool strict_switch(JetId jet, const Expr* e, Path& path) {
    const std::optional<SwitchArms> arms = SwitchArms::of(jet, e);
    if (!arms || arms->size() > kBodyNodesMax) return false;
    const Expr* index = e->args[0];
    strict(index, path);
    if (!path.is_open()) return true;
    const Path before = path;
    bool zero_is_key = false;
    for (size_t i = 0; i < arms->size(); ++i) zero_is_key |= arms->key(i) == small_nat(0);
    // An index that is not a nat counts as 0 for _Switch; tabSwitch has no key for it.
    if (zero_is_key) know(index, kNonZero, path);
    strict(e->args[1], path);
    for (size_t i = 0; i < arms->size(); ++i) {
      analysis_.work += before.facts.size() / 8;
      Path arm = before;
      if (arms->key(i) != small_nat(0)) know(index, kNat | kNonZero, arm);
      arm.result = 0;
      if (arms->expression(i) != nullptr) strict(arms->expression(i), arm);
      join(path, arm);
    }
    return true;
  }

  // --- Facts.

  void know(const Expr* e, Facts facts, Path& path) const {
    for (uint32_t i = 0; i < kLetChainMax && e->kind == Expr::Kind::kVariable; ++i) {
      if (e->variable == 0) return;
      path.facts[e->variable] |= facts;
      if (!is_let(e->variable)) return;
      e = let_of(e->variable);
    }
  }

  /// Records what follows from `condition`, which has been evaluated, being true or not.
  void assume(const Expr* condition, bool truth, Path& path, uint32_t depth = 0) const {
    if (depth > kLetChainMax) return;
    if (truth) know(condition, kNat | kNonZero, path);
    condition = behind(condition);
    const std::optional<JetId> jet = jet_call_of(condition);
    if (!jet) return;
    const Expr* a = condition->args[0];
    switch (*jet) {
      case JetId::kIsNat:
        if (truth) know(a, kNat, path);
        break;
      case JetId::kEqz: know(a, truth ? kNat : kNonZero, path); break;
      case JetId::kNot: assume(a, !truth, path, depth + 1); break;
      case JetId::kBit: assume(a, truth, path, depth + 1); break;
      case JetId::kAnd:
      case JetId::kOr:
        if (truth != (*jet == JetId::kAnd)) break;
        assume(a, truth, path, depth + 1);
        assume(condition->args[1], truth, path, depth + 1);
        break;
      case JetId::kEql:
      case JetId::kNeq:
      case JetId::kLth:
      case JetId::kLte:
      case JetId::kGth:
      case JetId::kGte: assume_comparison(*jet, a, condition->args[1], truth, path); break;
      default: break;
    }
  }

  void assume_comparison(JetId jet, const Expr* a, const Expr* b, bool truth, Path& path) const {
    if (a->kind == Expr::Kind::kConstant) {
      std::swap(a, b);
      jet = mirrored(jet);
    }
    if (b->kind != Expr::Kind::kConstant || !b->value.is_nat()) return;
    know(a, facts_of_comparison(truth ? jet : negated(jet), b->value), path);
  }

  // --- Recursion.

  /// The parameters that get less in this call of the law by itself.
  uint64_t shrinking(const Expr* e, const Path& path) const {
    uint64_t result = 0;
    for (uint32_t p = 1; p <= law_.args && p <= kParametersMax; ++p) {
      if (shrinks(e->args[p - 1], p, path)) result |= uint64_t{1} << (p - 1);
    }
    return result;
  }
  /// Whether `e` is less than parameter `p`, in the order of nats with everything else above them:
  /// `dec p` if p is not 0, and the like. What is not a nat counts as 0 in these operations.
  bool shrinks(const Expr* e, uint32_t p, const Path& path) const {
    if (!has(path.facts[p], kNonZero)) return false;
    e = behind(e);
    const std::optional<JetId> jet = jet_call_of(e);
    if (!jet || e->args[0]->kind != Expr::Kind::kVariable || e->args[0]->variable != p) {
      return false;
    }
    if (*jet == JetId::kDec) return true;
    uint64_t least = 1;
    if (*jet == JetId::kDiv) {
      least = 2;
    } else if (*jet != JetId::kSub && *jet != JetId::kRsh) {
      return false;
    }
    const Expr* by = e->args[1];
    return by->kind == Expr::Kind::kConstant && by->value.is_small() && by->value.small() >= least;
  }

  Analysis& analysis_;
  const Question& question_;
  const Law& law_;
  const Value self_;
  const Demand* assumed_;  ///< of calls of itself; null: they go wherever the rest goes
  Answer answer_;
  uint64_t kinds_asked_ = 0;
  uint32_t depth_ = 0;
};

/// The demand if calls of itself are taken to be as strict as the rest: a fixpoint from above.
std::optional<Demand> demand_of_loop(Analysis& analysis, const Question& question) {
  Walk::Answer answer = Walk(analysis, question, nullptr).run();
  if (answer.only_loops) return std::nullopt;
  for (uint32_t round = 0; round < kRoundsMax && answer.shrinking != 0; ++round) {
    Demand assumed = answer.demand;
    assumed.total = assumed.gives_nat = false;
    answer = Walk(analysis, question, &assumed).run();
    if (!answer.demand.has_order_of(assumed)) continue;
    // Only now are the calls inside the arguments of calls seen as well.
    return answer.shrinking != 0 ? std::optional(answer.demand) : std::nullopt;
  }
  return std::nullopt;
}

Demand answer_question(Analysis& analysis, const Question& question) {
  const Law& law = question.law;
  const bool is_large = law.args > kParametersMax || law.lets.size() > kLetsMax;
  if (is_large) return Demand{};
  const Demand nothing;
  Walk::Answer answer = Walk(analysis, question, &nothing).run();
  if (!answer.is_recursive) return answer.demand;
  const std::optional<Demand> loop = demand_of_loop(analysis, question);
  // Each round is as true as the one before.
  for (uint32_t round = 1; round < kRoundsMax; ++round) {
    const Demand assumed = answer.demand;
    answer = Walk(analysis, question, &assumed).run();
    if (answer.demand.has_order_of(assumed)) break;
  }
  const bool loop_is_better = loop && loop->order().size() > answer.demand.order().size();
  return loop_is_better ? *loop : answer.demand;
}

/// The demand of a law, or of a pin around one, with `nats` taken for nats. Nothing if there is a
/// limit to the number of such questions.
std::optional<Demand> Analysis::of_kinds(Value function, Value law, uint64_t nats,
                                         const Demand& otherwise) {
  if (const KindsDemand* known = vm.summaries.find_demand(function, nats)) {
    is_limited |= known->is_provisional;
    return known->demand;
  }
  if (vm.summaries.of(function).demands.size() >= kSummaryDemandsMax) {
    is_limited = true;
    return std::nullopt;
  }
  if (nesting > kNestingMax || work > kWorkMax) {
    is_incomplete = is_limited = true;
    return std::nullopt;
  }
  const bool was_incomplete = std::exchange(is_incomplete, false);
  const bool was_limited = std::exchange(is_limited, false);
  Demand demand;
  if (!is_too_large(law)) {
    ++vm.summaries.laws_walked;
    Law ir;
    decode_law(law, ir);
    work += ir.arena.size();
    ++nesting;
    demand = answer_question(*this, {ir, function, nats, otherwise});
    --nesting;
  }
  if (!is_incomplete || nesting == 0) {
    vm.summaries.add_demand(function, {nats, demand, is_limited});
  }
  is_incomplete |= was_incomplete;
  is_limited |= was_limited;
  return demand;
}

Demand Analysis::of(Value function, uint64_t nats) {
  if (function.is_nat()) return demand_of_opcode(function);
  if (is_set(function)) {
    Demand demand;
    demand.add(0);
    demand.total = true;
    return demand;
  }
  if (const std::optional<JetId> jet = jet_of(function)) return demand_of_jet(*jet);
  const Value law = is_pin(function) ? deref(pin_item(function)) : function;
  if (!is_law(law)) return Demand{};
  const Demand plain = of_kinds(function, law, 0, Demand{}).value_or(Demand{});
  Demand demand = plain;
  uint64_t kinds = 0;
  for (uint32_t round = 0; round < kRoundsMax && !demand.total; ++round) {
    const uint64_t more = nats & (kinds | demand.kinds_asked);
    if (more == kinds) break;
    const std::optional<Demand> found = of_kinds(function, law, more, plain);
    if (!found) break;
    kinds = more;
    demand = *found;
  }
  return demand;
}

}  // namespace

bool Demand::add(uint8_t argument) {
  PLAN_ASSERT(std::find(order_.begin(), order_.begin() + count_, argument) ==
              order_.begin() + count_);
  if (count_ == kDemandMax) return false;
  order_[count_++] = argument;
  return true;
}

bool Demand::keep_common(const Demand& other) {
  const auto a = order();
  const auto b = other.order();
  const auto common =
      static_cast<uint8_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
  const bool same = common == a.size() && common == b.size();
  std::fill(order_.begin() + common, order_.end(), uint8_t{0});
  count_ = common;
  return same;
}

bool Demand::has_order_of(const Demand& other) const {
  return count_ == other.count_ && order_ == other.order_;
}

Demand demand_of(Machine& vm, Value function, uint64_t nats) {
  return Analysis{vm}.of(function, nats);
}

Demand demand_of_law(Machine& vm, const Law& law, Value self) {
  Analysis analysis{vm};
  return answer_question(analysis, {law, self, 0, Demand{}});
}

uint64_t nat_arguments(const Law& law, const Expr* call) {
  return nat_arguments_of(law, call, nullptr);
}

}  // namespace plan::vm
