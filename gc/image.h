// gc/image.h: pins as they lie in memory, for caches.
//
// An image holds regions of pin space word for word, with pointers made relative, so that loading
// is little more than copying. It is only good for the program that wrote it: layouts are no
// format.
// Seeds and pods are (gc/seed.h).
//
// Images form chains: each holds the regions that no earlier one has, and refers to the others by
// number. A region's number is its position in the chain, and noted in it: of the chains of a heap,
// only one at a time has images that are not written yet.
//
// May fail   : load() refuses bytes that do not fit the layout; what it accepts is trusted to be
//              what save() wrote. Callers keep a checksum.
// Threads    : owner thread of the heap only, but for NewImage::write.
#pragma once

#include "base/result.h"
#include "gc/heap.h"

#include <cstdint>
#include <span>
#include <vector>

namespace plan::gc {

/// The regions of an image that is to be written. They live as long as the chain.
class NewImage {
 public:
  /// Appends the image to `bytes`, which are whole words. On any thread: what it reads does not
  /// change, but for the headers of laws (a word each), of which it takes the kind.
  void write(std::vector<uint8_t>& bytes) const;
  /// About how much that is.
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  friend class ImageChain;
  struct Part {
    const Region* region;
    bool has_hash;  ///< when it was added
  };
  std::vector<Part> parts_;
  uint64_t size_bytes_ = 0;
};

class ImageChain {
 public:
  explicit ImageChain(Heap& heap) : heap_(heap), tops_(heap) {}

  /// The regions that `pin` needs and that are not in the chain yet; they are now.
  NewImage add(Value pin);
  /// The pin that was added. Its hash, and those below it, are known if they were then; nothing is
  /// matched against jets. After an Error ("IMAGE") the chain is of no more use.
  Result<Value> load(std::span<const uint8_t> bytes);

  /// How many regions the chain has, and the pin or law that heads one.
  uint64_t size() const { return tops_.values.size(); }
  Value top(uint64_t number) const { return tops_.values[number]; }

 private:
  bool has(const Region& region) const;
  void number(Region& region);

  Heap& heap_;
  RootList tops_;  // by number
};

}  // namespace plan::gc
