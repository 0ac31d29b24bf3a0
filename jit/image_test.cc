// jit/image_test.cc: images as bytes and back; nothing damaged passes.
#include "jit/image.h"

#include <gtest/gtest.h>

#include "value/object.h"

namespace plan::jit {
namespace {

struct Sample {
  gc::Info infos[2];
  References references;
  Image image;
  vm::TierRequest request;

  Sample() {
    references.constants = {Value{0x1000 | kTagFunction}};
    references.records = {&infos[0], &infos[1]};
    infos[1].index = 77;
    image.bytes.assign(64, 0x90);
    image.slots_offset = 32;
    image.slots = {{SlotKind::kConstant, 0, 0},
                   {SlotKind::kRecord, 1, 0},
                   {SlotKind::kThunkHeader, 1, 3},
                   {SlotKind::kRuntime, 2, 0}};
    image.entries = {16, 0, 8};
    image.functions = {{0, "0"}, {8, "0.1"}, {16, "0.entry"}};
    request.blocks.resize(1);
    request.blocks[0].low.instructions.resize(2);
    request.blocks[0].resumes = {nullptr, &infos[1]};
  }
};

TEST(Image, IsTheSameAfterBytes) {
  const Sample s;
  const std::vector<uint8_t> bytes = encode_image(s.image);
  const std::optional<Image> image = decode_image(bytes, s.references, 3);
  ASSERT_TRUE(image.has_value());
  EXPECT_EQ(encode_image(*image), bytes);
  EXPECT_EQ(image->slots, s.image.slots);
  EXPECT_EQ(image->functions[1].name, "0.1");
}

TEST(Image, CutAnywhereIsRefused) {
  const Sample s;
  const std::vector<uint8_t> bytes = encode_image(s.image);
  for (size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(decode_image(std::span(bytes).first(n), s.references, 3).has_value()) << n;
  }
}

TEST(Image, NumbersBeyondTheRequestAreRefused) {
  const auto refused = [](auto change) {
    Sample s;
    change(s.image);
    return !decode_image(encode_image(s.image), s.references, 3).has_value();
  };
  EXPECT_FALSE(refused([](Image&) {}));
  EXPECT_TRUE(refused([](Image& i) { i.slots[0].number = 1; }));
  EXPECT_TRUE(refused([](Image& i) { i.slots[1].number = 2; }));
  EXPECT_TRUE(refused([](Image& i) { i.slots[2].words = vm::kTierObjectWordsMax + 1; }));
  EXPECT_TRUE(refused([](Image& i) { i.slots[3].number = kRuntimeAddresses; }));
  EXPECT_TRUE(refused([](Image& i) { i.slots[0].kind = static_cast<SlotKind>(4); }));
  EXPECT_TRUE(refused([](Image& i) { i.slots_offset = 40; }));
  EXPECT_TRUE(refused([](Image& i) { i.slots_offset = 28; }));
  EXPECT_TRUE(refused([](Image& i) { i.entries[0] = 64; }));
  EXPECT_TRUE(refused([](Image& i) { i.entries.pop_back(); }));
  EXPECT_TRUE(refused([](Image& i) { i.functions[2].offset = 64; }));
}

TEST(Image, SlotsHoldWhatTheyStandForWhereverItIsPlaced) {
  Sample s;
  vm::TierRuntime runtime{};
  runtime.apply_values = &runtime;
  ASSERT_EQ(runtime_number(runtime, &runtime), 2u);
  alignas(64) char memory[64];
  char elsewhere[64];
  ASSERT_EQ(entries_of(s.request), 3u);
  place_image(s.image, s.references, runtime, memory, elsewhere, s.request);
  const Word* slots = reinterpret_cast<const Word*>(memory + 32);
  EXPECT_EQ(slots[0], s.references.constants[0].word);
  EXPECT_EQ(slots[1], reinterpret_cast<Word>(&s.infos[1]));
  EXPECT_EQ(slots[2], thunk_header(Kind::kThunk, 3, 77));
  EXPECT_EQ(slots[3], reinterpret_cast<Word>(&runtime));
  const vm::TierBlock& block = s.request.blocks[0];
  EXPECT_EQ(block.entry, elsewhere + 16);
  EXPECT_EQ(block.worker, elsewhere);
  EXPECT_EQ(block.resume_entries, (std::vector<void*>{nullptr, elsewhere + 8}));
  EXPECT_EQ(block.elements_entries, (std::vector<void*>{nullptr, nullptr}));
}

TEST(Image, ACallWhoseResultIsTakenApartHasASecondEntry) {
  Sample s;
  vm::Instruction& call = s.request.blocks[0].low.instructions[1];
  call.op = vm::Op::kCall;
  call.immediate = 2;
  ASSERT_EQ(entries_of(s.request), 4u);
  s.image.entries.push_back(24);
  alignas(64) char memory[64];
  char elsewhere[64];
  place_image(s.image, s.references, vm::TierRuntime{}, memory, elsewhere, s.request);
  const vm::TierBlock& block = s.request.blocks[0];
  EXPECT_EQ(block.resume_entries[1], elsewhere + 8);
  EXPECT_EQ(block.elements_entries[1], elsewhere + 24);
}

}  // namespace
}  // namespace plan::jit
