// jit/native_tier.h: the native tier of an evaluator: a thread that feeds the compiler.
#pragma once

#include <string>

#include "jit/code_cache.h"
#include "jit/compiler.h"
#include "jit/templates.h"

namespace plan::vm {
class Evaluator;
}

namespace plan::jit {

/// Whether this build has the compiler (the CMake option PLAN_NATIVE). Templates need none.
inline constexpr bool kNativeBuilt = PLAN_NATIVE != 0;

struct NativeOptions {
  CompilerOptions compiler;
  uint64_t code_bytes_max = uint64_t{256} << 20;
  uint64_t template_bytes_max = kTemplateBytesMax;
  bool perf_map = false;  ///< append to /tmp/perf-PID.map
  bool gdb = false;       ///< tell gdb the names (jit/gdb.h)
  /// The folder of the code cache (jit/code_cache.h); empty: none.
  std::string code_cache;
  uint64_t code_cache_bytes_max = kCodeFileBytesMax;
  /// The user named the folder: if it cannot be used, one line on stderr says why.
  bool code_cache_is_wanted = false;
};

/// Gives `evaluator` a native tier, as its options say; with TierMode::kInterpreter none. In a
/// build without the compiler laws get as far as templates, and TierMode::kNative is kInterpreter.
/// The compiler is loaded when the first law is hot; if that fails, one line on stderr says why,
/// and laws go on as they are.
void attach_native_tier(vm::Evaluator& evaluator, const NativeOptions& options);

/// Takes the tier away from an evaluator whose process is about to end, without waiting for the law
/// that is being compiled. True: the compile thread is still at work, and all it uses lives on;
/// then the process has to end by _exit(), for exit() would pull LLVM from under it.
[[nodiscard]] bool leave_native_tier(vm::Evaluator& evaluator);

}  // namespace plan::jit
