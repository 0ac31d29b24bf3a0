// sire/rex_fuzz.cc: any bytes through the Rex reader and printer, with what must hold of the
// result.
//
// Driven by libFuzzer (PLAN_LIBFUZZER), and by a seeded loop in sire/rex_fuzz_test.cc.
#include "sire/rex_fuzz.h"

#include "base/check.h"
#include "sire/rex_print.h"
#include "sire/rex_reader.h"
#include "sire/rex_text.h"

#include <string>
#include <string_view>
#include <vector>

namespace plan::rex {

namespace {

struct Place {
  const Rex* rex;
  bool is_open;     ///< on lines of its own, if it is OPEN or LINE
  bool is_operand;  ///< of an infix node
};

bool is_leaf_or_shut(const Rex* rex) {
  return rex->is_leaf() || rex->is_node(Style::kShut);
}

/// Pushes the parts of `place`; false if it is written so that it reads as something else.
/// See Note [What does not read back] in sire/rex_print.cc.
bool visit(const Place& place, std::vector<Place>& work) {
  const Rex* const rex = place.rex;
  const Rex* const heir = rex->heir();
  const bool is_tall = place.is_open && !is_closed(rex);
  if (!is_tall && !is_closed(rex)) return false;
  if (rex->is_leaf()) {
    // Far below the number of candidates for a quote.
    if (rex->is_leaf(Shape::kText) && rex->text().size() > 60) return false;
    if (is_tall && heir != nullptr && !heir->is_leaf(Shape::kLine)) return false;
  } else {
    constexpr size_t kShortRune = 5;
    if (rex->rune().size() > kShortRune) return false;
    if (place.is_operand && rex->is_node(Style::kNest) && rex->rune() == "|" && heir != nullptr) {
      return false;
    }
    for (const Rex* son : rex->sons()) work.push_back({son, is_tall, rex->is_node(Style::kInfx)});
  }
  if (heir == nullptr) return true;
  if (!is_tall && is_leaf_or_shut(heir)) return false;
  work.push_back({heir, is_tall, false});
  return true;
}

bool reads_back(const Rex* tree) {
  std::vector<Place> work{{tree, true, false}};
  while (!work.empty()) {
    const Place place = work.back();
    work.pop_back();
    if (!visit(place, work)) return false;
  }
  return true;
}

std::string without_colours(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t escape = std::min(text.find('\x1b'), text.size());
    out.append(text.substr(0, escape));
    text.remove_prefix(escape);
    text.remove_prefix(text.empty() ? 0 : text.find('m') + 1);
  }
  return out;
}

void check_tree(const Rex* tree, const ReaderLimits& limits, bool has_escapes) {
  const std::string wide = print_wide(tree);
  const std::string tall = print_tall(tree);
  PLAN_CHECK(wide_width(tree) == character_count(wide));
  if (!has_escapes) {
    const PrintOptions coloured{.colour = true};
    PLAN_CHECK(without_colours(print_wide(tree, coloured)) == wide);
    PLAN_CHECK(without_colours(print_tall(tree, coloured)) == tall);
  }
  if (!reads_back(tree)) return;
  const std::vector<Block> again = read_text(tall, limits);
  PLAN_CHECK(again.size() == 1);
  PLAN_CHECK(again[0].tree != nullptr);
  PLAN_CHECK(equal(again[0].tree, tree));
}

}  // namespace

void rex_fuzz_one(std::span<const uint8_t> data) {
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  const bool has_escapes = text.find('\x1b') != std::string_view::npos;
  ReaderLimits limits;
  limits.depth_max = 100;
  uint64_t last_line = 0;
  for (const Block& block : read_text(text, limits)) {
    PLAN_CHECK(block.first_line > last_line);
    last_line = block.first_line + block.lines.size() - 1;
    PLAN_CHECK((block.tree == nullptr) == !block.errors.empty());
    for (const ReadError& error : block.errors) {
      PLAN_CHECK(error.line >= block.first_line);
      PLAN_CHECK(error.line <= last_line);
      PLAN_CHECK(error.column - 1 + error.width <= error.source.size());
      PLAN_CHECK(format_error("fuzz", error).starts_with("fuzz:"));
    }
    if (block.tree != nullptr) check_tree(block.tree, limits, has_escapes);
  }
}

}  // namespace plan::rex

#ifdef PLAN_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  plan::rex::rex_fuzz_one({data, size});
  return 0;
}
#endif
