// base/file_writer.h: files that are written while their maker goes on.
//
// Making a file costs more than filling it, and nobody waits for the files of a cache. A thread,
// begun with the first file, replaces one after the other; see replace_file_unsynced. It makes what
// is in them as well.
//
// Lifecycle  : write() files; finish() waits for them, and so does the destructor.
// Failures   : after the first file that cannot be written the others are dropped.
// Threads    : owner thread, but for the one that writes.
// Limits     : kUnwrittenBytesMax: beyond it write() waits.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace plan {

inline constexpr uint64_t kUnwrittenBytesMax = uint64_t{64} << 20;

/// What will be in a file.
class FileContents {
 public:
  virtual ~FileContents() = default;
  /// About how much memory it takes until it is written.
  virtual uint64_t size_bytes() const = 0;
  /// Called once, on the thread that writes, for one file after the other in their order.
  virtual void append_to(std::vector<uint8_t>& bytes) = 0;
};

class FileWriter {
 public:
  FileWriter() = default;
  ~FileWriter() { finish(); }
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// Replaces `path` soon. False if an earlier file could not be written, as far as known.
  bool write(std::string path, std::unique_ptr<FileContents> contents);
  /// Waits until all files are written; false if one was not. Then all begins anew.
  bool finish();

 private:
  struct File {
    std::string path;
    std::unique_ptr<FileContents> contents;
  };
  void write_all_files();

  std::thread thread_;
  std::mutex mutex_;                 // guards what follows
  std::condition_variable changed_;  // any of it
  std::deque<File> waiting_;
  uint64_t unwritten_bytes_ = 0;  // with the file under way
  bool is_last_ = false;          // no file will follow
  bool has_failed_ = false;
};

}  // namespace plan
