// sire/evaluate.h: the value of an expression (spec/sire.md section 9).
//
// By definition an expression is the body of a law of one parameter that is applied to 0. Making a
// law, and code for it, to run it once is wasteful: as long as no binding refers to itself, the
// same graph of suspended applications is built here directly.
#pragma once

#include "sire/context.h"

namespace plan::sire {

/// The suspended value of the closed expression `e`. Does not evaluate. False after recording a
/// failure.
bool suspend_expression(Context& context, const Ast* e, Value& suspended);

/// `v` evaluated to its head, or completely.
bool evaluate_head(Context& context, gc::Root& v);
bool evaluate_normal(Context& context, gc::Root& v);

}  // namespace plan::sire
