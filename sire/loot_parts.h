// sire/loot_parts.h: the parts of a value in the order in which Loot meets them.
//
// Closure head and arguments; row elements; tab key, value, key, value ..; set keys; law body. A
// closure that is a Rex value has its embedded value, or its sons and heir, and not its
// constructor.
#pragma once

#include "sire/plan_rex.h"
#include "value/object.h"

namespace plan::loot {

struct Parts {
  enum class Kind : uint8_t { kFields, kPairs, kRex };
  Kind kind = Kind::kFields;
  Value first;   ///< whose fields, which key row, or which Rex node
  Value second;  ///< value row
  uint64_t offset = 0;
  uint64_t count = 0;
};

inline Parts fields(Value v, uint64_t offset, uint64_t count) {
  return {Parts::Kind::kFields, v, Value{}, offset, count};
}

/// Of an evaluated value; a pin has none.
inline Parts parts_of(Value v) {
  if (v.is_nat()) return {};
  switch (v.object()->kind()) {
    case Kind::kLaw:
      return fields(v, 2, 1);
    case Kind::kRow:
      return fields(v, 0, row_size(v));
    case Kind::kSet:
      return fields(set_keys(v), 0, row_size(set_keys(v)));
    case Kind::kTab:
      return {Parts::Kind::kPairs, tab_keys(v), deref(tab_values(v)), 0, 2 * row_size(tab_keys(v))};
    case Kind::kClosure:
      break;
    default:
      return {};
  }
  if (!sire::is_rex_value(v)) return fields(v, 0, 1 + closure_size(v));
  const sire::RexView view = sire::view_rex(v);
  if (view.is_node()) return {Parts::Kind::kRex, view.sons, view.heir, 0, view.kid_count()};
  // The embedded value, or the heir of a leaf: the last argument.
  return fields(v, closure_size(v), 1);
}

inline Parts parts_of_pin(Value pin) {
  return fields(pin, 0, 1);
}

inline Value part_at(const Parts& p, uint64_t i) {
  switch (p.kind) {
    case Parts::Kind::kFields:
      return deref(p.first.object()->field(p.offset + i));
    case Parts::Kind::kPairs:
      return row_at(i % 2 == 0 ? p.first : p.second, i / 2);
    case Parts::Kind::kRex:
      return i < row_size(p.first) ? row_at(p.first, i) : deref(p.second);
  }
  PLAN_UNREACHABLE();
}

}  // namespace plan::loot
