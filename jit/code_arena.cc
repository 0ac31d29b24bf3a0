// jit/code_arena.cc: memory for native code.
#include "jit/code_arena.h"

#include <algorithm>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/check.h"

namespace plan::jit {

namespace {

uint64_t rounded(uint64_t bytes, uint64_t unit) { return (bytes + unit - 1) / unit * unit; }

}  // namespace

void forget_old_code() {
#if defined(__x86_64__)
  uint32_t words[4];
  __cpuid(0, words[0], words[1], words[2], words[3]);
#endif
}

std::unique_ptr<CodeArena> CodeArena::create(uint64_t bytes) {
  bytes = rounded(bytes, kCodeAlignment);
  const CodeMemory memory = map_code_memory(bytes);
  if (memory.writable == nullptr) return nullptr;
  return std::unique_ptr<CodeArena>(new CodeArena(memory, bytes));
}

CodeArena::~CodeArena() { unmap_code_memory(memory_, bytes_); }

char* CodeArena::allocate(uint64_t bytes) {
  bytes = rounded(bytes, kCodeAlignment);
  for (auto at = free_.begin(); at != free_.end(); ++at) {
    const auto [offset, size] = *at;
    if (size < bytes) continue;
    free_.erase(at);
    if (size > bytes) free_.emplace(offset + bytes, size - bytes);
    used_ += bytes;
    return memory_.executable + offset;
  }
  return nullptr;
}

bool CodeArena::fits(uint64_t bytes) const {
  return std::any_of(free_.begin(), free_.end(),
                     [&](const auto& chunk) { return chunk.second >= bytes; });
}

void CodeArena::release(char* executable, uint64_t bytes) {
  PLAN_ASSERT(contains(executable));
  bytes = rounded(bytes, kCodeAlignment);
  used_ -= bytes;
  auto offset = static_cast<uint64_t>(executable - memory_.executable);
  auto after = free_.lower_bound(offset);
  if (after != free_.end() && after->first == offset + bytes) {
    bytes += after->second;
    after = free_.erase(after);
  }
  if (after != free_.begin()) {
    const auto before = std::prev(after);
    if (before->first + before->second == offset) {
      before->second += bytes;
      return;
    }
  }
  free_.emplace(offset, bytes);
}

}  // namespace plan::jit
