// tests/oracle/text.h: programs and values as text. The grammar is in README.md.
#pragma once

#include "tests/oracle/term.h"

#include <map>
#include <string>
#include <string_view>

namespace plan::oracle {

/// What $name stands for.
using Definitions = std::map<std::string, Term*, std::less<>>;

/// The term that `text` denotes; its applications are delayed, except inside a pin, a law, or the
/// keys of a set or tab, where they must be values. nullptr and a sentence in *error if malformed.
Term* read(Arena& arena, const Definitions& definitions, std::string_view text, std::string* error);

/// Like read, but all of it must be a value, as if inside a pin.
Term* read_value(Arena& arena, const Definitions& definitions, std::string_view text,
                 std::string* error);

/// Canonical text of a normal form, cut off after `limit_bytes`.
std::string print(Term* value, size_t limit_bytes);

}  // namespace plan::oracle
