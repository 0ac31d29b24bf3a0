// vm/ir_text_fuzz_test.cc: random texts, made of pieces of IR and of laws, through the fuzz test.
#include "vm/ir_text_fuzz.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

namespace plan::vm {
namespace {

constexpr std::string_view kPieces[] = {
    "law ", "a ",    "b ", "v",    "{ ",         "} ",        "(",      ") ",     "= ",
    "@",    "@_Add", "?",  "?1 ",  "'text' ",    "'",         "#00ff ", "# ",     "[1 2] ",
    "[",    "]",     "%[", "=[",   "<7> ",       "{7 1 0} ",  "<",      "^(",     "C2 ",
    "C0 ",  "0 ",    "7 ", "self", "123456789 ", "; words\n", "\n",     "\xff",   "~x ",
    "a1 ",  "_ ",    "-",  ".",    "@_If ",      "@_Idx ",    "(a b) ", "v = a ", "law a {",
};
constexpr const char* kJets[] = {"_If",  "_Ifz", "_And", "_Or",    "_Switch", "_Idx", "_Get",
                                 "_Len", "_Add", "_Eql", "_IsNat", "_Seq",    "_Not", "_Dec"};
constexpr int kTexts = 4'000;
constexpr int kLaws = 4'000;

class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {}

  std::string pieces() {
    std::string text = below(2) == 0 ? "law a b { " : "";
    for (uint64_t n = below(30); n > 0; --n) text += kPieces[below(std::size(kPieces))];
    return text;
  }

  /// A law that can be read.
  std::string law() {
    lets_ = below(5);
    std::string text = "law a b c { ";
    for (uint64_t i = 0; i < lets_; ++i) text += let_name(i) + " = " + expr(3) + " ";
    return text + expr(4) + " }";
  }

 private:
  uint64_t below(uint64_t n) { return random_() % n; }
  static std::string let_name(uint64_t i) { return "v" + std::to_string(i); }

  std::string atom() {
    if (below(3) == 0) return std::to_string(below(4));
    if (lets_ != 0 && below(2) == 0) return let_name(below(lets_));
    static constexpr const char* kAtoms[] = {"a",    "b",     "c",
                                             "self", "[7 8]", "18446744073709551616"};
    return kAtoms[below(std::size(kAtoms))];
  }

  std::string expr(uint32_t depth) {
    if (depth == 0 || below(4) == 0) return atom();
    std::string text = "(";
    switch (below(4)) {
      case 0:
        text += atom();
        break;
      case 1:
        text += "C" + std::to_string(1 + below(3));
        break;
      default:
        text += std::string("@") + kJets[below(std::size(kJets))];
    }
    for (uint64_t n = 1 + below(4); n > 0; --n) text += " " + expr(depth - 1);
    return text + ")";
  }

  std::mt19937_64 random_;
  uint64_t lets_ = 0;
};

uint64_t seed_of_run() {
  const char* const given = std::getenv("PLAN_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 0) : 1;
}

void run_text(const std::string& text) {
  SCOPED_TRACE(text);
  ir_text_fuzz_one({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

TEST(IrTextFuzz, HoldsOnTextsMadeOfPiecesOfIr) {
  Maker maker(seed_of_run());
  for (int i = 0; i < kTexts; ++i) run_text(maker.pieces());
}

TEST(IrTextFuzz, HoldsOnRandomLaws) {
  Maker maker(seed_of_run());
  for (int i = 0; i < kLaws; ++i) run_text(maker.law());
}

}  // namespace
}  // namespace plan::vm
