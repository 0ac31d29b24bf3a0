// bench/micro/jet_bench.cc: what each hot jet costs, called from PLAN on arguments of one size.
//
// The laws come from a Sire library: the modules in the folder PLAN_SIRE_LIBRARY, or those inside
// the binary. Each step of the countdown calls the jet, brings its result to WHNF and goes on
// whatever it is; `nothing` is a step without a call, to be subtracted.

#include "bench/micro/program.h"
#include "gc/region.h"
#include "sire/console.h"
#include "sire/context.h"
#include "sire/loader.h"
#include "vm/jets.h"

#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace plan::vm {
namespace {

constexpr uint64_t kSteps = 1000;
constexpr uint64_t kElements = 100;  ///< of rows, sets, tabs
constexpr uint64_t kBytes = 1000;    ///< of bars
constexpr uint64_t kLimbs = 100;     ///< of big nats

/// Jets and their arguments, a letter each; see make_argument.
struct Case {
  JetId id;
  std::string_view arguments;
};

constexpr Case kCases[] = {
    {JetId::kIf, "jnn"},        {JetId::kIfz, "jnn"},      {JetId::kSeq, "nn"},
    {JetId::kNot, "n"},         {JetId::kAnd, "nn"},       {JetId::kOr, "nn"},
    {JetId::kIsNat, "n"},       {JetId::kDataTag, "r"},    {JetId::kCar, "r"},
    {JetId::kCdr, "r"},         {JetId::kDec, "n"},        {JetId::kAdd, "nj"},
    {JetId::kAdd, "BB"},        {JetId::kSub, "nj"},       {JetId::kMul, "nj"},
    {JetId::kMul, "BB"},        {JetId::kDiv, "nj"},       {JetId::kMod, "nj"},
    {JetId::kBex, "j"},         {JetId::kLsh, "nj"},       {JetId::kRsh, "nj"},
    {JetId::kCon, "nj"},        {JetId::kMet, "n"},        {JetId::kEql, "nj"},
    {JetId::kEql, "rr"},        {JetId::kLth, "nj"},       {JetId::kCmp, "nj"},
    {JetId::kCmp, "rr"},        {JetId::kMin, "nj"},       {JetId::kLen, "r"},
    {JetId::kIdx, "jr"},        {JetId::kGet, "rj"},       {JetId::kPut, "rjn"},
    {JetId::kSwitch, "jnr"},    {JetId::kMap, "fr"},       {JetId::kGen, "jf"},
    {JetId::kWeld, "rr"},       {JetId::kRev, "r"},        {JetId::kCat, "R"},
    {JetId::kTake, "jr"},       {JetId::kDrop, "jr"},      {JetId::kRowCons, "nr"},
    {JetId::kSetHas, "js"},     {JetId::kSetIns, "ns"},    {JetId::kTabIdx, "jt"},
    {JetId::kTabLookup, "jt"},  {JetId::kTabHas, "jt"},    {JetId::kTabIns, "nnt"},
    {JetId::kTabSwitch, "jnt"}, {JetId::kTabToPairs, "t"}, {JetId::kBarLen, "b"},
    {JetId::kBarIdx, "jb"},     {JetId::kBarTake, "jb"},   {JetId::kBarDrop, "jb"},
    {JetId::kBarWeld, "bb"},    {JetId::kBarCat, "Q"},     {JetId::kBarNat, "b"},
    {JetId::kNatBar, "B"},
};

/// A program over a library, with the pins of the laws in it that are jets.
struct Library {
  Program program;
  gc::RootList pins{program.heap};

  /// False, after a message, if the library cannot be loaded.
  bool load() {
    const char* directory = std::getenv("PLAN_SIRE_LIBRARY");
    const char* module = std::getenv("PLAN_SIRE_MODULE");
    if (directory != nullptr) std::filesystem::current_path(directory);
    pins.values.assign(kJetCount, small_nat(0));
    program.evaluator.set_match_sink(note_match, this);
    sire::Console console({.descriptor = 2, .quiet = true}, program.evaluator.heap());
    sire::Context context(program.evaluator, console);
    sire::Loader loader(context);
    const sire::LoadResult loaded = loader.load(module == nullptr ? "prelude" : module);
    program.evaluator.set_match_sink(nullptr, nullptr);
    if (loaded.status == sire::LoadStatus::kLoaded) return true;
    std::fprintf(stderr, "no Sire library: %s\n", loaded.message.c_str());
    return false;
  }

  static void note_match(void* self, Value pin, bool matched) {
    if (!matched) return;
    auto& pins = static_cast<Library*>(self)->pins;
    pins.values[static_cast<size_t>(gc::pin_region(pin)->jet)] = pin;
  }

  /// The nat 0 if no law of the library is this jet.
  Value pin_of(JetId id) const { return pins.values[static_cast<size_t>(id)]; }

  Value row_of(Value element) {
    const std::vector<Value> elements(kElements, element);
    return gc::make_row(program.heap, elements);
  }

  Value ascending_row() {
    std::vector<Value> elements;
    for (uint64_t i = 0; i < kElements; i++) elements.push_back(small_nat(i));
    return gc::make_row(program.heap, elements);
  }

  /// n nat   j nat below every size   B big nat   r row of nats   R row of rows   s set   t tab
  /// b bar   Q row of bars   f function of one argument
  Value make_argument(char letter) {
    gc::Heap& heap = program.heap;
    switch (letter) {
      case 'n':
        return small_nat(1'000'003);
      case 'j':
        return small_nat(kElements / 2);
      case 'B':
        return gc::make_nat(heap, std::vector<uint64_t>(kLimbs, ~uint64_t{0}));
      case 'r':
        return ascending_row();
      case 'R':
        return row_of(ascending_row());
      case 's':
        return gc::make_set(heap, ascending_row());
      case 't':
        return gc::make_tab(heap, gc::make_set(heap, ascending_row()), ascending_row());
      case 'b':
        return gc::make_bar(heap, std::vector<uint8_t>(kBytes, 7));
      case 'Q':
        return row_of(gc::make_bar(heap, std::vector<uint8_t>(kBytes, 7)));
      case 'f':
        return program.law(1, program.variable(1));
      default:
        PLAN_UNREACHABLE();
    }
  }
};

/// loop a .. n = (2 0 (step loop a ..) n)
/// step loop a .. m = let r = (loop a .. m) in (2 r (first r) (jet a ..)), or without a jet
///                    (2 r (first r) m);  first x y = x
Value make_loop(Program& p, uint64_t args, const Value* jet) {
  Value rest = p.variable(1);
  Value called = jet == nullptr ? p.variable(args + 2) : p.constant(*jet);
  for (uint64_t i = 0; i < args; i++) {
    rest = p.call(rest, {p.variable(i + 2)});
    if (jet != nullptr) called = p.call(called, {p.variable(i + 2)});
  }
  rest = p.call(rest, {p.variable(args + 2)});
  const Value r = p.variable(args + 3);
  const Value first = p.constant(p.law(2, p.variable(1)));
  const Value go_on = p.call(p.primitive(kNatCase), {r, p.call(first, {r}), called});
  const Value let[] = {rest, go_on};
  const Value step = p.law(args + 2, gc::make_partial(p.heap, small_nat(1), let));

  Value again = p.call(p.constant(step), {p.variable(0)});
  for (uint64_t i = 0; i < args; i++) again = p.call(again, {p.variable(i + 1)});
  return p.pinned(args + 1, p.count_down(again, p.variable(args + 1)));
}

void call_jet(benchmark::State& state, Library* library, Case which) {
  Program& p = library->program;
  const Value jet = library->pin_of(which.id);
  std::vector<Value> args;
  for (const char letter : which.arguments) args.push_back(library->make_argument(letter));
  run_steps(state, p, gc::make_partial(p.heap, make_loop(p, args.size(), &jet), args), kSteps,
            false);
}

void nothing(benchmark::State& state, Library* library) {
  Program& p = library->program;
  const Value args[] = {small_nat(1)};
  run_steps(state, p, gc::make_partial(p.heap, make_loop(p, 1, nullptr), args), kSteps, false);
}

}  // namespace

int run_jet_benchmarks(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  Library library;
  if (!library.load()) return 1;
  benchmark::RegisterBenchmark("nothing", nothing, &library);
  for (const Case& which : kCases) {
    const std::string name = jet_row(which.id).name;
    if (library.pin_of(which.id).is_function()) {
      const std::string title = name + " " + std::string(which.arguments);
      benchmark::RegisterBenchmark(title.c_str(), call_jet, &library, which);
    } else {
      std::fprintf(stderr, "not in this library: %s\n", name.c_str());
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace plan::vm

int main(int argc, char** argv) {
  return plan::vm::run_jet_benchmarks(argc, argv);
}
