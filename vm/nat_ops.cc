// vm/nat_ops.cc: the arithmetic that needs limbs.
#include "vm/nat_ops.h"

#include "base/check.h"
#include "value/nat.h"

#include <memory>

namespace plan::vm {
namespace {

/// Space for a result of unknown size: a new object of the nursery, cut to size when it is known.
/// Large objects cannot be cut, so large results are made outside and copied.
class NatSpace {
 public:
  NatSpace(gc::Heap& heap, size_t limbs) : heap_(heap), limbs_(std::max<size_t>(limbs, 1)) {
    if (limbs_ > gc::kLargeObjectWords) {
      outside_ = std::unique_ptr<uint64_t[]>(new uint64_t[limbs_]);
    } else {
      object_ = heap.allocate(make_header(Kind::kBig, limbs_) | kFlagNormal, limbs_);
    }
  }

  uint64_t* limbs() { return object_ != nullptr ? object_->payload : outside_.get(); }

  /// The nat of the first `used` limbs. Nothing may have been allocated in between.
  Value finish(size_t used) {
    PLAN_ASSERT(used <= limbs_);
    if (object_ == nullptr) return gc::make_nat(heap_, std::span(outside_.get(), used));
    PLAN_ASSERT(heap_.hp == object_->payload + limbs_);
    if (used == 0 || (used == 1 && object_->payload[0] <= kSmallNatMax)) {
      heap_.hp = &object_->header;
      return small_nat(used == 0 ? 0 : object_->payload[0]);
    }
    object_->header = make_header(Kind::kBig, used) | kFlagNormal;
    heap_.hp = object_->payload + used;
    return tagged(object_, kTagBig);
  }

 private:
  gc::Heap& heap_;
  size_t limbs_;
  Object* object_ = nullptr;
  std::unique_ptr<uint64_t[]> outside_;
};

/// The limbs of a value cast to a nat.
struct Operand {
  uint64_t scratch = 0;
  nat::Limbs limbs;
  explicit Operand(Value v) : limbs(nat_limbs(nat_of(v), scratch)) {}
  Operand(const Operand&) = delete;
  Operand& operator=(const Operand&) = delete;
};

}  // namespace

Value nat_add_slow(gc::Heap& heap, Value a, Value b) {
  const Operand x(a);
  const Operand y(b);
  NatSpace r(heap, std::max(x.limbs.size(), y.limbs.size()) + 1);
  return r.finish(nat::add(r.limbs(), x.limbs, y.limbs));
}

Value nat_sub_slow(gc::Heap& heap, Value a, Value b) {
  const Operand x(a);
  const Operand y(b);
  NatSpace r(heap, x.limbs.size());
  return r.finish(nat::subtract(r.limbs(), x.limbs, y.limbs));
}

Value nat_con_slow(gc::Heap& heap, Value a, Value b) {
  const Operand x(a);
  const Operand y(b);
  NatSpace r(heap, std::min(x.limbs.size(), y.limbs.size()));
  return r.finish(nat::bit_and(r.limbs(), x.limbs, y.limbs));
}

Value nat_dis_slow(gc::Heap& heap, Value a, Value b) {
  const Operand x(a);
  const Operand y(b);
  NatSpace r(heap, std::max(x.limbs.size(), y.limbs.size()));
  return r.finish(nat::bit_or(r.limbs(), x.limbs, y.limbs));
}

Value nat_mix_slow(gc::Heap& heap, Value a, Value b) {
  const Operand x(a);
  const Operand y(b);
  NatSpace r(heap, std::max(x.limbs.size(), y.limbs.size()));
  return r.finish(nat::bit_xor(r.limbs(), x.limbs, y.limbs));
}

Value nat_rsh_slow(gc::Heap& heap, Value v, Value count) {
  const Operand x(v);
  const uint64_t bits = small_or(count, ~uint64_t{0});
  if (bits / 64 >= x.limbs.size()) return small_nat(0);
  NatSpace r(heap, x.limbs.size() - bits / 64);
  return r.finish(nat::shift_right(r.limbs(), x.limbs, bits));
}

Value nat_trunc_slow(gc::Heap& heap, Value v, Value width) {
  const Operand x(v);
  const uint64_t bits = small_or(width, ~uint64_t{0});
  if (bits / 64 >= x.limbs.size()) return nat_of(v);
  NatSpace r(heap, bits / 64 + 1);
  return r.finish(nat::low_bits(r.limbs(), x.limbs, bits));
}

bool nat_test_bit(Value v, Value index) {
  const Operand x(v);
  return nat::test_bit(x.limbs, small_or(index, ~uint64_t{0}));
}

Value nat_met(Value v) {
  const Operand x(v);
  return small_nat(nat::bit_length(x.limbs));
}

Value nat_pop_count(Value v) {
  const Operand x(v);
  return small_nat(nat::popcount(x.limbs));
}

JetResult nat_mul_slow(gc::Heap& heap, Value a, Value b, Interrupt interrupt) {
  const Operand x(a);
  const Operand y(b);
  const size_t space = x.limbs.size() + y.limbs.size();
  if (!heap.fits(8 * space)) return out_of_memory();
  NatSpace r(heap, space);
  const auto used = nat::multiply(r.limbs(), x.limbs, y.limbs, interrupt);
  if (!used.has_value()) return aborted_by_interrupt();
  return done(r.finish(*used));
}

namespace {

/// Quotient or remainder; the other one is thrown away.
JetResult divide(gc::Heap& heap, Value a, Value b, bool want_remainder, Interrupt interrupt) {
  const Operand x(a);
  const Operand y(b);
  const size_t q_space = x.limbs.size() >= y.limbs.size() ? x.limbs.size() - y.limbs.size() + 1 : 1;
  const size_t r_space = std::max(x.limbs.size(), y.limbs.size());
  constexpr size_t kInline = 32;
  uint64_t inline_space[kInline];
  std::unique_ptr<uint64_t[]> outside;
  uint64_t* other = inline_space;
  if ((want_remainder ? q_space : r_space) > kInline) {
    outside = std::unique_ptr<uint64_t[]>(new uint64_t[want_remainder ? q_space : r_space]);
    other = outside.get();
  }
  NatSpace result(heap, want_remainder ? r_space : q_space);
  const auto sizes = want_remainder
                         ? nat::divide(other, result.limbs(), x.limbs, y.limbs, interrupt)
                         : nat::divide(result.limbs(), other, x.limbs, y.limbs, interrupt);
  if (!sizes.has_value()) return aborted_by_interrupt();
  return done(result.finish(want_remainder ? sizes->remainder : sizes->quotient));
}

}  // namespace

JetResult nat_div_slow(gc::Heap& heap, Value a, Value b, Interrupt interrupt) {
  if (!is_true(b) || !is_true(a)) return done(small_nat(0));
  return divide(heap, a, b, false, interrupt);
}

JetResult nat_mod_slow(gc::Heap& heap, Value a, Value b, Interrupt interrupt) {
  if (!is_true(b) || !is_true(a)) return done(nat_of(a));
  if (b.is_small() && std::has_single_bit(b.small())) {
    return done(small_nat(low_word(a) & (b.small() - 1)));
  }
  return divide(heap, a, b, true, interrupt);
}

JetResult nat_lsh(gc::Heap& heap, Value v, Value count) {
  if (!is_true(v)) return done(small_nat(0));
  const uint64_t bits = small_or(count, kSmallNatMax);
  if (v.is_small() && bits < 63 && v.small() >> (63 - bits) == 0) {
    return done(small_nat(v.small() << bits));
  }
  const Operand x(v);
  const uint64_t size = nat::shift_left_size(x.limbs, bits);
  if (!heap.fits(8 * size)) return out_of_memory();
  if (size == 1) return done(gc::make_nat(heap, x.limbs[0] << bits));
  Object* object = heap.allocate(make_header(Kind::kBig, size) | kFlagNormal, size);
  nat::shift_left(object->payload, x.limbs, bits);
  return done(tagged(object, kTagBig));
}

JetResult nat_pow(gc::Heap& heap, Value a, Value exponent, Interrupt interrupt) {
  if (!is_true(exponent)) return done(small_nat(1));
  if (!is_true(a) || a == small_nat(1)) return done(nat_of(a));
  const Operand x(a);
  if (!exponent.is_small()) return out_of_memory();
  if (nat::is_power_of_two(x.limbs)) {
    uint64_t bits = 0;
    if (__builtin_mul_overflow(nat::bit_length(x.limbs) - 1, exponent.small(), &bits) ||
        bits > kSmallNatMax) {
      return out_of_memory();
    }
    return nat_bex(heap, small_nat(bits));
  }
  const uint64_t space = nat::power_size(x.limbs, exponent.small());
  if (space >> 60 != 0 || !heap.fits(8 * space)) return out_of_memory();
  NatSpace r(heap, space);
  const auto used = nat::power(r.limbs(), x.limbs, exponent.small(), interrupt);
  if (!used.has_value()) return aborted_by_interrupt();
  return done(r.finish(*used));
}

}  // namespace plan::vm
