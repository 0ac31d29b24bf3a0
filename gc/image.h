// gc/image.h: pins as they lie in memory, for caches.
//
// An image holds regions of pin space word for word, with pointers made relative, so that loading
// is little more than copying. It is only good for the program that wrote it: layouts are no
// format.
// Seeds and pods are (gc/seed.h).
//
// Images form chains: each holds the regions that no earlier one has, and refers to the others by
// number. A region's number is its position in the chain.
//
// May fail   : load() refuses bytes that do not fit the layout; what it accepts is trusted to be
//              what save() wrote. Callers keep a checksum.
// Threads    : owner thread of the heap only.
#pragma once

#include "base/result.h"
#include "gc/heap.h"
#include "gc/word_map.h"

#include <cstdint>
#include <span>
#include <vector>

namespace plan::gc {

class ImageChain {
 public:
  explicit ImageChain(Heap& heap) : heap_(heap), tops_(heap) {}

  /// Appends the regions that `pin` needs and that are not in the chain yet; they are now. `bytes`
  /// are whole words.
  void save(Value pin, std::vector<uint8_t>& bytes);
  /// The pin that was saved. Its hash, and those below it, are known if they were then; nothing is
  /// matched against jets. After an Error ("IMAGE") the chain is of no more use.
  Result<Value> load(std::span<const uint8_t> bytes);

  /// How many regions the chain has, and the pin or law that heads one.
  uint64_t size() const { return tops_.values.size(); }
  Value top(uint64_t number) const { return tops_.values[number]; }

 private:
  void add(Value top);

  Heap& heap_;
  RootList tops_;    // by number
  WordMap numbers_;  // top -> number
};

}  // namespace plan::gc
