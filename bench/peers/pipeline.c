// bench/peers/pipeline.c: see bench/programs/pipeline.sire.
#include "bench/peers/peer.h"

static int64_t *row(int64_t n) { return allocate((size_t)n * sizeof(int64_t)); }

static int64_t program(int64_t n) {
  int64_t *a = row(n), *b = row(n), *c = row(n), sum = 0;
  for (int64_t i = 0; i < n; i++) a[i] = i;
  __asm__ volatile("" : : "r"(a) : "memory");  // Each row is made, as in the other systems.
  for (int64_t i = 0; i < n; i++) b[i] = a[i] + 7;
  __asm__ volatile("" : : "r"(b) : "memory");
  for (int64_t i = 0; i < n; i++) c[i] = b[i] * b[i] % 1009;
  __asm__ volatile("" : : "r"(c) : "memory");
  for (int64_t i = 0; i < n; i++) sum += c[i];
  return sum;
}
