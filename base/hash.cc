// base/hash.cc: BLAKE3 by LLVM's support library.
#include "base/hash.h"

#include <llvm-c/blake3.h>

#include <new>

namespace plan {

static_assert(sizeof(llvm_blake3_hasher) <= 1920);

namespace {
llvm_blake3_hasher* hasher(unsigned char* state) {
  return std::launder(reinterpret_cast<llvm_blake3_hasher*>(state));
}
}  // namespace

Blake3::Blake3() {
  new (state_) llvm_blake3_hasher;
  llvm_blake3_hasher_init(hasher(state_));
}

void Blake3::update(std::span<const uint8_t> bytes) {
  llvm_blake3_hasher_update(hasher(state_), bytes.data(), bytes.size());
}

Hash256 Blake3::finish() {
  Hash256 out;
  llvm_blake3_hasher_finalize(hasher(state_), out.data(), out.size());
  return out;
}

Hash256 blake3(std::span<const uint8_t> bytes) {
  Blake3 h;
  h.update(bytes);
  return h.finish();
}

}  // namespace plan
