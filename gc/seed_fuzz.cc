// gc/seed_fuzz.cc: any bytes through the loaders, with what must hold of the result.
//
// Driven by libFuzzer (PLAN_LIBFUZZER), and by a seeded loop in gc/seed_fuzz_test.cc.
#include "gc/seed_fuzz.h"

#include "base/check.h"
#include "gc/hash.h"
#include "gc/heap.h"
#include "gc/make.h"
#include "gc/pod.h"
#include "gc/refs.h"
#include "gc/seed.h"
#include "value/object.h"

#include <vector>

namespace plan::gc {

namespace {

constexpr uint64_t kFuzzHeapBytes = uint64_t{64} << 20;
constexpr uint64_t kFuzzHashBytes = uint64_t{1} << 20;

enum Mode : uint8_t { kSeedMode, kGermMode, kPodMode, kHeadMode, kModes };

/// What is saved again is canonical, and stands for the same value.
void check_value(Heap& heap, Value v) {
  PLAN_CHECK(v.is_whnf());
  PLAN_CHECK(check_normal(v));
  auto seed = save_seed(v);
  PLAN_CHECK(seed.has_value());
  auto again = load_seed(heap, *seed);
  if (!again) {  // Sharing is all the same now, but the heap may be nearly full.
    PLAN_CHECK(again.error().name == "TOO_LARGE");
    return;
  }
  auto seed_again = save_seed(*again);
  PLAN_CHECK(seed_again.has_value());
  PLAN_CHECK(*seed == *seed_again);
  PLAN_CHECK(hash_stream_bytes(v) == hash_stream_bytes(*again));
  if (hash_stream_bytes(v) > kFuzzHashBytes) return;
  auto hash = plan_hash(v);
  auto hash_again = plan_hash(*again);
  if (!hash || !hash_again) return;  // a pin below may be too large
  PLAN_CHECK(*hash == *hash_again);
}

void check_pod(Heap& heap, Value pin) {
  PLAN_CHECK(is_pin(pin));
  auto pod = save_pod(heap, pin);
  PLAN_CHECK(pod.has_value());
  auto again = load_pod(heap, *pod);
  PLAN_CHECK(again.has_value() || again.error().name == "TOO_LARGE");
  if (again) PLAN_CHECK(**pin_hash(pin) == **pin_hash(*again));
}

}  // namespace

void seed_fuzz_one(std::span<const uint8_t> data) {
  if (data.empty()) return;
  const uint8_t mode = data[0] % kModes;
  data = data.subspan(1);
  Config config;
  config.limit_bytes = kFuzzHeapBytes;
  Heap heap(config);
  switch (mode) {
    case kSeedMode: {
      auto v = load_seed(heap, data);
      if (v) check_value(heap, *v);
      break;
    }
    case kGermMode: {
      const Value holes[] = {make_pin(heap, small_nat(5)), make_pin(heap, heap.empty_row())};
      auto v = load_germ(heap, holes, data);
      if (v) check_value(heap, *v);
      break;
    }
    case kPodMode: {
      auto pin = load_pod(heap, data);
      if (pin) check_pod(heap, *pin);
      break;
    }
    default: {
      auto hashes = load_head(data);
      if (hashes) PLAN_CHECK(head_bytes(hashes->size()) <= data.size());
      break;
    }
  }
}

}  // namespace plan::gc

#ifdef PLAN_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  plan::gc::seed_fuzz_one({data, size});
  return 0;
}
#endif
