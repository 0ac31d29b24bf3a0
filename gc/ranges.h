// gc/ranges.h: ranges of a reserved address range for large objects: best fit, with coalescing.
//
// Neighbours that are free become one range, so that a program which makes one row after the
// other, each a little longer than the last, goes on reusing the memory of those that died; size
// classes (gc/extents.h) would ask for new pages at every class. Every operation takes time
// logarithmic in the number of free ranges, which is little beside filling a large object.
//
// Invariants : ranges never overlap; all are 64-byte aligned; no two free ranges touch, and none
//              touches the part never used; both indexes hold the same ranges.
// Threads    : owner thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace plan::gc {

class RangeAllocator {
 public:
  RangeAllocator() = default;
  void init(uint64_t base, uint64_t bytes);
  /// At least `bytes`, 64-byte aligned, contents undefined. Aborts when the range is exhausted.
  void* take(uint64_t bytes);
  /// Gives back what take(`bytes`) returned.
  void give(void* range, uint64_t bytes);
  /// Returns the pages of free ranges to the operating system.
  void trim();
  uint64_t used_bytes() const { return used_bytes_; }
  /// How many ranges are free, beside the part never used.
  size_t free_count() const { return by_address_.size(); }

 private:
  void forget(uint64_t address, uint64_t bytes);

  uint64_t next_ = 0;    // below: used or free ranges
  uint64_t high_ = 0;    // above: never touched since the last trim
  uint64_t end_ = 0;
  uint64_t used_bytes_ = 0;
  std::map<uint64_t, uint64_t> by_address_;
  std::set<std::pair<uint64_t, uint64_t>> by_size_;  // (size, address)
};

}  // namespace plan::gc
