// sire/session.cc: an evaluator, a console and the state of Sire, put together.
#include "sire/session.h"

#include "base/base58.h"
#include "base/file.h"
#include "gc/hash.h"
#include "gc/make.h"
#include "sire/execute.h"
#include "sire/place.h"
#include "sire/plan_rex.h"
#include "sire/show.h"
#include "sire/tab.h"

#include <algorithm>
#include <array>

namespace plan::sire {

namespace {

constexpr int kStandardError = 2;
constexpr size_t kJetNameColumn = 20;

std::string padded(const std::string& text, size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
}

}  // namespace

namespace {

/// Showing a value stops at Ctrl-C, and takes about as much memory as the heap may, at most.
ConsoleOptions with_limits(ConsoleOptions console, const gc::Heap& heap,
                           const std::atomic<bool>& interrupt) {
  console.show.interrupt = &interrupt;
  console.show.parts_max = std::min(kPartsMax, heap.config().limit_bytes / kPartBytes);
  return console;
}

}  // namespace

Session::Session(const SessionOptions& options)
    : options_(options),
      evaluator_(options.evaluator),
      console_(with_limits(options.console, evaluator_.heap(), interrupt_), evaluator_.heap()),
      context_(evaluator_, console_),
      loader_(context_) {
  context_.interrupt = &interrupt_;
  context_.inlining.interrupt = &interrupt_;
  evaluator_.set_trace_sink(trace, this);
  evaluator_.set_fallback_sink(fallback, this);
  evaluator_.set_match_sink(jet_match, this);
  if (!options.cache_folder.empty()) {
    cache_.emplace(context_, options.cache_folder);
    loader_.use_cache(&*cache_);
  }
}

Session::~Session() = default;

// --- What evaluation reports.

void Session::trace(void* session, Value message, bool deep) {
  auto& console = static_cast<Session*>(session)->console_;
  deep ? console.print_deep(message) : console.print_value(message);
}

void Session::fallback(void*, Value frame, bool) {
  write_all(kStandardError, "deopt:" + print_listing(frame) + "\n");
}

void Session::jet_match(void* session, Value pin, bool matched) {
  auto& self = *static_cast<Session*>(session);
  if (matched ? !self.options_.trace_jets : self.options_.mismatch == Mismatch::kIgnore) return;
  if (!matched && self.options_.mismatch == Mismatch::kCrash) {
    self.has_mismatch_ = true;
    self.console_.flush();
    self.request_interrupt();
  }
  const std::string name = nat_text(law_name(pin_item(pin)));
  Result<const Hash256*> hash = gc::pin_hash(pin);
  std::string text = padded(name, kJetNameColumn) + (matched ? "MATCHED\n" : "NOT MATCHED\n");
  text += "    , e \"" + name + "\"";
  text += padded(" ", kJetNameColumn - std::min(kJetNameColumn, name.size()));
  text += "\"" + (hash ? base58(**hash) : std::string("?")) + "\"\n";
  write_all(kStandardError, text);
}

// --- Modules.

LoadResult Session::load(const std::string& module) {
  return loader_.load(module);
}

std::optional<Value> Session::find(std::string_view name) {
  const Binding* binding = nullptr;
  const Symbol symbol = context_.symbols.intern(name);
  if (context_.state.lookup(symbol, binding) != Found::kYes) return std::nullopt;
  return binding->value();
}

std::vector<std::string> Session::names_with_prefix(std::string_view prefix, size_t count_max) {
  std::vector<std::string> names;
  Value scope;
  if (!context_.state.get_scope(scope)) return names;
  for (uint64_t i = 0; i < tab_size(scope) && names.size() < count_max; ++i) {
    const Value key = tab_key(scope, i);
    if (!key.is_nat()) continue;
    std::string name = nat_text(key);
    if (name.compare(0, prefix.size(), prefix) == 0) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

// --- The prompt.

bool Session::begin_prompt(const std::string& module) {
  console_.set_quiet(false);
  Symbol name = context_.symbols.intern(module);
  if (!module.empty()) {  // it may have declared another name than its file has
    Value declared;
    if (!context_.state.get_context(declared)) return false;
    if (declared.is_nat()) name = context_.symbols.intern(declared);
  }
  const std::array<Value, 1> sons = {context_.rex.word(module)};
  const Value rune = context_.symbols.nat(kRuneImport);
  begin_block(context_, context_.rex.node(RexForm::kOpen, rune, sons), "REPL", 0);
  if (!context_.state.switch_to(kReplName)) return false;
  if (module.empty() || import_module(context_, Node{0}, name)) return true;
  return wrap_failure(context_);
}

void Session::feed_line(std::string_view line) {
  std::vector<rex::Block> blocks;
  reader_.feed(line, blocks);
  run_blocks(blocks);
}

void Session::end_input() {
  std::vector<rex::Block> blocks;
  reader_.finish(blocks);
  run_blocks(blocks);
}

void Session::run_blocks(const std::vector<rex::Block>& blocks) {
  for (const rex::Block& block : blocks) {
    if (block.tree == nullptr) {
      console_.flush();
      report_bad_rex("REPL", block);
    } else {
      run_block(block);
    }
  }
  console_.flush();
}

void Session::run_block(const rex::Block& block) {
  const gc::Root before(context_.heap, context_.state.row());
  const Value rex = value_of_rex(context_.rex, block.tree);
  if (execute_block(context_, rex, "REPL", block.first_line)) return;
  print_failure();
  console_.flush();
  if (context_.failure.is_crash()) report_place(context_, "REPL", block);
  clear_interrupt();
  context_.state.adopt(before.get());
  context_.nodes.values.clear();
}

void Session::print_failure() {
  const Failure& failure = context_.failure;
  if (failure.is_crash()) {
    const std::array<Value, 3> row = {gc::make_cord(context_.heap, "crash"), failure.op(),
                                      failure.value()};
    console_.print_text(
        print_value_shallow(gc::make_row(context_.heap, row), console_.show_options()));
    return;
  }
  console_.flush();
  write_all(kStandardError, std::string(abort_text(failure.kind())) + "\n");
}

void Session::request_interrupt() {
  interrupt_.store(true, std::memory_order_relaxed);
  evaluator_.request_interrupt();
}

void Session::clear_interrupt() {
  interrupt_.store(false, std::memory_order_relaxed);
  evaluator_.clear_interrupt();
}

}  // namespace plan::sire
