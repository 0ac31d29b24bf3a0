// bench/calibrate.c: how fast this machine is: CPU seconds of fib(35) in C, the best of five.
//
// Times from another machine are compared with ours in this unit. Build with `gcc -O3`.

#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { kRuns = 5, kInput = 35, kResult = 9227465 };

__attribute__((noinline)) static int64_t fib(int64_t n) {
  if (n < 2) return n;
  return fib(n - 1) + fib(n - 2);
}

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int main(void) {
  volatile int64_t input = kInput;
  double best = 0;
  for (int run = 0; run < kRuns; run++) {
    double begin = cpu_seconds();
    if (fib(input) != kResult) return 1;
    double spent = cpu_seconds() - begin;
    if (run == 0 || spent < best) best = spent;
  }
  printf("%.6f\n", best);
  return 0;
}
