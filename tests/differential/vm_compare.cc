// tests/differential/vm_compare.cc: one program on both sides.
#include "tests/differential/vm_compare.h"

#include "base/check.h"
#include "tests/differential/isolate.h"

namespace plan::differential {

namespace {

struct Isolated {
  VmSide& vm;
  const Expr& program;
  size_t text_bytes;
};

std::string run_alone(void* context) {
  const auto* job = static_cast<const Isolated*>(context);
  return job->vm.run(job->program, job->text_bytes);
}

}  // namespace

void VmDiffers::define(const std::vector<Definition>& definitions) {
  definitions_ = definitions;
  for (const Definition& d : definitions) {
    if (d.name == "_Trace") definitions_.push_back({kTraceName, "$_Trace"});
    if (d.name == "_Try") definitions_.push_back({kTryName, "$_Try"});
  }
  for (const Definition& d : definitions_) PLAN_CHECK(judge_.define(d.name, d.text));
}

void VmDiffers::make_vm() {
  vm_.reset();
  vm_ = std::make_unique<VmSide>(options_);
  for (const Definition& d : definitions_) PLAN_CHECK(vm_->define(d.name, *parse(d.text)));
}

bool VmDiffers::holds(const Expr& program) {
  const std::optional<std::string> expected = judge_.expected(program, limits_);
  if (expected.has_value()) {
    const std::string got = run(program);
    // With a collection and a check of the whole heap for every object, time says nothing.
    if (options_.gc_stress && got.ends_with("time\n")) return false;
    if (got == *expected) return false;
    difference_ = "expected\n" + *expected + "got\n" + got;
    return true;
  }
  if (options_.endless_ns != 0 && vm_ != nullptr) vm_->run_briefly(program, options_.endless_ns);
  return false;
}

std::string VmDiffers::report(const Expr& program) {
  const std::string expected = judge_.expected(program, limits_).value_or("nothing\n");
  const std::string got = run(program);
  const std::string text = to_text(program) + "\n";
  // What shows only after other programs, or for one of them, may not show again.
  if (got == expected) return text + "agrees now; before, it or one like it:\n" + difference_;
  return text + "expected\n" + expected + "got\n" + got;
}

std::string VmDiffers::run(const Expr& program) {
  if (is_isolated_) {
    if (vm_ == nullptr) make_vm();
    Isolated job{*vm_, program, limits_.text_bytes};
    return run_isolated(run_alone, &job, kIsolatedSeconds);
  }
  if (vm_ == nullptr || programs_++ % kProgramsPerEvaluator == 0) make_vm();
  return vm_->run(program, limits_.text_bytes);
}

}  // namespace plan::differential
