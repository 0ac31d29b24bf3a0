// vm/fold.cc: jets on constants, by families.
#include "vm/fold.h"

#include "base/check.h"
#include "value/object.h"
#include "value/order.h"

#include <bit>

namespace plan::vm {

namespace {

constexpr uint64_t kCompareStepsMax = 256;
constexpr uint64_t kNatBits = 63;  ///< of an immediate

using Nat = std::optional<uint64_t>;

Nat immediate(uint64_t n) {
  if (n > kSmallNatMax) return std::nullopt;
  return n;
}
Nat bit(bool b) {
  return b ? 1 : 0;
}

/// As arithmetic takes it: what is no nat is 0. Nothing if it is unknown or too large.
Nat cast(const Shape& s) {
  if (!s.is_known()) return std::nullopt;
  if (s.is_small()) return s.small();
  if (s.is_nat()) return std::nullopt;
  return 0;
}

/// vm/jets_plan.cc: _PlanTag.
uint64_t plan_tag(const Shape& s) {
  if (s.is_nat()) return 3;
  if (s.is_constant() && is_pin(s.value())) return 0;
  return s.is_application() ? 2 : 1;
}

uint64_t type_tag(const Shape& s) {
  if (s.is_row()) return 5;
  if (!s.is_constant()) return plan_tag(s);
  if (is_bar(s.value())) return 4;
  if (is_tab(s.value())) return 6;
  if (is_cow(s.value())) return 7;
  return is_set(s.value()) ? 8 : plan_tag(s);
}

/// Jets of one argument that look at no more than the shape.
Nat fold_question(JetId jet, const Shape& s) {
  switch (jet) {
    case JetId::kIsPin:
      return bit(plan_tag(s) == 0);
    case JetId::kIsLaw:
      return bit(plan_tag(s) == 1);
    case JetId::kIsApp:
      return bit(s.is_application());
    case JetId::kIsNat:
      return bit(s.is_nat());
    case JetId::kPlanTag:
      return plan_tag(s);
    case JetId::kTypeTag:
      return type_tag(s);
    case JetId::kNull:
      return bit(!s.is_application());
    case JetId::kEqz:
      return bit(s.is_zero());
    case JetId::kNot:
      return bit(!s.is_true());
    case JetId::kBit:
      return bit(s.is_true());
    case JetId::kLen:
      return s.size();
    case JetId::kIsRow:
      return bit(s.is_row());
    default:
      return std::nullopt;
  }
}

Nat fold_unary_nat(JetId jet, const Shape& s) {
  const Nat n = cast(s);
  if (!n) return std::nullopt;
  switch (jet) {
    case JetId::kToNat:
      return n;
    case JetId::kDec:
      return *n == 0 ? 0 : *n - 1;
    case JetId::kBex:
      return *n < kNatBits ? Nat(uint64_t{1} << *n) : std::nullopt;
    case JetId::kMet:
      return std::bit_width(*n);
    case JetId::kPopCount:
      return std::popcount(*n);
    case JetId::kW32:
      return *n & 0xffffffff;
    case JetId::kW64:
      return n;
    default:
      return std::nullopt;
  }
}

Nat power(uint64_t base, uint64_t exponent) {
  uint64_t result = 1;
  if (base < 2) return exponent == 0 ? 1 : base;
  for (; exponent > 0; --exponent) {
    if (__builtin_mul_overflow(result, base, &result)) return std::nullopt;
  }
  return immediate(result);
}

Nat shift_left(uint64_t n, uint64_t count) {
  if (n == 0) return 0;
  if (count + static_cast<uint64_t>(std::bit_width(n)) > kNatBits) return std::nullopt;
  return n << count;
}

Nat multiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return immediate(product);
}

/// Both operands are immediates, or count as 0.
Nat fold_arithmetic(JetId jet, uint64_t a, uint64_t b) {
  switch (jet) {
    case JetId::kAdd:
      return immediate(a + b);
    case JetId::kSub:
      return a > b ? a - b : 0;
    case JetId::kMul:
      return multiply(a, b);
    case JetId::kDiv:
      return b == 0 ? 0 : a / b;
    case JetId::kMod:
      return b == 0 ? a : a % b;
    case JetId::kPow:
      return power(a, b);
    case JetId::kLsh:
      return shift_left(a, std::min(b, kNatBits));
    case JetId::kRsh:
      return b < kNatBits ? a >> b : 0;
    case JetId::kCon:
      return a & b;
    case JetId::kDis:
      return a | b;
    case JetId::kMix:
      return a ^ b;
    case JetId::kBix:
    case JetId::kTestBit:
      return a < kNatBits ? (b >> a) & 1 : 0;
    case JetId::kTrunc:
      return a < kNatBits ? b & ((uint64_t{1} << a) - 1) : b;
    default:
      return std::nullopt;
  }
}

/// -1, 0, 1 if the shapes tell.
std::optional<int> compare(const Shape& a, const Shape& b) {
  if (!a.is_known() || !b.is_known()) return std::nullopt;
  if (a.is_nat() != b.is_nat()) return a.is_nat() ? -1 : 1;
  if (!a.is_constant() || !b.is_constant()) return std::nullopt;
  return compare_constants(a.value(), b.value());
}

Nat fold_comparison(JetId jet, int order) {
  switch (jet) {
    case JetId::kCmp:
      return static_cast<uint64_t>(order + 1);
    case JetId::kEql:
      return bit(order == 0);
    case JetId::kNeq:
      return bit(order != 0);
    case JetId::kLth:
      return bit(order < 0);
    case JetId::kLte:
      return bit(order <= 0);
    case JetId::kGth:
      return bit(order > 0);
    case JetId::kGte:
      return bit(order >= 0);
    default:
      return std::nullopt;
  }
}

/// Both are known; those jets that need only one are not here.
Nat fold_truth(JetId jet, bool a, bool b) {
  switch (jet) {
    case JetId::kXor:
      return bit(a != b);
    case JetId::kXnor:
      return bit(a == b);
    case JetId::kNand:
      return bit(!(a && b));
    case JetId::kNor:
      return bit(!(a || b));
    default:
      return std::nullopt;
  }
}

Nat fold_binary(JetId jet, const Shape& a, const Shape& b) {
  if (const std::optional<int> order = compare(a, b)) {
    if (const Nat n = fold_comparison(jet, *order)) return n;
  }
  // These look at one operand first and perhaps not at the other.
  if (jet == JetId::kMul && b.is_known() && !b.is_true()) return 0;
  if (jet == JetId::kPow && b.is_known() && !b.is_true()) return 1;
  if (jet == JetId::kLsh && a.is_known() && !a.is_true()) return 0;
  if (!a.is_known() || !b.is_known()) return std::nullopt;
  if (const Nat n = fold_truth(jet, a.is_true(), b.is_true())) return n;
  const Nat x = cast(a);
  const Nat y = cast(b);
  return x && y ? fold_arithmetic(jet, *x, *y) : std::nullopt;
}

}  // namespace

bool Shape::is_row() const {
  return kind_ == Kind::kRow || (is_constant() && plan::is_row(value_));
}

bool Shape::is_closure() const {
  return kind_ == Kind::kClosure || (is_constant() && plan::is_closure(value_));
}

uint64_t Shape::size() const {
  if (!is_constant()) return size_;
  if (plan::is_row(value_)) return row_size(value_);
  if (plan::is_closure(value_)) return closure_size(value_);
  return is_tab(value_) ? 1 : 0;
}

Value Shape::constant_argument(uint64_t i) const {
  PLAN_ASSERT(i < size());
  if (plan::is_row(value_)) return row_at(value_, i);
  if (is_tab(value_)) return deref(tab_values(value_));
  return closure_arg(value_, size() - 1 - i);
}

std::optional<int> compare_constants(Value a, Value b) {
  const LazyComparison c = compare_lazy(a, b, kCompareStepsMax);
  if (c.status != LazyComparison::kDecided) return std::nullopt;
  return c.order;
}

std::optional<uint64_t> fold_increment(const Shape& arg) {
  const Nat n = cast(arg);
  return n ? immediate(*n + 1) : std::nullopt;
}

std::optional<uint64_t> fold_jet(JetId jet, std::span<const Shape> args) {
  if (args.size() == 2) return fold_binary(jet, args[0], args[1]);
  if (args.size() != 1 || !args[0].is_known()) return std::nullopt;
  if (const Nat n = fold_question(jet, args[0])) return n;
  return fold_unary_nat(jet, args[0]);
}

bool gives_bit(JetId jet) {
  switch (jet) {
    case JetId::kIsPin:
    case JetId::kIsLaw:
    case JetId::kIsApp:
    case JetId::kIsNat:
    case JetId::kIsRow:
    case JetId::kNull:
    case JetId::kEqz:
    case JetId::kNot:
    case JetId::kBit:
    case JetId::kAnd:
    case JetId::kOr:
    case JetId::kXor:
    case JetId::kXnor:
    case JetId::kNand:
    case JetId::kNor:
    case JetId::kEql:
    case JetId::kNeq:
    case JetId::kLth:
    case JetId::kLte:
    case JetId::kGth:
    case JetId::kGte:
      return true;
    default:
      return false;
  }
}

}  // namespace plan::vm
