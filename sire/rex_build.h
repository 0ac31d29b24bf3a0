// sire/rex_build.h: the tokens of a faultless block into a tree.
//
// Three things give a block its shape, from the inside out: what is glued together (a *clump*:
// `f(x)`, `-a+b`), what brackets hold, and, at the top, how runes that stand alone line up.
//
// Invariants   : no step recurses. Finished trees wait on one stack (`done_`), and each open
//                construct remembers where its own begin.
// Threads      : none shared; a builder keeps its stacks from block to block.
#pragma once

#include "sire/rex.h"
#include "sire/rex_check.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace plan::rex {

class TreeBuilder {
 public:
  struct Result {
    const Rex* tree = nullptr;      ///< null if `too_deep` is set
    std::optional<Token> too_deep;  ///< where the nesting exceeded `depth_max`
  };

  /// The tree of a block without errors and with at least one token. The tree is in `arena`; its
  /// texts are parts of `block.lines`, which must live as long. Leaves have depth 1, and a node is
  /// one deeper than its deepest son; heirs are on the level of what they hang on.
  Result build(const BlockTokens& block, uint32_t depth_max, Arena& arena);

 private:
  /// A finished tree and the end of its chain of heirs, where juxtaposition attaches more.
  struct Part {
    Rex* tree = nullptr;
    Rex* chain_end = nullptr;
    uint32_t depth = 0;
  };

  /// What is glued together so far: [prefix] chain {infix chain}. Complete chains are in `done_`.
  struct Clump {
    bool active = false;
    uint32_t column = 0;
    std::string_view prefix;  ///< empty: none
    std::string_view infix;   ///< empty: none yet
    size_t base = 0;          ///< its parts are done_[base..]
    Part chain;               ///< no tree: empty
  };

  /// The inside of a bracket, or of the block itself. A free rune that comes first, in the bracket
  /// or behind an infix rune, is a prefix and has all that follows; any other is an infix.
  struct Level {
    Level(TokenKind kind_of, uint32_t end_index, size_t done, size_t prefix_count)
        : kind(kind_of), end(end_index), base(done), group(done), prefixes(prefix_count) {}

    TokenKind kind;
    uint32_t end;            ///< index of the first token behind it
    std::string_view infix;  ///< empty: none yet
    size_t base;             ///< its parts are done_[base..]
    size_t group;            ///< those behind the last infix rune are done_[group..]
    size_t prefixes;         ///< its prefix runes are prefixes_[prefixes..]
    Clump clump;
  };

  /// `(+ a - b)`: each prefix rune is a son of the one before.
  struct Prefix {
    std::string_view rune;
    size_t base;
  };

  /// A rune of the layout that may still get sons; they are layout_[base..].
  struct Item {
    uint32_t column;
    std::string_view rune;
    size_t base;
    Part heir;  ///< no tree: none
  };

  std::string_view span_of(const Token& token) const {
    return token_span(token, block_->lines[token.line]);
  }

  uint32_t step(uint32_t index);
  Part line_chain(uint32_t& index, bool merge);
  Part make_leaf(Shape shape, std::string_view text);
  Part make_node(Style style, std::string_view rune, std::vector<Part>& parts, size_t base,
                 const Part& heir);
  void collapse(Style style, std::string_view rune, size_t base);
  void push_sequence(size_t base);
  static void attach(Part& part, const Part& heir);

  void begin_clump(Level& level, const Token& token);
  void add_element(Level& level, const Part& element);
  void add_tight_rune(Level& level, std::string_view rune);
  void end_clump(Level& level);

  void add_free_rune(Level& level, const Token& token);
  void close_level();

  void layout_leaf(uint32_t column, const Part& leaf);
  void layout_rune(uint32_t column, std::string_view rune);
  void close_items(uint32_t column);
  void pop_item();
  void merge(uint32_t column, const Part& part);
  const Rex* finish_layout();

  const BlockTokens* block_ = nullptr;
  Arena* arena_ = nullptr;
  uint32_t depth_max_ = 0;
  uint32_t index_ = 0;  ///< the token being looked at
  std::optional<Token> too_deep_;
  std::vector<Level> levels_;
  std::vector<Part> done_;
  std::vector<Prefix> prefixes_;
  std::vector<Item> items_;
  std::vector<Part> layout_;
  std::vector<const Rex*> sons_;
};

}  // namespace plan::rex
