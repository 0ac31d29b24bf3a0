// base/hash.h: BLAKE3-256, incremental. (Specification: spec/pin-hash.md; O'Connor et al. 2020.)
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace plan {

using Hash256 = std::array<uint8_t, 32>;

/// Feeds bytes piece by piece; finish() may be called once.
class Blake3 {
 public:
  Blake3();
  void update(std::span<const uint8_t> bytes);
  Hash256 finish();

 private:
  alignas(64) unsigned char state_[1920];  // the C library's hasher; size checked in hash.cc
};

Hash256 blake3(std::span<const uint8_t> bytes);

}  // namespace plan
