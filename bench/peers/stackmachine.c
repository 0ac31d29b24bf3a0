// bench/peers/stackmachine.c: see bench/programs/stackmachine.sire.
#include "bench/peers/peer.h"

struct instruction {
  int64_t op, k;
};

static int64_t run(const struct instruction *code) {
  const struct list *s = NULL;
  for (int64_t pc = 0;; pc++) {
    int64_t k = code[pc].k;
    switch (code[pc].op) {
      case 0: return s->head;
      case 1: s = cons(k, s); break;
      case 2: s = cons(s->head, s); break;
      case 3: s = cons(s->tail->head, s); break;
      case 4: s = cons(s->tail->head, cons(s->head, s->tail->tail)); break;
      case 5: s = s->tail; break;
      case 6: s = cons(s->tail->head + s->head, s->tail->tail); break;
      case 7: s = cons(s->tail->head * s->head, s->tail->tail); break;
      case 8: s = cons(s->head % k, s->tail); break;
      case 9: s = cons(s->head - 1, s->tail); break;
      case 10:
        if (s->head != 0) pc = k - 1;
        s = s->tail;
        break;
    }
  }
}

static int64_t program(int64_t n) {
  struct instruction code[] = {{1, 0}, {1, n},    {4, 0}, {3, 0}, {2, 0}, {7, 0},  {8, 1009},
                               {6, 0}, {4, 0},    {9, 0}, {2, 0}, {10, 2}, {5, 0}, {0, 0}};
  __asm__ volatile("" : : "r"(code) : "memory");  // The machine is general, not made for this.
  return run(code);
}
