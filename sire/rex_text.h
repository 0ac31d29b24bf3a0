// sire/rex_text.h: which bytes Rex gives a meaning, and the little it knows of UTF-8.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace plan::rex {

/// What a byte can begin, outside strings and comments.
enum class ByteClass : uint8_t {
  kOther,  ///< a closing bracket, or nothing that belongs here
  kEnd,    ///< the zero byte, which stands for the end of a line and ends one
  kSpace,
  kWord,
  kRune,
  kComment,      ///< `;`
  kOpenParen,    ///< `(`
  kOpenBracket,  ///< `[`
  kDoubleQuote,  ///< `"`
  kOpenBrace,    ///< `{`
  kCloseBrace,   ///< `}`
};

extern const std::array<ByteClass, 256> kByteClasses;

inline ByteClass byte_class(char byte) {
  return kByteClasses[static_cast<unsigned char>(byte)];
}

inline bool is_word_byte(char byte) {
  return byte_class(byte) == ByteClass::kWord;
}

/// How many characters `utf8` has. Counts something sensible if it is not valid.
size_t character_count(std::string_view utf8);

/// The offset of the first byte that is not part of a well-formed character (RFC 3629: nothing
/// overlong, no surrogates, at most U+10FFFF), or `text.size()`.
size_t valid_utf8_prefix(std::string_view text);

/// Decodes the character at `offset` of valid UTF-8 and moves `offset` behind it.
char32_t next_character(std::string_view utf8, size_t& offset);

}  // namespace plan::rex
