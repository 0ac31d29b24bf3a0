// sire/exp.h: the form between expressions and laws (spec/sire.md section 9.2).
//
// Variables have become *keys*: numbers for functions' selves, parameters and let-bound
// expressions. What a key is bound to, and how often it is used, stands in the key table.
#pragma once

#include "sire/ast.h"

#include <cstdint>
#include <span>
#include <vector>

namespace plan::sire {

using Key = uint32_t;

enum class ExpKind : uint8_t { kValue, kKey, kApply };

struct Exp {
  ExpKind kind;
  uint32_t count;  ///< kApply: arguments; kKey: the key
  union {
    Value value;
    const Exp* const* parts;  ///< kApply: function, arguments; the function is no kApply
  };

  Key key() const { return count; }
  const Exp* function() const { return parts[0]; }
  std::span<const Exp* const> arguments() const { return {parts + 1, count}; }
};

struct KeySlot {
  const Exp* bound = nullptr;  ///< null for selves and parameters
  uint32_t uses = 0;           ///< in the function being compiled
  bool seen = false;
  uint32_t number = 0;  ///< the nat that stands for it in the law
  Value built;          ///< see sire/evaluate.cc
  bool is_built = false;
};

/// Key k of the function being compiled belongs to it if k >= its self; smaller keys are those of
/// the functions around it.
using KeyTable = std::vector<KeySlot>;

/// Makes expressions of this form in an arena.
struct ExpMaker {
  AstArena& arena;

  const Exp* value(Value v) {
    Exp* const made = arena.make(Exp{ExpKind::kValue, 0, {}});
    made->value = v;
    return made;
  }
  const Exp* key(Key k) { return arena.make(Exp{ExpKind::kKey, k, {}}); }
  /// `function` may be an application: then the arguments join its own.
  const Exp* apply(const Exp* function, std::span<const Exp* const> arguments);
};

}  // namespace plan::sire
