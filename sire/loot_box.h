// sire/loot_box.h: the two ways to write a part of a value, and the choice between them.
//
// Loot, the notation for values, prints each part on one line if a certain formula says that this
// is narrow enough, and spread over several lines otherwise. The formula's width is not always the
// true one; it decides all the same, because every listing depends on it (spec/loot.md section 4).
//
// A box is made bottom-up and is decided when it is made: a part that is wide by the formula makes
// everything around it wide, so the one-line form of a part that spreads is never needed.
#pragma once

#include "sire/rex.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace plan::loot {

/// A part whose one-line form is claimed to be this wide is spread over several lines.
inline constexpr uint32_t kSpreadWidth = 55;

struct Box {
  const rex::Rex* rex = nullptr;  ///< in the form that was chosen
  uint32_t width = 0;             ///< claimed, of the one-line form; saturating
  bool has_wide = true;           ///< is there a one-line form, however wide?

  bool is_wide() const { return has_wide && width < kSpreadWidth; }
};

using Boxes = std::span<const Box>;

/// Puts boxes together. What it makes lives as long as the arena.
class BoxMaker {
 public:
  explicit BoxMaker(rex::Arena& arena) : arena_(arena) {}

  rex::Arena& arena() { return arena_; }
  /// `f-x`, `(f x y)`; a single part stands for itself.
  Box application(Boxes parts);
  /// An application in the body of a law: narrow last arguments of a long one go first, after `^`.
  Box body_application(Boxes parts);
  /// `spread` says of each element what it contributes when it stands on a line of its own.
  Box row(Boxes elements, std::span<const Boxes> spread);
  Box set(Boxes keys);

  struct Entry {
    Box key;
    Box value;
    bool is_short;  ///< the value is a reference with the key as its name
    Boxes spread;   ///< of the value
  };
  Box tab(std::span<const Entry> entries);

  /// `x!y!z`, of at least two parts.
  Box spine(std::string_view rune, Boxes parts);
  /// `!x`.
  Box prefix(std::string_view rune, const Box& part);
  /// `(f a b)`: the head of a law, or the arguments of one without a name.
  Box signature(Boxes parts);
  /// `(f a ? body)`, `(a b & body)`, or `a&body` if `tight`.
  Box law(std::string_view rune, const Box& signature, const Box& body, bool tight);
  /// `(name @ value)rest`.
  Box let(const Box& name, const Box& value, const Box& rest);
  /// A backquote before a Rex tree.
  Box quoted(const rex::Rex* tree);

 private:
  struct Sum {
    uint64_t width = 0;
    bool has_wide = true;
  };
  static Sum sum(Boxes boxes);
  static bool fits(const Sum& total) { return total.has_wide && total.width < kSpreadWidth; }
  static Box boxed(const Sum& total, const rex::Rex* rex);

  const rex::Rex* wide_application(Boxes parts, bool tight);
  const rex::Rex* tall_application(Boxes parts);
  /// `box` as the last part of a tall form.
  const rex::Rex* opened(const Box& box);
  /// A node with these sons.
  const rex::Rex* node_of(rex::Style style, std::string_view rune, Boxes sons,
                          const rex::Rex* heir = nullptr);
  /// Open nodes with one son each, every one the heir of the one before.
  const rex::Rex* chain(std::string_view rune, Boxes sons);

  rex::Arena& arena_;
  std::vector<const rex::Rex*> scratch_;
};

}  // namespace plan::loot
