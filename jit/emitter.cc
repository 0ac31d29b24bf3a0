// jit/emitter.cc: which passes of the code generator run.
//
// Note [Code generation passes]
//   For x86-64 LLVM runs some 150 passes over each function. Most are for code that we never make:
//   vectors, tiles, exceptions, collectors of its own kind, debug information, sanitizers,
//   mitigations. Others gain nothing measurable here: schedulers (the processor reorders by
//   itself), loop strength reduction, a second look at copies. Running them, and managing what
//   they invalidate, took most of the time of a small law. So only the passes in kPasses are let
//   through, and what these ask for; that each was offered is checked, so that another release of
//   LLVM cannot lose one without notice.
//   The passes keep nothing of a module when they are done with it, so that one set of them serves
//   all modules; making them took nearly a millisecond.
#include "jit/emitter.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace plan::jit {

namespace {

/// By the names that they give themselves.
constexpr std::string_view kPasses[] = {
    "Target Pass Configuration",
    "Machine Module Information",
    "Target Transform Information",
    "CodeGen Prepare",
    "X86 DAG->DAG Instruction Selection",
    "Finalize ISel and expand pseudo-instructions",
    "Early Machine Loop Invariant Code Motion",
    "Machine Common Subexpression Elimination",
    "Machine code sinking",
    "Peephole Optimizations",
    "Remove dead machine instructions",
    "X86 EFLAGS copy lowering",
    "Process Implicit Definitions",
    "Remove unreachable machine basic blocks",
    "Live Variable Analysis",
    "Eliminate PHI nodes for register allocation",
    "Two-Address instruction pass",
    "Register Coalescer",
    "Rename Disconnected Subregister Components",
    "Greedy Register Allocator",
    "Virtual Register Rewriter",
    "Machine Copy Propagation Pass",
    "Shrink Wrapping analysis",
    "Prologue/Epilogue Insertion & Frame Finalization",
    "Control Flow Optimizer",
    "Tail Duplication",
    "Post-RA pseudo instruction expansion pass",
    "X86 pseudo instruction expansion pass",
    "Branch Probability Basic Block Placement",
    "X86 vzeroupper inserter",
    "X86 Assembly Printer",
    "Free MachineFunction",
};

/// Passes on what is in kPasses, and deletes the rest.
class Filter : public llvm::legacy::PassManagerBase {
 public:
  explicit Filter(llvm::legacy::PassManagerBase& to) : to_(to) {}

  void add(llvm::Pass* pass) override {
    const llvm::StringRef name = pass->getPassName();
    const auto* found = std::find(std::begin(kPasses), std::end(kPasses), std::string_view(name));
    if (found == std::end(kPasses)) {
      delete pass;
      return;
    }
    is_offered_[static_cast<size_t>(found - kPasses)] = true;
    to_.add(pass);
  }
  bool has_all() const {
    return std::all_of(is_offered_.begin(), is_offered_.end(), [](bool b) { return b; });
  }

 private:
  llvm::legacy::PassManagerBase& to_;
  std::array<bool, std::size(kPasses)> is_offered_{};
};

}  // namespace

Emitter::Emitter(llvm::TargetMachine& target, bool quick)
    : target_(target), quick_(quick), stream_(object_) {
  llvm::MCContext* context = nullptr;
  if (quick) {
    is_complete_ = !target.addPassesToEmitMC(passes_, context, stream_);
    return;
  }
  Filter filter(passes_);
  is_complete_ = !target.addPassesToEmitMC(filter, context, stream_) && filter.has_all();
}

std::span<const char> Emitter::emit(llvm::Module& module) {
  object_.clear();
  passes_.run(module);
  return {object_.data(), object_.size()};
}

std::string Emitter::assembly(llvm::Module& module) {
  llvm::SmallVector<char, 0> text;
  llvm::raw_svector_ostream stream(text);
  llvm::legacy::PassManager passes;
  Filter filter(passes);
  llvm::legacy::PassManagerBase& to = quick_ ? static_cast<llvm::legacy::PassManagerBase&>(passes)
                                             : filter;
  if (target_.addPassesToEmitFile(to, stream, nullptr, llvm::CodeGenFileType::AssemblyFile)) {
    return "";
  }
  passes.run(module);
  return stream.str().str();
}

}  // namespace plan::jit
