// bench/peers/treeinsert.c: see bench/programs/treeinsert.sire.
#include "bench/peers/peer.h"

struct tree {
  const struct tree *left;
  int64_t key;
  const struct tree *right;
};

static const struct tree *node(const struct tree *left, int64_t key, const struct tree *right) {
  struct tree *made = allocate(sizeof *made);
  *made = (struct tree){left, key, right};
  return made;
}

static const struct tree *insert_key(int64_t key, const struct tree *t) {
  if (t == NULL) return node(NULL, key, NULL);
  if (key < t->key) return node(insert_key(key, t->left), t->key, t->right);
  if (t->key < key) return node(t->left, t->key, insert_key(key, t->right));
  return t;
}

static int64_t weigh(int64_t depth, const struct tree *t) {
  if (t == NULL) return 0;
  return depth * t->key + weigh(depth + 1, t->left) + weigh(depth + 1, t->right);
}

static int64_t program(int64_t n) {
  const struct tree *t = NULL;
  for (int64_t seed = 42; n > 0; n--) {
    seed = next_random(seed);
    t = insert_key(seed, t);
  }
  return weigh(1, t);
}
