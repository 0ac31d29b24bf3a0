// sire/ast_noun.h: expressions to PLAN values and back.
//
// A binding holds its expression as a value (spec/sire.md section 6), which macros read and which
// its hash covers. The way back serves bindings that come from a cache or from a macro.
#pragma once

#include "sire/ast.h"
#include "sire/binding.h"

namespace plan::sire {

/// The value of the closed expression `e`. Allocates only.
Value ast_noun(gc::Heap& heap, const SymbolTable& symbols, const ConstantPool& pool, const Ast* e);

/// What reading a noun back needs. Constants are taken as they are: `noun` is in pin space and
/// outlives the result.
struct NounReader {
  SymbolTable& symbols;
  BindingTable& bindings;
  AstArena& arena;

  /// The expression that `noun` stands for below `depth` binders; null if it stands for none, or if
  /// it is too high.
  const Ast* read(Value noun, uint32_t depth);
  /// A lambda without its body; false if `noun` is none.
  bool read_lambda(Value noun, Lambda& lambda);

 private:
  const Ast* read_within(Value noun, uint32_t depth, uint32_t height_left);
  const Ast* read_apply(Value noun, uint32_t depth, uint32_t height_left);
  const Ast* read_letrec(Value noun, uint32_t depth, uint32_t height_left);
};

/// The letter that begins a noun, 0 for a variable and for what is no expression.
char noun_letter(Value noun);

}  // namespace plan::sire
