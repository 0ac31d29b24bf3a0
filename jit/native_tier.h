// jit/native_tier.h: the native tier of an evaluator: a thread that feeds the compiler.
#pragma once

#include "jit/compiler.h"

namespace plan::vm {
class Evaluator;
}

namespace plan::jit {

struct NativeOptions {
  CompilerOptions compiler;
  uint64_t code_bytes_max = uint64_t{256} << 20;
  bool perf_map = false;  ///< append to /tmp/perf-PID.map
};

/// Gives `evaluator` a native tier, as its options say; with TierMode::kInterpreter, none. The
/// compiler is loaded when the first law is hot; if that fails, one line on stderr says why, and
/// the interpreter goes on.
void attach_native_tier(vm::Evaluator& evaluator, const NativeOptions& options);

}  // namespace plan::jit
