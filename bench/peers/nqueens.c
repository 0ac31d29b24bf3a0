// bench/peers/nqueens.c: see bench/programs/nqueens.sire.
#include "bench/peers/peer.h"

struct solutions {
  const struct list *placed;
  const struct solutions *next;
};

static int is_safe(int64_t column, const struct list *placed) {
  for (int64_t distance = 1; placed != NULL; placed = placed->tail, distance++) {
    int64_t queen = placed->head;
    if (queen == column || queen == column + distance || column == queen + distance) return 0;
  }
  return 1;
}

static const struct solutions *solve(int64_t n, int64_t rows) {
  struct solutions *all = NULL;
  if (rows == 0) {
    all = allocate(sizeof *all);
    *all = (struct solutions){NULL, NULL};
    return all;
  }
  for (const struct solutions *s = solve(n, rows - 1); s != NULL; s = s->next) {
    for (int64_t column = 0; column < n; column++) {
      if (!is_safe(column, s->placed)) continue;
      struct solutions *one = allocate(sizeof *one);
      *one = (struct solutions){cons(column, s->placed), all};
      all = one;
    }
  }
  return all;
}

static int64_t program(int64_t n) {
  int64_t count = 0;
  for (const struct solutions *s = solve(n, n); s != NULL; s = s->next) count++;
  return count;
}
