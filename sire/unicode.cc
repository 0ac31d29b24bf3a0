// sire/unicode.cc: searching the tables of characters.
#include "sire/unicode.h"

#include <algorithm>
#include <span>

namespace plan::sire {

namespace {

constexpr char32_t kAsciiEnd = 0x80;

bool is_in(std::span<const CharacterRange> ranges, char32_t c) {
  const auto after = std::upper_bound(
      ranges.begin(), ranges.end(), c,
      [](char32_t value, const CharacterRange& range) { return value < range.first; });
  return after != ranges.begin() && c <= std::prev(after)->last;
}

}  // namespace

bool is_alphanumeric(char32_t c) {
  if (c < kAsciiEnd) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }
  return is_in({kAlphanumericRanges, kAlphanumericRangesCount}, c);
}

bool is_printable(char32_t c) {
  if (c < kAsciiEnd) return c >= ' ' && c < 0x7f;
  return is_in({kPrintableRanges, kPrintableRangesCount}, c);
}

bool is_space(char32_t c) {
  switch (c) {
    case ' ':
    case '\t':
    case '\n':
    case '\v':
    case '\f':
    case '\r':
    case 0xa0:
    case 0x1680:
    case 0x202f:
    case 0x205f:
    case 0x3000:
      return true;
    default:
      return c >= 0x2000 && c <= 0x200a;
  }
}

}  // namespace plan::sire
