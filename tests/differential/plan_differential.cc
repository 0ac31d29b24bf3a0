// tests/differential/plan_differential.cc: oracle against vm, for as many programs as wanted.
//
// plan_differential [options] COUNT [FIRST_SEED]     random programs
// plan_differential [options] -                      programs from standard input
//   gc-stress        collect at every safepoint
//   nursery=BYTES    size of the nursery
//   endless          also run, briefly, what the oracle has no opinion of
//   nojets           run laws as written
//   native           compile every law at its first entry
//   quick-code       the same without LLVM's optimisations: many more programs in the same time
//   hot=N            with one of these: only laws that were entered N times, on the side
//   code-cache=DIR   native code is stored there, and taken from there
//   code-bytes=N     room for native code, to see laws evicted
//   templates        translate every law at its first entry (jit/templates.h)
//   template-bytes=N room for that, to see laws that are not
//   optimise         optimise every law before it runs
//   passes=LIST      with these passes only, see vm/optimise.h; implies optimise
//   passes=random    with other passes for every batch of programs; implies optimise
//   library=FILE     calls of the functions defined in FILE, see definitions.h
//   nats             the oracle computes the arithmetic of the library instead of counting
//   laws             with a library: random programs that use it, instead of single calls
//   only=NAME        only calls of this one
//   except=NAME      not this one; may be repeated
//
// Prints each difference, shrunk; ends with 1 if there was one. Programs run in child processes,
// one after the other until one differs or dies; that one is then shrunk in processes of its own.
#include "base/file.h"
#include "tests/differential/isolate.h"
#include "jit/native_tier.h"
#include "tests/differential/vm_compare.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>
#include <string_view>

namespace plan::differential {

namespace {

constexpr uint32_t kShrinkAttempts = 4'000;
constexpr uint32_t kDifferencesMax = 20;
constexpr uint64_t kBatchPrograms = 500;
constexpr uint64_t kEndlessNs = 5'000'000;
constexpr uint32_t kBatchSeconds = 300;
/// Library functions run as laws, without anything native.
constexpr oracle::Limits kLibraryLimits = {
    .steps = 300'000, .depth = 20'000, .stack_bytes = 512 << 20, .text_bytes = 1 << 16};

struct Arguments {
  VmOptions options;
  oracle::Limits limits = kLimits;
  std::vector<Definition> definitions;
  std::vector<NamedFunction> functions;
  std::string library_path;
  std::string only;
  std::set<std::string, std::less<>> except;
  bool is_lines = false;
  bool is_laws = false;
  bool native_nats = false;
  bool random_passes = false;
  uint64_t count = 0;
  uint64_t first_seed = 1;
};

Expr make_program(const Arguments& arguments, uint64_t seed) {
  if (arguments.functions.empty() || arguments.is_laws) return generate(seed, arguments.functions);
  return generate_call(seed, arguments.functions);
}

struct Batch {
  const Arguments& arguments;
  VmOptions options;
  uint64_t seed;
  uint64_t count;
};

/// Runs programs until one differs. Answers how, or nothing; a death is seen from outside.
std::string run_batch(void* context) {
  const auto* batch = static_cast<const Batch*>(context);
  VmDiffers differs(batch->options, batch->arguments.limits);
  differs.define(batch->arguments.definitions);
  for (uint64_t seed = batch->seed; seed < batch->seed + batch->count; seed++) {
    if (differs.holds(make_program(batch->arguments, seed))) {
      return "PLAN_SEED=" + std::to_string(seed) + "\n" + differs.difference();
    }
  }
  return "";
}

/// The first program of a batch that differs or kills, by halving.
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

/// `answer` is that of the batch, in which the program at `seed` was the first to differ.
void report(const Arguments& arguments, const VmOptions& options, uint64_t seed,
            uint64_t batch_seed, const std::string& answer) {
  VmDiffers differs(options, arguments.limits);
  differs.define(arguments.definitions);
  differs.isolate();
  const Expr program = make_program(arguments, seed);
  if (arguments.random_passes) std::printf("passes=%s ", vm::print_passes(options.passes).c_str());
  if (differs.holds(program)) {
    const Expr smallest = shrink(program, differs, kShrinkAttempts);
    std::printf("PLAN_SEED=%lu\n%s\n", seed, differs.report(smallest).c_str());
  } else {
    std::printf("PLAN_SEED=%lu differs only after programs from %lu on; at first:\n%s", seed,
                batch_seed, answer.c_str());
  }
  std::fflush(stdout);
}

/// Each pass with even odds.
vm::PassSet random_passes(uint64_t seed) {
  std::mt19937_64 random(seed);
  vm::PassSet passes = vm::PassSet::none();
  for (size_t i = 0; i < static_cast<size_t>(vm::Pass::kCount); i++) {
    if (random() % 2 == 0) passes.add(static_cast<vm::Pass>(i));
  }
  return passes;
}

int run_random(const Arguments& arguments) {
  uint32_t found = 0;
  uint64_t done = 0;
  while (done < arguments.count && found < kDifferencesMax) {
    Batch batch{arguments, arguments.options, arguments.first_seed + done,
                std::min(kBatchPrograms, arguments.count - done)};
    if (arguments.random_passes) batch.options.passes = random_passes(batch.seed);
    const std::string answer = run_isolated(run_batch, &batch, kBatchSeconds);
    if (answer.empty()) {
      done += batch.count;
      continue;
    }
    found++;
    const uint64_t seed = find_first(batch);
    done = seed + 1 - arguments.first_seed;
    report(arguments, batch.options, seed, batch.seed, answer);
  }
  return found == 0 ? 0 : 1;
}

int run_lines(const Arguments& arguments) {
  VmDiffers differs(arguments.options, arguments.limits);
  differs.define(arguments.definitions);
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

bool load_library(Arguments& arguments) {
  Result<std::vector<uint8_t>> bytes = read_file(arguments.library_path);
  if (!bytes) return false;
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  std::optional<std::vector<Definition>> definitions = read_definitions(text);
  if (!definitions) return false;
  arguments.definitions = std::move(*definitions);
  arguments.limits = kLibraryLimits;
  arguments.limits.native_nats = arguments.native_nats;
  for (NamedFunction& f : functions_of(arguments.definitions)) {
    const bool is_wanted = arguments.only.empty() || f.name == arguments.only;
    if (is_wanted && !arguments.except.contains(f.name)) arguments.functions.push_back(f);
  }
  return !arguments.functions.empty();
}

void read_option_passes(std::string_view list, Arguments& arguments) {
  VmOptions& options = arguments.options;
  options.optimise = !options.native;
  arguments.random_passes = list == "random";
  if (arguments.random_passes) return;
  Result<vm::PassSet> passes = vm::read_passes(list);
  if (!passes) {
    std::fprintf(stderr, "%s\n", passes.error().message.c_str());
    std::exit(2);
  }
  options.passes = *passes;
}

void read_argument(std::string_view argument, Arguments& arguments) {
  if (argument == "gc-stress") {
    arguments.options.gc_stress = true;
  } else if (argument == "endless") {
    arguments.options.endless_ns = kEndlessNs;
  } else if (argument.starts_with("nursery=")) {
    arguments.options.nursery_bytes = std::strtoull(argument.data() + 8, nullptr, 10);
  } else if (argument == "nojets") {
    arguments.options.jets = false;
  } else if (!jit::kNativeBuilt && (argument == "native" || argument == "quick-code")) {
    std::fprintf(stderr, "this build has no native code\n");
    std::exit(2);
  } else if (argument == "native") {
    arguments.options.native = true;
  } else if (argument == "quick-code") {
    arguments.options.native = true;
    arguments.options.quick_code = true;
  } else if (argument.starts_with("hot=")) {
    arguments.options.hot_entries =
        static_cast<uint32_t>(std::strtoul(argument.data() + 4, nullptr, 10));
  } else if (argument.starts_with("code-bytes=")) {
    arguments.options.code_bytes_max = std::strtoull(argument.data() + 11, nullptr, 10);
  } else if (argument.starts_with("code-cache=")) {
    arguments.options.code_cache = argument.substr(11);
  } else if (argument.starts_with("template-bytes=")) {
    arguments.options.template_bytes_max = std::strtoull(argument.data() + 15, nullptr, 10);
  } else if (argument == "templates") {
    arguments.options.templates = true;
  } else if (argument == "optimise") {
    arguments.options.optimise = true;
  } else if (argument.starts_with("passes=")) {
    read_option_passes(argument.substr(7), arguments);
  } else if (argument == "nats") {
    arguments.native_nats = true;
  } else if (argument == "laws") {
    arguments.is_laws = true;
  } else if (argument == "-") {
    arguments.is_lines = true;
  } else if (argument.starts_with("library=")) {
    arguments.library_path = argument.substr(8);
  } else if (argument.starts_with("only=")) {
    arguments.only = argument.substr(5);
  } else if (argument.starts_with("except=")) {
    arguments.except.emplace(argument.substr(7));
  } else {
    const uint64_t number = std::strtoull(argument.data(), nullptr, 10);
    (arguments.count == 0 ? arguments.count : arguments.first_seed) = number;
  }
}

}  // namespace

int run(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i++) read_argument(argv[i], arguments);
  if (!arguments.library_path.empty() && !load_library(arguments)) {
    std::fprintf(stderr, "no functions in %s\n", arguments.library_path.c_str());
    return 2;
  }
  return arguments.is_lines ? run_lines(arguments) : run_random(arguments);
}

}  // namespace plan::differential

int main(int argc, char** argv) {
  return plan::differential::run(argc, argv);
}
