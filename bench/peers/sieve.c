// bench/peers/sieve.c: see bench/programs/sieve.sire.
#include "bench/peers/peer.h"

// The same divisions as the chain of filters: by each prime so far, until one divides.
static int64_t program(int64_t n) {
  int64_t *primes = allocate((size_t)n * sizeof(int64_t)), found = 0, sum = 0;
  for (int64_t candidate = 2; found < n; candidate++) {
    int64_t i = 0;
    while (i < found && candidate % primes[i] != 0) i++;
    if (i < found) continue;
    primes[found++] = candidate;
    sum += candidate;
  }
  return sum;
}
