// jit/gdb.h: names of native code for gdb, by its JIT interface (gdb manual, "JIT Compilation
// Interface"): small ELF files in memory, with a symbol for each function.
//
// Code is told at once, an image or a block's templates at a time, for what runs for long may be
// the last that was made. The more files there are, the longer gdb takes for another; so kGdbMerge
// of them become one, and kGdbMerge of those, and so on up to kGdbLevels: little more than one file
// is told for a piece of code, and a few dozen are known at a time.
//
// Suspended calls of PLAN are on the evaluation stack, of which gdb knows nothing: `bt` shows the
// law that runs, called by the C++ code that began the evaluation.
#pragma once

#include <array>
#include <list>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "jit/image.h"

namespace plan::jit {

/// Code in one place, and the functions in it.
struct GdbCode {
  struct Function {
    std::string name;
    uint64_t offset;  ///< bytes
    uint64_t bytes;
  };
  const char* at;
  uint64_t bytes;
  std::vector<Function> functions;
};
/// The code of an image that runs at `at`.
GdbCode code_of_image(const Image& image, const std::string& law, const char* at);
/// Code that is all one function.
GdbCode code_of_function(const std::string& name, const char* at, uint64_t bytes);

/// The ELF file: for each piece of code a section, for each function a symbol.
std::vector<uint8_t> make_symbol_file(std::span<const GdbCode> code);

/// What gdb's interface wants for one symbol file.
struct GdbEntry {
  GdbEntry* next = nullptr;
  GdbEntry* previous = nullptr;
  const uint8_t* file = nullptr;
  uint64_t bytes = 0;
};

/// The list of all that gdb has been told of in this process and not to forget again.
const GdbEntry* first_gdb_entry();

inline constexpr size_t kGdbMerge = 16;
inline constexpr size_t kGdbLevels = 4;  ///< a file of the last has 4096 sections; ELF has 65279

/// The symbol files of one tier; gdb forgets them in the end.
class GdbSymbols {
 public:
  GdbSymbols() = default;
  ~GdbSymbols();
  GdbSymbols(const GdbSymbols&) = delete;
  GdbSymbols& operator=(const GdbSymbols&) = delete;

  void add(GdbCode code);
  /// The code that was added with this address is gone.
  void remove(const char* at);

 private:
  struct File {
    GdbEntry entry;
    std::vector<uint8_t> bytes;
    std::vector<GdbCode> code;
    std::list<File>* list;  ///< that it is in
  };
  using Files = std::list<File>;  // they do not move

  void add_file(Files& list, std::vector<GdbCode> code);
  std::vector<GdbCode> remove_file(Files::iterator file);

  std::array<Files, kGdbLevels> levels_;  ///< by how often their code was merged
  std::map<const char*, Files::iterator> file_of_;  ///< by where a piece of code is
};

}  // namespace plan::jit
