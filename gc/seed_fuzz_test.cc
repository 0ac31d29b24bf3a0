// gc/seed_fuzz_test.cc: the fuzz test of seeds over random damage to good files.
#include "gc/seed_fuzz.h"

#include "gc/make.h"
#include "gc/pod.h"
#include "gc/seed.h"
#include "gc/text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <vector>

namespace plan::gc {
namespace {

constexpr int kRounds = 4000;

std::vector<Bytes> good_inputs() {
  static constexpr const char* kTexts[] = {
      "(0 (0 0 3 0) [1 2 %[3 4] =[5 6]])",
      "{'foo' 2 (0 (0 0 1) (2 <{'bar' 1 (0 1 1)}>))}",
      "[<5> 18446744073709551616 #0011 <[<5> 6]>]",
      "{1 2 [1 0]}",
  };
  std::vector<Bytes> inputs;
  Heap heap{Config{}};
  for (const char* text : kTexts) {
    const Value v = *read_value_text(heap, text);
    for (uint8_t mode = 0; mode < 4; mode++) {
      const Value pin = make_pin(heap, v);
      Bytes bytes = mode == 2 ? *save_pod(heap, pin) : *save_seed(v);
      if (mode == 1) bytes = (*save_germ(pin)).bytes;
      bytes.insert(bytes.begin(), mode);
      inputs.push_back(std::move(bytes));
    }
  }
  return inputs;
}

TEST(SeedFuzz, DamagedFilesAreValuesOrErrors) {
  const char* fixed = std::getenv("PLAN_SEED");
  const auto seed = fixed != nullptr ? std::strtoul(fixed, nullptr, 10) : std::random_device{}();
  RecordProperty("PLAN_SEED", std::to_string(seed));
  SCOPED_TRACE("PLAN_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<Bytes> inputs = good_inputs();
  for (int round = 0; round < kRounds; round++) {
    Bytes bytes = inputs[random() % inputs.size()];
    const uint64_t changes = random() % 4;
    for (uint64_t i = 0; i < changes; i++) {
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random() % 2 == 0 ? random() : 0);
    }
    if (random() % 8 == 0) bytes.resize(random() % bytes.size());
    seed_fuzz_one(bytes);
  }
}

}  // namespace
}  // namespace plan::gc
