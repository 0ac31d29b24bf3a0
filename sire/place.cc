// sire/place.cc: finds where in a block something was written.
#include "sire/place.h"

#include "base/file.h"
#include "sire/rex_error.h"
#include "sire/rex_text.h"

#include <algorithm>

namespace plan::sire {

namespace {

constexpr int kStandardError = 2;
constexpr size_t kReasonBytesMax = 400;
/// Words of one part stand at most this far apart, in bytes.
constexpr size_t kWordGapMax = 400;

struct Place {
  size_t line = 0;  ///< index in the block
  size_t column = 0;
  size_t width = 0;
};

/// The block as one text, and back.
class BlockText {
 public:
  explicit BlockText(const rex::Block& block) : block_(block) {
    for (const std::string_view line : block.lines) {
      starts_.push_back(text_.size());
      text_ += line;
      text_ += '\n';
    }
  }

  /// Where `word` stands by itself at or after `from`; npos if nowhere.
  size_t find(std::string_view word, size_t from) const {
    const auto is_word = [&](size_t i) { return i < text_.size() && rex::is_word_byte(text_[i]); };
    for (size_t at = text_.find(word, from); at != std::string::npos;
         at = text_.find(word, at + 1)) {
      const bool glued_before = is_word(at) && at > 0 && is_word(at - 1);
      const bool glued_after = is_word(at + word.size() - 1) && is_word(at + word.size());
      if (!glued_before && !glued_after) return at;
    }
    return std::string::npos;
  }

  Place place(size_t at, size_t width) const {
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), at);
    const auto line = static_cast<size_t>(next - starts_.begin()) - 1;
    return {line, at - starts_[line], std::min(width, block_.lines[line].size())};
  }

 private:
  const rex::Block& block_;
  std::string text_;
  std::vector<size_t> starts_;
};

/// How far the words after the first reach if they follow each other from `at`; npos if they don't.
size_t end_of_words(const BlockText& text, const std::vector<std::string>& words, size_t at) {
  size_t end = at + words[0].size();
  for (size_t i = 1; i < words.size(); ++i) {
    const size_t next = text.find(words[i], end);
    if (next == std::string::npos || next - end > kWordGapMax) return std::string::npos;
    end = next + words[i].size();
  }
  return end;
}

/// Where the words stand closest together; the start of the block if they stand nowhere.
Place find_words(const rex::Block& block, const std::vector<std::string>& words) {
  const size_t indent = std::min(block.lines[0].find_first_not_of(' '), block.lines[0].size());
  Place best{0, indent, block.lines[0].size() - indent};
  if (words.empty() || words[0].empty()) return best;
  const BlockText text(block);
  size_t best_length = std::string::npos;
  for (size_t at = text.find(words[0], 0); at != std::string::npos;
       at = text.find(words[0], at + 1)) {
    const size_t end = end_of_words(text, words, at);
    if (end == std::string::npos || end - at >= best_length) continue;
    best_length = end - at;
    best = text.place(at, words[0].size());
  }
  return best;
}

}  // namespace

std::string describe_place(std::string_view path, const rex::Block& block, std::string_view reason,
                           const std::vector<std::string>& words) {
  const Place place = find_words(block, words);
  size_t column = place.column;
  const std::string_view line = rex::shown_part(block.lines[place.line], column);
  std::string result(path);
  result += ":" + std::to_string(block.first_line + place.line) + ":" +
            std::to_string(place.column + 1) + ": ";
  result += reason.substr(0, kReasonBytesMax);
  while (result.back() == '\n') result.pop_back();
  result += "\n    ";
  result += line;
  result += "\n    ";
  result.append(rex::character_count(line.substr(0, column)), ' ');
  const std::string_view marked = line.substr(column, place.width);
  result.append(std::max<size_t>(1, rex::character_count(marked)), '^');
  return result + "\n";
}

void report_place(const Context& context, std::string_view path, const rex::Block& block) {
  const std::string reason = context.failure.is_crash()
                                 ? context.first_reason
                                 : std::string(abort_text(context.failure.kind()));
  write_all(kStandardError, describe_place(path, block, reason, context.blamed_words));
}

}  // namespace plan::sire
