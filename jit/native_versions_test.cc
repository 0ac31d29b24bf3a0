// jit/native_versions_test.cc: hot loops pass calls on to their copies while both are translated,
// become native, are evicted and come back; whatever they are called with, results stay what they
// are.
#include "jit/native_tier.h"
#include "vm/ir_test.h"
#include "vm/jet_abi.h"
#include "vm/law_copy.h"
#include "vm/versions.h"

#include <array>
#include <random>

namespace plan::jit {
namespace {

constexpr uint64_t kTurnsMax = 40;
constexpr uint32_t kCallsMax = 10'000'000;  ///< compiling takes a thousandth of the time for these

class NativeVersionsTest : public vm::IrTest {
 protected:
  /// What one of some_function() does.
  struct Model {
    uint32_t kind;
    uint64_t k;
    uint64_t operator()(uint64_t a, uint64_t b) const {
      switch (kind) {
        case 0: return a + b;
        case 1: return a;
        case 2: return b;
        case 3: return k + a + b;
        default: return 3 + a + a + b;
      }
    }
  };

  NativeVersionsTest() : IrTest(options(false)) {}
  explicit NativeVersionsTest(const vm::Options& options) : IrTest(options) {}

  static vm::Options options(bool stress) {
    vm::Options result;
    result.tier = vm::TierMode::kMixed;
    result.jit_threshold = 10;
    result.jit_budget_percent = 0;
    result.heap.stress = stress;
    result.heap.verify = stress;
    return result;
  }

  void attach(uint64_t code_bytes_max) {
    NativeOptions native;
    native.compiler.quick = true;
    native.code_bytes_max = code_bytes_max;
    attach_native_tier(evaluator_, native);
    keep("identity", "law a { a }");
    keep("left", "law f z n { (@_If n (self f (f z n) (@_Dec n)) z) }");
    keep("right", "law f z n { (@_If n (f (self f z (@_Dec n)) n) z) }");
    keep("mapped", "law f z n { (@_If n (C2 (self f z (@_Dec n)) (f z n)) 0) }");
    keep("total", "law s l { (@_If (@_IsNat l) s (self (@_Add s (@_Idx 0 l)) (@_Idx 1 l))) }");
    keep("totals", "law f z n { (@total 0 (@mapped f z n)) }");
    keep("plus", "law k a b { (@_Add k (@_Add a b)) }");
    keep("mix", "law k l a b { (@_Add (@_Sub k l) (@_Add (@_Add a a) b)) }");
    keep("fst2", "law a b { a }");
    keep("snd2", "law a b { b }");
  }

  /// A function of two nats: as a value, and what it does.
  std::pair<Value, Model> some_function(std::mt19937_64& random) {
    const uint64_t k = random() % 9;
    const auto kind = static_cast<uint32_t>(random() % 5);
    const auto held = [&](std::string_view name, std::initializer_list<Value> args) {
      return gc::make_partial(heap_, *names_.find(name), {args.begin(), args.size()});
    };
    switch (kind) {
      case 0: return {*names_.find("_Add"), {kind, k}};
      case 1: return {*names_.find("fst2"), {kind, k}};
      case 2: return {*names_.find("snd2"), {kind, k}};
      case 3: return {held("plus", {small_nat(k)}), {kind, k}};
      default: return {held("mix", {small_nat(k + 3), small_nat(k)}), {kind, k}};
    }
  }

  static uint64_t result_of(std::string_view loop, const Model& f, uint64_t z, uint64_t n) {
    uint64_t result = loop == "totals" ? 0 : z;
    if (loop == "left") {
      for (uint64_t i = n; i > 0; --i) result = f(result, i);
    } else {
      for (uint64_t i = 1; i <= n; ++i) result = loop == "right" ? f(result, i) : result + f(z, i);
    }
    return result;
  }

  /// Calls loops with functions, evaluated or not, so often, and until `is_done`.
  template <typename F>
  void call_often(uint32_t calls, F is_done) {
    std::mt19937_64 random(7);
    for (uint32_t i = 0; i < calls || !is_done(); ++i) {
      ASSERT_LT(i, kCallsMax);
      const char* loop = std::array{"left", "right", "totals"}[random() % 3];
      const auto [f, model] = some_function(random);
      const uint64_t z = random() % 100;
      const uint64_t n = random() % kTurnsMax;
      const std::array one{f};
      const bool is_suspended = random() % 4 == 0;
      const Value argument =
          is_suspended ? vm::suspend_apply(heap_, *names_.find("identity"), one) : f;
      const std::array args{argument, small_nat(z), small_nat(n)};
      const vm::Outcome out = evaluator_.apply_normal(*names_.find(loop), args);
      ASSERT_TRUE(out.ok());
      ASSERT_EQ(out.value, small_nat(result_of(loop, model, z, n))) << loop << " call " << i;
    }
  }

  /// Whether some code of the law tests for versions.
  bool has_versions(std::string_view name) {
    const auto* code = static_cast<vm::Code*>(gc::pin_region(*names_.find(name))->codes);
    while (code != nullptr && code->versions.empty()) code = code->next;
    return code != nullptr;
  }
  const vm::TierStatistics& statistics() { return machine().tier_statistics; }

 private:
  void keep(std::string_view name, std::string_view text) {
    laws_.push_back(std::make_unique<gc::Root>(heap_, define(name, text)));
  }

  std::vector<std::unique_ptr<gc::Root>> laws_;
};

class StressedVersionsTest : public NativeVersionsTest {
 protected:
  StressedVersionsTest() : NativeVersionsTest(options(true)) {}
};

TEST_F(NativeVersionsTest, CallsGoWhereTheyBelong) {
  attach(uint64_t{256} << 20);
  call_often(4'000, [&] { return statistics().laws > 3; });
  for (const char* loop : {"left", "right", "mapped"}) {
    EXPECT_TRUE(has_versions(loop)) << loop;
  }
}

TEST_F(NativeVersionsTest, CallsGoWhereTheyBelongWithLittleRoomForCode) {
  attach(8 << 10);
  call_often(4'000, [&] { return statistics().evicted > 3; });
  EXPECT_TRUE(has_versions("left"));
}

TEST_F(StressedVersionsTest, CallsGoWhereTheyBelongUnderConstantCollection) {
  attach(uint64_t{256} << 20);
  call_often(300, [&] { return statistics().laws > 3; });
  EXPECT_TRUE(has_versions("left"));
}

}  // namespace
}  // namespace plan::jit
