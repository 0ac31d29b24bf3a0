// jit/compiler.h: the native compiler as the rest of the program sees it: a plug-in, loaded when
// the first law becomes hot, so that a process that compiles nothing pays nothing for LLVM.
#pragma once

#include <cstdint>

#include "vm/tier.h"

namespace plan::jit {

struct CompilerOptions {
  uint64_t code_bytes_max = uint64_t{256} << 20;
  bool quick = false;       ///< no optimisation by LLVM; for tests, which compile much
  bool perf_map = false;    ///< append to /tmp/perf-PID.map
  const char* dump = nullptr;  ///< name of a law whose LLVM IR and assembly go to stderr
};

/// Compiles requests, one at a time, on one thread. What it makes lives as long as itself.
class Compiler {
 public:
  virtual ~Compiler() = default;
  /// Fills in the addresses, or `failure`.
  virtual void compile(vm::TierRequest& request) = 0;
};

/// The symbol of the plug-in. Null: the machine's processor or memory cannot be used.
using MakeCompiler = Compiler* (*)(const vm::TierRuntime& runtime, const CompilerOptions& options);
inline constexpr const char* kMakeCompilerSymbol = "palladium_make_compiler";

}  // namespace plan::jit
