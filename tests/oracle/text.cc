// tests/oracle/text.cc: a recursive reader and a recursive printer.
#include "tests/oracle/text.h"

#include <span>
#include <string>

namespace plan::oracle {

namespace {

using Terms = std::vector<Term*>;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name_character(char c) {
  return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

class Reader {
 public:
  Reader(Arena& arena, const Definitions& definitions, std::string_view text, const Stack& stack,
         std::string* error)
      : arena_(arena), definitions_(definitions), text_(text), stack_(stack), error_(error) {}

  Term* run(bool is_value) {
    Term* t = expression(is_value);
    if (t == nullptr) return nullptr;
    return at_end() ? t : fail("something follows");
  }

 private:
  Term* fail(const std::string& what) {
    if (error_->empty()) *error_ = "character " + std::to_string(at_) + ": " + what;
    return nullptr;
  }

  bool at_end() {
    while (at_ < text_.size() && text_[at_] == ' ') at_++;
    return at_ == text_.size();
  }

  bool accept(std::string_view token) {
    if (at_end() || text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }

  Term* expression(bool is_value) {
    if (stack_.is_used_up()) return fail("nested too deeply");
    if (at_end()) return fail("an expression expected");
    if (is_digit(text_[at_])) return number();
    if (accept("'")) return cord();
    if (accept("#")) return bar();
    if (accept("$")) return name();
    if (accept("<")) return pin();
    if (accept("{")) return law();
    if (accept("[")) return row(is_value);
    if (accept("%[")) return set();
    if (accept("=[")) return tab(is_value);
    if (accept("(") || accept("^(")) return application(is_value);
    return fail("an expression expected");
  }

  Term* number() {
    const size_t start = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) at_++;
    Nat n;
    mpz_set_str(n.get(), std::string(text_.substr(start, at_ - start)).c_str(), 10);
    return arena_.make_nat(n);
  }

  Term* cord() {
    const size_t end = text_.find('\'', at_);
    if (end == std::string_view::npos) return fail("' expected");
    Term* t = arena_.make_cord(text_.substr(at_, end - at_));
    at_ = end + 1;
    return t;
  }

  Term* bar() {
    std::vector<uint8_t> bytes;
    while (at_ + 1 < text_.size() && hex_digit(text_[at_]) >= 0) {
      const int low = hex_digit(text_[at_ + 1]);
      if (low < 0) return fail("an even number of hexadecimal digits expected");
      bytes.push_back(static_cast<uint8_t>(hex_digit(text_[at_]) * 16 + low));
      at_ += 2;
    }
    return arena_.make_bar(bytes);
  }

  Term* name() {
    const size_t start = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) at_++;
    const auto found = definitions_.find(text_.substr(start, at_ - start));
    return found == definitions_.end() ? fail("undefined name") : found->second;
  }

  Term* pin() {
    Term* item = expression(true);
    if (item == nullptr) return nullptr;
    return accept(">") ? arena_.make_pin(item) : fail("> expected");
  }

  Term* law() {
    Terms fields;
    if (!sequence("}", true, &fields)) return nullptr;
    if (fields.size() != 3) return fail("a law has three fields");
    return make_law(fields);
  }

  /// `fields` are values.
  Term* make_law(const Terms& fields) {
    if (fields[0]->kind != Kind::kNat) return fail("a law's name is a nat");
    if (fields[1]->kind != Kind::kNat) return fail("a law's number of arguments is a nat");
    if (fields[1]->number.is(0)) return fail("a law has arguments");
    return arena_.make_law(fields[0]->number, fields[1]->number, fields[2]);
  }

  Term* row(bool is_value) {
    Terms elements;
    if (!sequence("]", is_value, &elements)) return nullptr;
    return finish_value(arena_.make_row(elements), is_value);
  }

  Term* set() {
    Terms keys;
    return sequence("]", true, &keys) ? make_set(keys) : nullptr;
  }

  Term* make_set(const Terms& keys) {
    Term* row = finish_value(arena_.make_row(keys), true);
    Term* set = arena_.make_law(Nat(1), Nat(2), row);
    return set->is_set ? set : fail("keys must ascend");
  }

  Term* tab(bool is_value) {
    Terms keys;
    Terms values;
    while (!accept("]")) {
      Term* key = expression(true);
      if (key == nullptr) return nullptr;
      Term* value = expression(is_value);
      if (value == nullptr) return nullptr;
      keys.push_back(key);
      values.push_back(value);
    }
    Term* set = make_set(keys);
    if (set == nullptr) return nullptr;
    Term* row = finish_value(arena_.make_row(values), is_value);
    return finish_value(arena_.make_app(set, row), is_value);
  }

  static Term* finish_value(Term* t, bool is_value) {
    t->is_normal = is_value;
    return t;
  }

  Term* application(bool is_value) {
    Terms parts;
    if (!sequence(")", is_value, &parts)) return nullptr;
    if (parts.empty()) return fail("an application has a function");
    Term* t = parts[0];
    const bool is_law = is_nat(t, 0) && parts.size() == 4;
    if (is_value && is_law) return make_law({parts[1], parts[2], parts[3]});
    for (size_t i = 1; i < parts.size(); i++) {
      if (!is_value) {
        t = arena_.make_delay(t, parts[i]);
      } else if (t->arity > 1) {
        t = finish_value(arena_.make_app(t, parts[i]), true);
      } else {
        return fail("an application that is no value");
      }
    }
    return t;
  }

  bool sequence(std::string_view closer, bool is_value, Terms* parts) {
    while (!accept(closer)) {
      Term* part = expression(is_value);
      if (part == nullptr) return false;
      parts->push_back(part);
    }
    return true;
  }

  Arena& arena_;
  const Definitions& definitions_;
  std::string_view text_;
  const Stack& stack_;
  std::string* error_;
  size_t at_ = 0;
};

class Printer {
 public:
  Printer(size_t limit_bytes, const Stack& stack) : limit_bytes_(limit_bytes), stack_(stack) {}

  std::optional<std::string> take() {
    if (is_too_deep_) return std::nullopt;
    if (out_.size() > limit_bytes_) out_.resize(limit_bytes_);
    return std::move(out_);
  }

  void term(Term* t) {
    is_too_deep_ = is_too_deep_ || stack_.is_used_up();
    if (is_too_deep_ || out_.size() > limit_bytes_) return;
    t = value_of(t);
    switch (t->kind) {
      case Kind::kNat:
        return number(t->number);
      case Kind::kPin:
        out_ += '<';
        term(t->first);
        out_ += '>';
        return;
      case Kind::kLaw:
        return law(t);
      case Kind::kApp:
        return application(t);
      default:
        out_ += '?';  // no normal form
    }
  }

 private:
  void number(const Nat& n) {
    std::vector<char> digits(mpz_sizeinbase(n.get(), 10) + 2);
    out_ += mpz_get_str(digits.data(), 10, n.get());
  }

  void sequence(const Terms& parts) {
    for (size_t i = 0; i < parts.size(); i++) {
      if (i > 0) out_ += ' ';
      term(parts[i]);
    }
  }

  void bracket(const char* open, const Terms& parts, const char* close) {
    out_ += open;
    sequence(parts);
    out_ += close;
  }

  void law(Term* t) {
    std::vector<uint8_t> bytes;
    Terms parts;
    if (is_bar(t, &bytes)) {
      out_ += '#';
      for (const uint8_t byte : bytes) {
        out_ += "0123456789abcdef"[byte / 16];
        out_ += "0123456789abcdef"[byte % 16];
      }
    } else if (is_row(t, &parts)) {
      out_ += "[]";
    } else if (t->is_set) {
      is_row(t->first, &parts);
      bracket("%[", parts, "]");
    } else {
      out_ += '{';
      number(t->number);
      out_ += ' ';
      number(t->parameters);
      out_ += ' ';
      term(t->first);
      out_ += '}';
    }
  }

  void application(Term* t) {
    Terms keys;
    Terms parts;
    if (is_row(t, &parts)) return bracket("[", parts, "]");
    if (is_tab(t, &keys, &parts)) {
      Terms pairs;
      for (size_t i = 0; i < keys.size(); i++) pairs.insert(pairs.end(), {keys[i], parts[i]});
      return bracket("=[", pairs, "]");
    }
    const Spine spine = spine_of(t);
    parts = {spine.head};
    parts.insert(parts.end(), spine.arguments.begin(), spine.arguments.end());
    bracket("(", parts, ")");
  }

  size_t limit_bytes_;
  const Stack& stack_;
  bool is_too_deep_ = false;
  std::string out_;
};

}  // namespace

Term* read(Arena& arena, const Definitions& definitions, std::string_view text, const Stack& stack,
           std::string* error) {
  error->clear();
  return Reader(arena, definitions, text, stack, error).run(false);
}

Term* read_value(Arena& arena, const Definitions& definitions, std::string_view text,
                 const Stack& stack, std::string* error) {
  error->clear();
  return Reader(arena, definitions, text, stack, error).run(true);
}

std::optional<std::string> print(Term* value, size_t limit_bytes, const Stack& stack) {
  Printer printer(limit_bytes, stack);
  printer.term(value);
  return printer.take();
}

}  // namespace plan::oracle
