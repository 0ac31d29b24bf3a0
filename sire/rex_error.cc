// sire/rex_error.cc: the texts of read errors; conformance tests compare them byte for byte.
#include "sire/rex_error.h"

#include "base/check.h"

#include <algorithm>

namespace plan::rex {

namespace {

/// Names of the control bytes below the space, as the message for an unexpected one shows them.
constexpr const char* kControlNames[32] = {"NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "a",
                                           "b",   "t",   "n",   "v",   "f",   "r",   "SO",  "SI",
                                           "DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB",
                                           "CAN", "EM",  "SUB", "ESC", "FS",  "GS",  "RS",  "US"};

std::string quoted_byte(unsigned char byte) {
  std::string text = "'";
  if (byte < 0x20) {
    text.append("\\").append(kControlNames[byte]);
  } else if (byte == 0x7F) {
    text.append("\\DEL");
  } else if (byte > 0x7F) {
    text.append("\\").append(std::to_string(byte));
  } else {
    text.push_back(static_cast<char>(byte));
  }
  return text.append("'");
}

}  // namespace

std::string reason(const ReadError& error) {
  switch (error.kind) {
    case ReadErrorKind::kUnterminated:
      return "unterminated";
    case ReadErrorKind::kUnterminatedString:
      return "unterminated string";
    case ReadErrorKind::kUnterminatedNesting:
      return "unterminated nesting";
    case ReadErrorKind::kRuneInBrackets:
      return "Brackets may not contain runes";
    case ReadErrorKind::kUnexpectedByte:
      return "Unexpected: " + quoted_byte(error.byte);
    case ReadErrorKind::kLineWithoutSpace:
      return "}-string must start with a space";
    case ReadErrorKind::kBadUtf8:
      return "not valid UTF-8";
    case ReadErrorKind::kNestedTooDeeply:
      return "nested too deeply";
    case ReadErrorKind::kBlockTooLarge:
      return "block too large";
  }
  PLAN_UNREACHABLE();
}

std::string format_error(std::string_view file, const ReadError& error) {
  std::string text(file);
  text.append(":").append(std::to_string(error.line));
  text.append(":").append(std::to_string(error.column));
  text.append(" error:\n\n    ").append(reason(error));
  size_t column = error.column - 1;
  const std::string_view source = shown_part(error.source, column);
  const size_t width = std::min<size_t>(error.width, source.size() - column);
  text.append("\n\n\t").append(source);
  text.append("\n\t").append(column, ' ').append(width, '^');
  return text;
}

std::string_view shown_part(std::string_view line, size_t& column) {
  if (line.size() <= kShownLineBytes) return line;
  const auto is_inside_character = [&](size_t at) {
    return at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0) == 0x80;
  };
  constexpr size_t kCharacterBytesMax = 4;
  size_t start = column - std::min(column, kShownLineBytes / 2);
  size_t end = std::min(start + kShownLineBytes, line.size());
  for (size_t i = 0; i < kCharacterBytesMax && is_inside_character(start); ++i) start++;
  for (size_t i = 0; i < kCharacterBytesMax && is_inside_character(end); ++i) end--;
  column -= std::min(column, start);
  return line.substr(start, end - start);
}

}  // namespace plan::rex
