// sire/loot_leaf.h: numbers, names and byte strings as boxes (spec/loot.md section 3).
//
// A number is shown as the text it may stand for, if that is text. How depends on where it stands:
// as a number, as a name that is referred to (symbol), or as a name that is given (key).
#pragma once

#include "sire/loot_box.h"
#include "value/value.h"

#include <span>
#include <string_view>
#include <vector>

namespace plan::loot {

/// The number of a name; equal nats have equal numbers.
using NameId = uint32_t;

/// The leaves of one printed value.
class LeafMaker {
 public:
  explicit LeafMaker(rex::Arena& arena) : arena_(arena) {}

  /// For the next value: forgets all names.
  void clear();

  /// A number that stands for itself.
  Box nat(Value n);
  Box bar(std::span<const uint8_t> bytes);
  /// A row constructor.
  Box cow(Value n);
  /// What stands for parts that are not shown.
  Box ellipsis();

  NameId intern(Value nat);
  /// By the bytes of the nat, least significant first, no zeros at the end; none for 0.
  NameId intern(std::string_view bytes);
  std::string_view bytes(NameId name) const { return names_[name].bytes; }
  size_t name_count() const { return names_.size(); }
  /// a, b, .. z, aa, ab, .. az, ba, ..
  NameId variable(uint64_t index);

  /// A reference to a name, a name that is given.
  Box symbol(NameId name);
  Box key(NameId name);
  /// The same for parts that are written on one line whatever their width.
  const rex::Rex* symbol_rex(NameId name);
  const rex::Rex* key_rex(NameId name) { return key(name).rex; }

 private:
  struct Name {
    std::string_view bytes;
    uint64_t hash = 0;
    Box symbol;
    Box key;
  };

  Box word(std::string_view text);
  Box text(std::string_view text);
  Box decimal(std::string_view bytes);
  Box lines(std::string_view text);
  Box nat_of_bytes(std::string_view bytes);
  Box dotted(const Box& inner);
  Box shut_bar(std::string_view kind, const rex::Rex* contents, uint64_t width);
  /// The name without its dot, and whether it needs one.
  Box plain_symbol(std::string_view bytes, bool& needs_dot);

  void grow_table();

  rex::Arena& arena_;
  std::vector<Name> names_;
  std::vector<NameId> table_;  ///< open addressing: 0 or 1 + a name
  std::vector<NameId> variables_;
};

/// `text` is UTF-8 made of letters, numbers and `_`, and is not empty.
bool is_name_text(std::string_view text);

}  // namespace plan::loot
