// tools/cli_commands.cc: the commands of the program.
#include "tools/cli_commands.h"

#include "base/file.h"
#include "gc/make.h"
#include "gc/seed.h"
#include "jit/native_tier.h"
#include "sire/facts.h"
#include "sire/library.h"
#include "sire/prompt.h"
#include "sire/session.h"
#include "sire/show.h"
#include "vm/machine.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <unistd.h>

#ifdef PLAN_RECORDS_PROFILE
extern "C" int __llvm_profile_write_file();  // of LLVM's profile runtime: see tools/profile.py
#endif

namespace plan::cli {

namespace {

constexpr int kStandardInput = 0;
constexpr int kStandardOutput = 1;
constexpr int kStandardError = 2;
/// What one read of a seed program's input takes.
constexpr size_t kSeedInputBytes = 80;
/// The module of our library that is there at a prompt without a file.
constexpr std::string_view kLibraryPrelude = "prelude";
/// What a sort or a pass over a list makes fits, and is dead when it is full: mergesort takes 0.6
/// of the time that it takes with 2 MB, treeinsert 0.9, others the same.
constexpr uint64_t kNurseryBytes = uint64_t{8} << 20;
constexpr uint64_t kNurseryBytesMax = uint64_t{64} << 20;
constexpr uint64_t kRoomyHeapBytes = uint64_t{256} << 20;  ///< below, the nursery stays small

/// Exit codes (spec/cli.md section 3).
constexpr int kExitError = 1;
constexpr int kExitCrash = 2;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// $XDG_..., or its place below the home folder; empty if there is none.
std::string user_folder(const char* variable, const char* below_home) {
  if (const std::string folder = environment(variable); !folder.empty()) return folder;
  const std::string home = environment("HOME");
  return home.empty() ? "" : home + below_home;
}

/// What became of one law, for --tier-report.
std::string tier_line(const vm::TierEvent& event) {
  const std::string name = "  " + vm::printable_name(event.function) + ": ";
  if (event.failure != vm::TierFailure::kNone) {
    return name + "refused, " + vm::tier_failure_name(event.failure) + "\n";
  }
  const std::string bytes = std::to_string(event.code_bytes) + " bytes";
  if (event.cached) return name + "cached, " + bytes + "\n";
  return name + "compiled, " + bytes + " in " + std::to_string(event.compile_ns / 1000) + " us\n";
}

/// For --tier-report: what became of each law.
struct TierReport {
  std::string lines;
  std::vector<uint64_t> compile_ns;  ///< of the laws that were compiled

  void add(const vm::TierEvent& event) {
    lines += tier_line(event);
    if (event.failure == vm::TierFailure::kNone && !event.cached) {
      compile_ns.push_back(event.compile_ns);
    }
  }
  /// Half of the laws took no longer; empty if none was compiled.
  std::string median_text() {
    if (compile_ns.empty()) return "";
    const auto middle = compile_ns.begin() + static_cast<ptrdiff_t>(compile_ns.size() / 2);
    std::nth_element(compile_ns.begin(), middle, compile_ns.end());
    return ", median " + std::to_string(*middle / 1000) + " us a law";
  }
};

/// The process ends with the command. The system takes its memory back at once; to free it piece
/// by piece took 3 ms after the reference's library had been loaded. But then all of it would be a
/// leak to a sanitizer.
#if __has_feature(address_sanitizer)
constexpr bool kLeavesMemory = false;
#else
constexpr bool kLeavesMemory = true;
#endif

/// Before the end of a session, which is that of the process: takes the native tier from it (see
/// jit::leave_native_tier()), and leaves its memory to the system.
class SessionEnd {
 public:
  SessionEnd(sire::Session& session, bool& has_left_tier)
      : session_(session), has_left_tier_(has_left_tier) {}
  ~SessionEnd() {
    has_left_tier_ = jit::leave_native_tier(session_.evaluator()) || has_left_tier_;
    if (kLeavesMemory) session_.evaluator().leave_memory();
  }
  SessionEnd(const SessionEnd&) = delete;
  SessionEnd& operator=(const SessionEnd&) = delete;

 private:
  sire::Session& session_;
  bool& has_left_tier_;
};

class Runner {
 public:
  Runner(std::string_view program, const Arguments& arguments)
      : program_(program), arguments_(arguments) {}

  /// The compile thread is still at work: the process must end by _exit().
  bool has_left_tier() const { return has_left_tier_; }

  int run() {
    if (!arguments_.value(Option::kProfileOutput).empty()) {
      write_all(kStandardError, program_ + ": profiles are not written yet (-p); with --perf-map, "
                                           "perf shows laws by name\n");
    }
    if (!jit::kNativeBuilt && arguments_.value(Option::kTier) == "native") {
      return error("this build has no native code (PLAN_NATIVE=OFF)");
    }
    switch (arguments_.command) {
      case Command::kSire:
        return run_sire();
      case Command::kSave:
        return run_save();
      case Command::kShow:
        return run_show();
      case Command::kRepl:
        return run_repl();
      case Command::kStart:
      case Command::kBoot:
        return error("machines are not available yet");
      case Command::kNone:
        break;
    }
    return kExitError;
  }

 private:
  int error(std::string_view message) const {
    write_all(kStandardError, program_ + ": " + std::string(message) + "\n");
    return kExitError;
  }

  int unreadable_input(const Error& cause) const {
    return error("cannot read standard input: " + cause.message);
  }

  sire::SessionOptions session_options() const;
  [[nodiscard]] SessionEnd attach_tier(sire::Session& session);
  void report_tier(sire::Session& session);
  int run_sire();
  int run_prompt(sire::Session& session, const std::string& module);
  int run_save();
  int run_show();
  int run_repl();
  int seed_loop(sire::Session& session, Value program, std::vector<uint8_t>& output);
  int report_load(sire::Session& session, const sire::LoadResult& result, bool by_sire) const;
  int report_failure(sire::Session& session, bool by_sire) const;
  int report_outcome(const vm::Outcome& outcome) const;
  void report_missing_dumps(sire::Session& session) const;
  /// The exit code once all output is out, if it would be `code` otherwise.
  int finish(sire::Session& session, int code) const;

  std::string program_;
  const Arguments& arguments_;
  TierReport tier_report_;
  bool has_left_tier_ = false;
};

sire::SessionOptions Runner::session_options() const {
  sire::SessionOptions options;
  uint64_t heap_bytes = 0;
  if (parse_bytes(arguments_.value(Option::kHeap), heap_bytes)) {
    options.evaluator.heap.limit_bytes = heap_bytes;
  }
  if (heap_bytes == 0 || heap_bytes >= kRoomyHeapBytes) {
    options.evaluator.heap.nursery_bytes = kNurseryBytes;
    options.evaluator.heap.nursery_bytes_max = kNurseryBytesMax;
  }
  options.evaluator.heap.stress = arguments_.has(Option::kGcStress);
  options.evaluator.jets = arguments_.value(Option::kJets) != "off";
  if (arguments_.has(Option::kFallbackWarn)) options.evaluator.fallback = vm::Fallback::kWarn;
  if (arguments_.has(Option::kFallbackCrash)) options.evaluator.fallback = vm::Fallback::kCrash;
  if (arguments_.has(Option::kMismatchCrash)) options.mismatch = sire::Mismatch::kCrash;
  options.evaluator.tier = vm::TierMode::kMixed;
  if (arguments_.value(Option::kTier) == "interpreter") {
    options.evaluator.tier = vm::TierMode::kInterpreter;
  } else if (arguments_.value(Option::kTier) == "template") {
    options.evaluator.tier = vm::TierMode::kTemplate;
  } else if (arguments_.value(Option::kTier) == "native") {
    options.evaluator.tier = vm::TierMode::kNative;
  }
  if (arguments_.has(Option::kJitThreshold)) {
    options.evaluator.jit_threshold =
        static_cast<uint32_t>(std::stoul(arguments_.value(Option::kJitThreshold)));
  }
  if (arguments_.has(Option::kPasses)) {
    options.evaluator.passes = *vm::read_passes(arguments_.value(Option::kPasses));
  }
  options.evaluator.dump_ir = arguments_.value(Option::kDumpIr);
  options.evaluator.dump_asm = arguments_.value(Option::kDumpAsm);
  options.trace_jets = arguments_.has(Option::kTraceJets);
  options.console.show.colour = is_terminal(kStandardOutput) && environment("NO_COLOR").empty();
  options.console.quiet = arguments_.has(Option::kQuiet) || arguments_.has(Option::kFacts);
  const bool loads_modules =
      arguments_.command == Command::kSire || arguments_.command == Command::kSave;
  if (loads_modules && !arguments_.has(Option::kNoCache)) {
    options.cache_folder = arguments_.value(Option::kCacheFolder);
    // Facts are about modules that run, so they take the cache only if it is asked for.
    if (options.cache_folder.empty() && !arguments_.has(Option::kFacts)) {
      const std::string folder = user_folder("XDG_CACHE_HOME", "/.cache");
      if (!folder.empty()) options.cache_folder = folder + "/palladium";
    }
  }
  return options;
}

SessionEnd Runner::attach_tier(sire::Session& session) {
  jit::NativeOptions options;
  options.perf_map = arguments_.has(Option::kPerfMap);
  options.gdb = arguments_.has(Option::kGdb);
  options.code_cache = arguments_.value(Option::kCodeCache);
  options.code_cache_is_wanted = !options.code_cache.empty();
  if (options.code_cache == "off") {
    options.code_cache.clear();
  } else if (options.code_cache.empty()) {
    const std::string folder = user_folder("XDG_CACHE_HOME", "/.cache");
    if (!folder.empty()) options.code_cache = folder + "/palladium/code";
  }
  jit::attach_native_tier(session.evaluator(), options);
  if (arguments_.has(Option::kTierReport)) {
    vm::Machine& machine = session.evaluator().machine();
    machine.tier_context = &tier_report_;
    machine.tier_sink = [](void* report, const vm::TierEvent& event) {
      static_cast<TierReport*>(report)->add(event);
    };
  }
  return SessionEnd(session, has_left_tier_);
}

void Runner::report_tier(sire::Session& session) {
  if (!arguments_.has(Option::kTierReport)) return;
  const vm::TierStatistics& s = session.evaluator().machine().tier_statistics;
  write_all(kStandardError,
            tier_report_.lines + program_ + ": " + std::to_string(s.translated) +
                " laws were translated to templates, " + std::to_string(s.optimised) +
                " optimised\n" + program_ + ": " + std::to_string(s.laws) +
                " laws became native code, " +
                std::to_string(s.cached) + " of them from the cache, " +
                std::to_string(s.failures) + " were refused; " +
                std::to_string(s.code_bytes >> 10) + " KB of code in " +
                std::to_string(s.compile_ns / 1'000'000) + " ms" + tier_report_.median_text() +
                "\n");
}

/// A crash is shown by `sire` as its row, by other commands as a sentence.
int Runner::report_failure(sire::Session& session, bool by_sire) const {
  if (session.has_mismatch()) return error("stopped at a law that is not its jet");
  const sire::Failure& failure = session.context().failure;
  if (!failure.is_crash()) return error(sire::abort_text(failure.kind()));
  if (by_sire) {
    session.print_failure();
    session.console().flush();
    return kExitCrash;
  }
  return error(sire::print_crash(failure.op(), failure.value()));
}

/// A law that was to be shown and was not: its name may be wrong, or it was never hot.
void Runner::report_missing_dumps(sire::Session& session) const {
  const vm::Machine& machine = session.evaluator().machine();
  const std::string& ir = machine.options.dump_ir;
  const std::string& assembly = machine.options.dump_asm;
  if (!ir.empty() && !machine.has_dumped_ir) {
    write_all(kStandardError, program_ + ": --dump-ir: no law " + ir + " has run\n");
  }
  if (!assembly.empty() && !machine.has_dumped_asm) {
    write_all(kStandardError,
              program_ + ": --dump-asm: no law " + assembly + " was compiled to native code\n");
  }
}

int Runner::finish(sire::Session& session, int code) const {
  session.console().flush();
  report_missing_dumps(session);
  const std::string& cause = session.console().error();
  return cause.empty() ? code : error("cannot write to standard output: " + cause);
}

int Runner::report_load(sire::Session& session, const sire::LoadResult& result,
                        bool by_sire) const {
  session.console().flush();
  switch (result.status) {
    case sire::LoadStatus::kLoaded:
      return 0;
    case sire::LoadStatus::kNoSource:
      return error(result.message);
    case sire::LoadStatus::kBadRex:
      return kExitError;
    case sire::LoadStatus::kFailed:
      return report_failure(session, by_sire);
  }
  return kExitError;
}

int Runner::run_sire() {
  std::vector<std::string> modules;
  for (const std::string& word : arguments_.positionals) {
    Result<std::string> module = sire::module_of_argument(word);
    if (!module) return error(module.error().message);
    modules.push_back(*module);
  }
  const bool facts = arguments_.has(Option::kFacts);
  if (facts && modules.empty()) return error("--facts needs a module");
  sire::SessionOptions options = session_options();
  if (modules.empty() && !arguments_.has(Option::kBare) && program_ != "pallas") {
    for (const sire::LibraryModule& module : sire::library_modules()) {
      if (module.name == kLibraryPrelude) modules.emplace_back(kLibraryPrelude);
    }
    options.console.quiet = true;  // nobody asked for what the library prints
  }
  sire::Session session(options);
  const SessionEnd end = attach_tier(session);
  std::optional<sire::FactsPrinter> printer;
  if (facts) {
    const bool bindings = arguments_.value(Option::kFacts) == "bindings";
    printer.emplace(session, bindings ? sire::FactsKind::kBindings : sire::FactsKind::kModules);
  }
  // Nobody asked for the library's own output.
  if (arguments_.positionals.empty()) session.console().set_quiet(true);
  for (const std::string& module : modules) {
    const int code = report_load(session, session.load(module), true);
    if (code != 0) return code;
  }
  if (facts) return finish(session, 0);
  const int code = run_prompt(session, modules.empty() ? "" : modules.back());
  report_tier(session);
  return finish(session, code);
}

int Runner::run_prompt(sire::Session& session, const std::string& module) {
  const bool by_hand = is_terminal(kStandardInput) && is_terminal(kStandardOutput);
  if (!by_hand || program_ == "pallas") {
    sire::print_banner(session);
  } else {
    session.console().print_text(
        "Palladium. An empty line ends what began with a rune; Ctrl-D leaves.\n");
    session.console().flush();
  }
  if (!session.begin_prompt(module)) return report_failure(session, true);
  if (!by_hand) {
    const Status read = sire::run_piped_prompt(session);
    return read ? 0 : unreadable_input(read.error());
  }
  sire::PromptOptions options;
  const std::string folder = user_folder("XDG_STATE_HOME", "/.local/state");
  if (!folder.empty() && make_directories(folder + "/palladium")) {
    options.history_file = folder + "/palladium/history";
  }
  sire::run_terminal_prompt(session, options);
  return 0;
}

int Runner::run_save() {
  Result<std::string> module = sire::module_of_argument(arguments_.positionals[1]);
  if (!module) return error(module.error().message);
  sire::Session session(session_options());
  const SessionEnd end = attach_tier(session);
  const int code = report_load(session, session.load(*module), false);
  if (code != 0) return code;
  const std::optional<Value> main = session.find("main");
  if (!main) return error("No `main` defined in this file");
  Result<gc::Bytes> bytes = gc::save_seed(*main);
  if (!bytes) return error(bytes.error().message);
  const Status written = replace_file(arguments_.positionals[0], *bytes);
  return written ? 0 : error(written.error().message);
}

int Runner::run_show() {
  sire::SessionOptions options = session_options();
  options.evaluator.jets = false;
  Result<std::vector<uint8_t>> bytes = read_file(arguments_.positionals[0]);
  if (!bytes) return error(bytes.error().message);
  sire::Session session(options);
  const SessionEnd end = attach_tier(session);
  Result<Value> value = gc::load_seed(session.context().heap, *bytes);
  if (!value) return error(arguments_.positionals[0] + ": " + value.error().message);
  session.console().print_text(sire::print_debug(*value) + "\n");
  session.console().print_deep(*value);
  return finish(session, 0);
}

int Runner::report_outcome(const vm::Outcome& outcome) const {
  if (outcome.kind != vm::OutcomeKind::kCrash) return error(sire::abort_text(outcome.kind));
  return error(sire::print_crash(outcome.op, outcome.value));
}

int Runner::run_repl() {
  sire::SessionOptions options = session_options();
  // This command warns whatever the options say (spec/cli.md section 4.7).
  options.evaluator.fallback = vm::Fallback::kWarn;
  options.mismatch = sire::Mismatch::kWarn;
  Result<std::vector<uint8_t>> bytes = read_file(arguments_.positionals[0]);
  if (!bytes) return error(bytes.error().message);
  sire::Session session(options);
  const SessionEnd end = attach_tier(session);
  Result<Value> program = gc::load_seed(session.context().heap, *bytes);
  if (!program) return error(arguments_.positionals[0] + ": " + program.error().message);
  session.evaluator().match(*program);
  std::vector<uint8_t> output;
  const int code = seed_loop(session, *program, output);
  report_tier(session);
  const std::string file = arguments_.has(Option::kSave) ? arguments_.value(Option::kSave) : "";
  if (file.empty() || file == "/dev/null") return finish(session, code);
  const Status written = replace_file(file, output);
  return written ? finish(session, code) : error(written.error().message);
}

/// A seed program takes a bar of input and gives a row of a bar of output and the next program.
int Runner::seed_loop(sire::Session& session, Value first, std::vector<uint8_t>& output) {
  gc::Heap& heap = session.context().heap;
  gc::Root program(heap, first);
  std::array<char, kSeedInputBytes> input;
  size_t count = 0;
  do {
    Result<size_t> read = read_some(kStandardInput, input);
    if (!read) return unreadable_input(read.error());
    count = read.value();
    const Value bar = gc::make_bar(heap, {reinterpret_cast<const uint8_t*>(input.data()), count});
    const vm::Outcome result = session.evaluator().apply_normal(program.get(), std::array{bar});
    session.console().flush();
    if (!result.ok()) return report_outcome(result);
    const Value row = result.value;
    if (!is_row(row) || row_size(row) != 2 || !is_bar(row_at(row, 0))) {
      session.console().print_value(row);
      session.console().flush();
      return error("bad noun");
    }
    const std::span<const uint8_t> written = bar_bytes(row_at(row, 0));
    output.insert(output.end(), written.begin(), written.end());
    program.set(row_at(row, 1));
  } while (count != 0);
  return 0;
}

}  // namespace

int run_command(std::string_view program, const Arguments& arguments) {
  Runner runner(program, arguments);
  const int code = runner.run();
  if (runner.has_left_tier() || kLeavesMemory) {
    fflush(nullptr);
#ifdef PLAN_RECORDS_PROFILE
    __llvm_profile_write_file();
#endif
    _exit(code);
  }
  return code;
}

}  // namespace plan::cli
