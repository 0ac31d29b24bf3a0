// tests/differential/plan_differential.cc: oracle against vm, for as many programs as wanted.
//
// plan_differential COUNT [FIRST_SEED] [gc-stress] [nojets]             random programs
// plan_differential - [gc-stress] [nojets]                             programs from standard input
//
// Prints each difference, shrunk; ends with 1 if there was one. Programs run in child processes,
// one after the other until one differs or dies; that one is then shrunk in processes of its own.
#include "tests/differential/isolate.h"
#include "tests/differential/vm_compare.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace plan::differential {

namespace {

constexpr uint32_t kShrinkAttempts = 4'000;
constexpr uint32_t kDifferencesMax = 20;
constexpr uint64_t kBatchPrograms = 500;
constexpr uint32_t kBatchSeconds = 300;

struct Arguments {
  VmOptions options;
  uint64_t count = 0;
  uint64_t first_seed = 1;
};

struct Batch {
  const Arguments& arguments;
  uint64_t seed;
  uint64_t count;
};

/// Runs programs until one differs. Answers `N` differed, or nothing; a death is seen from outside.
std::string run_batch(void* context) {
  const auto* batch = static_cast<const Batch*>(context);
  VmDiffers differs(batch->arguments.options);
  for (uint64_t seed = batch->seed; seed < batch->seed + batch->count; seed++) {
    if (differs.holds(generate(seed))) return std::to_string(seed);
  }
  return "";
}

/// The first program of a batch that differs or kills, by halving: nothing if it kills only after
/// others, which is then reported as such.
uint64_t find_first(Batch batch) {
  while (batch.count > 1) {
    Batch half = batch;
    half.count = batch.count / 2;
    if (run_isolated(run_batch, &half, kBatchSeconds).empty()) {
      batch.seed += half.count;
      batch.count -= half.count;
    } else {
      batch.count = half.count;
    }
  }
  return batch.seed;
}

int run_random(const Arguments& arguments) {
  uint32_t found = 0;
  uint64_t done = 0;
  while (done < arguments.count && found < kDifferencesMax) {
    Batch batch{arguments, arguments.first_seed + done,
                std::min(kBatchPrograms, arguments.count - done)};
    if (run_isolated(run_batch, &batch, kBatchSeconds).empty()) {
      done += batch.count;
      continue;
    }
    found++;
    const uint64_t seed = find_first(batch);
    done = seed + 1 - arguments.first_seed;
    VmDiffers differs(arguments.options);
    differs.isolate();
    const Expr program = generate(seed);
    if (!differs.holds(program)) {
      std::printf("PLAN_SEED=%lu differs only after the programs from %lu on\n", seed, batch.seed);
      continue;
    }
    const Expr smallest = shrink(program, differs, kShrinkAttempts);
    std::printf("PLAN_SEED=%lu\n%s\n", seed, differs.report(smallest).c_str());
    std::fflush(stdout);
  }
  return found == 0 ? 0 : 1;
}

int run_lines(const Arguments& arguments) {
  VmDiffers differs(arguments.options);
  differs.isolate();
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
    } else if (std::strcmp(argv[i], "-") == 0) {
      lines = true;
    } else {
      const uint64_t number = std::strtoull(argv[i], nullptr, 10);
      (numbers++ == 0 ? arguments.count : arguments.first_seed) = number;
    }
  }
  return lines ? run_lines(arguments) : run_random(arguments);
}
