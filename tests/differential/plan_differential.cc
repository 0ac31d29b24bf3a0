// tests/differential/plan_differential.cc: oracle against vm, for as many programs as wanted.
//
// plan_differential COUNT [FIRST_SEED] [gc-stress] [nojets] [verbose]   random programs
// plan_differential - [gc-stress] [nojets]                             programs from standard input
//
// Prints each difference, shrunk; ends with 1 if there was one. An evaluator that dies takes this
// program along: `verbose` prints each program before it runs.
#include "tests/differential/vm_compare.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace plan::differential {

namespace {

constexpr uint32_t kShrinkAttempts = 20'000;
constexpr uint32_t kDifferencesMax = 20;

struct Arguments {
  VmOptions options;
  bool verbose = false;
  uint64_t count = 0;
  uint64_t first_seed = 1;
};

int run_random(const Arguments& arguments) {
  VmDiffers differs(arguments.options);
  uint32_t found = 0;
  for (uint64_t i = 0; i < arguments.count && found < kDifferencesMax; i++) {
    const uint64_t seed = arguments.first_seed + i;
    const Expr program = generate(seed);
    if (arguments.verbose) {
      std::printf("PLAN_SEED=%lu %s\n", seed, to_text(program).c_str());
      std::fflush(stdout);
    }
    if (!differs.holds(program)) continue;
    found++;
    const Expr smallest = shrink(program, differs, kShrinkAttempts);
    std::printf("PLAN_SEED=%lu\n%s\n", seed, differs.report(smallest).c_str());
    std::fflush(stdout);
  }
  return found == 0 ? 0 : 1;
}

int run_lines(const Arguments& arguments) {
  VmDiffers differs(arguments.options);
  int status = 0;
  std::string line;
  for (int c = std::getchar(); c != EOF; c = std::getchar()) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    const std::optional<Expr> program = parse(line);
    if (!program) std::fprintf(stderr, "malformed: %s\n", line.c_str());
    if (program && differs.holds(*program)) {
      std::printf("%s\n", differs.report(*program).c_str());
      status = 1;
    }
    line.clear();
  }
  return status;
}

}  // namespace

}  // namespace plan::differential

int main(int argc, char** argv) {
  plan::differential::Arguments arguments;
  bool lines = false;
  int numbers = 0;
  for (int i = 1; i < argc; i++) {
    if (std::strcmp(argv[i], "gc-stress") == 0) {
      arguments.options.gc_stress = true;
    } else if (std::strcmp(argv[i], "nojets") == 0) {
      arguments.options.jets = false;
    } else if (std::strcmp(argv[i], "verbose") == 0) {
      arguments.verbose = true;
    } else if (std::strcmp(argv[i], "-") == 0) {
      lines = true;
    } else {
      const uint64_t number = std::strtoull(argv[i], nullptr, 10);
      (numbers++ == 0 ? arguments.count : arguments.first_seed) = number;
    }
  }
  return lines ? run_lines(arguments) : run_random(arguments);
}
