// value/nat_test.cc: limb arithmetic against school arithmetic on 32-bit digits, and long operands
// against GMP and against the laws of arithmetic.
#include "value/nat.h"

#include <gmp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace plan::nat {
namespace {

using Number = std::vector<uint64_t>;
using Digits = std::vector<uint32_t>;  // least significant first, no zero on top

uint64_t seed() {
  const char* text = std::getenv("PLAN_SEED");
  return text == nullptr ? 20241205 : std::strtoull(text, nullptr, 10);
}

Digits digits_of(const Number& a) {
  Digits d;
  for (uint64_t limb : a) {
    d.push_back(static_cast<uint32_t>(limb));
    d.push_back(static_cast<uint32_t>(limb >> 32));
  }
  while (!d.empty() && d.back() == 0) d.pop_back();
  return d;
}

void trim(Digits& d) {
  while (!d.empty() && d.back() == 0) d.pop_back();
}

// --- School arithmetic.
Digits school_add(const Digits& a, const Digits& b) {
  Digits r;
  uint64_t carry = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    carry += (i < a.size() ? a[i] : 0);
    carry += (i < b.size() ? b[i] : 0);
    r.push_back(static_cast<uint32_t>(carry));
    carry >>= 32;
  }
  trim(r);
  return r;
}

int school_compare(const Digits& a, const Digits& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

Digits school_subtract(const Digits& a, const Digits& b) {
  if (school_compare(a, b) <= 0) return {};
  Digits r;
  int64_t borrow = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    int64_t digit = int64_t{a[i]} - (i < b.size() ? int64_t{b[i]} : 0) - borrow;
    borrow = digit < 0 ? 1 : 0;
    if (digit < 0) digit += int64_t{1} << 32;
    r.push_back(static_cast<uint32_t>(digit));
  }
  trim(r);
  return r;
}

Digits school_multiply(const Digits& a, const Digits& b) {
  Digits r(a.size() + b.size(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    uint64_t carry = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      carry += uint64_t{a[i]} * b[j] + r[i + j];
      r[i + j] = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
    r[i + b.size()] = static_cast<uint32_t>(carry);
  }
  trim(r);
  return r;
}

Digits school_shift_left(const Digits& a, uint64_t count) {
  Digits r(count / 32, 0);
  uint64_t carry = 0;
  for (uint32_t digit : a) {
    carry |= uint64_t{digit} << (count % 32);
    r.push_back(static_cast<uint32_t>(carry));
    carry >>= 32;
  }
  r.push_back(static_cast<uint32_t>(carry));
  trim(r);
  return r;
}

bool school_bit(const Digits& a, uint64_t i) {
  return i / 32 < a.size() && ((a[i / 32] >> (i % 32)) & 1) != 0;
}

Digits school_shift_right(const Digits& a, uint64_t count) {
  Digits r(a.size(), 0);
  for (uint64_t i = 0; i < 32 * a.size(); ++i) {
    if (school_bit(a, i + count)) r[i / 32] |= uint32_t{1} << (i % 32);
  }
  trim(r);
  return r;
}

// --- Numbers that have hurt somebody: zero limbs inside, all ones, one bit, off by one.
Number random_number(std::mt19937_64& random, size_t limbs_max) {
  Number a(random() % (limbs_max + 1));
  const uint64_t style = random() % 4;
  for (uint64_t& limb : a) {
    switch (style) {
      case 0:
        limb = random();
        break;
      case 1:
        limb = random() % 3 == 0 ? random() : 0;
        break;
      case 2:
        limb = ~uint64_t{0};
        break;
      default:
        limb = random() % 2 == 0 ? 0 : uint64_t{1} << (random() % 64);
        break;
    }
  }
  if (!a.empty() && random() % 4 == 0) a[0] += random() % 3 - 1;
  a.resize(trimmed(a.data(), a.size()));
  return a;
}

Number product(const Number& a, const Number& b, Interrupt interrupt = nullptr) {
  Number r(a.size() + b.size());
  const auto size = multiply(r.data(), a, b, interrupt);
  EXPECT_TRUE(size.has_value());
  r.resize(size.value_or(0));
  return r;
}

Number sum(const Number& a, const Number& b) {
  Number r(std::max(a.size(), b.size()) + 1);
  r.resize(add(r.data(), a, b));
  return r;
}

struct Division {
  Number quotient;
  Number remainder;
};
Division quotient_of(const Number& a, const Number& b) {
  Division d;
  d.quotient.resize(a.size() < b.size() ? 1 : a.size() - b.size() + 1);
  d.remainder.resize(std::max(a.size(), b.size()));
  const auto sizes = divide(d.quotient.data(), d.remainder.data(), a, b, nullptr);
  EXPECT_TRUE(sizes.has_value());
  d.quotient.resize(sizes->quotient);
  d.remainder.resize(sizes->remainder);
  return d;
}

constexpr int kRounds = 2000;

TEST(Nat, AddsAndSubtractsLikeSchool) {
  std::mt19937_64 random(seed());
  for (int i = 0; i < kRounds; ++i) {
    const Number a = random_number(random, 6);
    const Number b = random_number(random, 6);
    ASSERT_EQ(digits_of(sum(a, b)), school_add(digits_of(a), digits_of(b)));
    Number r(a.size());
    r.resize(subtract(r.data(), a, b));
    ASSERT_EQ(digits_of(r), school_subtract(digits_of(a), digits_of(b)));
    ASSERT_EQ(trimmed(r.data(), r.size()), r.size());
    ASSERT_EQ(compare(a, b), school_compare(digits_of(a), digits_of(b)));
    ASSERT_EQ(compare(a, a), 0);
  }
}

TEST(Nat, AddsInPlace) {
  Number a = {~uint64_t{0}, ~uint64_t{0}, 0};
  const uint64_t one = 1;
  ASSERT_EQ(add(a.data(), Limbs(a).first(2), Limbs(&one, 1)), 3u);
  EXPECT_EQ(a, (Number{0, 0, 1}));
}

TEST(Nat, MultipliesLikeSchool) {
  std::mt19937_64 random(seed() + 1);
  for (int i = 0; i < kRounds; ++i) {
    const Number a = random_number(random, 8);
    const Number b = random_number(random, 8);
    ASSERT_EQ(digits_of(product(a, b)), school_multiply(digits_of(a), digits_of(b)));
    ASSERT_EQ(digits_of(product(a, a)), school_multiply(digits_of(a), digits_of(a)));
  }
}

TEST(Nat, DividesSoThatMultiplyingGivesBack) {
  std::mt19937_64 random(seed() + 2);
  for (int i = 0; i < kRounds; ++i) {
    const Number a = random_number(random, 9);
    Number b = random_number(random, 5);
    if (b.empty()) b = {1};
    const Division d = quotient_of(a, b);
    ASSERT_LT(compare(d.remainder, b), 0);
    ASSERT_EQ(sum(product(d.quotient, b), d.remainder), a);
  }
}

TEST(Nat, ShiftsLikeSchool) {
  std::mt19937_64 random(seed() + 3);
  for (int i = 0; i < kRounds; ++i) {
    const Number a = random_number(random, 5);
    const uint64_t count = random() % 2 == 0 ? random() % 400 : 64 * (random() % 7);
    Number right(a.size());
    right.resize(shift_right(right.data(), a, count));
    ASSERT_EQ(digits_of(right), school_shift_right(digits_of(a), count));
    Number low(a.size());
    low.resize(low_bits(low.data(), a, count));
    ASSERT_EQ(digits_of(low),
              school_subtract(digits_of(a), school_shift_left(digits_of(right), count)));
    if (a.empty()) continue;
    Number left(shift_left_size(a, count));
    ASSERT_EQ(shift_left(left.data(), a, count), left.size());
    ASSERT_NE(left.back(), 0u);
    ASSERT_EQ(digits_of(left), school_shift_left(digits_of(a), count));
  }
}

TEST(Nat, CombinesBitsLikeSchool) {
  std::mt19937_64 random(seed() + 4);
  for (int i = 0; i < kRounds; ++i) {
    const Number a = random_number(random, 5);
    const Number b = random_number(random, 5);
    Number both(std::min(a.size(), b.size()));
    Number any(std::max(a.size(), b.size()));
    Number one(any.size());
    both.resize(bit_and(both.data(), a, b));
    any.resize(bit_or(any.data(), a, b));
    one.resize(bit_xor(one.data(), a, b));
    for (const Number& r : {both, any, one}) ASSERT_EQ(trimmed(r.data(), r.size()), r.size());
    uint64_t ones = 0;
    uint64_t length = 0;
    for (uint64_t bit = 0; bit < 330; ++bit) {
      const bool x = school_bit(digits_of(a), bit);
      const bool y = school_bit(digits_of(b), bit);
      ASSERT_EQ(test_bit(a, bit), x);
      ASSERT_EQ(test_bit(both, bit), x && y);
      ASSERT_EQ(test_bit(any, bit), x || y);
      ASSERT_EQ(test_bit(one, bit), x != y);
      if (x) ++ones;
      if (x) length = bit + 1;
    }
    ASSERT_EQ(popcount(a), ones);
    ASSERT_EQ(bit_length(a), length);
    ASSERT_EQ(is_power_of_two(a), ones == 1);
  }
}

TEST(Nat, RaisesToPowersByMultiplying) {
  std::mt19937_64 random(seed() + 5);
  for (int i = 0; i < 60; ++i) {
    Number a = random_number(random, 3);
    if (a.empty()) a = {2};
    Number expected = {1};
    for (uint64_t e = 0; e < 12; ++e) {
      const uint64_t space = power_size(a, e);
      ASSERT_GE(space, expected.size());
      Number r(space);
      const auto size = power(r.data(), a, e, nullptr);
      ASSERT_TRUE(size.has_value());
      r.resize(*size);
      ASSERT_EQ(r, expected);
      expected = product(expected, a);
    }
  }
}

TEST(Nat, BoundsHugePowersWithoutOverflow) {
  const uint64_t two = 2;
  EXPECT_GE(power_size(Limbs(&two, 1), ~uint64_t{0}), uint64_t{1} << 58);
  const Number big(100, ~uint64_t{0});
  EXPECT_GE(power_size(big, ~uint64_t{0}), uint64_t{1} << 63);
}

// --- Long operands, which take the paths that can be interrupted.

constexpr size_t kLong = (size_t{1} << 16) + 1234;

Number long_number(std::mt19937_64& random, size_t limbs) {
  Number a(limbs);
  for (uint64_t& limb : a) limb = random();
  a.back() |= 1;
  return a;
}

Number gmp_product(const Number& a, const Number& b) {
  Number r(a.size() + b.size());
  mpn_mul(r.data(), a.data(), static_cast<mp_size_t>(a.size()), b.data(),
          static_cast<mp_size_t>(b.size()));
  r.resize(trimmed(r.data(), r.size()));
  return r;
}

TEST(NatLong, MultipliesLikeGmp) {
  std::mt19937_64 random(seed() + 6);
  const Number a = long_number(random, kLong + 7001);
  const Number b = long_number(random, kLong);
  EXPECT_EQ(product(a, b), gmp_product(a, b));
  EXPECT_EQ(product(a, a), gmp_product(a, a));
  const Number c = long_number(random, 3 * kLong);
  EXPECT_EQ(product(c, b), gmp_product(c, b));
}

TEST(NatLong, MultipliesExtremeDigits) {
  const Number ones(kLong, ~uint64_t{0});
  EXPECT_EQ(product(ones, ones), gmp_product(ones, ones));
  Number sparse(kLong, 0);
  sparse.back() = 1;
  EXPECT_EQ(product(sparse, ones), gmp_product(ones, sparse));
  sparse[0] = 1;
  EXPECT_EQ(product(sparse, sparse), gmp_product(sparse, sparse));
}

TEST(NatLong, MultipliesLongByShort) {
  std::mt19937_64 random(seed() + 7);
  const Number a = long_number(random, 2 * kLong + 17);
  for (size_t limbs : {size_t{1}, size_t{2}, size_t{1000}, size_t{50000}}) {
    const Number b = long_number(random, limbs);
    ASSERT_EQ(product(a, b), gmp_product(a, b));
    ASSERT_EQ(product(b, a), gmp_product(a, b));
  }
}

void expect_division(const Number& a, const Number& b) {
  const Division d = quotient_of(a, b);
  Number q(a.size() - b.size() + 1);
  Number r(b.size());
  mpn_tdiv_qr(q.data(), r.data(), 0, a.data(), static_cast<mp_size_t>(a.size()), b.data(),
              static_cast<mp_size_t>(b.size()));
  q.resize(trimmed(q.data(), q.size()));
  r.resize(trimmed(r.data(), r.size()));
  EXPECT_EQ(d.quotient, q);
  EXPECT_EQ(d.remainder, r);
}

TEST(NatLong, DividesLikeGmp) {
  std::mt19937_64 random(seed() + 8);
  const Number a = long_number(random, 5 * kLong / 2);
  for (size_t limbs : {size_t{1}, size_t{2}, size_t{20000}, size_t{32769}, size_t{40001}, kLong,
                       2 * kLong + 5, 5 * kLong / 2}) {
    expect_division(a, long_number(random, limbs));
  }
}

TEST(NatLong, DividesExtremeDigits) {
  // Quotient digits of all ones make the estimates too large, which exercises the corrections.
  const Number ones(2 * kLong, ~uint64_t{0});
  Number b(kLong, 0);
  b.back() = uint64_t{1} << 63;
  b[0] = 1;
  expect_division(ones, b);
  Number c(kLong, ~uint64_t{0});
  c[kLong / 2] = 0;
  expect_division(ones, c);
  Number high = ones;
  std::fill(high.begin(), high.begin() + static_cast<ptrdiff_t>(kLong), uint64_t{0});
  expect_division(high, Number(kLong, ~uint64_t{0}));
  Number sparse(3 * kLong, 0);
  sparse.back() = 1;
  expect_division(sparse, b);
}

TEST(NatLong, StopsWhenInterrupted) {
  const std::atomic<bool> interrupt = true;
  const Number a(kLong, 7);
  Number r(2 * kLong);
  Number q(kLong + 1);
  EXPECT_FALSE(multiply(r.data(), a, a, &interrupt).has_value());
  EXPECT_FALSE(multiply(r.data(), a, Limbs(a).first(10), &interrupt).has_value());
  const Number b(2 * kLong, 9);
  EXPECT_FALSE(divide(q.data(), r.data(), b, a, &interrupt).has_value());
  EXPECT_FALSE(divide(r.data(), q.data(), b, Limbs(a).first(1), &interrupt).has_value());
}

}  // namespace
}  // namespace plan::nat
