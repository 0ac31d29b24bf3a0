// sire/sire_fuzz.cc: any bytes through the whole front end: reader, macros, compiler, evaluator,
// printers.
//
// Each block of the text is executed as at the prompt: one that fails leaves the state before it.
// Half of the settings run the text a second time, under constant collection or without jets: what
// both runs come to must be the same.
//
// Driven by libFuzzer (PLAN_LIBFUZZER; tools/fuzz.py sees to a large stack), and by a seeded loop
// in sire/sire_fuzz_test.cc.
#include "sire/sire_fuzz.h"

#include "base/check.h"
#include "gc/hash.h"
#include "gc/make.h"
#include "sire/execute.h"
#include "sire/library_image.h"
#include "sire/place.h"
#include "sire/plan_rex.h"
#include "sire/rex_text.h"
#include "sire/session.h"
#include "sire/show.h"
#include "value/order.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace plan::sire {

namespace {

constexpr uint64_t kFuzzHeapBytes = uint64_t{32} << 20;
constexpr uint64_t kFuzzStackBytes = uint64_t{4} << 20;
/// Programs may run for ever, also by macros that return what they were given. An input that takes
/// longer is interrupted.
constexpr std::chrono::milliseconds kFuzzTime{150};
/// Constant collection makes everything slower by a factor like this; such runs get a shorter text.
constexpr size_t kStressBytesMax = 400;
/// Values that write out to more than this only show that limits work, slowly.
constexpr uint64_t kFuzzWrittenBytes = uint64_t{1} << 12;

/// What the first byte of an input chooses.
enum Setting : uint8_t {
  kHasMacros = 1,   ///< kPrelude is in scope
  kHasLibrary = 2,  ///< our library is
  kTwice = 4,       ///< run again, ..
  kStress = 8,      ///< .. collecting at every safepoint; else without jets
};

/// Macros for everything that macros can do: replace, repeat, refuse, change the state, and return
/// what is no expansion at all.
constexpr std::string_view kPrelude = R"(
= (K a b) a
= (seq x y) (2 y (K y) x)
= (if c t e) (2 e (K t) c)
= (cdr x) (1 0 0 (& (f y) y) 0 x)
= (car x) (1 0 0 (& (f y) f) 0 x)
= (last rex) (cdr rex)
= (sons rex) (cdr (car rex))
= (first rex) (cdr (sons rex))
= (**twice f x) (f (f x))
= (**flip f x y) (f y x)

= ({^^} state rex err ok) (ok state (last rex))
= ({<<} state rex err ok) (ok state (first rex))
= ({!} state rex err ok) (err rex {refused})
= ({~} state rex err ok) (ok 0 (first rex))
= ({==} state rex err ok) (0 0 4 0 1 state (first rex))
= ({$} state rex err ok) (ok state state)
= ({#} state rex err ok) (ok state (first rex))
= ({>>} state rex err ok) (seq (first rex) | ok (0 0 5 0 (cdr state) (last (car state)) 0 41) rex)
)";

/// Interrupts a session when its time is over, until it is destroyed.
class Watchdog {
 public:
  explicit Watchdog(Session& session)
      : thread_([this, &session] {
          std::unique_lock<std::mutex> lock(mutex_);
          if (!is_over_.wait_for(lock, kFuzzTime, [this] { return done_; })) {
            session.request_interrupt();
          }
        }) {}
  ~Watchdog() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      done_ = true;
    }
    is_over_.notify_one();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable is_over_;
  bool done_ = false;
  std::thread thread_;  // last: it uses the others
};

bool aborted(const Failure& failure) {
  return failure.is_set() && !failure.is_crash();
}

/// A session under limits, with what the setting puts in scope.
class FuzzSession {
 public:
  FuzzSession(uint8_t setting, bool stress, bool jets) : session_(options(stress, jets)) {
    evaluator().set_match_sink(nullptr, nullptr);
    if ((setting & kHasLibrary) != 0) restore_library(session_);
    if ((setting & kHasMacros) != 0) {
      // Some of the names may be macros of the library by now, which is as good.
      for (const rex::Block& block : rex::read_text(kPrelude)) execute(block);
    }
  }

  /// Runs a text block by block; false if a limit was met on the way.
  bool run(std::string_view text);
  /// The state's hash; nothing if it is no value, or too large a text.
  std::optional<Hash256> state_hash();

 private:
  static SessionOptions options(bool stress, bool jets) {
    SessionOptions options;
    options.evaluator.heap.limit_bytes = kFuzzHeapBytes;
    options.evaluator.heap.stress = stress;
    options.evaluator.stack_limit_bytes = kFuzzStackBytes;
    options.evaluator.jets = jets;
    options.console.quiet = true;
    options.mismatch = Mismatch::kIgnore;
    return options;
  }

  Context& context() { return session_.context(); }
  vm::Evaluator& evaluator() { return session_.evaluator(); }
  bool execute(const rex::Block& block);
  void check_failure(const rex::Block& block);
  void show_names();

  Session session_;
};

bool FuzzSession::execute(const rex::Block& block) {
  const gc::Root before(context().heap, context().state.row());
  const Value rex = value_of_rex(context().rex, block.tree);
  const bool done = execute_block(context(), rex, "fuzz.sire", block.first_line);
  PLAN_CHECK(done == !context().failure.is_set());
  if (done) return true;
  check_failure(block);
  context().state.adopt(before.get());
  context().nodes.values.clear();
  return false;
}

void FuzzSession::check_failure(const rex::Block& block) {
  const Failure& failure = context().failure;
  const std::string reason(failure.is_crash() ? context().first_reason : "aborted");
  PLAN_CHECK(!reason.empty());
  const std::string place = describe_place("fuzz.sire", block, reason, context().blamed_words);
  PLAN_CHECK(place.starts_with("fuzz.sire:"));
  if (!failure.is_crash()) return;
  PLAN_CHECK(failure.op().is_nat());
  if (gc::hash_stream_bytes(failure.value()) > kFuzzWrittenBytes) return;
  const std::string shown = print_value_shallow(failure.value());
  PLAN_CHECK(rex::valid_utf8_prefix(shown) == shown.size());
}

bool FuzzSession::run(std::string_view text) {
  bool in_limits = true;
  {
    const Watchdog watchdog(session_);
    for (const rex::Block& block : rex::read_text(text)) {
      if (block.tree == nullptr || execute(block) || !aborted(context().failure)) continue;
      in_limits = false;
      if (context().failure.kind() == vm::OutcomeKind::kInterrupted) break;
    }
  }
  session_.clear_interrupt();
  show_names();
  return in_limits;
}

/// Prints what is bound, as the prompt does.
void FuzzSession::show_names() {
  constexpr size_t kNamesMax = 20;
  for (const std::string& name : session_.names_with_prefix("", kNamesMax)) {
    const std::optional<Value> value = session_.find(name);
    context().failure.clear();
    if (!value || gc::hash_stream_bytes(*value) > kFuzzWrittenBytes) continue;
    const std::string shown = print_binding(gc::make_cord(context().heap, name), *value);
    PLAN_CHECK(rex::valid_utf8_prefix(shown) == shown.size());
    PLAN_CHECK(shown.ends_with('\n'));
  }
}

std::optional<Hash256> FuzzSession::state_hash() {
  Value row;
  context().failure.clear();
  if (!context().state.save_row(row)) return std::nullopt;
  Result<Hash256> hash = gc::plan_hash(row);
  if (!hash) return std::nullopt;
  return *hash;
}

void run_setting(uint8_t setting, std::string_view text) {
  FuzzSession first(setting, false, true);
  const bool in_limits = first.run(text);
  if ((setting & kTwice) == 0) return;
  const std::optional<Hash256> hash = first.state_hash();
  if (!in_limits || !hash) return;
  const bool stress = (setting & kStress) != 0;
  if (stress && text.size() > kStressBytesMax) return;
  // Without jets, what the library does with numbers takes for ever.
  if (!stress && (setting & kHasLibrary) != 0) return;
  FuzzSession second(setting, stress, stress);
  if (!second.run(text)) return;
  const std::optional<Hash256> again = second.state_hash();
  if (again) PLAN_CHECK(*again == *hash);
}

}  // namespace

void sire_fuzz_one(std::span<const uint8_t> data) {
  if (data.empty()) return;
  run_setting(data[0], {reinterpret_cast<const char*>(data.data()) + 1, data.size() - 1});
}

}  // namespace plan::sire

#ifdef PLAN_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  plan::sire::sire_fuzz_one({data, size});
  return 0;
}
#endif
