// sire/rex_error.cc: the texts of read errors; conformance tests compare them byte for byte.
#include "sire/rex_error.h"

#include "base/check.h"

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
  text.append("\n\n\t").append(error.source);
  text.append("\n\t").append(error.column - 1, ' ').append(error.width, '^');
  return text;
}

}  // namespace plan::rex
