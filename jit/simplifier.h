// jit/simplifier.h: LLVM's passes over the IR of a module.
//
// Analyses are registered by hand: llvm::PassBuilder knows every pass there is, and would link them
// all into the plug-in, which is loaded while a program waits for native code.
#pragma once

#include "jit/llvm_codegen.h"

namespace plan::jit {

class Simplifier {
 public:
  explicit Simplifier(llvm::TargetMachine& target);
  void run(llvm::Module& module);

 private:
  // In this order, for they refer to each other when they are destroyed.
  llvm::FunctionAnalysisManager functions_;
  llvm::ModuleAnalysisManager modules_;
  llvm::FunctionPassManager passes_;
};

}  // namespace plan::jit
