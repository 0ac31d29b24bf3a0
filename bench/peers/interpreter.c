// bench/peers/interpreter.c: see bench/programs/interpreter.sire.
#include "bench/peers/peer.h"

struct term {
  enum { kNat, kVariable, kLambda, kCall, kSum, kDifference, kLess, kIf } op;
  int64_t k;
  const struct term *a, *b, *c;
};

struct value {
  int64_t nat;
  const struct term *body;  // of a closure, with its environment
  const struct environment *environment;
};

struct environment {
  struct value value;
  const struct environment *next;
};

static struct value evaluate(const struct environment *env, const struct term *t) {
  switch (t->op) {
    case kNat: return (struct value){t->k, NULL, NULL};
    case kVariable:
      for (int64_t i = t->k; i > 0; i--) env = env->next;
      return env->value;
    case kLambda: return (struct value){0, t->a, env};
    case kCall: {
      struct value argument = evaluate(env, t->b), f = evaluate(env, t->a);
      struct environment *inner = allocate(sizeof *inner);
      *inner = (struct environment){argument, f.environment};
      return evaluate(inner, f.body);
    }
    case kSum: return (struct value){evaluate(env, t->a).nat + evaluate(env, t->b).nat, NULL, NULL};
    case kDifference:
      return (struct value){evaluate(env, t->a).nat - evaluate(env, t->b).nat, NULL, NULL};
    case kLess:
      return (struct value){evaluate(env, t->a).nat < evaluate(env, t->b).nat, NULL, NULL};
    case kIf: return evaluate(env, evaluate(env, t->a).nat != 0 ? t->b : t->c);
  }
  abort();
}

static const struct term *term(struct term t) {
  struct term *made = allocate(sizeof *made);
  *made = t;
  return made;
}

static const struct term *nat(int64_t k) { return term((struct term){kNat, k, NULL, NULL, NULL}); }

static const struct term *node(int op, const struct term *a, const struct term *b) {
  return term((struct term){op, 0, a, b, NULL});
}

static int64_t program(int64_t size) {
  const struct term *n = term((struct term){kVariable, 0, NULL, NULL, NULL});
  const struct term *self = term((struct term){kVariable, 1, NULL, NULL, NULL});
  const struct term *again = node(kCall, self, self);
  const struct term *one = node(kCall, again, node(kDifference, n, nat(1)));
  const struct term *two = node(kCall, again, node(kDifference, n, nat(2)));
  const struct term *choice =
      term((struct term){kIf, 0, node(kLess, n, nat(2)), n, node(kSum, one, two)});
  const struct term *fib = node(kLambda, node(kLambda, choice, NULL), NULL);
  return evaluate(NULL, node(kCall, node(kCall, fib, fib), nat(size))).nat;
}
