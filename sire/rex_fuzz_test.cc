// sire/rex_fuzz_test.cc: random texts, made of pieces of Rex, through the fuzz test.
#include "sire/rex_fuzz.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

namespace plan::rex {
namespace {

constexpr std::string_view kPieces[] = {
    "a",   "foo", "(",    ")",   "[",  "]",  "{",   "}",        "\"",       " ",    "  ",
    "+",   "-",   "|",    "@",   "#",  ",",  "=?=", ";",        "} ",       "}_",   "ä",
    "▣",   "\t",  "\n",   "\n",  "\n", "| ", "@ ",  "\n| ",     "\n  | ",   "\n} ", "\n    } ",
    "(a)", "[b]", "(f x", " + ", "-x", "a-", "{t}", "(a b)(c)", "(x + y)",  "\n\n", "\n    ",
    "\n;", "}x",  "\xff", "%(-", "))", "]]", "$$$", "======= ", "}|a } b|", "'(",   "? ",
};

uint64_t seed_of_run() {
  const char* const given = std::getenv("PLAN_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 0) : 1;
}

TEST(RexFuzz, HoldsOnTextsMadeOfPiecesOfRex) {
  const uint64_t seed = seed_of_run();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("PLAN_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int round = 0; round < 20'000; round++) {
    std::string text;
    const uint64_t pieces = random() % 40;
    for (uint64_t i = 0; i < pieces; i++) text += kPieces[random() % std::size(kPieces)];
    rex_fuzz_one({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
}

TEST(RexFuzz, HoldsOnRandomBytes) {
  std::mt19937_64 random(seed_of_run());
  for (int round = 0; round < 5'000; round++) {
    std::string text(random() % 64, '\0');
    for (char& c : text) c = static_cast<char>(random());
    rex_fuzz_one({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
}

}  // namespace
}  // namespace plan::rex
