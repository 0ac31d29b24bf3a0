// bench/peers/listsum.c: see bench/programs/listsum.sire.
#include "bench/peers/peer.h"

// One cell at a time, as a lazy list that is dropped while it is made. The barrier keeps the
// compiler from seeing that no list is needed.
static int64_t program(int64_t n) {
  int64_t sum = 0;
  for (int64_t i = 0; i < n; i++) {
    struct list *cell = malloc(sizeof *cell);
    *cell = (struct list){i, NULL};
    __asm__ volatile("" : "+r"(cell) : : "memory");
    sum += cell->head;
    free(cell);
  }
  return sum;
}
