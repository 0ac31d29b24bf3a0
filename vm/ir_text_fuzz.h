// vm/ir_text_fuzz.h: the entry of the fuzz test of the IR's reader, printer and passes.
#pragma once

#include <cstdint>
#include <span>

namespace plan::vm {

/// Reads `data` as a law. What is read must print as what reads the same, before the passes and
/// after; aborts if something does not hold.
void ir_text_fuzz_one(std::span<const uint8_t> data);

}  // namespace plan::vm
