// gc/heap.cc: the reservation, allocation off the fast path, and accounting.
#include "gc/heap.h"

#include <cstring>

#include "base/check.h"
#include "base/memory_map.h"
#include "gc/make.h"
#include "gc/region.h"
#include "gc/stack.h"

namespace plan::gc {

namespace {
constexpr uint64_t kPreferredBase = 0x2000'0000'0000;
constexpr uint64_t kTotalReserveBytes = kEdenReserveBytes + 2 * kSurvivorReserveBytes +
                                        kLargeReserveBytes + kOldReserveBytes + kPinReserveBytes;
constexpr uint64_t kEdenStepBytes = uint64_t{64} << 20;
/// What a region costs outside pin space: its record, and code if it is a law that ran.
constexpr uint64_t kRegionOverheadBytes = 512;
/// Where collections copy to begins with pages of 4 KB: in a short run little lives on, and the
/// system clears a page of 2 MB for hundreds of microseconds.
constexpr uint64_t kSmallPagesBytes = uint64_t{2} << 20;
/// A collection comes so much before the nursery is full: what is allocated until then, beyond the
/// limit, would be the first in another page of 2 MB.
constexpr uint64_t kBeyondLimitBytes = uint64_t{128} << 10;
constexpr uint64_t kFirstMajorBytes = uint64_t{96} << 20;

Value immortal(Word* at, Kind kind) {
  auto* o = reinterpret_cast<Object*>(at);
  o->header = make_header(kind, 0) | kFlagNormal;
  o->payload[0] = 0;
  return tagged(o, kTagData);
}
}  // namespace

Heap::Heap(const Config& config) : config_(config) {
  if (config_.limit_bytes == 0) config_.limit_bytes = physical_memory_bytes() / 3;
  config_.nursery_bytes_max =
      std::min(config_.nursery_bytes_max, config_.limit_bytes / kNurseriesInLimitMin);
  void* base = require_memory(kPreferredBase, kTotalReserveBytes);
  young_base_ = std::bit_cast<uint64_t>(base);
  young_bytes_ = kEdenReserveBytes + 2 * kSurvivorReserveBytes + kLargeReserveBytes;
  survivor_base_[0] = young_base_ + kEdenReserveBytes;
  survivor_base_[1] = survivor_base_[0] + kSurvivorReserveBytes;
  large_base_ = survivor_base_[1] + kSurvivorReserveBytes;
  old_base_ = large_base_ + kLargeReserveBytes;
  pin_base_ = old_base_ + kOldReserveBytes;
  large_.init(large_base_, kLargeReserveBytes);
  pins_.init(pin_base_, kPinReserveBytes);
  advise_huge_pages(base, kEdenReserveBytes);
  for (const uint64_t space : survivor_base_) {
    advise_huge_pages(std::bit_cast<void*>(space + kSmallPagesBytes),
                      kSurvivorReserveBytes - kSmallPagesBytes);
  }
  advise_huge_pages(std::bit_cast<void*>(old_base_ + kSmallPagesBytes),
                    kOldReserveBytes - kSmallPagesBytes + kPinReserveBytes);
  eden_start_ = std::bit_cast<Word*>(young_base_);
  hp = eden_start_;
  nursery_bytes_ = config_.nursery_bytes;
  hp_limit = eden_limit();
  eden_committed_ = eden_start_ + (config_.nursery_bytes + kEdenStepBytes) / sizeof(Word);
  survivor_top_ = std::bit_cast<Word*>(survivor_base_[0]);
  old_next_block_ = std::bit_cast<Word*>(old_base_);
  next_major_bytes_ = kFirstMajorBytes;

  // The empty data jets are immortal: in pin space, but in no region.
  auto* at = static_cast<Word*>(pins_.take(16 * sizeof(Word)));
  empty_row_ = immortal(at, Kind::kRow);
  empty_bar_ = immortal(at + 2, Kind::kBar);
  empty_set_ = immortal(at + 4, Kind::kSet);
  empty_set_.object()->init(0, empty_row_);
  empty_tab_ = immortal(at + 6, Kind::kTab);
  empty_tab_.object()->init(0, empty_set_);
  empty_tab_.object()->init(1, empty_row_);
}

Heap::~Heap() {
  for (Region* region : regions_) delete region;
  unreserve_memory(std::bit_cast<void*>(young_base_), kTotalReserveBytes);
}

void Heap::release_regions(void (*release)(void*, Region*), void* context) {
  for (Region* region : regions_) release(context, region);
}

Word* Heap::eden_limit() const {
  if (config_.stress) return eden_start_;
  const uint64_t beyond = std::min(kBeyondLimitBytes, nursery_bytes_ / 16);
  return eden_start_ + (nursery_bytes_ - beyond) / sizeof(Word);
}

void Heap::grow_eden() {
  const auto used = static_cast<uint64_t>(hp - eden_start_) * sizeof(Word);
  PLAN_CHECK(used + kEdenStepBytes < kEdenReserveBytes);
  eden_committed_ = hp + kEdenStepBytes / sizeof(Word);
}

Object* Heap::allocate_large(Word header, uint64_t words) {
  auto* object = static_cast<Object*>(large_.take((1 + words) * sizeof(Word)));
  object->header = header | kFlagYoung;
  large_objects_.push_back(object);
  // Those that died young are reused while they are still in the cache, so a collection comes long
  // before eden is full if a program makes one large row after the other.
  large_young_bytes_ += (1 + words) * sizeof(Word);
  if (large_young_bytes_ > kLargeYoungNurseries * config_.nursery_bytes && hp_limit != nullptr) {
    hp_limit = nullptr;
    if (safepoint_limit != nullptr) safepoint_limit->store(nullptr, std::memory_order_relaxed);
  }
  return object;
}

uint64_t Heap::used_bytes() const {
  const auto eden = static_cast<uint64_t>(hp - eden_start_) * sizeof(Word);
  const uint64_t survivors =
      std::bit_cast<uint64_t>(survivor_top_) - survivor_base_[survivor_index_];
  return eden + survivors + large_.used_bytes() + old_blocks_.size() * kOldBlockBytes +
         pins_.used_bytes() +
         regions_.size() * kRegionOverheadBytes + (stack != nullptr ? stack->used_bytes() : 0);
}

bool Heap::fits(uint64_t bytes) const {
  const uint64_t used = used_bytes();
  return used <= config_.limit_bytes && bytes <= config_.limit_bytes - used;
}

}  // namespace plan::gc
