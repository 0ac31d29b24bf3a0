// value/nat_decimal.cc: radix conversion by GMP.
#include "value/nat_decimal.h"

#include "base/check.h"

#include <gmp.h>

#include <algorithm>
#include <charconv>

namespace plan::nat {

static_assert(sizeof(mp_limb_t) == sizeof(uint64_t));

std::string to_decimal(Limbs a) {
  if (a.size() <= 1) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof(digits), a.empty() ? 0 : a[0]).ptr;
    return {digits, end};
  }
  std::vector<mp_limb_t> limbs(a.begin(), a.end());  // mpn_get_str destroys its operand
  const auto size = static_cast<mp_size_t>(limbs.size());
  std::string out(mpn_sizeinbase(limbs.data(), size, 10) + 1, '\0');
  const size_t count =
      mpn_get_str(reinterpret_cast<unsigned char*>(out.data()), 10, limbs.data(), size);
  out.resize(count);
  for (char& c : out) c = static_cast<char>(c + '0');
  out.erase(0, std::min(out.find_first_not_of('0'), out.size() - 1));
  return out;
}

std::vector<uint64_t> from_decimal(std::string_view digits) {
  PLAN_ASSERT(!digits.empty());
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.empty()) return {};
  std::string values(digits);
  for (char& c : values) c = static_cast<char>(c - '0');
  // A limb holds 19 digits and a bit.
  std::vector<mp_limb_t> limbs(digits.size() / 19 + 2);
  const mp_size_t size = mpn_set_str(
      limbs.data(), reinterpret_cast<const unsigned char*>(values.data()), values.size(), 10);
  return {limbs.begin(), limbs.begin() + size};
}

}  // namespace plan::nat
