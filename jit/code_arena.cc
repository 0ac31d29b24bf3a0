// jit/code_arena.cc: memory for native code.
#include "jit/code_arena.h"

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
  const CodeMemory memory = map_code_memory(bytes);
  if (memory.writable == nullptr) return nullptr;
  return std::unique_ptr<CodeArena>(new CodeArena(memory, bytes));
}

CodeArena::~CodeArena() { unmap_code_memory(memory_, bytes_); }

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
    segment.WorkingMem = memory_.writable + from;
    segment.Addr = llvm::orc::ExecutorAddr::fromPtr(memory_.executable + from);
    used_ = from + size;
  }
  if (llvm::Error error = layout.apply()) {
    on_allocated(std::move(error));
    return;
  }
  on_allocated(std::make_unique<InFlight>(graph, memory_.executable + start));
}

/// Code is never freed alone: records may still name it.
void CodeArena::deallocate(std::vector<FinalizedAlloc> allocations,
                           OnDeallocatedFunction on_deallocated) {
  for (FinalizedAlloc& allocation : allocations) allocation.release();
  on_deallocated(llvm::Error::success());
}

}  // namespace plan::jit
