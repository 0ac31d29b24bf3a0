// vm/fold.h: what is known of a value before it is evaluated, and jets on it.
//
// For the pass `case` (vm/case.h). Results are immediate nats: larger ones would have to live in
// the heap, which code must not point to.
#pragma once

#include "value/value.h"
#include "vm/jets.h"

#include <cstdint>
#include <optional>
#include <span>

namespace plan::vm {

/// Nothing, or a constant in normal form, or a row or closure of so many arguments, which may be
/// anything.
class Shape {
 public:
  constexpr Shape() = default;
  static Shape of(Value constant) { return Shape(Kind::kConstant, constant, 0); }
  static Shape row(uint64_t size) { return Shape(Kind::kRow, Value{}, size); }
  static Shape closure(uint64_t size) { return Shape(Kind::kClosure, Value{}, size); }

  bool is_known() const { return kind_ != Kind::kUnknown; }
  bool is_constant() const { return kind_ == Kind::kConstant; }
  /// Only for is_constant().
  Value value() const { return value_; }

  // Of what is known. All are false, and the size 0, of what is not.
  bool is_nat() const { return is_constant() && value_.is_nat(); }
  bool is_small() const { return is_constant() && value_.is_small(); }
  bool is_zero() const { return is_constant() && value_ == small_nat(0); }
  /// A nat other than 0.
  bool is_true() const { return is_nat() && !is_zero(); }
  bool is_row() const;
  bool is_closure() const;
  bool is_application() const { return size() != 0; }
  /// Number of arguments of an application.
  uint64_t size() const;
  /// The nat; only for is_small().
  uint64_t small() const { return value_.small(); }
  /// Argument `i` < size() of a constant, the last applied first.
  Value constant_argument(uint64_t i) const;

 private:
  enum class Kind : uint8_t { kUnknown, kConstant, kRow, kClosure };
  constexpr Shape(Kind kind, Value value, uint64_t size)
      : kind_(kind), value_(value), size_(size) {}

  Kind kind_ = Kind::kUnknown;
  Value value_;
  uint64_t size_ = 0;
};

/// The nat that the saturated call of `jet` gives, if the shapes tell: below 2^63, and without
/// anything being evaluated that they do not know.
std::optional<uint64_t> fold_jet(JetId jet, std::span<const Shape> args);
/// The same for opcode 3.
std::optional<uint64_t> fold_increment(const Shape& arg);

/// Whether a saturated call gives 0 or 1 and does nothing but evaluate its arguments, or what they
/// consist of.
bool gives_bit(JetId jet);

/// How two constants compare (-1, 0, 1), unless that takes long.
std::optional<int> compare_constants(Value a, Value b);

}  // namespace plan::vm
