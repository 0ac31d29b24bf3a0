// bench/micro/gc_bench.cc: what allocating, collecting and pinning cost.
//
// Times are per cell where a size is given: rows of two, linked as Sire links lists.

#include "gc/collector.h"
#include "gc/heap.h"
#include "gc/info_table.h"
#include "gc/make.h"

#include <benchmark/benchmark.h>

#include <cstdint>

namespace plan::gc {
namespace {

constexpr int64_t kCellsFew = 1 << 10;
constexpr int64_t kCellsMany = 1 << 20;

/// A heap and its collector, without an evaluator.
struct Memory {
  Heap heap{Config{}};
  InfoTable infos;
  Collector collector{heap, infos};
};

Value make_cell(Heap& heap, uint64_t head, Value tail) {
  Object* cell = heap.allocate(make_header(Kind::kRow, 2), 2);
  cell->init(0, small_nat(head));
  cell->init(1, tail);
  return tagged(cell, kTagData);
}

Value make_list(Heap& heap, int64_t cells) {
  Value list = small_nat(0);
  for (int64_t i = 0; i < cells; i++) list = make_cell(heap, static_cast<uint64_t>(i), list);
  return list;
}

// Cells that die at once, with the collections that this takes.
void allocate_garbage(benchmark::State& state) {
  Memory memory;
  Value nothing = small_nat(0);
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_cell(memory.heap, 1, nothing));
    if (memory.heap.hp > memory.heap.hp_limit) memory.collector.collect(nothing);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(allocate_garbage);

// A minor collection that finds everything alive: copies each cell to the survivors.
void minor_collection_of_live_cells(benchmark::State& state) {
  Memory memory;
  Value list = small_nat(0);
  for (auto _ : state) {
    state.PauseTiming();
    list = small_nat(0);
    memory.collector.collect(list);
    list = make_list(memory.heap, state.range(0));
    state.ResumeTiming();
    memory.collector.collect(list);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(minor_collection_of_live_cells)->Arg(kCellsFew)->Arg(kCellsMany);

void major_collection_of_live_cells(benchmark::State& state) {
  Memory memory;
  Value list = make_list(memory.heap, state.range(0));
  memory.collector.collect_major(list);
  for (auto _ : state) memory.collector.collect_major(list);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(major_collection_of_live_cells)->Arg(kCellsFew)->Arg(kCellsMany);

// Pinning copies what is below into a region that never moves; the pin dies at once.
void pin_cells(benchmark::State& state) {
  Memory memory;
  Value list = make_list(memory.heap, state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(make_pin(memory.heap, list));
    state.PauseTiming();
    memory.collector.collect_major(list);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(pin_cells)->Arg(kCellsFew)->Arg(kCellsMany);

}  // namespace
}  // namespace plan::gc

BENCHMARK_MAIN();
