// jit/stored_code_test.cc: which code of an earlier run a warm law gets, and which it must not.
//
// See Note [Stored code] in vm/tier.cc. Every Process has an evaluator of its own; the file of the
// code cache is all that one leaves to the next.
#include "gc/hash.h"
#include "jit/cache_folder.h"
#include "jit/native_tier.h"
#include "vm/ir_test.h"
#include "vm/jet_abi.h"

#include <array>
#include <cstdlib>

#include <unistd.h>

namespace plan::jit {
namespace {

constexpr uint64_t kFewTurns = 300;      ///< a law is warm, and its functions have been seen
constexpr uint64_t kManyTurns = 20'000;  ///< it is optimised
constexpr uint32_t kNeverHot = 1'000'000'000;
constexpr uint32_t kSoonHot = 200;
constexpr uint64_t kMuchRoom = uint64_t{64} << 20;
constexpr uint64_t kLittleRoom = 4096;   ///< for the code of a few laws
constexpr uint32_t kCallsMax = 10'000'000;  ///< compiling takes a thousandth of the time for these

constexpr const char* kCount = "law a n { (@_If n (self (@_Add a 1) (@_Dec n)) a) }";
constexpr const char* kCountByTwo = "law a n { (@_If n (self (@_Add a 2) (@_Dec n)) a) }";
constexpr const char* kLeft = "law f z n { (@_If n (self f (f z n) (@_Dec n)) z) }";

class Process : public vm::IrTest {
 public:
  Process(const std::string& folder, uint32_t jit_threshold, uint64_t code_bytes_max = kMuchRoom)
      : IrTest(options(jit_threshold)) {
    NativeOptions native;
    native.code_bytes_max = code_bytes_max;
    native.compiler.quick = true;
    native.code_cache = folder;
    attach_native_tier(evaluator_, native);
    keep("identity", "law a { a }");
    keep("plus", "law k a b { (@_Add k (@_Add a b)) }");
  }
  void TestBody() override {}

  void keep(std::string_view name, std::string_view text) {
    laws_.push_back(std::make_unique<gc::Root>(heap_, define(name, text)));
  }
  /// The same, and its hash is known: it may have a stored summary.
  void keep_hashed(std::string_view name, std::string_view text) {
    keep(name, text);
    EXPECT_TRUE(gc::pin_hash(laws_.back()->get()).has_value());
  }
  const vm::Summaries& summaries() { return machine().summaries; }
  Value operator[](std::string_view name) const { return *names_.find(name); }
  Value apply(std::string_view name, std::initializer_list<Value> args) {
    const vm::Outcome out =
        evaluator_.apply_normal((*this)[name], {args.begin(), args.size()});
    EXPECT_TRUE(out.ok());
    return out.value;
  }
  Value plus(uint64_t k) {
    return gc::make_partial(heap_, (*this)["plus"], std::array{small_nat(k)});
  }
  /// That function, not evaluated yet.
  Value suspended_plus(uint64_t k) {
    return vm::suspend_apply(heap_, (*this)["identity"], std::array{plus(k)});
  }
  bool leave() { return leave_native_tier(evaluator_); }
  const vm::TierStatistics& statistics() { return machine().tier_statistics; }

 private:
  static vm::Options options(uint32_t jit_threshold) {
    vm::Options result;
    result.tier = vm::TierMode::kMixed;
    result.jit_threshold = jit_threshold;
    result.jit_budget_percent = 0;
    return result;
  }

  std::vector<std::unique_ptr<gc::Root>> laws_;
};

class EarlyCodeTest : public testing::Test {
 protected:
  /// Runs `once` until so many laws are native.
  template <typename F>
  static void run_until(Process& process, uint64_t laws, F once) {
    for (uint32_t n = 0; process.statistics().laws < laws; ++n) {
      ASSERT_LT(n, kCallsMax);
      once();
    }
  }
  /// Defines a law and runs `once` in a process of its own until the native tier has made code.
  template <typename F>
  void store(std::string_view name, std::string_view text, F once) {
    Process process(cache_, kSoonHot);
    process.keep(name, text);
    run_until(process, 1, [&] { once(process); });
    EXPECT_EQ(process.statistics().cached, 0u);
  }
  void store_count() {
    store("count", kCount, [](Process& process) {
      process.apply("count", {small_nat(0), small_nat(kFewTurns)});
    });
  }

  const CacheFolder place_;
  const std::string cache_ = place_.code();
};

TEST_F(EarlyCodeTest, AWarmLawIsNativeIfItsCodeIsStored) {
  store_count();
  Process process(cache_, kNeverHot);
  process.keep("count", kCount);
  EXPECT_EQ(process.apply("count", {small_nat(5), small_nat(kFewTurns)}),
            small_nat(5 + kFewTurns));
  EXPECT_EQ(process.statistics().cached, 1u);
  EXPECT_EQ(process.statistics().optimised, 0u);
  EXPECT_EQ(process.statistics().translated, 0u);
}

TEST_F(EarlyCodeTest, NothingIsMadeOfAWarmLawWithoutStoredCode) {
  store_count();
  Process process(cache_, kNeverHot);
  process.keep("other", kCount);
  process.apply("other", {small_nat(5), small_nat(kFewTurns)});
  EXPECT_EQ(process.statistics().laws, 0u);
  EXPECT_EQ(process.statistics().optimised, 0u);
  EXPECT_EQ(process.statistics().translated, 1u);
}

TEST_F(EarlyCodeTest, AnotherLawOfThatNameIsNotTakenForIt) {
  store_count();
  Process process(cache_, kNeverHot);
  process.keep("count", kCountByTwo);
  EXPECT_EQ(process.apply("count", {small_nat(5), small_nat(kFewTurns)}),
            small_nat(5 + 2 * kFewTurns));
  EXPECT_EQ(process.statistics().laws, 0u);
  EXPECT_EQ(process.statistics().optimised, 0u);
  EXPECT_EQ(process.statistics().translated, 1u);  // once it was known that it is another
  EXPECT_EQ(process.apply("count", {small_nat(5), small_nat(kManyTurns)}),
            small_nat(5 + 2 * kManyTurns));
  EXPECT_EQ(process.statistics().optimised, 1u);
}

uint64_t left_result(uint64_t k, uint64_t n) { return n * k + n * (n + 1) / 2; }

// A call of no turns: its function is never evaluated.
TEST_F(EarlyCodeTest, ALawWhoseFunctionsAreNotSeenWaits) {
  store("left", kLeft, [](Process& process) {
    process.apply("left", {process.suspended_plus(1), small_nat(0), small_nat(0)});
  });
  Process process(cache_, kNeverHot);
  process.keep("left", kLeft);
  const auto call = [&](uint64_t times) {
    for (uint64_t n = 0; n < times; ++n) {
      ASSERT_EQ(process.apply("left", {process.suspended_plus(1), small_nat(n), small_nat(0)}),
                small_nat(n));
    }
  };
  call(kFewTurns);
  EXPECT_EQ(process.statistics().laws, 0u);
  call(kManyTurns);
  EXPECT_EQ(process.statistics().cached, process.statistics().laws);
  EXPECT_GT(process.statistics().laws, 0u);
}

// In the first process all calls are passed on, so the law itself is never compiled.
TEST_F(EarlyCodeTest, ACopyIsFoundThoughItsLawWasNeverCompiled) {
  store("left", kLeft, [](Process& process) {
    process.apply("left", {process.plus(1), small_nat(0), small_nat(kFewTurns)});
  });
  Process process(cache_, kNeverHot);
  process.keep("left", kLeft);
  const auto call = [&](uint64_t k) {
    EXPECT_EQ(process.apply("left", {process.plus(k), small_nat(0), small_nat(kFewTurns)}),
              small_nat(left_result(k, kFewTurns)));
  };
  call(3);
  EXPECT_GT(process.statistics().cached, 0u);
  EXPECT_EQ(process.statistics().cached, process.statistics().laws);
  call(4);
  // What the copy was not made for still goes where it belongs.
  EXPECT_EQ(process.apply("left", {process["_Add"], small_nat(0), small_nat(kFewTurns)}),
            small_nat(left_result(0, kFewTurns)));
}

// In each process all laws become warm, one after the other.
TEST_F(EarlyCodeTest, AWarmLawWhoseStoredCodeHasNoRoomGetsItLater) {
  constexpr uint64_t kLaws = 40;
  const auto name = [](uint64_t k) { return "count" + std::to_string(k); };
  const auto keep_all = [&](Process& process) {
    for (uint64_t k = 0; k < kLaws; ++k) {
      process.keep(name(k), "law a n { (@_If n (self (@_Add a " + std::to_string(k + 1) +
                                ") (@_Dec n)) a) }");
    }
  };
  const auto count = [&](Process& process, uint64_t k, uint64_t turns) {
    EXPECT_EQ(process.apply(name(k), {small_nat(0), small_nat(turns)}),
              small_nat((k + 1) * turns));
  };
  {
    Process process(cache_, kSoonHot);
    keep_all(process);
    for (uint64_t k = 0; k < kLaws; ++k) {
      run_until(process, k + 1, [&] { count(process, k, kFewTurns); });
    }
  }
  Process process(cache_, kNeverHot, kLittleRoom);
  keep_all(process);
  for (uint64_t k = 0; k < kLaws; ++k) count(process, k, kFewTurns);
  const uint64_t early = process.statistics().laws;
  EXPECT_GT(early, 0u);
  EXPECT_LT(early, kLaws);  // others found no room
  EXPECT_GT(process.statistics().evicted, 0u);
  for (uint64_t k = 0; k < kLaws; ++k) count(process, k, kManyTurns);
  EXPECT_GE(process.statistics().laws, kLaws);
  EXPECT_EQ(process.statistics().cached, process.statistics().laws);
  EXPECT_EQ(process.statistics().requested, 0u);
  EXPECT_EQ(process.statistics().failures, 0u);
}

// Nothing that could be evicted would make room for it.
TEST_F(EarlyCodeTest, AWarmLawWhoseStoredCodeIsLargerThanAllRoomRunsAsItDid) {
  constexpr uint64_t kTerms = 80;
  std::string text = "a";
  for (uint64_t k = 0; k < kTerms; ++k) {
    text = "(@_Add (@_Mod " + text + " 1009) (@_Mul n " + std::to_string(k) + "))";
  }
  text = "law a n { (@_If n (self " + text + " (@_Dec n)) a) }";
  const auto expected = [](uint64_t turns) {
    uint64_t a = 0;
    for (uint64_t n = turns; n > 0; --n) {
      for (uint64_t k = 0; k < kTerms; ++k) a = a % 1009 + n * k;
    }
    return small_nat(a);
  };
  const auto run = [&](Process& process, uint64_t turns) {
    EXPECT_EQ(process.apply("terms", {small_nat(0), small_nat(turns)}), expected(turns));
  };
  store("terms", text, [&](Process& process) { run(process, kFewTurns); });
  uint64_t laws = 0;  // with all the room: this one, and what it calls
  {
    Process process(cache_, kNeverHot);
    process.keep("terms", text);
    run(process, kFewTurns);
    laws = process.statistics().cached;
    EXPECT_GT(process.statistics().code_bytes, kLittleRoom);
  }
  Process process(cache_, kNeverHot, kLittleRoom);
  process.keep("terms", text);
  run(process, kFewTurns);
  run(process, kManyTurns);
  EXPECT_EQ(process.statistics().laws, laws - 1);
  EXPECT_GT(process.statistics().optimised, 0u);  // it has templates of its twin
}

constexpr const char* kStep = "law a n { (@_If (@_Gth a n) (@_Sub a n) (@_Add a (@_Dec n))) }";
constexpr const char* kSteps = "law a n { (@_If n (self (@step a n) (@_Dec n)) a) }";

class StoredSummaryTest : public EarlyCodeTest {
 protected:
  /// Runs in a process of its own until the law that calls another has code.
  void run(uint64_t& laws_walked, uint64_t& cached, const std::string& cache) {
    Process process(cache, kSoonHot);
    process.keep_hashed("step", kStep);
    process.keep("steps", kSteps);
    run_until(process, 1, [&] {
      process.apply("steps", {small_nat(0), small_nat(kFewTurns)});
    });
    laws_walked = process.summaries().laws_walked;
    cached = process.statistics().cached;
    summaries_found_ = process.summaries().found;
  }

  uint64_t summaries_found_ = 0;
};

TEST_F(StoredSummaryTest, TheNextProcessLooksIntoFewerLawsAndFindsTheSameCode) {
  uint64_t walked_first = 0;
  uint64_t cached = 0;
  run(walked_first, cached, cache_);
  EXPECT_EQ(summaries_found_, 0u);
  EXPECT_EQ(cached, 0u);
  uint64_t walked_then = 0;
  run(walked_then, cached, cache_);
  EXPECT_GT(summaries_found_, 0u);
  EXPECT_LT(walked_then, walked_first);
  EXPECT_EQ(cached, 1u);  // under the key that was made without them
}

TEST_F(StoredSummaryTest, WithoutACodeCacheNothingIsStored) {
  uint64_t walked_first = 0;
  uint64_t walked_then = 0;
  uint64_t cached = 0;
  run(walked_first, cached, "");
  run(walked_then, cached, "");
  EXPECT_EQ(walked_then, walked_first);
  EXPECT_EQ(summaries_found_, 0u);
  EXPECT_EQ(cached, 0u);
}

TEST_F(StoredSummaryTest, AProcessThatIsLeftHasStoredThem) {
  {
    Process process(cache_, kNeverHot);
    process.keep_hashed("step", kStep);
    process.keep("steps", kSteps);
    process.apply("steps", {small_nat(0), small_nat(kManyTurns)});
    ASSERT_EQ(process.statistics().optimised, 1u);
    ASSERT_FALSE(process.leave());
  }
  uint64_t walked = 0;
  uint64_t cached = 0;
  run(walked, cached, cache_);
  EXPECT_GT(summaries_found_, 0u);
}

}  // namespace
}  // namespace plan::jit
