// bench/peers/mandelbrot.c: see bench/programs/mandelbrot.sire.
#include "bench/peers/peer.h"

static int64_t steps_left(int64_t p, int64_t q) {
  int64_t steps = 50, nx = 0, x = 0, ny = 0, y = 0;
  for (; steps > 0; steps--) {
    int64_t xx = x * x >> 12, yy = y * y >> 12;
    if (xx + yy > 16384) break;
    int64_t xy = x * y >> 11, same = nx == ny;
    int64_t a = xx + p, b = yy + 8192;
    int64_t c = same ? xy + q : q, d = same ? 5120 : xy + 5120;
    nx = a < b;
    ny = c < d;
    x = nx ? b - a : a - b;
    y = ny ? d - c : c - d;
  }
  return steps;
}

static int64_t program(int64_t n) {
  int64_t sum = 0;
  for (int64_t j = 0; j < n; j++) {
    for (int64_t i = 0; i < n; i++) sum += 50 - steps_left(i * 10240 / n, j * 10240 / n);
  }
  return sum;
}
