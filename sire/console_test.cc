// sire/console_test.cc: what is shown, by whichever thread.
#include "sire/console.h"

#include "base/file.h"
#include "gc/make.h"
#include "gc/region.h"
#include "sire/sire_test.h"

#include <unistd.h>

#include <array>

namespace plan::sire {

namespace {

constexpr size_t kMany = 5 * kHandedTogether + 7;

class ConsoleTest : public ::testing::Test {
 protected:
  ConsoleTest() : evaluator_(stressed()) { descriptor_ = mkstemp(path_); }
  ~ConsoleTest() override {
    close(descriptor_);
    unlink(path_);
  }

  static vm::Options stressed() {
    vm::Options options;
    options.heap.stress = true;
    return options;
  }
  ConsoleOptions options() const {
    ConsoleOptions result;
    result.descriptor = descriptor_;
    result.show.interrupt = &interrupt_;
    return result;
  }
  Value row(size_t i) {
    gc::Heap& heap = evaluator_.heap();
    return gc::make_row(heap, std::array{small_nat(i), gc::make_cord(heap, "some longer text")});
  }
  /// A pin that another looks like but for its hash.
  Value pin(size_t i) {
    gc::Heap& heap = evaluator_.heap();
    std::vector<Value> parts(20, small_nat(0));
    parts.back() = small_nat(i);
    return gc::make_pin(heap, gc::make_row(heap, parts));
  }
  void collect() {
    gc::Heap& heap = evaluator_.heap();
    const Value same = gc::make_law(heap, small_nat(0), small_nat(1), small_nat(1));
    ASSERT_TRUE(evaluator_.normalise(evaluator_.suspend(same, std::array{row(0)})).ok());
  }
  std::string shown() const {
    const std::vector<uint8_t> bytes = *read_file(path_);
    return {bytes.begin(), bytes.end()};
  }

  vm::Evaluator evaluator_;
  std::atomic<bool> interrupt_{false};
  char path_[32] = "/tmp/palladium_test_XXXXXX";
  int descriptor_ = -1;
};

TEST_F(ConsoleTest, ShowsManyValuesInOrder) {
  Console console(options(), evaluator_.heap());
  std::string expected;
  for (size_t i = 0; i < kMany; ++i) {
    const Value both = gc::make_row(evaluator_.heap(), std::array{pin(i), pin(i + 1), row(i)});
    console.print_value(both);
    console.print_text("text\n");
    console.print_binding(small_nat(i), both);
    expected += print_value_shallow(both) + "text\n" + print_binding(small_nat(i), both);
  }
  console.flush();
  EXPECT_EQ(shown(), expected);
}

TEST_F(ConsoleTest, IsDoneWithValuesBeforeTheyMove) {
  Console console(options(), evaluator_.heap());
  std::string expected;
  for (size_t i = 0; i < kMany; ++i) {
    const Value value = row(i);
    console.print_value(value);
    expected += print_value_shallow(value);
  }
  const uint64_t before = evaluator_.heap().statistics().minor_collections +
                          evaluator_.heap().statistics().major_collections;
  collect();
  ASSERT_GT(evaluator_.heap().statistics().minor_collections +
                evaluator_.heap().statistics().major_collections,
            before);
  console.flush();
  EXPECT_EQ(shown(), expected);
}

TEST_F(ConsoleTest, ShowsWhatWaitedWhenCtrlCCame) {
  Console console(options(), evaluator_.heap());
  const Value value = row(1);
  console.print_value(value);
  interrupt_.store(true);
  console.flush();
  EXPECT_EQ(shown(), print_value_shallow(value));
}

TEST_F(ConsoleTest, GivesPinsTheirHashesWhenItIsFlushed) {
  Console console(options(), evaluator_.heap());
  const Value one = pin(1);
  console.print_value(gc::make_row(evaluator_.heap(), std::array{one, pin(2)}));
  EXPECT_FALSE(gc::pin_region(one)->has_hash);
  console.flush();
  EXPECT_TRUE(gc::pin_region(one)->has_hash);
}

}  // namespace

}  // namespace plan::sire
