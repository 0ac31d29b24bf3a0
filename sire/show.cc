// sire/show.cc: framing of printed values.
#include "sire/show.h"

#include "sire/loot_listing.h"
#include "sire/plan_rex.h"
#include "sire/rex_print.h"
#include "sire/rex_text.h"
#include "sire/unicode.h"
#include "value/nat_decimal.h"

namespace plan::sire {

namespace {

using rex::Arena;
using rex::Rex;

rex::PrintOptions layout(const ShowOptions& options) {
  return {.colour = options.colour, .interrupt = options.interrupt};
}

/// `text` without the spaces at its end.
std::string_view strip_end(std::string_view text) {
  while (!text.empty()) {
    size_t start = text.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) start--;
    size_t at = start;
    if (!is_space(rex::next_character(text, at))) break;
    text = text.substr(0, start);
  }
  return text;
}

/// Items of one line stand together, longer ones between empty lines.
std::string frame_items(std::span<const Rex* const> items, const ShowOptions& options) {
  std::string out;
  bool is_tight = true;
  for (const Rex* item : items) {
    const std::string text = rex::print_tall(item, layout(options));
    const std::string_view stripped = strip_end(text);
    const bool is_line = stripped.find('\n') == stripped.npos;
    if (!is_tight || !is_line) out.push_back('\n');
    out.append(stripped).push_back('\n');
    is_tight = is_line;
  }
  if (!is_tight) out.push_back('\n');
  return out;
}

const Rex* render_part(void* /*context*/, Arena& arena, const Rex* part) {
  const std::string_view rune =
      part->kind() == rex::Kind::kEmbed ? rex::kEmbedRune : rex::kEvilRune;
  return rex::mark(arena, rune, value_rex(arena, value_in(part)));
}

}  // namespace

const Rex* value_rex(Arena& arena, Value v) {
  return loot::Listing(arena, v, loot::Depth::kShallow).value();
}

const Rex* full_rex(Arena& arena, Value v, const ShowOptions& options) {
  const std::vector<const Rex*> items =
      loot::Listing(arena, v, loot::Depth::kFull, options).items(std::nullopt);
  return loot::itemize(arena, items);
}

std::string print_listing(Value v, const ShowOptions& options) {
  Arena arena;
  loot::Listing listing(arena, v, loot::Depth::kShallow, options);
  return frame_items(listing.items(std::nullopt), options);
}

std::string print_value_shallow(Value v, const ShowOptions& options) {
  v = deref(v);
  if (!is_rex_value(v)) return print_listing(v, options) + "\n";
  Arena arena;
  const Rex* const tree = rex_of_value(v, arena);
  const rex::EmbedRenderer renderer{render_part, nullptr};
  return rex::print_tall(rex::render_embeds(tree, renderer, arena), layout(options)) + "\n";
}

std::string print_binding(Value name, Value v, const ShowOptions& options) {
  Arena arena;
  loot::Listing listing(arena, v, loot::Depth::kShallow, options);
  const std::vector<const Rex*> items = listing.items(name);
  return rex::print_tall(loot::itemize(arena, items), layout(options)) + "\n";
}

std::string print_full(Value v, const ShowOptions& options) {
  Arena arena;
  return rex::print_tall(full_rex(arena, v, options), layout(options)) + "\n";
}

std::string print_crash(Value op, Value v) {
  uint64_t scratch = 0;
  return "Evaluation crashed by calling the number " + nat::to_decimal(nat_limbs(op, scratch)) +
         " with this argument:\n\n" + print_listing(v);
}

std::string print_key(Value nat) {
  Arena arena;
  loot::LeafMaker leaves(arena);
  return rex::print_wide(leaves.key_rex(leaves.intern(nat)));
}

}  // namespace plan::sire
