// sire/sire_fuzz_test.cc: random texts, made of pieces of Sire, through the fuzz test.
#include "sire/sire_fuzz.h"

#include "base/large_stack.h"
#include "sire/library.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace plan::sire {
namespace {

constexpr std::string_view kPieces[] = {
    "\n\n= a ",
    "\n\n= (f x)\n| ",
    "\n\n= (**g x y)\n| ",
    "\n\n= ({%%} state rex err ok)\n| ",
    "\n\n=?= ",
    "\n\n^-^ a f",
    "\n\n#### one\n\n",
    "\n\n#### two <- one\n\n:| one\n\n",
    "\n\n:| one",
    "\n\n* ",
    "\n| ",
    "\n@ ",
    "\n^ ",
    "\n? (go n)\n| ",
    "\n@@ b (f c)\n @ c (f b)\n| ",
    "\n",
    " ",
    " a",
    " b",
    " x",
    " f",
    " g",
    " state",
    " rex",
    " err",
    " ok",
    "(ok state (cdr rex))",
    "(err rex {no})",
    "(f x)",
    "(g a 3)",
    "(x & x)",
    "(& (x y) x)",
    "(go | f n)",
    "**f",
    ".a",
    "(. one a)",
    " 0",
    " 1",
    " 7",
    " 18446744073709551616",
    "{text}",
    "(0 1 2)",
    "(1 0 0 (& (f y) y) 0 x)",
    "(2 0 (& y y) x)",
    "(0 {n} 2 (0 1 2))",
    "(0 0 3 0 1 2)",
    "(3 7)",
    "(4 [a])",
    "^^ ",
    "<< ",
    "(! 1)",
    "(== a b)",
    "(~ 7)",
    "(>> 7 8)",
    "[1 2 a]",
    "(map f [1 2])",
    "#[a=1]",
    "(",
    ")",
    "; note\n",
    "} line\n",
};

uint64_t seed_of_run() {
  const char* const given = std::getenv("PLAN_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 0) : 1;
}

void fuzz(const std::string& text) {
  sire_fuzz_one({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

void fuzz_pieces(void* seed) {
  std::mt19937_64 random(*static_cast<uint64_t*>(seed));
  for (int round = 0; round < 1500; round++) {
    std::string text(1, static_cast<char>(random() % 16));
    const uint64_t pieces = random() % 40;
    for (uint64_t i = 0; i < pieces; i++) text += kPieces[random() % std::size(kPieces)];
    fuzz(text);
  }
}

void fuzz_library(void* seed) {
  constexpr char kWithLibrary = 2;
  std::mt19937_64 random(*static_cast<uint64_t*>(seed));
  const auto modules = library_modules();
  for (int round = 0; round < 150; round++) {
    const std::string_view module = modules[random() % modules.size()].text;
    std::string text(module.substr(random() % module.size(), random() % 1500));
    const uint64_t changes = random() % 6;
    for (uint64_t i = 0; i < changes && !text.empty(); i++) {
      const size_t at = random() % text.size();
      if (random() % 2 == 0) {
        text[at] = static_cast<char>(random());
      } else {
        text.insert(at, kPieces[random() % std::size(kPieces)]);
      }
    }
    fuzz(std::string(1, kWithLibrary) + text);
  }
}

class SireFuzz : public testing::Test {
 protected:
  void SetUp() override { RecordProperty("seed", std::to_string(seed_)); }
  uint64_t seed_ = seed_of_run();
  testing::ScopedTrace trace_{__FILE__, __LINE__, "PLAN_SEED=" + std::to_string(seed_)};
};

TEST_F(SireFuzz, HoldsOnTextsMadeOfPiecesOfSire) {
  run_on_large_stack(fuzz_pieces, &seed_);
}

TEST_F(SireFuzz, HoldsOnPartsOfTheLibraryWithDamage) {
  run_on_large_stack(fuzz_library, &seed_);
}

}  // namespace
}  // namespace plan::sire
