// sire/cache.cc: the states that modules leave, kept between runs.
#include "sire/cache.h"

#include "base/base58.h"
#include "base/file.h"
#include "gc/make.h"
#include "sire/loader.h"

#include <algorithm>
#include <cstring>

namespace plan::sire {

namespace {

constexpr const char* kFileEnding = ".module";
constexpr size_t kUsualFileBytes = size_t{1} << 20;    ///< seldom more

/// Is this the name of a file of a cache, complete or being written (by somebody who was stopped)?
bool is_cache_file(std::string_view name) {
  const size_t dot = std::min(name.find('.'), name.size());
  return name.substr(dot).starts_with(kFileEnding) && parse_base58(name.substr(0, dot)).has_value();
}

struct FileHead {
  char magic[8] = {'P', 'A', 'L', 'L', 'S', 'I', 'R', 'E'};
  uint64_t version = kCacheVersion;
  Hash256 chain_hash{};
  Hash256 previous{};
  Hash256 checksum{};  ///< of the bytes after the head
};
static_assert(sizeof(FileHead) == 112);

/// What a module left. The checksum of the file before it is in `last_checksum`, where it puts its
/// own.
class StateFile : public FileContents {
 public:
  StateFile(const Hash256& chain_hash, gc::NewImage image, Hash256& last_checksum)
      : chain_hash_(chain_hash), image_(std::move(image)), last_checksum_(last_checksum) {}

  uint64_t size_bytes() const override { return image_.size_bytes(); }
  void append_to(std::vector<uint8_t>& bytes) override {
    FileHead head;
    bytes.resize(sizeof(head));
    image_.write(bytes);
    head.chain_hash = chain_hash_;
    head.previous = last_checksum_;
    head.checksum = blake3(std::span(bytes).subspan(sizeof(head)));
    std::memcpy(bytes.data(), &head, sizeof(head));
    last_checksum_ = head.checksum;
  }

 private:
  const Hash256 chain_hash_;
  const gc::NewImage image_;
  Hash256& last_checksum_;
};

}  // namespace

StateCache::~StateCache() {
  finish();
  if (has_written_) prune();
}

std::string StateCache::path_of(const ModuleSource& module) const {
  return folder_ + "/" + base58(module.chain_hash) + kFileEnding;
}

bool StateCache::restore_module(const ModuleSource& module, Value& pin) {
  const std::string path = path_of(module);
  if (!is_regular_file(path)) return false;
  FileHead head;
  file_.reserve(kUsualFileBytes);
  if (!read_file_into(path, file_) || file_.size() < sizeof(head)) return false;
  std::memcpy(&head, file_.data(), sizeof(head));
  const std::span<const uint8_t> image = std::span(file_).subspan(sizeof(head));
  FileHead expected;
  expected.chain_hash = module.chain_hash;
  expected.previous = last_checksum_;
  expected.checksum = blake3(image);
  if (std::memcmp(&head, &expected, sizeof(head)) != 0) return false;
  const uint64_t first_new = chain_->size();
  Result<Value> loaded = chain_->load(image);
  is_usable_ = loaded.has_value();
  if (!loaded) return false;
  for (uint64_t i = first_new; i < chain_->size(); ++i) {
    if (is_pin(chain_->top(i))) context_.evaluator.match_one(chain_->top(i));
  }
  last_checksum_ = head.checksum;
  pin = *loaded;
  return true;
}

size_t StateCache::restore(std::span<const ModuleSource> chain) {
  finish();
  chain_.emplace(context_.heap);
  last_checksum_ = {};
  is_usable_ = true;
  size_t count = 0;
  Value pin;
  while (is_usable_ && count < chain.size() && restore_module(chain[count], pin)) ++count;
  if (count != 0) context_.state.restore_row(pin_item(pin));
  return count;
}

void StateCache::remember(const ModuleSource& module) {
  if (!is_usable_) return;
  Value row;
  if (!context_.state.save_row(row)) {
    // A state that crashes when it is looked at; whoever looks at it will find out.
    context_.failure.clear();
    is_usable_ = false;
    return;
  }
  gc::NewImage image = chain_->add(gc::make_pin(context_.heap, row));
  auto file = std::make_unique<StateFile>(module.chain_hash, std::move(image), last_checksum_);
  if (!has_written_ && !make_directories(folder_)) is_usable_ = false;
  if (is_usable_ && !writer_.write(path_of(module), std::move(file))) is_usable_ = false;
  has_written_ = true;
}

void StateCache::finish() {
  if (!writer_.finish()) is_usable_ = false;
}

void StateCache::prune() const {
  std::vector<FileEntry> files = list_files(folder_);
  // Other things may lie in the folder: it is one that the user named.
  std::erase_if(files, [](const FileEntry& file) { return !is_cache_file(file.name); });
  uint64_t total = 0;
  for (const FileEntry& file : files) total += file.bytes;
  if (total <= kCacheBytesMax) return;
  std::sort(files.begin(), files.end(),
            [](const FileEntry& a, const FileEntry& b) { return a.modified_s < b.modified_s; });
  for (const FileEntry& file : files) {
    if (total <= kCacheBytesKept) return;
    if (remove_file(folder_ + "/" + file.name)) total -= file.bytes;
  }
}

}  // namespace plan::sire
