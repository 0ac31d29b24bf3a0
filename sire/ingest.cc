// sire/ingest.cc: expressions to keys and constants.
#include "sire/ingest.h"

#include "gc/make.h"
#include "sire/binding.h"

namespace plan::sire {

const Exp* Ingester::run(const Ast* e) {
  keys_.clear();
  levels_.clear();
  next_ = 0;
  failure_ = IngestFailure::kNone;
  return go(e);
}

std::optional<Value> Ingester::law_around(const Exp* body) {
  const Key self = fresh();
  const Key parameter = fresh();
  Function function;
  function.tag = small_nat(0);
  function.self = self;
  function.first_own = 0;
  function.parameters = {parameter};
  function.body = body;
  const std::optional<CompiledFunction> compiled = compiler_.compile(std::move(function), next_);
  if (!compiled) return std::nullopt;
  return compiled->law;
}

const Exp* Ingester::go(const Ast* e) {
  switch (e->kind) {
    case AstKind::kVariable:
      return levels_[e->level()];
    case AstKind::kConstant:
      return make_.value(pool_.get(e->constant));
    case AstKind::kGlobal:
      return make_.value(e->binding->value());
    case AstKind::kMark:
      return go(e->marked());
    case AstKind::kApply:
      return go_apply(e);
    case AstKind::kLet:
      return go_let(e);
    case AstKind::kLetrec:
      return go_letrec(e);
    case AstKind::kLambda:
      return go_lambda(e);
  }
  PLAN_UNREACHABLE();
}

const Exp* Ingester::go_apply(const Ast* e) {
  const Exp* function = go(e->function());
  if (function == nullptr) return nullptr;
  const std::span<const Exp*> arguments = make_.arena.list<const Exp*>(e->count);
  for (uint32_t i = 0; i < e->count; ++i) {
    arguments[i] = go(e->arguments()[i]);
    if (arguments[i] == nullptr) return nullptr;
  }
  if (function->kind != ExpKind::kValue) return make_.apply(function, arguments);
  // Leading constants join a constant head as long as that leaves it a value.
  uint64_t arity = gc::true_arity(function->value);
  std::vector<Value> constants;
  for (const Exp* x : arguments) {
    if (x->kind != ExpKind::kValue || arity <= 1) break;
    constants.push_back(x->value);
    arity--;
  }
  if (!constants.empty()) {
    function = make_.value(gc::make_partial(heap_, function->value, constants));
  }
  return make_.apply(function, arguments.subspan(constants.size()));
}

const Exp* Ingester::go_let(const Ast* e) {
  const Exp* value = go(e->let_value());
  if (value == nullptr) return nullptr;
  if (value->kind == ExpKind::kApply) {
    const Key k = fresh();
    keys_[k].bound = value;
    value = make_.key(k);
  }
  levels_.push_back(value);
  const Exp* body = go(e->let_body());
  levels_.pop_back();
  return body;
}

const Exp* Ingester::go_letrec(const Ast* e) {
  const size_t outside = levels_.size();
  const uint32_t count = e->count;
  std::vector<Key> keys;
  for (uint32_t i = 0; i < count; ++i) keys.push_back(fresh());
  // The first binding is the innermost.
  for (uint32_t i = count; i-- > 0;) levels_.push_back(make_.key(keys[i]));
  for (uint32_t i = 0; i < count; ++i) {
    const Exp* value = go(e->letrec_values()[i]);
    if (value == nullptr) return nullptr;
    keys_[keys[i]].bound = value;
  }
  const Exp* body = go(e->letrec_body());
  levels_.resize(outside);
  return body;
}

const Exp* Ingester::go_lambda(const Ast* e) {
  const Lambda& lambda = *e->lambda;
  if (lambda.parameters == 0) {
    failure_ = IngestFailure::kNoParameters;
    return nullptr;
  }
  const size_t outside = levels_.size();
  Function function;
  function.pin = lambda.pin;
  function.tag = symbols_.nat(lambda.tag);
  function.self = fresh();
  function.first_own = function.self;
  levels_.push_back(make_.key(function.self));
  for (uint32_t i = 0; i < lambda.parameters; ++i) {
    function.parameters.push_back(fresh());
    levels_.push_back(make_.key(function.parameters.back()));
  }
  const Key next_outside = next_;
  function.body = go(lambda.body);
  levels_.resize(outside);
  if (function.body == nullptr) return nullptr;
  const std::optional<CompiledFunction> compiled = compiler_.compile(std::move(function), next_);
  if (!compiled) {
    failure_ = IngestFailure::kTooDeep;
    return nullptr;
  }
  next_ = next_outside;
  std::vector<const Exp*> free;
  for (const Key k : compiled->free) free.push_back(make_.key(k));
  return make_.apply(make_.value(compiled->law), free);
}

}  // namespace plan::sire
