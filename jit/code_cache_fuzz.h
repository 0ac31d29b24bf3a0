// jit/code_cache_fuzz.h: the entry of the fuzz test of stored code: files, and images in them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace plan::jit {

/// Reads `data` (its first byte says as what) and checks what must hold of what was read, and that
/// a damaged file can be used again; aborts if something does not. Runs no code.
void code_cache_fuzz_one(std::span<const uint8_t> data);

/// An image, a file with it, and changes to such a file; each behind its byte.
std::vector<std::vector<uint8_t>> code_cache_fuzz_examples();

}  // namespace plan::jit
