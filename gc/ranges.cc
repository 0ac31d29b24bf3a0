// gc/ranges.cc: best fit, with coalescing.
#include "gc/ranges.h"

#include <algorithm>
#include <bit>
#include <iterator>

#include "base/check.h"
#include "base/memory_map.h"

namespace plan::gc {

namespace {
constexpr uint64_t kAlignment = 64;
constexpr uint64_t kPageBytes = 4096;

uint64_t rounded(uint64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

void discard_whole_pages(uint64_t start, uint64_t end) {
  const uint64_t first = (start + kPageBytes - 1) / kPageBytes * kPageBytes;
  const uint64_t last = end / kPageBytes * kPageBytes;
  if (last > first) discard_memory(std::bit_cast<void*>(first), last - first);
}
}  // namespace

void RangeAllocator::init(uint64_t base, uint64_t bytes) {
  next_ = high_ = base;
  end_ = base + bytes;
}

void RangeAllocator::forget(uint64_t address, uint64_t bytes) {
  by_address_.erase(address);
  by_size_.erase({bytes, address});
}

void* RangeAllocator::take(uint64_t bytes) {
  const uint64_t size = rounded(bytes);
  used_bytes_ += size;
  const auto found = by_size_.lower_bound({size, 0});
  if (found == by_size_.end()) {
    PLAN_CHECK(size <= end_ - next_);
    void* range = std::bit_cast<void*>(next_);
    next_ += size;
    high_ = std::max(high_, next_);
    return range;
  }
  const auto [free_bytes, address] = *found;
  forget(address, free_bytes);
  if (free_bytes > size) {
    by_address_.emplace(address + size, free_bytes - size);
    by_size_.emplace(free_bytes - size, address + size);
  }
  return std::bit_cast<void*>(address);
}

void RangeAllocator::give(void* range, uint64_t bytes) {
  uint64_t address = std::bit_cast<uint64_t>(range);
  uint64_t size = rounded(bytes);
  used_bytes_ -= size;
  const auto after = by_address_.upper_bound(address);
  if (after != by_address_.begin()) {
    const auto [before, before_bytes] = *std::prev(after);
    if (before + before_bytes == address) {
      forget(before, before_bytes);
      address = before;
      size += before_bytes;
    }
  }
  const auto next = by_address_.find(address + size);
  if (next != by_address_.end()) {
    const uint64_t next_bytes = next->second;
    forget(address + size, next_bytes);
    size += next_bytes;
  }
  if (address + size == next_) {
    next_ = address;
    return;
  }
  by_address_.emplace(address, size);
  by_size_.emplace(size, address);
}

void RangeAllocator::trim() {
  for (const auto& [address, size] : by_address_) discard_whole_pages(address, address + size);
  discard_whole_pages(next_, high_);
  high_ = next_;
}

}  // namespace plan::gc
