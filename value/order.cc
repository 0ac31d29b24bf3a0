// value/order.cc: one comparison machine for all of value/order.h.
#include "value/order.h"

#include "base/check.h"
#include "value/nat.h"
#include "value/object.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <vector>

namespace plan {
namespace {

constexpr uint64_t kUnlimitedSteps = std::numeric_limits<uint64_t>::max();

int three_way(uint64_t a, uint64_t b) {
  return a < b ? -1 : (a > b ? 1 : 0);
}

int compare_nats(Value a, Value b) {
  if (a.is_small() && b.is_small()) return three_way(a.small(), b.small());
  uint64_t scratch_a = 0;
  uint64_t scratch_b = 0;
  return nat::compare(nat_limbs(a, scratch_a), nat_limbs(b, scratch_b));
}

/// Compares n + 1 with m.
int compare_successor(Value n, Value m) {
  uint64_t scratch_n = 0;
  uint64_t scratch_m = 0;
  const nat::Limbs limbs = nat_limbs(n, scratch_n);
  const uint64_t one = 1;
  std::vector<uint64_t> next(limbs.size() + 1);
  const size_t size = nat::add(next.data(), limbs, nat::Limbs(&one, 1));
  return nat::compare(nat::Limbs(next.data(), size), nat_limbs(m, scratch_m));
}

/// Bars of equal length are zero-padded to words, so they compare as limbs do.
int compare_bars(Value a, Value b) {
  const uint64_t bytes = a.object()->length();
  if (bytes != b.object()->length()) return three_way(bytes, b.object()->length());
  for (uint64_t i = words_of_bytes(bytes); i-- > 0;) {
    const uint64_t x = a.object()->payload[i];
    const uint64_t y = b.object()->payload[i];
    if (x != y) return x < y ? -1 : 1;
  }
  return 0;
}

/// Number of arguments an application has; 0 for laws.
uint64_t width(Value v) {
  switch (v.object()->kind()) {
    case Kind::kRow:
      return row_size(v);
    case Kind::kTab:
      return 1;
    case Kind::kClosure:
      return closure_size(v);
    default:
      return 0;
  }
}

/// Argument `i` in application order.
Value argument(Value v, uint64_t i) {
  switch (v.object()->kind()) {
    case Kind::kRow:
      return row_at(v, row_size(v) - 1 - i);
    case Kind::kTab:
      return tab_values(v);
    default:
      return closure_arg(v, i);
  }
}

bool is_cow_or_empty_row(Value law) {
  return is_cow(law) || is_row(law);
}
/// Width of the rows that a cow, or the empty row as cow 0, builds.
Value cow_or_zero(Value law) {
  return is_cow(law) ? cow_size(law) : small_nat(0);
}

Value name_of(Value law) {
  if (is_law(law)) return law_name(law);
  return small_nat(is_cow_or_empty_row(law) ? 0 : 1);
}

/// Compares the arities of two laws of any representation.
int compare_arities(Value a, Value b) {
  if (is_cow_or_empty_row(a)) {
    if (is_cow_or_empty_row(b)) return compare_nats(cow_or_zero(a), cow_or_zero(b));
    if (is_law(b)) return compare_successor(cow_or_zero(a), law_args(b));
    return compare_successor(cow_or_zero(a), small_nat(is_bar(b) ? 1 : 2));
  }
  if (is_cow_or_empty_row(b)) return -compare_arities(b, a);
  const auto arity = [](Value v) { return is_law(v) ? law_args(v) : small_nat(is_bar(v) ? 1 : 2); };
  return compare_nats(arity(a), arity(b));
}

/// Compares the body of a bar, a nat never built, with that of a plain law with the same name and
/// arity. A nat of the same bit length would have made that law a bar, so they are not equal.
int compare_bar_body(Value bar, Value body) {
  if (!body.is_nat()) return -1;
  uint64_t scratch = 0;
  return three_way(8 * bar.object()->length() + 1, nat::bit_length(nat_limbs(body, scratch)));
}

/// A row against a closure with as many arguments: the heads decide, because a closure headed by
/// the row's cow would be a row.
int compare_cow_head(uint64_t cow, Value head) {
  if (head.is_nat() || is_pin(head)) return 1;
  if (is_cow(head)) return compare_nats(small_nat(cow), cow_size(head));
  if (!is_law(head) || law_name(head) != small_nat(0)) return -1;
  const int order = compare_successor(small_nat(cow), law_args(head));
  return order != 0 ? order : -1;  // its body is not 0
}

/// Pairs of applications that were met before, so that values which share their parts are compared
/// in about the time it takes to look at each part once, not at each occurrence.
///
/// That a pair was met is enough to skip it: if its parts differ, then they decide the comparison
/// where it was met first. A pair cannot be met below itself, as normal forms have no cycles.
///
/// The table has a fixed size and forgets: a pair that is compared again costs time only. Long
/// lists share nothing, so the table is left alone while it does not pay.
class MetPairs {
 public:
  /// Was the pair met, as far as is known? It is from now on.
  bool meet(Value a, Value b) {
    if (++met_ < next_attempt_) return false;
    if (pairs_.empty()) pairs_.resize(kPairs);
    Pair& pair = pairs_[(a.word * kMultiplier ^ b.word) * kMultiplier >> kShift];
    const bool is_known = pair.a == a.word && pair.b == b.word;
    pair = {a.word, b.word};
    if (is_known) hits_++;
    if (++probes_ == kProbes) {
      if (hits_ < kProbes / kHitsPerProbe) next_attempt_ = met_ + kPause;
      probes_ = 0;
      hits_ = 0;
    }
    return is_known;
  }

 private:
  static constexpr uint64_t kFirstAttempt = 1 << 12;  ///< most comparisons are shorter
  static constexpr uint64_t kLogPairs = 18;
  static constexpr uint64_t kPairs = uint64_t{1} << kLogPairs;
  static constexpr uint64_t kShift = 64 - kLogPairs;
  static constexpr uint64_t kMultiplier = 0x9e3779b97f4a7c15;  // 2^64 by the golden ratio
  static constexpr uint64_t kProbes = 1 << 18;
  static constexpr uint64_t kHitsPerProbe = 16;
  static constexpr uint64_t kPause = 1 << 24;

  struct Pair {
    Word a = 0;
    Word b = 0;
  };
  std::vector<Pair> pairs_;
  uint64_t met_ = 0;
  uint64_t next_attempt_ = kFirstAttempt;
  uint64_t probes_ = 0;
  uint64_t hits_ = 0;
};

/// Arguments of `a` and `b` still to be compared.
struct Frame {
  Value a;
  Value b;
  uint64_t next;
  uint64_t end;
};

class Comparer {
 public:
  Comparer(PinMatcher pins, bool equality, uint64_t steps)
      : pins_(pins), equality_(equality), steps_(steps) {}

  LazyComparison run(Value a, Value b) {
    LazyComparison result;
    for (;;) {
      const Step step = compare_tops(a, b, result);
      if (step == Step::kStop) return result;
      if (step == Step::kDescend) {
        a = next_a_;
        b = next_b_;
        continue;
      }
      if (frames_.empty()) return result;  // equal so far, nothing left
      Frame& frame = frames_.back();
      a = argument(frame.a, frame.next);
      b = argument(frame.b, frame.next);
      if (++frame.next == frame.end) frames_.pop_back();
    }
  }

 private:
  enum class Step : uint8_t { kEqual, kDescend, kStop };

  static Step decide(int order, LazyComparison& result) {
    result.order = order;
    return order == 0 ? Step::kEqual : Step::kStop;
  }

  Step descend(Value a, Value b) {
    next_a_ = a;
    next_b_ = b;
    return Step::kDescend;
  }

  void push_arguments(Value a, Value b, uint64_t count) { frames_.push_back({a, b, 0, count}); }

  /// Compares as much as can be done without looking into parts.
  Step compare_tops(Value a, Value b, LazyComparison& result) {
    a = deref(a);
    b = deref(b);
    if (a.is_small() && b.is_small()) return decide(three_way(a.small(), b.small()), result);
    for (const Value v : {a, b}) {
      if (!v.is_thunk()) continue;
      result.status = LazyComparison::kBlocked;
      result.thunk = v;
      return Step::kStop;
    }
    if (steps_-- == 0) {
      result.status = LazyComparison::kGaveUp;
      return Step::kStop;
    }
    if (a == b && (a.object()->is_normal() || is_pin(a) || is_law(a))) return Step::kEqual;
    if (a.is_nat() || b.is_nat()) {
      if (a.is_nat() && b.is_nat()) return decide(compare_nats(a, b), result);
      return decide(a.is_nat() ? -1 : 1, result);
    }
    if (is_pin(a) || is_pin(b)) {
      if (!is_pin(a) || !is_pin(b)) return decide(is_pin(a) ? -1 : 1, result);
      return compare_pins(a, b, result);
    }
    const uint64_t width_a = width(a);
    const uint64_t width_b = width(b);
    if (width_a != width_b) return decide(three_way(width_a, width_b), result);
    return width_a == 0 ? compare_laws(a, b, result) : compare_applications(a, b, result);
  }

  Step compare_pins(Value a, Value b, LazyComparison& result) {
    const PinMatch match = pins_ != nullptr ? pins_(a, b) : PinMatch::kUnknown;
    if (match == PinMatch::kSame) return Step::kEqual;
    if (match == PinMatch::kDifferent && equality_) return decide(1, result);
    return descend(pin_item(a), pin_item(b));
  }

  Step compare_laws(Value a, Value b, LazyComparison& result) {
    if (is_bar(a) && is_bar(b)) return decide(compare_bars(a, b), result);
    int order = compare_nats(name_of(a), name_of(b));
    if (order == 0) order = compare_arities(a, b);
    if (order != 0) return decide(order, result);
    if (is_bar(a)) return decide(compare_bar_body(a, law_body(b)), result);
    if (is_bar(b)) return decide(-compare_bar_body(b, law_body(a)), result);
    const auto body = [](Value v) {
      if (is_law(v)) return law_body(v);
      return is_set(v) ? set_keys(v) : small_nat(0);
    };
    return descend(body(a), body(b));
  }

  /// Then both values are normal forms.
  bool steps_are_unlimited() const { return steps_ > kUnlimitedSteps / 2; }

  Step compare_applications(Value a, Value b, LazyComparison& result) {
    const bool row_a = is_row(a);
    const bool row_b = is_row(b);
    if (row_a != row_b) {
      const Value other = row_a ? b : a;
      const Value head = is_tab(other) ? tab_set(other) : closure_head(other);
      const int order = compare_cow_head(row_size(row_a ? a : b), head);
      return decide(row_a ? order : -order, result);
    }
    if (steps_are_unlimited() && met_.meet(a, b)) return Step::kEqual;
    push_arguments(a, b, width(a));
    if (row_a) return Step::kEqual;
    const auto head = [](Value v) { return is_tab(v) ? tab_set(v) : closure_head(v); };
    return descend(head(a), head(b));
  }

  PinMatcher pins_;
  bool equality_;
  uint64_t steps_;
  Value next_a_;
  Value next_b_;
  std::vector<Frame> frames_;
  MetPairs met_;
};

}  // namespace

int compare_normal(Value a, Value b, PinMatcher pins) {
  if (a.is_small() && b.is_small()) return three_way(a.small(), b.small());
  const LazyComparison result = Comparer(pins, false, kUnlimitedSteps).run(a, b);
  PLAN_CHECK(result.status == LazyComparison::kDecided);
  return result.order;
}

bool equal_normal(Value a, Value b, PinMatcher pins) {
  if (a.is_small() && b.is_small()) return a == b;
  const LazyComparison result = Comparer(pins, true, kUnlimitedSteps).run(a, b);
  PLAN_CHECK(result.status == LazyComparison::kDecided);
  return result.order == 0;
}

LazyComparison compare_lazy(Value a, Value b, uint64_t steps, PinMatcher pins) {
  return Comparer(pins, false, steps).run(a, b);
}

}  // namespace plan
