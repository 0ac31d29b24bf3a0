// base/file.h: whole-file reading and atomic replacement.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace plan {

/// Larger files are none that this program reads; nor are devices that never end.
inline constexpr uint64_t kFileBytesMax = uint64_t{4} << 30;

/// The whole file. Error "io" with path and cause (also for a directory, and above kFileBytesMax).
Result<std::vector<uint8_t>> read_file(const std::string& path);
/// The same into `bytes`, for whoever reads many files: memory that was used before is cheaper.
Status read_file_into(const std::string& path, std::vector<uint8_t>& bytes);
/// Replaces `path` by a file with these bytes: either the old or the new content is there at any
/// time, also after a crash. Error "io" with path and cause; the old file stays. A link is
/// followed, and what is no file (a device, a pipe) is written to.
Status replace_file(const std::string& path, std::span<const uint8_t> bytes);
/// The same for what can be made again, in a folder of ours: without waiting for the disk, so that
/// after a crash of the machine the new content may be cut; and in place of whatever has the name.
Status replace_file_unsynced(const std::string& path, std::span<const uint8_t> bytes);
/// False if it could not be removed.
bool remove_file(const std::string& path);

struct FileEntry {
  std::string name;
  uint64_t bytes = 0;
  int64_t modified_s = 0;
};
/// The regular files in a folder, in no order; none if it cannot be read.
std::vector<FileEntry> list_files(const std::string& folder);
bool file_exists(const std::string& path);
/// Also false for folders, devices and pipes.
bool is_regular_file(const std::string& path);
/// Makes the directory and those above it that are missing. Error "io" with path and cause.
Status make_directories(const std::string& path);

// --- Descriptors, such as 0, 1 and 2.

/// To be called first of all: sees to it that files opened later do not get the numbers of standard
/// descriptors that are closed. Reading and writing these fails as before.
void reserve_standard_descriptors();
/// False if not everything could be written; last_error_text() says why.
bool write_all(int descriptor, std::string_view text);
/// Reads what is there, at least one byte unless the input ends, into `buffer`; how many bytes.
/// 0 at the end, also of a descriptor that is closed. A signal ends nothing. Error "io" with cause.
Result<size_t> read_some(int descriptor, std::span<char> buffer);
bool is_terminal(int descriptor);
/// The cause of the last failure in this thread, in the words of the system.
std::string last_error_text();

}  // namespace plan
