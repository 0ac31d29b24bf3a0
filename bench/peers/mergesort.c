// bench/peers/mergesort.c: see bench/programs/mergesort.sire.
#include "bench/peers/peer.h"

static const struct list *merge(const struct list *as, const struct list *bs) {
  const struct list *first = NULL;
  const struct list **end = &first;
  while (as != NULL && bs != NULL) {
    const struct list **from = as->head <= bs->head ? &as : &bs;
    struct list *cell = (struct list *)cons((*from)->head, NULL);
    *from = (*from)->tail;
    *end = cell;
    end = &cell->tail;
  }
  *end = as != NULL ? as : bs;
  return first;
}

static const struct list *merge_sort(int64_t n, const struct list *xs) {
  if (n <= 1) return n == 1 ? cons(xs->head, NULL) : NULL;
  int64_t half = n / 2;
  const struct list *rest = xs;
  for (int64_t i = 0; i < half; i++) rest = rest->tail;
  return merge(merge_sort(half, xs), merge_sort(n - half, rest));
}

static int64_t program(int64_t n) {
  const struct list *xs = NULL;
  const struct list **end = &xs;
  for (int64_t i = 0, seed = 42; i < n; i++) {
    seed = next_random(seed);
    struct list *cell = (struct list *)cons(seed, NULL);
    *end = cell;
    end = &cell->tail;
  }
  int64_t sum = 0;
  for (xs = merge_sort(n, xs); xs != NULL; xs = xs->tail) sum = (sum * 31 + xs->head) % 1000000007;
  return sum;
}
