// sire/prompt.h: Sire by hand and by pipe.
#pragma once

#include "sire/session.h"

#include <string>

namespace plan::sire {

struct PromptOptions {
  std::string history_file;  ///< empty: history is not kept
};

/// Reads lines from standard input until it ends, with editing, history and completion of names.
/// Ctrl-C drops what was typed, or stops what is being evaluated.
void run_terminal_prompt(Session& session, const PromptOptions& options);

/// The same for input that is no terminal: no prompt, no editing. Fails if it cannot be read.
Status run_piped_prompt(Session& session);

/// The text upstream begins a prompt with.
void print_banner(Session& session);

/// What completion adds to `line` at its end, and the choices if that is nothing.
struct Completion {
  std::string addition;
  std::vector<std::string> choices;
};
Completion complete(Session& session, std::string_view line);

}  // namespace plan::sire
