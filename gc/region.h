// gc/region.h: pin space. A region is one pin, or one law that is not in a pin.
//
// A region holds its top object and everything below it, copied with sharing preserved; it never
// moves, is never written and no collection looks inside. What it refers to outside itself is
// listed in `refs`: pins, and for law regions other law regions too. So a law's constants stay put
// and code may hold their addresses.
//
// Lifecycle  : built by make_pin and make_law from normal forms (direct code: no evaluation, no
//              collection); freed by the major collection that finds it unreachable.
// Invariants : every pointer inside stays inside or leads to the top of a region in `refs`.
// Price      : a law that is pinned is copied into the pin's region, so its code is compiled again
//              for the pin; found by address (binary search) when a major collection meets a
//              pointer to a row or bar inside a region.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "gc/heap.h"

namespace plan::gc {

using Hash = std::array<uint8_t, 32>;

struct Region {
  Word* base = nullptr;
  uint64_t bytes = 0;
  Value top;                  ///< the pin, or the law
  std::vector<Region*> refs;  ///< distinct by address, in first-encounter order of the copy
  Hash hash{};                ///< of the pin's item; valid if has_hash
  /// Written last, by the owner thread: others may look (FoundHashes in gc/hash.h).
  std::atomic<bool> has_hash = false;
  bool marked = false;
  uint32_t number = 0;        ///< in the chain of images that it is in, if it is: gc/image.h
  int16_t jet = -1;           ///< index in the jet table, when a pin's law matched
  void* codes = nullptr;      ///< list of vm code objects to free with the region
};

/// The region a pin object heads.
inline Region* pin_region(Value pin) {
  return std::bit_cast<Region*>(pin.object()->payload[1]);
}
/// The region a law is in: its own, or that of the pin around it.
inline Region* law_region(Value law) {
  return std::bit_cast<Region*>(law.object()->payload[3]);
}

/// Called when a region is freed (vm frees its code). Set once by the evaluator.
using RegionObserver = void (*)(void* context, Region* region);

}  // namespace plan::gc
