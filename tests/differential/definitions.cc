// tests/differential/definitions.cc: pins below first, by hash.
#include "tests/differential/definitions.h"

#include "base/check.h"
#include "gc/hash.h"
#include "gc/refs.h"
#include "tests/differential/expr.h"
#include "tests/differential/vm_print.h"
#include "value/object.h"

#include <set>

namespace plan::differential {

namespace {

const std::string kNameless = "pin";

bool is_name_character(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The name of the law in `pin` if it can be one here, else nothing.
std::string law_name_text(Value pin) {
  const Value item = pin_item(pin);
  if (!is_law(item)) return "";
  uint64_t scratch = 0;
  std::string text;
  for (uint64_t limb : nat_limbs(law_name(item), scratch)) {
    for (; limb != 0; limb >>= 8) text += static_cast<char>(limb & 0xff);
  }
  for (const char c : text) {
    if (!is_name_character(c)) return "";
  }
  return text;
}

class Writer {
 public:
  void add(Value pin) {
    pending_.push_back({pin, false});
    while (!pending_.empty()) {
      const Item item = pending_.back();
      pending_.pop_back();
      if (names_.contains(hash_of(item.pin))) continue;
      if (item.is_ready) {
        define(item.pin);
        continue;
      }
      pending_.push_back({item.pin, true});
      Result<std::vector<Value>> refs = gc::pin_refs(pin_item(item.pin));
      PLAN_CHECK(refs.has_value());
      for (const Value ref : *refs) pending_.push_back({ref, false});
    }
  }

  std::vector<Definition> take() { return std::move(definitions_); }

 private:
  /// `is_ready` once everything below has its name.
  struct Item {
    Value pin;
    bool is_ready;
  };

  static Hash256 hash_of(Value pin) {
    Result<const Hash256*> hash = gc::pin_hash(pin);
    PLAN_CHECK(hash.has_value());
    return **hash;
  }

  void define(Value pin) {
    std::string name = law_name_text(pin);
    if (name.empty() || !used_.insert(name).second) {
      name = kNameless + std::to_string(definitions_.size());
      used_.insert(name);
    }
    definitions_.push_back({name, "<" + print_value(pin_item(pin), SIZE_MAX / 2, &names_) + ">"});
    names_[hash_of(pin)] = name;
  }

  std::vector<Item> pending_;
  std::set<std::string> used_;
  PinNames names_;
  std::vector<Definition> definitions_;
};

}  // namespace

std::vector<Definition> definitions_of(std::span<const Value> pins) {
  Writer writer;
  for (const Value pin : pins) writer.add(pin);
  return writer.take();
}

std::string to_lines(std::span<const Definition> definitions) {
  std::string lines;
  for (const Definition& d : definitions) lines += "$" + d.name + " = " + d.text + "\n";
  return lines;
}

std::optional<std::vector<Definition>> read_definitions(std::string_view lines) {
  std::vector<Definition> definitions;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const size_t equals = line.find(" = ");
    if (!line.starts_with('$') || equals == std::string_view::npos) return std::nullopt;
    definitions.push_back(
        {std::string(line.substr(1, equals - 1)), std::string(line.substr(equals + 3))});
  }
  return definitions;
}

std::vector<NamedFunction> functions_of(std::span<const Definition> definitions) {
  std::vector<NamedFunction> functions;
  for (const Definition& d : definitions) {
    const std::optional<Expr> e = parse(d.text);
    if (!e || e->form != Form::kPin || e->parts[0].form != Form::kLaw) continue;
    const std::string& arity = e->parts[0].parts[1].text;
    const bool is_nameless = d.name.starts_with(kNameless) && isdigit(d.name.back());
    if (!is_nameless && arity.size() == 1) functions.push_back({d.name, std::stoull(arity)});
  }
  return functions;
}

}  // namespace plan::differential
