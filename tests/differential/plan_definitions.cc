// tests/differential/plan_definitions.cc: the jets of a Sire library as definitions.
//
// plan_definitions MODULE, where ./sire/MODULE.sire is, prints what plan_differential library=FILE
// reads: every pin that matched a jet while the module was loaded, and what it refers to.
#include "gc/region.h"
#include "sire/console.h"
#include "sire/loader.h"
#include "tests/differential/definitions.h"

#include <cstdio>
#include <set>

namespace plan::differential {

namespace {

struct Matches {
  gc::RootList pins;
  std::set<int16_t> jets;
};

void keep_match(void* context, Value pin, bool matched) {
  auto* matches = static_cast<Matches*>(context);
  if (matched && matches->jets.insert(gc::pin_region(pin)->jet).second) {
    matches->pins.values.push_back(pin);
  }
}

}  // namespace

int print_definitions(const char* module) {
  vm::Evaluator evaluator{vm::Options{}};
  Matches matches{gc::RootList(evaluator.heap()), {}};
  evaluator.set_match_sink(keep_match, &matches);
  sire::Console console({.descriptor = 2, .quiet = true}, evaluator.heap());
  sire::Context context(evaluator, console);
  context.state.reset();
  sire::Loader loader(context);
  const sire::LoadResult result = loader.load(module);
  console.flush();
  if (result.status != sire::LoadStatus::kLoaded) {
    std::fprintf(stderr, "%s: %s %s\n", module, result.message.c_str(),
                 context.first_reason.c_str());
    return 1;
  }
  std::fputs(to_lines(definitions_of(matches.pins.values)).c_str(), stdout);
  std::fprintf(stderr, "%zu jets\n", matches.jets.size());
  return 0;
}

}  // namespace plan::differential

int main(int argc, char** argv) {
  if (argc == 2) return plan::differential::print_definitions(argv[1]);
  std::fprintf(stderr, "usage: plan_definitions MODULE\n");
  return 2;
}
