// tools/cli_commands.h: the commands of the program.
#pragma once

#include "tools/cli_options.h"

#include <string_view>

namespace plan::cli {

/// Runs a command that was parsed without complaint; the exit code. `program` is the name the
/// program was called by. Runs on a large stack (base/large_stack.h).
int run_command(std::string_view program, const Arguments& arguments);

}  // namespace plan::cli
