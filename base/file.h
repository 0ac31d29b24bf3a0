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

/// The whole file. Error "io" with path and cause (also for a directory).
Result<std::vector<uint8_t>> read_file(const std::string& path);
/// Replaces `path` by a file with these bytes: either the old or the new content is there at any
/// time, also after a crash. Error "io" with path and cause; the old file stays.
Status replace_file(const std::string& path, std::span<const uint8_t> bytes);
/// The same without waiting for the disk: for what can be made again. After a crash of the machine
/// the new content may be cut.
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
/// Makes the directory and those above it that are missing. Error "io" with path and cause.
Status make_directories(const std::string& path);

// --- Descriptors, such as 0, 1 and 2.

/// False if not everything could be written.
bool write_all(int descriptor, std::string_view text);
/// Reads what is there, at least one byte unless the input ends, into `buffer`; how many bytes.
/// An error counts as the end; a signal does not.
size_t read_some(int descriptor, std::span<char> buffer);
bool is_terminal(int descriptor);

}  // namespace plan
