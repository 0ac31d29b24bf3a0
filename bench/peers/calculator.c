// bench/peers/calculator.c: see bench/programs/calculator.sire.
#include "bench/peers/peer.h"

#include <stdio.h>
#include <string.h>

struct read {
  int64_t n, next;
};

struct text {
  int64_t size;
  char *bytes;
};

static struct read read_sum(const struct text *text, int64_t n, int64_t at);

static struct read read_number(const struct text *text, int64_t at, int64_t n) {
  while (text->bytes[at] >= '0' && text->bytes[at] <= '9') n = n * 10 + text->bytes[at++] - '0';
  return (struct read){n, at};
}

static struct read read_factor(const struct text *text, int64_t at) {
  if (text->bytes[at] != '(') return read_number(text, at, 0);
  const struct read inner = read_sum(text, 0, at + 1);
  return (struct read){inner.n, inner.next + 1};
}

static struct read read_product(const struct text *text, int64_t at, int64_t n) {
  for (;;) {
    const struct read factor = read_factor(text, at);
    n = n * factor.n % 1000000007;
    if (text->bytes[factor.next] != '*') return (struct read){n, factor.next};
    at = factor.next + 1;
  }
}

static struct read read_sum(const struct text *text, int64_t n, int64_t at) {
  for (;;) {
    const struct read term = read_product(text, at, 1);
    n += term.n;
    if (text->bytes[term.next] != '+') return (struct read){n, term.next};
    at = term.next + 1;
  }
}

static struct text make_text(void) {
  char *bytes = allocate(100 * 64);
  int64_t size = 0;
  for (int i = 0; i < 100; i++) {
    size += snprintf(bytes + size, 64, "%d+3*(%d+1)*2\n", i, i % 1000);
  }
  return (struct text){size, bytes};
}

static int64_t program(int64_t n) {
  const struct text text = make_text();
  int64_t total = 7;
  for (; n > 0; n--) {
    for (int64_t at = 0; at != text.size;) {
      const struct read sum = read_sum(&text, 0, at);
      at = sum.next + 1;
      total = (total * 31 + sum.n) % 1000000007;
    }
  }
  return total;
}
