// vm/ir_text.cc: names of constants, the printer, and a reader by recursive descent.
#include "vm/ir_text.h"

#include "base/check.h"
#include "gc/make.h"
#include "gc/text.h"
#include "value/nat_decimal.h"
#include "value/object.h"
#include "vm/ir_build.h"

#include <algorithm>

namespace plan::vm {

namespace {

constexpr size_t kColumnsMax = 96;      ///< wider expressions take several lines
constexpr size_t kCordBytesMin = 3;     ///< shorter texts print as numbers
constexpr size_t kLiteralPartsMax = 8;  ///< rows and sets with more get a name
constexpr size_t kLiteralBytesMax = 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '~';
}
bool is_name_character(char c) {
  return is_name_start(c) || is_digit(c) || c == '.' || c == '-';
}
bool is_cow_name(std::string_view name) {
  return name.size() > 1 && name[0] == 'C' && std::all_of(name.begin() + 1, name.end(), is_digit);
}

/// The bytes of a nat, without zeros on top.
std::string nat_bytes(Value v) {
  uint64_t scratch = 0;
  std::string bytes;
  for (const uint64_t limb : nat_limbs(v, scratch)) {
    for (unsigned shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(limb >> shift);
  }
  bytes.resize(bytes.find_last_not_of('\0') + 1);
  return bytes;
}

std::string law_text_name(Value law) {
  std::string name = nat_bytes(law_name(law));
  if (!std::any_of(name.begin(), name.end(), is_name_start)) return "law";
  std::replace_if(
      name.begin(), name.end(), [](char c) { return !is_name_character(c); }, '_');
  return name;
}

std::string made_up_name(Value v) {
  const Value item = is_pin(v) ? pin_item(v) : v;
  if (is_law(item)) {
    return is_pin(v) ? law_text_name(item) : "~" + law_text_name(item);
  }
  if (v.is_thunk()) return "thunk";
  switch (v.object()->kind()) {
    case Kind::kPin:
      return "pin";
    case Kind::kClosure:
      return "closure";
    case Kind::kRow:
      return "row";
    case Kind::kTab:
      return "tab";
    case Kind::kSet:
      return "set";
    case Kind::kBar:
      return "bar";
    default:
      return "value";
  }
}

void add_hex(std::span<const uint8_t> bytes, std::string& out) {
  for (const uint8_t byte : bytes) {
    out += "0123456789abcdef"[byte / 16];
    out += "0123456789abcdef"[byte % 16];
  }
}

void add_nat(Value v, std::string& out) {
  const std::string bytes = nat_bytes(v);
  const bool is_text = bytes.size() >= kCordBytesMin &&
                       std::all_of(bytes.begin(), bytes.end(),
                                   [](char c) { return c >= ' ' && c <= '~' && c != '\''; });
  if (is_text) {
    out += "'" + bytes + "'";
    return;
  }
  uint64_t scratch = 0;
  out += nat::to_decimal(nat_limbs(v, scratch));
}

/// Appends `v` if it is a nat or a short bar.
bool add_atom(Value v, std::string& out) {
  if (v.is_nat()) {
    add_nat(v, out);
    return true;
  }
  if (!is_bar(v) || bar_bytes(v).size() > kLiteralBytesMax) return false;
  out += '#';
  add_hex(bar_bytes(v), out);
  return true;
}

/// Appends `v` if it is short: an atom, a row constructor, or a row or set of atoms.
bool add_literal(Value v, std::string& out) {
  if (add_atom(v, out)) return true;
  if (is_cow(v) && cow_size(v).is_small()) {
    out += "C" + std::to_string(cow_size(v).small());
    return true;
  }
  if (!is_row(v) && !is_set(v)) return false;
  const Value row = is_set(v) ? set_keys(v) : v;
  if (row_size(row) > kLiteralPartsMax) return false;
  std::string text = is_set(v) ? "%[" : "[";
  for (uint64_t i = 0; i < row_size(row); ++i) {
    if (i != 0) text += ' ';
    if (!add_atom(row_at(row, i), text)) return false;
  }
  out += text + "]";
  return true;
}

class Printer {
 public:
  Printer(const Law& law, ConstantNames& names) : law_(law), names_(names) {}

  std::string law() {
    out_ = "law";
    for (uint32_t v = 1; v <= law_.args; ++v) out_ += " " + variable(v);
    out_ += " {\n";
    for (uint32_t i = 0; i < law_.lets.size(); ++i) {
      out_ += "  " + variable(1 + law_.args + i) + " = ";
      expression(law_.lets[i], 4);
      out_ += "\n";
    }
    out_ += "  ";
    expression(law_.body, 4);
    return std::move(out_) + "\n}\n";
  }

  std::string line(const Expr* e) {
    flat(e);
    return std::move(out_);
  }

 private:
  std::string variable(uint32_t v) const {
    if (v == 0) return "self";
    return (v <= law_.args ? "a" : "v") + std::to_string(v);
  }

  void flat(const Expr* e) {
    switch (e->kind) {
      case Expr::Kind::kVariable:
        out_ += variable(e->variable);
        return;
      case Expr::Kind::kConstant:
        out_ += print_constant(e->value, names_);
        return;
      case Expr::Kind::kDeferred:
        out_ += "?" + print_constant(e->value, names_);
        return;
      case Expr::Kind::kApply:
        out_ += '(';
        flat(e->head);
        for (const Expr* a : e->args) {
          out_ += ' ';
          flat(a);
        }
        out_ += ')';
        return;
    }
  }

  /// On this line if it fits, else the head here and each argument on a line of its own.
  void expression(const Expr* e, size_t indent) {
    const size_t start = out_.size();
    const size_t column = start - (out_.rfind('\n') + 1);
    flat(e);
    if (e->kind != Expr::Kind::kApply || column + out_.size() - start <= kColumnsMax) return;
    out_.resize(start);
    out_ += '(';
    flat(e->head);
    for (const Expr* a : e->args) {
      out_ += "\n" + std::string(indent, ' ');
      expression(a, indent + 2);
    }
    out_ += ')';
  }

  const Law& law_;
  ConstantNames& names_;
  std::string out_;
};

enum class TokenKind : uint8_t {
  kName,
  kNumber,
  kCord,
  kGlobal,   ///< after "@"
  kLiteral,  ///< for gc/text.h
  kMark,     ///< one of ( ) { } = ?
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  ///< without the signs around it; of a literal with them
  uint32_t line = 1;
  uint32_t column = 1;
  bool is(char mark) const { return kind == TokenKind::kMark && text[0] == mark; }
};

Error error_at(const Token& token, const std::string& what) {
  return {"IR", "line " + std::to_string(token.line) + ", column " + std::to_string(token.column) +
                    ": " + what};
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> run() {
    std::vector<Token> tokens;
    do {
      PLAN_TRY(Token token, next());
      tokens.push_back(token);
    } while (tokens.back().kind != TokenKind::kEnd);
    return tokens;
  }

 private:
  void step(size_t count) {
    for (; count > 0; --count, ++at_) {
      const bool ends_line = text_[at_] == '\n';
      line_ += ends_line ? 1 : 0;
      column_ = ends_line ? 1 : column_ + 1;
    }
  }

  void skip_spaces() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ';') {
        step(std::min(text_.find('\n', at_), text_.size()) - at_);
      } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        step(1);
      } else {
        return;
      }
    }
  }

  /// How many characters from `from` on fulfil `is_part`.
  template <typename Predicate>
  size_t run_length(size_t from, Predicate is_part) const {
    size_t end = from;
    while (end < text_.size() && is_part(text_[end])) ++end;
    return end - from;
  }

  Token take(TokenKind kind, size_t skip, size_t length, size_t after) {
    const Token token{kind, text_.substr(at_ + skip, length), line_, column_};
    step(skip + length + after);
    return token;
  }

  Result<Token> next() {
    skip_spaces();
    const Token here{TokenKind::kEnd, {}, line_, column_};
    if (at_ == text_.size()) return here;
    const char c = text_[at_];
    if (is_name_start(c)) return take(TokenKind::kName, 0, run_length(at_, is_name_character), 0);
    if (is_digit(c)) return take(TokenKind::kNumber, 0, run_length(at_, is_digit), 0);
    if (c == '@') {
      const size_t length = run_length(at_ + 1, is_name_character);
      if (length == 0) return error_at(here, "a name expected after @");
      return take(TokenKind::kGlobal, 1, length, 0);
    }
    if (c == '\'') {
      const size_t end = text_.find_first_of("'\n", at_ + 1);
      if (end == std::string_view::npos || text_[end] == '\n') {
        return error_at(here, "unfinished text");
      }
      return take(TokenKind::kCord, 1, end - at_ - 1, 1);
    }
    const char follower = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    const bool opens_block = c == '{' && !in_block_;
    const bool opens_tab = c == '=' && follower == '[';
    if (opens_block) in_block_ = true;
    if (!opens_tab &&
        (opens_block || std::string_view("()}=?").find(c) != std::string_view::npos)) {
      return take(TokenKind::kMark, 0, 1, 0);
    }
    if (std::string_view("#[%={<^").find(c) != std::string_view::npos) return literal(here);
    return error_at(here, std::string("`") + c + "' begins nothing");
  }

  /// Everything up to the closing bracket; what is inside gc/text.h reads.
  Result<Token> literal(const Token& here) {
    if (text_[at_] == '#') {
      return take(TokenKind::kLiteral, 0, 1 + run_length(at_ + 1, is_name_character), 0);
    }
    size_t depth = 0;
    for (size_t i = at_; i < text_.size(); ++i) {
      const char c = text_[i];
      if (c == '\'') {
        i = text_.find('\'', i + 1);
        if (i == std::string_view::npos) break;
      } else if (std::string_view("([{<").find(c) != std::string_view::npos) {
        ++depth;
      } else if (std::string_view(")]}>").find(c) != std::string_view::npos) {
        if (depth <= 1) return take(TokenKind::kLiteral, 0, i + 1 - at_, 0);
        --depth;
      }
    }
    return error_at(here, "unfinished value");
  }

  std::string_view text_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  uint32_t column_ = 1;
  bool in_block_ = false;  ///< from now on `{` begins a law as a value
};

class Reader {
 public:
  Reader(gc::Heap& heap, const ConstantNames& names, std::vector<Token> tokens)
      : heap_(heap), names_(names), tokens_(std::move(tokens)) {}

  Result<Law> run() {
    PLAN_TRY_STATUS(header());
    PLAN_TRY_STATUS(declare_lets());
    law_.slots = next_slot_;
    while (starts_let(at_)) {
      at_ += 2;
      PLAN_TRY(const Expr* let, expression(0));
      law_.lets.push_back(let);
    }
    PLAN_TRY(law_.body, expression(0));
    if (!token().is('}')) return error_at(token(), "`}' expected after the body");
    ++at_;
    if (token().kind != TokenKind::kEnd) return error_at(token(), "something follows the law");
    group_lets(law_);
    return std::move(law_);
  }

 private:
  const Token& token() const { return tokens_[at_]; }

  bool starts_let(size_t i) const {
    return tokens_[i].kind == TokenKind::kName && tokens_[i + 1].is('=');
  }

  Status declare(const Token& name) {
    if (is_cow_name(name.text)) return error_at(name, "a row constructor is no variable");
    if (!variables_.emplace(name.text, next_slot_).second) {
      return error_at(name, "`" + std::string(name.text) + "' is there already");
    }
    ++next_slot_;
    return Unit{};
  }

  Status header() {
    if (token().kind != TokenKind::kName || token().text != "law") {
      return error_at(token(), "`law' expected");
    }
    variables_.emplace("self", 0);
    next_slot_ = 1;
    for (++at_; token().kind == TokenKind::kName; ++at_) PLAN_TRY_STATUS(declare(token()));
    law_.args = next_slot_ - 1;
    if (!token().is('{')) return error_at(token(), "a parameter or `{' expected");
    if (law_.args == 0) return error_at(token(), "a law has a parameter");
    ++at_;
    return Unit{};
  }

  /// Lets see each other, so their names come first.
  Status declare_lets() {
    uint32_t depth = 0;
    for (size_t i = at_; tokens_[i].kind != TokenKind::kEnd; ++i) {
      if (tokens_[i].is('(')) ++depth;
      if (tokens_[i].is(')') && depth > 0) --depth;
      if (depth == 0 && starts_let(i)) PLAN_TRY_STATUS(declare(tokens_[i]));
    }
    return Unit{};
  }

  Result<const Expr*> expression(uint32_t depth) {
    if (depth > kIrTextDepthMax) return error_at(token(), "nested too deep");
    if (token().is('(')) return application(depth);
    if (token().kind == TokenKind::kName && !is_cow_name(token().text)) {
      const auto found = variables_.find(token().text);
      if (found == variables_.end()) {
        return error_at(token(), "no variable `" + std::string(token().text) + "'");
      }
      ++at_;
      return make_variable(law_, found->second);
    }
    const bool is_deferred = token().is('?');
    if (is_deferred) ++at_;
    PLAN_TRY(const Value value, constant());
    return is_deferred ? make_deferred(law_, value) : make_constant(law_, value);
  }

  Result<const Expr*> application(uint32_t depth) {
    ++at_;
    if (token().is('(')) return error_at(token(), "an application at the head of another");
    PLAN_TRY(const Expr* head, expression(depth + 1));
    std::vector<const Expr*> args;
    while (!token().is(')')) {
      if (token().kind == TokenKind::kEnd) return error_at(token(), "`)' expected");
      PLAN_TRY(const Expr* argument, expression(depth + 1));
      args.push_back(argument);
    }
    if (args.empty()) return error_at(token(), "an argument expected");
    ++at_;
    return make_apply(law_, head, args);
  }

  Result<Value> constant() {
    const Token& t = tokens_[at_];
    switch (t.kind) {
      case TokenKind::kNumber:
        ++at_;
        return gc::make_nat(heap_, nat::from_decimal(t.text));
      case TokenKind::kCord:
        ++at_;
        return gc::make_cord(heap_, t.text);
      case TokenKind::kName:
        if (is_cow_name(t.text)) return cow(t);
        break;
      case TokenKind::kGlobal: {
        const Value* found = names_.find(t.text);
        if (found == nullptr) return error_at(t, "nothing is called @" + std::string(t.text));
        ++at_;
        return *found;
      }
      case TokenKind::kLiteral: {
        std::string text(t.text);
        std::replace_if(
            text.begin(), text.end(), [](char c) { return c < ' '; }, ' ');
        Result<Value> value = gc::read_value_text(heap_, text);
        if (!value) return error_at(t, value.error().message);
        ++at_;
        return *value;
      }
      default:
        break;
    }
    return error_at(t, "an expression expected");
  }

  Result<Value> cow(const Token& t) {
    const Value size = gc::make_nat(heap_, nat::from_decimal(t.text.substr(1)));
    if (size == small_nat(0)) return error_at(t, "there is no C0; the empty row is []");
    ++at_;
    return gc::make_cow(heap_, size);
  }

  gc::Heap& heap_;
  const ConstantNames& names_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  std::map<std::string_view, uint32_t> variables_;
  uint32_t next_slot_ = 0;
  Law law_;
};

}  // namespace

void ConstantNames::define(std::string_view name, Value value) {
  const bool is_new = values_.emplace(name, value).second;
  PLAN_CHECK(is_new);
  if (value.is_small() || indexes_.find(value.word) != nullptr) return;
  indexes_.insert(value.word, names_.size());
  names_.emplace_back(name);
}

const Value* ConstantNames::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

const std::string& ConstantNames::name_of(Value value) {
  PLAN_ASSERT(value.is_pointer());
  if (const uint64_t* index = indexes_.find(value.word)) return names_[*index];
  const std::string base = made_up_name(value);
  std::string name = base;
  for (uint32_t& n = taken_[base]; values_.contains(name);) {
    name = base + "." + std::to_string(++n + 1);
  }
  define(name, value);
  return names_.back();
}

std::string print_constant(Value value, ConstantNames& names) {
  value = deref(value);
  std::string text;
  if (add_literal(value, text)) return text;
  return "@" + names.name_of(value);
}

std::string print_law(const Law& law, ConstantNames& names) {
  return Printer(law, names).law();
}

std::string print_expr(const Law& law, const Expr* e, ConstantNames& names) {
  return Printer(law, names).line(e);
}

Result<Law> read_law(gc::Heap& heap, std::string_view text, const ConstantNames& names) {
  PLAN_TRY(std::vector<Token> tokens, Lexer(text).run());
  return Reader(heap, names, std::move(tokens)).run();
}

}  // namespace plan::vm
