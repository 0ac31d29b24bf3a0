// sire/expand.cc: calling a macro (spec/sire.md section 3.2).
#include "sire/console.h"
#include "sire/context.h"

#include <array>

namespace plan::sire {

namespace {

/// Why a result is no expansion; null if it is one or an error report. `tag`, and the message of an
/// error, are evaluated.
const char* complaint_about(Value row, Value tag) {
  if (!tag.is_nat()) return "bad tag";
  if (tag == small_nat(1)) return nullptr;
  return tag == small_nat(0) && row_at(row, 0).is_nat() ? nullptr : "bad rex";
}

bool complain(Context& context, Node node, const gc::Root& result, const char* why) {
  const vm::Outcome outcome = context.evaluator.normalise(result.get());
  if (!outcome.ok()) return context.failure.outcome(outcome);
  return context.fail(node, std::string("Invalid macro expansion result(") + why + ")\n" +
                                value_text(outcome.value));
}

bool evaluate_element(Context& context, const gc::Root& row, uint64_t i) {
  if (row_at(row.get(), i).is_whnf()) return true;
  const vm::Outcome outcome = context.evaluator.whnf(row_at(row.get(), i));
  return outcome.ok() || context.failure.outcome(outcome);
}

}  // namespace

bool expand(Context& context, const Binding* macro, Node node) {
  const std::array<Value, 4> arguments = {context.state.row(), context.node(node),
                                          context.macro_error.get(), context.macro_success.get()};
  const vm::Outcome outcome = context.evaluator.apply(macro->value(), arguments);
  if (!outcome.ok()) return context.failure.outcome(outcome);
  const gc::Root result(context.heap, outcome.value);
  if (!is_row(outcome.value)) return complain(context, node, result, "not row");
  if (row_size(outcome.value) != 3) return complain(context, node, result, "not arity = 3");
  if (!evaluate_element(context, result, 2)) return false;
  const Value tag = row_at(result.get(), 2);
  if (tag == small_nat(0) && !evaluate_element(context, result, 0)) return false;
  if (const char* why = complaint_about(result.get(), row_at(result.get(), 2))) {
    return complain(context, node, result, why);
  }
  // The expansion, or the Rex an error is about. Parts of an expansion are forced when it is made
  // and not when they are reached: a difference only to macros with a crash in a part nobody needs.
  const bool is_error = row_at(result.get(), 2) == small_nat(0);
  const vm::Outcome rex = context.evaluator.normalise(row_at(result.get(), is_error ? 1 : 0));
  if (!rex.ok()) return context.failure.outcome(rex);
  if (is_error) return context.fail_macro(rex.value, row_at(result.get(), 0));
  context.state.adopt(row_at(result.get(), 1));
  context.nodes.values[node] = rex.value;
  return true;
}

}  // namespace plan::sire
