// sire/show_fuzz.cc: any value, and so any Rex value, through the printers.
//
// Driven by libFuzzer (PLAN_LIBFUZZER), and by a seeded loop in sire/show_fuzz_test.cc.
#include "sire/show_fuzz.h"

#include "base/check.h"
#include "gc/hash.h"
#include "gc/heap.h"
#include "gc/parts.h"
#include "gc/seed.h"
#include "gc/word_map.h"
#include "sire/plan_rex.h"
#include "sire/rex_text.h"
#include "sire/show.h"
#include "value/object.h"

#include <vector>

namespace plan::sire {

namespace {

constexpr uint64_t kFuzzHeapBytes = uint64_t{64} << 20;
/// Values that write out to more than this only show that limits work, slowly.
constexpr uint64_t kFuzzWrittenBytes = uint64_t{1} << 14;

/// Will the texts of `top` be short? A pin is written out once, other parts as often as they occur;
/// a law names each of its arguments.
bool is_small(Value top) {
  if (gc::hash_stream_bytes(top) > kFuzzWrittenBytes) return false;
  uint64_t total = 0;
  gc::WordMap seen;
  std::vector<Value> work{top};
  while (!work.empty() && total <= kFuzzWrittenBytes) {
    const Value v = work.back();
    work.pop_back();
    if (!v.is_pointer() || !seen.add(v.word)) continue;
    if (is_pin(v)) {
      const uint64_t bytes = gc::hash_stream_bytes(pin_item(v));
      if (bytes > kFuzzWrittenBytes) return false;
      total += bytes;
      work.push_back(pin_item(v));
    }
    if (is_law(v)) total += law_args(v).is_small() ? law_args(v).small() : kFuzzWrittenBytes + 1;
    if (!gc::has_parts(v)) continue;
    const gc::Parts parts = gc::parts_of(v);
    for (uint64_t i = 0; i < parts.count(); i++) work.push_back(parts.at(i));
  }
  return total <= kFuzzWrittenBytes;
}

void check_text(const std::string& text) {
  PLAN_CHECK(rex::valid_utf8_prefix(text) == text.size());
  PLAN_CHECK(text.ends_with('\n'));
}

}  // namespace

void show_fuzz_one(std::span<const uint8_t> data) {
  gc::Config config;
  config.limit_bytes = kFuzzHeapBytes;
  gc::Heap heap(config);
  auto v = gc::load_seed(heap, data);
  if (!v || !is_small(*v)) return;
  check_text(print_value_shallow(*v));
  check_text(print_value_shallow(*v, {.colour = true}));
  check_text(print_binding(small_nat('x'), *v));
  check_text(print_full(*v));
  PLAN_CHECK(print_debug(*v).find('\n') == std::string::npos);
  RexValueMaker maker(heap);
  rex::Arena arena;
  const rex::Rex* const tree = full_rex(arena, *v);
  const rex::Rex* const again = rex_of_value(value_of_rex(maker, tree), arena);
  PLAN_CHECK(rex::equal(tree, again));
}

}  // namespace plan::sire

#ifdef PLAN_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  plan::sire::show_fuzz_one({data, size});
  return 0;
}
#endif
