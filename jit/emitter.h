// jit/emitter.h: a module -> an object file, by LLVM's code generator.
//
// The passes are made once and serve every module: Note [Code generation passes] in jit/emitter.cc.
#pragma once

#include <span>
#include <string>

#include "jit/llvm_codegen.h"

namespace plan::jit {

class Emitter {
 public:
  /// `quick`: the target does not optimise, and all its passes run.
  Emitter(llvm::TargetMachine& target, bool quick);

  /// False: this code generator is not the one that we know.
  bool is_complete() const { return is_complete_; }
  /// The object file stays until the next call.
  std::span<const char> emit(llvm::Module& module);
  /// The assembly of the object file, for people. Uses the module up, too.
  std::string assembly(llvm::Module& module);

 private:
  llvm::TargetMachine& target_;
  bool quick_;
  llvm::SmallVector<char, 0> object_;
  llvm::raw_svector_ostream stream_;
  llvm::legacy::PassManager passes_;
  bool is_complete_ = false;
};

}  // namespace plan::jit
