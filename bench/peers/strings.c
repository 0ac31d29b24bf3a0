// bench/peers/strings.c: see bench/programs/strings.sire.
#include "bench/peers/peer.h"

#include <string.h>

struct bar {
  int64_t size;
  char bytes[];
};

static struct bar *bar(int64_t size) {
  struct bar *made = allocate(sizeof *made + (size_t)size);
  made->size = size;
  return made;
}

static struct bar *show_decimal(int64_t n) {
  char digits[24];
  int64_t size = 0;
  do {
    digits[size++] = (char)('0' + n % 10);
    n /= 10;
  } while (n > 0);
  struct bar *made = bar(size);
  for (int64_t i = 0; i < size; i++) made->bytes[i] = digits[size - 1 - i];
  return made;
}

static struct bar *single(char byte) {
  struct bar *made = bar(1);
  made->bytes[0] = byte;
  return made;
}

static struct bar *concatenate(int64_t count, struct bar **parts) {
  int64_t size = 0;
  for (int64_t i = 0; i < count; i++) size += parts[i]->size;
  struct bar *made = bar(size);
  char *end = made->bytes;
  for (int64_t i = 0; i < count; end += parts[i++]->size) {
    memcpy(end, parts[i]->bytes, (size_t)parts[i]->size);
  }
  return made;
}

static int64_t program(int64_t n) {
  struct bar **lines = allocate((size_t)n * sizeof *lines);
  for (int64_t i = 0; i < n; i++) {
    struct bar *parts[] = {show_decimal(i), single(':'), show_decimal(i * i), single('\n')};
    lines[i] = concatenate(4, parts);
  }
  const struct bar *text = concatenate(n, lines);
  int64_t sum = 7;
  for (int64_t i = 0; i < text->size; i++) sum = (sum * 31 + text->bytes[i]) % 1000000007;
  return sum;
}
