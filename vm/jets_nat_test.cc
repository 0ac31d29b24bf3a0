// vm/jets_nat_test.cc: arithmetic, word and pad jets: values, order of evaluation, limits.
#include "vm/jets_test.h"

#include <atomic>

namespace plan::vm {
namespace {

#define PLAN_2_63 "9223372036854775808"
#define PLAN_2_64 "18446744073709551616"
#define PLAN_2_128 "340282366920938463463374607431768211456"

using JetsNat = JetTest;

TEST_F(JetsNat, ComputeAcrossTheLimitOfImmediates) {
  expect_cases({
      {"_Add", {"9223372036854775807", "1"}, PLAN_2_63},
      {"_Add", {"18446744073709551615", "1"}, PLAN_2_64},
      {"_Add", {PLAN_2_64, PLAN_2_64}, "36893488147419103232"},
      {"_Sub", {PLAN_2_64, "1"}, "18446744073709551615"},
      {"_Sub", {PLAN_2_63, "1"}, "9223372036854775807"},
      {"_Sub", {"5", "7"}, "0"},
      {"_Sub", {"5", PLAN_2_64}, "0"},
      {"_Sub", {PLAN_2_64, PLAN_2_64}, "0"},
      {"_Dec", {PLAN_2_64}, "18446744073709551615"},
      {"_Dec", {"0"}, "0"},
      {"_Mul", {"4294967296", "4294967296"}, PLAN_2_64},
      {"_Mul", {PLAN_2_64, PLAN_2_64}, PLAN_2_128},
      {"_Mul", {PLAN_2_64, "0"}, "0"},
      {"_Div", {PLAN_2_128, PLAN_2_64}, PLAN_2_64},
      {"_Div", {PLAN_2_128, "3"}, "113427455640312821154458202477256070485"},
      {"_Div", {"7", PLAN_2_64}, "0"},
      {"_Mod", {PLAN_2_128, "3"}, "1"},
      {"_Mod", {PLAN_2_128, "1000000007"}, "279632277"},
      {"_Mod", {"7", PLAN_2_64}, "7"},
      {"_Mod", {PLAN_2_128, "256"}, "0"},
      {"_Pow", {"3", "40"}, "12157665459056928801"},
      {"_Pow", {"2", "128"}, PLAN_2_128},
      {"_Pow", {PLAN_2_64, "2"}, PLAN_2_128},
      {"_Pow", {"0", PLAN_2_64}, "0"},
      {"_Pow", {"1", PLAN_2_64}, "1"},
      {"_Pow", {"0", "0"}, "1"},
      {"_Pow", {"10", "30"}, "1000000000000000000000000000000"},
      {"_Bex", {"62"}, "4611686018427387904"},
      {"_Bex", {"63"}, PLAN_2_63},
      {"_Bex", {"64"}, PLAN_2_64},
      {"_Lsh", {"1", "63"}, PLAN_2_63},
      {"_Lsh", {"3", "127"}, "510423550381407695195061911147652317184"},
      {"_Lsh", {PLAN_2_64, "64"}, PLAN_2_128},
      {"_Lsh", {"5", "0"}, "5"},
      {"_Lsh", {"0", PLAN_2_64}, "0"},
      {"_Rsh", {PLAN_2_128, "64"}, PLAN_2_64},
      {"_Rsh", {PLAN_2_128, "128"}, "1"},
      {"_Rsh", {PLAN_2_128, "129"}, "0"},
      {"_Rsh", {"7", "63"}, "0"},
      {"_Rsh", {PLAN_2_128, PLAN_2_64}, "0"},
      {"_Dis", {PLAN_2_64, "5"}, "18446744073709551621"},
      {"_Con", {"36893488147419103239", "18446744073709551621"}, "5"},
      {"_Con", {PLAN_2_64, "5"}, "0"},
      {"_Mix", {"18446744073709551621", PLAN_2_64}, "5"},
      {"_Mix", {PLAN_2_64, PLAN_2_64}, "0"},
      {"_Met", {PLAN_2_128}, "129"},
      {"_Met", {"0"}, "0"},
      {"_PopCount", {"340282366920938463463374607431768211455"}, "128"},
      {"_Trunc", {"64", "340282366920938463463374607431768211455"}, "18446744073709551615"},
      {"_Trunc", {PLAN_2_64, "5"}, "5"},
      {"_BitSlice", {"60", "8", PLAN_2_64}, "16"},
      {"_SetBit", {"64", "5"}, "18446744073709551621"},
      {"_TestBit", {"64", PLAN_2_64}, "1"},
      {"_TestBit", {PLAN_2_64, PLAN_2_64}, "0"},
      {"_Bix", {"2", "5"}, "1"},
      {"_ClearBit", {"64", "18446744073709551621"}, "5"},
      {"_ClearBit", {"3", "[1 2]"}, "[1 2]"},
      {"_ToNat", {"[1 2]"}, "0"},
      {"_DivMod", {"17", "5"}, "^(0 3 2)"},
      {"_DivMod", {"17", "0"}, "^(0 0 17)"},
  });
}

TEST_F(JetsNat, CountWhatIsNoNatAsZero) {
  for (const char* jet : {"_Add", "_Dis", "_Mix"}) {
    expect_cases({{jet, {"[1]", "5"}, "5"}, {jet, {"5", "<5>"}, "5"}, {jet, {"#", "[]"}, "0"}});
    expect_cases({{jet, {PLAN_2_64, "^(0 0)"}, PLAN_2_64}});
  }
  expect_cases({
      {"_Sub", {"5", "[1]"}, "5"},
      {"_Mul", {"5", "[1]"}, "0"},
      {"_Div", {"5", "[1]"}, "0"},
      {"_Mod", {"5", "[1]"}, "5"},
      {"_Mod", {"[]", "3"}, "0"},
      {"_Pow", {"[1]", "5"}, "0"},
      {"_Lsh", {"5", "[1]"}, "5"},
      {"_Rsh", {"5", "[1]"}, "5"},
      {"_Trunc", {"[1]", "5"}, "0"},
      {"_Trunc", {"5", "[1]"}, "0"},
      {"_PopCount", {"[1]"}, "0"},
  });
}

TEST_F(JetsNat, DivideByZeroAsDecided) {
  expect_cases({{"_Div", {"5", "0"}, "0"},
                {"_Div", {PLAN_2_64, "0"}, "0"},
                {"_Mod", {"5", "0"}, "5"},
                {"_Mod", {PLAN_2_64, "0"}, PLAN_2_64}});
}

TEST_F(JetsNat, EvaluateOperandsInTheLawsOrder) {
  for (const char* jet :
       {"_Add", "_Sub", "_Mul", "_Pow", "_Div", "_Mod", "_Rsh", "_Dis", "_Con", "_Mix", "padWeld",
        "add32", "mul64", "div32", "rsh64", "sub32", "rol32"}) {
    expect_order(jet, {"7", "5"}, "ba");
  }
  for (const char* jet :
       {"_Lsh", "_Bix", "_Trunc", "_SetBit", "_TestBit", "_ClearBit", "lsh32", "ror64", "iDiv64"}) {
    expect_order(jet, {"7", "5"}, "ab");
  }
  expect_order("_BitSlice", {"1", "2", "3"}, "bac");
}

TEST_F(JetsNat, LeaveOperandsAloneThatDoNotMatter) {
  expect_order("_Mul", {"7", "0"}, "b");
  expect_order("_Mul", {"7", "[]"}, "b");
  expect_order("_Pow", {"7", "0"}, "b");
  expect_order("_Div", {"7", "0"}, "ba");
  expect_order("_Lsh", {"0", "7"}, "a");
  expect_order("mul32", {"7", "4294967296"}, "b");
  expect_order("div64", {"7", PLAN_2_64}, "ba");
  expect_order("lsh64", {PLAN_2_64, "7"}, "a");
  const Run parts = run("_DivMod", {crashing('a'), crashing('b')});
  EXPECT_EQ(parts.log, "");
  EXPECT_EQ(parts.status, JetStatus::kRunLaw);
}

TEST_F(JetsNat, ReportResultsTooLargeForTheHeap) {
  const auto status = [&](const char* jet, std::vector<const char*> args) {
    std::vector<Value> values;
    for (const char* arg : args) values.push_back(read(arg));
    return run(jet, values).status;
  };
  EXPECT_EQ(status("_Bex", {PLAN_2_64}), JetStatus::kOutOfMemory);
  EXPECT_EQ(status("_Bex", {"9223372036854775807"}), JetStatus::kOutOfMemory);
  EXPECT_EQ(status("_Lsh", {"1", "9223372036854775807"}), JetStatus::kOutOfMemory);
  EXPECT_EQ(status("_Lsh", {PLAN_2_64, "9223372036854775807"}), JetStatus::kOutOfMemory);
  EXPECT_EQ(status("_Pow", {"2", PLAN_2_64}), JetStatus::kOutOfMemory);
  EXPECT_EQ(status("_Pow", {PLAN_2_64, "9223372036854775807"}), JetStatus::kOutOfMemory);
  EXPECT_EQ(status("_Pow", {"3", "1000000000000"}), JetStatus::kOutOfMemory);
  EXPECT_EQ(status("_SetBit", {"1000000000000000", "0"}), JetStatus::kOutOfMemory);
}

TEST_F(JetsNat, StopWhenInterrupted) {
  const std::atomic<bool> yes = true;
  const Value big = run("_Bex", {small_nat(8000000)}).value;
  const Value less = run("_Dec", {big}).value;
  interrupt = &yes;
  EXPECT_EQ(run("_Mul", {less, less}).status, JetStatus::kInterrupted);
  EXPECT_EQ(run("_Pow", {less, small_nat(2)}).status, JetStatus::kInterrupted);
  EXPECT_EQ(run("_Div", {less, small_nat(3)}).status, JetStatus::kInterrupted);
  EXPECT_EQ(run("_Mod", {less, small_nat(3)}).status, JetStatus::kInterrupted);
}

TEST_F(JetsNat, LeaveNoGapInTheNursery) {
  // A result that turns out small gives its space back.
  const Value big = read(PLAN_2_64);
  Word* before = heap.hp;
  EXPECT_EQ(nat_sub(heap, big, big), small_nat(0));
  EXPECT_EQ(nat_mod(heap, big, small_nat(7), nullptr).value, small_nat(2));
  EXPECT_EQ(heap.hp, before);
  const Value sum = nat_add(heap, big, big);
  EXPECT_EQ(heap.hp, before + 1 + sum.object()->length());
}

TEST_F(JetsNat, TakeWordsModuloTheirWidth) {
  expect_cases({
      {"w32", {"4294967297"}, "1"},
      {"w64", {"18446744073709551621"}, "5"},
      {"w64", {"18446744073709551615"}, "18446744073709551615"},
      {"w32", {"[]"}, "0"},
      {"add32", {"4294967295", "4294967298"}, "1"},
      {"add64", {"18446744073709551615", "2"}, "1"},
      {"sub32", {"1", "2"}, "4294967295"},
      {"sub32", {"4294967297", "2"}, "4294967295"},
      {"sub64", {"0", "1"}, "18446744073709551615"},
      {"mul32", {"65536", "65537"}, "65536"},
      {"mul64", {"4294967296", "4294967297"}, "4294967296"},
      {"div32", {"4294967303", "4294967298"}, "3"},
      {"div32", {"7", "4294967296"}, "0"},
      {"div64", {"7", "0"}, "0"},
      {"and32", {"4294967303", "5"}, "5"},
      {"or32", {"4294967296", "5"}, "5"},
      {"xor64", {"18446744073709551615", "1"}, "18446744073709551614"},
      {"lsh32", {"1", "31"}, "2147483648"},
      {"lsh32", {"1", "32"}, "0"},
      {"lsh64", {"3", "63"}, PLAN_2_63},
      {"lsh64", {"1", "9223372036854775808"}, "0"},
      {"rsh64", {"18446744073709551615", "9223372036854775808"}, "0"},
      {"rsh32", {"4294967295", "31"}, "1"},
      {"rsh32", {"4294967295", "4294967296"}, "4294967295"},
      {"ror32", {"1", "1"}, "2147483648"},
      {"ror32", {"1", "0"}, "1"},
      {"ror32", {"1", "32"}, "1"},
      {"ror32", {"1", "33"}, "2147483648"},
      {"rol32", {"1", "32"}, "1"},
      {"rol32", {"2147483648", "1"}, "1"},
      {"rol64", {PLAN_2_63, "1"}, "1"},
      {"ror64", {"1", "1"}, PLAN_2_63},
      {"ror64", {"5", "64"}, "5"},
  });
}

TEST_F(JetsNat, DivideSignedWordsRoundingDown) {
  expect_cases({
      {"iDiv64", {"7", "2"}, "3"},
      {"iDiv64", {"18446744073709551609", "2"}, "18446744073709551612"},  // -7 / 2 = -4
      {"iDiv64", {"7", "18446744073709551614"}, "18446744073709551612"},  // 7 / -2 = -4
      {"iDiv64", {"18446744073709551609", "18446744073709551614"}, "3"},  // -7 / -2
      {"iDiv64", {"18446744073709551610", "2"}, "18446744073709551613"},  // -6 / 2 = -3
      {"iDiv64", {PLAN_2_63, "18446744073709551615"}, PLAN_2_63},         // -2^63 / -1
      {"iDiv64", {"7", "0"}, "0"},
      {"iDiv64", {"18446744073709551609", "0"}, "0"},
      {"iDiv64", {"0", "18446744073709551609"}, "0"},
  });
}

// What a jet on words answers, by spec/jets.md section 3.11 with the decisions of section 4, with
// plain divisions and one bit at a time.
using Wide = unsigned __int128;

uint64_t rotate_by_ones(uint64_t a, uint64_t count, uint64_t bits, bool left) {
  for (count %= bits; count > 0; --count) {
    const uint64_t top = uint64_t{1} << (bits - 1);
    if (left) {
      a = (a & (top - 1)) * 2 + ((a & top) != 0 ? 1 : 0);
    } else {
      a = a / 2 + ((a & 1) != 0 ? top : 0);
    }
  }
  return a;
}

uint64_t divide_signed(uint64_t a, uint64_t b) {
  const auto x = static_cast<__int128>(static_cast<int64_t>(a));
  const auto y = static_cast<__int128>(static_cast<int64_t>(b));
  if (y == 0) return 0;
  __int128 quotient = x / y;
  if (quotient * y != x && (x < 0) != (y < 0)) --quotient;  // D-15: rounds down
  return static_cast<uint64_t>(quotient);
}

uint64_t word_model(std::string_view op, Wide x, Wide y, uint64_t bits) {
  const Wide modulus = Wide{1} << bits;
  const Wide a = x % modulus, b = y % modulus;
  const auto word = [&](Wide result) { return static_cast<uint64_t>(result % modulus); };
  if (op == "w") return word(a);
  if (op == "add") return word(a + b);
  if (op == "sub") return word(modulus + a - b);
  if (op == "mul") return word(a * b);
  if (op == "div") return b == 0 ? 0 : word(a / b);
  if (op == "and") return word(a & b);
  if (op == "or") return word(a | b);
  if (op == "xor") return word(a ^ b);
  if (op == "lsh") return b < bits ? word(a << static_cast<int>(b)) : 0;
  if (op == "rsh") return b < bits ? word(a >> static_cast<int>(b)) : 0;
  if (op == "iDiv") return divide_signed(word(a), word(b));
  return rotate_by_ones(word(a), word(b), bits, op == "rol");
}

std::string decimal(Wide n) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(n % 10)));
    n /= 10;
  } while (n > 0);
  return digits;
}

TEST_F(JetsNat, OfWordsAnswerOnAllEdgesAsTheirModel) {
  std::vector<Wide> edges = {0, 2, 7};
  for (const int power : {0, 31, 32, 63, 64}) {
    const Wide edge = Wide{1} << power;
    edges.insert(edges.end(), {edge - 1, edge, edge + 1});
  }
  constexpr std::string_view kOps[] = {"w",  "add", "sub", "mul", "div", "and", "or",
                                       "xor", "lsh", "rsh", "ror", "rol", "iDiv"};
  for (const uint64_t bits : {uint64_t{32}, uint64_t{64}}) {
    for (const std::string_view op : kOps) {
      if (op == "iDiv" && bits == 32) continue;
      const std::string jet = std::string(op) + std::to_string(bits);
      for (const Wide a : edges) {
        for (const Wide b : edges) {
          const std::string x = decimal(a), y = decimal(b);
          const std::string expected = decimal(word_model(op, a, b, bits));
          std::vector<const char*> args = {x.c_str()};
          if (op != "w") args.push_back(y.c_str());
          expect_cases({{jet.c_str(), args, expected.c_str()}});
        }
      }
    }
  }
}

TEST_F(JetsNat, WeldPads) {
  expect_cases({
      {"padWeld", {"1", "1"}, "1"},
      {"padWeld", {"2", "3"}, "6"},
      {"padWeld", {"0", "5"}, "5"},
      {"padWeld", {"5", "[]"}, "5"},
      {"padWeld", {PLAN_2_64, "3"}, "55340232221128654848"},
      {"padWeld", {"3", PLAN_2_64}, "36893488147419103233"},
      {"padCat", {"[]"}, "1"},
      {"padCat", {"[2 3]"}, "6"},
      {"padCat", {"[0 [] 2 1 3]"}, "6"},
      {"padCat",
       {"[18446744073709551616 18446744073709551616 3]"},
       "1020847100762815390390123822295304634368"},
      {"padFlat", {"[2 3]"}, "6"},
      {"padFlat", {"^(0 2 3)"}, "5"},
      {"padFlat", {"<5>"}, "1"},
      {"padFlat", {"0"}, "0"},
      {"padFlat", {"7"}, "7"},
      {"padFlat", {"[[2 3] 0 =[1 [2]]]"}, "10"},
      {"padFlat", {"[[] [[]] #61]"}, "1"},
  });
  expect_declined("padCat", {"^(0 2 3)"});
  const Run forced = run("padCat", {row({lazy('a', "2"), lazy('b', "3")})});
  EXPECT_EQ(forced.log, "ab");
  EXPECT_EQ(forced.value, small_nat(6));
}

TEST_F(JetsNat, WeldPadsLikeManyWelds) {
  std::vector<Value> pads;
  Value expected = small_nat(1);
  for (uint64_t i = 0; i < 100; ++i) {
    pads.push_back(run("_Pow", {small_nat(3 + i % 5), small_nat(i)}).value);
    expected = run("padWeld", {expected, pads.back()}).value;
  }
  EXPECT_EQ(compare_normal(run("padCat", {row(pads)}).value, expected), 0);
}

}  // namespace
}  // namespace plan::vm
