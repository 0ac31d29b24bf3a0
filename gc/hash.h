// gc/hash.h: the PLAN hash of normal forms, and the hash of pins.
//
// The hash is BLAKE3 of a pre-order serialisation (spec/pin-hash.md) in which a pin stands as its
// own hash, so only what is not behind a pin is walked. The serialisation writes shared parts as
// often as they occur: its length can be exponential in the size of the value. So after
// kHashUnmeasuredBytes the length is computed on the shared graph, in linear time, and a value
// beyond the limits is refused instead of keeping the process busy for ever.
//
// Depth      : nothing recurses; neither deep values nor long chains of pins are special.
// May fail   : "HASH_TOO_LARGE", "HASH_INTERRUPTED". Nothing else, and never for small values.
// Threads    : writes the cached hash of pins it meets; owner thread of the heap only. Another that
//              looks at values, which do not move meanwhile, has a FoundHashes.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "value/value.h"

#include <atomic>
#include <cstdint>
#include <unordered_map>

namespace plan::gc {

struct Region;

inline constexpr uint64_t kHashStreamBytesMax = uint64_t{1} << 40;
/// Objects and nats written, counted as often as they occur.
inline constexpr uint64_t kHashStreamNodesMax = uint64_t{1} << 33;
/// Written without measuring first; costs some 50 ms at worst.
inline constexpr uint64_t kHashUnmeasuredBytes = uint64_t{1} << 26;

using InterruptFlag = std::atomic<bool>;

/// The hash of the normal form `v`: for a pin, *not* the pin's own hash. `interrupt`, polled every
/// few milliseconds, may be null. Allocates nothing in the heap.
Result<Hash256> plan_hash(Value v, const InterruptFlag* interrupt = nullptr);

/// Hashes of pins that a thread found which does not own the heap. It reads those in regions and
/// leaves its own here until the owner, when it stands still, has them put there.
class FoundHashes {
 public:
  /// Null if it was not found here.
  const Hash256* find(Region* region) const;
  void add(Region* region, const Hash256& hash) { hashes_.emplace(region, hash); }
  /// Gives the regions their hashes; all of them live. Owner thread.
  void publish();

 private:
  std::unordered_map<Region*, Hash256> hashes_;
};

/// The hash of pin `pin` (that of its item), computed once and kept in its region, after those of
/// the pins below it. The pointer is good as long as the pin; with `found`, where hashes are kept
/// instead if it is not null, until these are published.
Result<const Hash256*> pin_hash(Value pin, const InterruptFlag* interrupt = nullptr,
                                FoundHashes* found = nullptr);

/// How many bytes plan_hash(v) would feed to BLAKE3; saturates at UINT64_MAX. Linear in the size of
/// the shared graph.
uint64_t hash_stream_bytes(Value v);

}  // namespace plan::gc
