// base/result.h: errors of the outside world (files, bytes, formats) as values.
//
// The member names are those of std::expected, so that it can replace this one day.
// Success allocates nothing; the message is built where the error is made, which is cold.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace plan {

/// What went wrong in the outside world: a stable name, and a sentence with place and cause.
struct Error {
  std::string name;     ///< e.g. "GERM_BAD_HOLE_COUNT", "io"
  std::string message;  ///< complete, without trailing newline
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() {
    PLAN_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  T& operator*() { return value(); }
  T* operator->() { return &value(); }
  const Error& error() const {
    PLAN_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

struct Unit {};
using Status = Result<Unit>;

}  // namespace plan

#define PLAN_TRY_CONCAT2(a, b) a##b
#define PLAN_TRY_CONCAT(a, b) PLAN_TRY_CONCAT2(a, b)
#define PLAN_TRY_IMPL(r, declaration, expression) \
  auto r = (expression);                          \
  if (!r.has_value()) return r.error();           \
  declaration = std::move(r.value())
/// `PLAN_TRY(const T x, f());` binds the value, or returns the error from the current function.
#define PLAN_TRY(declaration, ...) \
  PLAN_TRY_IMPL(PLAN_TRY_CONCAT(plan_try_, __LINE__), declaration, (__VA_ARGS__))
/// `PLAN_TRY_STATUS(f());` returns the error from the current function, if there is one.
#define PLAN_TRY_STATUS(...)                                        \
  do {                                                              \
    auto plan_try_status = (__VA_ARGS__);                           \
    if (!plan_try_status.has_value()) return plan_try_status.error(); \
  } while (false)
