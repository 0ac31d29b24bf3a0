// sire/library.h: the Sire modules inside the binary (sire/lib), made at build time.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace plan::sire {

struct LibraryModule {
  std::string_view name;
  std::string_view text;
};

/// All of them, in the order of their names.
std::span<const LibraryModule> library_modules();

}  // namespace plan::sire
