// sire/rex_print.h: Rex trees into text, on one line or laid out over several.
//
// The layout is upstream's, character for character: what users see of every binding depends on it.
// Reading a printed tree gives the same tree back, with known exceptions. See Note [What does not
// read back] in sire/rex_print.cc.
//
// Limits       : no tree is too deep. A tall layout that would exceed PrintOptions::bytes_max (many
//                open sons cost the square of their number) becomes the wide one; a wide one is
//                cut.
#pragma once

#include "sire/rex.h"

#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace plan::rex {

struct PrintOptions {
  bool colour = false;  ///< ANSI escapes; they do not influence the layout
  size_t bytes_max = size_t{256} << 20;
  const std::atomic<bool>* interrupt = nullptr;  ///< when it becomes true, text is cut at once

  bool is_interrupted() const {
    return interrupt != nullptr && interrupt->load(std::memory_order_relaxed);
  }
};

/// One line, without a newline (but line breaks inside texts are kept).
std::string print_wide(const Rex* tree, const PrintOptions& options = {});

/// One or more lines, each with its newline.
std::string print_tall(const Rex* tree, const PrintOptions& options = {});

/// The tall forms of several trees, an empty line between each two.
std::string print_blocks(std::span<const Rex* const> trees, const PrintOptions& options = {});

/// How many characters print_wide shows.
size_t wide_width(const Rex* tree);

/// Is the tree written inside a line, rather than over lines of its own?
inline bool is_closed(const Rex* tree) {
  return !tree->is_node(Style::kOpen) && !tree->is_leaf(Shape::kLine);
}

/// The runes upstream puts before an embedded value and before an evil part.
inline constexpr std::string_view kEmbedRune = "▣";
inline constexpr std::string_view kEvilRune = "�";

/// What stands for embedded values and evil parts in print; the printers know nothing of values and
/// show a bare mark. `render` gives the whole replacement, usually `mark(arena, kEmbedRune, ..)`; a
/// function pointer, as the value printer is in another file and has state of its own.
struct EmbedRenderer {
  const Rex* (*render)(void* context, Arena& arena, const Rex* part);
  void* context;
};

/// A copy of the tree with all embedded values and evil parts replaced; the tree itself if it has
/// none. Linear in the size of the tree, counting shared parts as often as they occur.
const Rex* render_embeds(const Rex* tree, EmbedRenderer renderer, Arena& arena);

/// `rune` applied to `value`: glued to it if that is closed, else on lines of its own.
const Rex* mark(Arena& arena, std::string_view rune, const Rex* value);

}  // namespace plan::rex
