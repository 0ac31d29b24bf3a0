// sire/rex_lex.cc: the lexer of Rex; one pass over the bytes of a line, brackets by a linked stack.
#include "sire/rex_lex.h"

#include "base/check.h"
#include "sire/rex_text.h"

#include <algorithm>

namespace plan::rex {

namespace {

constexpr uint32_t kNone = UINT32_MAX;

class Lexer {
 public:
  Lexer(std::string_view line, uint32_t line_index, std::vector<Token>& tokens)
      : line_(line), size_(static_cast<uint32_t>(line.size())), index_(line_index), out_(tokens) {}

  void run() {
    while (true) {
      switch (byte_class(at(i_))) {
        case ByteClass::kEnd:
        case ByteClass::kComment:
          i_ = size_;
          if (open_ == kNone) return;
          // The end of the line ends the innermost bracket only; we come back for the others.
          close(size_);
          break;
        case ByteClass::kSpace:
          i_ = end_of(ByteClass::kSpace, i_);
          space_ = true;
          break;
        case ByteClass::kOpenParen:
          open(TokenKind::kParen);
          break;
        case ByteClass::kOpenBracket:
          open(TokenKind::kBracket);
          break;
        case ByteClass::kWord:
          push(TokenKind::kWord, end_of(ByteClass::kWord, i_));
          break;
        case ByteClass::kRune:
          push(TokenKind::kRune, end_of(ByteClass::kRune, i_));
          break;
        case ByteClass::kDoubleQuote:
          push(TokenKind::kCord, behind('"', i_ + 1));
          break;
        case ByteClass::kOpenBrace:
          braces();
          break;
        case ByteClass::kCloseBrace:
          quoted();
          break;
        case ByteClass::kOther:
          other();
          break;
      }
    }
  }

 private:
  char at(uint32_t offset) const { return offset < size_ ? line_[offset] : '\0'; }

  uint32_t end_of(ByteClass kind, uint32_t offset) const {
    while (offset < size_ && byte_class(line_[offset]) == kind) offset++;
    return offset;
  }

  /// One past the next `byte` at or after `offset`, or the end of the line.
  uint32_t behind(char byte, uint32_t offset) const {
    const size_t found = line_.find(byte, offset);
    return found == std::string_view::npos ? size_ : static_cast<uint32_t>(found) + 1;
  }

  Token& push(TokenKind kind, uint32_t end) {
    const uint32_t next = static_cast<uint32_t>(out_.size()) + 1;
    out_.push_back({.kind = kind,
                    .space_before = space_,
                    .line = index_,
                    .start = i_,
                    .end = end,
                    .next = next});
    space_ = false;
    i_ = end;
    return out_.back();
  }

  /// While a bracket is open its `next` holds the index of the one around it.
  void open(TokenKind kind) {
    const uint32_t token = static_cast<uint32_t>(out_.size());
    push(kind, i_ + 1).next = open_;
    open_ = token;
    space_ = true;
  }

  void close(uint32_t end) {
    Token& token = out_[open_];
    open_ = token.next;
    token.next = static_cast<uint32_t>(out_.size());
    token.end = end;
    i_ = end;
    space_ = false;
  }

  void braces() {
    uint32_t end = i_ + 1;
    uint64_t depth = 1;
    for (; depth > 0 && end < size_; end++) {
      if (line_[end] == '{') depth++;
      if (line_[end] == '}') depth--;
    }
    push(TokenKind::kCord, end).unbalanced = depth > 0;
  }

  void quoted() {
    const char delimiter = at(i_ + 1);
    if (delimiter == '\0' || delimiter == ' ') {
      push(TokenKind::kLine, size_);
    } else {
      push(TokenKind::kQuoted, behind(delimiter, i_ + 2));
    }
  }

  void other() {
    if (open_ != kNone && at(i_) == (out_[open_].kind == TokenKind::kParen ? ')' : ']')) {
      close(i_ + 1);
    } else {
      push(TokenKind::kFail, i_ + 1);
    }
  }

  std::string_view line_;
  uint32_t size_;
  uint32_t index_;
  std::vector<Token>& out_;
  uint32_t i_ = 0;
  uint32_t open_ = kNone;  ///< the innermost open bracket
  bool space_ = true;
};

}  // namespace

void lex_line(std::string_view line, uint32_t line_index, std::vector<Token>& tokens) {
  PLAN_CHECK(line.size() < UINT32_MAX);
  Lexer(line, line_index, tokens).run();
}

LineStart classify_line(std::string_view line) {
  const size_t start = line.find_first_not_of(' ');
  if (start == std::string_view::npos) return {};
  const auto class_at = [&](size_t i) {
    return i < line.size() ? byte_class(line[i]) : ByteClass::kEnd;
  };
  switch (class_at(start)) {
    case ByteClass::kEnd:
      return {};
    case ByteClass::kComment:
      return {LineCategory::kNote, start};
    case ByteClass::kCloseBrace: {
      const ByteClass next = class_at(start + 1);
      const bool line_text = next == ByteClass::kEnd || next == ByteClass::kSpace;
      return {line_text ? LineCategory::kText : LineCategory::kSingle, start};
    }
    case ByteClass::kRune: {
      size_t end = start;
      while (class_at(end) == ByteClass::kRune) end++;
      const ByteClass next = class_at(end);
      const bool alone =
          next == ByteClass::kEnd || next == ByteClass::kSpace || next == ByteClass::kComment;
      if (alone) return {LineCategory::kOpen, end - 1};
      return {LineCategory::kSingle, start};
    }
    default:
      return {LineCategory::kSingle, start};
  }
}

std::string_view token_text(const Token& token, std::string_view line) {
  const std::string_view span = token_span(token, line);
  // Strings that the line cuts short may have fewer bytes than quotes.
  const auto without = [&](size_t first, size_t last) {
    const size_t end = std::max(first, span.size() - std::min(last, span.size()));
    return first >= span.size() ? std::string_view() : span.substr(first, end - first);
  };
  switch (token.kind) {
    case TokenKind::kLine:
      return without(2, 0);
    case TokenKind::kCord:
      return without(1, 1);
    case TokenKind::kQuoted:
      return without(2, 1);
    default:
      return span;
  }
}

}  // namespace plan::rex
