// value/nat_decimal.h: natural numbers to and from decimal digits.
#pragma once

#include "value/nat.h"

#include <string>
#include <string_view>
#include <vector>

namespace plan::nat {

/// Faster than quadratic in the size of `a`.
std::string to_decimal(Limbs a);

/// The number, without zero limbs on top. `digits` are ASCII digits only, at least one; leading
/// zeros are fine.
std::vector<uint64_t> from_decimal(std::string_view digits);

}  // namespace plan::nat
