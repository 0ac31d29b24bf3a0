// jit/simplifier.cc: which passes run over the IR, and the analyses that they ask for.
#include "jit/simplifier.h"

#include "jit/llvm_ir.h"

namespace plan::jit {

Simplifier::Simplifier(llvm::TargetMachine& target) {
  modules_.registerPass([] { return llvm::PassInstrumentationAnalysis(); });
  modules_.registerPass([] { return llvm::ProfileSummaryAnalysis(); });
  functions_.registerPass([] { return llvm::PassInstrumentationAnalysis(); });
  functions_.registerPass([this] { return llvm::ModuleAnalysisManagerFunctionProxy(modules_); });
  functions_.registerPass([&target] { return target.getTargetIRAnalysis(); });
  functions_.registerPass([] { return llvm::TargetLibraryAnalysis(); });
  functions_.registerPass([] { return llvm::AssumptionAnalysis(); });
  functions_.registerPass([] { return llvm::DominatorTreeAnalysis(); });
  functions_.registerPass([] { return llvm::LoopAnalysis(); });
  functions_.registerPass([] { return llvm::BranchProbabilityAnalysis(); });
  functions_.registerPass([] { return llvm::BasicAA(); });
  functions_.registerPass([] {
    llvm::AAManager aliases;
    aliases.registerFunctionAnalysis<llvm::BasicAA>();
    return aliases;
  });
  functions_.registerPass([] { return llvm::MemorySSAAnalysis(); });
  functions_.registerPass([] { return llvm::OptimizationRemarkEmitterAnalysis(); });
  // A handful of cheap ones: the linear code is already optimised, and the code generator takes
  // most of the time in any case. A second round, or value numbering across blocks, changes one
  // byte of code in 500.
  passes_.addPass(llvm::SROAPass(llvm::SROAOptions::ModifyCFG));
  passes_.addPass(llvm::EarlyCSEPass(true));
  passes_.addPass(llvm::SimplifyCFGPass());
  passes_.addPass(llvm::InstCombinePass());
  passes_.addPass(llvm::DCEPass());
}

void Simplifier::run(llvm::Module& module) {
  for (llvm::Function& f : module) {
    if (!f.isDeclaration()) passes_.run(f, functions_);
  }
  functions_.clear();
  modules_.clear();
}

}  // namespace plan::jit
