// jit/native_once_test.cc: single-entry thunks (Note in vm/apply.cc) in every tier.
#include "gc/make.h"
#include "jit/native_tier.h"
#include "vm/ir_test.h"

#include <array>
#include <span>

namespace plan::jit {
namespace {

vm::Options once_options(vm::TierMode tier, bool stress) {
  vm::Options o;
  o.heap.stress = stress;
  o.tier = tier;
  o.jit_budget_percent = 0;
  o.optimise_always = true;
  o.passes = vm::PassSet::none();
  o.passes.add(vm::Pass::kOnce);
  return o;
}

class SingleEntryTiers : public vm::IrTest, public testing::WithParamInterface<vm::TierMode> {
 protected:
  explicit SingleEntryTiers(bool stress = false) : vm::IrTest(once_options(GetParam(), stress)) {
    NativeOptions native;
    native.compiler.quick = true;
    attach_native_tier(evaluator_, native);
    define("id", "law x { x }");
    define("maybe", "law c x { (@_If c x 0) }");
    define("suspends", "law f x { (@maybe x (f x)) }");
    define("chain", "law n x { (@_Ifz n x (self (@_Dec n) (@id (@maybe 1 x)))) }");
  }
  ~SingleEntryTiers() override {
    // No test here means anything if the interpreter did the work.
    const vm::TierStatistics& statistics = machine().tier_statistics;
    EXPECT_EQ(statistics.failures, 0u);
    EXPECT_EQ(statistics.laws > 0, GetParam() == vm::TierMode::kNative);
    EXPECT_EQ(statistics.translated > 0, GetParam() == vm::TierMode::kTemplate);
  }

  vm::Outcome run(std::string_view name, std::initializer_list<Value> args) {
    return evaluator_.apply_normal(*names_.find(name), std::span(args.begin(), args.size()));
  }

  /// A thunk as the law makes it that suspends (f x).
  Value suspended(Value f, Value x) {
    EXPECT_TRUE(run("suspends", {*names_.find("id"), small_nat(1)}).ok());
    gc::Info* law = vm::function_info(machine(), *names_.find("suspends"));
    for (vm::Block& block : static_cast<vm::Block*>(law->code)->code->blocks) {
      if (!block.is_once) continue;
      Object* o = heap_.allocate(thunk_header(Kind::kThunk, 2, block.info->index), 2);
      o->init(0, f);
      o->init(1, x);
      return Value{vm::word_of(o) | kTagThunk};
    }
    ADD_FAILURE() << "no single-entry thunk";
    return small_nat(0);
  }
};

// Each thunk ends with a call that enters the next one.
TEST_P(SingleEntryTiers, AChainNeedsNoStack) {
  machine().options.stack_limit_bytes = uint64_t{2} << 20;
  const vm::Outcome out = run("chain", {small_nat(1'000'000), small_nat(5)});
  EXPECT_EQ(out.kind, vm::OutcomeKind::kValue);
  EXPECT_EQ(out.value, small_nat(5));
}

TEST_P(SingleEntryTiers, HoldNothingOnceTheyAreEntered) {
  define("len", "law x { (@_Len x) }");
  const Value row = gc::make_row(heap_, std::vector<Value>(1000, small_nat(1)));
  gc::Root kept(heap_, row);
  gc::Root thunk(heap_, suspended(*names_.find("len"), kept.get()));
  EXPECT_EQ(evaluator_.whnf(thunk.get()).value, small_nat(1000));
  ASSERT_TRUE(thunk.get().is_thunk());
  EXPECT_EQ(thunk.get().object()->kind(), Kind::kSpent);
  Value none;
  machine().collector.collect_major(none);
  EXPECT_EQ(thunk.get().object()->thunk_words(), 1u);
}

TEST_P(SingleEntryTiers, ACrashInsideIsCaughtAsAnyOther) {
  define("boom", "law x { (7 (@_Add x 1)) }");
  define("crashes", "law x { (@_Add 1 (@maybe 1 (@boom x))) }");
  const vm::Outcome out = run("crashes", {small_nat(4)});
  EXPECT_EQ(out.kind, vm::OutcomeKind::kCrash);
  EXPECT_EQ(out.op, small_nat(7));
  EXPECT_EQ(out.value, small_nat(5));
  const vm::Outcome caught = run("_Try", {*names_.find("crashes"), small_nat(4)});
  ASSERT_TRUE(caught.ok());
  EXPECT_EQ(row_at(caught.value, 0), small_nat(0));
}

using SingleEntryTiersDeathTest = SingleEntryTiers;

TEST_P(SingleEntryTiersDeathTest, CannotBeEnteredTwice) {
  gc::Root thunk(heap_, suspended(*names_.find("id"), small_nat(3)));
  EXPECT_EQ(evaluator_.whnf(thunk.get()).value, small_nat(3));
  EXPECT_DEATH(static_cast<void>(evaluator_.whnf(thunk.get())),
               "a single-entry thunk is entered again");
}

class StressedSingleEntryTiers : public SingleEntryTiers {
 protected:
  StressedSingleEntryTiers() : SingleEntryTiers(true) {}
};

TEST_P(StressedSingleEntryTiers, AreCollectedBeforeAndAfterTheyAreEntered) {
  const vm::Outcome out = run("chain", {small_nat(200), small_nat(5)});
  EXPECT_EQ(out.kind, vm::OutcomeKind::kValue);
  EXPECT_EQ(out.value, small_nat(5));
}

std::string tier_name(const testing::TestParamInfo<vm::TierMode>& info) {
  if (info.param == vm::TierMode::kNative) return "Native";
  return info.param == vm::TierMode::kTemplate ? "Templates" : "Interpreter";
}
const auto kTiers = testing::Values(vm::TierMode::kInterpreter, vm::TierMode::kTemplate,
                                    vm::TierMode::kNative);
INSTANTIATE_TEST_SUITE_P(Tiers, SingleEntryTiers, kTiers, tier_name);
INSTANTIATE_TEST_SUITE_P(Tiers, SingleEntryTiersDeathTest, kTiers, tier_name);
INSTANTIATE_TEST_SUITE_P(Tiers, StressedSingleEntryTiers, kTiers, tier_name);

}  // namespace
}  // namespace plan::jit
