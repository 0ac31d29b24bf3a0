// sire/compile.cc: lambda lifting and code generation.
#include "sire/compile.h"

#include "gc/make.h"

#include <algorithm>
#include <array>

namespace plan::sire {

namespace {

/// Would `v`, standing in a law with references up to `max_reference`, be taken for code?
bool is_code_shaped(Value v, uint64_t max_reference) {
  if (v.is_nat()) return v.is_small() && v.small() <= max_reference;
  if (!is_closure(v)) return false;
  const Value head = closure_head(v);
  const uint64_t arguments = closure_size(v);
  if (head == small_nat(0) || head == small_nat(1)) return arguments == 2;
  return head == small_nat(2) && arguments == 1;
}

}  // namespace

const Exp* ExpMaker::apply(const Exp* function, std::span<const Exp* const> arguments) {
  if (arguments.empty()) return function;
  std::span<const Exp* const> first(&function, 1);
  if (function->kind == ExpKind::kApply) first = {function->parts, 1 + size_t{function->count}};
  const std::span<const Exp*> parts = arena.list<const Exp*>(first.size() + arguments.size());
  std::copy(first.begin(), first.end(), parts.begin());
  std::copy(arguments.begin(), arguments.end(), parts.subspan(first.size()).begin());
  const auto count = static_cast<uint32_t>(parts.size() - 1);
  Exp* const made = arena.make(Exp{ExpKind::kApply, count, {}});
  made->parts = parts.data();
  return made;
}

bool Compiler::visit(const Exp* e, uint32_t depth) {
  if (depth > kExpDepthMax) return false;
  switch (e->kind) {
    case ExpKind::kValue:
      return true;
    case ExpKind::kApply:
      for (uint32_t i = 0; i <= e->count; ++i) {
        if (!visit(e->parts[i], depth + 1)) return false;
      }
      return true;
    case ExpKind::kKey: {
      const Key k = e->key();
      if (!keys_[k].seen) {
        keys_[k].seen = true;
        seen_.push_back(k);
        if (is_bound_here(k) && !visit(keys_[k].bound, depth + 1)) return false;
      }
      if (keys_[k].uses++ == 0) order_.push_back(k);
      return true;
    }
  }
  PLAN_UNREACHABLE();
}

/// Counts the uses of each key in the function, and orders the keys.
bool Compiler::count_uses(const Function& function) {
  order_.clear();
  return visit(function.body, 0);
}

void Compiler::forget_uses() {
  for (const Key k : seen_) {
    keys_[k].seen = false;
    keys_[k].uses = 0;
  }
  seen_.clear();
}

std::optional<CompiledFunction> Compiler::compile(Function function, Key next) {
  first_own_ = function.first_own;
  if (keys_.size() <= next) keys_.resize(next + 1);
  too_deep_ = !count_uses(function);
  CompiledFunction result;
  for (const Key k : order_) {
    if (k < first_own_) result.free.push_back(k);
  }
  if (!result.free.empty() && !too_deep_) {
    // The old self is the new one, which has more parameters, partially applied.
    std::vector<const Exp*> arguments;
    for (const Key k : result.free) arguments.push_back(make_.key(k));
    keys_[function.self].bound = make_.apply(make_.key(next), arguments);
    function.self = next;
    function.parameters.insert(function.parameters.begin(), result.free.begin(), result.free.end());
    forget_uses();
    too_deep_ = !count_uses(function);
  }
  if (!too_deep_) result.law = generate_law(function);
  forget_uses();
  std::fill(keys_.begin() + first_own_, keys_.end(), KeySlot{});
  if (too_deep_) return std::nullopt;
  return result;
}

Value Compiler::generate_law(const Function& function) {
  std::vector<Key> lets;
  for (const Key k : order_) {
    if (is_bound_here(k) && keys_[k].uses > 1) lets.push_back(k);
  }
  uint32_t number = 0;
  keys_[function.self].number = number++;
  for (const Key k : function.parameters) keys_[k].number = number++;
  for (const Key k : lets) keys_[k].number = number++;
  max_reference_ = function.parameters.size() + lets.size();

  std::vector<Value> values;
  for (const Key k : lets) values.push_back(generate(keys_[k].bound, 0));
  Value body = generate(function.body, 0);
  for (size_t i = values.size(); i-- > 0;) {
    body = gc::make_partial(heap_, small_nat(1), std::array{values[i], body});
  }
  if (too_deep_) return {};
  const Value arity = small_nat(function.parameters.size());
  if (!function.pin) return gc::make_law(heap_, function.tag, arity, body);
  const Value pin = gc::make_pinned_law(heap_, function.tag, arity, body);
  evaluator_.match_one(pin);
  return pin;
}

Value Compiler::quote(Value v) {
  if (!is_code_shaped(v, max_reference_)) return v;
  return gc::make_partial(heap_, small_nat(2), std::array{v});
}

Value Compiler::generate(const Exp* e, uint32_t depth) {
  if (depth > kExpDepthMax) {
    too_deep_ = true;
    return {};
  }
  switch (e->kind) {
    case ExpKind::kValue:
      return quote(e->value);
    case ExpKind::kKey: {
      const KeySlot& slot = keys_[e->key()];
      if (slot.uses == 1 && is_bound_here(e->key())) return generate(slot.bound, depth + 1);
      return small_nat(slot.number);
    }
    case ExpKind::kApply: {
      Value result = generate(e->function(), depth + 1);
      for (const Exp* argument : e->arguments()) {
        const Value x = generate(argument, depth + 1);
        result = gc::make_partial(heap_, small_nat(0), std::array{result, x});
      }
      return result;
    }
  }
  PLAN_UNREACHABLE();
}

}  // namespace plan::sire
