// gc/seed_fuzz.h: the entry of the fuzz test of seeds, germs, heads and pods.
#pragma once

#include <cstdint>
#include <span>

namespace plan::gc {

/// Loads `data` (its first byte says as what) and checks what must hold of the result; aborts if
/// something does not.
void seed_fuzz_one(std::span<const uint8_t> data);

}  // namespace plan::gc
