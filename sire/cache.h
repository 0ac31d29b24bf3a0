// sire/cache.h: the states that modules leave, kept between runs.
#pragma once

#include "sire/context.h"

#include <span>
#include <string>

namespace plan::sire {

struct ModuleSource;

class StateCache {
 public:
  explicit StateCache(std::string folder) : folder_(std::move(folder)) {}

  /// Puts the context into the state after the last module of `chain` that is known; how many
  /// modules that spares.
  size_t restore(Context& context, std::span<const ModuleSource> chain);
  /// Keeps the state after `module` has run.
  void remember(Context& context, const ModuleSource& module);

 private:
  std::string folder_;
};

}  // namespace plan::sire
