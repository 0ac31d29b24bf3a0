// base/base_test.cc: hashes, base58, files.
#include "base/base58.h"
#include "base/file.h"
#include "base/file_writer.h"
#include "base/hash.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace plan {
namespace {

/// Nobody else's, not even that of a run that was killed.
std::string own_path(const std::string& name) {
  const std::string path =
      testing::TempDir() + "/palladium_" + std::to_string(getpid()) + "_" + name;
  unlink(path.c_str());
  return path;
}

TEST(Blake3, HashesTheStreamOfTheNatZero) {
  const uint8_t stream[9] = {3};
  EXPECT_EQ(base58(blake3(stream)), "6ShndPD57UYnaNiVcGCoDtTD3DMAZwzazpqo3gsFHm3H");
}

TEST(Blake3, SameHashPieceByPiece) {
  std::vector<uint8_t> bytes(10000);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7);
  Blake3 pieces;
  for (size_t i = 0; i < bytes.size(); i += 13) {
    pieces.update(std::span(bytes).subspan(i, std::min<size_t>(13, bytes.size() - i)));
  }
  EXPECT_EQ(pieces.finish(), blake3(bytes));
}

TEST(Base58, RoundTripsWithLeadingZeros) {
  Hash256 h{};
  h[2] = 9;
  h[31] = 200;
  EXPECT_EQ(base58(h).substr(0, 2), "11");
  ASSERT_TRUE(parse_base58(base58(h)).has_value());
  EXPECT_EQ(*parse_base58(base58(h)), h);
}

TEST(Base58, RejectsForeignCharactersAndWrongLength) {
  EXPECT_FALSE(parse_base58("0OIl").has_value());
  EXPECT_FALSE(parse_base58("2").has_value());
  EXPECT_FALSE(parse_base58(std::string(60, 'z')).has_value());
}

TEST(File, ReplaceThenReadGivesTheBytes) {
  const std::string path = own_path("file");
  const uint8_t bytes[] = {1, 2, 3};
  ASSERT_TRUE(replace_file(path, bytes).has_value());
  auto read = read_file(path);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, std::vector<uint8_t>({1, 2, 3}));
  unlink(path.c_str());
}

TEST(File, ReplacingFollowsLinks) {
  const std::string path = own_path("file");
  const std::string link = own_path("link");
  const uint8_t before[] = {1};
  const uint8_t after[] = {2, 3};
  ASSERT_TRUE(replace_file(path, before).has_value());
  ASSERT_EQ(symlink(path.c_str(), link.c_str()), 0);
  ASSERT_TRUE(replace_file(link, after).has_value());
  EXPECT_EQ(*read_file(path), std::vector<uint8_t>({2, 3}));
  char target[1];
  EXPECT_GT(readlink(link.c_str(), target, sizeof target), 0) << "the link was replaced";
  unlink(link.c_str());
  unlink(path.c_str());
}

TEST(File, ReplacingWritesToWhatIsNoFileAndLeavesItThere) {
  const std::string path = own_path("pipe");
  unlink(path.c_str());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  const uint8_t bytes[] = {7, 8};
  EXPECT_TRUE(replace_file(path, bytes).has_value());
  uint8_t got[2] = {};
  EXPECT_EQ(read(reader, got, sizeof got), 2);
  EXPECT_EQ(got[1], 8);
  EXPECT_TRUE(file_exists(path));
  EXPECT_FALSE(is_regular_file(path));
  close(reader);
  unlink(path.c_str());
}

class Bytes : public FileContents {
 public:
  explicit Bytes(std::vector<uint8_t> bytes) : bytes_(std::move(bytes)) {}
  uint64_t size_bytes() const override { return bytes_.size(); }
  void append_to(std::vector<uint8_t>& to) override {
    to.insert(to.end(), bytes_.begin(), bytes_.end());
  }

 private:
  std::vector<uint8_t> bytes_;
};

bool write(FileWriter& writer, const std::string& path, std::vector<uint8_t> bytes) {
  return writer.write(path, std::make_unique<Bytes>(std::move(bytes)));
}

TEST(FileWriter, HasWrittenEveryFileWhenItIsFinished) {
  const std::vector<std::string> paths = {own_path("first"), own_path("second"), own_path("third")};
  FileWriter writer;
  for (const uint8_t round : {uint8_t{1}, uint8_t{2}}) {
    for (const std::string& path : paths) {
      EXPECT_TRUE(write(writer, path, std::vector<uint8_t>(100'000, round)));
    }
    EXPECT_TRUE(writer.finish());
    for (const std::string& path : paths) {
      Result<std::vector<uint8_t>> bytes = read_file(path);
      ASSERT_TRUE(bytes.has_value());
      EXPECT_EQ(*bytes, std::vector<uint8_t>(100'000, round));
    }
  }
  for (const std::string& path : paths) remove_file(path);
}

TEST(FileWriter, WritesWhatItHasBeforeItEnds) {
  const std::string path = own_path("last");
  {
    FileWriter writer;
    write(writer, path, {1, 2, 3});
  }
  EXPECT_TRUE(file_exists(path));
  remove_file(path);
}

TEST(FileWriter, DropsWhatComesAfterAFailure) {
  const std::string path = own_path("after");
  FileWriter writer;
  write(writer, testing::TempDir() + "/palladium_no_such_folder/file", {1});
  write(writer, path, {2});
  EXPECT_FALSE(writer.finish());
  EXPECT_FALSE(file_exists(path));
  EXPECT_TRUE(write(writer, path, {3}));
  EXPECT_TRUE(writer.finish());
  EXPECT_TRUE(file_exists(path));
  remove_file(path);
}

TEST(FileWriter, TakesMoreThanItKeepsUnwritten) {
  const std::string path = own_path("large");
  FileWriter writer;
  for (uint64_t bytes = 0; bytes <= kUnwrittenBytesMax; bytes += kUnwrittenBytesMax / 2) {
    EXPECT_TRUE(write(writer, path, std::vector<uint8_t>(kUnwrittenBytesMax / 2 + 1)));
  }
  EXPECT_TRUE(writer.finish());
  remove_file(path);
}

TEST(File, ErrorsNameThePath) {
  EXPECT_NE(read_file("/nonexistent/x").error().message.find("/nonexistent/x"), std::string::npos);
  EXPECT_FALSE(replace_file("/nonexistent/x", {}).has_value());
  EXPECT_FALSE(read_file("/").has_value());
}

}  // namespace
}  // namespace plan
