// bench/peers/mutual.c: see bench/programs/mutual.sire.
#include "bench/peers/peer.h"

// Without the barriers the compiler sees a loop, and then what the loop comes to.
#define KEEP(n) __asm__ volatile("" : "+r"(n))

static int64_t is_odd(int64_t n);

__attribute__((noinline)) static int64_t is_even(int64_t n) {
  KEEP(n);
  return n == 0 ? 1 : is_odd(n - 1);
}

__attribute__((noinline)) static int64_t is_odd(int64_t n) {
  KEEP(n);
  return n == 0 ? 0 : is_even(n - 1);
}

static int64_t program(int64_t n) { return n + is_even(n); }
