// sire/loot_box.cc: the forms and claimed widths of composite parts (spec/loot.md section 4).
#include "sire/loot_box.h"

#include "sire/rex_print.h"
#include "sire/rex_text.h"

#include <algorithm>

namespace plan::loot {

namespace {

using rex::Rex;
using rex::Style;

/// From this sum of widths on an application in a body may be turned around by `^` ...
constexpr uint64_t kLongApplication = 40;
/// ... which takes last arguments narrower than this.
constexpr uint32_t kNarrowArgument = 10;
/// Enough UTF-8 for a line of kSpreadWidth characters.
constexpr size_t kMeasuredBytes = 4 * (kSpreadWidth + 1);

bool is_bare_word(const Rex* rex) {
  return rex->is_leaf(rex::Shape::kWord) && rex->heir() == nullptr;
}

bool is_opcode_word(const Rex* rex) {
  return is_bare_word(rex) && (rex->text() == "0" || rex->text() == "1" || rex->text() == "2");
}

}  // namespace

BoxMaker::Sum BoxMaker::sum(Boxes boxes) {
  Sum total;
  for (const Box& box : boxes) {
    total.width += box.width;
    total.has_wide = total.has_wide && box.has_wide;
  }
  return total;
}

Box BoxMaker::boxed(const Sum& total, const Rex* rex) {
  const auto width = static_cast<uint32_t>(std::min<uint64_t>(total.width, UINT32_MAX));
  return {rex, width, total.has_wide};
}

const Rex* BoxMaker::node_of(Style style, std::string_view rune, Boxes sons, const Rex* heir) {
  scratch_.clear();
  for (const Box& son : sons) scratch_.push_back(son.rex);
  return arena_.node(style, rune, scratch_, heir);
}

const Rex* BoxMaker::opened(const Box& box) {
  const Rex* const rex = box.rex;
  if (!box.is_wide() || rex->is_node(Style::kOpen)) return rex;
  if (rex->is_node() && rex->rune() == "|") {
    return arena_.node(Style::kOpen, "|", rex->sons(), rex->heir());
  }
  return arena_.node(Style::kOpen, "|", {&rex, 1});
}

const Rex* BoxMaker::chain(std::string_view rune, Boxes sons) {
  const Rex* heir = nullptr;
  for (size_t i = sons.size(); i-- > 0;) {
    heir = node_of(Style::kOpen, rune, sons.subspan(i, 1), heir);
  }
  return heir;
}

const Rex* BoxMaker::wide_application(Boxes parts, bool tight) {
  return tight ? node_of(Style::kShut, "-", parts) : node_of(Style::kNest, "|", parts);
}

const Rex* BoxMaker::tall_application(Boxes parts) {
  const Rex* const heir = opened(parts.back());
  return node_of(Style::kOpen, "|", parts.first(parts.size() - 1), heir);
}

Box BoxMaker::application(Boxes parts) {
  if (parts.size() == 1) return parts[0];
  Sum total = sum(parts);
  // A part that is not wide has no form here to look at, but then the result is not wide either.
  const bool tight =
      (parts.size() == 2 && is_opcode_word(parts[0].rex)) ||
      std::all_of(parts.begin(), parts.end(), [](const Box& b) { return is_bare_word(b.rex); });
  total.width += tight ? parts.size() - 1 : parts.size() + 1;
  return boxed(total, fits(total) ? wide_application(parts, tight) : tall_application(parts));
}

Box BoxMaker::body_application(Boxes parts) {
  Box whole = application(parts);
  const Sum total = sum(parts);
  if (whole.is_wide() || !total.has_wide || total.width < kLongApplication) return whole;
  size_t first = parts.size();
  while (first > 0 && parts[first - 1].width < kNarrowArgument) first--;
  if (first == 0 || first == parts.size()) return whole;
  const Rex* const function = application(parts.first(first)).rex;
  whole.rex = node_of(Style::kOpen, "^", parts.subspan(first), function);
  return whole;
}

Box BoxMaker::row(Boxes elements, std::span<const Boxes> spread) {
  Sum total = sum(elements);
  total.width += 1 + elements.size();
  if (fits(total) || elements.empty()) return boxed(total, node_of(Style::kNest, ",", elements));
  const Rex* heir = nullptr;
  for (size_t i = spread.size(); i-- > 0;) {
    heir = node_of(Style::kOpen, "++", spread[i], heir);
  }
  return boxed(total, heir);
}

Box BoxMaker::set(Boxes keys) {
  Sum total = sum(keys);
  total.width += 2;
  if (!fits(total)) return boxed(total, chain("%%", keys));
  const Rex* const row = node_of(Style::kNest, ",", keys);
  return boxed(total, arena_.node(Style::kPref, "%", {&row, 1}));
}

Box BoxMaker::tab(std::span<const Entry> entries) {
  if (entries.empty()) {
    const Rex* const row = arena_.node(Style::kNest, ",", {});
    return {arena_.node(Style::kPref, "#", {&row, 1}), 2, true};
  }
  Sum total{1 + entries.size(), true};
  for (const Entry& e : entries) {
    total.width += 1 + uint64_t{e.key.width} + (e.is_short ? 0 : e.value.width);
    total.has_wide = total.has_wide && e.key.has_wide && (e.is_short || e.value.has_wide);
  }
  std::vector<const Rex*> sons;
  if (fits(total)) {
    for (const Entry& e : entries) {
      const Rex* const pair[] = {e.key.rex, e.value.rex};
      sons.push_back(e.is_short ? arena_.node(Style::kPref, "=", {pair, 1})
                                : arena_.node(Style::kShut, "=", pair));
    }
    return boxed(total, arena_.node(Style::kNest, ",", sons));
  }
  const Rex* heir = nullptr;
  for (size_t i = entries.size(); i-- > 0;) {
    const Entry& e = entries[i];
    sons.assign({arena_.node(Style::kPref, "=", {&e.key.rex, 1})});
    if (!e.is_short) {
      for (const Box& part : e.spread) sons.push_back(part.rex);
    }
    heir = arena_.node(Style::kOpen, "##", sons, heir);
  }
  return boxed(total, heir);
}

Box BoxMaker::spine(std::string_view rune, Boxes parts) {
  Sum total = sum(parts);
  total.width += parts.size() - 1;
  return boxed(total, fits(total) ? node_of(Style::kShut, rune, parts) : chain(rune, parts));
}

Box BoxMaker::prefix(std::string_view rune, const Box& part) {
  const Sum total{part.width + uint64_t{1}, part.has_wide};
  return boxed(total, node_of(fits(total) ? Style::kPref : Style::kOpen, rune, {&part, 1}));
}

Box BoxMaker::signature(Boxes parts) {
  Sum total = sum(parts);
  total.width += 1 + parts.size();
  return boxed(total, node_of(fits(total) ? Style::kNest : Style::kOpen, "|", parts));
}

Box BoxMaker::law(std::string_view rune, const Box& signature, const Box& body, bool tight) {
  const Box parts[] = {signature, body};
  Sum total = sum(parts);
  total.width += tight ? 1 : 5;
  if (fits(total)) return boxed(total, node_of(tight ? Style::kShut : Style::kInfx, rune, parts));
  return boxed(total, node_of(Style::kOpen, rune, {parts, 1}, body.rex));
}

Box BoxMaker::let(const Box& name, const Box& value, const Box& rest) {
  const Box parts[] = {name, value, rest};
  Sum total = sum(parts);
  total.width += 5;
  const Boxes bound = Boxes(parts).first(2);
  if (fits(total)) return boxed(total, node_of(Style::kInfx, "@", bound, rest.rex));
  return boxed(total, node_of(Style::kOpen, "@", bound, opened(rest)));
}

Box BoxMaker::quoted(const Rex* tree) {
  const Rex* const wide = arena_.node(Style::kPref, "`", {&tree, 1});
  const std::string line = rex::print_wide(wide, {.colour = false, .bytes_max = kMeasuredBytes});
  const Sum total{line.size() > kMeasuredBytes ? kMeasuredBytes : rex::character_count(line), true};
  return boxed(total, fits(total) ? wide : arena_.node(Style::kOpen, "`", {&tree, 1}));
}

}  // namespace plan::loot
