// sire/console_test.cc: what is shown, by whichever thread.
#include "sire/console.h"

#include "base/file.h"
#include "gc/make.h"
#include "gc/region.h"
#include "sire/sire_test.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

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

/// Nobody reads from this pipe before a condition holds.
class SlowReader {
 public:
  SlowReader() { EXPECT_EQ(pipe(ends_), 0); }
  ~SlowReader() {
    finish();
    close(ends_[0]);
  }
  int descriptor() const { return ends_[1]; }
  void start() {
    thread_ = std::thread([this] {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return may_read_; });
      }
      // Who does not wait for this is to be far ahead.
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        has_begun_ = true;
      }
      std::array<char, 1 << 12> piece;
      for (ssize_t n = 0; (n = read(ends_[0], piece.data(), piece.size())) > 0;) {
        text_.append(piece.data(), static_cast<size_t>(n));
      }
    });
  }
  void let_read() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      may_read_ = true;
    }
    changed_.notify_all();
  }
  bool has_begun() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return has_begun_;
  }
  /// Waits for the first text to arrive, and leaves it there.
  void wait_for_text() {
    pollfd ready = {.fd = ends_[0], .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&ready, 1, -1), 1);
  }
  /// All that was written.
  const std::string& finish() {
    if (!thread_.joinable()) return text_;
    let_read();
    close(ends_[1]);
    thread_.join();
    return text_;
  }

 private:
  int ends_[2] = {-1, -1};
  std::mutex mutex_;  // guards the next two
  std::condition_variable changed_;
  bool may_read_ = false;
  bool has_begun_ = false;
  std::string text_;
  std::thread thread_;
};

TEST_F(ConsoleTest, WaitsForTheThreadWhenItIsFarBehind) {
  // More than a pipe holds: the thread stands still, with the first values, until somebody reads.
  const std::string long_text(size_t{1} << 20, 'x');
  SlowReader reader;
  reader.start();
  ConsoleOptions to_pipe = options();
  to_pipe.descriptor = reader.descriptor();
  std::string expected = long_text;
  {
    Console console(to_pipe, evaluator_.heap());
    const auto print = [&](size_t i) {
      console.print_value(small_nat(i));
      expected += print_value_shallow(small_nat(i));
    };
    console.print_text(long_text);
    for (size_t i = 1; i < kHandedTogether; ++i) print(i);
    reader.wait_for_text();
    for (size_t i = 1; i < kHandedMax; ++i) print(i);
    EXPECT_FALSE(reader.has_begun());
    reader.let_read();
    print(0);
    EXPECT_TRUE(reader.has_begun());
    print(1);
  }
  EXPECT_EQ(reader.finish(), expected);
}

TEST_F(ConsoleTest, IsTheOnlyOneOfItsHeap) {
  Console console(options(), evaluator_.heap());
  EXPECT_DEATH(Console(options(), evaluator_.heap()), "before_collection == nullptr");
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
