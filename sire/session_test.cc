// sire/session_test.cc: modules from files, the cache, the prompt, and where errors are.
#include "base/file.h"
#include "gc/hash.h"
#include "sire/place.h"
#include "sire/prompt.h"
#include "sire/sire_test.h"

#include <cstdlib>
#include <filesystem>

namespace plan::sire {

namespace {

/// Works in a folder of its own, which has a folder `sire`.
class Modules : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/palladium_test_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(folder_);
    std::filesystem::create_directory("sire");
    write("one", "#### one\n\n= a 1\n= (f x)\n| 3 x\n");
    write("two", "#### two <- one\n\n:| one\n\n= b (f a)\n");
    write("three", "#### three <- two\n\n:| two\n\n= c (. one f)\n= d (c b)\n");
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(folder_);
  }

  static void write(const std::string& module, std::string_view text) {
    const auto* first = reinterpret_cast<const uint8_t*>(text.data());
    ASSERT_TRUE(replace_file("sire/" + module + ".sire", {first, text.size()}).has_value());
  }

  SessionOptions options(bool cached) const {
    SessionOptions result;
    result.console.quiet = true;
    if (cached) result.cache_folder = folder_ + "/cache";
    return result;
  }

  struct Loaded {
    LoadStatus status = LoadStatus::kLoaded;
    std::string message;
    Hash256 state{};
    std::vector<std::string> ran;  ///< modules that were not in the cache
  };
  static bool note(void* loaded, Context&, const ModuleSource& module) {
    static_cast<Loaded*>(loaded)->ran.push_back(module.name);
    return true;
  }

  Loaded load(const std::string& module, bool cached = false) {
    Loaded result;
    Session session(options(cached));
    session.observe_modules({note, &result});
    const LoadResult loaded = session.load(module);
    result.status = loaded.status;
    result.message = loaded.message;
    if (result.status == LoadStatus::kLoaded) {
      Result<Hash256> hash = gc::plan_hash(session.context().state.row());
      EXPECT_TRUE(hash.has_value());
      if (hash) result.state = *hash;
    }
    return result;
  }

  std::string folder_;
  std::filesystem::path before_;
};

using Names = std::vector<std::string>;

TEST_F(Modules, RunFromTheStartOfTheirChain) {
  const Loaded loaded = load("three");
  EXPECT_EQ(loaded.status, LoadStatus::kLoaded) << loaded.message;
  EXPECT_EQ(loaded.ran, (Names{"one", "two", "three"}));
}

TEST_F(Modules, MustNotComeBeforeThemselves) {
  write("one", "#### one <- three\n");
  const Loaded loaded = load("three");
  EXPECT_EQ(loaded.status, LoadStatus::kNoSource);
  EXPECT_EQ(loaded.message, "module three comes before itself: the chain of three has no start");
}

TEST_F(Modules, MustExist) {
  EXPECT_EQ(load("four").status, LoadStatus::kNoSource);
}

TEST_F(Modules, MustBeginWithTheirDeclaration) {
  write("bad", "= a 1\n");
  EXPECT_EQ(load("bad").status, LoadStatus::kFailed);
  write("bad", "");
  EXPECT_EQ(load("bad").status, LoadStatus::kFailed);
  write("bad", "#### a b c\n");
  EXPECT_EQ(load("bad").status, LoadStatus::kFailed);
  write("bad", "#### a (\n");
  EXPECT_EQ(load("bad").status, LoadStatus::kBadRex);
}

TEST(ModuleArgument, IsANameInTheUsualFolders) {
  for (const char* good : {"foo", "foo.sire", "./foo", "sire/foo.sire", "./sire/foo"}) {
    Result<std::string> module = module_of_argument(good);
    ASSERT_TRUE(module.has_value()) << good;
    EXPECT_EQ(*module, "foo");
  }
  for (const char* bad : {"", "a/foo", "foo.txt", "foo.bar.sire", "/foo", "../sire/foo", "sire/"}) {
    EXPECT_FALSE(module_of_argument(bad).has_value()) << bad;
  }
}

// --- The cache.

TEST_F(Modules, LeaveTheSameStateFromTheCache) {
  const Loaded cold = load("three");
  const Loaded first = load("three", true);
  const Loaded second = load("three", true);
  EXPECT_EQ(first.ran.size(), 3u);
  EXPECT_EQ(second.ran, Names{});
  EXPECT_EQ(first.state, cold.state);
  EXPECT_EQ(second.state, cold.state);
}

TEST_F(Modules, RunAgainFromTheFirstThatChanged) {
  load("three", true);
  write("two", "#### two <- one\n\n:| one\n\n= b (f 7)\n");
  EXPECT_EQ(load("three", true).ran, (Names{"two", "three"}));
  EXPECT_EQ(load("three", true).state, load("three").state);
}

TEST_F(Modules, ContinueFromCachedOnesWithTheSameResult) {
  load("two", true);
  const Loaded loaded = load("three", true);
  EXPECT_EQ(loaded.ran, Names{"three"});
  EXPECT_EQ(loaded.state, load("three").state);
}

TEST_F(Modules, RunAgainWhereTheCacheIsDamaged) {
  const Loaded cold = load("three", true);
  for (const FileEntry& file : list_files(folder_ + "/cache")) {
    const std::string path = folder_ + "/cache/" + file.name;
    Result<std::vector<uint8_t>> bytes = read_file(path);
    ASSERT_TRUE(bytes.has_value());
    for (const size_t keep : {size_t{0}, size_t{50}, bytes->size() / 2, bytes->size() - 1}) {
      ASSERT_TRUE(replace_file(path, std::span(*bytes).first(keep)).has_value());
      EXPECT_EQ(load("three", true).state, cold.state);
    }
    for (const size_t at : {size_t{9}, size_t{30}, size_t{70}, bytes->size() - 9}) {
      std::vector<uint8_t> damaged = *bytes;
      damaged[at] ^= 0x40;
      ASSERT_TRUE(replace_file(path, damaged).has_value());
      EXPECT_EQ(load("three", true).state, cold.state);
    }
  }
}

TEST_F(Modules, DoNotMixFilesOfDifferentRuns) {
  load("three", true);
  for (const FileEntry& file : list_files(folder_ + "/cache")) {
    const std::string path = folder_ + "/cache/" + file.name;
    Result<std::vector<uint8_t>> kept = read_file(path);
    ASSERT_TRUE(kept.has_value());
    std::filesystem::remove_all(folder_ + "/cache");
    std::filesystem::create_directory(folder_ + "/cache");
    ASSERT_TRUE(replace_file(path, *kept).has_value());
    EXPECT_EQ(load("three", true).state, load("three").state);
    std::filesystem::remove_all(folder_ + "/cache");
    load("three", true);
  }
}

TEST_F(Modules, KeepWhatIsNoFileOfTheCacheWhereItIsPruned) {
  load("one", true);
  std::filesystem::create_directory(folder_ + "/cache/folder");
  // Files with holes, of which nothing is on the disk.
  const std::string stranger = folder_ + "/cache/photo.module";
  const std::string left_over =
      folder_ + "/cache/6ShndPD57UYnaNiVcGCoDtTD3DMAZwzazpqo3gsFHm3H.module.Ab12Cd";
  for (const std::string& path : {stranger, left_over}) {
    const uint8_t byte[] = {0};
    ASSERT_TRUE(replace_file(path, byte).has_value());
    std::filesystem::resize_file(path, kCacheBytesMax);
    std::filesystem::last_write_time(
        path, std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }
  load("two", true);
  EXPECT_TRUE(std::filesystem::exists(stranger));
  EXPECT_FALSE(std::filesystem::exists(left_over));
  EXPECT_EQ(load("two", true).ran, Names{});
}

TEST_F(Modules, LoadWithoutACacheThatCannotBeWritten) {
  write("../cache", "a file where the folder should be");
  std::filesystem::rename("cache.sire", "cache");
  EXPECT_EQ(load("three", true).status, LoadStatus::kLoaded);
}

// --- The prompt.

class Prompt : public SireTest {
 protected:
  void SetUp() override { ASSERT_TRUE(session_.begin_prompt("")); }
};

TEST_F(Prompt, KeepsTheStateBeforeABlockThatFails) {
  session_.feed_line("= a 1");
  session_.feed_line("");
  session_.feed_line("* = a 2");
  session_.feed_line("* = b turn");
  session_.feed_line("");
  EXPECT_EQ(session_.find("a"), small_nat(1));
  session_.feed_line("= c 3");
  session_.end_input();
  EXPECT_EQ(session_.find("c"), small_nat(3));
}

TEST_F(Prompt, WaitsForTheRestOfABlockThatBeganWithARune) {
  session_.feed_line("= a");
  EXPECT_TRUE(session_.is_inside_block());
  session_.feed_line("| 3 4");
  EXPECT_TRUE(session_.is_inside_block());
  session_.feed_line("");
  EXPECT_FALSE(session_.is_inside_block());
  EXPECT_EQ(session_.find("a"), small_nat(5));
}

TEST_F(Prompt, GoesOnAfterAnInterrupt) {
  session_.request_interrupt();
  session_.feed_line("= a 1");
  session_.end_input();
  EXPECT_FALSE(session_.find("a").has_value());
  session_.feed_line("= a 1");
  session_.end_input();
  EXPECT_EQ(session_.find("a"), small_nat(1));
}

TEST_F(Prompt, CompletesNamesInScope) {
  for (const char* line : {"= banana 1", "= band 2", "= cherry 3"}) session_.feed_line(line);
  session_.end_input();
  EXPECT_EQ(complete(session_, "| che").addition, "rry ");
  EXPECT_EQ(complete(session_, "(b").addition, "an");
  EXPECT_EQ(complete(session_, "(ban").addition, "");
  EXPECT_EQ(complete(session_, "(ban").choices, (Names{"banana", "band"}));
  EXPECT_EQ(complete(session_, "(x").choices, Names{});
  EXPECT_EQ(complete(session_, "( ").choices, Names{});
}

// --- Places.

std::string place_of(std::string_view text, const std::vector<std::string>& words) {
  const std::vector<rex::Block> blocks = rex::read_text(text);
  return describe_place("f.sire", blocks.back(), "because", words);
}

TEST(Place, IsTheWordItselfInItsLine) {
  EXPECT_EQ(place_of("= a 1\n\n= (f turning)\n| g turn\n", {"turn"}),
            "f.sire:4:5: because\n    | g turn\n        ^^^^\n");
}

TEST(Place, IsWhereTheWordsStandClosestTogether) {
  EXPECT_EQ(place_of("| f (g b a)\n| g a b\n", {"g", "a"}),
            "f.sire:2:3: because\n    | g a b\n      ^\n");
}

TEST(Place, IsTheStartOfTheBlockIfTheWordsAreNotThere) {
  EXPECT_EQ(place_of("\n  = x 1\n", {"made", "up"}),
            "f.sire:2:3: because\n      = x 1\n      ^^^^^\n");
}

TEST(Place, CountsCharactersForTheMarkerAndBytesForTheColumn) {
  EXPECT_EQ(place_of("| {\xC3\xA9} turn\n", {"turn"}),
            "f.sire:1:8: because\n    | {\xC3\xA9} turn\n          ^^^^\n");
}

}  // namespace

}  // namespace plan::sire
