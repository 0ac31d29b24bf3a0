// vm/known_head.h: what stands at the head of a call.
#pragma once

#include "gc/make.h"
#include "gc/region.h"
#include "vm/ir.h"
#include "vm/jets.h"
#include "vm/machine.h"

#include <optional>

namespace plan::vm {

struct KnownHead {
  bool is_known = false;
  uint64_t arity = 0;  ///< gc::eval_arity of the function; 0 if unknown
  Value function;
  std::optional<JetId> jet;  ///< if jets are on

  /// What a call with so many arguments is already: a partial application or a row.
  bool is_built(size_t args) const {
    return is_known && (args < arity || (args == arity && is_cow(function)));
  }
  bool is_saturated(size_t args) const { return is_known && args == arity; }
};

/// The head `e` of a call in the law of `self`: a constant, or the law itself, or unknown.
inline KnownHead known_head(const Machine& vm, const Expr* e, Value self) {
  KnownHead h;
  if (e->kind == Expr::Kind::kConstant) {
    h.function = e->value;
  } else if (e->kind == Expr::Kind::kVariable && e->variable == 0) {
    h.function = self;
  } else {
    return h;
  }
  h.is_known = true;
  h.arity = gc::eval_arity(h.function);
  if (vm.options.jets && is_pin(h.function) && gc::pin_region(h.function)->jet >= 0) {
    h.jet = static_cast<JetId>(gc::pin_region(h.function)->jet);
  }
  return h;
}

}  // namespace plan::vm
