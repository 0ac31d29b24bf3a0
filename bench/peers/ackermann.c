// bench/peers/ackermann.c: see bench/programs/ackermann.sire.
#include "bench/peers/peer.h"

__attribute__((noinline)) static int64_t ackermann(int64_t m, int64_t n) {
  if (m == 0) return n + 1;
  if (n == 0) return ackermann(m - 1, 1);
  return ackermann(m - 1, ackermann(m, n - 1));
}

static int64_t program(int64_t n) { return ackermann(3, n); }
