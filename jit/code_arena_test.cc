// jit/code_arena_test.cc: chunks of code memory.
#include "jit/code_arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include <sys/prctl.h>
#include <unistd.h>

namespace plan::jit {
namespace {

TEST(CodeArena, WhatIsWrittenAtOneAddressIsReadAtTheOther) {
  const auto arena = CodeArena::create(1 << 16);
  char* at = arena->allocate(100);
  ASSERT_NE(at, nullptr);
  arena->writable(at)[99] = 42;
  EXPECT_EQ(at[99], 42);
}

TEST(CodeArena, HandsOutAllOfItAndNotMore) {
  const auto arena = CodeArena::create(1 << 16);
  for (uint64_t k = 0; k < (1 << 16) / kCodeAlignment; ++k) EXPECT_NE(arena->allocate(1), nullptr);
  EXPECT_EQ(arena->allocate(1), nullptr);
  EXPECT_EQ(arena->used_bytes(), arena->bytes());
}

TEST(CodeArena, ChunksGivenBackInAnyOrderBecomeOne) {
  const auto arena = CodeArena::create(1 << 16);
  std::vector<char*> chunks;
  for (uint64_t k = 0; k < 16; ++k) chunks.push_back(arena->allocate(1 << 12));
  // Every other one first, then those between them.
  for (uint64_t k = 0; k < 16; k += 2) arena->release(chunks[k], 1 << 12);
  EXPECT_EQ(arena->allocate(1 << 13), nullptr);
  for (uint64_t k = 15; k < 16; k -= 2) arena->release(chunks[k], 1 << 12);
  EXPECT_EQ(arena->used_bytes(), 0u);
  EXPECT_NE(arena->allocate(1 << 16), nullptr);
}

TEST(CodeArena, AChunkThatWasGivenBackIsUsedAgain) {
  const auto arena = CodeArena::create(1 << 16);
  char* first = arena->allocate(200);
  char* second = arena->allocate(200);
  arena->release(first, 200);
  EXPECT_EQ(arena->allocate(150), first);
  EXPECT_TRUE(arena->contains(second));
  EXPECT_FALSE(arena->contains(arena.get()));
}

TEST(CodeArena, NeedsNoMemoryThatBecomesExecutable) {
#if defined(__x86_64__)
  // As services are run: prctl PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN; Linux 6.3.
  constexpr int kRefuseExecutable = 65;
  constexpr int kNotThere = 77;
  const auto run = [] {
    if (prctl(kRefuseExecutable, 1, 0, 0, 0) != 0) _exit(kNotThere);
    const auto arena = CodeArena::create(1 << 16);
    if (arena == nullptr) _exit(1);
    constexpr uint8_t kReturn42[] = {0xb8, 42, 0, 0, 0, 0xc3};
    char* at = arena->allocate(sizeof kReturn42);
    std::memcpy(arena->writable(at), kReturn42, sizeof kReturn42);
    _exit(reinterpret_cast<int (*)()>(at)());
  };
  EXPECT_EXIT(run(),
              [](int status) {
                return WIFEXITED(status) &&
                       (WEXITSTATUS(status) == 42 || WEXITSTATUS(status) == kNotThere);
              },
              "");
#endif
}

TEST(CodeArena, ThatTheSystemRefusesIsNone) {
  EXPECT_EQ(CodeArena::create(uint64_t{1} << 60), nullptr);
}

}  // namespace
}  // namespace plan::jit
