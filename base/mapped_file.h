// base/mapped_file.h: a file's bytes through a mapping, which whoever else writes the file may cut.
//
// To touch a page of a mapping that its file no longer has is a signal, SIGBUS. So nobody is given
// the address: bytes are copied out, and a copy that meets such a page is a failed read. What is
// checked afterwards is the copy, which nobody can change any more.
//
// Growth     : what is appended later, by whomever, is found as well: the mapping reaches beyond
//              the end of the file, and is made anew where that does not suffice.
// Signals    : the first mapping installs a handler, for good. A SIGBUS that comes from no copy is
//              handed to whoever had the signal before, or ends the process as ever.
// Threads    : each mapping is one thread's at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"

namespace plan {

/// So much address space a mapping takes at first; what does not fit makes it larger.
inline constexpr uint64_t kMappedBytesMin = uint64_t{1} << 20;
inline constexpr uint64_t kMappedBytesMax = uint64_t{1} << 44;

class MappedFile {
 public:
  /// The descriptor has to be open for reading, and stay open as long as the mapping. Error "io" if
  /// the file cannot be mapped.
  static Result<std::unique_ptr<MappedFile>> map(int descriptor);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// Copies all of `to` from the file, or returns false: then `to` may have been written in part.
  /// The rest of the file's last page reads as zeros.
  bool copy(uint64_t offset, std::span<uint8_t> to);

 private:
  explicit MappedFile(int descriptor) : descriptor_(descriptor) {}
  bool reach(uint64_t bytes);

  int descriptor_;
  void* base_ = nullptr;
  uint64_t bytes_ = 0;  ///< of address space
};

}  // namespace plan
