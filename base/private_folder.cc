// base/private_folder.cc: files that nobody else can have written.
#include "base/private_folder.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

namespace plan {

namespace {

constexpr mode_t kOthers = 077;

Error failure(const std::string& path, const std::string& cause) {
  return Error{"io", path + ": " + cause};
}
Error system_failure(const std::string& path) { return failure(path, std::strerror(errno)); }

/// Why what is open is not private; null if it is.
const char* complaint(int descriptor, mode_t kind, const char* other_kind) {
  struct stat s;
  if (fstat(descriptor, &s) != 0) return std::strerror(errno);
  if ((s.st_mode & S_IFMT) != kind) return other_kind;
  if (s.st_uid != geteuid()) return "it belongs to another user";
  if ((s.st_mode & kOthers) != 0) return "other users have access to it";
  return nullptr;
}

}  // namespace

PrivateFile::~PrivateFile() { close(descriptor_); }

uint64_t PrivateFile::size_bytes() const {
  struct stat s;
  return fstat(descriptor_, &s) == 0 ? static_cast<uint64_t>(s.st_size) : 0;
}

bool PrivateFile::write(uint64_t offset, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    offset += static_cast<uint64_t>(n);
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
  return true;
}

bool PrivateFile::cut(uint64_t size_bytes) {
  return ftruncate(descriptor_, static_cast<off_t>(size_bytes)) == 0;
}

bool PrivateFile::lock() { return flock(descriptor_, LOCK_EX | LOCK_NB) == 0; }

void PrivateFile::unlock() { flock(descriptor_, LOCK_UN); }

Result<std::unique_ptr<PrivateFolder>> PrivateFolder::open(const std::string& path) {
  const size_t slash = path.find_last_not_of('/') == std::string::npos
                           ? 0
                           : path.rfind('/', path.find_last_not_of('/'));
  if (slash != std::string::npos && slash != 0) {
    PLAN_TRY_STATUS(make_directories(path.substr(0, slash)));
  }
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return system_failure(path);
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return errno == ELOOP ? failure(path, "it is a link") : system_failure(path);
  std::unique_ptr<PrivateFolder> folder(new PrivateFolder(fd, path));
  if (const char* why = complaint(fd, S_IFDIR, "it is no directory")) return failure(path, why);
  return folder;
}

PrivateFolder::~PrivateFolder() { close(descriptor_); }

Result<std::unique_ptr<PrivateFile>> PrivateFolder::open_file(const std::string& name, bool make,
                                                              bool& made) {
  const std::string full = path_ + "/" + name;
  // O_NONBLOCK: a pipe must not make us wait.
  constexpr int kFlags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
  made = false;
  bool can_write = true;
  int fd = openat(descriptor_, name.c_str(), O_RDWR | kFlags);
  if (fd < 0 && errno == ENOENT && make) {
    fd = openat(descriptor_, name.c_str(), O_RDWR | O_CREAT | O_EXCL | kFlags, 0600);
    made = fd >= 0;
    if (fd < 0 && errno == EEXIST) fd = openat(descriptor_, name.c_str(), O_RDWR | kFlags);
  }
  if (fd < 0 && (errno == EACCES || errno == EROFS)) {
    can_write = false;
    fd = openat(descriptor_, name.c_str(), O_RDONLY | kFlags);
  }
  if (fd < 0) return errno == ELOOP ? failure(full, "it is a link") : system_failure(full);
  auto file = std::make_unique<PrivateFile>(fd, can_write);
  if (const char* why = complaint(fd, S_IFREG, "it is no file")) return failure(full, why);
  return file;
}

Result<std::unique_ptr<PrivateFile>> PrivateFolder::new_file(const std::string& name) {
  remove(name);
  const int fd = openat(descriptor_, name.c_str(),
                        O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return system_failure(path_ + "/" + name);
  return std::make_unique<PrivateFile>(fd, true);
}

bool PrivateFolder::rename(const std::string& from, const std::string& to) {
  return renameat(descriptor_, from.c_str(), descriptor_, to.c_str()) == 0;
}

bool PrivateFolder::remove(const std::string& name) {
  return unlinkat(descriptor_, name.c_str(), 0) == 0;
}

bool PrivateFolder::is_current(const PrivateFile& file, const std::string& name) const {
  struct stat open_file;
  struct stat named;
  return fstat(file.descriptor(), &open_file) == 0 &&
         fstatat(descriptor_, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

}  // namespace plan
