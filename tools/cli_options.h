// tools/cli_options.h: what can be asked for on the command line, and its help screens.
//
// One table has the options in the order of all screens, and each says which commands take it;
// another has the commands with their arguments. Parsing and help are made from both. The
// layout of screens and errors is that of the reference (spec/cli.md section 2). Called as
// `pallas`, the program shows the reference's options only; it accepts all.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plan::cli {

enum class Command : uint8_t { kNone, kSire, kSave, kShow, kRepl, kStart, kBoot };

enum class Option : uint8_t {
  kStore,
  kProfileOutput,
  kProfileLaws,
  kSave,
  kFallbackWarn,
  kFallbackCrash,
  kMismatchCrash,
  kDisableSnapshots,
  kEvalWorkers,
  kReplayAll,
  kStart,
  // Ours.
  kBare,
  kQuiet,
  kFacts,
  kHeap,
  kJets,
  kTraceJets,
  kNoCache,
  kCacheFolder,
  kGcStress,
  kTier,
  kJitThreshold,
  kTierReport,
  kCodeCache,
  kPerfMap,
  kGdb,
  kDumpAsm,
  kPasses,
  kDumpIr,
  kCount,
};

struct Arguments {
  Command command = Command::kNone;
  std::array<bool, static_cast<size_t>(Option::kCount)> given{};
  std::array<std::string, static_cast<size_t>(Option::kCount)> values;
  std::vector<std::string> positionals;

  bool has(Option o) const { return given[static_cast<size_t>(o)]; }
  const std::string& value(Option o) const { return values[static_cast<size_t>(o)]; }
};

/// What to do instead of running a command: show text and leave. Empty text: run.
struct Screen {
  std::string text;
  bool to_standard_error = false;
  int exit_code = 0;
};

/// `program` is the name the program was called by: `palladium` or `pallas`.
Screen parse_arguments(std::string_view program, const std::vector<std::string>& words,
                       Arguments& arguments);

/// A number of bytes: digits, and perhaps K, M, G or T. False if it is none.
bool parse_bytes(std::string_view text, uint64_t& bytes);

}  // namespace plan::cli
