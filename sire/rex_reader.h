// sire/rex_reader.h: text into blocks of Rex, line by line.
//
// Lifecycle    : one Reader per file or console; feed() each line, then finish().
// Invariants   : a block is handed out as soon as its end is certain: with the line after it, or at
//                once if it is a single line that does not start with a rune standing alone.
//                A block has a tree or errors, never both.
// Limits       : ReaderLimits. Exceeding one is an error of the block, and reading goes on.
// See          : sire/rex_lex.h, rex_check.h and rex_build.h, the steps each block goes through.
#pragma once

#include "sire/rex.h"
#include "sire/rex_build.h"
#include "sire/rex_error.h"
#include "sire/rex_lex.h"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace plan::rex {

struct ReaderLimits {
  size_t block_bytes_max = size_t{16} << 20;
  /// Nodes within nodes. Chains of heirs, and sons side by side, do not count.
  uint32_t depth_max = 10'000;
  size_t errors_max = 64;  ///< per block
};

/// One complete piece of source. Owns its tree, texts and lines.
struct Block {
  uint64_t first_line = 0;              ///< 1-based
  std::vector<std::string_view> lines;  ///< the source, in `arena`
  std::vector<ReadError> errors;        ///< the first is the one to show
  const Rex* tree = nullptr;            ///< null if there are errors
  Arena arena;
};

class Reader {
 public:
  explicit Reader(ReaderLimits limits = {}) : limits_(limits) {}

  /// Takes one line, without its newline; appends the blocks that are complete, at most two.
  void feed(std::string_view line, std::vector<Block>& blocks);

  /// The input ends: appends the block under way, if any. Feeding may go on afterwards.
  void finish(std::vector<Block>& blocks);

  /// Is a block under way that the next line may continue?
  bool is_inside_block() const { return state_ != State::kBetween; }

 private:
  enum class State : uint8_t {
    kBetween,
    kText,   ///< line strings, all at column_
    kRunes,  ///< began with a free rune whose last byte is at column_
  };

  bool continues_block(const LineStart& start) const;
  void append(std::string_view line);
  void emit(std::vector<Block>& blocks);
  void check_utf8(const BlockTokens& tokens);

  ReaderLimits limits_;
  State state_ = State::kBetween;
  bool too_large_ = false;
  size_t column_ = 0;
  uint64_t line_number_ = 0;  ///< of the line fed last
  size_t block_bytes_ = 0;
  Block block_;  ///< under way
  std::vector<Token> tokens_;
  TreeBuilder builder_;
};

/// All blocks of a text. Lines end with '\n'; the last may do without.
std::vector<Block> read_text(std::string_view text, ReaderLimits limits = {});

}  // namespace plan::rex
