// vm/stream_test.cc: instructions are known by their handlers, and so are their jumps. That their
// lengths are what the encoder makes is asserted there, for every instruction.
#include "vm/stream.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

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

TEST(Stream, WhatGoesOnHasNoJumps) {
  const std::array<Word, 4> words{};
  EXPECT_TRUE(jumps(Op::kAdd, words.data()).empty());
  EXPECT_TRUE(jumps(Op::kRet, words.data()).empty());
}

}  // namespace
}  // namespace plan::vm
