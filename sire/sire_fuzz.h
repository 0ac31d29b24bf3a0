// sire/sire_fuzz.h: the entry of the fuzz test of Sire source.
#pragma once

#include <cstdint>
#include <span>

namespace plan::sire {

/// Runs `data` as the text of a module, under limits of heap, time and stack, and checks what must
/// hold whatever the text is; aborts if something does not. The first byte says what is in scope,
/// see Setting in sire/sire_fuzz.cc. Needs a large stack (base/large_stack.h).
void sire_fuzz_one(std::span<const uint8_t> data);

}  // namespace plan::sire
