// sire/inline.cc: expansion of marked functions.
#include "sire/inline.h"

#include <algorithm>

namespace plan::sire {

namespace {

/// Puts an expression from below `from` binders below `to`: what it binds itself, all levels
/// from `from` on, is renumbered; what it takes from outside keeps its level.
class Shifter {
 public:
  Shifter(AstArena& arena, uint32_t from, uint32_t to)
      : arena_(arena), from_(from), difference_(to - from) {}

  const Ast* shift(const Ast* e) {
    switch (e->kind) {
      case AstKind::kConstant:
      case AstKind::kGlobal:
        return e;
      case AstKind::kVariable:
        return e->level() < from_ ? e : arena_.variable(e->level() + difference_);
      case AstKind::kApply: {
        const std::span<const Ast* const> arguments = shift_all(e->arguments());
        return arena_.apply(shift(e->function()), arguments);
      }
      case AstKind::kLet:
        return arena_.let(shift(e->let_value()), shift(e->let_body()));
      case AstKind::kLetrec: {
        const std::span<const Ast* const> values = shift_all(e->letrec_values());
        return arena_.letrec(values, shift(e->letrec_body()));
      }
      case AstKind::kMark:
        return arena_.mark(shift(e->marked()));
      case AstKind::kLambda: {
        Lambda lambda = *e->lambda;
        lambda.body = shift(lambda.body);
        return arena_.lambda(lambda);
      }
    }
    PLAN_UNREACHABLE();
  }

 private:
  std::span<const Ast* const> shift_all(std::span<const Ast* const> list) {
    const std::span<const Ast*> result = arena_.list<const Ast*>(list.size());
    for (size_t i = 0; i < list.size(); ++i) result[i] = shift(list[i]);
    return result;
  }

  AstArena& arena_;
  uint32_t from_;
  uint32_t difference_;
};

/// An expression that binds nothing, or stays where it is, need not be touched.
const Ast* move_to(AstArena& arena, uint32_t from, uint32_t to, const Ast* e) {
  if (from == to || !e->has_binders) return e;
  return Shifter(arena, from, to).shift(e);
}

}  // namespace

const Ast* Inliner::fail(std::string why) {
  if (failure_.empty()) failure_ = std::move(why);
  return nullptr;
}

bool Inliner::enter() {
  if (environment_.interrupt != nullptr &&
      environment_.interrupt->load(std::memory_order_relaxed)) {
    return false;
  }
  if (++nesting_ <= kAstHeightMax) return true;
  fail("inlining nests too deeply");
  return false;
}

const Ast* Inliner::run(const Ast* e) {
  pots_.clear();
  applied_.clear();
  nesting_ = 0;
  const Ast* out = inline_within(e, nullptr).out;
  if (out != nullptr && out->height > kAstHeightMax) return fail("the expression nests too deeply");
  return out;
}

Inliner::Result Inliner::inline_within(const Ast* e, const PendingArgument* pending) {
  if (!enter()) return {};
  Result result;
  switch (e->kind) {
    case AstKind::kConstant:
      result = reapply(pending, {e, nullptr});
      break;
    case AstKind::kVariable:
      result = reapply(pending, {e, pots_[e->level()]});
      break;
    case AstKind::kGlobal:
      result = reapply(pending, {e, global_pot(e->binding)});
      break;
    case AstKind::kApply:
      result = inline_apply(e, pending);
      break;
    case AstKind::kLet:
      result = inline_let(e, pending);
      break;
    case AstKind::kLetrec:
      result = inline_letrec(e, pending);
      break;
    case AstKind::kLambda:
      result = inline_lambda(e, pending);
      break;
    case AstKind::kMark: {
      Result operand = inline_within(e->marked(), nullptr);
      if (operand.out == nullptr) break;
      if (operand.pot != nullptr && !operand.pot->marked) {
        Pot marked = *operand.pot;
        marked.marked = true;
        operand.pot = arena_.make(marked);
      }
      result = reapply(pending, operand);
      break;
    }
  }
  nesting_--;
  return result;
}

Inliner::Result Inliner::inline_apply(const Ast* e, const PendingArgument* pending) {
  const std::span<const Ast* const> arguments = e->arguments();
  for (size_t i = arguments.size(); i-- > 0;) {
    const Ast* argument = inline_within(arguments[i], nullptr).out;
    if (argument == nullptr) return {};
    pending = arena_.make(PendingArgument{depth(), argument, pending});
  }
  return inline_within(e->function(), pending);
}

Inliner::Result Inliner::inline_lambda(const Ast* e, const PendingArgument* pending) {
  const Lambda& function = *e->lambda;
  const uint32_t outside = depth();
  pots_.resize(outside + 1 + function.parameters, nullptr);
  const Ast* body = inline_within(function.body, nullptr).out;
  pots_.resize(outside);
  if (body == nullptr) return {};
  const Pot* pot = nullptr;
  if (!function.recursive) {
    pot = arena_.make(Pot{&function, {}, function.mark, outside, function.parameters, nullptr});
  }
  const Ast* out = e;
  if (body != function.body) {
    Lambda inlined = function;
    inlined.body = body;
    out = arena_.lambda(inlined);
  }
  return reapply(pending, {out, pot});
}

Inliner::Result Inliner::inline_let(const Ast* e, const PendingArgument* pending) {
  const Result value = inline_within(e->let_value(), nullptr);
  if (value.out == nullptr) return {};
  pots_.push_back(value.pot);
  const Ast* body = inline_within(e->let_body(), pending).out;
  pots_.pop_back();
  if (body == nullptr) return {};
  return {arena_.let(value.out, body), nullptr};
}

Inliner::Result Inliner::inline_letrec(const Ast* e, const PendingArgument* pending) {
  const uint32_t outside = depth();
  pots_.resize(outside + e->count, nullptr);
  std::vector<const Ast*> values;
  values.reserve(e->count);
  for (const Ast* value : e->letrec_values()) {
    const Ast* out = inline_within(value, nullptr).out;
    if (out == nullptr) return {};
    values.push_back(out);
  }
  const Ast* body = inline_within(e->letrec_body(), pending).out;
  pots_.resize(outside);
  if (body == nullptr) return {};
  return {arena_.letrec(values, body), nullptr};
}

/// Applies what an expression became to the arguments that wait for it. Expands as soon as a marked
/// function has all it needs; then the rest goes to the expansion.
Inliner::Result Inliner::reapply(const PendingArgument* pending, Result result) {
  if (result.out == nullptr) return {};
  const size_t base = applied_.size();
  const Pot* pot = result.pot;
  for (;; pending = pending->next) {
    if (pot != nullptr && pot->need == 0 && pot->marked) {
      applied_.resize(base);
      const Ast* expansion = expand(*pot);
      return expansion == nullptr ? Result{} : inline_within(expansion, pending);
    }
    if (pending == nullptr) break;
    applied_.push_back(move_to(arena_, pending->depth, depth(), pending->value));
    if (pot == nullptr || pot->need == 0) {
      pot = nullptr;
      continue;
    }
    Pot more = *pot;
    more.need--;
    more.arguments = arena_.make(PendingArgument{pending->depth, pending->value, pot->arguments});
    pot = arena_.make(more);
  }
  const Ast* out = arena_.apply(result.out, std::span(applied_).subspan(base));
  applied_.resize(base);
  if (out->height > kAstHeightMax) return {fail("the expression nests too deeply"), nullptr};
  return {out, pot};
}

/// The body inside lets: for self a dummy, which nothing can mention, then the arguments.
const Ast* Inliner::expand(const Pot& pot) {
  const Lambda* function = body_of(pot);
  if (function == nullptr) return nullptr;
  const uint32_t outside = depth();
  const Ast* result = function->body;
  if (pot.depth != outside) result = Shifter(arena_, pot.depth, outside).shift(result);
  uint32_t position = function->parameters;
  for (const PendingArgument* a = pot.arguments; a != nullptr; a = a->next, --position) {
    result = arena_.let(move_to(arena_, a->depth, outside + position, a->value), result);
  }
  result = arena_.let(arena_.constant({small_nat(0).word}), result);
  if (result->height > kAstHeightMax) return fail("the expression nests too deeply");
  return result;
}

const Lambda* Inliner::body_of(const Pot& pot) {
  if (pot.function->body != nullptr) return pot.function;
  NounReader reader{environment_.symbols, environment_.bindings, environment_.permanent};
  const Lambda* function = pot.function;
  function->body = reader.read(row_at(pot.code, 6), 1 + function->parameters);
  if (function->body != nullptr) return function;
  fail("malformed code in the binding of " + nat_text(environment_.symbols.nat(function->tag)));
  return nullptr;
}

const Pot* Inliner::global_pot(const Binding* binding) {
  if (binding->pot_state == PotState::kUnknown) {
    binding->pot_state = PotState::kUnderway;
    binding->pot = noun_pot(binding->code());
    binding->pot_state = PotState::kKnown;
  }
  return binding->pot;
}

/// The pot of a binding's code. An expression that is expanded at once has none: it is a let.
const Pot* Inliner::noun_pot(Value noun) {
  const Pot* pot = nullptr;
  switch (noun_letter(noun)) {
    case 'F': {
      NounReader reader{environment_.symbols, environment_.bindings, environment_.permanent};
      Lambda lambda;
      if (!reader.read_lambda(noun, lambda) || lambda.recursive) return nullptr;
      pot = environment_.permanent.make(Pot{environment_.permanent.make(lambda), noun, lambda.mark,
                                            0, lambda.parameters, nullptr});
      break;
    }
    case 'G': {
      const Value pin = row_at(noun, 1);
      if (!is_pin(pin)) return nullptr;
      const Binding* binding = environment_.bindings.find_or_add(pin);
      return binding->well_formed ? global_pot(binding) : nullptr;
    }
    case 'M': {
      const Pot* operand = noun_pot(row_at(noun, 1));
      if (operand == nullptr) return nullptr;
      Pot marked = *operand;
      marked.marked = true;
      pot = environment_.permanent.make(marked);
      break;
    }
    case 'A':
      pot = apply_noun_pot(noun);
      break;
    default:
      return nullptr;
  }
  return pot != nullptr && pot->marked && pot->need == 0 ? nullptr : pot;
}

const Pot* Inliner::apply_noun_pot(Value noun) {
  std::vector<Value> arguments;  // last first
  while (noun_letter(noun) == 'A') {
    arguments.push_back(row_at(noun, 2));
    noun = row_at(noun, 1);
  }
  const Pot* pot = noun_pot(noun);
  if (pot == nullptr || pot->need < arguments.size()) return nullptr;
  if (pot->marked && pot->need == arguments.size()) return nullptr;
  Pot more = *pot;
  NounReader reader{environment_.symbols, environment_.bindings, environment_.permanent};
  // What is found out here is kept, so an interrupt must not make it look different.
  InlineEnvironment calm = environment_;
  calm.interrupt = nullptr;
  for (size_t i = arguments.size(); i-- > 0;) {
    const Ast* argument = reader.read(arguments[i], 0);
    if (argument == nullptr) return nullptr;
    argument = Inliner(calm, environment_.permanent).run(argument);
    if (argument == nullptr) return nullptr;
    more.need--;
    more.arguments = environment_.permanent.make(PendingArgument{0, argument, more.arguments});
  }
  return environment_.permanent.make(more);
}

}  // namespace plan::sire
