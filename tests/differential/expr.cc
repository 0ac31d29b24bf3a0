// tests/differential/expr.cc: building, printing and reading program trees.
#include "tests/differential/expr.h"

#include <utility>

namespace plan::differential {

namespace {

struct Brackets {
  const char* open;
  const char* close;
};

Brackets brackets_of(Form form) {
  switch (form) {
    case Form::kNat:
      return {"", ""};
    case Form::kBar:
      return {"#", ""};
    case Form::kName:
      return {"$", ""};
    case Form::kApp:
      return {"(", ")"};
    case Form::kRow:
      return {"[", "]"};
    case Form::kPin:
      return {"<", ">"};
    case Form::kLaw:
      return {"{", "}"};
    case Form::kSet:
      return {"%[", "]"};
    case Form::kTab:
      return {"=[", "]"};
  }
  return {"", ""};
}

bool is_leaf(Form form) {
  return form == Form::kNat || form == Form::kBar || form == Form::kName;
}

void print(const Expr& e, std::string* out) {
  const Brackets brackets = brackets_of(e.form);
  *out += brackets.open;
  if (is_leaf(e.form)) *out += e.text;
  for (size_t i = 0; i < e.parts.size(); i++) {
    if (i > 0) *out += ' ';
    print(e.parts[i], out);
  }
  *out += brackets.close;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::optional<Expr> run() {
    std::optional<Expr> e = expression();
    skip_spaces();
    if (at_ != text_.size()) return std::nullopt;
    return e;
  }

 private:
  void skip_spaces() {
    while (at_ < text_.size() && text_[at_] == ' ') at_++;
  }

  bool accept(std::string_view token) {
    skip_spaces();
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }

  std::string_view take_while(bool (*belongs)(char)) {
    const size_t start = at_;
    while (at_ < text_.size() && belongs(text_[at_])) at_++;
    return text_.substr(start, at_ - start);
  }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_name(char c) {
    return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  std::optional<Expr> expression() {
    skip_spaces();
    if (at_ < text_.size() && is_digit(text_[at_])) {
      return big_nat(std::string(take_while(is_digit)));
    }
    if (accept("'")) return cord();
    if (accept("$")) return name(std::string(take_while(is_name)));
    if (accept("#")) return bar(std::string(take_while(is_name)));
    accept("^");
    for (const Form form :
         {Form::kApp, Form::kRow, Form::kPin, Form::kLaw, Form::kSet, Form::kTab}) {
      const Brackets brackets = brackets_of(form);
      if (accept(brackets.open)) return bracketed(form, brackets.close);
    }
    return std::nullopt;
  }

  /// A cord of at most eight bytes, as the nat that it is.
  std::optional<Expr> cord() {
    const size_t end = text_.find('\'', at_);
    if (end == std::string_view::npos || end - at_ > 8) return std::nullopt;
    uint64_t n = 0;
    for (size_t i = end; i > at_; i--) n = n * 256 + static_cast<uint8_t>(text_[i - 1]);
    at_ = end + 1;
    return nat(n);
  }

  std::optional<Expr> bracketed(Form form, std::string_view close) {
    Expr e{form, "", {}};
    while (!accept(close)) {
      std::optional<Expr> part = expression();
      if (!part) return std::nullopt;
      e.parts.push_back(std::move(*part));
    }
    return e;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

Expr nat(uint64_t n) {
  return {Form::kNat, std::to_string(n), {}};
}
Expr big_nat(std::string decimal) {
  return {Form::kNat, std::move(decimal), {}};
}
Expr bar(std::string hex) {
  return {Form::kBar, std::move(hex), {}};
}
Expr name(std::string text) {
  return {Form::kName, std::move(text), {}};
}
Expr app(std::vector<Expr> parts) {
  return {Form::kApp, "", std::move(parts)};
}
Expr row(std::vector<Expr> elements) {
  return {Form::kRow, "", std::move(elements)};
}
Expr pin(Expr item) {
  return {Form::kPin, "", {std::move(item)}};
}
Expr law(uint64_t name, uint64_t arguments, Expr body) {
  return {Form::kLaw, "", {nat(name), nat(arguments), std::move(body)}};
}
Expr set(std::vector<Expr> keys) {
  return {Form::kSet, "", std::move(keys)};
}
Expr tab(std::vector<Expr> keys_and_values) {
  return {Form::kTab, "", std::move(keys_and_values)};
}

std::string to_text(const Expr& e) {
  std::string text;
  print(e, &text);
  return text;
}

std::optional<Expr> parse(std::string_view text) {
  return Parser(text).run();
}

size_t size_of(const Expr& e) {
  size_t size = 1;
  for (const Expr& part : e.parts) size += size_of(part);
  return size;
}

}  // namespace plan::differential
