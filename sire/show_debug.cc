// sire/show_debug.cc: the one-line rendering of values for debugging (spec/loot.md section 8).
//
// It is written as a list of things still to write: values, and texts between them.
#include "sire/loot_leaf.h"
#include "sire/rex_text.h"
#include "sire/show.h"
#include "sire/symbol.h"
#include "value/nat_decimal.h"
#include "value/object.h"

#include <string_view>
#include <vector>

namespace plan::sire {

namespace {

/// Longer output is cut: values share parts, text does not.
constexpr size_t kDebugBytesMax = size_t{64} << 20;

constexpr std::string_view kControlNames[] = {
    "NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "a",   "b",   "t",   "n",
    "v",   "f",   "r",   "SO",  "SI",  "DLE", "DC1", "DC2", "DC3", "DC4", "NAK",
    "SYN", "ETB", "CAN", "EM",  "SUB", "ESC", "FS",  "GS",  "RS",  "US"};

bool is_digit(char32_t c) {
  return c >= '0' && c <= '9';
}

/// A literal of characters as Haskell writes it.
class Literal {
 public:
  explicit Literal(std::string& out) : out_(out) { out_.push_back('"'); }
  ~Literal() { out_.push_back('"'); }
  Literal(const Literal&) = delete;
  Literal& operator=(const Literal&) = delete;

  void add(char32_t c) {
    // `\&` keeps an escape apart from what could continue it.
    if ((was_number_ && is_digit(c)) || (was_so_ && c == 'H')) out_.append("\\&");
    was_number_ = c > 0x7f;
    was_so_ = c == 0x0e;
    if (c == '"' || c == '\\') {
      out_.append({'\\', static_cast<char>(c)});
    } else if (c < std::size(kControlNames)) {
      out_.append("\\").append(kControlNames[c]);
    } else if (c == 0x7f) {
      out_.append("\\DEL");
    } else if (c > 0x7f) {
      out_.append("\\").append(std::to_string(static_cast<uint32_t>(c)));
    } else {
      out_.push_back(static_cast<char>(c));
    }
  }

 private:
  std::string& out_;
  bool was_number_ = false;
  bool was_so_ = false;
};

class DebugPrinter {
 public:
  std::string run(Value top) {
    open(top);
    while (!frames_.empty()) {
      if (out_.size() > kDebugBytesMax) return out_ + "…";
      Frame& f = frames_.back();
      if (f.next == f.count) {
        out_.append(f.closer);
        frames_.pop_back();
        continue;
      }
      const uint64_t i = f.next++;
      if (f.is_pairs) {
        out_.append(i % 2 != 0 ? "," : i == 0 ? "(" : "),(");
      } else if (i > 0) {
        out_.append(",");
      }
      const Value part = f.is_pairs && i % 2 != 0 ? row_at(f.values, i / 2)
                         : f.is_pairs             ? row_at(f.parts, i / 2)
                                                  : deref(f.parts.object()->field(f.offset + i));
      open(part);
    }
    return std::move(out_);
  }

 private:
  /// A value whose parts are being written: fields of an object, or keys with values.
  struct Frame {
    Value parts;
    uint64_t offset;
    uint64_t count;
    std::string_view closer;
    bool is_pairs;
    Value values;
    uint64_t next = 0;
  };

  void open_fields(Value v, uint64_t offset, uint64_t count, std::string_view closer) {
    frames_.push_back({v, offset, count, closer, false, Value{}});
  }

  void open(Value v) {
    if (v.is_thunk()) {
      out_.append("…");
      return;
    }
    if (v.is_nat()) return nat(v);
    switch (v.object()->kind()) {
      case Kind::kPin:
        return pin(v);
      case Kind::kLaw:
        return law(v);
      case Kind::kClosure:
        out_.append("[");
        open_fields(v, 0, 1 + closure_size(v), "]");
        return;
      case Kind::kRow:
        out_.append("(ROW fromListN ").append(std::to_string(row_size(v))).append(" [");
        open_fields(v, 0, row_size(v), "])");
        return;
      case Kind::kSet:
        out_.append("(SET [");
        open_fields(set_keys(v), 0, row_size(set_keys(v)), "])");
        return;
      case Kind::kTab: {
        const uint64_t size = row_size(tab_keys(v));
        out_.append("(TAB [");
        frames_.push_back(
            {tab_keys(v), 0, 2 * size, size == 0 ? "])" : ")])", true, deref(tab_values(v))});
        return;
      }
      case Kind::kCow:
        out_.append("R").append(decimal(cow_size(v)));
        return;
      case Kind::kBar: {
        out_.append("(BAR ");
        {
          Literal literal(out_);
          for (const uint8_t b : bar_bytes(v)) literal.add(b);
        }
        out_.append(")");
        return;
      }
      default:
        PLAN_UNREACHABLE();
    }
  }

  static std::string decimal(Value n) {
    uint64_t scratch = 0;
    return nat::to_decimal(nat_limbs(n, scratch));
  }

  void nat(Value n) {
    uint64_t scratch = 0;
    const std::string_view text = nat_text(n, scratch);
    if (!loot::is_name_text(text)) {
      out_.append(decimal(n));
      return;
    }
    Literal literal(out_);
    for (size_t i = 0; i < text.size();) literal.add(rex::next_character(text, i));
  }

  void law(Value v) {
    out_.append("(LAW ");
    nat(law_name(v));
    out_.append(" ").append(decimal(law_args(v))).append(" ");
    open_fields(v, 2, 1, ")");
  }

  void pin(Value v) {
    while (is_pin(v)) v = deref(pin_item(v));
    if (!is_law(v)) {
      out_.append("_");
      return;
    }
    uint64_t scratch = 0;
    const std::string_view text = nat_text(law_name(v), scratch);
    if (text.empty()) {
      out_.append("anon");
    } else if (loot::is_name_text(text)) {
      out_.append(text);
    } else {
      out_.append(decimal(law_name(v)));
    }
  }

  std::string out_;
  std::vector<Frame> frames_;
};

}  // namespace

std::string print_debug(Value v) {
  return DebugPrinter().run(deref(v));
}

}  // namespace plan::sire
