// vm/ir_build.h: making and changing the IR of a law; for the decoder, the reader and the passes.
//
// Expressions are immutable once made and may be shared within their law. A pass makes new ones,
// puts them in place of law.lets[i] and law.body, and ends with group_lets().
#pragma once

#include "vm/ir.h"

#include <span>

namespace plan::vm {

const Expr* make_variable(Law& law, uint32_t variable);
const Expr* make_constant(Law& law, Value value);
/// An undecoded expression of this law.
const Expr* make_deferred(Law& law, Value body);
/// `head` applied to `args`, as decoding has it: an application at the head is flattened, and the
/// arguments of a constant closure there are joined to the call's. `head` if there are none.
const Expr* make_apply(Law& law, const Expr* head, std::span<const Expr* const> args);

/// Adds a let and gives its variable. Only if nothing in the law is deferred: what an undecoded
/// expression means depends on the number of slots.
uint32_t add_let(Law& law, const Expr* e);
/// Sets `group`, `groups` and `order` from the lets.
void group_lets(Law& law);

/// Drops lets that neither the body nor a used let refers to, and ends with group_lets(). Only if
/// nothing in the law is deferred.
void remove_unused_lets(Law& law);

/// Whether some part of the law is undecoded.
bool has_deferred(const Law& law);

}  // namespace plan::vm
