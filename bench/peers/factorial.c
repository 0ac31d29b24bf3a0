// bench/peers/factorial.c: see bench/programs/factorial.sire. Links GMP.
#include <gmp.h>

#include "bench/peers/peer.h"

static int64_t program(int64_t n) {
  mpz_t product;
  mpz_init_set_ui(product, 1);
  for (int64_t i = n; i > 0; i--) mpz_mul_ui(product, product, (unsigned long)i);
  int64_t result = (int64_t)mpz_fdiv_ui(product, 1000000007);
  mpz_clear(product);
  return result;
}
