// bench/peers/peer.h: what every C peer is made of: main(), memory, lists.
//
// A peer defines program(n) and is called as `peer N [TIMES]`; it computes the result TIMES times,
// so that a short one can be timed, and prints it. Peers do what the Sire program of the same name
// does, on the same kind of data: where that one builds immutable lists or trees, so does the peer,
// in memory taken by moving a pointer and given back all at once, the cheapest there is.
#pragma once

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t program(int64_t n);

struct chunk {
  struct chunk *next;
  size_t size_bytes;
};

static const size_t kChunkBytes = (size_t)16 << 20;
static struct chunk *chunks_used, *chunks_free;
static char *arena_top, *arena_end;

static inline void *allocate_slow(size_t bytes) {
  struct chunk *chunk = chunks_free;
  if (chunk != NULL && chunk->size_bytes >= bytes) {
    chunks_free = chunk->next;
  } else {
    size_t size = bytes > kChunkBytes ? bytes : kChunkBytes;
    chunk = malloc(sizeof(struct chunk) + size);
    if (chunk == NULL) exit(2);
    chunk->size_bytes = size;
  }
  chunk->next = chunks_used;
  chunks_used = chunk;
  arena_top = (char *)(chunk + 1) + bytes;
  arena_end = (char *)(chunk + 1) + chunk->size_bytes;
  return chunk + 1;
}

// Returns memory that lives until this computation of the result ends.
static inline void *allocate(size_t bytes) {
  bytes = (bytes + 7) & ~(size_t)7;
  if ((size_t)(arena_end - arena_top) < bytes) return allocate_slow(bytes);
  void *result = arena_top;
  arena_top += bytes;
  return result;
}

static void release_all(void) {
  while (chunks_used != NULL) {
    struct chunk *next = chunks_used->next;
    chunks_used->next = chunks_free;
    chunks_free = chunks_used;
    chunks_used = next;
  }
  arena_top = arena_end = NULL;
}

struct list {
  int64_t head;
  const struct list *tail;
};

static inline const struct list *cons(int64_t head, const struct list *tail) {
  struct list *cell = allocate(sizeof *cell);
  cell->head = head;
  cell->tail = tail;
  return cell;
}

static inline int64_t next_random(int64_t seed) {
  return (seed * 1103515245 + 12345) % 2147483648;
}

int main(int argc, char **argv) {
  volatile int64_t n = argc > 1 ? atoll(argv[1]) : 0;
  int64_t times = argc > 2 ? atoll(argv[2]) : 1, result = 0;
  for (int64_t i = 0; i < times; i++) {
    result = program(n);
    release_all();
  }
  printf("%" PRId64 "\n", result);
  return 0;
}
