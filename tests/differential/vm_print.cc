// tests/differential/vm_print.cc: canonical text of heap values, with an explicit stack.
#include "tests/differential/vm_print.h"

#include "gc/hash.h"
#include "gc/parts.h"
#include "value/nat_decimal.h"

namespace plan::differential {

namespace {

class Printer {
 public:
  Printer(size_t limit_bytes, const PinNames* names) : limit_bytes_(limit_bytes), names_(names) {}

  std::string run(Value v) {
    pending_.push_back({v, nullptr});
    while (!pending_.empty() && out_.size() <= limit_bytes_) {
      const Item item = pending_.back();
      pending_.pop_back();
      if (item.text != nullptr) {
        out_ += item.text;
      } else {
        value(deref(item.value));
      }
    }
    if (out_.size() > limit_bytes_) out_.resize(limit_bytes_);
    return std::move(out_);
  }

 private:
  /// Text if not null, else a value.
  struct Item {
    Value value;
    const char* text;
  };

  void number(Value n) {
    uint64_t scratch = 0;
    out_ += nat::to_decimal(nat_limbs(n, scratch));
  }

  /// `parts` between brackets, to be printed next.
  void bracket(const char* open, const std::vector<Value>& parts, const char* close) {
    out_ += open;
    pending_.push_back({Value{}, close});
    for (size_t i = parts.size(); i > 0; i--) {
      pending_.push_back({parts[i - 1], nullptr});
      if (i > 1) pending_.push_back({Value{}, " "});
    }
  }

  static std::vector<Value> parts_in_order(Value v) {
    const gc::Parts all = gc::parts_of(v);
    std::vector<Value> parts;
    for (uint64_t i = 0; i < all.count(); i++) parts.push_back(all.at(i));
    return parts;
  }

  void pin(Value v) {
    if (names_ != nullptr) {
      Result<const Hash256*> hash = gc::pin_hash(v);
      const auto found = hash ? names_->find(**hash) : names_->end();
      if (found != names_->end()) {
        out_ += "$" + found->second;
        return;
      }
    }
    bracket("<", {pin_item(v)}, ">");
  }

  void bar(Value v) {
    out_ += '#';
    for (const uint8_t byte : bar_bytes(v)) {
      out_ += "0123456789abcdef"[byte / 16];
      out_ += "0123456789abcdef"[byte % 16];
    }
  }

  void cow(Value v) {
    uint64_t scratch = 0;
    const std::span<const uint64_t> size = nat_limbs(cow_size(v), scratch);
    std::vector<uint64_t> parameters(size.begin(), size.end());
    size_t i = 0;
    while (i < parameters.size() && ++parameters[i] == 0) i++;
    if (i == parameters.size()) parameters.push_back(1);
    out_ += "{0 " + nat::to_decimal(parameters) + " 0}";
  }

  void tab(Value v) {
    const Value keys = tab_keys(v);
    const Value values = deref(tab_values(v));
    std::vector<Value> pairs;
    for (uint64_t i = 0; i < row_size(keys); i++) {
      pairs.push_back(row_at(keys, i));
      pairs.push_back(row_at(values, i));
    }
    bracket("=[", pairs, "]");
  }

  void value(Value v) {
    if (v.is_nat()) return number(v);
    switch (v.object()->kind()) {
      case Kind::kPin:
        return pin(v);
      case Kind::kLaw:
        return bracket("{", {law_name(v), law_args(v), law_body(v)}, "}");
      case Kind::kClosure:
        return bracket("(", parts_in_order(v), ")");
      case Kind::kRow:
        return bracket("[", parts_in_order(v), "]");
      case Kind::kSet:
        return bracket("%[", parts_in_order(v), "]");
      case Kind::kTab:
        return tab(v);
      case Kind::kBar:
        return bar(v);
      case Kind::kCow:
        return cow(v);
      default:
        out_ += '?';
    }
  }

  size_t limit_bytes_;
  const PinNames* names_;
  std::string out_;
  std::vector<Item> pending_;
};

}  // namespace

std::string print_value(Value v, size_t limit_bytes, const PinNames* names) {
  return Printer(limit_bytes, names).run(v);
}

}  // namespace plan::differential
