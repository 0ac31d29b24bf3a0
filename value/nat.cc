// value/nat.cc: the parts of natural arithmetic that take time in proportion to their operands.
// Multiplication and division are in value/nat_long.cc.
#include "value/nat.h"

#include <gmp.h>

#include <algorithm>
#include <bit>
#include <utility>

namespace plan::nat {

static_assert(sizeof(mp_limb_t) == 8 && GMP_NAIL_BITS == 0);

int compare(Limbs a, Limbs b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  if (a.empty()) return 0;
  const int c = mpn_cmp(a.data(), b.data(), static_cast<mp_size_t>(a.size()));
  return c < 0 ? -1 : (c > 0 ? 1 : 0);
}

uint64_t bit_length(Limbs a) {
  if (a.empty()) return 0;
  return 64 * a.size() - static_cast<uint64_t>(std::countl_zero(a.back()));
}

uint64_t popcount(Limbs a) {
  return a.empty() ? 0 : mpn_popcount(a.data(), static_cast<mp_size_t>(a.size()));
}

bool test_bit(Limbs a, uint64_t index) {
  return index / 64 < a.size() && ((a[index / 64] >> (index % 64)) & 1) != 0;
}

bool is_power_of_two(Limbs a) {
  if (a.empty() || !std::has_single_bit(a.back())) return false;
  return std::all_of(a.begin(), a.end() - 1, [](uint64_t limb) { return limb == 0; });
}

size_t add(uint64_t* r, Limbs a, Limbs b) {
  if (a.size() < b.size()) std::swap(a, b);
  if (b.empty()) {
    std::copy(a.begin(), a.end(), r);
    return a.size();
  }
  const uint64_t carry = mpn_add(r, a.data(), static_cast<mp_size_t>(a.size()), b.data(),
                                 static_cast<mp_size_t>(b.size()));
  if (carry == 0) return a.size();
  r[a.size()] = carry;
  return a.size() + 1;
}

size_t subtract(uint64_t* r, Limbs a, Limbs b) {
  if (compare(a, b) <= 0) return 0;
  if (b.empty()) {
    std::copy(a.begin(), a.end(), r);
    return a.size();
  }
  mpn_sub(r, a.data(), static_cast<mp_size_t>(a.size()), b.data(),
          static_cast<mp_size_t>(b.size()));
  return trimmed(r, a.size());
}

size_t bit_and(uint64_t* r, Limbs a, Limbs b) {
  const size_t size = std::min(a.size(), b.size());
  for (size_t i = 0; i < size; ++i) r[i] = a[i] & b[i];
  return trimmed(r, size);
}

size_t bit_or(uint64_t* r, Limbs a, Limbs b) {
  if (a.size() < b.size()) std::swap(a, b);
  for (size_t i = 0; i < b.size(); ++i) r[i] = a[i] | b[i];
  std::copy(a.begin() + static_cast<ptrdiff_t>(b.size()), a.end(), r + b.size());
  return a.size();
}

size_t bit_xor(uint64_t* r, Limbs a, Limbs b) {
  if (a.size() < b.size()) std::swap(a, b);
  for (size_t i = 0; i < b.size(); ++i) r[i] = a[i] ^ b[i];
  std::copy(a.begin() + static_cast<ptrdiff_t>(b.size()), a.end(), r + b.size());
  return trimmed(r, a.size());
}

uint64_t shift_left_size(Limbs a, uint64_t count) {
  const uint64_t spare = static_cast<uint64_t>(std::countl_zero(a.back()));
  return a.size() + count / 64 + (count % 64 > spare ? 1 : 0);
}

size_t shift_left(uint64_t* r, Limbs a, uint64_t count) {
  const size_t skip = count / 64;
  std::fill(r, r + skip, uint64_t{0});
  if (count % 64 == 0) {
    std::copy(a.begin(), a.end(), r + skip);
    return skip + a.size();
  }
  const uint64_t carry = mpn_lshift(r + skip, a.data(), static_cast<mp_size_t>(a.size()),
                                    static_cast<unsigned>(count % 64));
  if (carry == 0) return skip + a.size();
  r[skip + a.size()] = carry;
  return skip + a.size() + 1;
}

size_t shift_right(uint64_t* r, Limbs a, uint64_t count) {
  const uint64_t skip = count / 64;
  if (skip >= a.size()) return 0;
  const Limbs kept = a.subspan(skip);
  if (count % 64 == 0) {
    std::copy(kept.begin(), kept.end(), r);
  } else {
    mpn_rshift(r, kept.data(), static_cast<mp_size_t>(kept.size()),
               static_cast<unsigned>(count % 64));
  }
  return trimmed(r, kept.size());
}

size_t low_bits(uint64_t* r, Limbs a, uint64_t count) {
  const uint64_t whole = count / 64;
  if (whole >= a.size()) {
    if (r != a.data()) std::copy(a.begin(), a.end(), r);
    return a.size();
  }
  if (r != a.data()) std::copy_n(a.begin(), whole, r);
  if (count % 64 == 0) return trimmed(r, whole);
  r[whole] = a[whole] & ((uint64_t{1} << (count % 64)) - 1);
  return trimmed(r, whole + 1);
}

}  // namespace plan::nat
