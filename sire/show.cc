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

/// A printer that needed more than this for a text does not keep it.
constexpr size_t kKeptBytesMax = size_t{1} << 20;

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

std::string listing_text(loot::Listing& listing, Value v, const ShowOptions& options) {
  listing.list(v, loot::Depth::kShallow);
  return frame_items(listing.items(std::nullopt), options);
}

const Rex* render_part(void* listing, Arena& arena, const Rex* part) {
  const std::string_view rune =
      part->kind() == rex::Kind::kEmbed ? rex::kEmbedRune : rex::kEvilRune;
  auto& list = *static_cast<loot::Listing*>(listing);
  list.list(value_in(part), loot::Depth::kShallow);
  return rex::mark(arena, rune, list.value());
}

}  // namespace

struct ValuePrinter::Tables {
  explicit Tables(const ShowOptions& options) : listing(arena, options) {}

  Arena arena;
  loot::Listing listing;
};

ValuePrinter::ValuePrinter(const ShowOptions& options) : options_(options) {}
ValuePrinter::~ValuePrinter() = default;

ValuePrinter::Tables& ValuePrinter::tables() {
  if (tables_ == nullptr) tables_ = std::make_unique<Tables>(options_);
  return *tables_;
}

std::string ValuePrinter::finished(std::string text) {
  if (tables_->arena.size_bytes() > kKeptBytesMax || options_.is_interrupted()) {
    tables_ = nullptr;
  } else {
    tables_->arena.clear();
  }
  text.push_back('\n');
  return text;
}

std::string ValuePrinter::print_shallow(Value v) {
  Tables& t = tables();
  v = deref(v);
  if (!is_rex_value(v)) return finished(listing_text(t.listing, v, options_));
  const rex::EmbedRenderer renderer{render_part, &t.listing};
  const Rex* const tree = rex::render_embeds(rex_of_value(v, t.arena), renderer, t.arena);
  return finished(rex::print_tall(tree, layout(options_)));
}

std::string ValuePrinter::print_binding(Value name, Value v) {
  Tables& t = tables();
  t.listing.list(v, loot::Depth::kShallow);
  const std::vector<const Rex*> items = t.listing.items(name);
  return finished(rex::print_tall(loot::itemize(t.arena, items), layout(options_)));
}

std::string print_value_shallow(Value v, const ShowOptions& options) {
  return ValuePrinter(options).print_shallow(v);
}

std::string print_binding(Value name, Value v, const ShowOptions& options) {
  return ValuePrinter(options).print_binding(name, v);
}

const Rex* value_rex(Arena& arena, Value v) {
  const ShowOptions options;
  loot::Listing listing(arena, options);
  listing.list(v, loot::Depth::kShallow);
  return listing.value();
}

const Rex* full_rex(Arena& arena, Value v, const ShowOptions& options) {
  loot::Listing listing(arena, options);
  listing.list(v, loot::Depth::kFull);
  return loot::itemize(arena, listing.items(std::nullopt));
}

std::string print_listing(Value v, const ShowOptions& options) {
  Arena arena;
  loot::Listing listing(arena, options);
  return listing_text(listing, v, options);
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
