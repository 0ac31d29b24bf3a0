// jit/build.h: who makes and runs native code: this program, this compiler, this processor.
#pragma once

#include <optional>
#include <string>

#include "base/hash.h"

namespace plan::jit {

/// The hash of the build ids of the program and of the plug-in at `plug_in`, of what the processor
/// can do, and of the version of jit/code_cache.h. Code made under one such hash runs under no
/// other. Nullopt if a build id is missing (the linker's --build-id).
std::optional<Hash256> build_hash(const std::string& plug_in);

}  // namespace plan::jit
