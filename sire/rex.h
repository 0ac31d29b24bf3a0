// sire/rex.h: Rex trees, and the arena they live in.
//
// Rex is the notation under Sire: text with indentation and brackets read into a small tree. A tree
// comes from the reader (sire/rex_reader.h), from the value printer, or from what a macro returned.
//
// Lifecycle    : an Arena makes trees and frees all of them at its end; nothing is freed earlier.
// Invariants   : a tree does not change once it has been handed out; its parts live in the same
//                arena or in one that lives longer; it has no cycle, but parts may be shared.
// Limits       : the reader bounds nesting (ReaderLimits), a macro does not; so no walk over a tree
//                here recurses, and none elsewhere should. Chains of heirs are never bounded.
// See          : sire/rex_reader.h and sire/rex_print.h, the way in and the way out.
#pragma once

#include "base/check.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace plan::rex {

enum class Kind : uint8_t {
  kNode,   ///< a rune with sons
  kLeaf,   ///< a piece of text
  kEmbed,  ///< a value a macro put into the tree; never comes from the reader
  kEvil,   ///< what a macro returned where a tree belongs, but is none; using it is an error
};

/// How a node was, or will be, written.
enum class Style : uint8_t {
  kOpen,  ///< by indentation: `| f x` on lines of its own
  kNest,  ///< in brackets with the rune first: `(+ 3 4)`, `(f x)`, `[3 4]`
  kInfx,  ///< in brackets with the rune between: `(a + b)`
  kPref,  ///< rune glued to what follows: `-x`
  kShut,  ///< rune glued between: `a-b`
};

enum class Shape : uint8_t {
  kWord,  ///< `foo`, `123`
  kText,  ///< `{foo}`, `"foo"`, `}_foo_`
  kLine,  ///< `} foo`, to the end of the line
};

/// One node, leaf, embedded value or evil part of a tree. Made by Arena.
class Rex {
 public:
  Rex(const Rex&) = delete;
  Rex& operator=(const Rex&) = delete;

  Kind kind() const { return kind_; }
  bool is_node() const { return kind_ == Kind::kNode; }
  bool is_leaf() const { return kind_ == Kind::kLeaf; }

  bool is_node(Style style) const { return is_node() && static_cast<Style>(form_) == style; }
  bool is_leaf(Shape shape) const { return is_leaf() && static_cast<Shape>(form_) == shape; }

  /// Of a node.
  Style style() const {
    PLAN_ASSERT(is_node());
    return static_cast<Style>(form_);
  }
  /// Of a node: UTF-8; any text, even empty, if a macro made it.
  std::string_view rune() const {
    PLAN_ASSERT(is_node());
    return text_;
  }
  /// Of a node.
  std::span<const Rex* const> sons() const {
    PLAN_ASSERT(is_node());
    return {sons_, sons_count_};
  }
  /// Of a leaf.
  Shape shape() const {
    PLAN_ASSERT(is_leaf());
    return static_cast<Shape>(form_);
  }
  /// Of a leaf: UTF-8, without the quotes.
  std::string_view text() const {
    PLAN_ASSERT(is_leaf());
    return text_;
  }
  /// Of an embedded value or an evil part: what the maker gave. Rex never looks inside.
  uint64_t word() const {
    PLAN_ASSERT(kind_ == Kind::kEmbed || kind_ == Kind::kEvil);
    return word_;
  }
  /// What is attached to a node or leaf, as `(x)` is to `f` in `f(x)`; null if nothing is.
  const Rex* heir() const { return heir_; }

 private:
  friend class Arena;
  friend class TreeBuilder;
  Rex() = default;

  Kind kind_ = Kind::kLeaf;
  uint8_t form_ = 0;  ///< Style of a node, Shape of a leaf
  uint32_t sons_count_ = 0;
  std::string_view text_;  ///< rune of a node, text of a leaf
  union {
    const Rex* const* sons_ = nullptr;  ///< of a node
    uint64_t word_;                     ///< of an embedded value or evil part
  };
  const Rex* heir_ = nullptr;
};
static_assert(sizeof(Rex) == 40);

/// Bump allocator for trees and their texts. Moving an Arena leaves its trees where they are.
class Arena {
 public:
  Arena() = default;
  ~Arena();
  Arena(Arena&& other) noexcept { swap(other); }
  Arena& operator=(Arena&& other) noexcept {
    swap(other);
    return *this;
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Texts and runes are not copied: they must live as long as the tree (see copy_text).
  /// `heir` may be null, and so may an heir anywhere.
  const Rex* leaf(Shape shape, std::string_view text, const Rex* heir = nullptr);
  /// Copies the list of sons, not the sons.
  const Rex* node(Style style, std::string_view rune, std::span<const Rex* const> sons,
                  const Rex* heir = nullptr);
  const Rex* embed(uint64_t word);
  const Rex* evil(uint64_t word);

  /// A copy of `text` that lives as long as the arena.
  std::string_view copy_text(std::string_view text);

  /// Frees all trees and texts, but keeps some of the memory.
  void clear();
  /// Memory taken, in bytes.
  size_t size_bytes() const { return size_bytes_; }

 private:
  friend class TreeBuilder;
  struct Chunk;

  void free_chunks();
  Rex* new_rex();
  /// `size_bytes` of memory, aligned for a Rex, without contents.
  void* allocate(size_t size_bytes) {
    const size_t rounded = (size_bytes + 7) & ~size_t{7};
    if (rounded > static_cast<size_t>(limit_ - top_)) [[unlikely]]
      return allocate_slow(rounded);
    std::byte* const result = top_;
    top_ += rounded;
    return result;
  }
  void* allocate_slow(size_t rounded);
  void swap(Arena& other) noexcept {
    std::swap(chunks_, other.chunks_);
    std::swap(top_, other.top_);
    std::swap(limit_, other.limit_);
    std::swap(next_chunk_bytes_, other.next_chunk_bytes_);
    std::swap(size_bytes_, other.size_bytes_);
  }

  Chunk* chunks_ = nullptr;  ///< newest first
  std::byte* top_ = nullptr;
  std::byte* limit_ = nullptr;
  size_t next_chunk_bytes_ = 2048;
  size_t size_bytes_ = 0;
};

/// Are these the same tree: kinds, styles, shapes, texts, words and all parts? Null equals null.
/// Linear in the size of the trees, counting shared parts as often as they occur.
bool equal(const Rex* a, const Rex* b);

}  // namespace plan::rex
