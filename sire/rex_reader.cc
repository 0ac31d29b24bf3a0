// sire/rex_reader.cc: the block splitter, and the way of a block through the reader.
#include "sire/rex_reader.h"

#include "sire/rex_check.h"
#include "sire/rex_text.h"

#include <algorithm>

namespace plan::rex {

namespace {

/// Of a line that makes its block too large, this much is kept to be shown.
constexpr size_t kShownBytesMax = 200;

}  // namespace

void Reader::feed(std::string_view line, std::vector<Block>& blocks) {
  line_number_++;
  const LineStart start = classify_line(line);
  if (state_ != State::kBetween) {
    if (continues_block(start)) {
      append(line);
      return;
    }
    emit(blocks);
  }
  switch (start.category) {
    case LineCategory::kVoid:
    case LineCategory::kNote:
      return;
    case LineCategory::kText:
      state_ = State::kText;
      break;
    case LineCategory::kOpen:
      state_ = State::kRunes;
      break;
    case LineCategory::kSingle:
      append(line);
      emit(blocks);
      return;
  }
  column_ = start.column;
  append(line);
}

void Reader::finish(std::vector<Block>& blocks) {
  if (state_ != State::kBetween) emit(blocks);
}

bool Reader::continues_block(const LineStart& start) const {
  if (state_ == State::kText) {
    return start.category == LineCategory::kText && start.column == column_;
  }
  if (start.category == LineCategory::kNote) return true;
  return start.category != LineCategory::kVoid && start.column >= column_;
}

void Reader::append(std::string_view line) {
  if (block_.lines.empty()) block_.first_line = line_number_;
  if (too_large_) return;
  const size_t left = std::min<size_t>(limits_.block_bytes_max, UINT32_MAX - 1) - block_bytes_;
  if (line.size() > left) {
    too_large_ = true;
    block_.lines.push_back(block_.arena.copy_text(line.substr(0, kShownBytesMax)));
    return;
  }
  block_bytes_ += line.size();
  lex_line(line, static_cast<uint32_t>(block_.lines.size()), tokens_);
  block_.lines.push_back(block_.arena.copy_text(line));
}

/// The block under way is complete: finds its errors or builds its tree, and hands it out.
void Reader::emit(std::vector<Block>& blocks) {
  const BlockTokens tokens{block_.lines, tokens_, block_.first_line};
  if (too_large_) {
    const uint32_t last = static_cast<uint32_t>(block_.lines.size()) - 1;
    block_.errors.push_back(error_at(tokens, ReadErrorKind::kBlockTooLarge, last, 0, 0));
  } else {
    check_utf8(tokens);
    check_tokens(tokens, limits_.errors_max, block_.errors);
  }
  if (block_.errors.empty()) {
    const TreeBuilder::Result built = builder_.build(tokens, limits_.depth_max, block_.arena);
    block_.tree = built.tree;
    if (built.too_deep.has_value()) {
      const Token& token = *built.too_deep;
      block_.errors.push_back(
          error_at(tokens, ReadErrorKind::kNestedTooDeeply, token.line, token.start, token.end));
    }
  }
  blocks.push_back(std::move(block_));
  block_ = Block();
  tokens_.clear();
  state_ = State::kBetween;
  too_large_ = false;
  block_bytes_ = 0;
}

void Reader::check_utf8(const BlockTokens& tokens) {
  for (uint32_t i = 0; i < tokens.lines.size(); i++) {
    const std::string_view line = tokens.lines[i];
    const uint32_t valid = static_cast<uint32_t>(valid_utf8_prefix(line));
    if (valid < line.size() && block_.errors.size() < limits_.errors_max) {
      block_.errors.push_back(error_at(tokens, ReadErrorKind::kBadUtf8, i, valid, valid + 1));
    }
  }
}

std::vector<Block> read_text(std::string_view text, ReaderLimits limits) {
  Reader reader(limits);
  std::vector<Block> blocks;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    reader.feed(text.substr(0, end), blocks);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  reader.finish(blocks);
  return blocks;
}

}  // namespace plan::rex
