// sire/rex_text.cc: byte classes and UTF-8 for Rex.
#include "sire/rex_text.h"

#include <bit>
#include <cstring>

namespace plan::rex {

namespace {

constexpr std::array<ByteClass, 256> make_classes() {
  std::array<ByteClass, 256> table{};
  for (char c = 'a'; c <= 'z'; c++) table[static_cast<unsigned char>(c)] = ByteClass::kWord;
  for (char c = 'A'; c <= 'Z'; c++) table[static_cast<unsigned char>(c)] = ByteClass::kWord;
  for (char c = '0'; c <= '9'; c++) table[static_cast<unsigned char>(c)] = ByteClass::kWord;
  table['_'] = ByteClass::kWord;
  for (const char c : std::string_view("$!#%&*+,-./:<=>?@\\^`'|~")) {
    table[static_cast<unsigned char>(c)] = ByteClass::kRune;
  }
  table[0] = ByteClass::kEnd;
  table[' '] = ByteClass::kSpace;
  table[';'] = ByteClass::kComment;
  table['('] = ByteClass::kOpenParen;
  table['['] = ByteClass::kOpenBracket;
  table['"'] = ByteClass::kDoubleQuote;
  table['{'] = ByteClass::kOpenBrace;
  table['}'] = ByteClass::kCloseBrace;
  return table;
}

constexpr uint64_t kHighBits = 0x8080808080808080;

/// The length of the well-formed character at the start of `p[0, left)`, or 0.
size_t well_formed(const unsigned char* p, size_t left) {
  const auto continues = [&](size_t i) { return i < left && (p[i] & 0xC0) == 0x80; };
  const unsigned char lead = p[0];
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    const bool overlong = lead == 0xE0 && p[1] < 0xA0;
    const bool surrogate = lead == 0xED && p[1] >= 0xA0;
    return overlong || surrogate ? 0 : 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    const bool overlong = lead == 0xF0 && p[1] < 0x90;
    const bool too_large = lead == 0xF4 && p[1] >= 0x90;
    return overlong || too_large ? 0 : 4;
  }
  return 0;
}

template <typename Bytes>
uint64_t load(const char* at) {
  Bytes bytes;
  std::memcpy(&bytes, at, sizeof(bytes));
  return bytes;
}

/// Those of the bytes that continue a character: 10xxxxxx.
size_t continuations(uint64_t bytes) {
  return static_cast<size_t>(std::popcount(bytes & ~bytes << 1 & kHighBits));
}

/// The same operation on all bytes of `text`, up to eight of them at once: 0 stands for no byte.
template <typename Operation>
void for_bytes(std::string_view text, Operation operation) {
  const char* at = text.data();
  size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) operation(load<uint64_t>(at));
  if ((left & 4) != 0) operation(load<uint32_t>(at)), at += 4;
  if ((left & 2) != 0) operation(load<uint16_t>(at)), at += 2;
  if ((left & 1) != 0) operation(load<uint8_t>(at));
}

bool is_ascii(std::string_view text) {
  uint64_t high = 0;
  for_bytes(text, [&](uint64_t bytes) { high |= bytes; });
  return (high & kHighBits) == 0;
}

}  // namespace

constexpr std::array<ByteClass, 256> kByteClasses = make_classes();

size_t character_count(std::string_view utf8) {
  size_t count = utf8.size();
  for_bytes(utf8, [&](uint64_t bytes) {
    if ((bytes & kHighBits) != 0) count -= continuations(bytes);
  });
  return count;
}

size_t valid_utf8_prefix(std::string_view text) {
  if (is_ascii(text)) return text.size();
  size_t i = 0;
  while (i < text.size()) {
    uint64_t eight = 0;
    if (i + sizeof(eight) <= text.size()) {
      std::memcpy(&eight, text.data() + i, sizeof(eight));
      if ((eight & kHighBits) == 0) {
        i += sizeof(eight);
        continue;
      }
    }
    const size_t length =
        well_formed(reinterpret_cast<const unsigned char*>(text.data()) + i, text.size() - i);
    if (length == 0) return i;
    i += length;
  }
  return i;
}

char32_t next_character(std::string_view utf8, size_t& offset) {
  const auto byte = [&](size_t i) {
    return static_cast<char32_t>(i < utf8.size() ? static_cast<unsigned char>(utf8[i]) : 0);
  };
  const size_t i = offset;
  const char32_t lead = byte(i);
  if (lead < 0xC0) return offset += 1, lead;
  if (lead < 0xE0) return offset += 2, (lead & 0x1F) << 6 | (byte(i + 1) & 0x3F);
  if (lead < 0xF0) {
    return offset += 3, (lead & 0x0F) << 12 | (byte(i + 1) & 0x3F) << 6 | (byte(i + 2) & 0x3F);
  }
  return offset += 4, (lead & 0x07) << 18 | (byte(i + 1) & 0x3F) << 12 | (byte(i + 2) & 0x3F) << 6 |
                          (byte(i + 3) & 0x3F);
}

}  // namespace plan::rex
