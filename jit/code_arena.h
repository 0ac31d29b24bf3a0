// jit/code_arena.h: memory for native code: one reservation, filled from the bottom.
//
// JITLink's own manager maps every function by itself and runs into the kernel's limit of mappings
// at 32,000 functions. Here the same pages are mapped twice, once writable and once executable, so
// that no page is ever both.
#pragma once

#include <cstdint>
#include <memory>

#include "base/memory_map.h"
#include "jit/llvm_orc.h"

namespace plan::jit {

class CodeArena : public llvm::jitlink::JITLinkMemoryManager {
 public:
  /// Null if the system refuses the mappings.
  static std::unique_ptr<CodeArena> create(uint64_t bytes);
  ~CodeArena() override;

  using JITLinkMemoryManager::allocate;
  using JITLinkMemoryManager::deallocate;
  void allocate(const llvm::jitlink::JITLinkDylib* dylib, llvm::jitlink::LinkGraph& graph,
                OnAllocatedFunction on_allocated) override;
  void deallocate(std::vector<FinalizedAlloc> allocations,
                  OnDeallocatedFunction on_deallocated) override;

  uint64_t used_bytes() const { return used_; }
  uint64_t free_bytes() const { return bytes_ - used_; }

 private:
  CodeArena(const CodeMemory& memory, uint64_t bytes) : memory_(memory), bytes_(bytes) {}

  CodeMemory memory_;
  uint64_t bytes_;
  uint64_t used_ = 0;
};

}  // namespace plan::jit
