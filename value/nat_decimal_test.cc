// value/nat_decimal_test.cc: decimal digits at the borders of limbs.
#include "value/nat_decimal.h"

#include <gtest/gtest.h>

#include <random>

namespace plan::nat {
namespace {

std::string decimal(std::vector<uint64_t> limbs) { return to_decimal(limbs); }

TEST(NatDecimal, WritesNoLeadingZeros) {
  EXPECT_EQ(decimal({}), "0");
  EXPECT_EQ(decimal({7}), "7");
  EXPECT_EQ(decimal({UINT64_MAX}), "18446744073709551615");
  EXPECT_EQ(decimal({0, 1}), "18446744073709551616");
  EXPECT_EQ(decimal({0, 0, 1}), "340282366920938463463374607431768211456");
}

TEST(NatDecimal, ReadsAnyNumberOfZerosBeforeTheDigits) {
  EXPECT_EQ(from_decimal("0"), std::vector<uint64_t>{});
  EXPECT_EQ(from_decimal("000"), std::vector<uint64_t>{});
  EXPECT_EQ(from_decimal("0007"), std::vector<uint64_t>{7});
  EXPECT_EQ(from_decimal("18446744073709551616"), (std::vector<uint64_t>{0, 1}));
}

TEST(NatDecimal, ReadsBackWhatItWrites) {
  std::mt19937_64 random(1);
  for (size_t size = 1; size < 200; size++) {
    std::vector<uint64_t> limbs(size);
    for (uint64_t& limb : limbs) limb = random();
    limbs.back() |= 1;
    EXPECT_EQ(from_decimal(to_decimal(limbs)), limbs);
  }
}

}  // namespace
}  // namespace plan::nat
