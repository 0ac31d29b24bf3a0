// gc/refs.h: the pins a value refers to directly, in the order that numbers the holes of a germ.
#pragma once

#include "base/result.h"
#include "value/value.h"

#include <vector>

namespace plan::gc {

/// The distinct pins in the normal form `item`, not behind other pins, in first-encounter order of
/// spec/pin-hash.md section 3. Pins with equal hashes are the same pin: the first object met stands
/// for all. Linear in the size of the shared graph; fails only if a pin cannot be hashed.
Result<std::vector<Value>> pin_refs(Value item);

}  // namespace plan::gc
