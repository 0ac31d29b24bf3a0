// sire/rex_build.cc: clumps, brackets and layout; see the three groups of functions below.
#include "sire/rex_build.h"

#include <algorithm>

namespace plan::rex {

TreeBuilder::Result TreeBuilder::build(const BlockTokens& block, uint32_t depth_max, Arena& arena) {
  PLAN_ASSERT(!block.tokens.empty());
  block_ = &block;
  arena_ = &arena;
  depth_max_ = depth_max;
  too_deep_.reset();
  for (auto* stack : {&done_, &layout_}) stack->clear();
  levels_.clear();
  prefixes_.clear();
  items_.clear();

  // The block itself is a level too; what differs is where its clumps and free runes go.
  const uint32_t count = static_cast<uint32_t>(block.tokens.size());
  levels_.emplace_back(TokenKind::kFail, count, 0, 0);
  index_ = 0;
  while (true) {
    while (levels_.size() > 1 && levels_.back().end == index_) close_level();
    if (index_ == count) break;
    index_ = step(index_);
  }
  index_ = count - 1;
  end_clump(levels_.back());
  const Rex* const tree = finish_layout();
  if (too_deep_.has_value()) return {.tree = nullptr, .too_deep = too_deep_};
  return {.tree = tree, .too_deep = {}};
}

/// Takes the token at `index` in; returns the index of the one to go on with.
uint32_t TreeBuilder::step(uint32_t index) {
  const Token& token = block_->tokens[index];
  Level& level = levels_.back();
  const bool is_free = is_free_rune(block_->tokens, index, level.end);
  if (token.space_before || is_free) end_clump(level);
  if (is_free) {
    add_free_rune(level, token);
    return index + 1;
  }
  begin_clump(level, token);
  switch (token.kind) {
    case TokenKind::kRune:
      add_tight_rune(level, span_of(token));
      break;
    case TokenKind::kWord:
      add_element(level, make_leaf(Shape::kWord, span_of(token)));
      break;
    case TokenKind::kCord:
    case TokenKind::kQuoted:
      add_element(level, make_leaf(Shape::kText, token_text(token, block_->lines[token.line])));
      break;
    case TokenKind::kLine: {
      const Part chain = line_chain(index, levels_.size() == 1);
      add_element(level, chain);
      break;
    }
    case TokenKind::kParen:
    case TokenKind::kBracket:
      levels_.emplace_back(token.kind, token.next, done_.size(), prefixes_.size());
      break;
    case TokenKind::kFail:
      PLAN_UNREACHABLE();  // An error, so there is no tree to build.
  }
  return index + 1;
}

/// The leaf of the line string at `index`; if `merge`, with the line strings that follow at the
/// same column on the lines directly below as its heirs. Leaves `index` on the last one.
TreeBuilder::Part TreeBuilder::line_chain(uint32_t& index, bool merge) {
  const std::span<const Token> tokens = block_->tokens;
  Part chain =
      make_leaf(Shape::kLine, token_text(tokens[index], block_->lines[tokens[index].line]));
  while (merge && index + 1 < tokens.size()) {
    const Token& here = tokens[index];
    const Token& next = tokens[index + 1];
    if (next.kind != TokenKind::kLine || next.start != here.start || next.line != here.line + 1) {
      break;
    }
    index++;
    attach(chain, make_leaf(Shape::kLine, token_text(next, block_->lines[next.line])));
  }
  return chain;
}

// Making trees

TreeBuilder::Part TreeBuilder::make_leaf(Shape shape, std::string_view text) {
  Rex* const leaf = arena_->new_rex();
  leaf->kind_ = Kind::kLeaf;
  leaf->form_ = static_cast<uint8_t>(shape);
  leaf->text_ = text;
  return {leaf, leaf, 1};
}

/// A node whose sons are parts[base..], which are taken off.
TreeBuilder::Part TreeBuilder::make_node(Style style, std::string_view rune,
                                         std::vector<Part>& parts, size_t base, const Part& heir) {
  uint32_t depth = 1;
  sons_.clear();
  for (size_t i = base; i < parts.size(); i++) {
    sons_.push_back(parts[i].tree);
    depth = std::max(depth, parts[i].depth + 1);
  }
  parts.resize(base);
  if (depth > depth_max_ && !too_deep_.has_value()) {
    too_deep_ = block_->tokens[std::min<size_t>(index_, block_->tokens.size() - 1)];
  }
  // Made by this builder and not yet handed out, hence still ours to change.
  Rex* const node = const_cast<Rex*>(arena_->node(style, rune, sons_, heir.tree));
  return {node, node, std::max(depth, heir.depth)};
}

/// Replaces done_[base..] by one node of them.
void TreeBuilder::collapse(Style style, std::string_view rune, size_t base) {
  const Part node = make_node(style, rune, done_, base, Part());
  done_.push_back(node);
}

/// Replaces done_[base..] by what brackets around it mean: one thing is itself.
void TreeBuilder::push_sequence(size_t base) {
  if (done_.size() != base + 1) collapse(Style::kNest, "|", base);
}

void TreeBuilder::attach(Part& part, const Part& heir) {
  part.chain_end->heir_ = heir.tree;
  part.chain_end = heir.chain_end;
  part.depth = std::max(part.depth, heir.depth);
}

// Clumps: `-f(x)+b` is a prefix, then chains with runes between.

void TreeBuilder::begin_clump(Level& level, const Token& token) {
  if (level.clump.active) return;
  level.clump = Clump();
  level.clump.active = true;
  level.clump.column = token.start;
  level.clump.base = done_.size();
}

void TreeBuilder::add_element(Level& level, const Part& element) {
  Part& chain = level.clump.chain;
  if (chain.tree == nullptr) {
    chain = element;
  } else {
    attach(chain, element);
  }
}

void TreeBuilder::add_tight_rune(Level& level, std::string_view rune) {
  Clump& clump = level.clump;
  if (clump.chain.tree == nullptr) {
    // Two runes cannot touch, so only the first token of a clump can come here.
    clump.prefix = rune;
    return;
  }
  done_.push_back(clump.chain);
  clump.chain = {};
  // A different rune groups all before it: there is no precedence.
  if (!clump.infix.empty() && clump.infix != rune) collapse(Style::kShut, clump.infix, clump.base);
  clump.infix = rune;
}

/// If a clump is under way, hands it to its level.
void TreeBuilder::end_clump(Level& level) {
  if (!level.clump.active) return;
  const Clump clump = level.clump;
  level.clump.active = false;
  done_.push_back(clump.chain);
  if (!clump.infix.empty()) collapse(Style::kShut, clump.infix, clump.base);
  if (!clump.prefix.empty()) collapse(Style::kPref, clump.prefix, clump.base);
  if (levels_.size() == 1) {
    const Part leaf = done_.back();
    done_.pop_back();
    layout_leaf(clump.column, leaf);
  }
}

// Brackets

void TreeBuilder::add_free_rune(Level& level, const Token& token) {
  const std::string_view rune = span_of(token);
  if (levels_.size() == 1) {
    layout_rune(token.end - 1, rune);
    return;
  }
  if (prefixes_.size() > level.prefixes || done_.size() == level.group) {
    prefixes_.push_back({rune, done_.size()});
    return;
  }
  push_sequence(level.group);
  if (!level.infix.empty() && level.infix != rune) collapse(Style::kInfx, level.infix, level.base);
  level.infix = rune;
  level.group = done_.size();
}

/// Ends the innermost bracket; its tree becomes an element of the clump around it.
void TreeBuilder::close_level() {
  end_clump(levels_.back());
  const Level level = levels_.back();
  levels_.pop_back();
  if (level.kind == TokenKind::kBracket) {
    collapse(Style::kNest, ",", level.base);
  } else {
    while (prefixes_.size() > level.prefixes) {
      const Prefix prefix = prefixes_.back();
      prefixes_.pop_back();
      collapse(Style::kNest, prefix.rune, prefix.base);
    }
    push_sequence(level.group);
    if (!level.infix.empty()) collapse(Style::kInfx, level.infix, level.base);
  }
  const Part element = done_.back();
  done_.pop_back();
  add_element(levels_.back(), element);
}

// Layout. layout_ holds first the clumps before any free rune, then the sons of the open items.

void TreeBuilder::layout_leaf(uint32_t column, const Part& leaf) {
  if (items_.empty()) {
    layout_.push_back(leaf);
    return;
  }
  close_items(column);
  merge(column, leaf);
}

void TreeBuilder::layout_rune(uint32_t column, std::string_view rune) {
  if (!items_.empty()) close_items(column);
  items_.push_back({column, rune, layout_.size(), {}});
}

void TreeBuilder::close_items(uint32_t column) {
  while (items_.size() > 1 && items_.back().column > column) pop_item();
  PLAN_ASSERT(items_.back().column <= column);
}

/// The innermost item is complete: it goes into the one around it.
void TreeBuilder::pop_item() {
  const Item item = items_.back();
  items_.pop_back();
  const Part node = make_node(Style::kOpen, item.rune, layout_, item.base, item.heir);
  if (items_.empty()) {
    layout_.push_back(node);
  } else {
    merge(item.column, node);
  }
}

void TreeBuilder::merge(uint32_t column, const Part& part) {
  Item& item = items_.back();
  if (item.heir.tree != nullptr) {
    // What was taken for the heir turns out to be the last son.
    layout_.push_back(item.heir);
    item.heir = part;
  } else if (column == item.column) {
    item.heir = part;
  } else {
    layout_.push_back(part);
  }
}

const Rex* TreeBuilder::finish_layout() {
  while (!items_.empty()) pop_item();
  PLAN_ASSERT(!layout_.empty());
  if (layout_.size() == 1) return layout_.front().tree;
  return make_node(Style::kOpen, "|", layout_, 0, Part()).tree;
}

}  // namespace plan::rex
