// tests/differential/vm_compare.cc: one program on both sides.
#include "tests/differential/vm_compare.h"

#include "tests/differential/isolate.h"

namespace plan::differential {

namespace {

struct Isolated {
  const VmOptions& options;
  const Expr& program;
};

std::string run_alone(void* context) {
  const auto* job = static_cast<const Isolated*>(context);
  return VmSide(job->options).run(job->program, kLimits.text_bytes);
}

}  // namespace

bool VmDiffers::holds(const Expr& program) {
  const std::optional<std::string> expected = judge_.expected(program);
  return expected.has_value() && run(program) != *expected;
}

std::string VmDiffers::report(const Expr& program) {
  const std::string expected = judge_.expected(program).value_or("nothing\n");
  return to_text(program) + "\nexpected\n" + expected + "got\n" + run(program);
}

std::string VmDiffers::run(const Expr& program) {
  if (is_isolated_) {
    Isolated job{options_, program};
    return run_isolated(run_alone, &job, kIsolatedSeconds);
  }
  if (vm_ == nullptr || programs_++ % kProgramsPerEvaluator == 0) {
    vm_.reset();
    vm_ = std::make_unique<VmSide>(options_);
  }
  return vm_->run(program, kLimits.text_bytes);
}

}  // namespace plan::differential
