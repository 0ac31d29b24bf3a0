// tests/differential/vm_compare.cc: one program on both sides.
#include "tests/differential/vm_compare.h"

namespace plan::differential {

bool VmDiffers::holds(const Expr& program) {
  const std::optional<std::string> expected = judge_.expected(program);
  return expected.has_value() && run(program) != *expected;
}

std::string VmDiffers::report(const Expr& program) {
  const std::string expected = judge_.expected(program).value_or("nothing\n");
  return to_text(program) + "\nexpected\n" + expected + "got\n" + run(program);
}

std::string VmDiffers::run(const Expr& program) {
  if (vm_ == nullptr || programs_++ % kProgramsPerEvaluator == 0) {
    vm_.reset();
    vm_ = std::make_unique<VmSide>(options_);
  }
  return vm_->run(program, kLimits.text_bytes);
}

}  // namespace plan::differential
