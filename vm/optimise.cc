// vm/optimise.cc: names of passes, and their order.
#include "vm/optimise.h"

#include "vm/absence.h"
#include "vm/case.h"
#include "vm/cse.h"
#include "vm/dump.h"
#include "vm/inline.h"
#include "vm/ir_build.h"
#include "vm/machine.h"
#include "vm/specialise.h"
#include "vm/unlift.h"
#include "vm/usage.h"

#include <array>

namespace plan::vm {

namespace {

constexpr std::array<const char*, static_cast<size_t>(Pass::kCount)> kNames = {
    "demand", "inline", "specialise", "unlift", "case", "cse", "sink", "absence",
    "results", "speculate", "once",
};

bool find_pass(std::string_view name, Pass& pass) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (name != kNames[i]) continue;
    pass = static_cast<Pass>(i);
    return true;
  }
  return false;
}

struct Step {
  Pass pass;
  void (*run)(Machine& vm, Law& law, Value function);
};

void sink_lets(Machine&, Law& law, Value) {
  law.sinks = true;
}

// Cycles of local functions are found as decoding left them. Folding shows what was inlined to be
// known; wrappers are gone when loops are looked for, which are never inlined themselves; demand is
// found in what is left (design, optimiser-study.md section 5). A pass may stand here more than
// once.
constexpr Step kSteps[] = {
    {Pass::kUnlift, unlift_functions},
    {Pass::kCase, fold_known_cases},
    {Pass::kInline, inline_calls},
    {Pass::kCase, fold_known_cases},
    {Pass::kAbsence, drop_absent_arguments},
    {Pass::kSpecialise, specialise_calls},
    {Pass::kCse, share_elements},
    {Pass::kSink, sink_lets},
};

}  // namespace

const char* pass_name(Pass pass) {
  return kNames[static_cast<size_t>(pass)];
}

Result<PassSet> read_passes(std::string_view text) {
  const auto bad = [&](std::string_view name) {
    std::string message = "no pass `" + std::string(name) + "'; there are";
    for (const char* known : kNames) message += std::string(" ") + known;
    return Error{"PASSES", message};
  };
  PassSet passes = text.starts_with('-') ? PassSet::all() : PassSet::none();
  if (text.empty()) return bad(text);
  for (bool more = true; more;) {
    const size_t comma = text.find(',');
    std::string_view name = text.substr(0, comma);
    more = comma != std::string_view::npos;
    text.remove_prefix(more ? comma + 1 : text.size());
    const bool removes = name.starts_with('-');
    if (removes) name.remove_prefix(1);
    Pass pass{};
    if (name == "all" || name == "none") {
      passes = (name == "all") != removes ? PassSet::all() : PassSet::none();
    } else if (!find_pass(name, pass)) {
      return bad(name);
    } else if (removes) {
      passes.remove(pass);
    } else {
      passes.add(pass);
    }
  }
  return passes;
}

std::string print_passes(PassSet passes) {
  if (passes == PassSet::all()) return "all";
  if (passes == PassSet::none()) return "none";
  std::string text;
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (!passes.has(static_cast<Pass>(i))) continue;
    if (!text.empty()) text += ',';
    text += kNames[i];
  }
  return text;
}

void optimise_law(Machine& vm, Law& law, Value function, PassSet passes) {
  dump_law(vm, function, law, "as decoded");
  if (has_deferred(law)) return;
  for (const Step& step : kSteps) {
    if (!passes.has(step.pass)) continue;
    step.run(vm, law, function);
    dump_law(vm, function, law, std::string("after ") + pass_name(step.pass));
  }
  remove_unused_lets(law);
  if (passes.has(Pass::kOnce)) find_single_entries(vm, law, function);
}

void prepare_law(Machine& vm, Law& law, Value function, PassSet passes) {
  if (!passes.has(Pass::kUnlift) || law.groups.size() <= 1 || has_deferred(law)) return;
  unlift_functions(vm, law, function);
}

}  // namespace plan::vm
