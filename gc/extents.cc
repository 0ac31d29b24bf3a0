// gc/extents.cc: size classes, eight per doubling.
#include "gc/extents.h"

#include <bit>

#include "base/check.h"

namespace plan::gc {

namespace {
constexpr uint64_t kMinimumBytes = 64;
}  // namespace

void ExtentAllocator::init(uint64_t base, uint64_t bytes) {
  next_ = base;
  end_ = base + bytes;
}

uint64_t ExtentAllocator::class_bytes(uint64_t bytes) {
  if (bytes <= kMinimumBytes) return kMinimumBytes;
  const uint64_t step_floor = std::bit_floor(bytes) / 8;
  const uint64_t step = step_floor < kMinimumBytes ? kMinimumBytes : step_floor;
  return (bytes + step - 1) / step * step;
}

void* ExtentAllocator::take(uint64_t bytes) {
  const uint64_t size = class_bytes(bytes);
  used_bytes_ += size;
  const auto found = free_.find(size);
  if (found != free_.end() && !found->second.empty()) {
    void* extent = found->second.back();
    found->second.pop_back();
    return extent;
  }
  PLAN_CHECK(size <= end_ - next_);
  void* extent = std::bit_cast<void*>(next_);
  next_ += size;
  return extent;
}

void ExtentAllocator::give(void* extent, uint64_t bytes) {
  const uint64_t size = class_bytes(bytes);
  used_bytes_ -= size;
  free_[size].push_back(extent);
}

}  // namespace plan::gc
