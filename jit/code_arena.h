// jit/code_arena.h: memory for native code: one reservation, handed out in chunks.
//
// The same pages are mapped twice, once writable and once executable, so that no page is ever both.
//
// Invariants : free chunks are disjoint, and no two touch.       Threads: the evaluator's only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "base/memory_map.h"

namespace plan::jit {

inline constexpr uint64_t kCodeAlignment = 64;

/// Code was written where other code has run, under another address. The processor may have begun
/// with the old one until it meets an instruction that makes it forget: this one.
void forget_old_code();

class CodeArena {
 public:
  /// With room for so many, rounded up to chunks. Null if the system refuses the mappings.
  static std::unique_ptr<CodeArena> create(uint64_t bytes);
  ~CodeArena();
  CodeArena(const CodeArena&) = delete;
  CodeArena& operator=(const CodeArena&) = delete;

  /// The executable address of a chunk, or null if no free one is as large. First fit.
  char* allocate(uint64_t bytes);
  bool fits(uint64_t bytes) const;
  /// Gives back a chunk; nothing runs in it.
  void release(char* executable, uint64_t bytes);
  /// Where the byte that runs at `executable` is written.
  char* writable(const char* executable) const {
    return memory_.writable + (executable - memory_.executable);
  }
  bool contains(const void* executable) const {
    return executable >= memory_.executable && executable < memory_.executable + bytes_;
  }

  uint64_t bytes() const { return bytes_; }
  uint64_t used_bytes() const { return used_; }

 private:
  CodeArena(const CodeMemory& memory, uint64_t bytes) : memory_(memory), bytes_(bytes) {
    free_.emplace(0, bytes);
  }

  CodeMemory memory_;
  uint64_t bytes_;
  uint64_t used_ = 0;
  std::map<uint64_t, uint64_t> free_;  ///< size by offset
};

}  // namespace plan::jit
