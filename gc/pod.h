// gc/pod.h: a pin with everything below it, as bytes (spec/seed.md section 6).
//
//   "SEEDPOD:" ++ seed([hash of the top pin, row of [germ, row of indices of its refs]])
//
// Entries stand in dependency order; the top pin is the last. Loading recomputes every hash and
// checks the top one.
#pragma once

#include "gc/seed.h"

#include <cstdint>
#include <span>

namespace plan::gc {

/// The pod of `pin`. Allocates an intermediate value in the heap; does not collect.
Result<Bytes> save_pod(Heap& heap, Value pin);

/// The pin. Fails as load_seed and load_germ, or with "POD_NO_MAGIC", "POD_MALFORMED",
/// "POD_NO_PINS", "POD_INTEGRITY_CHECK_FAILED". Entries the top pin does not need are not read.
Result<Value> load_pod(Heap& heap, std::span<const uint8_t> bytes);

}  // namespace plan::gc
