// tools/cli_options.cc: the table of commands, parsing by it, help from it.
#include "tools/cli_options.h"

#include "vm/optimise.h"

#include <algorithm>
#include <optional>
#include <span>

namespace plan::cli {

namespace {

constexpr size_t kScreenColumns = 80;
constexpr size_t kTextColumn = 2;   // of an option in a help screen
constexpr size_t kHelpColumn = 27;  // of what it does
constexpr std::string_view kVersion = "palladium 0.1.0";

struct OptionSpec {
  Option id;
  char letter;
  const char* name;
  const char* metavar;  ///< null: takes no value
  const char* help;
  bool is_ours = false;
};

constexpr OptionSpec kOptions[] = {
    {Option::kStore, 'd', "store", "STORE", "Accepted for old scripts; has no effect"},
    {Option::kProfileOutput, 'p', "profile-output", "PROF_FILE",
     "Where to write a profile; none if empty"},
    {Option::kProfileLaws, 'P', "profile-laws", nullptr, "Profile executions of laws too"},
    {Option::kFallbackWarn, 'f', "law-fallback-warn", nullptr,
     "Tell when a jet hands its arguments to the law"},
    {Option::kFallbackCrash, 'F', "law-fallback-crash", nullptr,
     "Crash when a jet hands its arguments to the law"},
    {Option::kMismatchCrash, 'M', "jet-mismatch-crash", nullptr,
     "Stop when a law has the name of a jet but not its hash"},
    {Option::kDisableSnapshots, 'S', "disable-snapshots", nullptr, "Write no snapshots"},
    {Option::kEvalWorkers, 'w', "eval-workers", "NUM_WORKERS", "Threads that evaluate"},
    {Option::kReplayAll, 0, "replay-all", nullptr, "Replay from the first snapshot"},
    {Option::kStart, 0, "start", nullptr, "Start the machine when it is booted"},
    {Option::kSave, 0, "save", "OUTPUT_FILE", "Where the program's output goes"},
    {Option::kBare, 0, "bare", nullptr, "Begin without any library", true},
    {Option::kQuiet, 0, "quiet", nullptr, "Do not show what modules print", true},
    {Option::kFacts, 0, "facts", "=bindings",
     "Print counters and hashes of each module, or of each binding", true},
    {Option::kHeap, 0, "heap", "BYTES", "Limit of memory, such as 4G", true},
    {Option::kJets, 0, "jets", "on|off", "Whether laws with native code use it", true},
    {Option::kTraceJets, 0, "trace-jets", nullptr, "Tell when a jet matches", true},
    {Option::kNoCache, 0, "no-cache", nullptr, "Neither read nor write cached modules", true},
    {Option::kCacheFolder, 0, "cache-dir", "DIR", "Where modules are cached", true},
    {Option::kGcStress, 0, "gc-stress", nullptr, "Collect as often as possible, to find bugs",
     true},
    {Option::kTier, 0, "tier", "interpreter|mixed|native",
     "Which laws become native code: none, hot ones, or all", true},
    {Option::kJitThreshold, 0, "jit-threshold", "COUNT", "Entries that make a law hot", true},
    {Option::kTierReport, 0, "tier-report", nullptr, "Tell in the end what became native code",
     true},
    {Option::kCodeCache, 0, "code-cache", "DIR|off",
     "Where native code is kept between runs; a folder that is only yours", true},
    {Option::kPerfMap, 0, "perf-map", nullptr, "Name native code for perf, in /tmp/perf-PID.map",
     true},
    {Option::kGdb, 0, "gdb", nullptr, "Name native code for gdb", true},
    {Option::kDumpAsm, 0, "dump-asm", "LAW", "Show the LLVM IR and the assembly of a law", true},
    {Option::kPasses, 0, "passes", "LIST", "Passes of the optimiser: all, none, inline, -case ..",
     true},
    {Option::kDumpIr, 0, "dump-ir", "LAW", "Show a law before and after the optimiser's passes",
     true},
};

/// An option, or an argument with its name.
struct Item {
  Option option = Option::kCount;
  const char* positional = nullptr;
  const char* help = nullptr;
  bool is_optional = false;
  bool repeats = false;
};

constexpr Item item(Option option) {
  return {option, nullptr, nullptr, true, false};
}
constexpr Item argument(const char* name, const char* help) {
  return {Option::kCount, name, help, false, false};
}

constexpr Item kSireItems[] = {
    item(Option::kStore),
    item(Option::kProfileOutput),
    item(Option::kProfileLaws),
    item(Option::kFallbackWarn),
    item(Option::kFallbackCrash),
    item(Option::kMismatchCrash),
    item(Option::kBare),
    item(Option::kQuiet),
    item(Option::kFacts),
    item(Option::kHeap),
    item(Option::kJets),
    item(Option::kTraceJets),
    item(Option::kNoCache),
    item(Option::kCacheFolder),
    item(Option::kGcStress),
    item(Option::kTier),
    item(Option::kJitThreshold),
    item(Option::kTierReport),
    item(Option::kCodeCache),
    item(Option::kPerfMap),
    item(Option::kGdb),
    item(Option::kDumpAsm),
    item(Option::kPasses),
    item(Option::kDumpIr),
    {Option::kCount, "SIRE", "A Sire module; the last one is there at the prompt", true, true}};
constexpr Item kSaveItems[] = {item(Option::kProfileOutput),
                               item(Option::kProfileLaws),
                               item(Option::kFallbackWarn),
                               item(Option::kFallbackCrash),
                               item(Option::kMismatchCrash),
                               item(Option::kQuiet),
                               item(Option::kHeap),
                               item(Option::kJets),
                               item(Option::kTraceJets),
                               item(Option::kNoCache),
                               item(Option::kCacheFolder),
                               item(Option::kGcStress),
                               item(Option::kTier),
                               item(Option::kJitThreshold),
                               item(Option::kTierReport),
                               item(Option::kCodeCache),
    item(Option::kPerfMap),
                               item(Option::kGdb),
                               item(Option::kDumpAsm),
                               item(Option::kPasses),
                               item(Option::kDumpIr),
                               argument("SEED", "The seed file to write"),
                               argument("SIRE", "The Sire module whose main to save")};
constexpr Item kShowItems[] = {item(Option::kHeap), argument("SEED", "The seed file to show")};
constexpr Item kReplItems[] = {argument("SEED", "The seed file to run"),
                               item(Option::kSave),
                               item(Option::kFallbackWarn),
                               item(Option::kFallbackCrash),
                               item(Option::kMismatchCrash),
                               item(Option::kHeap),
                               item(Option::kJets),
                               item(Option::kTraceJets),
                               item(Option::kGcStress),
                               item(Option::kTier),
                               item(Option::kJitThreshold),
                               item(Option::kTierReport),
                               item(Option::kCodeCache),
    item(Option::kPerfMap),
                               item(Option::kGdb),
                               item(Option::kDumpAsm),
                               item(Option::kPasses),
                               item(Option::kDumpIr)};
constexpr Item kStartItems[] = {argument("STORE", "The folder of the machine"),
                                item(Option::kProfileOutput),
                                item(Option::kProfileLaws),
                                item(Option::kFallbackWarn),
                                item(Option::kFallbackCrash),
                                item(Option::kMismatchCrash),
                                item(Option::kDisableSnapshots),
                                item(Option::kEvalWorkers),
                                item(Option::kReplayAll)};
constexpr Item kBootItems[] = {item(Option::kProfileOutput),
                               item(Option::kProfileLaws),
                               item(Option::kFallbackWarn),
                               item(Option::kFallbackCrash),
                               item(Option::kMismatchCrash),
                               item(Option::kDisableSnapshots),
                               item(Option::kEvalWorkers),
                               item(Option::kStart),
                               argument("STORE", "The folder of the machine to make"),
                               argument("HASH", "The Sire file whose main to boot")};

struct CommandSpec {
  Command id;
  const char* name;
  const char* description;
  std::span<const Item> items;
};

constexpr CommandSpec kCommands[] = {
    {Command::kSire, "sire", "Run a standalone Sire repl.", kSireItems},
    {Command::kSave, "save", "Load a sire file and save a seed.", kSaveItems},
    {Command::kShow, "show", "Print a seed file.", kShowItems},
    {Command::kRepl, "repl", "Interact with a seed file.", kReplItems},
    {Command::kStart, "start", "Resume an idle machine.", kStartItems},
    {Command::kBoot, "boot", "Boot a machine.", kBootItems},
};

const OptionSpec& spec_of(Option id) {
  return kOptions[static_cast<size_t>(id)];
}

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
    std::string text = usage(command) + "\n  " + command.description + "\n\nAvailable options:\n";
    for (const Item& i : command.items) {
      if (i.positional != nullptr) {
        text += entry(i.positional, i.help);
      } else if (is_shown(i)) {
        text += entry(option_text(spec_of(i.option), ","), spec_of(i.option).help);
      }
    }
    return text + entry("-h,--help", "Show this help text");
  }

 private:
  bool is_shown(const Item& i) const {
    return i.positional != nullptr || shows_ours_ || !spec_of(i.option).is_ours;
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
    std::string line = "Usage: " + program_ + " " + command.name + " ";
    const std::string indent(line.size(), ' ');
    std::string text;
    for (const Item& i : command.items) {
      if (!is_shown(i)) continue;
      std::string word =
          i.positional != nullptr ? std::string(i.positional) : option_text(spec_of(i.option), "|");
      if (i.is_optional) word = "[" + word + "]";
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
    for (const Item& i : command_->items) {
      if (i.positional != nullptr) continue;
      const OptionSpec& spec = spec_of(i.option);
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
    is_good = value == "interpreter" || value == "mixed" || value == "native";
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
  size_t room = 0;
  bool repeats = false;
  for (const Item& i : command_->items) {
    room += i.positional != nullptr ? 1 : 0;
    repeats = repeats || i.repeats;
  }
  if (arguments_.positionals.size() >= room && !repeats) {
    return usage_error("Invalid argument `" + word + "'");
  }
  arguments_.positionals.push_back(word);
  return std::nullopt;
}

Screen Parser::check_missing() const {
  std::string missing;
  size_t position = 0;
  size_t required = 0;
  for (const Item& i : command_->items) {
    if (i.positional == nullptr || i.is_optional) continue;
    required++;
    if (position++ >= arguments_.positionals.size()) missing += std::string(" ") + i.positional;
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
