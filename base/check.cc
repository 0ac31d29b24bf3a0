// base/check.cc: reports a failed check and aborts.
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace plan {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "palladium: internal error: %s:%d: check failed: %s\n", file, line,
               expression);
  std::abort();
}

}  // namespace plan
