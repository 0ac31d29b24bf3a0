// vm/versions_test.cc: what hot loops are seen with, and where their calls go.
#include "vm/versions.h"

#include "vm/ir_test.h"
#include "vm/law_copy.h"
#include "vm/low_text.h"
#include "vm/specialise.h"

#include <algorithm>
#include <array>

namespace plan::vm {
namespace {

/// A tier that takes requests and never answers.
class DeafTier : public Tier {
 public:
  void submit(std::unique_ptr<TierRequest> request, bool) override {
    requests.push_back(std::move(request));
  }
  std::unique_ptr<TierRequest> take_finished() override { return nullptr; }
  void forget(Code*) override {}

  std::vector<std::unique_ptr<TierRequest>> requests;
};

class Versions : public IrTest {
 protected:
  Versions() {
    machine().options.tier = TierMode::kMixed;
    machine().options.jit_threshold = 20;
    machine().options.jit_budget_percent = 0;
    auto tier = std::make_unique<DeafTier>();
    tier_ = tier.get();
    machine().tier = std::move(tier);
    foldl_ = std::make_unique<gc::Root>(
        heap_, define("foldl", "law f z xs { (@_If xs (self f (f z xs) (@_Dec xs)) z) }"));
    define("plus", "law k a b { (@_Add k (@_Add a b)) }");
  }

  /// A function, with some of its arguments if there are any in brackets.
  Value function(std::string_view name) { return *names_.find(name); }
  Value closure(std::string_view name, Value held) {
    return gc::make_partial(heap_, function(name), std::array{held});
  }
  Value fold(Value f, uint64_t n) {
    const Outcome out =
        evaluator_.apply(function("foldl"), std::array{f, small_nat(0), small_nat(n)});
    EXPECT_TRUE(out.ok());
    return out.ok() ? out.value : Value{};
  }
  Code& code() { return keeper_of_copies(machine(), function("foldl")); }
  /// The place of a law among the requests; their number if it is not there.
  size_t request_of(Value law) const {
    const auto is_it = [law](const auto& r) { return r->function == law.word; };
    const auto& all = tier_->requests;
    return static_cast<size_t>(std::find_if(all.begin(), all.end(), is_it) - all.begin());
  }
  /// The versions of the twin of foldl.
  std::vector<Version> versions() {
    const size_t place = request_of(function("foldl"));
    EXPECT_LT(place, tier_->requests.size());
    if (place == tier_->requests.size()) return {};
    return tier_->requests[place]->twin->versions;
  }

  DeafTier* tier_ = nullptr;

 private:
  std::unique_ptr<gc::Root> foldl_;
};

TEST_F(Versions, AHotLoopGetsACopyForTheFunctionItIsGiven) {
  EXPECT_EQ(fold(function("_Add"), 200), small_nat(20100));
  const std::vector<Version> made = versions();
  ASSERT_EQ(made.size(), 1u);
  ASSERT_EQ(made[0].seen.size(), 1u);
  EXPECT_EQ(made[0].seen[0].parameter, 0u);
  EXPECT_EQ(made[0].seen[0].function, function("_Add"));
  Law copy;
  decode_law(made[0].copy, copy);
  EXPECT_EQ(print(copy), plain("law z xs { (@_If xs (self (@_Add z xs) (@_Dec xs)) z) }"));
}

TEST_F(Versions, TheCopyIsCompiledBeforeTheLoop) {
  fold(function("_Add"), 200);
  ASSERT_EQ(versions().size(), 1u);
  EXPECT_LT(request_of(versions()[0].copy), request_of(function("foldl")));
}

TEST_F(Versions, AClosureIsSeenAsItsFunctionAndWhatItHolds) {
  fold(closure("plus", small_nat(3)), 200);
  ASSERT_EQ(versions().size(), 1u);
  EXPECT_EQ(versions()[0].seen[0].function, function("plus"));
  EXPECT_EQ(versions()[0].seen[0].held, 1u);
  Law copy;
  decode_law(versions()[0].copy, copy);
  EXPECT_EQ(print(copy),
            plain("law k z xs { (@_If xs (self k (@plus k z xs) (@_Dec xs)) z) }"));
}

TEST_F(Versions, LoopsThatTakeTurnsAreAllSeen) {
  for (uint32_t i = 0; i < 60; ++i) {
    fold(function("_Add"), 1);
    fold(function("_Mul"), 1);
  }
  EXPECT_EQ(versions().size(), 2u);
}

TEST_F(Versions, ThunksOfALoopWaitUntilItHasBeenSeen) {
  // Each turn enters the law once and three of its thunks.
  define("mapped", "law f xs { (@_If xs (C3 (self f (@_Dec xs)) (f xs xs) (f (f xs xs) xs)) 0) }");
  define("total", "law s l { x = (@_Idx 0 l) y = (@_Idx 1 l) "
                  "(@_If (@_IsNat l) s (self (@_Add s (@_Add x y)) (@_Idx 2 l))) }");
  define("both", "law n { (@total 0 (@mapped @_Add n)) }");
  ASSERT_TRUE(evaluator_.apply_normal(function("both"), std::array{small_nat(200)}).ok());
  const size_t place = request_of(function("mapped"));
  ASSERT_LT(place, tier_->requests.size());
  EXPECT_EQ(tier_->requests[place]->twin->versions.size(), 1u);
}

TEST_F(Versions, ThereAreNoMoreThanTheLimit) {
  std::vector<Value> laws;
  for (uint32_t i = 0; i < 2 * kVersionsMax; ++i) {
    laws.push_back(define("f" + std::to_string(i), "law a b { " + std::to_string(i) + " }"));
  }
  for (uint32_t i = 0; i < 200; ++i) fold(laws[i % laws.size()], 0);
  EXPECT_EQ(versions().size(), kVersionsMax);
}

TEST_F(Versions, WhatIsNotEvaluatedOrNoFunctionIsNotSeen) {
  EXPECT_EQ(fold(small_nat(7), 0), small_nat(0));
  for (uint32_t i = 0; i < 200; ++i) fold(small_nat(7), 0);
  EXPECT_TRUE(versions().empty());
}

TEST_F(Versions, WithoutThePassNothingIsSeen) {
  machine().options.passes.remove(Pass::kSpecialise);
  fold(function("_Add"), 200);
  EXPECT_TRUE(versions().empty());
}

TEST_F(Versions, WhatWasSeenSurvivesCollections) {
  gc::Root law(heap_, define("plus2", "law a b { (@_Add a (@_Add b 2)) }"));
  fold(law.get(), 60);
  Value none;
  machine().collector.collect_major(none);
  fold(law.get(), 200);
  ASSERT_EQ(versions().size(), 1u);
  EXPECT_EQ(versions()[0].seen[0].function, law.get());
}

/// The test at the beginning, run by the interpreter.
class PassedOn : public Versions {
 protected:
  PassedOn() {
    machine().options.tier = TierMode::kInterpreter;
    machine().tier = nullptr;
    define("tells", "law f z xs { (@_If xs (self f (f z xs) (@_Dec xs)) (f z 100)) }");
  }
  /// Calls of tells with `seen` go to a law that answers 77 and what the function holds.
  Value call(const SeenFunction& seen, Value f) {
    const Value copy = seen.held == 0 ? define("c", "law z xs { 77 }")
                                      : define("c", "law k l z xs { (@_Add 77 (@_Sub k l)) }");
    Code& code = keeper_of_copies(machine(), function("tells"));
    code.versions.push_back({{seen}, copy});
    const Outcome out =
        evaluator_.apply(function("tells"), std::array{f, small_nat(1), small_nat(0)});
    EXPECT_TRUE(out.ok());
    return out.ok() ? out.value : Value{};
  }
};

TEST_F(PassedOn, ACallWithTheFunctionGoesToTheCopy) {
  EXPECT_EQ(call({0, 0, function("_Add")}, function("_Add")), small_nat(77));
}
TEST_F(PassedOn, ACallWithAnotherFunctionStays) {
  EXPECT_EQ(call({0, 0, function("_Add")}, function("_Mul")), small_nat(100));
}
TEST_F(PassedOn, ACallWithAClosureOfTheFunctionStays) {
  EXPECT_EQ(call({0, 0, function("plus")}, closure("plus", small_nat(5))), small_nat(106));
}
TEST_F(PassedOn, TheCopyGetsWhatTheClosureHoldsInOrder) {
  define("four", "law k l a b { (@_Add k b) }");
  const Value f =
      gc::make_partial(heap_, function("four"), std::array{small_nat(9), small_nat(2)});
  EXPECT_EQ(call({0, 2, function("four")}, f), small_nat(84));
}
TEST_F(PassedOn, AClosureWithOtherNumbersOfArgumentsStays) {
  EXPECT_EQ(call({0, 2, function("plus")}, closure("plus", small_nat(5))), small_nat(106));
}

}  // namespace
}  // namespace plan::vm
