// jit/linker.cc: an object file -> an image, by JITLink.
//
// JITLink's memory manager stands for memory at a nominal address that nothing is ever run at:
// every distance inside the image is right, and there is nothing else (is_relative()).
#include "jit/linker.h"

#include <algorithm>
#include <map>
#include <memory>

#include "base/check.h"
#include "jit/codegen.h"
#include "jit/llvm_codegen.h"

namespace plan::jit {

namespace {

namespace link = llvm::jitlink;

constexpr uint64_t kNominalAddress = uint64_t{1} << 32;

llvm::Error failure(const char* why) {
  return llvm::make_error<llvm::StringError>(why, llvm::inconvertibleErrorCode());
}

/// Collects the parts of a graph in one piece of memory.
class ImageMemory : public link::JITLinkMemoryManager {
 public:
  explicit ImageMemory(std::vector<uint8_t>& bytes) : bytes_(bytes) {}

  using JITLinkMemoryManager::allocate;
  using JITLinkMemoryManager::deallocate;
  void allocate(const link::JITLinkDylib*, link::LinkGraph& graph,
                OnAllocatedFunction on_allocated) override {
    link::BasicLayout layout(graph);
    uint64_t size = 0;
    std::vector<std::pair<link::BasicLayout::Segment*, uint64_t>> places;
    for (auto& [group, segment] : layout.segments()) {
      const uint64_t from = llvm::alignTo(size, segment.Alignment);
      places.emplace_back(&segment, from);
      size = from + segment.ContentSize + segment.ZeroFillSize;
    }
    if (size > kImageBytesMax) {
      on_allocated(failure("the image is too large"));
      return;
    }
    bytes_.assign(size, 0);
    for (const auto& [segment, from] : places) {
      segment->WorkingMem = reinterpret_cast<char*>(bytes_.data()) + from;
      segment->Addr = llvm::orc::ExecutorAddr(kNominalAddress + from);
    }
    if (llvm::Error error = layout.apply()) {
      on_allocated(std::move(error));
      return;
    }
    on_allocated(std::make_unique<InFlight>());
  }
  void deallocate(std::vector<FinalizedAlloc> allocations,
                  OnDeallocatedFunction on_deallocated) override {
    for (FinalizedAlloc& allocation : allocations) allocation.release();
    on_deallocated(llvm::Error::success());
  }

 private:
  /// An allocation between layout and finalisation; there is nothing to do but hand over.
  class InFlight : public InFlightAlloc {
   public:
    void abandon(OnAbandonedFunction on_abandoned) override {
      on_abandoned(llvm::Error::success());
    }
    void finalize(OnFinalizedFunction on_finalized) override {
      on_finalized(FinalizedAlloc(llvm::orc::ExecutorAddr(kNominalAddress)));
    }
  };

  std::vector<uint8_t>& bytes_;
};

/// Whether an edge means the same wherever the graph is put.
bool is_relative(const link::Edge& edge) {
  if (!edge.isRelocation()) return true;
  if (!edge.getTarget().isDefined()) return false;
  switch (edge.getKind()) {
    case link::x86_64::Delta64:
    case link::x86_64::Delta32:
    case link::x86_64::Delta8:
    case link::x86_64::NegDelta64:
    case link::x86_64::NegDelta32:
    case link::x86_64::BranchPCRel32:
    case link::x86_64::PCRel32: return true;
    default: return false;
  }
}

class ImageContext : public link::JITLinkContext {
 public:
  ImageContext(const std::vector<std::string>& entries, Image& image, bool& linked)
      : JITLinkContext(nullptr), entries_(entries), image_(image), linked_(linked),
        memory_(image.bytes) {}

  link::JITLinkMemoryManager& getMemoryManager() override { return memory_; }
  void notifyFailed(llvm::Error error) override { llvm::consumeError(std::move(error)); }
  void lookup(const LookupMap& symbols,
              std::unique_ptr<link::JITLinkAsyncLookupContinuation> then) override {
    if (symbols.empty()) {
      then->run(link::AsyncLookupResult());
    } else {
      then->run(failure("a symbol is not defined"));
    }
  }
  llvm::Error notifyResolved(link::LinkGraph&) override { return llvm::Error::success(); }
  void notifyFinalized(link::JITLinkMemoryManager::FinalizedAlloc allocation) override {
    allocation.release();
    linked_ = true;
  }
  llvm::Error modifyPassConfig(link::LinkGraph&, link::PassConfiguration& passes) override {
    passes.PreFixupPasses.push_back([this](link::LinkGraph& graph) { return read(graph); });
    return llvm::Error::success();
  }

 private:
  /// Everything has its place by now.
  llvm::Error read(link::LinkGraph& graph) {
    for (link::Block* block : graph.blocks()) {
      for (const link::Edge& edge : block->edges()) {
        if (!is_relative(edge)) return failure("an absolute address");
      }
    }
    std::map<std::string, uint32_t> offsets;
    for (link::Symbol* symbol : graph.defined_symbols()) {
      if (!symbol->hasName()) continue;
      const auto offset = static_cast<uint32_t>(symbol->getAddress().getValue() - kNominalAddress);
      const std::string name = symbol->getName().str();
      offsets.emplace(name, offset);
      if (name.starts_with(kFunctionPrefix)) {
        image_.functions.push_back({offset, name.substr(kFunctionPrefix.size())});
      }
    }
    std::sort(image_.functions.begin(), image_.functions.end(),
              [](const ImageFunction& a, const ImageFunction& b) { return a.offset < b.offset; });
    const auto slots = offsets.find(kSlotsSymbol);
    if (slots != offsets.end()) image_.slots_offset = slots->second;
    for (const std::string& entry : entries_) {
      const auto at = offsets.find(entry);
      if (!entry.empty() && at == offsets.end()) return failure("an entry is missing");
      image_.entries.push_back(entry.empty() ? kNoEntry : at->second);
    }
    return llvm::Error::success();
  }

  const std::vector<std::string>& entries_;
  Image& image_;
  bool& linked_;
  ImageMemory memory_;
};

}  // namespace

bool link_image(std::span<const char> object, const std::vector<std::string>& entries,
                Image& image) {
  llvm::Expected<std::unique_ptr<link::LinkGraph>> graph =
      link::createLinkGraphFromELFObject_x86_64(
          llvm::MemoryBufferRef(llvm::StringRef(object.data(), object.size()), "law"));
  if (!graph) {
    llvm::consumeError(graph.takeError());
    return false;
  }
  bool linked = false;
  link::link_ELF_x86_64(std::move(*graph), std::make_unique<ImageContext>(entries, image, linked));
  return linked;
}

}  // namespace plan::jit
