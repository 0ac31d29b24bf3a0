// vm/ir_text_fuzz.cc: any bytes through the reader of the IR, and through the passes.
//
// Driven by libFuzzer (PLAN_LIBFUZZER), and by a seeded loop in vm/ir_text_fuzz_test.cc. The jets
// that the passes know are there by name, as in vm/ir_test.h.
#include "vm/ir_text_fuzz.h"

#include "base/check.h"
#include "gc/make.h"
#include "gc/region.h"
#include "vm/ir_build.h"
#include "vm/ir_text.h"
#include "vm/jets.h"
#include "vm/machine.h"

#include <memory>
#include <string_view>

namespace plan::vm {

namespace {

constexpr uint32_t kRunsPerWorld = 10'000;

/// The evaluator whose heap has the laws that are read. Nothing is ever collected.
struct World {
  Evaluator evaluator{Options{}};
  ConstantNames names;

  World() {
    gc::Heap& heap = evaluator.heap();
    const Value nothing[] = {small_nat(0)};
    const Value body = gc::make_partial(heap, small_nat(2), nothing);
    for (size_t i = 0; i < jet_table().size(); ++i) {
      const JetRow& jet = jet_table()[i];
      const Value law =
          gc::make_law(heap, gc::make_cord(heap, jet.name), small_nat(jet.arity), body);
      const Value pin = evaluator.pin(law);
      gc::pin_region(pin)->jet = static_cast<int16_t>(i);
      names.define(jet.name, pin);
    }
  }
};

/// The text of what `law` prints as, read again.
std::string echo(gc::Heap& heap, const std::string& text, ConstantNames& names) {
  Result<Law> law = read_law(heap, text, names);
  PLAN_CHECK(law.has_value());
  return print_law(*law, names);
}

/// `order` has every let once, and those in cycles are in groups.
void check_lets(const Law& law) {
  PLAN_CHECK(law.slots == 1 + law.args + law.lets.size());
  PLAN_CHECK(law.order.size() == law.lets.size());
  PLAN_CHECK(law.group.size() == law.lets.size());
  std::vector<bool> seen(law.slots);
  for (const uint32_t v : law.order) {
    PLAN_CHECK(v > law.args);
    PLAN_CHECK(v < law.slots);
    PLAN_CHECK(!seen[v]);
    seen[v] = true;
    const uint32_t group = law.group[v - 1 - law.args];
    for (const uint32_t used : variables_of(law, law.lets[v - 1 - law.args])) {
      const bool is_built = used <= law.args || seen[used];
      PLAN_CHECK(is_built || group == law.group[used - 1 - law.args]);
    }
  }
}

}  // namespace

void ir_text_fuzz_one(std::span<const uint8_t> data) {
  static std::unique_ptr<World> world;
  static uint32_t runs = 0;
  if (runs++ % kRunsPerWorld == 0) world = std::make_unique<World>();
  const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
  gc::Heap& heap = world->evaluator.heap();
  ConstantNames names = world->names;
  Result<Law> law = read_law(heap, text, names);
  if (!law) return;
  check_lets(*law);
  const std::string printed = print_law(*law, names);
  PLAN_CHECK(echo(heap, printed, names) == printed);
  optimise_law(world->evaluator.machine(), *law, *names.find("_Add"), PassSet::all());
  check_lets(*law);
  const std::string optimised = print_law(*law, names);
  PLAN_CHECK(echo(heap, optimised, names) == optimised);
}

}  // namespace plan::vm

#ifdef PLAN_LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  plan::vm::ir_text_fuzz_one({data, size});
  return 0;
}
#endif
