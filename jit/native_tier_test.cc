// jit/native_tier_test.cc: native code ends, crashes, and is interrupted as interpreted code is.
#include "jit/native_tier.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "jit/cache_folder.h"
#include "gc/make.h"
#include "jit/tier_test.h"
#include "value/object.h"

namespace plan::jit {
namespace {

std::string numbered_law(uint64_t n) {
  return "{" + std::to_string(1000 + n) + " 1 (0 3 (0 3 (2 " + std::to_string(n) + ")))}";
}

class NativeTierTest : public TierTest {
 protected:
  static vm::Options options(uint64_t heap_bytes = uint64_t{4} << 30) {
    vm::Options o;
    o.heap.limit_bytes = heap_bytes;
    o.tier = vm::TierMode::kNative;
    o.jit_budget_percent = 0;
    return o;
  }
  void make(const vm::Options& o, bool quick = true) {
    NativeOptions native;
    native.compiler.quick = quick;
    native.code_cache = cache_;
    native.code_bytes_max = code_bytes_max_;
    TierTest::make(o, native);
  }
  void SetUp() override { make(options()); }

  /// No test here means anything if the interpreter did the work.
  void expect_native(uint64_t laws) {
    EXPECT_EQ(statistics().laws, laws);
    EXPECT_EQ(statistics().failures, 0u);
  }

  std::string cache_;  ///< folder of the code cache; empty: none
  uint64_t code_bytes_max_ = uint64_t{256} << 20;
};

/// Each make() is as a process of its own: nothing but the file is kept.
class StoredCodeTest : public NativeTierTest {
 protected:
  void SetUp() override {
    cache_ = place_.code();
    make(options());
  }
  void TearDown() override { evaluator_.reset(); }
  static vm::Options never_hot() {
    vm::Options o = options();
    o.tier = vm::TierMode::kMixed;
    o.jit_threshold = 1'000'000'000;
    return o;
  }
  void expect_count_works() {
    EXPECT_EQ(apply(kCount, {small_nat(1000)}).value, small_nat(1000));
  }
  std::string file() {
    const std::vector<FileEntry> files = list_files(cache_);
    EXPECT_EQ(files.size(), 1u);
    return cache_ + "/" + (files.empty() ? "" : files[0].name);
  }

 private:
  const CacheFolder place_;
};

TEST_F(NativeTierTest, ALawIsNativeAtItsFirstEntry) {
  const vm::Outcome out = apply("{'second' 2 (0 3 2)}", {small_nat(7), small_nat(8)});
  EXPECT_EQ(out.value, small_nat(9));
  expect_native(1);
}

TEST_F(NativeTierTest, MoreArgumentsThanRegistersTravelOnTheStack) {
  const vm::Outcome out =
      apply("{'eighth' 9 (0 3 8)}",
            {small_nat(1), small_nat(2), small_nat(3), small_nat(4), small_nat(5), small_nat(6),
             small_nat(7), small_nat(8), small_nat(9)});
  EXPECT_EQ(out.value, small_nat(9));
  expect_native(1);
}

TEST_F(NativeTierTest, ACrashCarriesOperatorAndValue) {
  const vm::Outcome out = apply("{'die' 1 (0 9 (0 3 1))}", {small_nat(4)});
  EXPECT_EQ(out.kind, vm::OutcomeKind::kCrash);
  EXPECT_EQ(out.op, small_nat(9));
  EXPECT_EQ(out.value, small_nat(5));
  expect_native(1);
}

TEST_F(NativeTierTest, ALetThatDemandsItselfIsALoop) {
  EXPECT_EQ(apply("{'x' 1 (1 2 2)}", {small_nat(0)}).kind, vm::OutcomeKind::kLoop);
  expect_native(1);
}

TEST_F(NativeTierTest, AMillionFramesAreOrdinary) {
  const vm::Outcome out = apply(kCount, {small_nat(1'000'000)});
  EXPECT_EQ(out.value, small_nat(1'000'000));
  expect_native(2);
}

TEST_F(NativeTierTest, AHeapLimitEndsTheEvaluationOnly) {
  make(options(uint64_t{64} << 20));
  EXPECT_EQ(apply(kGrow, {small_nat(1)}).kind, vm::OutcomeKind::kMemory);
  EXPECT_EQ(apply("3", {small_nat(1)}).value, small_nat(2));
  expect_native(1);
}

TEST_F(NativeTierTest, AStackLimitHasItsOwnOutcome) {
  vm::Options small = options(uint64_t{1} << 30);
  small.stack_limit_bytes = uint64_t{4} << 20;
  make(small);
  EXPECT_EQ(apply(kGrow, {small_nat(1)}).kind, vm::OutcomeKind::kStack);
  expect_native(1);
}

TEST_F(NativeTierTest, ATimeLimitEndsALoopThatNeverAllocates) {
  make(options(), false);
  evaluator_->set_time_limit_ns(1);
  EXPECT_EQ(apply(kSpin, {small_nat(1)}).kind, vm::OutcomeKind::kTime);
  evaluator_->set_time_limit_ns(0);
  EXPECT_EQ(apply("3", {small_nat(4)}).value, small_nat(5));
}

// With LLVM's passes: they must not move the poll out of the loop.
TEST_F(NativeTierTest, AnInterruptEndsALoopThatNeverAllocates) {
  make(options(), false);
  const Value loop = read(kSpin);
  std::latch compiled(1);
  vm::Machine& machine = evaluator_->machine();
  machine.tier_context = &compiled;
  machine.tier_sink = [](void* latch, const vm::TierEvent&) {
    static_cast<std::latch*>(latch)->count_down();
  };
  std::thread other([&] {
    compiled.wait();
    evaluator_->request_interrupt();
  });
  EXPECT_EQ(evaluator_->apply(loop, std::array{small_nat(1)}).kind, vm::OutcomeKind::kInterrupted);
  other.join();
  expect_native(1);
}

// Nothing calls the loop again: it has to change over while it runs.
TEST_F(NativeTierTest, ALoopBecomesNativeWhileItRuns) {
  vm::Options mixed = options();
  mixed.tier = vm::TierMode::kMixed;
  mixed.jit_threshold = 10;
  make(mixed);
  const Value loop = read(kSpin);
  vm::Machine& machine = evaluator_->machine();
  struct Seen {
    vm::Evaluator& evaluator;
    vm::TierFailure failure = vm::TierFailure::kCompiler;
  } seen{*evaluator_};
  machine.tier_context = &seen;
  machine.tier_sink = [](void* context, const vm::TierEvent& event) {
    static_cast<Seen*>(context)->failure = event.failure;
    static_cast<Seen*>(context)->evaluator.request_interrupt();
  };
  EXPECT_EQ(evaluator_->apply(loop, std::array{small_nat(1)}).kind, vm::OutcomeKind::kInterrupted);
  EXPECT_EQ(seen.failure, vm::TierFailure::kNone);
  expect_native(1);
  // It looked for native code all the time, not only at first.
  const gc::Info* info = vm::function_info(machine, loop);
  EXPECT_GE(static_cast<const vm::Block*>(info->code)->heat, vm::kHeatRecheck);
}

TEST_F(NativeTierTest, ALawThatBuildsAHugeObjectStaysInterpreted) {
  // A cow applied to more elements than native code builds in one go.
  const uint64_t width = vm::kTierObjectWordsMax + 1;
  std::string body = "{0 " + std::to_string(width + 1) + " 0}";
  for (uint64_t i = 0; i < width; ++i) body = "(0 " + body + " 1)";
  struct Seen {
    vm::TierFailure failure = vm::TierFailure::kNone;
  } seen;
  evaluator_->machine().tier_context = &seen;
  evaluator_->machine().tier_sink = [](void* context, const vm::TierEvent& event) {
    static_cast<Seen*>(context)->failure = event.failure;
  };
  const vm::Outcome out = apply("{'wide' 1 " + body + "}", {small_nat(5)});
  ASSERT_EQ(out.kind, vm::OutcomeKind::kValue);
  EXPECT_EQ(row_size(out.value), width);
  EXPECT_EQ(seen.failure, vm::TierFailure::kHugeObject);
}

TEST_F(NativeTierTest, WithoutMemoryForCodeLawsAreInterpretedAndItIsSaid) {
  constexpr uint64_t kMoreThanThereIs = uint64_t{1} << 60;
  NativeOptions native;
  native.code_bytes_max = kMoreThanThereIs;
  native.template_bytes_max = kMoreThanThereIs;
  for (const vm::TierMode tier : {vm::TierMode::kTemplate, vm::TierMode::kNative}) {
    vm::Options o = options();
    o.tier = tier;
    TierTest::make(o, native);
    std::vector<vm::TierFailure> failures;
    machine().tier_context = &failures;
    machine().tier_sink = [](void* context, const vm::TierEvent& event) {
      static_cast<std::vector<vm::TierFailure>*>(context)->push_back(event.failure);
    };
    testing::internal::CaptureStderr();
    for (uint64_t n = 0; n < 3; ++n) {
      const std::string law = "{" + std::to_string(n + 10) + " 1 (0 3 (0 3 1))}";
      EXPECT_EQ(apply(law, {small_nat(n)}).value, small_nat(n + 2));
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(),
              "palladium: the system gives no memory for code; laws are interpreted\n");
    EXPECT_EQ(statistics().translated, 0u);
    EXPECT_EQ(statistics().laws, 0u);
    const size_t refused = tier == vm::TierMode::kNative ? 3 : 0;
    EXPECT_EQ(failures, std::vector<vm::TierFailure>(refused, vm::TierFailure::kCodeMemory));
  }
}

TEST_F(NativeTierTest, CodeOfCollectedLawsIsForgotten) {
  vm::Options mixed = options();
  mixed.tier = vm::TierMode::kMixed;
  mixed.jit_threshold = 1;
  mixed.heap.stress = true;
  make(mixed);
  // Every law is garbage, with its region, soon after it was asked for.
  for (uint64_t i = 0; i < 200; ++i) {
    const std::string law = "{" + std::to_string(i) + " 1 (0 3 (0 3 1))}";
    EXPECT_EQ(apply(law, {small_nat(i)}).value, small_nat(i + 2));
  }
}

TEST_F(NativeTierTest, AProcessMayEndWhileALawIsCompiled) {
  const auto end = [this] {
    vm::Options o = options();
    o.tier = vm::TierMode::kMixed;
    o.jit_threshold = 1;
    for (uint32_t n = 0; n < 300; ++n) {
      make(o, false);
      apply(kCount, {small_nat(100)});
      usleep(n * 50);  // the thread may take its time to begin
      const bool is_left = leave_native_tier(*evaluator_);
      evaluator_.reset();
      if (is_left) _exit(0);
    }
    _exit(1);  // it was never in time
  };
  EXPECT_EXIT(end(), testing::ExitedWithCode(0), "");
}

constexpr uint64_t kLittleRoom = 32 << 10;
constexpr uint64_t kManyLaws = 1'000;

TEST_F(NativeTierTest, OldCodeMakesRoomForNew) {
  code_bytes_max_ = kLittleRoom;
  make(options());
  for (uint64_t n = 0; n < kManyLaws; ++n) {
    EXPECT_EQ(apply(numbered_law(n), {small_nat(0)}).value, small_nat(n + 2));
    EXPECT_LE(statistics().code_bytes, kLittleRoom);
  }
  EXPECT_GT(statistics().evicted, kManyLaws / 4);
  EXPECT_EQ(statistics().failures, 0u);
}

// Each of a chain of laws waits for the next.
TEST_F(NativeTierTest, CodeThatTheStackComesBackToStays) {
  code_bytes_max_ = 4096;
  make(options());
  std::string law = "{0 1 1}";
  for (uint64_t n = 0; n < 200; ++n) {
    law = "{" + std::to_string(n + 1) + " 1 (0 3 (0 (2 " + law + ") 1))}";
  }
  const gc::Root chain(evaluator_->heap(), read(law));
  for (const uint64_t n : {5u, 6u, 7u}) {
    EXPECT_EQ(evaluator_->apply_normal(chain.get(), std::array{small_nat(n)}).value,
              small_nat(n + 200));
  }
  EXPECT_GT(statistics().laws, 1u);
  EXPECT_GT(statistics().failures + statistics().evicted, 0u);
}

TEST_F(StoredCodeTest, AnEvictedLawComesBackFromTheCache) {
  code_bytes_max_ = kLittleRoom;
  make(options());
  const gc::Root first(evaluator_->heap(), read(numbered_law(kManyLaws)));
  const auto apply_first = [&] {
    return evaluator_->apply_normal(first.get(), std::array{small_nat(0)}).value;
  };
  // The half that is never evicted.
  for (uint64_t n = 0; statistics().code_bytes <= kLittleRoom / 2; ++n) {
    apply(numbered_law(n), {small_nat(0)});
  }
  EXPECT_EQ(apply_first(), small_nat(kManyLaws + 2));
  const gc::Info* info = vm::function_info(evaluator_->machine(), first.get());
  const void* native = info->entry;
  for (uint64_t n = 0; statistics().evicted < 200; ++n) {
    apply(numbered_law(kManyLaws + n), {small_nat(0)});
  }
  EXPECT_NE(info->entry, native);
  const uint64_t cached = statistics().cached;
  const uint64_t requested = statistics().requested;
  for (uint32_t n = 0; n < 3000; ++n) EXPECT_EQ(apply_first(), small_nat(kManyLaws + 2));
  EXPECT_GT(statistics().cached, cached);
  EXPECT_EQ(statistics().requested, requested);
}

TEST_F(StoredCodeTest, ASecondRunCompilesNothing) {
  expect_count_works();
  expect_native(2);
  EXPECT_EQ(statistics().cached, 0u);
  make(options());
  expect_count_works();
  expect_native(2);
  EXPECT_EQ(statistics().cached, 2u);
  EXPECT_EQ(statistics().requested, 0u);
  EXPECT_EQ(statistics().compile_ns, 0u);
}

TEST_F(StoredCodeTest, AnOptimisedLawIsNativeIfItsCodeIsStored) {
  expect_count_works();
  make(never_hot());
  EXPECT_EQ(apply(kCount, {small_nat(20'000)}).value, small_nat(20'000));
  EXPECT_GT(statistics().laws, 0u);
  EXPECT_EQ(statistics().laws, statistics().cached);
  EXPECT_EQ(statistics().requested, 0u);
}

TEST_F(StoredCodeTest, AnOptimisedLawIsNotCompiledIfItIsNotHot) {
  apply(numbered_law(0), {small_nat(0)});
  make(never_hot());
  EXPECT_EQ(apply(kCount, {small_nat(20'000)}).value, small_nat(20'000));
  EXPECT_GT(statistics().optimised, 0u);
  EXPECT_EQ(statistics().laws, 0u);
  EXPECT_EQ(statistics().requested, 0u);
}

TEST_F(NativeTierTest, WarmThunksDoNotMakeTheirLawHot) {
  vm::Options o = options();
  o.tier = vm::TierMode::kMixed;
  o.jit_threshold = 10'000;
  make(o);
  // {'two' n}: a row of two thunks with code of their own, f (g n) and g (f n).
  const gc::Root two(
      evaluator_->heap(),
      read("{'two' 1 (0 (0 {0 3 0} (0 {'f' 1 (0 3 1)} (0 {'g' 1 (0 3 1)} 1))) "
           "(0 {'g' 1 (0 3 1)} (0 {'f' 1 (0 3 1)} 1)))}"));
  for (uint32_t n = 0; n < 100; ++n) {
    ASSERT_TRUE(evaluator_->apply_normal(two.get(), std::array{small_nat(n)}).ok());
  }
  EXPECT_EQ(statistics().requested, 0u);
}

TEST_F(StoredCodeTest, CodeServesLawsAtOtherAddresses) {
  expect_count_works();
  make(options());
  read("['other' {'things' 1 (0 3 1)} 18446744073709551616]");
  expect_count_works();
  EXPECT_EQ(statistics().cached, 2u);
}

TEST_F(StoredCodeTest, ALawOfTheSameShapeSharesCodeButNotItsConstants) {
  uint64_t scratch = 0;
  const auto high_limb = [&](const std::string& law) {
    const vm::Outcome out = apply(law, {small_nat(1)});
    EXPECT_TRUE(out.ok());
    return nat_limbs(out.value, scratch).back();
  };
  EXPECT_EQ(high_limb("{'first' 1 (2 18446744073709551616)}"), 1u);
  make(options());
  EXPECT_EQ(high_limb("{'other' 1 (2 36893488147419103232)}"), 2u);
  EXPECT_EQ(statistics().laws, 1u);
  EXPECT_EQ(statistics().cached, 1u);
}

TEST_F(StoredCodeTest, TheSameRequestGivesTheSameFile) {
  expect_count_works();
  evaluator_.reset();
  const std::vector<uint8_t> first = *read_file(file());
  remove_file(file());
  make(options());
  read("['other' {'things' 1 (0 3 1)} 18446744073709551616]");
  expect_count_works();
  evaluator_.reset();
  EXPECT_EQ(*read_file(file()), first);
}

TEST_F(StoredCodeTest, DamagedCodeIsMadeAgain) {
  expect_count_works();
  evaluator_.reset();
  std::vector<uint8_t> bytes = *read_file(file());
  bytes[bytes.size() / 2] ^= 1;
  bytes[bytes.size() - 1] ^= 1;
  const std::string name = file();
  const int fd = open(name.c_str(), O_WRONLY);
  ASSERT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  close(fd);
  for (const uint64_t cached : {0u, 2u}) {
    make(options());
    expect_count_works();
    expect_native(2);
    EXPECT_EQ(statistics().cached, cached);
  }
}

TEST_F(StoredCodeTest, AssemblyIsShownOfALawByNameAlsoIfItsCodeIsStored) {
  vm::Options dump = options();
  dump.dump_asm = "up";
  for (int round = 0; round < 2; ++round) {
    make(dump);
    testing::internal::CaptureStderr();
    expect_count_works();
    const std::string text = testing::internal::GetCapturedStderr();
    EXPECT_NE(text.find("@slots"), std::string::npos);
    EXPECT_NE(text.find("%rip"), std::string::npos);
    EXPECT_EQ(text.find("'count'"), std::string::npos);
  }
  expect_native(2);
  EXPECT_EQ(statistics().cached, 1u);
}

TEST_F(StoredCodeTest, QuickCodeAndOptimisedCodeAreKeptApart) {
  expect_count_works();
  make(options(), false);
  expect_count_works();
  EXPECT_EQ(statistics().cached, 0u);
}

// Without stored code, the budget of 1 % would not allow the first law before two seconds.
TEST_F(StoredCodeTest, TheCompileBudgetDoesNotHoldStoredCodeBack) {
  expect_count_works();
  vm::Options mixed = options();
  mixed.tier = vm::TierMode::kMixed;
  mixed.jit_threshold = 1;
  mixed.jit_budget_percent = 1;
  make(mixed);
  expect_count_works();
  EXPECT_EQ(statistics().cached, 2u);
  EXPECT_EQ(statistics().requested, 0u);
}

TEST_F(StoredCodeTest, AFolderThatCannotBeUsedIsNoTrouble) {
  ASSERT_TRUE(replace_file_unsynced(cache_, std::vector<uint8_t>{1}));
  for (int run = 0; run < 2; ++run) {
    make(options());
    expect_count_works();
    expect_native(2);
    EXPECT_EQ(statistics().cached, 0u);
  }
  remove_file(cache_);
}

}  // namespace
}  // namespace plan::jit
