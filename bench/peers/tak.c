// bench/peers/tak.c: see bench/programs/tak.sire.
#include "bench/peers/peer.h"

__attribute__((noinline)) static int64_t tak(int64_t x, int64_t y, int64_t z) {
  if (y < x) return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
  return z;
}

static int64_t program(int64_t n) { return tak(3 * n, 2 * n, n); }
