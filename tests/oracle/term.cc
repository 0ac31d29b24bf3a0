// tests/oracle/term.cc: building, recognising and ordering the oracle's values.
#include "tests/oracle/term.h"

#include "base/check.h"

#include <algorithm>
#include <utility>

namespace plan::oracle {

namespace {

bool is_ascending(const std::vector<Term*>& keys) {
  for (size_t i = 1; i < keys.size(); i++) {
    if (compare(keys[i - 1], keys[i]) >= 0) return false;
  }
  return true;
}

uint64_t arity_of_nat(const Nat& n) {
  if (n.is(1)) return 5;
  return n.is(0) || n.is(2) ? 3 : 1;
}

int rank(const Term* value) {
  switch (value->kind) {
    case Kind::kNat:
      return 0;
    case Kind::kPin:
      return 1;
    default:
      return 2;
  }
}

using Pairs = std::vector<std::pair<Term*, Term*>>;

/// How x and y differ on the outside. If they do not, what is inside is to be compared, and goes to
/// `inside`: what counts first comes last.
int compare_outside(Term* x, Term* y, Pairs& inside) {
  if (const int c = rank(x) - rank(y)) return c;
  if (x->kind == Kind::kNat) return mpz_cmp(x->number.get(), y->number.get());
  const Spine xs = spine_of(x);
  const Spine ys = spine_of(y);
  if (xs.arguments.size() != ys.arguments.size()) {
    return xs.arguments.size() < ys.arguments.size() ? -1 : 1;
  }
  if (!xs.arguments.empty()) {
    for (size_t i = xs.arguments.size(); i > 0; i--) {
      inside.emplace_back(xs.arguments[i - 1], ys.arguments[i - 1]);
    }
    inside.emplace_back(xs.head, ys.head);
    return 0;
  }
  if (x->kind == Kind::kLaw) {
    if (const int c = mpz_cmp(x->number.get(), y->number.get())) return c;
    if (const int c = mpz_cmp(x->parameters.get(), y->parameters.get())) return c;
  }
  inside.emplace_back(x->first, y->first);  // a pin's item, a law's body
  return 0;
}

}  // namespace

Term* Arena::add(Kind kind) {
  Term* t = &terms_.emplace_back();
  t->kind = kind;
  return t;
}

Term* Arena::make_nat(const Nat& n) {
  Term* t = add(Kind::kNat);
  t->number = n;
  t->arity = arity_of_nat(n);
  t->is_normal = true;
  return t;
}

Term* Arena::make_cord(std::string_view text) {
  Nat n;
  if (!text.empty()) mpz_import(n.get(), text.size(), -1, 1, 0, 0, text.data());
  return make_nat(n);
}

Term* Arena::make_pin(Term* item) {
  Term* t = add(Kind::kPin);
  t->first = value_of(item);
  t->arity = t->first->arity;
  t->is_normal = true;
  return t;
}

Term* Arena::make_law(const Nat& name, const Nat& parameters, Term* body) {
  PLAN_CHECK(!parameters.is(0));
  Term* t = add(Kind::kLaw);
  t->number = name;
  t->parameters = parameters;
  t->first = value_of(body);
  const bool is_huge = !parameters.fits_word() || parameters.word() > kArityMax;
  t->arity = is_huge ? kArityMax : parameters.word();
  t->is_normal = true;
  std::vector<Term*> keys;
  t->is_set = name.is(1) && parameters.is(2) && is_row(t->first, &keys) && is_ascending(keys);
  return t;
}

Term* Arena::make_app(Term* function, Term* argument) {
  PLAN_CHECK(function->arity > 1);
  Term* t = add(Kind::kApp);
  t->first = function;
  t->second = argument;
  t->arity = function->arity - 1;
  return t;
}

Term* Arena::make_delay(Term* function, Term* argument) {
  Term* t = add(Kind::kDelay);
  t->first = function;
  t->second = argument;
  return t;
}

Term* Arena::make_link(Term* target) {
  Term* t = add(Kind::kLink);
  t->first = target;
  return t;
}

Term* Arena::make_cow(uint64_t n) {
  return make_law(Nat(0), Nat(n + 1), make_nat(0));
}

Term* Arena::make_row(const std::vector<Term*>& elements) {
  Term* row = make_cow(elements.size());
  for (size_t i = elements.size(); i > 0; i--) row = make_app(row, elements[i - 1]);
  return row;
}

Term* Arena::make_bar(const std::vector<uint8_t>& bytes) {
  std::vector<uint8_t> ended = bytes;
  ended.push_back(1);
  Nat n;
  mpz_import(n.get(), ended.size(), -1, 1, 0, 0, ended.data());
  return make_law(Nat(1), Nat(1), make_nat(n));
}

Spine spine_of(Term* value) {
  Spine spine{value, {}};
  while (spine.head->kind == Kind::kApp) {
    spine.arguments.push_back(spine.head->second);
    spine.head = spine.head->first;
  }
  std::reverse(spine.arguments.begin(), spine.arguments.end());
  return spine;
}

bool is_nat(const Term* value, uint64_t n) {
  return value->kind == Kind::kNat && value->number.is(n);
}

bool is_cow(const Term* law, uint64_t* n) {
  if (law->kind != Kind::kLaw || !law->number.is(0) || !is_nat(law->first, 0)) return false;
  if (!law->parameters.fits_word()) return false;
  *n = law->parameters.word() - 1;
  return true;
}

bool is_row(Term* value, std::vector<Term*>* elements) {
  Spine spine = spine_of(value);
  uint64_t n = 0;
  if (!is_cow(spine.head, &n) || spine.arguments.size() != n) return false;
  elements->assign(spine.arguments.rbegin(), spine.arguments.rend());
  return true;
}

bool is_bar(const Term* law, std::vector<uint8_t>* bytes) {
  if (law->kind != Kind::kLaw || !law->number.is(1) || !law->parameters.is(1)) return false;
  if (law->first->kind != Kind::kNat || law->first->number.is(0)) return false;
  mpz_srcptr n = law->first->number.get();
  const size_t bits = mpz_sizeinbase(n, 2);
  if (bits % 8 != 1) return false;
  bytes->assign(bits / 8 + 1, 0);
  mpz_export(bytes->data(), nullptr, -1, 1, 0, 0, n);
  bytes->pop_back();
  return true;
}

bool is_tab(Term* value, std::vector<Term*>* keys, std::vector<Term*>* values) {
  if (value->kind != Kind::kApp || !value->first->is_set) return false;
  Term* row = value_of(value->second);
  return is_row(value->first->first, keys) && is_row(row, values) && keys->size() == values->size();
}

int compare(Term* x, Term* y) {
  Pairs pairs = {{x, y}};
  while (!pairs.empty()) {
    Term* a = value_of(pairs.back().first);
    Term* b = value_of(pairs.back().second);
    pairs.pop_back();
    if (a == b) continue;
    if (const int c = compare_outside(a, b, pairs)) return c;
  }
  return 0;
}

}  // namespace plan::oracle
