// tools/cli_options.cc: the table of commands, parsing by it, help from it.
#include "tools/cli_options.h"

#include "vm/optimise.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <span>

namespace plan::cli {

namespace {

constexpr size_t kScreenColumns = 80;
constexpr size_t kTextColumn = 2;   // of an option in a help screen
constexpr size_t kHelpColumn = 27;  // of what it does
constexpr std::string_view kVersion = "palladium 0.1.0";

using Commands = uint8_t;

constexpr Commands commands(std::initializer_list<Command> all) {
  Commands set = 0;
  for (const Command command : all) {
    set = static_cast<Commands>(set | (1u << static_cast<unsigned>(command)));
  }
  return set;
}

constexpr Commands kPrompt = commands({Command::kSire});
constexpr Commands kLoading = commands({Command::kSire, Command::kSave});
constexpr Commands kRunning = commands({Command::kSire, Command::kSave, Command::kRepl});
constexpr Commands kSeedProgram = commands({Command::kRepl});
constexpr Commands kMachine = commands({Command::kStart, Command::kBoot});
constexpr Commands kMachineStart = commands({Command::kStart});
constexpr Commands kMachineBoot = commands({Command::kBoot});
constexpr Commands kShowing = commands({Command::kShow});

struct OptionSpec {
  Option id;
  Commands commands;
  char letter;
  const char* name;
  const char* metavar;  ///< null: takes no value
  const char* help;
  bool is_ours = false;
};

constexpr OptionSpec kOptions[] = {
    {Option::kStore, kPrompt, 'd', "store", "STORE", "Accepted for old scripts; has no effect"},
    {Option::kProfileOutput, kLoading | kMachine, 'p', "profile-output", "PROF_FILE",
     "Accepted for old scripts; no profile is written yet"},
    {Option::kProfileLaws, kLoading | kMachine, 'P', "profile-laws", nullptr,
     "Accepted for old scripts; has no effect"},
    {Option::kSave, kSeedProgram, 0, "save", "OUTPUT_FILE", "Where the program's output goes"},
    {Option::kFallbackWarn, kRunning | kMachine, 'f', "law-fallback-warn", nullptr,
     "Tell when a jet hands its arguments to the law"},
    {Option::kFallbackCrash, kRunning | kMachine, 'F', "law-fallback-crash", nullptr,
     "Crash when a jet hands its arguments to the law"},
    {Option::kMismatchCrash, kRunning | kMachine, 'M', "jet-mismatch-crash", nullptr,
     "Stop when a law has the name of a jet but not its hash"},
    {Option::kDisableSnapshots, kMachine, 'S', "disable-snapshots", nullptr, "Write no snapshots"},
    {Option::kEvalWorkers, kMachine, 'w', "eval-workers", "NUM_WORKERS", "Threads that evaluate"},
    {Option::kReplayAll, kMachineStart, 0, "replay-all", nullptr, "Replay from the first snapshot"},
    {Option::kStart, kMachineBoot, 0, "start", nullptr, "Start the machine when it is booted"},
    {Option::kBare, kPrompt, 0, "bare", nullptr, "Begin without any library", true},
    {Option::kQuiet, kLoading, 0, "quiet", nullptr, "Do not show what modules print", true},
    {Option::kFacts, kPrompt, 0, "facts", "=bindings",
     "Print counters and hashes of each module, or of each binding", true},
    {Option::kHeap, kRunning | kShowing, 0, "heap", "BYTES", "Limit of memory, such as 4G", true},
    {Option::kJets, kRunning, 0, "jets", "on|off", "Whether laws with native code use it", true},
    {Option::kTraceJets, kRunning, 0, "trace-jets", nullptr, "Tell when a jet matches", true},
    {Option::kNoCache, kLoading, 0, "no-cache", nullptr, "Neither read nor write cached modules",
     true},
    {Option::kCacheFolder, kLoading, 0, "cache-dir", "DIR", "Where modules are cached", true},
    {Option::kGcStress, kRunning, 0, "gc-stress", nullptr,
     "Collect as often as possible, to find bugs", true},
    {Option::kTier, kRunning, 0, "tier", "interpreter|template|mixed|native",
     "How laws run: interpreted, from templates, compiled when hot, or all compiled", true},
    {Option::kJitThreshold, kRunning, 0, "jit-threshold", "COUNT", "Entries that make a law hot",
     true},
    {Option::kTierReport, kRunning, 0, "tier-report", nullptr,
     "Tell in the end what became native code", true},
    {Option::kCodeCache, kRunning, 0, "code-cache", "DIR|off",
     "Where native code is kept between runs; a folder that is only yours", true},
    {Option::kPerfMap, kRunning, 0, "perf-map", nullptr,
     "Name native code for perf, in /tmp/perf-PID.map", true},
    {Option::kGdb, kRunning, 0, "gdb", nullptr, "Name native code for gdb", true},
    {Option::kDumpAsm, kRunning, 0, "dump-asm", "LAW",
     "Show the LLVM IR and the assembly of a law", true},
    {Option::kPasses, kRunning, 0, "passes", "LIST",
     "Passes of the optimiser: all, none, inline, -case ..", true},
    {Option::kDumpIr, kRunning, 0, "dump-ir", "LAW",
     "Show a law before and after the optimiser's passes", true},
};

struct ArgumentSpec {
  const char* name;
  const char* help;
  bool is_optional = false;
  bool repeats = false;
};

constexpr ArgumentSpec kSireArguments[] = {
    {"SIRE", "A Sire module; the last one is there at the prompt", true, true}};
constexpr ArgumentSpec kSaveArguments[] = {{"SEED", "The seed file to write"},
                                           {"SIRE", "The Sire module whose main to save"}};
constexpr ArgumentSpec kShowArguments[] = {{"SEED", "The seed file to show"}};
constexpr ArgumentSpec kReplArguments[] = {{"SEED", "The seed file to run"}};
constexpr ArgumentSpec kStartArguments[] = {{"STORE", "The folder of the machine"}};
constexpr ArgumentSpec kBootArguments[] = {{"STORE", "The folder of the machine to make"},
                                           {"HASH", "The Sire file whose main to boot"}};

struct CommandSpec {
  Command id;
  const char* name;
  const char* description;
  std::span<const ArgumentSpec> arguments;
  bool arguments_first = false;  ///< in screens; else after the options

  bool takes(const OptionSpec& option) const { return (option.commands & commands({id})) != 0; }
};

constexpr CommandSpec kCommands[] = {
    {Command::kSire, "sire", "Run a standalone Sire repl.", kSireArguments},
    {Command::kSave, "save", "Load a sire file and save a seed.", kSaveArguments},
    {Command::kShow, "show", "Print a seed file.", kShowArguments},
    {Command::kRepl, "repl", "Interact with a seed file.", kReplArguments, true},
    {Command::kStart, "start", "Resume an idle machine.", kStartArguments, true},
    {Command::kBoot, "boot", "Boot a machine.", kBootArguments},
};

/// Makes screens for a program of some name.
class ScreenWriter {
 public:
  explicit ScreenWriter(std::string_view program)
      : program_(program), shows_ours_(program != "pallas") {}

  std::string top_screen() const {
    std::string text = "Run Pallas machines\n\nUsage: " + program_ +
                       " COMMAND\n\n  Pallas\n\nAvailable options:\n";
    text += entry("-h,--help", "Show this help text");
    if (shows_ours_) text += entry("--version", "Show the version");
    text += "\nAvailable commands:\n";
    for (const CommandSpec& command : kCommands) text += entry(command.name, command.description);
    return text;
  }

  std::string command_screen(const CommandSpec& command) const {
    std::string options, arguments;
    for (const OptionSpec& spec : kOptions) {
      if (is_shown(command, spec)) options += entry(option_text(spec, ","), spec.help);
    }
    for (const ArgumentSpec& spec : command.arguments) arguments += entry(spec.name, spec.help);
    std::string text = usage(command) + "\n  " + command.description + "\n\nAvailable options:\n";
    text += command.arguments_first ? arguments + options : options + arguments;
    return text + entry("-h,--help", "Show this help text");
  }

 private:
  bool is_shown(const CommandSpec& command, const OptionSpec& spec) const {
    return command.takes(spec) && (shows_ours_ || !spec.is_ours);
  }

  static std::string option_text(const OptionSpec& spec, const char* separator) {
    std::string text;
    if (spec.letter != 0) text = std::string("-") + spec.letter + separator;
    text += std::string("--") + spec.name;
    if (spec.metavar == nullptr) return text;
    if (spec.metavar[0] == '=') return text + "[" + spec.metavar + "]";
    return text + " " + spec.metavar;
  }

  /// The words wrap under the first one after the command.
  std::string usage(const CommandSpec& command) const {
    std::vector<std::string> words;
    for (const OptionSpec& spec : kOptions) {
      if (is_shown(command, spec)) words.push_back("[" + option_text(spec, "|") + "]");
    }
    auto place = command.arguments_first ? words.begin() : words.end();
    for (const ArgumentSpec& spec : command.arguments) {
      const std::string name = spec.name;
      place = words.insert(place, spec.is_optional ? "[" + name + "]" : name) + 1;
    }
    std::string line = "Usage: " + program_ + " " + command.name + " ";
    const std::string indent(line.size(), ' ');
    std::string text;
    for (const std::string& word : words) {
      if (line.size() + word.size() > kScreenColumns) {
        text += line + "\n";
        line = indent;
      }
      line += word + " ";
    }
    line.pop_back();
    return text + line + "\n";
  }

  static std::string entry(std::string_view option, std::string_view help) {
    std::string text(kTextColumn, ' ');
    text += option;
    if (text.size() + 1 > kHelpColumn) text += "\n";
    size_t column = text.back() == '\n' ? 0 : text.size();
    while (!help.empty()) {
      const size_t end = std::min(help.find(' '), help.size());
      const std::string_view word = help.substr(0, end);
      help.remove_prefix(std::min(end + 1, help.size()));
      if (column > kHelpColumn && column + 1 + word.size() > kScreenColumns) {
        text += "\n";
        column = 0;
      }
      if (column < kHelpColumn) {
        text.append(kHelpColumn - column, ' ');
        column = kHelpColumn;
      } else {
        text += ' ';
        column++;
      }
      text += word;
      column += word.size();
    }
    return text + "\n";
  }

  std::string program_;
  bool shows_ours_;
};

class Parser {
 public:
  Parser(std::string_view program, const std::vector<std::string>& words, Arguments& arguments)
      : screens_(program), words_(words), arguments_(arguments) {}

  Screen run();

 private:
  Screen help() const {
    return {command_ == nullptr ? screens_.top_screen() : screens_.command_screen(*command_), false,
            0};
  }
  Screen usage_error(const std::string& line) const {
    Screen screen = help();
    screen.to_standard_error = true;
    screen.exit_code = 1;
    if (!line.empty()) screen.text = line + "\n\n" + screen.text;
    return screen;
  }

  const OptionSpec* find_option(std::string_view name, char letter) const {
    for (const OptionSpec& spec : kOptions) {
      if (!command_->takes(spec)) continue;
      if (letter != 0 ? spec.letter == letter : name == spec.name) return &spec;
    }
    return nullptr;
  }
  void set(const OptionSpec& spec, std::string value) {
    arguments_.given[static_cast<size_t>(spec.id)] = true;
    arguments_.values[static_cast<size_t>(spec.id)] = std::move(value);
  }
  /// The value of an option that stands in the next word; false if there is none.
  bool take_value(std::string& value) {
    if (next_ == words_.size()) return false;
    value = words_[next_++];
    return true;
  }

  std::optional<Screen> parse_long(std::string_view word);
  std::optional<Screen> parse_letters(const std::string& word);
  std::optional<Screen> parse_command(const std::string& word);
  std::optional<Screen> parse_positional(const std::string& word);
  std::optional<Screen> check_value(const OptionSpec& spec, const std::string& as_written) const;
  Screen check_missing() const;

  ScreenWriter screens_;
  const std::vector<std::string>& words_;
  Arguments& arguments_;
  const CommandSpec* command_ = nullptr;
  size_t next_ = 0;
};

std::optional<Screen> Parser::check_value(const OptionSpec& spec,
                                          const std::string& as_written) const {
  const std::string& value = arguments_.value(spec.id);
  uint64_t bytes = 0;
  bool is_good = true;
  if (spec.id == Option::kEvalWorkers) {
    is_good = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
  }
  if (spec.id == Option::kTier) {
    is_good = value == "interpreter" || value == "template" || value == "mixed" ||
              value == "native";
  }
  if (spec.id == Option::kJitThreshold) {
    is_good = !value.empty() && value.size() < 10 &&
              value.find_first_not_of("0123456789") == std::string::npos && value != "0";
  }
  if (spec.id == Option::kPasses) is_good = vm::read_passes(value).has_value();
  if (spec.id == Option::kHeap) is_good = parse_bytes(value, bytes);
  if (spec.id == Option::kJets) is_good = value == "on" || value == "off";
  if (spec.id == Option::kCodeCache) is_good = !value.empty();
  if (spec.id == Option::kFacts) is_good = value.empty() || value == "bindings";
  if (is_good) return std::nullopt;
  return usage_error("option " + as_written + ": cannot parse value `" + value + "'");
}

std::optional<Screen> Parser::parse_long(std::string_view word) {
  const size_t equals = std::min(word.find('='), word.size());
  const std::string name(word.substr(2, equals - 2));
  const bool has_value = equals < word.size();
  const std::string written = "--" + name;
  if (name == "help" && !has_value) return help();
  const OptionSpec* spec = command_ == nullptr ? nullptr : find_option(name, 0);
  if (spec == nullptr) return usage_error("Invalid option `" + written + "'");
  std::string value;
  if (spec->metavar == nullptr) {
    if (has_value) return usage_error("Invalid option `" + std::string(word) + "'");
  } else if (has_value) {
    value = word.substr(equals + 1);
  } else if (spec->metavar[0] != '=' && !take_value(value)) {
    return usage_error("The option `" + written + "` expects an argument.");
  }
  set(*spec, value);
  return check_value(*spec, written);
}

/// `-fM`, `-w3`, `-w 3`.
std::optional<Screen> Parser::parse_letters(const std::string& word) {
  for (size_t i = 1; i < word.size(); ++i) {
    const std::string written = std::string("-") + word[i];
    if (word[i] == 'h') return help();
    const OptionSpec* spec = command_ == nullptr ? nullptr : find_option("", word[i]);
    if (spec == nullptr) return usage_error("Invalid option `" + written + "'");
    if (spec->metavar == nullptr) {
      set(*spec, "");
      continue;
    }
    std::string value = word.substr(i + 1);
    if (value.empty() && !take_value(value)) {
      return usage_error("The option `" + written + "` expects an argument.");
    }
    set(*spec, value);
    return check_value(*spec, written);
  }
  return std::nullopt;
}

std::optional<Screen> Parser::parse_command(const std::string& word) {
  for (const CommandSpec& command : kCommands) {
    if (word != command.name) continue;
    command_ = &command;
    arguments_.command = command.id;
    return std::nullopt;
  }
  return usage_error("Invalid argument `" + word + "'");
}

std::optional<Screen> Parser::parse_positional(const std::string& word) {
  const std::span<const ArgumentSpec> arguments = command_->arguments;
  if (arguments_.positionals.size() >= arguments.size() && !arguments.back().repeats) {
    return usage_error("Invalid argument `" + word + "'");
  }
  arguments_.positionals.push_back(word);
  return std::nullopt;
}

Screen Parser::check_missing() const {
  std::string missing;
  size_t required = 0;
  for (const ArgumentSpec& spec : command_->arguments) {
    if (spec.is_optional) continue;
    if (required++ >= arguments_.positionals.size()) missing += std::string(" ") + spec.name;
  }
  if (missing.empty()) return {};
  const bool nothing_given = required != 0 && arguments_.positionals.empty() && words_.size() == 1;
  return usage_error(nothing_given ? "" : "Missing:" + missing);
}

Screen Parser::run() {
  bool only_positionals = false;
  while (next_ < words_.size()) {
    const std::string& word = words_[next_++];
    std::optional<Screen> screen;
    if (!only_positionals && word == "+RTS") {
      while (next_ < words_.size() && words_[next_++] != "-RTS") {
      }
    } else if (!only_positionals && word == "--") {
      only_positionals = true;
    } else if (!only_positionals && command_ == nullptr && word == "--version") {
      return {std::string(kVersion) + "\n", false, 0};
    } else if (!only_positionals && word.starts_with("--")) {
      screen = parse_long(word);
    } else if (!only_positionals && word.size() > 1 && word[0] == '-') {
      screen = parse_letters(word);
    } else if (command_ == nullptr) {
      screen = parse_command(word);
    } else {
      screen = parse_positional(word);
    }
    if (screen) return *screen;
  }
  if (command_ == nullptr) return usage_error("");
  return check_missing();
}

}  // namespace

Screen parse_arguments(std::string_view program, const std::vector<std::string>& words,
                       Arguments& arguments) {
  return Parser(program, words, arguments).run();
}

bool parse_bytes(std::string_view text, uint64_t& bytes) {
  constexpr std::string_view kUnits = "KMGT";
  uint64_t shift = 0;
  if (!text.empty() && kUnits.find(text.back()) != std::string_view::npos) {
    shift = 10 * (kUnits.find(text.back()) + 1);
    text.remove_suffix(1);
  }
  if (text.empty() || text.size() > 18) return false;
  bytes = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    bytes = bytes * 10 + static_cast<uint64_t>(c - '0');
  }
  if (bytes == 0 || bytes > (UINT64_MAX >> shift)) return false;
  bytes <<= shift;
  return true;
}

}  // namespace plan::cli
