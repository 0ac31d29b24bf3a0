// jit/code_cache_test.cc: the file of kept code: what is whole is found, and nothing else.
#include "jit/code_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "jit/cache_folder.h"

namespace plan::jit {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint64_t kSubject = 3;

Hash256 key_of(uint64_t n) {
  return blake3({reinterpret_cast<const uint8_t*>(&n), sizeof n});
}
Bytes payload_of(uint64_t n) { return Bytes(100 + n % 50, static_cast<uint8_t>(n)); }

class CodeCacheTest : public testing::Test {
 protected:
  std::unique_ptr<CodeCache> open(uint64_t bytes_max = kCodeFileBytesMax) {
    Result<std::unique_ptr<CodeCache>> cache = CodeCache::open(folder_, build_, bytes_max);
    EXPECT_TRUE(cache.has_value()) << (cache ? "" : cache.error().message);
    return cache ? std::move(*cache) : nullptr;
  }
  /// The error's message; empty if it can be opened.
  std::string why_not(const std::string& folder) {
    Result<std::unique_ptr<CodeCache>> cache = CodeCache::open(folder, build_);
    return cache ? "" : cache.error().message;
  }
  void write(uint64_t count) {
    const auto cache = open();
    for (uint64_t n = 0; n < count; ++n) cache->add(key_of(n), kSubject, payload_of(n));
  }
  /// How many of the first `count` keys are found; what is found must be right.
  static uint64_t found(CodeCache& cache, uint64_t count) {
    uint64_t result = 0;
    for (uint64_t n = 0; n < count; ++n) {
      const auto payload = cache.find(key_of(n));
      if (!payload) continue;
      ++result;
      EXPECT_EQ(*payload, payload_of(n));
    }
    return result;
  }
  uint64_t found(uint64_t count) { return found(*open(), count); }
  std::string file() {
    const std::vector<FileEntry> files = list_files(folder_);
    EXPECT_EQ(files.size(), 1u);
    return files.empty() ? "" : folder_ + "/" + files[0].name;
  }
  Bytes content() { return *read_file(file()); }
  /// Without changing what the file is: owner, mode and inode stay.
  void set_content(const Bytes& bytes) {
    const int fd = ::open(file().c_str(), O_WRONLY | O_TRUNC);
    ASSERT_GE(fd, 0);
    EXPECT_TRUE(write_all(fd, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    close(fd);
  }

  const CacheFolder place_;
  const std::string folder_ = place_.code();
  Hash256 build_ = key_of(1000);
};

TEST_F(CodeCacheTest, WhatOneProcessAddsTheNextFinds) {
  EXPECT_TRUE(open()->empty());
  write(20);
  EXPECT_FALSE(open()->empty());
  EXPECT_EQ(found(20), 20u);
  EXPECT_FALSE(open()->find(key_of(20)).has_value());
}

TEST_F(CodeCacheTest, WhatWasAddedIsFoundByTheSameProcess) {
  const auto cache = open();
  cache->add(key_of(1), kSubject, payload_of(1));
  EXPECT_EQ(found(*cache, 3), 1u);
}

TEST_F(CodeCacheTest, SubjectsAreKnownToTheNextProcess) {
  constexpr uint64_t kOther = 1'000;
  const auto cache = open();
  EXPECT_FALSE(cache->knows(kOther));
  cache->add(key_of(1), kOther, payload_of(1));
  EXPECT_TRUE(cache->knows(kOther));
  EXPECT_TRUE(open()->knows(kOther));
  EXPECT_FALSE(open()->knows(kOther + 1));
}

TEST_F(CodeCacheTest, SubjectsOutliveAFileThatWasFull) {
  {
    const auto cache = open(10'000);
    for (uint64_t n = 0; n < 200; ++n) cache->add(key_of(n), n, payload_of(n));
  }
  const auto cache = open(10'000);
  uint64_t known = 0;
  for (uint64_t n = 0; n < 200; ++n) {
    EXPECT_EQ(cache->knows(n), cache->find(key_of(n)).has_value()) << n;
    known += cache->knows(n) ? 1 : 0;
  }
  EXPECT_GT(known, 0u);
  EXPECT_LT(known, 200u);
}

TEST_F(CodeCacheTest, FolderAndFileAreForTheirOwnerAlone) {
  umask(0);
  write(1);
  struct stat s;
  ASSERT_EQ(stat(folder_.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0700u);
  ASSERT_EQ(stat(file().c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777, 0600u);
  umask(022);
}

// A torn tail, wherever it is torn: what is before it is found, the rest is written again.
TEST_F(CodeCacheTest, AFileThatIsCutKeepsWhatIsWhole) {
  write(3);
  const Bytes whole = content();
  for (size_t size = 0; size < whole.size(); ++size) {
    set_content(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    const uint64_t before = found(3);
    EXPECT_LT(before, 3u);
    write(3);
    EXPECT_EQ(found(3), 3u) << size;
  }
}

TEST_F(CodeCacheTest, AFileThatIsCutUnderAReaderIsAFailedFind) {
  constexpr uint64_t kCount = 200;
  constexpr uint64_t kStep = 1000;  // through several pages
  write(kCount);
  const Bytes whole = content();
  const auto cache = open();
  ASSERT_EQ(found(*cache, kCount), kCount);
  for (uint64_t size = whole.size() / kStep * kStep; size > 0; size -= kStep) {
    ASSERT_EQ(truncate(file().c_str(), static_cast<off_t>(size)), 0);
    EXPECT_LT(found(*cache, kCount), kCount) << size;
  }
  for (uint64_t n = 0; n < kCount; ++n) cache->add(key_of(n), kSubject, payload_of(n));
  EXPECT_EQ(found(*cache, kCount), kCount);
  EXPECT_EQ(found(kCount), kCount);
}

TEST_F(CodeCacheTest, AFileThatIsCutUnderAWriterIsWrittenAgain) {
  write(3);
  const Bytes whole = content();
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto cache = open();
    ASSERT_EQ(truncate(file().c_str(), static_cast<off_t>(size)), 0);
    cache->add(key_of(3), kSubject, payload_of(3));
    EXPECT_EQ(found(*cache, 3) + 1, found(4)) << size;
    write(3);
    EXPECT_EQ(found(4), 4u) << size;
    set_content(whole);
  }
}

TEST_F(CodeCacheTest, AFlippedByteIsNeverBelieved) {
  write(3);
  const Bytes whole = content();
  for (size_t at = 0; at < whole.size(); ++at) {
    Bytes damaged = whole;
    damaged[at] ^= 0x10;
    set_content(damaged);
    EXPECT_LT(found(3), 3u) << at;  // and what is found is right
    write(3);
    EXPECT_EQ(found(3), 3u) << at;
  }
}

TEST_F(CodeCacheTest, GarbageBehindTheRecordsIsCutOff) {
  write(3);
  Bytes more = content();
  const size_t size = more.size();
  more.insert(more.end(), 1000, 0x50);
  set_content(more);
  EXPECT_EQ(found(3), 3u);
  const auto cache = open();
  cache->add(key_of(3), kSubject, payload_of(3));
  EXPECT_EQ(found(4), 4u);
  EXPECT_LT(content().size(), size + 300);
}

TEST_F(CodeCacheTest, AnEmptyFileIsBegunAnew) {
  write(1);
  set_content({});
  EXPECT_EQ(found(1), 0u);
  write(1);
  EXPECT_EQ(found(1), 1u);
}

// The records are good: but for its head, the file could be ours.
TEST_F(CodeCacheTest, AFileOfAnotherVersionIsBegunAnew) {
  constexpr size_t kVersionAt = 8;
  for (const uint64_t version : {uint64_t{0}, uint64_t{1}, uint64_t{2},
                                 uint64_t{kCodeCacheVersion} + 1, ~uint64_t{0}}) {
    write(3);
    open()->add_summaries(std::array{StoredSummary{key_of(3), {1, 2}}});
    const Bytes ours = content();
    Bytes other = ours;
    std::memcpy(other.data() + kVersionAt, &version, sizeof version);
    set_content(other);
    {
      const auto cache = open();
      EXPECT_EQ(found(*cache, 3), 0u) << version;
      EXPECT_TRUE(cache->empty());
      EXPECT_FALSE(cache->knows(kSubject));
      EXPECT_TRUE(cache->find_summary(key_of(3)).empty());
    }
    EXPECT_EQ(content(), other) << version;  // looking changes nothing
    write(1);
    EXPECT_LT(content().size(), ours.size()) << version;
    EXPECT_TRUE(std::equal(ours.begin(), ours.begin() + 48, content().begin())) << version;
    EXPECT_EQ(found(3), 1u) << version;
  }
}

TEST_F(CodeCacheTest, AnotherBuildHasAnotherFile) {
  write(1);
  build_ = key_of(1001);
  EXPECT_EQ(found(1), 0u);
  build_ = key_of(1000);
  EXPECT_EQ(found(1), 1u);
}

TEST_F(CodeCacheTest, AFileUnderTheNameOfAnotherBuildIsBegunAnew) {
  write(1);
  const Bytes ours = content();
  remove_file(file());
  build_ = key_of(1001);
  write(1);
  set_content(ours);
  EXPECT_EQ(found(1), 0u);
  write(1);
  EXPECT_EQ(found(1), 1u);
}

TEST_F(CodeCacheTest, OnlyAFewFilesOfOtherBuildsStay) {
  for (uint64_t n = 0; n < 10; ++n) {
    build_ = key_of(2000 + n);
    write(1);
  }
  EXPECT_EQ(list_files(folder_).size(), kCodeFilesKept + 1);
  EXPECT_EQ(found(1), 1u);
}

TEST_F(CodeCacheTest, WhatOthersCanReachIsNotUsed) {
  write(1);
  chmod(folder_.c_str(), 0777);
  EXPECT_NE(why_not(folder_).find("other users have access"), std::string::npos);
  chmod(folder_.c_str(), 0700);
  chmod(file().c_str(), 0620);
  EXPECT_NE(why_not(folder_).find("other users have access"), std::string::npos);
  chmod(file().c_str(), 0600);
  EXPECT_EQ(found(1), 1u);
}

TEST_F(CodeCacheTest, LinksAreNotFollowed) {
  write(1);
  const std::string link = place_.root() + "/other";
  ASSERT_EQ(symlink(folder_.c_str(), link.c_str()), 0);
  EXPECT_NE(why_not(link), "");
  EXPECT_EQ(unlink(link.c_str()), 0);
  const std::string name = file();
  ASSERT_EQ(rename(name.c_str(), (place_.root() + "/moved").c_str()), 0);
  ASSERT_EQ(symlink((place_.root() + "/moved").c_str(), name.c_str()), 0);
  EXPECT_NE(why_not(folder_).find("it is a link"), std::string::npos);
}

TEST_F(CodeCacheTest, AFileInPlaceOfTheFolderIsNotUsed) {
  ASSERT_TRUE(replace_file(folder_, Bytes(10, 1)));
  EXPECT_NE(why_not(folder_), "");
}

TEST_F(CodeCacheTest, AFolderInPlaceOfTheFileIsNotUsed) {
  write(1);
  const std::string name = file();
  remove_file(name);
  mkdir(name.c_str(), 0700);
  EXPECT_NE(why_not(folder_), "");
  rmdir(name.c_str());
}

TEST_F(CodeCacheTest, AFileThatMayNotBeWrittenIsRead) {
  write(3);
  chmod(file().c_str(), 0400);
  const auto cache = open();
  cache->add(key_of(3), kSubject, payload_of(3));
  EXPECT_EQ(found(*cache, 3), 3u);
  if (geteuid() != 0) EXPECT_FALSE(open()->find(key_of(3)).has_value());
}

TEST_F(CodeCacheTest, AFullDiskLeavesWhatWasThere) {
  write(3);
  const auto cache = open();
  // As on a full disk: the write stops in the middle of the record.
  struct rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const struct rlimit small = {content().size() + 50, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  cache->add(key_of(3), kSubject, payload_of(3));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(content().size(), small.rlim_cur - 50);
  EXPECT_EQ(found(*cache, 4), 3u);
  cache->add(key_of(4), kSubject, payload_of(4));  // it has given up
  EXPECT_EQ(found(5), 3u);
}

TEST_F(CodeCacheTest, AFullFileKeepsWhatThisProcessUsed) {
  constexpr uint64_t kBytesMax = 8192;
  {
    const auto cache = open(kBytesMax);
    for (uint64_t n = 0; n < 30; ++n) cache->add(key_of(n), kSubject, payload_of(n));
  }
  const auto cache = open(kBytesMax);
  EXPECT_EQ(found(*cache, 5), 5u);
  for (uint64_t n = 100; n < 120; ++n) cache->add(key_of(n), kSubject, payload_of(n));
  EXPECT_LE(content().size(), kBytesMax);
  const auto after = open(kBytesMax);
  EXPECT_EQ(found(*after, 5), 5u);
  EXPECT_FALSE(after->find(key_of(20)).has_value());
  EXPECT_TRUE(after->find(key_of(119)).has_value());
}

TEST_F(CodeCacheTest, ForEverFullItStaysBelowItsBound) {
  constexpr uint64_t kBytesMax = 4096;
  const auto cache = open(kBytesMax);
  for (uint64_t n = 0; n < 500; ++n) {
    cache->add(key_of(n), kSubject, payload_of(n));
    EXPECT_LE(content().size(), kBytesMax);
    EXPECT_TRUE(cache->find(key_of(n)).has_value()) << n;
  }
}

TEST_F(CodeCacheTest, AnImageLargerThanTheFileIsNotKept) {
  const auto cache = open(4096);
  cache->add(key_of(0), kSubject, Bytes(5000, 1));
  EXPECT_FALSE(cache->find(key_of(0)).has_value());
  EXPECT_LE(content().size(), 4096u);
}

// --- Summaries.

Bytes summary_of(uint64_t n) { return Bytes(10 + n % 20, static_cast<uint8_t>(n + 1)); }

/// `count` of them, from `first` on, as one record.
void add_summaries(CodeCache& cache, uint64_t first, uint64_t count) {
  std::vector<StoredSummary> summaries;
  for (uint64_t n = first; n < first + count; ++n) summaries.push_back({key_of(n), summary_of(n)});
  cache.add_summaries(summaries);
}
/// How many of the first `count` there are; those must be right.
uint64_t summaries_found(CodeCache& cache, uint64_t count) {
  uint64_t result = 0;
  for (uint64_t n = 0; n < count; ++n) {
    const Bytes bytes = cache.find_summary(key_of(n));
    if (bytes.empty()) continue;
    ++result;
    EXPECT_EQ(bytes, summary_of(n));
  }
  return result;
}

TEST_F(CodeCacheTest, SummariesAreFoundByThisProcessAndTheNext) {
  const auto cache = open();
  EXPECT_EQ(summaries_found(*cache, 10), 0u);
  add_summaries(*cache, 0, 6);
  add_summaries(*cache, 6, 4);
  EXPECT_EQ(summaries_found(*cache, 11), 10u);
  EXPECT_EQ(summaries_found(*open(), 11), 10u);
}

TEST_F(CodeCacheTest, SummariesAreNoCode) {
  const auto cache = open();
  add_summaries(*cache, 0, 5);
  EXPECT_TRUE(cache->empty());
  EXPECT_TRUE(open()->empty());
  EXPECT_FALSE(open()->knows(0));
  EXPECT_FALSE(open()->find(key_of(0)).has_value());
  EXPECT_FALSE(open()->find(Hash256{}).has_value());
  write(3);
  EXPECT_TRUE(open()->find_summary(key_of(5)).empty());
  EXPECT_EQ(found(5), 3u);
}

TEST_F(CodeCacheTest, TheLastSummaryUnderAKeyIsTheOneThatCounts) {
  add_summaries(*open(), 0, 3);
  const std::vector<StoredSummary> other = {{key_of(1), Bytes(7, 9)}};
  const auto cache = open();
  cache->add_summaries(other);
  EXPECT_EQ(cache->find_summary(key_of(1)), other[0].bytes);
  EXPECT_EQ(open()->find_summary(key_of(1)), other[0].bytes);
  EXPECT_EQ(open()->find_summary(key_of(2)), summary_of(2));
}

TEST_F(CodeCacheTest, ADamagedRecordOfSummariesIsIgnoredAndTheOthersAreNot) {
  add_summaries(*open(), 0, 1);
  const Bytes small = content();
  add_summaries(*open(), 1, 2);
  write(3);
  const Bytes whole = content();
  constexpr size_t kHeadBytes = 80;
  // The key and the bytes of the first record's only summary, and the size between them.
  for (size_t at = small.size() - sizeof(Hash256) - 2 - summary_of(0).size(); at < small.size();
       ++at) {
    ASSERT_GT(at, kHeadBytes);
    Bytes damaged = whole;
    damaged[at] ^= 0x10;
    set_content(damaged);
    const auto cache = open();
    EXPECT_EQ(summaries_found(*cache, 3), 2u) << at;
    EXPECT_EQ(found(*cache, 3), 3u) << at;
    add_summaries(*cache, 0, 1);
    EXPECT_EQ(summaries_found(*open(), 3), 3u) << at;
  }
}

TEST_F(CodeCacheTest, AFlippedByteInSummariesIsNeverBelieved) {
  add_summaries(*open(), 0, 3);
  const Bytes whole = content();
  for (size_t at = 0; at < whole.size(); ++at) {
    Bytes damaged = whole;
    damaged[at] ^= 0x10;
    set_content(damaged);
    EXPECT_EQ(summaries_found(*open(), 3), 0u) << at;
  }
}

TEST_F(CodeCacheTest, SummariesWithoutEndStayBelowTheBound) {
  constexpr uint64_t kBytesMax = 16'384;
  const auto cache = open(kBytesMax);
  write(3);
  EXPECT_EQ(found(*cache, 3), 0u);
  for (uint64_t n = 0; n < 300; ++n) {
    add_summaries(*cache, n * 3, 3);
    EXPECT_LE(content().size(), kBytesMax);
  }
  // The code that this process has not used is gone for them.
  EXPECT_EQ(found(*open(kBytesMax), 3), 0u);
}

TEST_F(CodeCacheTest, AFullFileKeepsTheSummariesThatWereUsed) {
  constexpr uint64_t kBytesMax = 16'384;
  add_summaries(*open(kBytesMax), 0, 20);
  {
    const auto cache = open(kBytesMax);
    EXPECT_EQ(summaries_found(*cache, 5), 5u);
    for (uint64_t n = 100; n < 300; ++n) cache->add(key_of(n), kSubject, payload_of(n));
  }
  EXPECT_EQ(summaries_found(*open(kBytesMax), 20), 5u);
}

TEST_F(CodeCacheTest, SeveralProcessesAddToOneFile) {
  constexpr uint64_t kEach = 100;
  std::vector<pid_t> children;
  for (uint64_t child = 0; child < 4; ++child) {
    const pid_t pid = fork();
    if (pid == 0) {
      const auto cache = open();
      for (uint64_t n = 0; n < kEach; ++n) {
        cache->add(key_of(child * kEach + n), kSubject, payload_of(child * kEach + n));
      }
      // The file was locked by another at the last one: every further one tries again.
      while (!open()->find(key_of(child * kEach + kEach - 1))) {
        cache->add(key_of(10'000 + child), kSubject, payload_of(child));
      }
      _exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) waitpid(pid, nullptr, 0);
  EXPECT_EQ(found(4 * kEach), 4 * kEach);
}

TEST_F(CodeCacheTest, AKilledWriterLeavesAFileThatWorks) {
  for (uint64_t round = 0; round < 20; ++round) {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t pid = fork();
    if (pid == 0) {
      const auto cache = open();
      for (uint64_t n = round * 1000;; ++n) {
        cache->add(key_of(n), kSubject, Bytes(10'000, static_cast<uint8_t>(n)));
        if (n % 1000 == round && ::write(ready[1], "x", 1) != 1) _exit(1);
      }
    }
    char byte = 0;
    ASSERT_EQ(read(ready[0], &byte, 1), 1);
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    close(ready[0]);
    close(ready[1]);
    const auto cache = open();
    EXPECT_TRUE(cache->find(key_of(round * 1000)).has_value());
    cache->add(key_of(1'000'000 + round), kSubject, payload_of(round));
    EXPECT_TRUE(open()->find(key_of(1'000'000 + round)).has_value());
  }
}

TEST_F(CodeCacheTest, ARemovedFolderIsNoTrouble) {
  const auto cache = open();
  cache->add(key_of(0), kSubject, payload_of(0));
  remove_file(file());
  cache->add(key_of(1), kSubject, payload_of(1));
  EXPECT_EQ(found(*cache, 2), 1u);
  remove_file(file());
  rmdir(folder_.c_str());
  cache->add(key_of(2), kSubject, payload_of(2));
  EXPECT_EQ(found(*cache, 0), 0u);
}

}  // namespace
}  // namespace plan::jit
