// tests/differential/definitions.h: pins of a heap as a list of named values in the tests'
// notation.
#pragma once

#include "tests/differential/generate.h"
#include "value/value.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace plan::differential {

struct Definition {
  std::string name;
  std::string text;  ///< a pin; may use the names of the definitions before it
};

/// Definitions of `pins` and of all pins they refer to, each after those it uses. A pin is named as
/// its law is, if that is possible and nothing before it has that name.
std::vector<Definition> definitions_of(std::span<const Value> pins);

/// One a line, `$name = text`; read_definitions reads what this writes.
std::string to_lines(std::span<const Definition> definitions);
/// Nothing if a line is no definition.
std::optional<std::vector<Definition>> read_definitions(std::string_view lines);

/// Those definitions that are functions with a name of their own.
std::vector<NamedFunction> functions_of(std::span<const Definition> definitions);

}  // namespace plan::differential
