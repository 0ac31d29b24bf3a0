// bench/peers/tabinsert.c: see bench/programs/tabinsert.sire.
#include "bench/peers/peer.h"

#include <string.h>

// A tab is immutable: sorted keys and their values, copied by every insertion.
struct tab {
  int64_t size;
  int64_t *keys, *values;
};

static int64_t search(const struct tab *t, int64_t key) {
  int64_t low = 0, high = t->size;
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (t->keys[middle] < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

static int64_t *insert_at(const int64_t *old, int64_t size, int64_t at, int64_t new) {
  int64_t *made = malloc((size_t)(size + 1) * sizeof *made);
  if (at > 0) memcpy(made, old, (size_t)at * sizeof *made);
  made[at] = new;
  if (at < size) memcpy(made + at + 1, old + at, (size_t)(size - at) * sizeof *made);
  return made;
}

static int64_t program(int64_t n) {
  struct tab t = {0, NULL, NULL};
  for (int64_t i = 0; i < n; i++) {
    int64_t key = i * 7919 % 1000003, at = search(&t, key);
    struct tab grown = {t.size + 1, insert_at(t.keys, t.size, at, key),
                        insert_at(t.values, t.size, at, i)};
    free(t.keys);
    free(t.values);
    t = grown;
  }
  int64_t sum = t.size;
  for (int64_t i = 0; i < n; i++) {
    int64_t key = i * 7919 % 1000003;
    sum += key * t.values[search(&t, key)];
  }
  free(t.keys);
  free(t.values);
  return sum;
}
