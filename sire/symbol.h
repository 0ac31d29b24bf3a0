// sire/symbol.h: names as small numbers.
//
// A name is a nat: its bytes are the text. Sire asks for names all the time (every rune of every
// node may be a macro), so each nat that is used as a name gets a number once, and tables by name
// are arrays. The runes the language itself knows have fixed numbers.
//
// Lifecycle  : symbols are never forgotten; the names live as long as the table.
// Threads    : one table per session.
#pragma once

#include "gc/heap.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plan::sire {

/// The number of a name; kNoSymbol is none.
using Symbol = uint32_t;
inline constexpr Symbol kNoSymbol = 0;

/// Names the language knows, in the order in which every table makes them.
// clang-format off
#define PLAN_SIRE_KNOWN_SYMBOLS(X)                                                             \
  X(kRuneApply, "|")        X(kRuneApplyTwin, "#|")   X(kRuneDash, "-")                        \
  X(kRuneDashTwin, "#-")    X(kRuneMark, "**")        X(kRuneMarkTwin, "#**")                  \
  X(kRuneLet, "@")          X(kRuneLetTwin, "#@")     X(kRuneLetrec, "@@")                     \
  X(kRuneLetrecTwin, "#@@") X(kRuneKet, "^")          X(kRuneKetTwin, "#^")                    \
  X(kRuneLambda, "&")       X(kRuneLambdaTwin, "#&")  X(kRuneNamed, "?")                       \
  X(kRuneNamedTwin, "#?")   X(kRunePinned, "??")      X(kRunePinnedTwin, "#??")                \
  X(kRuneRefer, ".")        X(kRuneReferTwin, "#.")   X(kRuneDefine, "=")                      \
  X(kRuneDefineTwin, "#=")  X(kRuneMulti, "*")        X(kRuneMultiTwin, "#*")                  \
  X(kRuneModule, "####")    X(kRuneFilter, "^-^")     X(kRuneFilterTwin, "#^-^")               \
  X(kRuneAssert, "=?=")     X(kRuneAssertTwin, "#=?=") X(kRuneImport, ":|")                    \
  X(kRuneImportTwin, "#:|") X(kRuneFrom, "<-")        X(kRuneComma, ",")                       \
  X(kRuneHash, "#")         X(kWildcard, "_")         X(kReplName, "REPL")                     \
  X(kMainName, "main")
// clang-format on

enum KnownSymbol : Symbol {
  kKnownSymbolZero = 0,
#define PLAN_SIRE_KNOWN(name, text) name,
  PLAN_SIRE_KNOWN_SYMBOLS(PLAN_SIRE_KNOWN)
#undef PLAN_SIRE_KNOWN
      kKnownSymbolsEnd,
};

/// The bytes of a nat, without trailing zeros. Good until the next safepoint.
/// `scratch` backs an immediate.
std::string_view nat_text(Value nat, uint64_t& scratch);
std::string nat_text(Value nat);

class SymbolTable {
 public:
  explicit SymbolTable(gc::Heap& heap);

  /// The symbol of an evaluated nat.
  Symbol intern(Value nat);
  Symbol intern(std::string_view text);
  Value nat(Symbol symbol) const { return names_.values[symbol]; }
  /// How many symbols there are, with kNoSymbol.
  size_t count() const { return names_.values.size(); }

 private:
  struct Slot {
    uint64_t hash = 0;
    Symbol symbol = kNoSymbol;
  };
  /// A short name that was asked for lately: the whole table is too large to stay near the
  /// processor. Immediates do not move.
  struct Recent {
    Value nat;
    Symbol symbol = kNoSymbol;
  };
  static constexpr unsigned kRecentBits = 8;
  static constexpr unsigned kRecentShift = 64 - kRecentBits;

  size_t slot_of(Value nat, uint64_t hash) const;
  Symbol add(size_t slot, uint64_t hash, Value nat);
  void grow();

  gc::Heap& heap_;
  gc::RootList names_;  // by symbol
  std::vector<Slot> slots_;
  std::array<Recent, size_t{1} << kRecentBits> recent_;  ///< by the first bits of their hash
};

}  // namespace plan::sire
