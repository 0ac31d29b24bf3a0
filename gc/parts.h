// gc/parts.h: the values a normal form consists of, for walks that treat all kinds alike.
//
// Order: law body; closure head, then arguments; row elements from index 0; set keys ascending; tab
// keys ascending, then values in key order (spec/pin-hash.md sections 1 and 3).
#pragma once

#include "value/object.h"

#include <cstdint>

namespace plan::gc {

struct Parts {
  const Word* first = nullptr;
  uint64_t first_count = 0;
  const Word* second = nullptr;
  uint64_t second_count = 0;

  uint64_t count() const { return first_count + second_count; }
  Value at(uint64_t i) const {
    const Word w = i < first_count ? first[i] : second[i - first_count];
    return deref(Value{w});
  }
};

/// Laws, closures, rows, sets and tabs have parts; nats, bars and cows have none; and a pin is a
/// leaf here: what it pins is not a part.
inline bool has_parts(Value v) {
  return !v.is_nat() && !is_pin(v) && !is_bar(v) && !is_cow(v);
}

inline Parts parts_of(Value v) {
  const Object* const o = v.object();
  switch (o->kind()) {
    case Kind::kLaw:
      return {.first = o->payload + 2, .first_count = 1};
    case Kind::kClosure:
      return {.first = o->payload, .first_count = 1 + o->closure_args()};
    case Kind::kRow:
      return {.first = o->payload, .first_count = o->length()};
    case Kind::kSet: {
      const Value keys = set_keys(v);
      return {.first = keys.object()->payload, .first_count = row_size(keys)};
    }
    case Kind::kTab: {
      const Value keys = tab_keys(v);
      const Value values = deref(tab_values(v));
      return {.first = keys.object()->payload,
              .first_count = row_size(keys),
              .second = values.object()->payload,
              .second_count = row_size(values)};
    }
    default:
      return {};
  }
}

}  // namespace plan::gc
