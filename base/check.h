// base/check.h: the only ways this program may stop itself.
//
// PLAN_CHECK   : always on. Image boundaries, sizes from outside, once per collection.
// PLAN_ASSERT  : debug and test builds. Pre- and postconditions; no side effects inside.
// PLAN_UNREACHABLE: a branch that a correct program never takes.
#pragma once

namespace plan {

/// Prints what failed and where, then aborts. Never returns.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace plan

#define PLAN_CHECK(c) \
  (__builtin_expect(!(c), 0) ? ::plan::check_failed(#c, __FILE__, __LINE__) : static_cast<void>(0))

#ifdef PLAN_ASSERTS
#define PLAN_ASSERT(c) PLAN_CHECK(c)
#else
#define PLAN_ASSERT(c) static_cast<void>(sizeof(c))
#endif

#define PLAN_UNREACHABLE() ::plan::check_failed("unreachable", __FILE__, __LINE__)
