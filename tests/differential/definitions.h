// tests/differential/definitions.h: pins of a heap as a list of named values in the tests'
// notation.
#pragma once

#include "value/value.h"

#include <span>
#include <string>
#include <vector>

namespace plan::differential {

struct Definition {
  std::string name;
  std::string text;  ///< a pin; may use the names of the definitions before it
};

/// Definitions of `pins` and of all pins they refer to, each after those it uses. A pin is named as
/// its law is, if that is possible and nothing before it has that name.
std::vector<Definition> definitions_of(std::span<const Value> pins);

}  // namespace plan::differential
