// tests/differential/vm_compare.h: the oracle against the evaluator in vm/.
#pragma once

#include "tests/differential/compare.h"
#include "tests/differential/definitions.h"
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
  explicit VmDiffers(const VmOptions& options, const oracle::Limits& limits = kLimits)
      : options_(options), limits_(limits) {}
  /// Makes `definitions` known to both sides; the trace and the handler become the library's own.
  void define(const std::vector<Definition>& definitions);
  /// Every program gets a fresh evaluator in a process of its own: slower, but a program that kills
  /// the process is only one that differs.
  void isolate() { is_isolated_ = true; }
  bool holds(const Expr& program) override;
  /// The program, what was expected, and what the evaluator said.
  std::string report(const Expr& program);
  /// What was expected of the latest program that differed, and what the evaluator said.
  const std::string& difference() const { return difference_; }
  /// The evaluator of the latest program; null if there was none.
  VmSide* vm() { return vm_.get(); }

 private:
  std::string run(const Expr& program);

  void make_vm();

  VmOptions options_;
  oracle::Limits limits_;
  std::vector<Definition> definitions_;
  Judge judge_;
  std::unique_ptr<VmSide> vm_;
  uint32_t programs_ = 0;
  std::string difference_;
  bool is_isolated_ = false;
};

}  // namespace plan::differential
