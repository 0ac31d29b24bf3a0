// base/file.cc: files through POSIX calls.
#include "base/file.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace plan {

namespace {

Error io_error(const std::string& what, const std::string& path, int code) {
  return Error{"io", what + " " + path + ": " + std::strerror(code)};
}

bool write_all(int fd, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

bool file_exists(const std::string& path) {
  struct stat s;
  return stat(path.c_str(), &s) == 0;
}

bool is_regular_file(const std::string& path) {
  struct stat s;
  return stat(path.c_str(), &s) == 0 && S_ISREG(s.st_mode);
}

Result<std::vector<uint8_t>> read_file(const std::string& path) {
  std::vector<uint8_t> bytes;
  PLAN_TRY_STATUS(read_file_into(path, bytes));
  return bytes;
}

Status read_file_into(const std::string& path, std::vector<uint8_t>& bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error("cannot open", path, errno);
  const auto fail = [&](int code) {
    close(fd);
    return io_error("cannot read", path, code);
  };
  struct stat s;
  const bool is_regular = fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
  const uint64_t size = is_regular ? static_cast<uint64_t>(s.st_size) : 0;
  if (size > kFileBytesMax) return fail(EFBIG);
  bytes.resize(size + 1);  // one more, to see the end
  for (size_t have = 0;;) {
    if (have > kFileBytesMax) return fail(EFBIG);
    if (have == bytes.size()) bytes.resize(have * 2 + 65536);
    const ssize_t n = read(fd, bytes.data() + have, bytes.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errno);
    have += static_cast<size_t>(n);
    if (n == 0) {
      bytes.resize(have);
      break;
    }
  }
  close(fd);
  return Unit{};
}

namespace {

/// Writes to what is there already.
Status write_into(const std::string& path, std::span<const uint8_t> bytes) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return io_error("cannot open", path, errno);
  int code = write_all(fd, bytes) ? 0 : errno;
  if (close(fd) != 0 && code == 0) code = errno;
  return code == 0 ? Status(Unit{}) : io_error("cannot write", path, code);
}

/// The file that a chain of links ends with; `path` itself if there is none.
std::string target_of(const std::string& path) {
  char* const target = realpath(path.c_str(), nullptr);
  if (target == nullptr) return path;
  std::string result(target);
  std::free(target);
  return result;
}

Status replace(const std::string& path, std::span<const uint8_t> bytes, bool sync) {
  std::string temporary = path + ".XXXXXX";
  const int fd = mkstemp(temporary.data());
  if (fd < 0) return io_error("cannot create", temporary, errno);
  const mode_t mask = umask(0);
  umask(mask);
  int code = 0;
  if (!write_all(fd, bytes) || fchmod(fd, 0666 & ~mask) != 0) code = errno;
  if (sync && code == 0 && fdatasync(fd) != 0) code = errno;
  if (close(fd) != 0 && code == 0) code = errno;
  if (code == 0 && rename(temporary.c_str(), path.c_str()) != 0) code = errno;
  if (code == 0) return Unit{};
  unlink(temporary.c_str());
  return io_error("cannot write", path, code);
}

}  // namespace

Status replace_file(const std::string& path, std::span<const uint8_t> bytes) {
  struct stat s;
  if (stat(path.c_str(), &s) != 0) return replace(path, bytes, true);
  if (!S_ISREG(s.st_mode)) return write_into(path, bytes);
  return replace(target_of(path), bytes, true);
}

Status replace_file_unsynced(const std::string& path, std::span<const uint8_t> bytes) {
  return replace(path, bytes, false);
}

bool remove_file(const std::string& path) {
  return unlink(path.c_str()) == 0;
}

std::vector<FileEntry> list_files(const std::string& folder) {
  std::vector<FileEntry> files;
  DIR* const directory = opendir(folder.c_str());
  if (directory == nullptr) return files;
  while (const dirent* entry = readdir(directory)) {
    struct stat s;
    if (stat((folder + "/" + entry->d_name).c_str(), &s) != 0 || !S_ISREG(s.st_mode)) continue;
    files.push_back({entry->d_name, static_cast<uint64_t>(s.st_size), s.st_mtime});
  }
  closedir(directory);
  return files;
}

Status make_directories(const std::string& path) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) {
      return io_error("cannot make the directory", part, errno);
    }
    if (end == std::string::npos) return Unit{};
  }
}

void reserve_standard_descriptors() {
  for (int fd = 0; fd < 3; ++fd) {
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest number that is free, and opened for the direction that nobody uses.
    if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd) return;
  }
}

bool write_all(int descriptor, std::string_view text) {
  return write_all(descriptor,
                   std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

Result<size_t> read_some(int descriptor, std::span<char> buffer) {
  for (;;) {
    const ssize_t n = read(descriptor, buffer.data(), buffer.size());
    if (n >= 0) return static_cast<size_t>(n);
    if (errno == EBADF) return size_t{0};
    if (errno != EINTR) return Error{"io", std::strerror(errno)};
  }
}

bool is_terminal(int descriptor) {
  return isatty(descriptor) == 1;
}

std::string last_error_text() {
  return std::strerror(errno);
}

}  // namespace plan
