// value/nat_long.cc: multiplication, division and powers that can be stopped.
//
// Up to kMultiplyBase and kDivideBase limbs GMP does the work in one call (some 20 ms). Above:
//   multiply   one level of Schönhage and Strassen (1971): operands are polynomials over the ring
//              of integers modulo F = 2^(64 n) + 1, whose roots of unity are powers of two; GMP
//              multiplies the values at the roots, n limbs each. About twice GMP's own time.
//   divide     Burnikel and Ziegler (1998), blocks of two halves down to kDivideBase.
#include "base/check.h"
#include "value/nat.h"

#include <gmp.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>
#include <vector>

namespace plan::nat {
namespace {

constexpr size_t kMultiplyBase = size_t{1} << 16;
constexpr size_t kDivideBase = size_t{1} << 15;
constexpr size_t kRingLimbs = 4096;  ///< wanted size of ring elements

using Buffer = std::unique_ptr<uint64_t[]>;
Buffer make_buffer(size_t limbs) {
  return Buffer(new uint64_t[limbs]);
}
mp_size_t gmp_size(size_t n) {
  return static_cast<mp_size_t>(n);
}

// --- The ring modulo F = 2^(64 n) + 1. An element is n limbs and a top limb; it is < F, so the top
// limb is 1 only for 2^(64 n) itself, which is -1.

/// Makes an element of the n low limbs of `r` plus top * F - top, which is low + top * 2^(64 n).
void ring_settle(uint64_t* r, size_t n, int64_t top) {
  r[n] = 0;
  if (top > 0) {
    const uint64_t borrow = mpn_sub_1(r, r, gmp_size(n), static_cast<uint64_t>(top));
    if (borrow != 0) r[n] = mpn_add_1(r, r, gmp_size(n), 1);
  } else if (top < 0) {
    r[n] = mpn_add_1(r, r, gmp_size(n), static_cast<uint64_t>(-top));
    if (r[n] != 0 && r[0] != 0) {  // F itself: -top <= 2, so what is above 2^(64 n) is at most 1
      r[0] = 0;
      r[n] = 0;
    }
  }
}

void ring_add(uint64_t* r, const uint64_t* a, const uint64_t* b, size_t n) {
  const uint64_t carry = mpn_add_n(r, a, b, gmp_size(n));
  const uint64_t top = a[n] + b[n] + carry;
  ring_settle(r, n, static_cast<int64_t>(top));
}

void ring_subtract(uint64_t* r, const uint64_t* a, const uint64_t* b, size_t n) {
  const uint64_t borrow = mpn_sub_n(r, a, b, gmp_size(n));
  const int64_t top =
      static_cast<int64_t>(a[n]) - static_cast<int64_t>(b[n]) - static_cast<int64_t>(borrow);
  ring_settle(r, n, top);
}

void ring_negate(uint64_t* r, size_t n) {
  if (r[n] != 0) {  // -1
    r[n] = 0;
    r[0] = 1;
    return;
  }
  mpn_com(r, r, gmp_size(n));
  ring_settle(r, n, -2);  // (2^(64 n) - 1 - r) + 2
}

/// r = a * 2^e; e < 128 n; `high` has space for n limbs; no overlap.
void ring_shift(uint64_t* r, const uint64_t* a, uint64_t e, size_t n, uint64_t* high) {
  const bool negate = e >= 64 * n;
  if (negate) e -= 64 * n;
  const size_t limbs = e / 64;
  const unsigned bits = static_cast<unsigned>(e % 64);
  // a * 2^e = low + high * 2^(64 n) is low - high; `high` has limbs + 1 limbs.
  const size_t kept = n - limbs;
  if (bits == 0) {
    std::copy_n(a, kept, r + limbs);
    std::copy_n(a + kept, limbs + 1, high);
  } else {
    const uint64_t carry = mpn_lshift(r + limbs, a, gmp_size(kept), bits);
    mpn_lshift(high, a + kept, gmp_size(limbs + 1), bits);
    high[0] |= carry;
  }
  std::fill_n(r, limbs, uint64_t{0});
  const uint64_t borrow = mpn_sub(r, r, gmp_size(n), high, gmp_size(limbs + 1));
  ring_settle(r, n, -static_cast<int64_t>(borrow));
  if (negate) ring_negate(r, n);
}

/// a *= b; `product` has space for 2 n limbs.
void ring_multiply(uint64_t* a, const uint64_t* b, size_t n, uint64_t* product) {
  if (a[n] != 0) {
    std::copy_n(b, n + 1, a);
    ring_negate(a, n);
    return;
  }
  if (b[n] != 0) {
    ring_negate(a, n);
    return;
  }
  if (a == b) {
    mpn_sqr(product, a, gmp_size(n));
  } else {
    mpn_mul_n(product, a, b, gmp_size(n));
  }
  const uint64_t borrow = mpn_sub_n(a, product, product + n, gmp_size(n));
  ring_settle(a, n, -static_cast<int64_t>(borrow));
}

/// Polynomial of `count` coefficients in the ring, with two spare elements.
struct Polynomial {
  size_t n;
  Buffer space;
  std::vector<uint64_t*> at;  // count, then the two spares
  Polynomial(size_t ring_limbs, size_t count)
      : n(ring_limbs), space(make_buffer((count + 2) * (ring_limbs + 1))), at(count + 2) {
    for (size_t i = 0; i < at.size(); ++i) at[i] = space.get() + i * (n + 1);
  }
  size_t count() const { return at.size() - 2; }
  uint64_t*& spare() { return at[count()]; }
  uint64_t* high() { return at[count() + 1]; }
};

/// Coefficients of `piece` limbs each.
void split(Polynomial& p, Limbs a, size_t piece) {
  for (size_t i = 0; i < p.count(); ++i) {
    const size_t begin = std::min(i * piece, a.size());
    const size_t size = std::min(piece, a.size() - begin);
    std::copy_n(a.data() + begin, size, p.at[i]);
    std::fill(p.at[i] + size, p.at[i] + p.n + 1, uint64_t{0});
  }
}

/// Values at all roots of unity, in bit-reversed order (decimation in frequency).
bool transform(Polynomial& p, Interrupt interrupt) {
  Buffer difference = make_buffer(p.n + 1);
  for (size_t length = p.count(); length > 1; length /= 2) {
    const size_t half = length / 2;
    const uint64_t step = 128 * p.n / length;
    for (size_t i = 0; i < p.count(); ++i) {
      const size_t j = i % length;
      if (j >= half) continue;
      if (is_interrupted(interrupt)) return false;
      uint64_t*& u = p.at[i];
      uint64_t*& v = p.at[i + half];
      ring_subtract(difference.get(), u, v, p.n);
      ring_add(u, u, v, p.n);
      ring_shift(v, difference.get(), step * j, p.n, p.high());
    }
  }
  return true;
}

/// Inverse of transform, except for the factor count().
bool transform_back(Polynomial& p, Interrupt interrupt) {
  for (size_t length = 2; length <= p.count(); length *= 2) {
    const size_t half = length / 2;
    const uint64_t step = 128 * p.n / length;
    for (size_t i = 0; i < p.count(); ++i) {
      const size_t j = i % length;
      if (j >= half) continue;
      if (is_interrupted(interrupt)) return false;
      uint64_t*& u = p.at[i];
      uint64_t*& v = p.at[i + half];
      ring_shift(p.spare(), v, j == 0 ? 0 : 128 * p.n - step * j, p.n, p.high());
      ring_subtract(v, u, p.spare(), p.n);
      ring_add(u, u, p.spare(), p.n);
    }
  }
  return true;
}

struct Shape {
  size_t count;  ///< coefficients, a power of two
  size_t piece;  ///< limbs of an operand in each
  size_t ring;   ///< n
};

Shape choose_shape(size_t a_limbs, size_t b_limbs) {
  const size_t total = a_limbs + b_limbs;
  const size_t count = std::bit_ceil(std::max<size_t>(total / (kRingLimbs / 2), 4));
  // One coefficient more than total / piece can be needed, because both operands round up.
  const size_t piece = total / (count - 1) + 1;
  const size_t bits = 128 * piece + static_cast<size_t>(std::countr_zero(count)) + 1;
  const size_t unit = std::max<size_t>(count / 128, 1);  // roots need count | 128 n
  const size_t ring = (bits / 64 + 1 + unit - 1) / unit * unit;
  return {count, piece, ring};
}

/// Schönhage and Strassen, one level.
bool multiply_by_transform(uint64_t* r, Limbs a, Limbs b, Interrupt interrupt) {
  const Shape shape = choose_shape(a.size(), b.size());
  const bool square = a.data() == b.data() && a.size() == b.size();
  Polynomial p(shape.ring, shape.count);
  split(p, a, shape.piece);
  if (!transform(p, interrupt)) return false;
  {
    Buffer product = make_buffer(2 * shape.ring);
    Polynomial other(shape.ring, square ? 0 : shape.count);
    if (!square) {
      split(other, b, shape.piece);
      if (!transform(other, interrupt)) return false;
    }
    for (size_t i = 0; i < shape.count; ++i) {
      if (is_interrupted(interrupt)) return false;
      ring_multiply(p.at[i], square ? p.at[i] : other.at[i], shape.ring, product.get());
    }
  }
  if (!transform_back(p, interrupt)) return false;
  const size_t total = a.size() + b.size();
  std::fill_n(r, total, uint64_t{0});
  const uint64_t divide_by_count =
      128 * shape.ring - static_cast<uint64_t>(std::countr_zero(shape.count));
  for (size_t i = 0; i < shape.count && i * shape.piece < total; ++i) {
    if (is_interrupted(interrupt)) return false;
    ring_shift(p.spare(), p.at[i], divide_by_count, shape.ring, p.high());
    const size_t size = trimmed(p.spare(), shape.ring + 1);
    const size_t begin = i * shape.piece;
    if (size == 0) continue;
    PLAN_CHECK(size <= total - begin);
    mpn_add(r + begin, r + begin, gmp_size(total - begin), p.spare(), gmp_size(size));
  }
  return true;
}

/// b is short: multiplies slice by slice of a.
bool multiply_by_slices(uint64_t* r, Limbs a, Limbs b, Interrupt interrupt) {
  Buffer product = make_buffer(kMultiplyBase + b.size());
  std::fill_n(r, a.size() + b.size(), uint64_t{0});
  for (size_t begin = 0; begin < a.size(); begin += kMultiplyBase) {
    if (is_interrupted(interrupt)) return false;
    const size_t size = std::min(kMultiplyBase, a.size() - begin);
    if (size >= b.size()) {
      mpn_mul(product.get(), a.data() + begin, gmp_size(size), b.data(), gmp_size(b.size()));
    } else {
      mpn_mul(product.get(), b.data(), gmp_size(b.size()), a.data() + begin, gmp_size(size));
    }
    mpn_add(r + begin, r + begin, gmp_size(a.size() + b.size() - begin), product.get(),
            gmp_size(size + b.size()));
  }
  return true;
}

}  // namespace

std::optional<size_t> multiply(uint64_t* r, Limbs a, Limbs b, Interrupt interrupt) {
  if (a.size() < b.size()) std::swap(a, b);
  if (b.empty()) return 0;
  if (a.size() <= kMultiplyBase) {
    if (a.data() == b.data() && a.size() == b.size()) {
      mpn_sqr(r, a.data(), gmp_size(a.size()));
    } else {
      mpn_mul(r, a.data(), gmp_size(a.size()), b.data(), gmp_size(b.size()));
    }
  } else if (b.size() <= kMultiplyBase) {
    if (!multiply_by_slices(r, a, b, interrupt)) return std::nullopt;
  } else {
    if (!multiply_by_transform(r, a, b, interrupt)) return std::nullopt;
  }
  return trimmed(r, a.size() + b.size());
}

namespace {

bool divide_3_by_2(uint64_t* q, uint64_t* a, const uint64_t* b, size_t half, Interrupt interrupt);

/// Divides the 2 n limbs at `a` by the n limbs at `b`, whose top bit is set; the upper half of `a`
/// is less than `b`. The remainder replaces the lower half of `a`, zeros the upper.
bool divide_2_by_1(uint64_t* q, uint64_t* a, const uint64_t* b, size_t n, Interrupt interrupt) {
  if (is_interrupted(interrupt)) return false;
  if (n <= kDivideBase || n % 2 != 0) {
    Buffer quotient = make_buffer(n + 1);
    Buffer remainder = make_buffer(n);
    mpn_tdiv_qr(quotient.get(), remainder.get(), 0, a, gmp_size(2 * n), b, gmp_size(n));
    std::copy_n(quotient.get(), n, q);
    std::copy_n(remainder.get(), n, a);
    std::fill_n(a + n, n, uint64_t{0});
    return true;
  }
  const size_t half = n / 2;
  return divide_3_by_2(q + half, a + half, b, half, interrupt) &&
         divide_3_by_2(q, a, b, half, interrupt);
}

/// Same for the 3 half limbs at `a` and the 2 half limbs at `b`; `half` limbs of quotient.
bool divide_3_by_2(uint64_t* q, uint64_t* a, const uint64_t* b, size_t half, Interrupt interrupt) {
  const mp_size_t size = gmp_size(half);
  if (mpn_cmp(a + 2 * half, b + half, size) < 0) {
    if (!divide_2_by_1(q, a + half, b + half, half, interrupt)) return false;
  } else {
    // The quotient's estimate does not fit: take the largest, q = B - 1 with B = 2^(64 half).
    std::fill_n(q, half, ~uint64_t{0});
    mpn_sub_n(a + 2 * half, a + 2 * half, b + half, size);
    a[2 * half] += mpn_add_n(a + half, a + half, b + half, size);
  }
  Buffer product = make_buffer(2 * half);
  const Limbs low_b = trimmed(Limbs(b, half));
  const Limbs quotient = trimmed(Limbs(q, half));
  const std::optional<size_t> used = multiply(product.get(), quotient, low_b, interrupt);
  if (!used.has_value()) return false;
  if (*used == 0) return true;
  // a -= q * low b, at most two corrections. Above 2 half limbs there is at most the value 1.
  int64_t top = static_cast<int64_t>(a[2 * half]);
  top -= static_cast<int64_t>(mpn_sub(a, a, gmp_size(2 * half), product.get(), gmp_size(*used)));
  while (top < 0) {
    mpn_sub_1(q, q, size, 1);
    top += static_cast<int64_t>(mpn_add_n(a, a, b, gmp_size(2 * half)));
  }
  a[2 * half] = static_cast<uint64_t>(top);
  return true;
}

/// Divisor up to kDivideBase limbs: block by block from the top.
bool divide_by_short(uint64_t* q, uint64_t* r, Limbs a, Limbs b, Interrupt interrupt) {
  const size_t block = kDivideBase;
  Buffer dividend = make_buffer(b.size() + block);
  Buffer quotient = make_buffer(block + 1);
  std::fill_n(r, b.size(), uint64_t{0});
  size_t end = a.size();
  while (end > 0) {
    if (is_interrupted(interrupt)) return false;
    const size_t size = end % block == 0 ? block : end % block;
    end -= size;
    std::copy_n(a.data() + end, size, dividend.get());
    std::copy_n(r, b.size(), dividend.get() + size);
    mpn_tdiv_qr(quotient.get(), r, 0, dividend.get(), gmp_size(b.size() + size), b.data(),
                gmp_size(b.size()));
    for (size_t i = 0; i < size; ++i) {
      if (end + i < a.size() - b.size() + 1) q[end + i] = quotient[i];
    }
  }
  return true;
}

/// Divisor above kDivideBase limbs.
bool divide_by_long(uint64_t* q, uint64_t* r, Limbs a, Limbs b, Interrupt interrupt) {
  size_t base = b.size();
  size_t pieces = 1;
  while (base > kDivideBase) {
    base = (base + 1) / 2;
    pieces *= 2;
  }
  const size_t n = base * pieces;
  const uint64_t shift = 64 * n - bit_length(b);
  Buffer divisor = make_buffer(n);
  PLAN_CHECK(shift_left(divisor.get(), b, shift) == n);
  const size_t blocks = (shift_left_size(a, shift) + 1 + n - 1) / n;  // top bit of the top is clear
  Buffer dividend = make_buffer((blocks + 1) * n);
  const size_t used = shift_left(dividend.get(), a, shift);
  std::fill(dividend.get() + used, dividend.get() + (blocks + 1) * n, uint64_t{0});
  Buffer quotient = make_buffer(n);
  const size_t q_limbs = a.size() - b.size() + 1;
  for (size_t i = blocks; i-- > 0;) {
    if (!divide_2_by_1(quotient.get(), dividend.get() + i * n, divisor.get(), n, interrupt)) {
      return false;
    }
    for (size_t k = 0; k < n && i * n + k < q_limbs; ++k) q[i * n + k] = quotient[k];
  }
  const size_t size = shift_right(r, trimmed(Limbs(dividend.get(), n)), shift);
  std::fill(r + size, r + b.size(), uint64_t{0});
  return true;
}

}  // namespace

std::optional<DivideSizes> divide(uint64_t* q, uint64_t* r, Limbs a, Limbs b, Interrupt interrupt) {
  PLAN_ASSERT(!b.empty());
  if (compare(a, b) < 0) {
    std::copy(a.begin(), a.end(), r);
    return DivideSizes{0, a.size()};
  }
  const size_t q_limbs = a.size() - b.size() + 1;
  if (a.size() <= 2 * kDivideBase) {
    mpn_tdiv_qr(q, r, 0, a.data(), gmp_size(a.size()), b.data(), gmp_size(b.size()));
  } else if (b.size() <= kDivideBase) {
    if (!divide_by_short(q, r, a, b, interrupt)) return std::nullopt;
  } else {
    if (!divide_by_long(q, r, a, b, interrupt)) return std::nullopt;
  }
  return DivideSizes{trimmed(q, q_limbs), trimmed(r, b.size())};
}

uint64_t power_size(Limbs a, uint64_t exponent) {
  const unsigned __int128 bits = static_cast<unsigned __int128>(bit_length(a)) * exponent;
  const unsigned __int128 limbs = bits / 64 + 2;
  constexpr uint64_t kMost = uint64_t{1} << 63;
  return limbs > kMost ? kMost : static_cast<uint64_t>(limbs);
}

std::optional<size_t> power(uint64_t* r, Limbs a, uint64_t exponent, Interrupt interrupt) {
  if (exponent == 0) {
    r[0] = 1;
    return 1;
  }
  // From the exponent's top bit down: square, and multiply where the bit is set.
  std::vector<uint64_t> value(a.begin(), a.end());
  std::vector<uint64_t> next;
  for (int bit = 62 - std::countl_zero(exponent); bit >= 0; --bit) {
    next.resize(2 * value.size());
    std::optional<size_t> size = multiply(next.data(), value, value, interrupt);
    if (!size.has_value()) return std::nullopt;
    next.resize(*size);
    value.swap(next);
    if (((exponent >> bit) & 1) == 0) continue;
    next.resize(value.size() + a.size());
    size = multiply(next.data(), value, a, interrupt);
    if (!size.has_value()) return std::nullopt;
    next.resize(*size);
    value.swap(next);
  }
  std::copy(value.begin(), value.end(), r);
  return value.size();
}

}  // namespace plan::nat
