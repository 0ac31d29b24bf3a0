// vm/stream_test.cc: instructions are known by their handlers, and by their layouts how long they
// are, where they jump and what they suspend with.
#include "vm/stream.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "vm/low_code.h"

namespace plan::vm {
namespace {

TEST(Stream, AnInstructionIsKnownByItsHandler) {
  for (size_t i = 0; i < static_cast<size_t>(Op::kCount); ++i) {
    EXPECT_EQ(op_of_handler(op_handler(static_cast<Op>(i))), static_cast<Op>(i));
  }
  EXPECT_EQ(op_of_handler(0), Op::kCount);
}

std::vector<uint32_t> jumps(Op op, const Word* pc) {
  std::vector<uint32_t> found;
  for_each_jump(op, pc, [&](uint32_t distance) { found.push_back(distance); });
  return found;
}

TEST(Stream, EveryArmOfASwitchIsAJump) {
  const Word two = Word{2} << 32;
  const std::array<Word, 7> by_number = {0, two, 9, 10, 11};
  EXPECT_EQ(jumps(Op::kSwitch, by_number.data()), (std::vector<uint32_t>{9, 10, 11}));
  EXPECT_EQ(instruction_words(Op::kSwitch, by_number.data()), 5u);
  const std::array<Word, 7> by_key = {0, two, 9, 100, 200, 10, 11};
  EXPECT_EQ(jumps(Op::kTabSwitch, by_key.data()), (std::vector<uint32_t>{9, 10, 11}));
  EXPECT_EQ(instruction_words(Op::kTabSwitch, by_key.data()), 7u);
}

TEST(Stream, AnInstructionHasARecordIfItSuspends) {
  for (size_t i = 0; i < static_cast<size_t>(Op::kCount); ++i) {
    const Op op = static_cast<Op>(i);
    EXPECT_EQ(layout_of(op).record != 0, suspends(op)) << op_name(op);
  }
}

TEST(Stream, AnInstructionIsAsLongAsWhatItListsMakesIt) {
  const Word three = 3;
  const Word three_high = three << 32;
  const auto words = [](Op op, Word counts) {
    const std::array<Word, 2> start = {0, counts};
    return instruction_words(op, start.data());
  };
  EXPECT_EQ(words(Op::kMove, three), 2u);
  EXPECT_EQ(words(Op::kLazyAdd, three_high), 4u);
  EXPECT_EQ(words(Op::kIfEqual, three), 5u);
  EXPECT_EQ(words(Op::kRow, three_high), 4u);
  EXPECT_EQ(words(Op::kClosure, three_high), 6u);
  EXPECT_EQ(words(Op::kCall, three), 5u);
  EXPECT_EQ(words(Op::kTailCall, three), 5u);
  EXPECT_EQ(words(Op::kSelfTail, three), 6u);
  EXPECT_EQ(words(Op::kCallKnown, three), 7u);
  EXPECT_EQ(words(Op::kJet, three), 8u);
}

TEST(Stream, TheRecordIsWhereTheLayoutHasIt) {
  const std::array<Word, 6> words = {0, 0, 16, 24, 32, 40};
  EXPECT_EQ(frame_record(Op::kForce, words.data()), info_of(16));
  EXPECT_EQ(frame_record(Op::kMul, words.data()), info_of(24));
  EXPECT_EQ(frame_record(Op::kJet, words.data()), info_of(32));
  EXPECT_EQ(frame_record(Op::kTailKnown, words.data()), nullptr);
}

TEST(Stream, WhatGoesOnHasNoJumps) {
  const std::array<Word, 4> words{};
  EXPECT_TRUE(jumps(Op::kAdd, words.data()).empty());
  EXPECT_TRUE(jumps(Op::kRet, words.data()).empty());
}

}  // namespace
}  // namespace plan::vm
