// gc/text.cc: a reader with one stack of values and one of open brackets.
#include "gc/text.h"

#include "gc/build.h"
#include "gc/make.h"
#include "value/nat_decimal.h"
#include "value/object.h"

#include <string>
#include <vector>

namespace plan::gc {

namespace {

class Reader {
 public:
  Reader(Heap& heap, std::string_view text) : heap_(heap), text_(text) {}

  Result<Value> run() {
    do {
      skip_spaces();
      if (at_ == text_.size()) return fail("a value expected");
      PLAN_TRY_STATUS(step());
    } while (!frames_.empty());
    skip_spaces();
    if (at_ != text_.size()) return fail("something follows the value");
    return values_.back();
  }

 private:
  /// An open bracket; `kind` is its first character. Its values are those from `base` on.
  struct Frame {
    char kind;
    char closer;
    size_t base;
  };

  Error fail(const std::string& what) const {
    return {"TEXT", "value text, at character " + std::to_string(at_) + ": " + what};
  }

  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') at_++;
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  /// Reads one token, which may open or close a bracket.
  Status step() {
    const char c = text_[at_];
    if (!frames_.empty() && c == frames_.back().closer) {
      at_++;
      return close();
    }
    if (is_digit(c)) return number();
    if (c == '\'') return cord();
    if (c == '#') return bar();
    const bool is_double = (c == '%' || c == '=' || c == '^') && at_ + 1 < text_.size();
    const char bracket = is_double ? text_[at_ + 1] : c;
    const char closer = closer_of(bracket);
    const bool fits = c == '^' ? bracket == '(' : !is_double || bracket == '[';
    if (closer == 0 || !fits) return fail("a value expected");
    at_ += is_double ? 2 : 1;
    frames_.push_back({c, closer, values_.size()});
    return Unit{};
  }

  static char closer_of(char bracket) {
    switch (bracket) {
      case '(':
        return ')';
      case '[':
        return ']';
      case '{':
        return '}';
      case '<':
        return '>';
      default:
        return 0;
    }
  }

  Status number() {
    const size_t start = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) at_++;
    values_.push_back(make_nat(heap_, nat::from_decimal(text_.substr(start, at_ - start))));
    return Unit{};
  }

  Status cord() {
    const size_t end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return fail("unfinished text");
    values_.push_back(make_cord(heap_, text_.substr(at_ + 1, end - at_ - 1)));
    at_ = end + 1;
    return Unit{};
  }

  static int digit_value(char c) {
    if (is_digit(c)) return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  Status bar() {
    std::vector<uint8_t> bytes;
    at_++;
    while (at_ + 1 < text_.size() && digit_value(text_[at_]) >= 0) {
      const int low = digit_value(text_[at_ + 1]);
      if (low < 0) return fail("half a byte");
      bytes.push_back(static_cast<uint8_t>(digit_value(text_[at_]) * 16 + low));
      at_ += 2;
    }
    values_.push_back(make_bar(heap_, bytes));
    return Unit{};
  }

  Status close() {
    const Frame frame = frames_.back();
    frames_.pop_back();
    const std::span<const Value> parts = std::span(values_).subspan(frame.base);
    PLAN_TRY(const Value made, build(frame.kind, parts));
    values_.resize(frame.base);
    values_.push_back(made);
    return Unit{};
  }

  Result<Value> build(char kind, std::span<const Value> parts) {
    switch (kind) {
      case '[':
        return make_row(heap_, parts);
      case '%':
        return build_set(parts);
      case '=':
        return build_tab(parts);
      case '<':
        if (parts.size() != 1) return fail("a pin has one item");
        return build_application(heap_, small_nat(4), parts);
      case '{':
        if (parts.size() != 3) return fail("a law has three parts");
        return build_application(heap_, small_nat(0), parts);
      default:
        if (parts.empty()) return fail("an application without a function");
        return build_application(heap_, parts[0], parts.subspan(1));
    }
  }

  Result<Value> build_set(std::span<const Value> keys) {
    const Value law[] = {small_nat(1), small_nat(2), make_row(heap_, keys)};
    PLAN_TRY(const Value made, build_application(heap_, small_nat(0), law));
    if (!is_set(made)) return fail("keys must be strictly ascending");
    return made;
  }

  Result<Value> build_tab(std::span<const Value> pairs) {
    if (pairs.size() % 2 != 0) return fail("a key without a value");
    std::vector<Value> keys;
    std::vector<Value> values;
    for (size_t i = 0; i < pairs.size(); i += 2) {
      keys.push_back(pairs[i]);
      values.push_back(pairs[i + 1]);
    }
    PLAN_TRY(const Value set, build_set(keys));
    return make_tab(heap_, set, make_row(heap_, values));
  }

  Heap& heap_;
  std::string_view text_;
  size_t at_ = 0;
  std::vector<Value> values_;
  std::vector<Frame> frames_;
};

}  // namespace

Result<Value> read_value_text(Heap& heap, std::string_view text) {
  return Reader(heap, text).run();
}

}  // namespace plan::gc
