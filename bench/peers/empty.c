// bench/peers/empty.c: computes nothing; its time is what starting a peer takes.
#include "bench/peers/peer.h"

static int64_t program(int64_t n) { return n; }
