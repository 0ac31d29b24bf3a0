// jit/templates_test.cc: what runs from templates ends, crashes and is interrupted as what is
// interpreted, and changes over to the tiers before and behind it.
#include "jit/templates.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>
#include <string_view>
#include <thread>

#include "gc/make.h"
#include "jit/gdb.h"
#include "jit/tier_test.h"
#include "value/object.h"
#include "vm/stream.h"

namespace plan::jit {
namespace {

std::string numbered_law(uint64_t n) { return "{" + std::to_string(n) + " 1 (0 3 (0 3 1))}"; }

class TemplatesTest : public TierTest {
 protected:
  static vm::Options options(vm::TierMode tier = vm::TierMode::kTemplate) {
    vm::Options o;
    o.heap.limit_bytes = uint64_t{1} << 30;
    o.tier = tier;
    return o;
  }
  void make(const vm::Options& o, uint64_t template_bytes_max = kTemplateBytesMax) {
    NativeOptions native;
    native.template_bytes_max = template_bytes_max;
    TierTest::make(o, native);
  }
  void SetUp() override { make(options()); }
  void TearDown() override {
    if (evaluator_ == nullptr) return;
    // No test here means anything if the interpreter did the work.
    EXPECT_GT(statistics().translated, 0u);
  }

  /// The block that a law runs.
  vm::Block& block_of(Value law) {
    return *static_cast<vm::Block*>(vm::function_info(machine(), law)->code);
  }
  Word* first_word_of(Value law) {
    return block_of(law).stream.data() + vm::kStreamHeaderWords;
  }
};

TEST_F(TemplatesTest, ALawIsTranslatedAtItsFirstEntry) {
  const Value law = read("{'second' 2 (0 3 2)}");
  const gc::Root root(evaluator_->heap(), law);
  const std::array args{small_nat(7), small_nat(8)};
  EXPECT_EQ(evaluator_->apply_normal(law, args).value, small_nat(9));
  const vm::Block& block = block_of(law);
  EXPECT_NE(block.translation, nullptr);
  EXPECT_EQ(vm::function_info(machine(), law)->entry, block.translation_entry);
}

TEST_F(TemplatesTest, AMillionFramesAreOrdinary) {
  EXPECT_EQ(apply(kCount, {small_nat(1'000'000)}).value, small_nat(1'000'000));
}

TEST_F(TemplatesTest, ACrashCarriesOperatorAndValue) {
  const vm::Outcome out = apply("{'die' 1 (0 9 (0 3 1))}", {small_nat(4)});
  EXPECT_EQ(out.kind, vm::OutcomeKind::kCrash);
  EXPECT_EQ(out.op, small_nat(9));
  EXPECT_EQ(out.value, small_nat(5));
}

TEST_F(TemplatesTest, ALetThatDemandsItselfIsALoop) {
  EXPECT_EQ(apply("{'x' 1 (1 2 2)}", {small_nat(0)}).kind, vm::OutcomeKind::kLoop);
}

TEST_F(TemplatesTest, AHeapLimitEndsTheEvaluationOnly) {
  vm::Options o = options();
  o.heap.limit_bytes = uint64_t{64} << 20;
  make(o);
  EXPECT_EQ(apply(kGrow, {small_nat(1)}).kind, vm::OutcomeKind::kMemory);
  EXPECT_EQ(apply("3", {small_nat(1)}).value, small_nat(2));
}

TEST_F(TemplatesTest, AStackLimitHasItsOwnOutcome) {
  vm::Options o = options();
  o.stack_limit_bytes = uint64_t{4} << 20;
  make(o);
  EXPECT_EQ(apply(kGrow, {small_nat(1)}).kind, vm::OutcomeKind::kStack);
}

TEST_F(TemplatesTest, ATimeLimitEndsALoopThatNeverAllocates) {
  evaluator_->set_time_limit_ns(1);
  EXPECT_EQ(apply(kSpin, {small_nat(1)}).kind, vm::OutcomeKind::kTime);
  evaluator_->set_time_limit_ns(0);
  EXPECT_EQ(apply("3", {small_nat(4)}).value, small_nat(5));
}

// A first run leaves the loop's block; in the second its turns are seen to be counted. Without the
// template's poll the handler's would come too, but only when the counter of turns has run out.
TEST_F(TemplatesTest, AnInterruptEndsALoopThatNeverAllocates) {
  constexpr uint32_t kTurnsAfter = 1'000'000;  ///< more than pass until the other thread is seen
  const gc::Root loop(evaluator_->heap(), read(kSpin));
  const std::array args{small_nat(1)};
  evaluator_->set_time_limit_ns(1);
  ASSERT_EQ(evaluator_->apply(loop.get(), args).kind, vm::OutcomeKind::kTime);
  evaluator_->set_time_limit_ns(0);
  Word* code = first_word_of(loop.get());
  ASSERT_EQ(vm::op_of_handler(*code), vm::Op::kCount);  // a template's address
  const std::atomic_ref<int32_t> heat(vm::stream_header(code).heat);
  const auto turns = [&] { return static_cast<uint32_t>(heat.load()); };
  const uint32_t before = turns();
  uint32_t seen = 0;
  std::thread other([&] {
    while (turns() - before < 1000) std::this_thread::yield();
    evaluator_->request_interrupt();
    seen = turns();
  });
  const vm::OutcomeKind end = evaluator_->apply(loop.get(), args).kind;
  other.join();
  EXPECT_EQ(end, vm::OutcomeKind::kInterrupted);
  EXPECT_LT(turns() - seen, kTurnsAfter);
}

TEST_F(TemplatesTest, MemoryOfCollectedLawsIsUsedAgain) {
  vm::Options o = options();
  o.heap.stress = true;
  make(o);
  std::set<const char*> places;
  for (uint64_t i = 0; i < 300; ++i) {
    const Value law = read(numbered_law(i));
    const gc::Root root(evaluator_->heap(), law);
    EXPECT_EQ(evaluator_->apply_normal(law, std::array{small_nat(i)}).value, small_nat(i + 2));
    places.insert(block_of(law).translation);
  }
  EXPECT_LT(places.size(), 300u);
}

constexpr uint64_t kLittleRoom = 4096;
constexpr uint64_t kManyLaws = 100;

TEST_F(TemplatesTest, LawsThatFindNoRoomStayInterpreted) {
  make(options(), kLittleRoom);
  gc::RootList laws(evaluator_->heap());
  for (uint64_t n = 0; n < kManyLaws; ++n) laws.values.push_back(read(numbered_law(n)));
  for (const uint64_t x : {1u, 2u}) {
    for (uint64_t n = 0; n < kManyLaws; ++n) {
      EXPECT_EQ(evaluator_->apply_normal(laws.values[n], std::array{small_nat(x)}).value,
                small_nat(x + 2));
    }
  }
  uint64_t translated = 0;
  for (const Value law : laws.values) translated += block_of(law).translation != nullptr ? 1 : 0;
  EXPECT_GT(translated, 0u);
  EXPECT_LT(translated, kManyLaws);
  EXPECT_EQ(statistics().untranslated, kManyLaws - translated);
}

// Each of a chain of laws waits for the next: frames of one kind are returned to from the other.
TEST_F(TemplatesTest, LawsWithRoomAndWithoutCallEachOther) {
  make(options(), kLittleRoom);
  std::string law = "{0 1 1}";
  for (uint64_t n = 0; n < kManyLaws; ++n) {
    law = "{" + std::to_string(n + 1) + " 1 (0 3 (0 (2 " + law + ") 1))}";
  }
  const gc::Root chain(evaluator_->heap(), read(law));
  for (const uint64_t n : {5u, 6u}) {
    EXPECT_EQ(evaluator_->apply_normal(chain.get(), std::array{small_nat(n)}).value,
              small_nat(n + kManyLaws));
  }
  EXPECT_GT(statistics().untranslated, 0u);
}

TEST_F(TemplatesTest, MemoryThatWasFullIsUsedAgainWhenLawsAreCollected) {
  vm::Options o = options();
  o.heap.stress = true;
  make(o, kLittleRoom);
  const auto is_translated = [&](Value law) {
    const gc::Root root(evaluator_->heap(), law);
    EXPECT_EQ(evaluator_->apply_normal(law, std::array{small_nat(1)}).value, small_nat(3));
    return block_of(root.get()).translation != nullptr;
  };
  uint64_t n = 0;
  gc::RootList laws(evaluator_->heap());
  do {
    laws.values.push_back(read(numbered_law(n++)));
  } while (is_translated(laws.values.back()) && n < kManyLaws);
  ASSERT_FALSE(is_translated(laws.values.back()));
  EXPECT_FALSE(is_translated(read(numbered_law(n++))));
  laws.values.clear();
  bool is_used_again = false;
  for (uint64_t k = 0; k < kManyLaws; ++k) {
    is_used_again = is_used_again || is_translated(read(numbered_law(n++)));
  }
  EXPECT_TRUE(is_used_again);
}

// The interpreter's blocks, and templates that no tier uses.
TEST(TemplatesRoomTest, WhatFindsNoRoomIsNotTranslatedAgainUntilThereIsSome) {
  vm::Options o;
  o.tier = vm::TierMode::kInterpreter;
  vm::Evaluator evaluator(o);
  gc::RootList laws(evaluator.heap());
  const auto block = [&](const std::string& text) -> vm::Block& {
    laws.values.push_back(*gc::read_value_text(evaluator.heap(), text));
    const Value law = laws.values.back();
    EXPECT_TRUE(evaluator.apply_normal(law, std::array{small_nat(1)}).ok());
    return *static_cast<vm::Block*>(vm::function_info(evaluator.machine(), law)->code);
  };
  const auto templates = Templates::create(evaluator.machine(), kLittleRoom);
  vm::Block& first = block(numbered_law(0));
  ASSERT_TRUE(templates->translate(first));
  uint64_t n = 1;
  while (templates->translate(block(numbered_law(n)))) ASSERT_LT(n++, kManyLaws);
  const uint64_t translations = templates->translations();
  EXPECT_EQ(translations, n + 1);  // the last one's was of no use
  for (uint64_t k = 1; k < 10; ++k) EXPECT_FALSE(templates->translate(block(numbered_law(n + k))));
  EXPECT_FALSE(templates->translate(block("{'longer' 1 (0 3 (0 3 (0 3 1)))}")));
  EXPECT_EQ(templates->translations(), translations);
  templates->translate(block("{'shorter' 1 1}"));
  EXPECT_EQ(templates->translations(), translations + 1);
  templates->release(first);
  EXPECT_TRUE(templates->translate(block(numbered_law(n + 20))));
}

/// How many functions of this name gdb knows.
uint64_t named_for_gdb(const std::string& name) {
  uint64_t n = 0;
  for (const GdbEntry* e = first_gdb_entry(); e != nullptr; e = e->next) {
    const std::string_view file(reinterpret_cast<const char*>(e->file), e->bytes);
    for (size_t at = file.find(name); at != file.npos; at = file.find(name, at + 1)) ++n;
  }
  return n;
}

TEST_F(TemplatesTest, GdbKnowsTheLawsThatAreTranslatedAndNotCollected) {
  vm::Options o = options();
  o.heap.stress = true;
  NativeOptions native;
  native.gdb = true;
  TierTest::make(o, native);
  const auto apply_once = [&](Value law) {
    const gc::Root root(evaluator_->heap(), law);
    EXPECT_EQ(evaluator_->apply_normal(law, std::array{small_nat(1)}).value, small_nat(2));
  };
  auto kept = std::make_unique<gc::Root>(evaluator_->heap(), read("{'kept' 1 (0 3 1)}"));
  apply_once(kept->get());
  EXPECT_EQ(named_for_gdb("kept.template"), 1u);
  for (uint64_t n = 0; n < kManyLaws; ++n) apply_once(read("{'gone' 1 (0 3 1)}"));
  EXPECT_EQ(named_for_gdb("kept.template"), 1u);
  EXPECT_LT(named_for_gdb("gone.template"), kManyLaws / 2);
  kept.reset();
  evaluator_.reset();
  EXPECT_EQ(named_for_gdb(".template"), 0u);
}

TEST_F(TemplatesTest, WithoutAnyMemoryTheInterpreterDoesAll) {
  make(options(), 0);
  EXPECT_EQ(apply(kCount, {small_nat(1000)}).value, small_nat(1000));
  EXPECT_GT(statistics().untranslated, 0u);
  EXPECT_EQ(statistics().translated, 0u);
  evaluator_.reset();
}

// The interpreter's loop, the template's, and that of the optimised law are each left while they
// run.
TEST_F(TemplatesTest, ALoopGoesThroughAllTiersWhileItRuns) {
  if (!kNativeBuilt) {
    evaluator_.reset();
    GTEST_SKIP() << "this build has no compiler";
  }
  vm::Options o = options(vm::TierMode::kMixed);
  o.jit_budget_percent = 0;
  make(o);
  struct Seen {
    vm::Evaluator& evaluator;
    vm::TierFailure failure = vm::TierFailure::kCompiler;
  } seen{*evaluator_};
  machine().tier_context = &seen;
  machine().tier_sink = [](void* context, const vm::TierEvent& event) {
    static_cast<Seen*>(context)->failure = event.failure;
    static_cast<Seen*>(context)->evaluator.request_interrupt();
  };
  const Value loop = read(kSpin);
  EXPECT_EQ(evaluator_->apply(loop, std::array{small_nat(1)}).kind, vm::OutcomeKind::kInterrupted);
  EXPECT_EQ(seen.failure, vm::TierFailure::kNone);
  EXPECT_EQ(statistics().laws, 1u);
}

TEST_F(TemplatesTest, AHotLawRunsItsOptimisedBytecode) {
  vm::Options o = options(vm::TierMode::kMixed);
  o.jit_threshold = 1'000'000'000;  // never by LLVM
  make(o);
  const Value law = read(kCount);
  const gc::Root root(evaluator_->heap(), law);
  const vm::Block* before = &block_of(law);
  EXPECT_EQ(evaluator_->apply_normal(law, std::array{small_nat(10'000)}).value, small_nat(10'000));
  const vm::Block& after = block_of(law);
  EXPECT_NE(&after, before);
  EXPECT_TRUE(after.code->optimise);
  EXPECT_EQ(vm::function_info(machine(), law)->entry, after.translation_entry);
  EXPECT_EQ(statistics().laws, 0u);
}

}  // namespace
}  // namespace plan::jit
