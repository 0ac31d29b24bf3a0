// sire/rex_error.h: what can be wrong with a block of Rex, and how it is reported.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace plan::rex {

enum class ReadErrorKind : uint8_t {
  kUnterminated,         ///< a `{` or `"` string
  kUnterminatedString,   ///< a `}_string_`
  kUnterminatedNesting,  ///< a `(` or `[`
  kRuneInBrackets,       ///< `[a + b]`
  kUnexpectedByte,
  kLineWithoutSpace,  ///< `}` and a zero byte
  kBadUtf8,           ///< points at the first byte that is wrong
  kNestedTooDeeply,   ///< more than ReaderLimits::depth_max
  kBlockTooLarge,     ///< more than ReaderLimits::block_bytes_max
};

struct ReadError {
  ReadErrorKind kind;
  unsigned char byte;       ///< the byte that kUnexpectedByte is about
  uint32_t column;          ///< 1-based, in bytes
  uint32_t width;           ///< bytes to point at
  uint64_t line;            ///< 1-based
  std::string_view source;  ///< the line; lives as long as the block
};

/// One phrase, such as `unterminated nesting`.
std::string reason(const ReadError& error);

/// The report: `file`, place, reason, the line and carets under the part meant. No newline at the
/// end. `file` is `./sire/NAME.sire` for a module and `REPL` at the prompt. Of an endless line only
/// what is near the place is shown.
std::string format_error(std::string_view file, const ReadError& error);

/// Lines up to this many bytes are shown whole in messages.
inline constexpr size_t kShownLineBytes = 1000;
/// The part of a line that messages show: whole characters around the byte at `column` (0-based),
/// which is made 0-based in that part.
std::string_view shown_part(std::string_view line, size_t& column);

}  // namespace plan::rex
