// jit/code_cache.cc: native code that outlives the process.
#include "jit/code_cache.h"

#include <algorithm>
#include <cstring>

#include "base/base58.h"
#include "base/file.h"

namespace plan::jit {

namespace {

constexpr const char* kFileEnding = ".code";
constexpr uint32_t kRecordMagic = 0x43'4c'41'50;
constexpr uint32_t kSummariesMagic = 0x53'4c'41'50;
constexpr Hash256 kNoKey{};  ///< of records of summaries

struct FileHead {
  char magic[8] = {'P', 'A', 'L', 'L', 'C', 'O', 'D', 'E'};
  uint64_t version = kCodeCacheVersion;
  Hash256 build{};
};
static_assert(sizeof(FileHead) == 48);

struct RecordHead {
  uint32_t magic = kRecordMagic;
  uint32_t bytes = 0;  ///< of the payload
  uint64_t subject = 0;
  Hash256 key{};
  Hash256 checksum{};  ///< of subject, key and payload
};
static_assert(sizeof(RecordHead) == 80);

Hash256 checksum_of(const Hash256& key, uint64_t subject, std::span<const uint8_t> payload) {
  Blake3 hash;
  hash.update({reinterpret_cast<const uint8_t*>(&subject), sizeof subject});
  hash.update(key);
  hash.update(payload);
  return hash.finish();
}

template <typename T>
std::span<uint8_t> bytes_of(T& head) {
  return {reinterpret_cast<uint8_t*>(&head), sizeof head};
}

void write_record(std::vector<uint8_t>& to, uint32_t magic, const Hash256& key, uint64_t subject,
                  std::span<const uint8_t> payload) {
  RecordHead head;
  head.magic = magic;
  head.bytes = static_cast<uint32_t>(payload.size());
  head.subject = subject;
  head.key = key;
  head.checksum = checksum_of(key, subject, payload);
  const std::span<const uint8_t> from = bytes_of(head);
  to.insert(to.end(), from.begin(), from.end());
  to.insert(to.end(), payload.begin(), payload.end());
}

void write_summary(std::vector<uint8_t>& to, const Hash256& key,
                   std::span<const uint8_t> bytes) {
  const auto size = static_cast<uint16_t>(bytes.size());
  to.insert(to.end(), key.begin(), key.end());
  to.push_back(static_cast<uint8_t>(size));
  to.push_back(static_cast<uint8_t>(size >> 8));
  to.insert(to.end(), bytes.begin(), bytes.end());
}

/// The first summary of a record, which is taken off it; false if there is none.
bool take_summary(std::span<const uint8_t>& record, StoredSummary& summary) {
  constexpr size_t kHeadBytes = sizeof(Hash256) + 2;
  if (record.size() < kHeadBytes) return false;
  std::copy_n(record.begin(), sizeof(Hash256), summary.key.begin());
  const size_t size = record[sizeof(Hash256)] | size_t{record[sizeof(Hash256) + 1]} << 8;
  record = record.subspan(kHeadBytes);
  if (record.size() < size) return false;
  summary.bytes.assign(record.begin(), record.begin() + static_cast<std::ptrdiff_t>(size));
  record = record.subspan(size);
  return true;
}

std::string file_name(const Hash256& build) { return base58(build) + kFileEnding; }

bool is_file_name(const std::string& name) {
  const size_t dot = std::min(name.find('.'), name.size());
  return name.substr(dot) == kFileEnding && parse_base58(name.substr(0, dot)).has_value();
}

}  // namespace

size_t HashOfHash::operator()(const Hash256& hash) const {
  size_t word = 0;
  std::memcpy(&word, hash.data(), sizeof word);
  return word;
}

Result<std::unique_ptr<CodeCache>> CodeCache::open(const std::string& folder, const Hash256& build,
                                                   uint64_t bytes_max) {
  PLAN_TRY(std::unique_ptr<PrivateFolder> place, PrivateFolder::open(folder));
  std::unique_ptr<CodeCache> cache(
      new CodeCache(std::move(place), file_name(build), build, bytes_max));
  PLAN_TRY_STATUS(cache->open_file());
  return cache;
}

CodeCache::~CodeCache() {
  // What another process kept us from writing.
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!unwritten_.empty()) append({});
}

/// Opens what has the file's name now, and reads what is in it.
Status CodeCache::open_file() {
  bool made = false;
  PLAN_TRY(std::unique_ptr<PrivateFile> file, folder_->open_file(name_, true, made));
  PLAN_TRY_STATUS(take_file(std::move(file)));
  may_write_ = file_->can_write();
  if (made) remove_other_files();
  return Unit{};
}

/// Goes on with this file, and what is in it.
Status CodeCache::take_file(std::unique_ptr<PrivateFile> file) {
  PLAN_TRY(std::unique_ptr<MappedFile> mapped, MappedFile::map(file->descriptor()));
  mapped_ = std::move(mapped);
  file_ = std::move(file);  // the old one's lock goes with it
  forget_records();
  read_records();
  return Unit{};
}

void CodeCache::forget_records() {
  places_.clear();
  unread_.clear();
  end_ = 0;
}

bool CodeCache::has_good_head() const {
  FileHead expected;
  expected.build = build_;
  FileHead head;
  return mapped_->copy(0, bytes_of(head)) && std::memcmp(&head, &expected, sizeof head) == 0;
}

/// Takes up the records from end_ on, as far as they are whole.
void CodeCache::read_records() {
  const uint64_t size = file_->size_bytes();
  if (size < end_) forget_records();  // somebody has cut it
  if (end_ == 0) {
    if (size < sizeof(FileHead) || !has_good_head()) return;
    end_ = sizeof(FileHead);
  }
  RecordHead head;
  while (size - end_ >= sizeof head && mapped_->copy(end_, bytes_of(head))) {
    const bool is_ours = head.magic == kRecordMagic || head.magic == kSummariesMagic;
    if (!is_ours || head.bytes > kCodeRecordBytesMax) return;
    if (head.bytes > size - end_ - sizeof head) return;
    const Place place{end_ + sizeof head, head.bytes, head.subject, head.checksum};
    if (head.magic == kSummariesMagic) {
      if (head.key == kNoKey) unread_.push_back(place);
    } else {
      places_.insert_or_assign(head.key, place);
      subjects_.insert(head.subject);
    }
    end_ += sizeof head + head.bytes;
  }
}

std::optional<std::vector<uint8_t>> CodeCache::read(const Hash256& key, const Place& place) const {
  std::vector<uint8_t> payload(place.bytes);
  if (!mapped_->copy(place.offset, payload)) return std::nullopt;
  if (checksum_of(key, place.subject, payload) != place.checksum) return std::nullopt;
  return payload;
}

std::optional<std::vector<uint8_t>> CodeCache::find(const Hash256& key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto at = places_.find(key);
  if (at == places_.end()) return std::nullopt;
  std::optional<std::vector<uint8_t>> payload = read(key, at->second);
  if (payload) {
    used_.insert(key);
  } else {
    places_.erase(at);  // it will be made and written again
  }
  return payload;
}

bool CodeCache::empty() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return places_.empty();
}

bool CodeCache::knows(uint64_t subject) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return subjects_.contains(subject);
}

void CodeCache::add(const Hash256& key, uint64_t subject, std::span<const uint8_t> payload) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!may_write_ || payload.size() > kCodeRecordBytesMax) return;
  used_.insert(key);
  const auto at = places_.find(key);
  if (at != places_.end() && read(key, at->second)) return;
  std::vector<uint8_t> record;
  write_record(record, kRecordMagic, key, subject, payload);
  append(record);
}

/// Takes up the summaries in records that nobody has asked for yet, older ones first.
void CodeCache::read_summaries() {
  for (const Place& place : unread_) {
    const std::optional<std::vector<uint8_t>> record = read(kNoKey, place);
    if (!record) continue;
    std::span<const uint8_t> rest(*record);
    for (StoredSummary s; take_summary(rest, s);) {
      summaries_.insert_or_assign(s.key, std::move(s.bytes));
    }
  }
  unread_.clear();
}

std::vector<uint8_t> CodeCache::find_summary(const Hash256& key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  read_summaries();
  const auto at = summaries_.find(key);
  if (at == summaries_.end()) return {};
  used_summaries_.insert(key);
  return at->second;
}

void CodeCache::add_summaries(std::span<const StoredSummary> summaries) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!may_write_) return;
  std::vector<uint8_t> payload;
  for (const StoredSummary& s : summaries) {
    const bool is_too_large = s.bytes.size() > kStoredSummaryBytesMax ||
                              payload.size() + s.bytes.size() > kCodeRecordBytesMax / 2;
    if (is_too_large) continue;
    write_summary(payload, s.key, s.bytes);
    summaries_.insert_or_assign(s.key, s.bytes);
    used_summaries_.insert(s.key);
  }
  if (payload.empty()) return;
  std::vector<uint8_t> record;
  write_record(record, kSummariesMagic, kNoKey, 0, payload);
  append(record);
}

/// Begins the file anew, if it is not one of ours or damaged from the start.
bool CodeCache::start_file() {
  FileHead head;
  head.build = build_;
  forget_records();
  end_ = sizeof head;
  return file_->cut(0) && file_->write(0, bytes_of(head));
}

/// With the lock: makes file_ the one that has the name, and end_ its end.
bool CodeCache::prepare_to_write() {
  read_records();  // what others have added
  if (end_ == 0 && !start_file()) return false;
  // A torn tail: its writer was stopped, for we have the lock.
  return file_->size_bytes() == end_ || file_->cut(end_);
}

/// Appends unwritten_ and `records`; keeps them for later if another process writes right now.
bool CodeCache::append(std::span<const uint8_t> records) {
  unwritten_.insert(unwritten_.end(), records.begin(), records.end());
  if (!folder_->is_current(*file_, name_) && !open_file()) {
    may_write_ = false;
    return false;
  }
  if (!may_write_ || !file_->lock()) return false;
  bool ok = prepare_to_write();
  if (ok && end_ + unwritten_.size() > bytes_max_) {
    ok = rewrite();
  }
  if (ok && end_ + unwritten_.size() <= bytes_max_) {
    ok = file_->write(end_, unwritten_);
    if (ok) {
      read_records();
    } else {
      file_->cut(end_);
    }
  }
  unwritten_.clear();
  // A full disk, or worse: this process does not try again.
  if (!ok) may_write_ = false;
  file_->unlock();
  return ok;
}

/// What this process has used, as records. Half of the room stays free, or the next record would
/// bring us here again.
void CodeCache::write_used(std::vector<uint8_t>& to) {
  read_summaries();
  std::vector<uint8_t> payload;
  for (const Hash256& key : used_summaries_) {
    const auto at = summaries_.find(key);
    if (at == summaries_.end() || payload.size() + at->second.size() > bytes_max_ / 8) continue;
    write_summary(payload, key, at->second);
  }
  if (!payload.empty()) write_record(to, kSummariesMagic, kNoKey, 0, payload);
  for (const Hash256& key : used_) {
    const auto at = places_.find(key);
    if (at == places_.end()) continue;
    if (to.size() + at->second.bytes > bytes_max_ / 2) break;
    if (const auto image = read(key, at->second)) {
      write_record(to, kRecordMagic, key, at->second.subject, *image);
    }
  }
}

/// With the lock: a fresh file with what this process has used takes the place of a full one.
bool CodeCache::rewrite() {
  const std::string fresh_name = name_ + ".new";  // ours alone, by the lock
  std::vector<uint8_t> bytes;
  FileHead head;
  head.build = build_;
  const std::span<const uint8_t> from = bytes_of(head);
  bytes.assign(from.begin(), from.end());
  write_used(bytes);
  Result<std::unique_ptr<PrivateFile>> fresh = folder_->new_file(fresh_name);
  if (!fresh) return false;
  if (!(*fresh)->lock() || !(*fresh)->write(0, bytes) || !folder_->rename(fresh_name, name_)) {
    folder_->remove(fresh_name);
    return false;
  }
  return take_file(std::move(*fresh)).has_value();
}

/// Files of other builds, which nobody may ever ask for again: the newest few stay.
void CodeCache::remove_other_files() {
  std::vector<FileEntry> files = list_files(folder_->path());
  const auto is_other = [&](const FileEntry& f) { return f.name != name_ && is_file_name(f.name); };
  std::erase_if(files, [&](const FileEntry& f) { return !is_other(f); });
  if (files.size() <= kCodeFilesKept) return;
  std::sort(files.begin(), files.end(),
            [](const FileEntry& a, const FileEntry& b) { return a.modified_s > b.modified_s; });
  for (size_t k = kCodeFilesKept; k < files.size(); ++k) folder_->remove(files[k].name);
}

}  // namespace plan::jit
