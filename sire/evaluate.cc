// sire/evaluate.cc: inlining, ingesting and starting an expression.
#include "sire/evaluate.h"

#include "gc/make.h"
#include "sire/ingest.h"

#include <algorithm>
#include <array>

namespace plan::sire {

namespace {

constexpr size_t kSuspendArgumentsMax = 8;

/// Builds the graph of an expression. Each key is built once, when it is first needed.
class GraphBuilder {
 public:
  GraphBuilder(Context& context, KeyTable& keys) : context_(context), keys_(keys) {}

  /// False if a binding refers to itself, or the expression nests too deeply.
  bool build(const Exp* e, Value& result) { return build_within(e, result, 0); }

 private:
  bool build_within(const Exp* e, Value& result, uint32_t depth) {
    if (depth > kExpDepthMax) return false;
    switch (e->kind) {
      case ExpKind::kValue:
        result = e->value;
        return true;
      case ExpKind::kKey:
        return build_key(e->key(), result, depth);
      case ExpKind::kApply:
        break;
    }
    Value function;
    if (!build_within(e->function(), function, depth + 1)) return false;
    std::vector<Value> arguments(e->count);
    for (size_t i = 0; i < arguments.size(); ++i) {
      if (!build_within(e->arguments()[i], arguments[i], depth + 1)) return false;
    }
    result = apply(function, arguments);
    return true;
  }

  bool build_key(Key k, Value& result, uint32_t depth) {
    KeySlot& slot = keys_[k];
    if (!slot.is_built) {
      if (slot.seen) return false;  // under construction
      slot.seen = true;
      if (!build_within(slot.bound, slot.built, depth + 1)) return false;
      slot.is_built = true;
    }
    result = slot.built;
    return true;
  }

  Value apply(Value function, std::span<const Value> arguments) {
    if (function.is_whnf()) {
      const uint64_t arity = gc::eval_arity(function);
      const bool fills_row = is_cow(function) && arity == arguments.size();
      if (arity > arguments.size() || fills_row) {
        return gc::make_partial(context_.heap, function, arguments);
      }
    }
    while (!arguments.empty()) {
      const size_t count = std::min(arguments.size(), kSuspendArgumentsMax);
      function = context_.evaluator.suspend(function, arguments.first(count));
      arguments = arguments.subspan(count);
    }
    return function;
  }

  Context& context_;
  KeyTable& keys_;
};

bool too_deep(Context& context) {
  return context.fail(Node{0}, "the expression nests too deeply");
}

}  // namespace

bool suspend_expression(Context& context, const Ast* e, Value& suspended) {
  Inliner inliner(context.inlining, context.arena);
  const Ast* inlined = inliner.run(e);
  if (inlined == nullptr) {
    if (inliner.failure().empty()) return context.failure.interrupted();
    return context.fail(Node{0}, inliner.failure());
  }
  Ingester ingester(context.evaluator, context.symbols, context.constants, context.arena);
  const Exp* body = ingester.run(inlined);
  if (body == nullptr) {
    if (ingester.failure() == IngestFailure::kTooDeep) return too_deep(context);
    return context.failure.crash(small_nat(0), small_nat(0));  // a law of arity 0
  }
  if (GraphBuilder(context, ingester.keys()).build(body, suspended)) return true;
  for (KeySlot& slot : ingester.keys()) slot.seen = false;
  const std::optional<Value> law = ingester.law_around(body);
  if (!law) return too_deep(context);
  suspended = context.evaluator.suspend(*law, std::array{small_nat(0)});
  return true;
}

bool evaluate_head(Context& context, gc::Root& v) {
  const vm::Outcome outcome = context.evaluator.whnf(v.get());
  if (!outcome.ok()) return context.failure.outcome(outcome);
  v.set(outcome.value);
  return true;
}

bool evaluate_normal(Context& context, gc::Root& v) {
  const vm::Outcome outcome = context.evaluator.normalise(v.get());
  if (!outcome.ok()) return context.failure.outcome(outcome);
  v.set(outcome.value);
  return true;
}

}  // namespace plan::sire
