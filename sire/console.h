// sire/console.h: where the output of Sire goes, and values in its messages (spec/sire.md 8).
//
// What is to be shown is collected, and becomes text, which goes to the file descriptor in large
// pieces; flush() where somebody waits for it. Nothing here evaluates: values are normal forms.
// While much is shown without a flush a thread of its own makes the text.
//
// Threads    : used on the owner thread of the heap. See Note [Shown on another thread] in
//              sire/console.cc.
// Limits     : kHandedMax values wait for that thread.
#pragma once

#include "gc/hash.h"
#include "gc/heap.h"
#include "sire/rex_view.h"
#include "sire/show.h"

#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace plan::sire {

/// Values that the thread is given at a time: waking it costs about as much as showing one.
inline constexpr size_t kHandedTogether = 64;
inline constexpr size_t kHandedMax = size_t{1} << 13;
/// Parts of a value that are still shown when Ctrl-C came before its turn.
inline constexpr uint64_t kLatePartsMax = uint64_t{1} << 12;

struct ConsoleOptions {
  int descriptor = 1;
  bool quiet = false;  ///< values, bindings and traces are not shown
  /// Ctrl-C: what is being shown then is given up, and said to be.
  ShowOptions show = {};
};

class Console {
 public:
  /// What is shown are values in `heap`, of which this is the only console.
  Console(const ConsoleOptions& options, gc::Heap& heap);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// A value, or, if it is a Rex value, its source text.
  void print_value(Value v);
  /// `name` = value, with the definitions of its outermost pins.
  void print_binding(Value name, Value v);
  /// The value and everything below it.
  void print_deep(Value v);
  /// Shown even if quiet.
  void print_text(std::string_view text);
  void flush();

  void set_quiet(bool quiet) { options_.quiet = quiet; }
  bool is_quiet() const { return options_.quiet; }
  const ShowOptions& show_options() const { return options_.show; }
  /// Why some output was lost before the last flush; empty if none was.
  const std::string& error() const { return error_; }

 private:
  enum class Form : uint8_t { kValue, kBinding, kDeep, kText };
  struct Item {
    Form form;
    Value value;
    Value name;        ///< of a binding
    std::string text;  ///< of a text
  };

  void add(Item item);
  void hand_over();
  /// Shows what was handed over; the thread has nothing to do then. No hash is published, for when
  /// this is called depends on how fast the thread is.
  void catch_up();
  /// Shows all that was collected, in order.
  void settle();
  void show(const Item& item);
  static std::string text_of(const Item& item, ValuePrinter& printer);
  std::string beginning_of(const Item& item);
  void write_text();
  void show_handed();

  gc::Heap& heap_;
  ConsoleOptions options_;
  std::vector<Item> items_;

  // Of the thread while it is busy.
  gc::FoundHashes hashes_;
  ValuePrinter printer_;
  std::string buffer_;
  std::string error_;

  std::thread thread_;
  std::mutex mutex_;                 // guards what follows
  std::condition_variable changed_;  // any of it
  std::vector<Item> handed_;
  bool is_busy_ = false;
  bool is_last_ = false;  // nothing will be handed over any more
};

/// The text of a value, as it stands in messages.
std::string value_text(Value v);
/// The printed form of a value, as a Rex value.
Value value_as_rex(RexValueMaker& maker, Value v);

}  // namespace plan::sire
