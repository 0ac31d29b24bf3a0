// sire/rex_lex.h: one line of Rex into tokens.
//
// Every line has tokens: what cannot be understood becomes a kFail token, and what does not end,
// ends with the line. sire/rex_check.h finds such places afterwards.
//
// Invariants   : a bracket's children follow it directly; `next` leads over them, so the tokens at
//                [i + 1, tokens[i].next) are the inside of token i. Space, comments and closing
//                brackets are no tokens; they leave `space_before` and `end` behind.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace plan::rex {

enum class TokenKind : uint8_t {
  kRune,     ///< `+`, `=?=`
  kWord,     ///< `foo`
  kLine,     ///< `} foo`, to the end of the line
  kCord,     ///< `{foo}` or `"foo"`
  kQuoted,   ///< `}_foo_`, with any byte for the `_`
  kParen,    ///< `(`, with all that is inside and the closing one
  kBracket,  ///< `[`, likewise
  kFail,     ///< one byte that begins nothing
};

/// Offsets are in bytes of the token's line.
struct Token {
  TokenKind kind = TokenKind::kFail;
  bool space_before = false;  ///< space, or the start of a line or of a bracket's inside
  bool unbalanced = false;    ///< a `{` without its `}` in this line
  uint32_t line = 0;          ///< index of the line in its block
  uint32_t start = 0;
  uint32_t end = 0;
  uint32_t next = 0;  ///< index of the next token that is not inside this one
};

/// Appends the tokens of `line`, which must be shorter than 4 GiB. `line_index` goes into them.
void lex_line(std::string_view line, uint32_t line_index, std::vector<Token>& tokens);

/// What a line is for the block splitter, by its first token.
enum class LineCategory : uint8_t {
  kVoid,  ///< empty
  kNote,  ///< only a comment
  kText,  ///< begins with `} `
  kOpen,  ///< begins with a rune that stands alone
  kSingle,
};

struct LineStart {
  LineCategory category = LineCategory::kVoid;
  size_t column = 0;  ///< kOpen: offset of the rune's last byte; kText, kSingle: of the first token
};

/// Looks at no more of the line than its indentation and first rune.
LineStart classify_line(std::string_view line);

/// The part of `line` that a token covers.
inline std::string_view token_span(const Token& token, std::string_view line) {
  return line.substr(token.start, token.end - token.start);
}

/// The contents of a kWord, kLine, kCord or kQuoted token: its span without the quotes.
std::string_view token_text(const Token& token, std::string_view line);

/// Does the rune at `index` stand alone, with no token glued behind it? Siblings end at `end`.
inline bool is_free_rune(std::span<const Token> tokens, uint32_t index, uint32_t end) {
  const Token& token = tokens[index];
  return token.kind == TokenKind::kRune && (token.next == end || tokens[token.next].space_before);
}

}  // namespace plan::rex
