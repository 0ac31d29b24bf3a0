// jit/code_cache_fuzz.cc: arbitrary bytes as an image, and as the file of the code cache.
#include "jit/code_cache_fuzz.h"

#include <array>
#include <string>

#include <fcntl.h>
#include <unistd.h>

#include "base/check.h"
#include "base/file.h"
#include "jit/cache_folder.h"
#include "jit/code_cache.h"
#include "jit/image.h"

namespace plan::jit {

namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t kImageMode = 0;
constexpr uint8_t kFileMode = 1;
constexpr uint8_t kEditsMode = 2;
constexpr uint8_t kModes = 3;
constexpr size_t kEntries = 4;

Hash256 hash_of(uint8_t n) { return blake3({&n, 1}); }
const Hash256 kBuild = hash_of(0);
const Hash256 kOldKey = hash_of(1);
const Hash256 kNewKey = hash_of(2);
constexpr uint64_t kSubject = 3;
const Bytes kSummary = {1, 2, 3};

/// What the requests of the images refer to; none of it is looked at.
References some_references() { return {{small_nat(1), small_nat(2)}, {nullptr}}; }

Image some_image() {
  Image image;
  image.bytes.assign(64, 0xcc);
  image.slots_offset = 32;
  image.slots = {{SlotKind::kConstant, 1, 0}, {SlotKind::kThunkHeader, 0, 3},
                 {SlotKind::kRuntime, 2, 0}};
  image.entries = {0, 8, kNoEntry, 16};
  image.functions = {{0, "0"}, {16, "0.3"}};
  return image;
}

void check_image(std::span<const uint8_t> bytes) {
  const References references = some_references();
  const std::optional<Image> image = decode_image(bytes, references, kEntries);
  if (!image) return;
  PLAN_CHECK(image->entries.size() == kEntries);
  for (const uint32_t entry : image->entries) {
    PLAN_CHECK(entry == kNoEntry || entry < image->bytes.size());
  }
  PLAN_CHECK(image->slots_offset + image->slots.size() * sizeof(Word) <= image->bytes.size());
  for (const ImageFunction& f : image->functions) PLAN_CHECK(f.offset < image->bytes.size());
  const Bytes again = encode_image(*image);
  PLAN_CHECK(again.size() == bytes.size() && std::equal(again.begin(), again.end(), bytes.begin()));
}

/// A cache's file in a folder of this process alone: in memory, where the system has that.
class File {
 public:
  File() : place_(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") {
    PLAN_CHECK(open() != nullptr);
    const std::vector<FileEntry> files = list_files(place_.code());
    PLAN_CHECK(files.size() == 1);
    path_ = place_.code() + "/" + files[0].name;
  }

  std::unique_ptr<CodeCache> open() const {
    Result<std::unique_ptr<CodeCache>> cache = CodeCache::open(place_.code(), kBuild);
    return cache ? std::move(*cache) : nullptr;
  }
  Bytes content() const { return *read_file(path_); }
  void set_content(std::span<const uint8_t> bytes) const {
    const int fd = ::open(path_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC);
    PLAN_CHECK(fd >= 0);
    PLAN_CHECK(write_all(fd, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    close(fd);
  }

 private:
  const CacheFolder place_;
  std::string path_;
};

void check_file(std::span<const uint8_t> bytes) {
  static const File file;
  file.set_content(bytes);
  const Bytes payload = encode_image(some_image());
  {
    const std::unique_ptr<CodeCache> cache = file.open();
    PLAN_CHECK(cache != nullptr);
    // Under a good checksum there is what somebody stored, whole.
    if (const auto found = cache->find(kOldKey)) PLAN_CHECK(*found == payload);
    const Bytes old_summary = cache->find_summary(kOldKey);
    PLAN_CHECK(old_summary.empty() || old_summary == kSummary);
    cache->add(kNewKey, kSubject, payload);
    cache->add_summaries(std::array{StoredSummary{kNewKey, kSummary}});
    PLAN_CHECK(cache->find(kNewKey) == payload);
    PLAN_CHECK(cache->find_summary(kNewKey) == kSummary);
  }
  const std::unique_ptr<CodeCache> cache = file.open();
  PLAN_CHECK(cache != nullptr && cache->find(kNewKey) == payload);
  PLAN_CHECK(cache->find_summary(kNewKey) == kSummary);
}

Bytes good_file() {
  const File file;
  const std::unique_ptr<CodeCache> cache = file.open();
  cache->add(kOldKey, kSubject, encode_image(some_image()));
  cache->add_summaries(std::array{StoredSummary{kOldKey, kSummary}});
  return file.content();
}

/// A good file with changes, for no search finds a checksum: triples of an offset and a byte.
Bytes edited_file(std::span<const uint8_t> edits) {
  static const Bytes good = good_file();
  Bytes file = good;
  for (; edits.size() >= 3; edits = edits.subspan(3)) {
    const size_t at = (size_t{edits[0]} << 8 | edits[1]) % (good.size() + 1);
    if (at < file.size()) {
      file[at] ^= edits[2];
    } else {
      file.resize(edits[2] * size_t{2});
    }
  }
  return file;
}

}  // namespace

void code_cache_fuzz_one(std::span<const uint8_t> data) {
  if (data.empty()) return;
  const std::span<const uint8_t> rest = data.subspan(1);
  switch (data[0] % kModes) {
    case kImageMode: check_image(rest); return;
    case kFileMode: check_file(rest); return;
    case kEditsMode: check_file(edited_file(rest)); return;
  }
}

std::vector<std::vector<uint8_t>> code_cache_fuzz_examples() {
  const Bytes image = encode_image(some_image());
  Bytes file = good_file();
  file.insert(file.begin(), kFileMode);
  Bytes alone = image;
  alone.insert(alone.begin(), kImageMode);
  return {alone, file, {kEditsMode, 0, 20, 1, 0, 60, 0x80, 0xff, 0xff, 30}};
}

}  // namespace plan::jit

#ifdef PLAN_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  plan::jit::code_cache_fuzz_one({data, size});
  return 0;
}
#endif
