// base/file_writer.h: files that are written while their maker goes on.
//
// Making a file costs more than filling it, and nobody waits for the files of a cache. A thread,
// begun with the first file, replaces one after the other; see replace_file_unsynced.
//
// Lifecycle  : write() files; finish() waits for them, and so does the destructor.
// Failures   : after the first file that cannot be written the others are dropped.
// Threads    : owner thread, but for the one that writes.
// Limits     : kUnwrittenBytesMax: beyond it write() waits.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace plan {

inline constexpr uint64_t kUnwrittenBytesMax = uint64_t{64} << 20;

class FileWriter {
 public:
  FileWriter() = default;
  ~FileWriter() { finish(); }
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  /// An empty buffer for the next file: the memory of one that is written, which is cheaper than
  /// memory nobody has touched yet, if there is one.
  std::vector<uint8_t> take_buffer();
  /// Replaces `path` soon. False if an earlier file could not be written, as far as known.
  bool write(std::string path, std::vector<uint8_t> bytes);
  /// Waits until all files are written; false if one was not. Then all begins anew.
  bool finish();

 private:
  struct File {
    std::string path;
    std::vector<uint8_t> bytes;
  };
  void write_all_files();

  std::thread thread_;
  std::mutex mutex_;                 // guards what follows
  std::condition_variable changed_;  // any of it
  std::deque<File> waiting_;
  std::vector<uint8_t> spare_;
  uint64_t unwritten_bytes_ = 0;  // with the file under way
  bool is_last_ = false;          // no file will follow
  bool has_failed_ = false;
};

}  // namespace plan
