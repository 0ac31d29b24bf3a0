// base/mapped_file_test.cc: files that shrink and grow under their mappings, and foreign signals.
#include "base/mapped_file.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

#include "base/memory_map.h"

namespace plan {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint64_t kPageBytes = 4096;
constexpr uint64_t kFileBytes = 64 * kPageBytes;

/// A file without a name.
class TestFile {
 public:
  explicit TestFile(const Bytes& bytes = {}) {
    std::string name = testing::TempDir() + "mapped_file_XXXXXX";
    descriptor_ = mkstemp(name.data());
    EXPECT_GE(descriptor_, 0);
    unlink(name.c_str());
    write(0, bytes);
  }
  ~TestFile() { close(descriptor_); }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;

  int descriptor() const { return descriptor_; }
  void write(uint64_t offset, const Bytes& bytes) {
    EXPECT_EQ(pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset)),
              static_cast<ssize_t>(bytes.size()));
  }
  void cut(uint64_t bytes) { EXPECT_EQ(ftruncate(descriptor_, static_cast<off_t>(bytes)), 0); }
  std::unique_ptr<MappedFile> map() const {
    Result<std::unique_ptr<MappedFile>> mapped = MappedFile::map(descriptor_);
    EXPECT_TRUE(mapped.has_value());
    return mapped ? std::move(*mapped) : nullptr;
  }

 private:
  int descriptor_ = -1;
};

Bytes some_bytes(uint64_t count) {
  Bytes bytes(count);
  for (uint64_t i = 0; i < count; ++i) bytes[i] = static_cast<uint8_t>(i * 7 + i / kPageBytes);
  return bytes;
}

TEST(MappedFile, CopiesWhatIsInTheFile) {
  const Bytes bytes = some_bytes(kFileBytes);
  const TestFile file(bytes);
  const auto mapped = file.map();
  Bytes all(kFileBytes);
  EXPECT_TRUE(mapped->copy(0, all));
  EXPECT_EQ(all, bytes);
  std::array<uint8_t, 10> part{};
  EXPECT_TRUE(mapped->copy(kPageBytes - 5, part));
  EXPECT_TRUE(std::equal(part.begin(), part.end(), bytes.begin() + kPageBytes - 5));
}

TEST(MappedFile, WhatIsBehindTheEndIsNotCopied) {
  const TestFile file(some_bytes(kPageBytes));
  const auto mapped = file.map();
  std::array<uint8_t, 2> to{};
  EXPECT_FALSE(mapped->copy(kPageBytes, to));
  EXPECT_FALSE(mapped->copy(kPageBytes - 1, to));
  EXPECT_FALSE(mapped->copy(uint64_t{1} << 30, to));
  EXPECT_FALSE(mapped->copy(~uint64_t{0}, to));
  EXPECT_TRUE(mapped->copy(kPageBytes - 2, to));
}

TEST(MappedFile, AnEmptyFileHasNothing) {
  TestFile file;
  const auto mapped = file.map();
  std::array<uint8_t, 1> to{};
  EXPECT_FALSE(mapped->copy(0, to));
  EXPECT_TRUE(mapped->copy(0, {}));
}

TEST(MappedFile, WhatIsCutOffIsAFailedCopyAndTheRestIsNot) {
  const Bytes bytes = some_bytes(kFileBytes);
  TestFile file(bytes);
  const auto mapped = file.map();
  Bytes all(kFileBytes);
  EXPECT_TRUE(mapped->copy(0, all));
  for (uint64_t pages = kFileBytes / kPageBytes; pages-- > 0;) {
    file.cut(pages * kPageBytes);
    EXPECT_FALSE(mapped->copy(0, all)) << pages;
    Bytes rest(pages * kPageBytes);
    EXPECT_TRUE(mapped->copy(0, rest)) << pages;
    EXPECT_TRUE(std::equal(rest.begin(), rest.end(), bytes.begin())) << pages;
  }
}

TEST(MappedFile, WhatIsAppendedIsFound) {
  TestFile file;
  const auto mapped = file.map();
  const Bytes bytes = some_bytes(kFileBytes);
  // Beyond the first mapping, more than once.
  for (uint64_t at = 0; at < 5 * kMappedBytesMin; at += kFileBytes) {
    file.write(at, bytes);
    Bytes copy(kFileBytes);
    ASSERT_TRUE(mapped->copy(at, copy));
    EXPECT_EQ(copy, bytes);
  }
}

TEST(MappedFile, WhatCannotBeMappedIsAnError) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto mapped = MappedFile::map(ends[0]);
  ASSERT_FALSE(mapped.has_value());
  EXPECT_EQ(mapped.error().name, "io");
  close(ends[0]);
  close(ends[1]);
}

// Each thread copies from a file of its own while another thread cuts all of them.
TEST(MappedFile, ThreadsFailEachForItself) {
  constexpr size_t kThreads = 3;
  constexpr int kRounds = 300;
  TestFile files[kThreads];
  const Bytes bytes = some_bytes(kFileBytes);
  std::atomic<size_t> running{kThreads};
  std::array<std::atomic<uint64_t>, kThreads> failed{};
  std::vector<std::thread> threads;
  for (size_t k = 0; k < kThreads; ++k) {
    threads.emplace_back([&, k] {
      const auto mapped = files[k].map();
      Bytes all(kFileBytes);
      for (int round = 0; round < kRounds || failed[k] == 0; ++round) {
        if (!mapped->copy(0, all)) ++failed[k];
      }
      --running;
    });
  }
  while (running != 0) {
    for (TestFile& file : files) file.write(0, bytes);
    for (TestFile& file : files) file.cut(kPageBytes);
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& count : failed) EXPECT_GT(count, 0u);
}

/// Touches a page that is gone, through a mapping that is nobody's copy.
void touch_lost_page() {
  TestFile file(some_bytes(kPageBytes));
  const auto* at = static_cast<const volatile uint8_t*>(map_file(file.descriptor(), kPageBytes));
  file.cut(0);
  static_cast<void>(*at);
}

/// A copy that fails, so that the handler is there and has been of use.
void fail_a_copy() {
  TestFile file;
  const auto mapped = file.map();
  std::array<uint8_t, 1> to{};
  EXPECT_FALSE(mapped->copy(0, to));
}

class MappedFileDeathTest : public testing::Test {
 protected:
  // In a process that has no mapping yet.
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(MappedFileDeathTest, AFaultElsewhereEndsTheProcess) {
  EXPECT_DEATH({ fail_a_copy(); touch_lost_page(); }, "");
}

TEST_F(MappedFileDeathTest, ASignalThatIsSentEndsTheProcess) {
  EXPECT_DEATH({ fail_a_copy(); raise(SIGBUS); }, "");
}

TEST_F(MappedFileDeathTest, AFaultThatIsIgnoredEndsTheProcess) {
  EXPECT_DEATH({ std::signal(SIGBUS, SIG_IGN); fail_a_copy(); touch_lost_page(); }, "");
}

TEST_F(MappedFileDeathTest, ASignalThatIsSentAndIgnoredIsIgnored) {
  EXPECT_EXIT({ std::signal(SIGBUS, SIG_IGN); fail_a_copy(); raise(SIGBUS); _exit(3); },
              testing::ExitedWithCode(3), "");
}

TEST_F(MappedFileDeathTest, WhoeverHadTheSignalBeforeGetsItElsewhere) {
  EXPECT_EXIT({ std::signal(SIGBUS, [](int) { _exit(7); }); fail_a_copy(); touch_lost_page(); },
              testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace plan
