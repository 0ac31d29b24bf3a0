// tools/palladium.cc: the program.
#include "base/file.h"
#include "base/large_stack.h"
#include "tools/cli_commands.h"
#include "tools/cli_options.h"

#include <string>
#include <string_view>
#include <vector>

#ifdef PLAN_MIMALLOC
#include <mimalloc.h>
#endif

namespace {

struct Call {
  std::string program;
  plan::cli::Arguments arguments;
  int exit_code = 0;
};

/// Gives this thread, which loads libraries, its small objects in pages of 2 MB: it fills megabytes
/// of them, and a fault for each 4 KB costs more than what is put there. Others have little.
void use_large_pages() {
#ifdef PLAN_MIMALLOC
  mi_option_enable(mi_option_large_os_pages);
  mi_option_set(mi_option_eager_commit_delay, 0);
  mi_free(mi_malloc(1));
  mi_option_disable(mi_option_large_os_pages);
#endif
}

void run(void* call) {
  use_large_pages();
  auto& c = *static_cast<Call*>(call);
  c.exit_code = plan::cli::run_command(c.program, c.arguments);
}

}  // namespace

int main(int argc, char** argv) {
  plan::reserve_standard_descriptors();
  Call call;
  const std::string_view path = argc > 0 ? argv[0] : "palladium";
  const std::string_view name = path.substr(path.rfind('/') + 1);
  call.program = name == "pallas" || name == "plunder" ? "pallas" : "palladium";
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const plan::cli::Screen screen = plan::cli::parse_arguments(call.program, words, call.arguments);
  if (!screen.text.empty()) {
    const bool written = plan::write_all(screen.to_standard_error ? 2 : 1, screen.text);
    return written ? screen.exit_code : 1;
  }
  plan::run_on_large_stack(run, &call);
  return call.exit_code;
}
