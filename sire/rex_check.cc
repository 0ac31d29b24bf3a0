// sire/rex_check.cc: the errors a block of Rex can have, found on its tokens.
#include "sire/rex_check.h"

namespace plan::rex {

namespace {

struct OpenBracket {
  uint32_t token;
  uint32_t last_end;  ///< where the last token directly inside ends; 0 if there is none
};

class Checker {
 public:
  Checker(const BlockTokens& block, size_t errors_max, std::vector<ReadError>& errors)
      : block_(block), errors_max_(errors_max), errors_(errors) {}

  void run() {
    const uint32_t count = static_cast<uint32_t>(block_.tokens.size());
    for (uint32_t i = 0; i <= count; i++) {
      while (!open_.empty() && block_.tokens[open_.back().token].next == i) close();
      if (i == count || errors_.size() >= errors_max_) return;
      const Token& token = block_.tokens[i];
      if (token.kind == TokenKind::kParen || token.kind == TokenKind::kBracket) {
        open_.push_back({i, 0});
      } else {
        check_simple(token);
        if (!open_.empty()) open_.back().last_end = token.end;
      }
    }
  }

 private:
  void report(ReadErrorKind kind, const Token& token) {
    if (errors_.size() >= errors_max_) return;
    errors_.push_back(error_at(block_, kind, token.line, token.start, token.end));
  }

  void check_simple(const Token& token) {
    const std::string_view span = token_span(token, block_.lines[token.line]);
    switch (token.kind) {
      case TokenKind::kCord:
        if (span.front() == '"' ? span.back() != '"' : token.unbalanced) {
          report(ReadErrorKind::kUnterminated, token);
        }
        break;
      case TokenKind::kQuoted:
        if (span[1] != span.back()) report(ReadErrorKind::kUnterminatedString, token);
        break;
      case TokenKind::kLine:
        if (span.size() > 1 && span[1] != ' ') report(ReadErrorKind::kLineWithoutSpace, token);
        break;
      case TokenKind::kFail:
        report(ReadErrorKind::kUnexpectedByte, token);
        break;
      case TokenKind::kRune:
      case TokenKind::kWord:
      case TokenKind::kParen:
      case TokenKind::kBracket:
        break;
    }
  }

  /// Looks at the innermost open bracket once its inside is done.
  void close() {
    const OpenBracket bracket = open_.back();
    open_.pop_back();
    const Token& token = block_.tokens[bracket.token];
    const bool is_paren = token.kind == TokenKind::kParen;
    const char last_byte = token_span(token, block_.lines[token.line]).back();
    // A last token that reaches the bracket's end has swallowed what looks like the closing one.
    if (last_byte != (is_paren ? ')' : ']') || bracket.last_end == token.end) {
      report(ReadErrorKind::kUnterminatedNesting, token);
    }
    if (!is_paren) {
      for (uint32_t i = bracket.token + 1; i < token.next; i = block_.tokens[i].next) {
        if (is_free_rune(block_.tokens, i, token.next)) {
          report(ReadErrorKind::kRuneInBrackets, block_.tokens[i]);
        }
      }
    }
    if (!open_.empty()) open_.back().last_end = token.end;
  }

  const BlockTokens& block_;
  size_t errors_max_;
  std::vector<ReadError>& errors_;
  std::vector<OpenBracket> open_;
};

}  // namespace

ReadError error_at(const BlockTokens& block, ReadErrorKind kind, uint32_t line, uint32_t start,
                   uint32_t end) {
  const std::string_view source = block.lines[line];
  return {.kind = kind,
          .byte = start < source.size() ? static_cast<unsigned char>(source[start])
                                        : static_cast<unsigned char>(0),
          .column = start + 1,
          .width = end - start,
          .line = block.first_line + line,
          .source = source};
}

void check_tokens(const BlockTokens& block, size_t errors_max, std::vector<ReadError>& errors) {
  Checker(block, errors_max, errors).run();
}

}  // namespace plan::rex
