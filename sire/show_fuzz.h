// sire/show_fuzz.h: the entry of the fuzz test of printed values.
#pragma once

#include <cstdint>
#include <span>

namespace plan::sire {

/// Loads `data` as a seed and prints the value in all ways; aborts if a text is not what it must
/// be.
void show_fuzz_one(std::span<const uint8_t> data);

}  // namespace plan::sire
