// sire/console.cc: what Sire prints.
//
// Note [Shown on another thread]
//   Loading a library shows every definition, which takes a sixth of the work. It is done where the
//   values are, without a copy: a normal form does not change. What is written to is its headers,
//   flags and a law's info index, as words; the thread reads kinds and sizes in them, which stay.
//   Nothing moves or goes away but in a collection, and that waits until everything is shown
//   (Heap::before_collection). Hashes are needed to tell pins of the same name apart; they are kept
//   beside, and come into the regions when the thread stands still, for what is known at any point
//   of a run must not depend on which thread was faster: comparisons look at it, and the cache of
//   modules stores it. Price: headers that one thread reads and the other writes, in the eyes of
//   C++ a race. ThreadSanitizer finds those and nothing else in loads of the reference's library;
//   as relaxed atomics they take 2.7 % more instructions, for they are read again and again.
#include "sire/console.h"

#include "base/file.h"
#include "base/interrupt.h"
#include "sire/plan_rex.h"
#include "sire/rex_print.h"

#include <algorithm>
#include <iterator>

namespace plan::sire {

namespace {
constexpr size_t kBufferBytes = size_t{1} << 16;
constexpr int kStandardError = 2;

ShowOptions with_hashes(ShowOptions options, gc::FoundHashes& hashes) {
  options.hashes = &hashes;
  return options;
}
}  // namespace

Console::Console(const ConsoleOptions& options, gc::Heap& heap)
    : heap_(heap), options_(options), printer_(with_hashes(options.show, hashes_)) {
  PLAN_CHECK(heap_.before_collection == nullptr);
  heap_.before_collection = [](void* console) { static_cast<Console*>(console)->settle(); };
  heap_.before_collection_context = this;
}

Console::~Console() {
  flush();
  heap_.before_collection = nullptr;
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_last_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Console::add(Item item) {
  items_.push_back(std::move(item));
  if (items_.size() == kHandedTogether) hand_over();
}

void Console::print_value(Value v) {
  if (!options_.quiet) add({Form::kValue, v, {}, {}});
}

void Console::print_binding(Value name, Value v) {
  if (!options_.quiet) add({Form::kBinding, v, name, {}});
}

void Console::print_deep(Value v) {
  if (!options_.quiet) add({Form::kDeep, v, {}, {}});
}

void Console::print_text(std::string_view text) {
  add({Form::kText, {}, {}, std::string(text)});
}

void Console::flush() {
  settle();
  write_text();
}

// --- The thread.

void Console::hand_over() {
  if (!thread_.joinable()) thread_ = std::thread([this] { show_handed(); });
  bool is_behind = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::move(items_.begin(), items_.end(), std::back_inserter(handed_));
    is_behind = handed_.size() >= kHandedMax;
  }
  items_.clear();
  changed_.notify_all();
  if (is_behind) catch_up();
}

void Console::catch_up() {
  if (!thread_.joinable()) return;
  std::vector<Item> rest;
  std::unique_lock<std::mutex> lock(mutex_);
  rest.swap(handed_);
  changed_.wait(lock, [this] { return !is_busy_; });
  for (const Item& item : rest) show(item);
}

void Console::settle() {
  catch_up();
  for (const Item& item : items_) show(item);
  items_.clear();
  hashes_.publish();
}

void Console::show_handed() {
  leave_interrupts_to_others();
  std::vector<Item> items;
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_last_ || !handed_.empty(); });
    if (handed_.empty()) return;
    items.swap(handed_);
    is_busy_ = true;
    lock.unlock();
    for (const Item& item : items) show(item);
    items.clear();
    lock.lock();
    is_busy_ = false;
    changed_.notify_all();
  }
}

// --- Text. On either thread.

void Console::write_text() {
  // By pieces: somebody may lose patience with a terminal that shows a long text. The first one is
  // always shown, because it may say what was done before Ctrl-C.
  std::string_view text = buffer_;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kBufferBytes);
    if (!write_all(options_.descriptor, piece) && error_.empty()) error_ = last_error_text();
    text.remove_prefix(piece.size());
    if (options_.show.is_interrupted()) break;
  }
  buffer_.clear();
}

std::string Console::text_of(const Item& item, ValuePrinter& printer) {
  switch (item.form) {
    case Form::kValue:
      return printer.print_shallow(item.value);
    case Form::kBinding:
      return printer.print_binding(item.name, item.value);
    case Form::kDeep:
      return print_full(item.value, printer.options());
    case Form::kText:
      return item.text;
  }
  PLAN_UNREACHABLE();
}

/// Of a value whose turn comes after Ctrl-C.
std::string Console::beginning_of(const Item& item) {
  ShowOptions brief = printer_.options();
  brief.interrupt = nullptr;
  brief.parts_max = std::min(brief.parts_max, kLatePartsMax);
  ValuePrinter printer(brief);
  return text_of(item, printer);
}

void Console::show(const Item& item) {
  // Ctrl-C is about what is being shown then, and what was done before is to be seen.
  const bool is_late = options_.show.is_interrupted();
  const std::string text = is_late ? beginning_of(item) : text_of(item, printer_);
  if (!is_late && item.form != Form::kText && options_.show.is_interrupted()) {
    write_text();
    write_all(kStandardError, "printing was interrupted\n");
    return;
  }
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) write_text();
}

std::string value_text(Value v) {
  rex::Arena arena;
  return rex::print_tall(value_rex(arena, v));
}

Value value_as_rex(RexValueMaker& maker, Value v) {
  rex::Arena arena;
  return value_of_rex(maker, value_rex(arena, v));
}

}  // namespace plan::sire
