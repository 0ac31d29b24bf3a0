// jit/gdb.h: names of native code for gdb, by its JIT interface (gdb manual, "JIT Compilation
// Interface"): for each image a small ELF file in memory, with a symbol for each function.
//
// Suspended calls of PLAN are on the evaluation stack, of which gdb knows nothing: `bt` shows the
// law that runs, called by the C++ code that began the evaluation.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "jit/image.h"

namespace plan::jit {

/// The symbol file of an image that runs at `at`.
std::vector<uint8_t> make_symbol_file(const Image& image, const std::string& law, const char* at);

/// What gdb's interface wants for one symbol file.
struct GdbEntry {
  GdbEntry* next = nullptr;
  GdbEntry* previous = nullptr;
  const uint8_t* file = nullptr;
  uint64_t bytes = 0;
};

/// The symbol files of one tier; gdb forgets them in the end.
class GdbSymbols {
 public:
  ~GdbSymbols();
  void add(const Image& image, const std::string& law, const char* at);

 private:
  struct File {
    GdbEntry entry;
    std::vector<uint8_t> bytes;
  };
  std::deque<File> files_;  ///< do not move
};

}  // namespace plan::jit
