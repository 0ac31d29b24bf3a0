// tests/oracle/term.h: PLAN values of the oracle, and how they are built.
//
// Slow and obvious on purpose, and independent: nothing here comes from value/, gc/ or vm/. Values
// are the formal ones (nat, pin, law, binary application); rows, tabs, sets and bars are only
// recognised, never stored in another form. (Specification: plan.md sections 1, 2, 4, 5.)
//
// Invariants : a value term never changes; a delayed term changes once, to kDone or kCrashed.
//              kDone leads to a value term in one step.
// Lifetime   : all terms live until their Arena is destroyed.
#pragma once

#include <gmp.h>

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace plan::oracle {

/// A natural number of any size.
class Nat {
 public:
  Nat() { mpz_init(z_); }
  explicit Nat(uint64_t n) { mpz_init_set_ui(z_, n); }
  Nat(const Nat& other) { mpz_init_set(z_, other.z_); }
  Nat& operator=(const Nat& other) {
    mpz_set(z_, other.z_);
    return *this;
  }
  ~Nat() { mpz_clear(z_); }

  mpz_ptr get() { return z_; }
  mpz_srcptr get() const { return z_; }
  bool is(uint64_t n) const { return mpz_cmp_ui(z_, n) == 0; }
  bool fits_word() const { return mpz_fits_ulong_p(z_) != 0; }
  uint64_t word() const { return mpz_get_ui(z_); }
  friend bool operator==(const Nat& x, const Nat& y) { return mpz_cmp(x.z_, y.z_) == 0; }

 private:
  mpz_t z_;
};

enum class Kind : uint8_t {
  kNat,
  kPin,
  kLaw,
  kApp,
  kDelay,    ///< a function and its argument, not yet applied
  kLink,     ///< whatever another term is; one slot of a letrec
  kRunning,  ///< a delayed term under evaluation
  kDone,     ///< a delayed term that has its value
  kCrashed,  ///< a delayed term whose evaluation crashed
};

struct Term {
  Kind kind = Kind::kNat;
  bool is_normal = false;  ///< nothing delayed inside that is not kDone
  bool is_set = false;     ///< a law that is a set
  uint64_t arity = 0;      ///< of a value, clamped to kArityMax
  Nat number;              ///< kNat: the number; kLaw: the name; kCrashed: the operation
  Nat parameters;          ///< kLaw: how many arguments
  Term* first = nullptr;   ///< pin: item; law: body; app, delay: function; link, done: target;
                           ///< crashed: the value it crashed with
  Term* second = nullptr;  ///< app, delay: argument
};

inline constexpr uint64_t kArityMax = (uint64_t{1} << 63) - 1;

class Arena {
 public:
  Term* make_nat(const Nat& n);
  Term* make_nat(uint64_t n) { return make_nat(Nat(n)); }
  /// The bytes of `text` as a nat, first byte least significant.
  Term* make_cord(std::string_view text);
  Term* make_pin(Term* item);
  /// `parameters` is not 0; `body` is in normal form.
  Term* make_law(const Nat& name, const Nat& parameters, Term* body);
  /// `function` is a value of arity 2 or more. Strictness of sets is the caller's business.
  Term* make_app(Term* function, Term* argument);
  Term* make_delay(Term* function, Term* argument);
  Term* make_link(Term* target);
  Term* make_cow(uint64_t n);
  /// `elements` by index, possibly delayed.
  Term* make_row(const std::vector<Term*>& elements);
  /// `bytes` as the law of a bar.
  Term* make_bar(const std::vector<uint8_t>& bytes);

 private:
  Term* add(Kind kind);
  std::deque<Term> terms_;
};

/// The value behind a finished delayed term; `t` itself otherwise.
inline Term* value_of(Term* t) {
  return t->kind == Kind::kDone ? t->first : t;
}

/// An application flattened: its head, then its arguments in the order of application.
struct Spine {
  Term* head;
  std::vector<Term*> arguments;
};
Spine spine_of(Term* value);

bool is_nat(const Term* value, uint64_t n);
/// A cow of n >= 1, or the empty row (n = 0); sets *n.
bool is_cow(const Term* law, uint64_t* n);
/// A row, the empty one included; sets *elements by index.
bool is_row(Term* value, std::vector<Term*>* elements);
/// A bar; sets *bytes.
bool is_bar(const Term* law, std::vector<uint8_t>* bytes);
/// A set applied to a row of its size; sets *keys and *values by index.
bool is_tab(Term* value, std::vector<Term*>* keys, std::vector<Term*>* values);

/// The total order of plan.md section 5, on normal forms: negative, 0 or positive.
int compare(Term* x, Term* y);

}  // namespace plan::oracle
