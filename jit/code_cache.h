// jit/code_cache.h: native code that outlives the process.
//
// Of laws that have code in it, or that those call, it also keeps summaries (vm/summary.h), which
// are bytes to it.
//
// One file for each build (jit/build.h), of records that are only ever appended:
//
//   FileHead | RecordHead, payload | RecordHead, payload | ...
//
// A payload is an image (jit/image.h), its key the hash of the canonical text of the request that
// it was made from (jit/request.h): equal keys, equal code. Its subject is a number that is known
// without making the request; whether it is worth making one is asked of the subjects. The file is
// believed in nothing else: the checksum of a record is compared when it is used, and what does
// not fit is not there. A record of another kind holds summaries:
//
//   { key, size in two bytes, bytes } ..
//
// Lifecycle  : opened for the first warm law. Each image is appended as soon as it is made, by one
//              write under a lock: a process that is killed leaves at most a torn tail, which
//              the next writer cuts off. Summaries are appended many at a time. A file that is
//              full is replaced by a fresh one with what this process has used.
// Threads    : any; find() is the evaluator's, add() the compile thread's.
// Note       : the file is mapped when it is opened, and nothing is used where it stands: bytes are
//              copied out, and the copy is checked (base/mapped_file.h). A file that somebody cuts
//              is a failed read, not a signal. To open a file of 4096 records takes 3.6 ms; with
//              a read() for each it took 4.2 (bench/micro/code_cache_bench.cc).
// Limits     : kCodeFileBytesMax; kCodeFilesKept files of other builds.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/hash.h"
#include "base/mapped_file.h"
#include "base/private_folder.h"

namespace plan::jit {

/// Counts changes of the file, of images, and of canonical texts.
inline constexpr uint32_t kCodeCacheVersion = 3;
inline constexpr uint64_t kCodeFileBytesMax = uint64_t{256} << 20;
inline constexpr uint64_t kCodeRecordBytesMax = uint64_t{64} << 20;
inline constexpr size_t kCodeFilesKept = 3;
inline constexpr size_t kStoredSummaryBytesMax = 65535;

struct HashOfHash {
  size_t operator()(const Hash256& hash) const;
};

/// Bytes under a key.
struct StoredSummary {
  Hash256 key{};
  std::vector<uint8_t> bytes;
};

class CodeCache {
 public:
  /// Error "io", with path and cause, if the folder or the file cannot be used.
  static Result<std::unique_ptr<CodeCache>> open(const std::string& folder, const Hash256& build,
                                                 uint64_t bytes_max = kCodeFileBytesMax);
  ~CodeCache();

  /// Nullopt: it is not there, or damaged.
  std::optional<std::vector<uint8_t>> find(const Hash256& key);
  /// Does nothing if it cannot be written.
  void add(const Hash256& key, uint64_t subject, std::span<const uint8_t> payload);
  /// Whether there may be anything of this subject.
  bool knows(uint64_t subject);
  /// Whether there is no payload.
  bool empty();

  /// What was added under this key last; empty: nothing. Whoever reads it should not trust it.
  std::vector<uint8_t> find_summary(const Hash256& key);
  /// All of them are one record, each in place of what was added under its key before. Does nothing
  /// if it cannot be written.
  void add_summaries(std::span<const StoredSummary> summaries);

 private:
  struct Place {
    uint64_t offset = 0;  ///< of the payload
    uint32_t bytes = 0;
    uint64_t subject = 0;
    Hash256 checksum{};
  };

  CodeCache(std::unique_ptr<PrivateFolder> folder, std::string name, const Hash256& build,
            uint64_t bytes_max)
      : folder_(std::move(folder)), name_(std::move(name)), build_(build), bytes_max_(bytes_max) {}

  Status open_file();
  Status take_file(std::unique_ptr<PrivateFile> file);
  void forget_records();
  bool has_good_head() const;
  void read_records();
  bool prepare_to_write();
  bool start_file();
  bool append(std::span<const uint8_t> records);
  bool rewrite();
  void remove_other_files();
  std::optional<std::vector<uint8_t>> read(const Hash256& key, const Place& place) const;
  void read_summaries();
  void write_used(std::vector<uint8_t>& to);

  std::unique_ptr<PrivateFolder> folder_;
  std::string name_;
  Hash256 build_;
  uint64_t bytes_max_;
  std::mutex mutex_;  ///< guards what follows
  std::unique_ptr<PrivateFile> file_;
  std::unique_ptr<MappedFile> mapped_;  ///< file_, for reading
  uint64_t end_ = 0;  ///< of the records known to be whole
  std::unordered_map<Hash256, Place, HashOfHash> places_;
  std::unordered_set<uint64_t> subjects_;  ///< of all places, and of some that were lost
  std::unordered_set<Hash256, HashOfHash> used_;
  std::vector<Place> unread_;  ///< records of summaries
  std::unordered_map<Hash256, std::vector<uint8_t>, HashOfHash> summaries_;
  std::unordered_set<Hash256, HashOfHash> used_summaries_;
  std::vector<uint8_t> unwritten_;  ///< records
  bool may_write_ = true;
};

}  // namespace plan::jit
