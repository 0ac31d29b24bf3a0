// base/private_folder.h: files that nobody else can have written.
//
// For what is believed when it is read, such as machine code: the folder and its files belong to
// this user and to nobody else (mode 0700 and 0600), are no links, and are reached through
// descriptors once they have been looked at.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace plan {

/// A regular file, open for reading (base/mapped_file.h) and, if it may be written, for writing.
class PrivateFile {
 public:
  explicit PrivateFile(int descriptor, bool can_write)
      : descriptor_(descriptor), can_write_(can_write) {}
  ~PrivateFile();
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  bool can_write() const { return can_write_; }
  uint64_t size_bytes() const;
  bool write(uint64_t offset, std::span<const uint8_t> bytes);
  bool cut(uint64_t size_bytes);
  /// Keeps other processes from lock(); false if one of them has done so.
  bool lock();
  void unlock();
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  bool can_write_;
};

class PrivateFolder {
 public:
  /// Opens the folder, or makes it. Error "io", with path and cause, if that fails or if the folder
  /// is not private.
  static Result<std::unique_ptr<PrivateFolder>> open(const std::string& path);
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  const std::string& path() const { return path_; }
  /// Opens a file, for reading only if it cannot be written. With `make`, an empty one if there is
  /// none; `made` tells. Error "io" also if the file is not private.
  Result<std::unique_ptr<PrivateFile>> open_file(const std::string& name, bool make, bool& made);
  /// A new file to be written, instead of whatever has the name.
  Result<std::unique_ptr<PrivateFile>> new_file(const std::string& name);
  bool rename(const std::string& from, const std::string& to);
  bool remove(const std::string& name);
  /// Whether the name still stands for this file.
  bool is_current(const PrivateFile& file, const std::string& name) const;

 private:
  PrivateFolder(int descriptor, std::string path)
      : descriptor_(descriptor), path_(std::move(path)) {}

  int descriptor_;
  std::string path_;
};

}  // namespace plan
