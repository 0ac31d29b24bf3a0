// sire/loot_listing.cc: definitions and values as trees.
#include "sire/loot_listing.h"

#include "sire/rex_print.h"

namespace plan::loot {

namespace {

using rex::Rex;
using rex::Style;

/// `f-x`, which stands for itself here and is not part of anything, gets its brackets.
const Rex* with_brackets(rex::Arena& arena, const Rex* tree) {
  if (!tree->is_node(Style::kShut) || tree->rune() != "-") return tree;
  return arena.node(Style::kNest, "|", tree->sons(), tree->heir());
}

}  // namespace

void Listing::list(Value v, Depth depth) {
  value_ = deref(v);
  leaves_.clear();
  pins_.list(value_, depth);
  trees_.clear();
}

const Rex* Listing::binding(const Rex* left, const Rex* right) {
  if (!rex::is_closed(right)) return arena_.node(Style::kOpen, "=", {&left, 1}, right);
  const Rex* const sides[] = {left, right};
  return arena_.node(Style::kShut, "=", sides);
}

const Rex* Listing::definition(const PinEntry& entry) {
  const Value item = deref(pin_item(entry.pin));
  if (is_law(item)) {
    const TreeMaker::Definition law = trees_.law(item, entry.name);
    return binding(law.head, with_brackets(arena_, law.body));
  }
  const Rex* const name = leaves_.key_rex(entry.name);
  const Rex* const left = arena_.node(Style::kNest, "|", {&name, 1});
  return binding(left, with_brackets(arena_, trees_.value(item)));
}

std::vector<const Rex*> Listing::items(std::optional<Value> binder) {
  std::vector<const Rex*> out;
  for (const PinEntry& entry : pins_.entries()) {
    if (entry.is_defined) out.push_back(definition(entry));
  }
  const bool is_reference = is_pin(value_);
  if (!binder.has_value() && is_reference) return out;
  const NameId name = binder.has_value() ? leaves_.intern(*binder) : leaves_.intern("_");
  if (is_reference && pins_.name_of(value_) == name) return out;
  const bool is_bound = binder.has_value() || !out.empty();
  const Rex* const tree = with_brackets(arena_, value());
  out.push_back(is_bound ? binding(leaves_.key_rex(name), tree) : tree);
  return out;
}

const Rex* itemize(rex::Arena& arena, std::span<const Rex* const> items) {
  if (items.size() == 1) return items[0];
  if (items.empty()) return arena.node(Style::kOpen, "*", {});
  const Rex* heir = nullptr;
  for (size_t i = items.size(); i-- > 0;) {
    heir = arena.node(Style::kOpen, "*", items.subspan(i, 1), heir);
  }
  return heir;
}

}  // namespace plan::loot
