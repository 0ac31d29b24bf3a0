// gc/seed_test.cc: worked examples of the format, every malformed input, depth and sharing.
#include "gc/seed.h"

#include "base/base58.h"
#include "gc/hash.h"
#include "gc/make.h"
#include "gc/pod.h"
#include "gc/text.h"
#include "value/object.h"
#include "value/order.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace plan::gc {
namespace {

constexpr uint64_t kDeep = 1'000'000;

Bytes from_hex(std::string_view hex) {
  Bytes out;
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') digits.push_back(c);
  }
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    out.push_back(static_cast<uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
  }
  return out;
}

/// A file of these words, the last of which may be followed by more bytes.
Bytes file(std::vector<uint64_t> words, std::string_view hex = "") {
  Bytes out;
  for (const uint64_t w : words) {
    for (int i = 0; i < 8; i++) out.push_back(static_cast<uint8_t>(w >> (8 * i)));
  }
  const Bytes more = from_hex(hex);
  out.insert(out.end(), more.begin(), more.end());
  out.resize((out.size() + 7) / 8 * 8);
  return out;
}

class SeedTest : public testing::Test {
 protected:
  Heap heap{Config{}};

  Value read(std::string_view text) {
    auto v = read_value_text(heap, text);
    EXPECT_TRUE(v) << text;
    return v ? *v : Value{};
  }

  void expect_bytes(std::string_view text, const Bytes& bytes) {
    EXPECT_EQ(*save_seed(read(text)), bytes) << text;
    auto back = load_seed(heap, bytes);
    ASSERT_TRUE(back) << text << ": " << back.error().message;
    EXPECT_TRUE(equal_normal(*back, read(text))) << text;
  }

  void expect_error(const Bytes& bytes, std::string_view name, uint64_t hole_count = 0) {
    const std::vector<Value> holes(hole_count, make_pin(heap, small_nat(5)));
    auto v = load_germ(heap, holes, bytes);
    ASSERT_FALSE(v);
    EXPECT_EQ(v.error().name, name) << v.error().message;
    EXPECT_FALSE(v.error().message.empty());
  }

  /// What a seed with the byte atoms `atoms` and one fragment of these bits holds, or the error's
  /// name.
  void expect_spine_error(std::string_view text, std::string_view name) {
    auto v = load_seed(heap, spine(text));
    ASSERT_FALSE(v) << text;
    EXPECT_EQ(v.error().name, name) << text << ": " << v.error().message;
  }

  /// A seed of the spines in `text` just as they are written, normal or not: `(` `)` and one-digit
  /// nats only. Each atom of the file is the digit itself.
  static Bytes spine(std::string_view text) {
    struct Writer {
      Bytes out = file({0, 0, 0, 10, 1});
      std::vector<bool> bits;
    } w;
    for (uint8_t digit = 0; digit < 10; digit++) w.out.push_back(digit);
    // The bits of `(f x y)` are 1 1 f x y.
    std::vector<std::string> stack{""};
    std::vector<size_t> sizes{0};
    for (const char c : text) {
      if (c == '(') {
        stack.emplace_back();
        sizes.push_back(0);
      } else if (c == ')') {
        const std::string parts = std::string(sizes.back() - 1, '1') + stack.back();
        stack.pop_back();
        sizes.pop_back();
        stack.back() += parts;
        sizes.back()++;
      } else if (c != ' ') {
        stack.back() += '0';
        for (int i = 0; i < 4; i++) stack.back() += ((c - '0') >> i) % 2 != 0 ? '1' : '0';
        sizes.back()++;
      }
    }
    const std::string bits = stack.back().substr(1);
    for (size_t i = 0; i < bits.size(); i += 8) {
      uint8_t byte = 0;
      for (size_t k = 0; k < 8 && i + k < bits.size(); k++) {
        byte = static_cast<uint8_t>(byte | (bits[i + k] == '1' ? 1 << k : 0));
      }
      w.out.push_back(byte);
    }
    w.out.resize((w.out.size() + 7) / 8 * 8);
    return w.out;
  }

  Value load(const Bytes& bytes) {
    auto v = load_seed(heap, bytes);
    EXPECT_TRUE(v) << (v ? "" : v.error().message);
    return v ? *v : Value{};
  }
};

// spec/seed.md section 9.
TEST_F(SeedTest, WorkedExamplesHaveTheirBytes) {
  expect_bytes("5", file({0, 0, 0, 1, 0}, "05"));
  expect_bytes("18446744073709551616", file({0, 1, 0, 0, 0, 2, 0, 1}));
  expect_bytes("(0 0)", file({0, 0, 0, 1, 1}, "00 00"));
  expect_bytes("(0 1 (0 1))", *save_seed(read("(0 1 (0 1))")));
  expect_bytes("[]", file({0, 0, 0, 2, 1}, "01 00 2b 02"));
  expect_bytes("#68656c6c6f", file({0, 0, 1, 2, 1}, "68656c6c6f010000 01 00 53 02"));
  expect_bytes("[1 2]", file({0, 0, 0, 4, 1}, "03020100 6fc32200"));
  expect_bytes("%[]", file({0, 0, 0, 3, 1}, "020100 5338290200"));
  expect_bytes("%[1 2]", file({0, 0, 0, 4, 1}, "03020100 9bfa362c02"));
  expect_bytes("=[1 2 3 4]", file({0, 0, 0, 5, 2}, "0403020100 230a1e8d56b11508"));
  expect_bytes("<0>", file({0, 0, 0, 2, 1}, "0400 08"));
  expect_bytes("{'foo' 2 (0 1 2)}", file({0, 0, 1, 3, 1}, "666f6f0000000000 020100 1bda14"));
}

TEST_F(SeedTest, RepeatedPartsAreFragments) {
  // ((0 1) (0 1)): the inner cell occurs twice.
  expect_bytes("((0 1) (0 1))", file({0, 0, 0, 2, 2}, "01 00 42 02"));
}

TEST_F(SeedTest, PartsOfRepeatedPartsAreNot) {
  // (0 (1 9)) occurs twice and is a fragment; (1 9) occurs twice too, but only in it.
  constexpr size_t kFragmentsOffset = 32;
  EXPECT_EQ((*save_seed(read("(1 (0 (1 9)) (0 (1 9)))")))[kFragmentsOffset], 2);
}

TEST_F(SeedTest, GermsLeavePinsOut) {
  const Value s = read("<{'S' 3 (0 (0 1 3) (0 2 3))}>");
  const Value k = read("<{'K' 2 1}>");
  const Value skk = make_partial(heap, s, std::vector<Value>{k, k});
  auto germ = save_germ(make_pin(heap, skk));
  ASSERT_EQ(germ->refs.size(), 2u);
  EXPECT_EQ(germ->refs[0], s);
  EXPECT_EQ(germ->bytes, file({2, 0, 0, 0, 1}, "51"));
  EXPECT_EQ(*save_seed(make_pin(heap, skk)),
            file({0, 0, 0, 7, 2}, "534b040302010074 16543a9dc1e6596d 467307"));
  auto back = load_germ(heap, germ->refs, germ->bytes);
  EXPECT_TRUE(equal_normal(*back, skk));
}

TEST_F(SeedTest, TheGermOfAPinInAPinIsALoneHole) {
  auto germ = save_germ(read("<<5>>"));
  EXPECT_EQ(germ->bytes, file({1, 0, 0, 0, 0}));
  EXPECT_TRUE(is_pin(*load_germ(heap, germ->refs, germ->bytes)));
}

TEST_F(SeedTest, PinsAreSharedByHash) {
  const Value two[] = {make_pin(heap, read("[7 8]")), make_pin(heap, read("[7 8]"))};
  ASSERT_NE(two[0], two[1]);
  const Value once[] = {two[0], two[0]};
  EXPECT_EQ(*save_seed(make_row(heap, two)), *save_seed(make_row(heap, once)));
  EXPECT_EQ((*save_germ(make_pin(heap, make_row(heap, two)))).refs.size(), 1u);
}

TEST_F(SeedTest, AtomsStandInCanonicalOrder) {
  // Descending, but lower limbs of equal size and top limb ascending.
  const Bytes bytes = *save_seed(
      read("[18446744073709551617 18446744073709551616 36893488147419103232 300 255 256]"));
  const uint64_t limbs[] = {0, 2, 0, 1, 1, 1, 300, 256};
  for (size_t i = 0; i < 8; i++) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + (5 + 3 + i) * 8, 8);
    EXPECT_EQ(word, limbs[i]) << i;
  }
}

// spec/seed.md section 8.2.
TEST_F(SeedTest, MalformedContainersAreNamedErrors) {
  constexpr uint64_t kHuge = uint64_t{1} << 63;
  expect_error(from_hex("00 00 00"), "INPUT_NOT_WORD64_PADDED");
  expect_error({}, "EOF");
  expect_error(file({0, 0, 0, 1}), "EOF");
  expect_error(file({1, 0, 0, 0, 0}), "GERM_BAD_HOLE_COUNT");
  expect_error(file({0, 0, 0, 1, 0}, "05"), "GERM_BAD_HOLE_COUNT", 1);
  expect_error(file({kHuge, 0, 0, 0, 0}), "GERM_BAD_HOLE_COUNT");
  expect_error(file({0, 0, 0, 0, 0}), "EMPTY_INPUT");
  expect_error(file({0, 1, 0, 0, 0}), "EOF");
  expect_error(file({0, 1, 0, 0, 0, 2, 0}), "EOF");
  expect_error(file({0, 2, 0, 0, 0, kHuge, kHuge, 0}), "EOF");
  expect_error(file({0, 0, 1, 0, 0}), "EOF");
  expect_error(file({0, 0, 0, 9, 0}, "05"), "EOF");
  expect_error(file({0, kHuge, 0, 0, 0, 0}), "EOF");
  expect_error(file({0, 0, kHuge, 0, 0, 0}), "EOF");
  expect_error(file({0, 0, 0, UINT64_MAX, 0, 0}), "EOF");
  expect_error(file({0, 0, 0, 1, UINT64_MAX}, "05"), "EOF");
  expect_error(file({0, 0, 0, 1, 29}, "05"), "EOF");  // 56 bits are 28 fragments at most
  expect_error(file({0, 0, 0, 8, 1}, "0001020304050607"), "EOF");
  expect_error(file({0, 0, 0, 8, 1}, "0001020304050607 ffffffffffffffff"), "EOF");
  expect_error(file({0, 0, 0, 3, 1}, "000102 06"), "JELLY_BAD_OFFSET");
  expect_error(file({0, 0, 0, 0, 1, 0}), "JELLY_BAD_OFFSET");
  expect_error(file({0, 1, 0, 0, 0, 0}), "BAD_WIDTH");
}

TEST_F(SeedTest, TruncatedFilesAreErrors) {
  const Bytes good = *save_seed(read("[{'foo' 2 (0 1 2)} <5> 18446744073709551616 300 7]"));
  for (size_t words = 0; words < good.size() / 8; words++) {
    auto v = load_seed(heap, std::span(good).first(words * 8));
    EXPECT_FALSE(v) << words;
  }
}

TEST_F(SeedTest, HarmlessOddities) {
  // Several leaves and no fragment: the last one. Unsorted, duplicated, too wide atoms.
  EXPECT_EQ(load(file({0, 0, 2, 3, 0, 7, 7}, "050906")), small_nat(6));
  // Zero limbs on top, or nothing but them.
  EXPECT_EQ(load(file({0, 1, 0, 0, 0, 2, 5, 0})), small_nat(5));
  EXPECT_EQ(load(file({0, 1, 0, 0, 0, 1, 0})), small_nat(0));
  // Bits after the trees, words after the file.
  EXPECT_TRUE(equal_normal(load(file({0, 0, 0, 1, 1}, "00 fc")), read("(0 0)")));
  EXPECT_EQ(load(file({0, 0, 0, 1, 0}, "05 00000000000000 ff")), small_nat(5));
}

// spec/seed.md section 8.1.
TEST_F(SeedTest, NormalSpinesAreBuilt) {
  const auto same = [&](std::string_view spelled, std::string_view value) {
    EXPECT_TRUE(equal_normal(load(spine(spelled)), read(value))) << spelled;
  };
  same("(0 1 2)", "(0 1 2)");
  same("((0 1) 2)", "(0 1 2)");
  same("(0 5 2 1)", "{5 2 1}");
  same("((0 5) 2 1 7)", "({5 2 1} 7)");
  same("(0 0 3 0 7 8)", "[8 7]");
  same("((0 0 3 0) 7)", "((0 0 3 0) 7)");
  same("((0 0 3 0 7) 8)", "[8 7]");
  same("(4 5)", "<5>");
  same("(4 (0 5 2 1) 7)", "(<{5 2 1}> 7)");
  same("(0 1 2 (0 0 2 0 7) (0 0 2 0 8))", "=[7 8]");
  same("(0 1 2 (0 0 2 0 7) 8)", "(%[7] 8)");
  same("(1 2 3 4 5)", "(1 2 3 4 5)");
}

TEST_F(SeedTest, SpinesThatNeedEvaluationAreErrors) {
  expect_spine_error("(3 4)", "NOT_NORMAL");
  expect_spine_error("(9 4)", "NOT_NORMAL");
  expect_spine_error("(2 7 3 0)", "NOT_NORMAL");
  expect_spine_error("(1 1 1 1 1 1)", "NOT_NORMAL");
  expect_spine_error("((4 7) 1)", "NOT_NORMAL");
  expect_spine_error("(4 (0 5 1 1) 7)", "NOT_NORMAL");
  expect_spine_error("(0 (0 0) 1 1)", "BAD_LAW");
  expect_spine_error("(0 1 (0 0) 1)", "BAD_LAW");
  expect_spine_error("(0 1 0 1)", "BAD_LAW");
  expect_spine_error("(0 5 1 1 7)", "OVERSATURATED");
  expect_spine_error("(0 0 2 0 7 8)", "OVERSATURATED");
  expect_spine_error("(0 0 1 0 7)", "OVERSATURATED");
  expect_spine_error("(0 1 2 (0 0 2 0 7) 8 9)", "OVERSATURATED");
}

TEST_F(SeedTest, HugeAritiesStayClosures) {
  const std::string_view text = "({5 340282366920938463463374607431768211456 0} 1 2)";
  expect_bytes(text, *save_seed(read(text)));
  const std::string_view cow = "((0 0 340282366920938463463374607431768211456 0) 1 2)";
  expect_bytes(cow, *save_seed(read(cow)));
}

TEST_F(SeedTest, DeepValuesSurvive) {
  Value list = small_nat(0);
  Value nest = small_nat(0);
  for (uint64_t i = 0; i < kDeep; i++) {
    const Value cell[] = {small_nat(i % 300), list};
    list = make_row(heap, cell);
    const Value outer[] = {nest, small_nat(i % 7)};
    nest = make_row(heap, outer);
  }
  for (const Value v : {list, nest}) {
    const Bytes bytes = *save_seed(v);
    EXPECT_EQ(*plan_hash(load(bytes)), *plan_hash(v));
  }
}

TEST_F(SeedTest, ExponentiallySharedValuesTakeLinearSpace) {
  Value v = small_nat(5);
  for (int i = 0; i < 200; i++) {
    const Value both[] = {v, v};
    v = make_row(heap, both);
  }
  const Bytes bytes = *save_seed(v);
  EXPECT_LT(bytes.size(), 2000u);
  EXPECT_EQ(*save_seed(load(bytes)), bytes);
}

TEST_F(SeedTest, ALongRowIsLoadedWhole) {
  const Value row = make_row_zero(heap, 100'000);
  const Bytes bytes = *save_seed(row);
  EXPECT_EQ(row_size(load(bytes)), 100'000u);
}

TEST_F(SeedTest, WhatDoesNotFitInTheHeapIsRefused) {
  // A chain of closures, each a fragment with one argument more: flat, they take n^2 words.
  Config config;
  config.limit_bytes = uint64_t{16} << 20;
  Heap small(config);
  Value closure = *read_value_text(heap, "{5 1000000 0}");
  std::vector<Value> chain;
  for (int i = 0; i < 10'000; i++) {
    const Value arg[] = {small_nat(1)};
    closure = make_partial(heap, closure, arg);
    chain.push_back(closure);
  }
  auto v = load_seed(small, *save_seed(make_row(heap, chain)));
  ASSERT_FALSE(v);
  EXPECT_EQ(v.error().name, "TOO_LARGE");
}

TEST_F(SeedTest, HeadsListTheHashesOfReferences) {
  const std::vector<Value> refs = {read("<5>"), read("<6>")};
  const Bytes head = *save_head(refs);
  EXPECT_EQ(head.size(), head_bytes(2));
  auto hashes = load_head(head);
  ASSERT_EQ(hashes->size(), 2u);
  EXPECT_EQ((*hashes)[1], **pin_hash(refs[1]));
  EXPECT_EQ(load_head(from_hex("00")).error().name, "HEAD_TOO_SMALL_NO_LENGTH");
  EXPECT_EQ(load_head(std::span(head).first(head.size() - 1)).error().name, "HEAD_TOO_SMALL");
  EXPECT_EQ(load_head(file({UINT64_MAX})).error().name, "HEAD_TOO_SMALL");
}

class PodTest : public SeedTest {
 protected:
  void expect_pod_error(std::string_view pod, std::string_view name) {
    Bytes bytes = from_hex("53454544504f443a");
    const Bytes seed = *save_seed(read(pod));
    bytes.insert(bytes.end(), seed.begin(), seed.end());
    auto v = load_pod(heap, bytes);
    ASSERT_FALSE(v) << pod;
    EXPECT_EQ(v.error().name, name) << pod << v.error().message;
  }
  static std::string hex_of(const Bytes& bytes) {
    std::string out;
    for (const uint8_t b : bytes) {
      static constexpr char kDigits[] = "0123456789abcdef";
      out += {kDigits[b / 16], kDigits[b % 16]};
    }
    return out;
  }
};

TEST_F(PodTest, HoldsEveryPinOnce) {
  const Value pin = read("<[<5> <[<5> 7]> {'f' 1 <8>}]>");
  auto back = load_pod(heap, *save_pod(heap, pin));
  ASSERT_TRUE(back);
  EXPECT_EQ(**pin_hash(*back), **pin_hash(pin));
}

TEST_F(PodTest, TakesALongChainOfPins) {
  Value pin = small_nat(0);
  for (uint64_t i = 0; i < kDeep / 50; i++) pin = make_pin(heap, pin);
  auto back = load_pod(heap, *save_pod(heap, pin));
  ASSERT_TRUE(back);
  EXPECT_EQ(**pin_hash(*back), **pin_hash(pin));
}

TEST_F(PodTest, MalformedPodsAreNamedErrors) {
  EXPECT_EQ(load_pod(heap, {}).error().name, "POD_NO_MAGIC");
  EXPECT_EQ(load_pod(heap, from_hex("53454544504f4430")).error().name, "POD_NO_MAGIC");
  EXPECT_EQ(load_pod(heap, from_hex("53454544504f443a")).error().name, "EOF");
  const std::string hash = "#" + std::string(64, '0');
  const std::string germ = "#" + hex_of(*save_seed(small_nat(5)));
  expect_pod_error("5", "POD_MALFORMED");
  expect_pod_error("[#00 []]", "POD_MALFORMED");
  expect_pod_error("[" + hash + " []]", "POD_NO_PINS");
  expect_pod_error("[" + hash + " [5]]", "POD_MALFORMED");
  expect_pod_error("[" + hash + " [[" + germ + " [5]]]]", "POD_MALFORMED");
  expect_pod_error("[" + hash + " [[" + germ + " [0]]]]", "POD_MALFORMED");
  expect_pod_error("[" + hash + " [[" + germ + " [(0 0)]]]]", "POD_MALFORMED");
  expect_pod_error("[" + hash + " [[#00 []]]]", "INPUT_NOT_WORD64_PADDED");
  expect_pod_error("[" + hash + " [[" + germ + " []]]]", "POD_INTEGRITY_CHECK_FAILED");
}

}  // namespace
}  // namespace plan::gc
