// base/base58.cc: the 32 bytes are one big-endian number; each leading zero byte is one '1'.
#include "base/base58.h"

#include <algorithm>

namespace plan {

namespace {
constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
}  // namespace

std::string base58(const Hash256& hash) {
  std::string digits;  // least significant first
  Hash256 rest = hash;
  size_t first = 0;
  while (first < rest.size() && rest[first] == 0) ++first;
  const size_t zeros = first;
  while (first < rest.size()) {
    unsigned remainder = 0;
    for (size_t i = first; i < rest.size(); ++i) {
      const unsigned n = remainder * 256 + rest[i];
      rest[i] = static_cast<uint8_t>(n / 58);
      remainder = n % 58;
    }
    digits.push_back(kAlphabet[remainder]);
    while (first < rest.size() && rest[first] == 0) ++first;
  }
  digits.append(zeros, '1');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::optional<Hash256> parse_base58(std::string_view text) {
  Hash256 out{};
  size_t zeros = 0;
  while (zeros < text.size() && text[zeros] == '1') ++zeros;
  for (const char c : text) {
    const size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    unsigned carry = static_cast<unsigned>(digit);
    for (size_t i = out.size(); i-- > 0;) {
      const unsigned n = out[i] * 58u + carry;
      out[i] = static_cast<uint8_t>(n % 256);
      carry = n / 256;
    }
    if (carry != 0) return std::nullopt;
  }
  size_t leading = 0;
  while (leading < out.size() && out[leading] == 0) ++leading;
  if (leading != zeros) return std::nullopt;
  return out;
}

}  // namespace plan
