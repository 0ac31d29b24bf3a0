// sire/context.cc: failures with their place, and keys.
#include "sire/context.h"

#include "gc/make.h"
#include "sire/show.h"
#include "value/nat_decimal.h"

#include <algorithm>
#include <array>

namespace plan::sire {

Context::Context(vm::Evaluator& evaluator_, Console& console_)
    : evaluator(evaluator_),
      heap(evaluator_.heap()),
      console(console_),
      failure(heap),
      symbols(heap),
      bindings(heap),
      state(evaluator, symbols, bindings, failure),
      rex(heap),
      macro_error(heap),
      macro_success(heap),
      inlining{symbols, bindings, permanent, nullptr},
      nodes(heap),
      constants(heap) {
  const Value cow = gc::make_cow(heap, small_nat(3));
  macro_error.set(gc::make_partial(heap, cow, std::array{small_nat(0)}));
  macro_success.set(gc::make_partial(heap, cow, std::array{small_nat(1)}));
}

namespace {

/// The first words of a Rex value, as they were written.
std::vector<std::string> words_of(Value rex) {
  constexpr size_t kPartsMax = 64;
  std::vector<std::string> words;
  std::vector<Value> work{rex};
  for (size_t parts = 0; !work.empty() && parts < kPartsMax; ++parts) {
    const RexView view = view_rex(work.back());
    work.pop_back();
    if (view.is_leaf()) words.push_back(nat_text(view.text));
    if (words.size() == kBlamedWordsMax) break;
    if (view.is_leaf() && view.has_heir()) work.push_back(view.heir);
    if (!view.is_node()) continue;
    const bool is_bracket =
        view.form == RexForm::kNest && (view.text == small_nat('|') || view.text == small_nat(','));
    const bool is_between = view.form == RexForm::kShut || view.form == RexForm::kInfix;
    if (!is_bracket && !is_between) words.push_back(nat_text(view.text));
    for (uint64_t i = std::min<uint64_t>(view.kid_count(), kPartsMax); i-- > 0;) {
      work.push_back(view.kid(i));
    }
  }
  return words;
}

}  // namespace

void begin_block(Context& context, Value rex, std::string_view file, uint64_t line) {
  context.file = file;
  context.line = line;
  context.failure.clear();
  context.first_reason.clear();
  context.blamed_words.clear();
  context.nodes.values.assign(1, rex);
  context.constants.clear();
  context.arena.clear();
}

bool Context::fail_about(std::string_view op, std::string_view what, Value problem,
                         std::string_view reason) {
  if (first_reason.empty()) {
    first_reason = reason;
    blamed_words = words_of(problem);
  }
  const Value hash = symbols.nat(kRuneHash);
  const auto link = [&](std::string_view name, Value about, Value next) {
    return rex.node(RexForm::kOpen, hash, std::array{rex.word(name), about}, next);
  };
  const Value place = rex.node(RexForm::kShut, gc::make_cord(heap, ":"),
                               std::array{rex.word(file), rex.word(std::to_string(line))});
  Value report = link("reason", rex.word(reason), small_nat(0));
  report = link(what, problem, report);
  report = link("where", place, report);
  const Value block =
      nodes.values.empty() ? rex.leaf(RexForm::kText, small_nat(0)) : nodes.values[0];
  report = link("block", block, report);
  return failure.crash(gc::make_cord(heap, op), report);
}

bool Context::fail(Value problem, std::string_view reason) {
  return fail_about("Failed to Parse Sire", "problem", problem, reason);
}

bool Context::fail_macro(Value input, Value message) {
  return fail_about("Macro Failure!", "trouble", input, print_key(message));
}

namespace {

Value read_decimal(gc::Heap& heap, std::string_view digits) {
  constexpr size_t kSmallDigits = 18;  // below 2^63 for certain
  if (digits.size() > kSmallDigits) return gc::make_nat(heap, nat::from_decimal(digits));
  uint64_t n = 0;
  for (const char c : digits) n = n * 10 + static_cast<uint64_t>(c - '0');
  return small_nat(n);
}

}  // namespace

KeyReading read_key_leaf(gc::Heap& heap, const RexView& view) {
  KeyReading result;
  if (!view.is_leaf() || view.form == RexForm::kLine || view.has_heir()) return result;
  result.nat = view.text;
  if (view.form == RexForm::kText) {
    result.is_key = true;
    return result;
  }
  uint64_t scratch = 0;
  const std::string_view text = nat_text(view.text, scratch);
  if (text.empty()) return result;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!is_digit(text.front())) {
    result.is_key = true;
    result.is_word = true;
    return result;
  }
  for (const char c : text) {
    if (!is_digit(c)) return result;
  }
  result.is_key = true;
  result.is_number = true;
  result.nat = read_decimal(heap, text);
  return result;
}

}  // namespace plan::sire
