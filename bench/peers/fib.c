// bench/peers/fib.c: see bench/programs/fib.sire.
#include "bench/peers/peer.h"

__attribute__((noinline)) static int64_t fib(int64_t n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

static int64_t program(int64_t n) { return fib(n); }
