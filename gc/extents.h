// gc/extents.h: extents of a reserved address range, recycled by size class.
//
// Used for regions of pin space. Sizes are rounded up to a class (eight per doubling), so an extent
// is reused exactly as it was; a freed extent keeps its pages.
//
// Invariants : extents never overlap; all are 64-byte aligned; used_bytes() counts class sizes.
// Threads    : owner thread only.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <vector>

namespace plan::gc {

class ExtentAllocator {
 public:
  ExtentAllocator() = default;
  void init(uint64_t base, uint64_t bytes);
  /// At least `bytes`, 64-byte aligned, contents undefined. Aborts when the range is exhausted.
  void* take(uint64_t bytes);
  /// Where take() finds what it has no extent for. Who learns a size only at the end writes there
  /// first.
  void* frontier() const { return std::bit_cast<void*>(next_); }
  /// Gives back what take(`bytes`) returned.
  void give(void* extent, uint64_t bytes);
  uint64_t used_bytes() const { return used_bytes_; }
  /// Size class that serves `bytes`.
  static uint64_t class_bytes(uint64_t bytes);

 private:
  uint64_t next_ = 0;
  uint64_t end_ = 0;
  uint64_t used_bytes_ = 0;
  std::map<uint64_t, std::vector<void*>> free_;
};

}  // namespace plan::gc
