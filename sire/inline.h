// sire/inline.h: expands calls of functions that are marked for it (spec/sire.md section 9.1).
//
// A *pot* is what is known of an expression that denotes a function: which one, how many of its
// arguments are there, and whether it is marked. When the last argument of a marked one arrives,
// the call is replaced by the function's body in lets for the arguments, which is inlined again.
//
// Exactness  : hashes of users' functions depend on the result. What is expanded, and in which
//              order lets nest, follows the specification to the letter.
// May fail   : the result would exceed kAstHeightMax (a function that expands into itself, too), or
//              a binding made by a macro holds no expression, or the interrupt flag was raised.
#pragma once

#include "sire/ast.h"
#include "sire/ast_noun.h"
#include "sire/binding.h"

#include <atomic>
#include <string>
#include <vector>

namespace plan::sire {

/// An argument that waits for its function, or that a pot holds.
struct PendingArgument {
  uint32_t depth;    ///< of binders where the expression stands
  const Ast* value;  ///< already inlined
  const PendingArgument* next;
};

struct Pot {
  const Lambda* function;  ///< as written; of a global without its body, see `code`
  Value code;              ///< of a global: the noun of the lambda, in pin space
  bool marked;
  uint32_t depth;                    ///< of binders around the function
  uint32_t need;                     ///< arguments still missing
  const PendingArgument* arguments;  ///< latest first
};

/// What all inlining of a session shares.
struct InlineEnvironment {
  SymbolTable& symbols;
  BindingTable& bindings;
  AstArena& permanent;  ///< for what is known of bindings
  const std::atomic<bool>* interrupt = nullptr;
};

class Inliner {
 public:
  Inliner(const InlineEnvironment& environment, AstArena& arena)
      : environment_(environment), arena_(arena) {}

  /// The inlined form of the closed expression `e`; null if that failed.
  const Ast* run(const Ast* e);
  /// Why run() failed; empty if it was interrupted.
  const std::string& failure() const { return failure_; }

 private:
  struct Result {
    const Ast* out = nullptr;  ///< null: failed
    const Pot* pot = nullptr;
  };

  Result inline_within(const Ast* e, const PendingArgument* pending);
  Result inline_apply(const Ast* e, const PendingArgument* pending);
  Result inline_lambda(const Ast* e, const PendingArgument* pending);
  Result inline_let(const Ast* e, const PendingArgument* pending);
  Result inline_letrec(const Ast* e, const PendingArgument* pending);
  Result reapply(const PendingArgument* pending, Result result);
  const Ast* expand(const Pot& pot);
  const Lambda* body_of(const Pot& pot);
  const Pot* global_pot(const Binding* binding);
  const Pot* noun_pot(Value noun);
  const Pot* apply_noun_pot(Value noun);
  const Ast* fail(std::string why);
  bool enter();

  uint32_t depth() const { return static_cast<uint32_t>(pots_.size()); }

  const InlineEnvironment& environment_;
  AstArena& arena_;
  std::vector<const Pot*> pots_;     // by level
  std::vector<const Ast*> applied_;  // stack of argument lists under construction
  uint32_t nesting_ = 0;
  std::string failure_;
};

}  // namespace plan::sire
