// gc/seed.h: values as bytes, in the portable format (spec/seed.md).
//
//   seed : one value; its pins are written out inside it.
//   germ : the item of one pin; the pins it refers to directly are numbered holes.
//   head : the hashes of those pins. Head ++ germ is what a store keeps of a pin.
//   pod  : a pin with everything below it, as a seed of germs (gc/pod.h).
//
// Saving     : the bytes are the canonical ones, a function of the value alone.
// Loading    : builds values directly and evaluates nothing; what would need it is an error. Any
//              bytes are a value or an Error, in space linear in their number but for two things
//              the heap does not share: the arguments of flat closures, and what laws and pins copy
//              into their regions. What does not fit in the heap is refused ("TOO_LARGE").
// Depth      : nothing recurses.
// See        : Note [Fragments] in gc/seed_save.cc.
#pragma once

#include "base/hash.h"
#include "base/result.h"
#include "gc/heap.h"

#include <cstdint>
#include <span>
#include <vector>

namespace plan::gc {

using Bytes = std::vector<uint8_t>;

/// Distinct leaves and cells of one saved value.
inline constexpr uint64_t kSeedNodesMax = uint64_t{1} << 32;

/// `v` is a normal form. Fails only with "TOO_LARGE".
Result<Bytes> save_seed(Value v);
/// As save_seed, with the pins `holes` (and all pins with their hashes) left out.
Result<Bytes> save_seed_with_holes(Value v, std::span<const Value> holes);

struct Germ {
  std::vector<Value> refs;  ///< what to load it with
  Bytes bytes;
};
/// The germ of the item of `pin`. Also fails if a pin cannot be hashed (gc/hash.h).
Result<Germ> save_germ(Value pin);

/// A value, in normal form; direct code. Fails with the names of spec/seed.md section 8.2, or
/// "BAD_WIDTH", or those of gc/build.h.
Result<Value> load_seed(Heap& heap, std::span<const uint8_t> bytes);
/// As load_seed, with `holes` for the holes 0 .. ; for a germ: the pin's refs, giving its item.
Result<Value> load_germ(Heap& heap, std::span<const Value> holes, std::span<const uint8_t> bytes);

/// The pin head of a germ with these refs (pins).
Result<Bytes> save_head(std::span<const Value> refs);
/// The hashes in the head at the start of `bytes`. Ignores what follows, which starts at
/// head_bytes(count). Fails with "HEAD_TOO_SMALL_NO_LENGTH", "HEAD_TOO_SMALL".
Result<std::vector<Hash256>> load_head(std::span<const uint8_t> bytes);
constexpr uint64_t head_bytes(uint64_t refs) {
  return 8 + 32 * refs;
}

}  // namespace plan::gc
