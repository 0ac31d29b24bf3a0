// sire/plan_rex.h: whole Rex values into trees, and trees into Rex values.
//
// A tree made from a value holds the parts that are no Rex as their value words, good until the
// next safepoint. For looking at one layer see sire/rex_view.h.
#pragma once

#include "sire/rex.h"
#include "sire/rex_view.h"

namespace plan::sire {

/// Nodes of a tree made from a value; what exceeds them is shown as `(…)`. A value that shares
/// parts can stand for a much larger tree.
inline constexpr uint64_t kRexNodesMax = uint64_t{1} << 24;

/// Whether the top layer of `v` is Rex that can be printed: its text or rune is UTF-8. `v` is a
/// normal form.
bool is_rex_value(Value v);

/// The tree that `v`, a normal form, stands for: evil parts and embedded values by their words.
/// Texts are copied to the arena. Any depth.
const rex::Rex* rex_of_value(Value v, rex::Arena& arena);

/// The leaf or node that `view`, not evil and not embedded, shows; `kids` are its sons and its
/// heir.
const rex::Rex* rex_layer(const RexView& view, std::span<const rex::Rex* const> kids,
                          rex::Arena& arena);

/// The Rex value of a tree, whose embedded and evil parts are words of values. Any depth.
Value value_of_rex(RexValueMaker& maker, const rex::Rex* tree);

/// The value word kept in an embedded or evil part.
inline Value value_in(const rex::Rex* part) {
  return Value{part->word()};
}

}  // namespace plan::sire
