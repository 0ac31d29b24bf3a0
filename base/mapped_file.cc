// base/mapped_file.cc: mappings of files, and the signal that tells of pages they have lost.
#include "base/mapped_file.h"

#include <atomic>
#include <bit>
#include <cerrno>
#include <csetjmp>
#include <csignal>
#include <cstring>
#include <mutex>

#include <ucontext.h>

#include "base/memory_map.h"

namespace plan {

namespace {

/// A copy under way.
struct Copy {
  uintptr_t from;
  size_t bytes;
  sigjmp_buf failed;
};

// A signal of this kind comes to the thread whose access it is about: that thread's copy is looked
// at, and no other.
thread_local Copy* volatile copy_under_way = nullptr;

struct sigaction action_before = {};

/// As if our handler had never been there.
void hand_on(int signal, siginfo_t* info, void* context) {
  if ((action_before.sa_flags & SA_SIGINFO) != 0) {
    action_before.sa_sigaction(signal, info, context);
    return;
  }
  // A fault cannot be ignored: what failed is tried again, and then the system ends the process.
  const bool is_sent = info->si_code <= 0;
  if (action_before.sa_handler == SIG_IGN && is_sent) return;
  if (action_before.sa_handler != SIG_DFL && action_before.sa_handler != SIG_IGN) {
    action_before.sa_handler(signal);
    return;
  }
  std::signal(signal, SIG_DFL);
  if (is_sent) raise(signal);
}

void handle(int signal, siginfo_t* info, void* context) {
  Copy* const copy = copy_under_way;
  const auto at = std::bit_cast<uintptr_t>(info->si_addr);
  const bool is_fault = info->si_code > 0;
  if (is_fault && copy != nullptr && at - copy->from < copy->bytes) {
    // The jump leaves the mask alone, and more than what we asked for may be blocked meanwhile:
    // ThreadSanitizer has all signals blocked while a handler runs.
    pthread_sigmask(SIG_SETMASK, &static_cast<const ucontext_t*>(context)->uc_sigmask, nullptr);
    siglongjmp(copy->failed, 1);
  }
  hand_on(signal, info, context);
}

void install_handler() {
  static std::once_flag installed;
  std::call_once(installed, [] {
    struct sigaction action = {};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
    sigaction(SIGBUS, &action, &action_before);
  });
}

bool guarded_copy(const char* from, std::span<uint8_t> to) {
  Copy copy;
  copy.from = std::bit_cast<uintptr_t>(from);
  copy.bytes = to.size();
  if (sigsetjmp(copy.failed, 0) != 0) {
    copy_under_way = nullptr;
    return false;
  }
  copy_under_way = &copy;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  std::memcpy(to.data(), from, to.size());
  std::atomic_signal_fence(std::memory_order_seq_cst);
  copy_under_way = nullptr;
  return true;
}

}  // namespace

Result<std::unique_ptr<MappedFile>> MappedFile::map(int descriptor) {
  install_handler();
  std::unique_ptr<MappedFile> file(new MappedFile(descriptor));
  if (!file->reach(kMappedBytesMin)) {
    return Error{"io", std::string("the file cannot be mapped: ") + std::strerror(errno)};
  }
  return file;
}

MappedFile::~MappedFile() { unmap_file(base_, bytes_); }

/// Makes the mapping at least so long.
bool MappedFile::reach(uint64_t bytes) {
  if (bytes <= bytes_) return true;
  const uint64_t longer = std::bit_ceil(bytes);
  void* const at = map_file(descriptor_, longer);
  if (at == nullptr) return false;
  unmap_file(base_, bytes_);
  base_ = at;
  bytes_ = longer;
  return true;
}

bool MappedFile::copy(uint64_t offset, std::span<uint8_t> to) {
  if (to.empty()) return true;
  if (offset > kMappedBytesMax || to.size() > kMappedBytesMax - offset) return false;
  return reach(offset + to.size()) &&
         guarded_copy(static_cast<const char*>(base_) + offset, to);
}

}  // namespace plan
