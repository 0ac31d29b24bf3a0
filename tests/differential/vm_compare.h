// tests/differential/vm_compare.h: the oracle against the evaluator in vm/.
#pragma once

#include "tests/differential/compare.h"
#include "tests/differential/generate.h"
#include "tests/differential/vm_side.h"

#include <memory>
#include <string>

namespace plan::differential {

/// How many programs one evaluator runs before it is replaced: what one program leaves behind is
/// part of what the next one tests.
inline constexpr uint32_t kProgramsPerEvaluator = 500;

/// How long an isolated program may take.
inline constexpr uint32_t kIsolatedSeconds = 30;

/// Oracle and evaluator disagree.
class VmDiffers : public Property {
 public:
  explicit VmDiffers(const VmOptions& options) : options_(options) {}
  /// Every program gets an evaluator of its own in a process of its own: slower, but a program that
  /// kills the process is only one that differs.
  void isolate() { is_isolated_ = true; }
  bool holds(const Expr& program) override;
  /// The program, what was expected, and what the evaluator said.
  std::string report(const Expr& program);

 private:
  std::string run(const Expr& program);

  VmOptions options_;
  Judge judge_;
  std::unique_ptr<VmSide> vm_;
  uint32_t programs_ = 0;
  bool is_isolated_ = false;
};

}  // namespace plan::differential
