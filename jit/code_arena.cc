// jit/code_arena.cc: memory for native code.
#include "jit/code_arena.h"

#include <sys/mman.h>
#include <unistd.h>

namespace plan::jit {

namespace {

/// An allocation between layout and finalisation; there is nothing to do but hand over.
class InFlight : public llvm::jitlink::JITLinkMemoryManager::InFlightAlloc {
 public:
  InFlight(llvm::jitlink::LinkGraph& graph, char* executable)
      : graph_(&graph), executable_(executable) {}
  void abandon(OnAbandonedFunction on_abandoned) override {
    on_abandoned(llvm::Error::success());
  }
  void finalize(OnFinalizedFunction on_finalized) override {
    auto actions = llvm::orc::shared::runFinalizeActions(graph_->allocActions());
    if (!actions) {
      on_finalized(actions.takeError());
      return;
    }
    on_finalized(llvm::jitlink::JITLinkMemoryManager::FinalizedAlloc(
        llvm::orc::ExecutorAddr::fromPtr(executable_)));
  }

 private:
  llvm::jitlink::LinkGraph* graph_;
  char* executable_;
};

}  // namespace

std::unique_ptr<CodeArena> CodeArena::create(uint64_t bytes) {
  const int file = memfd_create("palladium-code", MFD_CLOEXEC);
  if (file < 0) return nullptr;
  std::unique_ptr<CodeArena> arena;
  if (ftruncate(file, static_cast<off_t>(bytes)) == 0) {
    void* w = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    void* x = mmap(nullptr, bytes, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    if (w != MAP_FAILED && x != MAP_FAILED) {
      arena.reset(new CodeArena(static_cast<char*>(w), static_cast<char*>(x), bytes));
    } else {
      if (w != MAP_FAILED) munmap(w, bytes);
      if (x != MAP_FAILED) munmap(x, bytes);
    }
  }
  close(file);
  return arena;
}

CodeArena::~CodeArena() {
  munmap(writable_, bytes_);
  munmap(executable_, bytes_);
}

void CodeArena::allocate(const llvm::jitlink::JITLinkDylib*, llvm::jitlink::LinkGraph& graph,
                         OnAllocatedFunction on_allocated) {
  llvm::jitlink::BasicLayout layout(graph);
  const uint64_t start = used_;
  for (auto& [group, segment] : layout.segments()) {
    const uint64_t from = llvm::alignTo(used_, segment.Alignment);
    const uint64_t size = segment.ContentSize + segment.ZeroFillSize;
    if (from + size > bytes_) {
      used_ = start;
      on_allocated(llvm::make_error<llvm::StringError>("code memory is used up",
                                                       llvm::inconvertibleErrorCode()));
      return;
    }
    segment.WorkingMem = writable_ + from;
    segment.Addr = llvm::orc::ExecutorAddr::fromPtr(executable_ + from);
    used_ = from + size;
  }
  if (llvm::Error error = layout.apply()) {
    on_allocated(std::move(error));
    return;
  }
  on_allocated(std::make_unique<InFlight>(graph, executable_ + start));
}

/// Code is never freed alone: records may still name it.
void CodeArena::deallocate(std::vector<FinalizedAlloc> allocations,
                           OnDeallocatedFunction on_deallocated) {
  for (FinalizedAlloc& allocation : allocations) allocation.release();
  on_deallocated(llvm::Error::success());
}

}  // namespace plan::jit
