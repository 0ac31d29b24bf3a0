// sire/session.h: an evaluator, a console and the state of Sire, put together.
//
// Lifecycle  : load() a module, or none; then look up names, or begin a prompt and feed it lines.
// Threads    : made, used and destroyed on one thread, which has a large stack
//              (base/large_stack.h); request_interrupt() may come from anywhere.
#pragma once

#include "sire/cache.h"
#include "sire/console.h"
#include "sire/context.h"
#include "sire/loader.h"
#include "sire/rex_reader.h"
#include "vm/eval.h"

#include <atomic>
#include <optional>
#include <string>
#include <vector>

namespace plan::sire {

enum class Mismatch : uint8_t { kIgnore, kWarn, kCrash };

struct SessionOptions {
  vm::Options evaluator;
  ConsoleOptions console;
  std::string cache_folder;             ///< empty: no cache
  Mismatch mismatch = Mismatch::kWarn;  ///< -M
  bool trace_jets = false;              ///< say when a jet matches, too
};

class Session {
 public:
  explicit Session(const SessionOptions& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs the module and all before it, or takes what they leave from the cache.
  LoadResult load(const std::string& module);
  void observe_modules(ModuleObserver observer) { loader_.observe(observer); }

  /// The value bound to a name. Nothing if it is not bound, or the state is broken.
  std::optional<Value> find(std::string_view name);
  /// Names in scope that begin with `prefix`, in order.
  std::vector<std::string> names_with_prefix(std::string_view prefix, size_t count_max);

  /// Begins a prompt: a fresh context, with all of `module` in scope if it is not empty. False
  /// after recording a failure.
  bool begin_prompt(const std::string& module);
  /// One line of input, without its end. Executes what is complete.
  void feed_line(std::string_view line);
  void end_input();
  /// Is more input needed to complete what was begun?
  bool is_inside_block() const { return reader_.is_inside_block(); }
  /// Forgets what was begun.
  void drop_input() { reader_ = rex::Reader(); }

  /// Prints the failure recorded: a crash as the row [%crash op value], anything else on standard
  /// error.
  void print_failure();

  /// Asynchronous and safe in signal handlers: stops what is being read or evaluated.
  void request_interrupt();
  void clear_interrupt();

  Context& context() { return context_; }
  Console& console() { return console_; }
  vm::Evaluator& evaluator() { return evaluator_; }
  /// A jet-named law did not match and SessionOptions::mismatch is kCrash.
  bool has_mismatch() const { return has_mismatch_; }

 private:
  void run_blocks(const std::vector<rex::Block>& blocks);
  void run_block(const rex::Block& block);
  static void trace(void* session, Value message, bool deep);
  static void fallback(void* session, Value frame, bool deep);
  static void jet_match(void* session, Value pin, bool matched);

  SessionOptions options_;
  std::atomic<bool> interrupt_{false};
  vm::Evaluator evaluator_;
  Console console_;
  Context context_;
  std::optional<StateCache> cache_;
  Loader loader_;
  rex::Reader reader_;
  bool has_mismatch_ = false;
};

}  // namespace plan::sire
