// jit/code_cache_fuzz_test.cc: the fuzz test of stored code over random damage to good inputs.
#include "jit/code_cache_fuzz.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace plan::jit {
namespace {

constexpr int kRounds = 3000;

TEST(CodeCacheFuzz, DamagedCodeIsNotThereAndItsFileStaysOfUse) {
  const char* fixed = std::getenv("PLAN_SEED");
  const auto seed = fixed != nullptr ? std::strtoul(fixed, nullptr, 10) : std::random_device{}();
  SCOPED_TRACE("PLAN_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<std::vector<uint8_t>> inputs = code_cache_fuzz_examples();
  for (int round = 0; round < kRounds; round++) {
    std::vector<uint8_t> bytes = inputs[random() % inputs.size()];
    const uint64_t changes = random() % 4;
    for (uint64_t i = 0; i < changes; i++) {
      bytes[1 + random() % (bytes.size() - 1)] = static_cast<uint8_t>(random() % 3 != 0 ? random()
                                                                                        : 0);
    }
    if (random() % 8 == 0) bytes.resize(1 + random() % bytes.size());
    code_cache_fuzz_one(bytes);
  }
}

}  // namespace
}  // namespace plan::jit
