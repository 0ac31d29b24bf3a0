// sire/rex_fuzz.h: the entry of the fuzz test of Rex.
#pragma once

#include <cstdint>
#include <span>

namespace plan::rex {

/// Reads `data` as Rex and checks what must hold of the blocks; aborts if something does not.
void rex_fuzz_one(std::span<const uint8_t> data);

}  // namespace plan::rex
