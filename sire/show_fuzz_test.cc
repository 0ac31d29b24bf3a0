// sire/show_fuzz_test.cc: the fuzz test of printing over random damage to good values.
#include "sire/show_fuzz.h"

#include "gc/seed.h"
#include "gc/text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace plan::sire {
namespace {

constexpr int kRounds = 3000;

constexpr const char* kTexts[] = {
    "[<{'##NEST' 4 0}> (<{'##WORD' 3 0}> 'foo' 0)]",
    "(<{'##OPEN' 4 0}> '|' [(<{'##TEXT' 3 0}> 'a b' 0) (<{'##EMBD' 2 0}> [1 2])] 0)",
    "[(<{'##PREF' 4 0}> '%' [] (<{'##LINE' 3 0}> '' 0))]",
    "{'foo' 2 (0 (1 (0 1 3) (2 (0 1))) (2 <{'a' 1 (0 1 {0 2 1})}>))}",
    "[=['x' <{'x' 1 1}> 'y z' #00ff] %[1 'a b' #6162] {5 300 (0 299 (2 5 6))} 2570]",
};

TEST(ShowFuzz, DamagedValuesPrint) {
  const char* fixed = std::getenv("PLAN_SEED");
  const auto seed = fixed != nullptr ? std::strtoul(fixed, nullptr, 10) : std::random_device{}();
  RecordProperty("PLAN_SEED", std::to_string(seed));
  SCOPED_TRACE("PLAN_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::vector<gc::Bytes> inputs;
  gc::Heap heap{gc::Config{}};
  for (const char* text : kTexts) {
    inputs.push_back(*gc::save_seed(*gc::read_value_text(heap, text)));
  }
  for (int round = 0; round < kRounds; round++) {
    gc::Bytes bytes = inputs[random() % inputs.size()];
    const uint64_t changes = random() % 4;
    for (uint64_t i = 0; i < changes; i++) {
      bytes[40 + random() % (bytes.size() - 40)] = static_cast<uint8_t>(random());
    }
    show_fuzz_one(bytes);
  }
}

}  // namespace
}  // namespace plan::sire
