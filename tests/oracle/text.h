// tests/oracle/text.h: programs and values as text. The grammar is in README.md.
#pragma once

#include "tests/oracle/stack.h"
#include "tests/oracle/term.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace plan::oracle {

/// What $name stands for.
using Definitions = std::map<std::string, Term*, std::less<>>;

/// The term that `text` denotes; its applications are delayed, except inside a pin, a law, or the
/// keys of a set or tab, where they must be values. nullptr and a sentence in *error if malformed
/// or nested too deeply for the stack.
Term* read(Arena& arena, const Definitions& definitions, std::string_view text, const Stack& stack,
           std::string* error);

/// Like read, but all of it must be a value, as if inside a pin.
Term* read_value(Arena& arena, const Definitions& definitions, std::string_view text,
                 const Stack& stack, std::string* error);

/// Canonical text of a normal form, cut off after `limit_bytes`. Nothing if it is nested too deeply
/// for the stack.
std::optional<std::string> print(Term* value, size_t limit_bytes, const Stack& stack);

}  // namespace plan::oracle
