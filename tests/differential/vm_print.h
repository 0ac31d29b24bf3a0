// tests/differential/vm_print.h: canonical text of heap values, as the oracle prints them.
#pragma once

#include "base/hash.h"
#include "value/value.h"

#include <map>
#include <string>

namespace plan::differential {

/// What pins are called, by the hash of the pin.
using PinNames = std::map<Hash256, std::string>;

/// Canonical text of a normal form, cut off after `limit_bytes`; `?` for what is none. Pins in
/// `names`, which may be null, print as $name.
std::string print_value(Value v, size_t limit_bytes, const PinNames* names = nullptr);

}  // namespace plan::differential
