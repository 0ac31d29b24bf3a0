// sire/place.h: tells people where in their source a block failed.
#pragma once

#include "sire/context.h"
#include "sire/rex_reader.h"

#include <string>
#include <string_view>

namespace plan::sire {

/// Writes to standard error the place, the innermost reason and the line with a marker, for the
/// failure that the context holds: `./sire/foo.sire:12:5: Unresolved symbol: turn`.
///
/// Rex values do not know where they were written, so the place is where the words of the part that
/// is blamed stand next to each other in the block, and else where the block begins.
void report_place(const Context& context, std::string_view path, const rex::Block& block);
/// The text of that, for a failure about `words`.
std::string describe_place(std::string_view path, const rex::Block& block, std::string_view reason,
                           const std::vector<std::string>& words);

}  // namespace plan::sire
