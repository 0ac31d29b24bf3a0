// gc/hash_test.cc: hashes, their limits, and the order of references.
#include "gc/hash.h"

#include "base/base58.h"
#include "gc/make.h"
#include "gc/refs.h"
#include "gc/region.h"
#include "gc/text.h"
#include "value/object.h"

#include <gtest/gtest.h>

#include <string>

namespace plan::gc {
namespace {

constexpr uint64_t kDeep = 1'000'000;

class HashTest : public testing::Test {
 protected:
  Heap heap{Config{}};

  Value read(std::string_view text) { return *read_value_text(heap, text); }
  std::string hash(Value v) { return base58(*plan_hash(v)); }
  std::string hash(std::string_view text) { return hash(read(text)); }

  /// A value of `depth` rows [x x], each in the next: written out, 2^depth nodes.
  Value doubled(int depth, Value v) {
    for (int i = 0; i < depth; i++) {
      const Value both[] = {v, v};
      v = make_row(heap, both);
    }
    return v;
  }
};

// spec/pin-hash.md section 5.
TEST_F(HashTest, IsBlake3OfTheSpecifiedStream) {
  EXPECT_EQ(hash("0"), "6ShndPD57UYnaNiVcGCoDtTD3DMAZwzazpqo3gsFHm3H");
  EXPECT_EQ(hash("5"), "2UPpumP8YJvoNKPkqMvaM1roQiWwXTLn1qunfd3kvim1");
  EXPECT_EQ(hash("18446744073709551616"), "8MimBznhAz1fZfKsWukc4uVq1Yg4zhA3Zj174cgfDGnN");
  EXPECT_EQ(hash("<5>"), "CZR9qoHpfvUSd9QCFi3YJkguo4jcduGrFCKHCvgHuJpn");
  EXPECT_EQ(hash("(0 5)"), "tymYPEKQYAzVYA58NHaMfrUu5cAzGnj2k8eeSDKJU5B");
  EXPECT_EQ(hash("{'foo' 2 (0 1 2)}"), "5LtHBWenpeCePjc1nigkn6J2xEgmjVYCesRPPwvYafK1");
  EXPECT_EQ(hash("#68656c6c6f"), "7ZsdjJjciDrXUCygF3YoLDceJ8hZG87pm74YNDHF3HU7");
  EXPECT_EQ(hash("#"), "BeHVx9NQt72o1XEtdprBpUrUqcgxHk3twKSNq7BsbL8v");
  EXPECT_EQ(hash("(0 0 2 0)"), "J5viiVeqcePSr1kzX4NsZ1teqUCTUCoNqW75uXCjVzSS");
  EXPECT_EQ(hash("[]"), "FDvsKbkFzFH5U89KAyuzDrEWbY5QeTbT7szM5zCFjw8B");
  EXPECT_EQ(hash("[1 2]"), "5LrMfQMmgSCAg8KK4mXGLnMPBDjPzZsKgQSN2Z9UeSzB");
  EXPECT_EQ(hash("%[1]"), "8vKsWYCHj1vovvHb9uYXYirHuQsHcrCG8qAi7VkAFQ9j");
  EXPECT_EQ(hash("=[1 2]"), "EkccPosJjodG2LKnZ5jijvVyzEKzbCNYoGdb3gtexxFb");
}

TEST_F(HashTest, OfAPinIsThatOfItsItem) {
  EXPECT_EQ(base58(**pin_hash(read("<5>"))), hash("5"));
  EXPECT_NE(hash("<5>"), hash("5"));
}

TEST_F(HashTest, OfAPinnedLawIsTheSameHoweverThePinWasMade) {
  const Value bodies[] = {read("(0 1 (0 <7> [<8> {'g' 1 (0 <9> 1)}]))"), small_nat(1),
                          read("(1 'a long name for a constant' 3)")};
  for (const Value body : bodies) {
    for (const Value name : {small_nat(0), small_nat(1), gc::make_cord(heap, "a longer name")}) {
      const Value once = make_pinned_law(heap, name, small_nat(2), body);
      const Value twice = make_pin(heap, make_law(heap, name, small_nat(2), body));
      EXPECT_EQ(base58(**pin_hash(once)), base58(**pin_hash(twice)));
      EXPECT_EQ(pin_refs(pin_item(once))->size(), pin_refs(pin_item(twice))->size());
    }
  }
}

TEST_F(HashTest, FoundBesideTheRegionsIsTheSameAndComesThereWhenItIsPublished) {
  const Value below = make_pin(heap, small_nat(5));
  const Value pin = make_pin(heap, make_row(heap, {&below, 1}));
  FoundHashes found;
  const Hash256 hash = **pin_hash(pin, nullptr, &found);
  EXPECT_FALSE(pin_region(pin)->has_hash);
  EXPECT_FALSE(pin_region(below)->has_hash);
  EXPECT_EQ(**pin_hash(below), **pin_hash(below, nullptr, &found));
  found.publish();
  EXPECT_TRUE(pin_region(pin)->has_hash);
  EXPECT_EQ(**pin_hash(pin), hash);
  EXPECT_EQ(found.find(pin_region(pin)), nullptr);
  EXPECT_EQ(base58(hash), this->hash(pin_item(pin)));
}

TEST_F(HashTest, OfAPinnedLawIsThatOfTheDataItStandsFor) {
  const auto pinned = [&](uint64_t name, uint64_t args, std::string_view body) {
    const Value pin = make_pinned_law(heap, small_nat(name), small_nat(args), read(body));
    return base58(**pin_hash(pin));
  };
  EXPECT_EQ(pinned(0, 1, "0"), hash("[]"));
  EXPECT_EQ(pinned(1, 1, "256"), hash("#00"));
  EXPECT_EQ(pinned(1, 2, "[1 2]"), hash("%[1 2]"));
}

TEST_F(HashTest, OfAClosureDependsOnlyOnItsFlatForm) {
  EXPECT_EQ(hash("((0 1) 2)"), hash("(0 1 2)"));
  EXPECT_NE(hash("(0 (1 2))"), hash("(0 1 2)"));
}

TEST_F(HashTest, OfLongContentsAgreesWithBlake3InOnePiece) {
  const std::vector<uint8_t> bytes(100'000, 7);
  std::vector<uint8_t> stream{4};
  const uint64_t size = bytes.size();
  for (int i = 0; i < 8; i++) stream.push_back(static_cast<uint8_t>(size >> (8 * i)));
  stream.insert(stream.end(), bytes.begin(), bytes.end());
  EXPECT_EQ(*plan_hash(make_bar(heap, bytes)), blake3(stream));
}

TEST_F(HashTest, TakesAListOfAMillionElements) {
  Value list = small_nat(0);
  for (uint64_t i = 0; i < kDeep; i++) {
    const Value cell[] = {small_nat(i), list};
    list = make_row(heap, cell);
  }
  EXPECT_EQ(hash_stream_bytes(list), kDeep * (9 + 17) + 9 - 8);
  EXPECT_TRUE(plan_hash(list));
  EXPECT_TRUE(pin_refs(list));
}

TEST_F(HashTest, TakesANestInFirstElements) {
  Value nest = small_nat(0);
  for (uint64_t i = 0; i < kDeep; i++) {
    const Value cell[] = {nest, small_nat(1)};
    nest = make_row(heap, cell);
  }
  EXPECT_TRUE(plan_hash(nest));
}

TEST_F(HashTest, TakesAChainOfAMillionPins) {
  Value pin = small_nat(0);
  for (uint64_t i = 0; i < kDeep; i++) pin = make_pin(heap, pin);
  EXPECT_TRUE(pin_hash(pin));
}

TEST_F(HashTest, OfSharedPartsIsThatOfTheValueWrittenOut) {
  EXPECT_EQ(hash(doubled(3, small_nat(5))), hash("[[[5 5] [5 5]] [[5 5] [5 5]]]"));
}

TEST_F(HashTest, RefusesAnExponentialStreamAndMeasuresItInLinearTime) {
  const Value v = doubled(50, small_nat(5));
  EXPECT_EQ(hash_stream_bytes(v), (uint64_t{1} << 50) * 17 + ((uint64_t{1} << 50) - 1) * 9);
  EXPECT_EQ(hash_stream_bytes(doubled(100, small_nat(5))), UINT64_MAX);
  auto refused = plan_hash(v);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "HASH_TOO_LARGE");
  auto refused_pin = pin_hash(make_pin(heap, v));
  ASSERT_FALSE(refused_pin);
  EXPECT_EQ(refused_pin.error().name, "HASH_TOO_LARGE");
}

TEST_F(HashTest, PinsHideWhatTheyShare) {
  Value v = small_nat(5);
  for (int i = 0; i < 100; i++) {
    const Value both[] = {v, v};
    v = make_pin(heap, make_row(heap, both));
  }
  EXPECT_TRUE(plan_hash(v));
}

TEST_F(HashTest, StopsWhenInterrupted) {
  const InterruptFlag raised = true;
  auto stopped = plan_hash(doubled(20, small_nat(5)), &raised);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().name, "HASH_INTERRUPTED");
}

std::string refs_text(std::string_view text) {
  Heap heap{Config{}};
  auto refs = pin_refs(*read_value_text(heap, text));
  std::string out;
  for (const Value pin : *refs) {
    if (!out.empty()) out += " ";
    out += std::to_string(pin_item(pin).small());
  }
  return out;
}

// spec/pin-hash.md section 3.
TEST(PinRefs, ComeInFirstEncounterOrder) {
  EXPECT_EQ(refs_text("5"), "");
  EXPECT_EQ(refs_text("<5>"), "5");
  EXPECT_EQ(refs_text("[<3> <1> <2>]"), "3 1 2");
  EXPECT_EQ(refs_text("({'f' 9 <7>} <1> [<3> <2>] <4>)"), "7 1 3 2 4");
  EXPECT_EQ(refs_text("%[<1> <2>]"), "1 2");
  EXPECT_EQ(refs_text("=[<1> <11> <2> <12>]"), "1 2 11 12");
  EXPECT_EQ(refs_text("[{'f' 1 (0 <1> <2>)} <2>]"), "1 2");
}

TEST(PinRefs, NameEachHashOnce) {
  EXPECT_EQ(refs_text("[<5> <5> [<5> <6>]]"), "5 6");
}

TEST(PinRefs, DoNotLookIntoPins) {
  Heap heap{Config{}};
  auto refs = pin_refs(*read_value_text(heap, "[<[<5>]> <5>]"));
  ASSERT_EQ(refs->size(), 2u);
  EXPECT_TRUE(is_row(pin_item((*refs)[0])));
}

TEST(PinRefs, AreFoundInExponentiallySharedValues) {
  Heap heap{Config{}};
  Value v = *read_value_text(heap, "<5>");
  for (int i = 0; i < 100; i++) {
    const Value both[] = {v, v};
    v = make_row(heap, both);
  }
  EXPECT_EQ(pin_refs(v)->size(), 1u);
}

}  // namespace
}  // namespace plan::gc
