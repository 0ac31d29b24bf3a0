// tools/cli_options_test.cc: command lines and help screens.
#include "tools/cli_options.h"

#include <gtest/gtest.h>

namespace plan::cli {

namespace {

struct Parsed {
  Screen screen;
  Arguments arguments;
};

Parsed parse(const std::vector<std::string>& words, std::string_view program = "pallas") {
  Parsed result;
  result.screen = parse_arguments(program, words, result.arguments);
  return result;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

TEST(Options, ShowTheTopScreenOfTheReference) {
  const Parsed parsed = parse({"--help"});
  EXPECT_EQ(parsed.screen.text,
            "Run Pallas machines\n"
            "\n"
            "Usage: pallas COMMAND\n"
            "\n"
            "  Pallas\n"
            "\n"
            "Available options:\n"
            "  -h,--help                Show this help text\n"
            "\n"
            "Available commands:\n"
            "  sire                     Run a standalone Sire repl.\n"
            "  save                     Load a sire file and save a seed.\n"
            "  show                     Print a seed file.\n"
            "  repl                     Interact with a seed file.\n"
            "  start                    Resume an idle machine.\n"
            "  boot                     Boot a machine.\n");
  EXPECT_EQ(parsed.screen.exit_code, 0);
  EXPECT_FALSE(parsed.screen.to_standard_error);
}

std::string usage_of(const char* command) {
  const std::string text = parse({command, "--help"}).screen.text;
  return text.substr(0, text.find("\n\n"));
}

TEST(Options, WrapUsageLinesAsTheReference) {
  EXPECT_EQ(usage_of("sire"),
            "Usage: pallas sire [-d|--store STORE] [-p|--profile-output PROF_FILE] \n"
            "                   [-P|--profile-laws] [-f|--law-fallback-warn] \n"
            "                   [-F|--law-fallback-crash] [-M|--jet-mismatch-crash] [SIRE]");
  EXPECT_EQ(usage_of("save"),
            "Usage: pallas save [-p|--profile-output PROF_FILE] [-P|--profile-laws] \n"
            "                   [-f|--law-fallback-warn] [-F|--law-fallback-crash] \n"
            "                   [-M|--jet-mismatch-crash] SEED SIRE");
  EXPECT_EQ(usage_of("show"), "Usage: pallas show SEED");
  EXPECT_EQ(usage_of("repl"),
            "Usage: pallas repl SEED [--save OUTPUT_FILE] [-f|--law-fallback-warn] \n"
            "                   [-F|--law-fallback-crash] [-M|--jet-mismatch-crash]");
  EXPECT_EQ(usage_of("start"),
            "Usage: pallas start STORE [-p|--profile-output PROF_FILE] [-P|--profile-laws] \n"
            "                    [-f|--law-fallback-warn] [-F|--law-fallback-crash] \n"
            "                    [-M|--jet-mismatch-crash] [-S|--disable-snapshots] \n"
            "                    [-w|--eval-workers NUM_WORKERS] [--replay-all]");
  EXPECT_EQ(usage_of("boot"),
            "Usage: pallas boot [-p|--profile-output PROF_FILE] [-P|--profile-laws] \n"
            "                   [-f|--law-fallback-warn] [-F|--law-fallback-crash] \n"
            "                   [-M|--jet-mismatch-crash] [-S|--disable-snapshots] \n"
            "                   [-w|--eval-workers NUM_WORKERS] [--start] STORE HASH");
}

TEST(Options, ShowEachOptionWithItsText) {
  const std::string text = parse({"repl", "-h"}).screen.text;
  EXPECT_NE(text.find("\n  Interact with a seed file.\n\nAvailable options:\n"
                      "  SEED                     The seed file to run\n"
                      "  --save OUTPUT_FILE       Where the program's output goes\n"),
            std::string::npos)
      << text;
  EXPECT_TRUE(text.ends_with("  -h,--help                Show this help text\n"));
}

TEST(Options, StayWithinTheScreen) {
  for (const char* command : {"sire", "save", "show", "repl", "start", "boot"}) {
    const std::string text = parse({command, "-h"}, "palladium").screen.text;
    for (size_t start = 0; start < text.size();) {
      const size_t end = text.find('\n', start);
      const bool ends_blank = end > start && text[end - 1] == ' ';
      EXPECT_LE(end - start - (ends_blank ? 1 : 0), 80u) << text.substr(start, end - start);
      start = end + 1;
    }
  }
}

TEST(Options, AreHiddenFromTheReferencesScreensButAccepted) {
  EXPECT_EQ(parse({"sire", "-h"}).screen.text.find("--bare"), std::string::npos);
  EXPECT_NE(parse({"sire", "-h"}, "palladium").screen.text.find("--bare"), std::string::npos);
  EXPECT_TRUE(parse({"sire", "--bare"}).arguments.has(Option::kBare));
}

TEST(Options, MayStandBetweenArgumentsAndInBundles) {
  const Parsed parsed = parse({"save", "-fM", "a.seed", "-pout", "--heap=4G", "b", "--quiet"});
  EXPECT_EQ(parsed.screen.text, "");
  EXPECT_EQ(parsed.arguments.positionals, (std::vector<std::string>{"a.seed", "b"}));
  EXPECT_TRUE(parsed.arguments.has(Option::kFallbackWarn));
  EXPECT_TRUE(parsed.arguments.has(Option::kMismatchCrash));
  EXPECT_FALSE(parsed.arguments.has(Option::kFallbackCrash));
  EXPECT_EQ(parsed.arguments.value(Option::kProfileOutput), "out");
}

TEST(Options, EndAtTwoDashes) {
  EXPECT_EQ(parse({"sire", "--", "--bare"}).arguments.positionals,
            std::vector<std::string>{"--bare"});
}

TEST(Options, OfTheHaskellRuntimeAreIgnored) {
  const Parsed parsed = parse({"sire", "+RTS", "-N4", "-RTS", "foo"});
  EXPECT_EQ(parsed.screen.text, "");
  EXPECT_EQ(parsed.arguments.positionals, std::vector<std::string>{"foo"});
}

TEST(Options, ComplainInOneLineAndShowHelp) {
  const auto complaint = [](const std::vector<std::string>& words) {
    const Parsed parsed = parse(words);
    EXPECT_TRUE(parsed.screen.to_standard_error);
    EXPECT_EQ(parsed.screen.exit_code, 1);
    return first_line(parsed.screen.text);
  };
  EXPECT_EQ(complaint({"sirre"}), "Invalid argument `sirre'");
  EXPECT_EQ(complaint({"show", "a", "b"}), "Invalid argument `b'");
  EXPECT_EQ(complaint({"show", "--x", "b"}), "Invalid option `--x'");
  EXPECT_EQ(complaint({"show", "-x"}), "Invalid option `-x'");
  EXPECT_EQ(complaint({"start", "a", "-w"}), "The option `-w` expects an argument.");
  EXPECT_EQ(complaint({"start", "a", "-w", "foo"}), "option -w: cannot parse value `foo'");
  EXPECT_EQ(complaint({"save", "a"}), "Missing: SIRE");
  EXPECT_EQ(complaint({"sire", "--heap", "much"}), "option --heap: cannot parse value `much'");
}

TEST(Options, ShowHelpWithoutComplaintWhenNothingIsGiven) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{}, {"save"}, {"show"}}) {
    const Parsed parsed = parse(words);
    EXPECT_TRUE(parsed.screen.to_standard_error);
    EXPECT_EQ(parsed.screen.exit_code, 1);
    EXPECT_TRUE(parsed.screen.text.starts_with(words.empty() ? "Run Pallas" : "Usage: "));
  }
}

TEST(Options, CountBytesInUnits) {
  uint64_t bytes = 0;
  EXPECT_TRUE(parse_bytes("4096", bytes));
  EXPECT_EQ(bytes, 4096u);
  EXPECT_TRUE(parse_bytes("4G", bytes));
  EXPECT_EQ(bytes, uint64_t{4} << 30);
  for (const char* bad : {"", "G", "0", "-1", "4GB", "1.5G", "99999999T"}) {
    EXPECT_FALSE(parse_bytes(bad, bytes)) << bad;
  }
}

}  // namespace

}  // namespace plan::cli
