// jit/compiler.h: the native compiler as the rest of the program sees it: a plug-in, loaded when
// the first law becomes hot, so that a process that compiles nothing pays nothing for LLVM.
#pragma once

#include "jit/image.h"
#include "vm/tier.h"

namespace plan::jit {

struct CompilerOptions {
  bool quick = false;  ///< no optimisation by LLVM; for tests, which compile much
};

/// Makes images of requests, one at a time, on one thread.
class Compiler {
 public:
  virtual ~Compiler() = default;
  /// Fills in `image`, unless it says why not. Shows what it makes if the request says so.
  virtual vm::TierFailure compile(const vm::TierRequest& request, Image& image) = 0;
};

/// The symbol of the plug-in. Null: the machine's processor cannot be compiled for.
using MakeCompiler = Compiler* (*)(const vm::TierRuntime& runtime, const CompilerOptions& options);
inline constexpr const char* kMakeCompilerSymbol = "palladium_make_compiler";

}  // namespace plan::jit
