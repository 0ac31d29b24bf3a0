// vm/versions.cc: what arguments are, and which of them get a copy.
#include "vm/versions.h"

#include "base/check.h"
#include "gc/heap.h"
#include "vm/machine.h"
#include "vm/optimise.h"
#include "vm/specialise.h"

#include <algorithm>

namespace plan::vm {

namespace {

/// The function in `word`, if it is evaluated and is one that a copy can be made for.
bool is_function(Value v, bool may_hold, SeenFunction& seen) {
  if (v.is_thunk() && v.object()->kind() == Kind::kIndirection) v = Value{v.object()->payload[0]};
  if (!v.is_function()) return false;
  seen.held = 0;
  seen.function = v;
  if (!is_closure(v)) return true;
  seen.held = static_cast<uint32_t>(closure_size(v));
  seen.function = closure_head(v);
  return may_hold && seen.function.is_function();
}

/// Whether there is more to be seen of it; takes one observation off what is left.
bool begin_observation(Machine& vm, Code& hot) {
  if (vm.tier == nullptr || hot.tier_asked || hot.is_primop || hot.region == nullptr ||
      !vm.options.passes.has(Pass::kSpecialise)) {
    return false;
  }
  if (hot.observed == kObservations) return false;
  if (hot.observed++ == 0) {
    hot.function_parameters = function_parameters(vm, hot.function);
  }
  if (hot.function_parameters.empty()) hot.observed = kObservations;
  return !hot.function_parameters.empty();
}

}  // namespace

bool awaits_observation(Machine& vm, Code& hot) { return begin_observation(vm, hot); }

bool observe_arguments(Machine& vm, Code& hot, const Word* args) {
  if (!begin_observation(vm, hot)) return false;
  Code::Observation now;
  for (const FunctionParameter& p : hot.function_parameters) {
    SeenFunction seen{p.parameter, 0, Value{}};
    if (!is_function(Value{args[p.parameter]}, p.may_hold, seen)) continue;
    now.seen.push_back(seen);
    now.roots.push_back(std::make_unique<gc::Root>(vm.heap, seen.function));
  }
  const bool is_known =
      std::any_of(hot.observations.begin(), hot.observations.end(),
                  [&](const Code::Observation& o) { return o.seen == now.seen; });
  if (!now.seen.empty() && !is_known && hot.observations.size() < kVersionsMax) {
    hot.observations.push_back(std::move(now));
  }
  // With every law compiled at its first entry, there is one entry to look at.
  if (vm.options.tier == TierMode::kNative) hot.observed = kObservations;
  if (hot.observed == kObservations) return false;
  hot.entry.heat = -static_cast<int32_t>(kObservationEntries + 1);  // this entry counts again
  return true;
}

void make_versions(Machine& vm, Code& hot, Code& twin) {
  for (Code::Observation& o : hot.observations) {
    const Value copy = specialised_copy(vm, hot.function, o.seen);
    if (copy.is_pointer()) twin.versions.push_back({std::move(o.seen), copy});
  }
  hot.observations.clear();  // the copies hold on to what they were made for
  hot.function_parameters.clear();
}

}  // namespace plan::vm
