// base/file_writer.cc: the thread that writes files.
#include "base/file_writer.h"

#include "base/file.h"

#include <utility>

namespace plan {

namespace {
constexpr size_t kUsualFileBytes = size_t{1} << 19;  ///< what is not used costs nothing
}  // namespace

bool FileWriter::write(std::string path, std::unique_ptr<FileContents> contents) {
  if (!thread_.joinable()) thread_ = std::thread([this] { write_all_files(); });
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return has_failed_ || unwritten_bytes_ <= kUnwrittenBytesMax; });
  if (has_failed_) return false;
  unwritten_bytes_ += contents->size_bytes();
  waiting_.push_back({std::move(path), std::move(contents)});
  changed_.notify_all();
  return true;
}

bool FileWriter::finish() {
  if (!thread_.joinable()) return true;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_last_ = true;
  }
  changed_.notify_all();
  thread_.join();
  is_last_ = false;
  return !std::exchange(has_failed_, false);
}

void FileWriter::write_all_files() {
  std::vector<uint8_t> bytes;
  bytes.reserve(kUsualFileBytes);
  std::unique_lock<std::mutex> lock(mutex_);
  while (!has_failed_) {
    changed_.wait(lock, [this] { return is_last_ || !waiting_.empty(); });
    if (waiting_.empty()) break;
    File file = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    bytes.clear();
    file.contents->append_to(bytes);
    const bool is_written = replace_file_unsynced(file.path, bytes).has_value();
    lock.lock();
    unwritten_bytes_ -= file.contents->size_bytes();
    has_failed_ = !is_written;
    changed_.notify_all();
  }
  waiting_.clear();
  unwritten_bytes_ = 0;
}

}  // namespace plan
