// sire/rex_check.h: finds what is wrong with the tokens of a block.
#pragma once

#include "sire/rex_error.h"
#include "sire/rex_lex.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace plan::rex {

/// The lines of one block and all their tokens, in order.
struct BlockTokens {
  std::span<const std::string_view> lines;
  std::span<const Token> tokens;
  uint64_t first_line = 1;  ///< the number of lines[0] in its file
};

/// An error about the bytes [start, end) of a line of the block.
ReadError error_at(const BlockTokens& block, ReadErrorKind kind, uint32_t line, uint32_t start,
                   uint32_t end);

/// Appends the errors of the block until `errors` has `errors_max`. The first is the one that users
/// are shown, so the order matters: a bracket comes after what is inside it.
void check_tokens(const BlockTokens& block, size_t errors_max, std::vector<ReadError>& errors);

}  // namespace plan::rex
