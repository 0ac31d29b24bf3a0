// sire/loader.h: modules from files, in the order of their chain (spec/sire.md section 1).
//
// A module names the one before it in its first block, so modules form a chain. The chain is
// followed to its start by reading first blocks only; then the modules run from there, or from the
// last one whose resulting state is in the cache.
//
// A module `name` is `./sire/name.sire`, or else the module of that name inside the binary.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "sire/context.h"
#include "sire/rex_reader.h"

#include <span>
#include <string>
#include <vector>

namespace plan::sire {

class StateCache;

/// Modules in one chain.
inline constexpr size_t kChainMax = 10'000;

enum class LoadStatus : uint8_t {
  kLoaded,
  kNoSource,  ///< message: a file that is not there, a bad name
  kBadRex,    ///< reported on standard error already
  kFailed,    ///< see Context::failure
};

struct LoadResult {
  LoadStatus status = LoadStatus::kLoaded;
  std::string message;
};

struct ModuleSource {
  std::string name;
  std::string path;             ///< as messages name it
  std::vector<uint8_t> bytes;   ///< of a file
  std::string_view text;        ///< these, or inside the binary
  Hash256 chain_hash{};  ///< of the previous module's hash and the text
};

/// Called after each module that has run, with the state it leaves.
struct ModuleObserver {
  bool (*after_module)(void* observer, Context& context, const ModuleSource& module) = nullptr;
  void* observer = nullptr;
};

class Loader {
 public:
  explicit Loader(Context& context) : context_(context) {}

  /// `cache` may be null.
  void use_cache(StateCache* cache) { cache_ = cache; }
  void observe(ModuleObserver observer) { observer_ = observer; }

  /// Leaves the state in which module `name` and all before it have run.
  LoadResult load(const std::string& name);

 private:
  Result<ModuleSource> read_source(const std::string& name) const;
  LoadResult read_chain(const std::string& name, std::vector<ModuleSource>& chain);
  LoadResult read_header(const ModuleSource& module, std::string& previous);
  LoadResult run_chain(std::span<const ModuleSource> chain);
  LoadResult run_module(const ModuleSource& module);
  LoadResult fail_at(const ModuleSource& module, const rex::Block* block, const char* reason);

  Context& context_;
  StateCache* cache_ = nullptr;
  ModuleObserver observer_;
};

/// The module an argument of the command line means: `name` or `name.sire`, in `.`, `sire` or
/// `./sire`. Error "module" otherwise.
Result<std::string> module_of_argument(std::string_view argument);

/// Writes a broken block's first error to standard error, as upstream does.
void report_bad_rex(std::string_view file, const rex::Block& block);

}  // namespace plan::sire
