// sire/loot_listing.h: a value with the definitions of its pins (spec/loot.md section 9).
#pragma once

#include "sire/loot_pins.h"
#include "sire/loot_tree.h"

#include <optional>
#include <vector>

namespace plan::loot {

/// Values to be printed, one after the other: its memory serves again. Trees live as long as the
/// arena.
class Listing {
 public:
  Listing(rex::Arena& arena, const sire::ShowOptions& options)
      : arena_(arena),
        leaves_(arena),
        pins_(leaves_, options.hashes),
        trees_(arena, leaves_, pins_, options) {}

  /// Begins with `v`, a normal form.
  void list(Value v, Depth depth);
  /// The definitions of those pins that are defined, and then the value: bound to `binder`, if
  /// there is one, or else to `_` if there are definitions. A value that is a pin is not listed
  /// again.
  std::vector<const rex::Rex*> items(std::optional<Value> binder);
  /// The value alone.
  const rex::Rex* value() { return trees_.value(value_); }

 private:
  const rex::Rex* definition(const PinEntry& entry);
  const rex::Rex* binding(const rex::Rex* left, const rex::Rex* right);

  rex::Arena& arena_;
  Value value_;
  LeafMaker leaves_;
  PinList pins_;
  TreeMaker trees_;
};

/// The items as one tree: a chain of `*` nodes, if there is not exactly one.
const rex::Rex* itemize(rex::Arena& arena, std::span<const rex::Rex* const> items);

}  // namespace plan::loot
