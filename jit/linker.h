// jit/linker.h: an object file -> an image.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "jit/image.h"

namespace plan::jit {

/// Links the object, an ELF file, into `image.bytes`, and finds the slot table, the entries with
/// these names, and the functions. False if it is no object for an image: if it refers to a symbol
/// it does not define, or holds an absolute address, which could not be moved.
bool link_image(std::span<const char> object, const std::vector<std::string>& entries,
                Image& image);

}  // namespace plan::jit
