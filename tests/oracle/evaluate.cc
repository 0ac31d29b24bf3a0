// tests/oracle/evaluate.cc: one Evaluator per program. See evaluate.h for PLAN_SEEDED_BUG.
#include "tests/oracle/evaluate.h"

#include "tests/oracle/text.h"

#include <optional>
#include <span>
#include <utility>

#ifndef PLAN_SEEDED_BUG
#define PLAN_SEEDED_BUG 0
#endif

namespace plan::oracle {

namespace {

using Terms = std::vector<Term*>;

/// The slots of a law's body: self, arguments, lets.
struct Frame {
  Terms slots;
};

/// Functions that do not run as written, known by name and number of arguments.
enum class Native : uint8_t { kNone, kTrace, kTry, kAdd, kSub, kMul, kDiv, kBex };

struct NativeName {
  const char* name;
  uint64_t parameters;
  Native native;
};

constexpr NativeName kNativeNames[] = {
    {"_Trace", 2, Native::kTrace}, {"_DeepTrace", 2, Native::kTrace}, {"_Try", 1, Native::kTry},
    {"_Add", 2, Native::kAdd},     {"_Sub", 2, Native::kSub},         {"_Mul", 2, Native::kMul},
    {"_Div", 2, Native::kDiv},     {"_Bex", 1, Native::kBex},
};

class NativeTable {
 public:
  NativeTable() {
    for (const NativeName& n : kNativeNames) names_.push_back(arena_.make_cord(n.name));
  }

  /// What `pin` is, if it is directly around a law.
  Native find(const Term* pin) const {
    const Term* law = pin->first;
    if (law->kind != Kind::kLaw) return Native::kNone;
    for (size_t i = 0; i < names_.size(); i++) {
      if (!law->parameters.is(kNativeNames[i].parameters)) continue;
      if (law->number == names_[i]->number) return kNativeNames[i].native;
    }
    return Native::kNone;
  }

 private:
  Arena arena_;
  Terms names_;
};

/// Numbers beyond this size are not computed.
constexpr size_t kBitsMax = 100'000;

/// Every function that returns a Term* returns nullptr after a crash or an abort; outcome_ says
/// which.
template <int kBug>
class Evaluator {
 public:
  Evaluator(Arena& arena, const Limits& limits, const Stack& stack)
      : arena_(arena), limits_(limits), stack_(stack) {}

  Outcome run(Term* program) {
    Term* value = normalise(program);
    if (value != nullptr) {
      show(value, outcome_.text);
    } else if (outcome_.end == End::kCrash) {
      show(crash_op_, outcome_.op);
      show(crash_value_, outcome_.text);
    }
    return outcome_;
  }

 private:
  Term* crash(Term* op, Term* value) {
    outcome_.end = End::kCrash;
    crash_op_ = op;
    crash_value_ = value;
    return nullptr;
  }

  Term* give_up(End end) {
    outcome_.end = end;
    return nullptr;
  }

  /// False: it is nested too deeply.
  bool show(Term* value, std::string& text) {
    std::optional<std::string> shown = print(value, limits_.text_bytes, stack_);
    if (!shown) {
      give_up(End::kDepth);
      return false;
    }
    text = std::move(*shown);
    return true;
  }

  bool is_deep() {
    if (depth_ < limits_.depth && !stack_.is_used_up()) return false;
    give_up(End::kDepth);
    return true;
  }

  /// The value of `t`, its constructor evaluated.
  Term* whnf(Term* t) {
    if (is_deep()) return nullptr;
    depth_++;
    Terms running;  // what the result will update
    for (;;) {
      t = step(t, running);
      if (t == nullptr) break;
      if (t->kind <= Kind::kApp) break;
    }
    depth_--;
    for (Term* update : running) finish(update, t);
    return t;
  }

  /// One step of `t` towards its value: the term to continue with.
  Term* step(Term* t, Terms& running) {
    if (++steps_ > limits_.steps) return give_up(End::kFuel);
    switch (t->kind) {
      case Kind::kNat:
      case Kind::kPin:
      case Kind::kLaw:
      case Kind::kApp:
        return t;
      case Kind::kDone:
        return t->first;
      case Kind::kRunning:
        return give_up(End::kLoop);
      case Kind::kCrashed:
        return crash(arena_.make_nat(t->number), t->first);
      case Kind::kLink:
        t->kind = Kind::kRunning;
        running.push_back(t);
        return t->first;
      case Kind::kDelay:
        if (kBug != kUpdateLost) {
          t->kind = Kind::kRunning;
          running.push_back(t);
        }
        return apply(t->first, t->second);
    }
    return nullptr;
  }

  /// Updates a term whose evaluation gave `value`, or crashed.
  void finish(Term* t, Term* value) {
    if (value != nullptr) {
      t->kind = Kind::kDone;
      t->first = value;
    } else if (outcome_.end == End::kCrash) {
      t->kind = Kind::kCrashed;
      t->number = crash_op_->number;
      t->first = crash_value_;
    }
  }

  Term* apply(Term* function, Term* argument) {
    Term* f = whnf(function);
    if (f == nullptr) return nullptr;
    if (f->arity > 1) {
      // Stricter than the formal model: a set looks at its first argument (plan.md section 4).
      if (f->is_set && f->kind == Kind::kLaw && whnf(argument) == nullptr) return nullptr;
      return arena_.make_app(f, argument);
    }
    Spine spine = spine_of(f);
    spine.arguments.push_back(argument);
    return call(spine.head, spine.arguments);
  }

  /// A saturated call; `head` is no application.
  Term* call(Term* head, const Terms& arguments) {
    if (is_deep()) return nullptr;  // pins around pins are no nested evaluation
    switch (head->kind) {
      case Kind::kNat:
        return call_nat(head, arguments);
      case Kind::kLaw:
        return call_law(head, head, arguments);
      case Kind::kPin:
        return call_pin(head, arguments);
      default:
        return nullptr;
    }
  }

  Term* call_pin(Term* pin, const Terms& arguments) {
    const Native native = natives_.find(pin);
    if (native == Native::kTrace) return call_trace(arguments);
    if (native == Native::kTry) return call_try(pin, arguments[0]);
    if (native != Native::kNone && limits_.native_nats) return call_nat_jet(native, arguments);
    Term* item = pin->first;
    uint64_t size = 0;
    const bool is_plain_law = item->kind == Kind::kLaw && !is_cow(item, &size);
    if (is_plain_law) return call_law(item, kBug == kSelfThroughPin ? item : pin, arguments);
    Spine spine = spine_of(item);
    spine.arguments.insert(spine.arguments.end(), arguments.begin(), arguments.end());
    return call(spine.head, spine.arguments);
  }

  Term* call_trace(const Terms& arguments) {
    Term* message = normalise(arguments[0]);
    if (message == nullptr) return nullptr;
    std::string text;
    if (!show(message, text)) return nullptr;
    outcome_.traces.push_back(std::move(text));
    return arguments[1];
  }

  /// jets.md section 3.12: native for rows; anything else is what the law makes of it.
  Term* call_try(Term* pin, Term* argument) {
    Term* v = whnf(argument);
    if (v == nullptr) return nullptr;
    Terms elements;
    if (!is_row(v, &elements)) return call_law(pin->first, pin, {v});
    if (elements.empty()) return arena_.make_nat(0);
    for (Term* element : elements) {
      if (normalise(element) == nullptr) return nullptr;
    }
    Term* attempt = elements[0];
    for (size_t i = 1; i < elements.size(); i++) {
      attempt = arena_.make_delay(attempt, elements[i]);
    }
    if (Term* value = normalise(attempt)) {
      return arena_.make_row({arena_.make_nat(1), value});
    }
    if (outcome_.end != End::kCrash) return nullptr;
    outcome_.end = End::kValue;
    return arena_.make_row({arena_.make_nat(0), arena_.make_row({crash_op_, crash_value_})});
  }

  /// Arithmetic in the order of evaluation of its law; division by 0 gives 0 instead of nothing.
  Term* call_nat_jet(Native native, const Terms& arguments) {
    Term* last = whnf(arguments.back());
    if (last == nullptr) return nullptr;
    const Nat b = cast(last);
    if (native == Native::kBex) {
      if (!b.fits_word() || b.word() > kBitsMax) return give_up(End::kFuel);
      Nat power(1);
      mpz_mul_2exp(power.get(), power.get(), b.word());
      return arena_.make_nat(power);
    }
    const bool is_product = native == Native::kMul || native == Native::kDiv;
    if (is_product && b.is(0)) return arena_.make_nat(0);
    Term* first = whnf(arguments[0]);
    if (first == nullptr) return nullptr;
    Nat a = cast(first);
    if (native == Native::kAdd) mpz_add(a.get(), a.get(), b.get());
    if (native == Native::kSub) mpz_sub(a.get(), a.get(), b.get());
    if (native == Native::kMul) mpz_mul(a.get(), a.get(), b.get());
    if (native == Native::kDiv) mpz_fdiv_q(a.get(), a.get(), b.get());
    if (mpz_sizeinbase(a.get(), 2) > kBitsMax) return give_up(End::kFuel);
    return mpz_sgn(a.get()) < 0 ? arena_.make_nat(0) : arena_.make_nat(a);
  }

  Term* call_nat(Term* op, const Terms& x) {
    if (op->number.is(0)) return make_law(x);
    if (op->number.is(1)) return reflect(x);
    if (op->number.is(2)) return branch(x);
    if (op->number.is(3)) return increment(x[0]);
    Term* value = normalise(x[0]);
    if (value == nullptr) return nullptr;
    return op->number.is(4) ? arena_.make_pin(value) : crash(op, value);
  }

  /// (0 n a b)
  Term* make_law(const Terms& x) {
    if (kBug == kCrashOrder && whnf(x[1]) == nullptr) return nullptr;
    Term* name = whnf(x[0]);
    if (name == nullptr) return nullptr;
    Term* parameters = whnf(x[1]);
    if (parameters == nullptr) return nullptr;
    const Nat a = cast(parameters);
    if (a.is(0)) return crash(arena_.make_nat(0), arena_.make_nat(0));
    Term* body = normalise(x[2]);
    if (body == nullptr) return nullptr;
    return arena_.make_law(cast(name), a, body);
  }

  /// (1 p l a n x)
  Term* reflect(const Terms& args) {
    Term* x = whnf(args[4]);
    if (x == nullptr) return nullptr;
    switch (x->kind) {
      case Kind::kPin:
        return arena_.make_delay(args[0], x->first);
      case Kind::kLaw: {
        Term* named = arena_.make_delay(args[1], arena_.make_nat(x->number));
        Term* sized = arena_.make_delay(named, arena_.make_nat(x->parameters));
        return arena_.make_delay(sized, x->first);
      }
      case Kind::kApp:
        return reflect_app(args[2], x);
      default:
        return arena_.make_delay(args[3], x);
    }
  }

  Term* reflect_app(Term* a, Term* x) {
    Terms elements;
    if (kBug == kRowOrder && is_row(x, &elements)) {
      const Spine spine = spine_of(x);
      Term* rest = spine.head;
      for (size_t i = 1; i < spine.arguments.size(); i++) {
        rest = arena_.make_app(rest, spine.arguments[i]);
      }
      return arena_.make_delay(arena_.make_delay(a, rest), spine.arguments[0]);
    }
    return arena_.make_delay(arena_.make_delay(a, x->first), x->second);
  }

  /// (2 z p x)
  Term* branch(const Terms& args) {
    Term* x = whnf(args[2]);
    if (x == nullptr) return nullptr;
    Nat m = cast(x);
    if (m.is(0)) return args[0];
    mpz_sub_ui(m.get(), m.get(), 1);
    return arena_.make_delay(args[1], arena_.make_nat(m));
  }

  /// (3 x)
  Term* increment(Term* argument) {
    Term* x = whnf(argument);
    if (x == nullptr) return nullptr;
    Nat n = cast(x);
    mpz_add_ui(n.get(), n.get(), 1);
    return arena_.make_nat(n);
  }

  static Nat cast(const Term* value) { return value->kind == Kind::kNat ? value->number : Nat(); }

  Term* call_law(Term* law, Term* self, const Terms& arguments) {
    if (kBug == kEagerArgument && whnf(arguments.back()) == nullptr) return nullptr;
    Frame frame;
    frame.slots.push_back(self);
    frame.slots.insert(frame.slots.end(), arguments.begin(), arguments.end());
    if (kBug == kArgumentOrder && arguments.size() > 2) {
      std::swap(frame.slots.back(), frame.slots[arguments.size() - 1]);
    }
    // Lets are those of the top spine only, and see each other.
    Terms bound;
    Term* body = law->first;
    for (Spine spine = spine_of(body); is_let(spine); spine = spine_of(body)) {
      bound.push_back(value_of(spine.arguments[0]));
      body = value_of(spine.arguments[1]);
      frame.slots.push_back(arena_.make_link(nullptr));
    }
    for (size_t i = 0; i < bound.size(); i++) {
      const size_t slot = kBug == kLetNumbering ? bound.size() - 1 - i : i;
      Term* term = build(bound[i], frame);
      if (term == nullptr) return nullptr;
      frame.slots[1 + arguments.size() + slot]->first = term;
    }
    return build(body, frame);
  }

  static bool is_let(const Spine& spine) {
    return is_nat(spine.head, 1) && spine.arguments.size() == 2;
  }

  /// The graph of one expression of a body.
  Term* build(Term* e, const Frame& frame) {
    if (is_deep()) return nullptr;
    e = value_of(e);
    if (e->kind == Kind::kNat) {
      const bool is_slot = e->number.fits_word() && e->number.word() < frame.slots.size();
      return is_slot ? frame.slots[e->number.word()] : e;
    }
    const Spine spine = spine_of(e);
    if (is_nat(spine.head, 0) && spine.arguments.size() == 2) {
      Term* function = build(spine.arguments[0], frame);
      if (function == nullptr) return nullptr;
      Term* argument = build(spine.arguments[1], frame);
      return argument == nullptr ? nullptr : arena_.make_delay(function, argument);
    }
    const bool is_quote = is_nat(spine.head, 2) && spine.arguments.size() == 1;
    if (is_quote && kBug != kQuoteForgotten) return spine.arguments[0];
    return e;
  }

  /// Evaluates everything inside: the head's arguments from the first, a row from index 0.
  Term* normalise(Term* t) {
    Term* v = whnf(t);
    if (kBug == kUpdateLost && t->kind == Kind::kDelay) finish(t, v);
    if (v == nullptr || v->is_normal) return v;
    if (is_deep()) return nullptr;
    depth_++;
    Terms parts;
    if (!is_row(v, &parts)) parts = spine_of(v).arguments;
    bool ok = true;
    for (Term* part : parts) {
      ok = normalise(part) != nullptr;
      if (!ok) break;
    }
    depth_--;
    v->is_normal = ok;
    return ok ? v : nullptr;
  }

  Arena& arena_;
  Limits limits_;
  const Stack& stack_;
  NativeTable natives_;
  Outcome outcome_;
  Term* crash_op_ = nullptr;
  Term* crash_value_ = nullptr;
  uint64_t steps_ = 0;
  uint32_t depth_ = 0;
};

}  // namespace

template <int kBug>
Outcome evaluate(Arena& arena, Term* program, const Limits& limits, const Stack& stack) {
  return Evaluator<kBug>(arena, limits, stack).run(program);
}

template Outcome evaluate<PLAN_SEEDED_BUG>(Arena&, Term*, const Limits&, const Stack&);

}  // namespace plan::oracle
